//! All integration tests in one binary, because each would link the model again.

mod again;
mod aggregate;
mod altered;
mod architecture;
mod arrange;
mod attention;
mod bad_input;
mod bytes;
mod checkpoint;
mod commands;
mod course;
mod damaged;
mod damaged_tokenizers;
mod depths;
mod driver;
mod finetune;
mod folders;
mod fuzz;
mod gallery;
mod hostile;
#[cfg(feature = "hub")]
mod hostile_hub;
#[cfg(feature = "hub")]
mod hub;
mod inversion;
mod keys;
mod kin;
mod large;
mod leaving;
mod maps;
mod mixing;
mod models;
mod newcomer;
mod notebook;
mod own_data;
mod parity;
mod plain;
mod probe;
#[cfg(feature = "hub")]
mod proxy;
mod pty;
mod racing;
mod recording;
mod reference;
mod remote;
mod sandbox;
mod screens;
mod sources;
mod table;
mod terminal;
mod tokenizers;
mod two_models;
mod unfitted;
