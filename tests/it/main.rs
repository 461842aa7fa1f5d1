//! All integration tests in one binary, because each would link the model again.

mod aggregate;
mod architecture;
mod arrange;
mod attention;
mod checkpoint;
mod commands;
mod course;
mod driver;
mod finetune;
#[cfg(feature = "hub")]
mod hub;
mod inversion;
mod maps;
mod mixing;
mod models;
mod newcomer;
mod notebook;
mod parity;
mod probe;
mod pty;
mod racing;
mod reference;
mod sandbox;
mod screens;
mod terminal;
