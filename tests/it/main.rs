//! All integration tests in one binary, because each would link the model again. Those of terminals, pipes and links need
//! Unix.

mod again;
mod aggregate;
mod ahead;
mod altered;
mod answers;
mod architecture;
#[cfg(unix)]
mod archive;
mod arrange;
mod attention;
#[cfg(unix)]
mod bad_input;
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod bytes;
mod checkpoint;
mod choices;
mod class;
#[cfg(all(unix, feature = "classroom"))]
mod classroom;
#[cfg(all(unix, feature = "classroom"))]
mod client;
mod commands;
mod course;
#[cfg(unix)]
mod damaged;
#[cfg(unix)]
mod damaged_tokenizers;
mod depths;
mod driver;
mod evidence;
#[cfg(unix)]
mod files;
mod finetune;
#[cfg(unix)]
mod folders;
#[cfg_attr(windows, allow(dead_code, reason = "most of what it damages is tested on Unix"))]
mod fuzz;
mod gallery;
#[cfg(unix)]
mod hostile;
#[cfg(all(unix, feature = "hub"))]
mod hostile_hub;
#[cfg(all(unix, feature = "classroom"))]
mod hosts;
#[cfg(all(unix, feature = "hub"))]
mod hub;
mod inversion;
#[cfg(unix)]
#[cfg(all(unix, feature = "classroom"))]
mod kept;
mod keys;
mod kin;
#[cfg(unix)]
mod large;
#[cfg(unix)]
mod leaving;
mod lesson_files;
#[cfg(unix)]
mod maps;
mod mixing;
mod models;
mod named;
#[cfg(unix)]
mod newcomer;
#[cfg(unix)]
mod notebook;
mod odd_sentences;
mod other_models;
mod own_data;
mod parity;
#[cfg(unix)]
mod plain;
mod play;
mod probe;
#[cfg(all(unix, feature = "hub"))]
mod proxy;
#[cfg(unix)]
mod pty;
mod questions;
#[cfg(unix)]
mod racing;
#[cfg(unix)]
mod recording;
mod reference;
#[cfg(unix)]
mod remote;
mod restart;
mod sandbox;
mod scales;
#[cfg(all(unix, feature = "classroom"))]
mod school;
mod screens;
#[cfg(feature = "bge")]
mod second_model;
#[cfg(all(unix, feature = "classroom"))]
mod served;
mod sessions;
mod slips;
mod slope;
mod sources;
mod svg;
mod table;
#[cfg(unix)]
mod terminal;
mod terms;
mod thoughts;
#[cfg(unix)]
mod tmux;
mod tokenizers;
mod two_models;
mod unfitted;
mod vectors;
mod ways;
