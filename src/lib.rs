//! `clsroom`: a classroom for BERT's `[CLS]` token that runs in a terminal.
//!
//! Data flows one way: input -> `app::keymap` -> `app::Msg` -> `app::update` -> `app::Effect` -> `worker` -> `Msg` ->
//! `view::draw`. Who may know whom is in docs/ARCHITECTURE.md, and a test enforces it.
//!
//! - [`model`]: BERT itself, readable in the order of the paper
//! - [`lab`]: experiments on it, plain data in and out
//! - [`lesson`]: what a teacher writes, as typed data
//! - [`worker`]: the compute threads
//! - [`app`]: the course as a state machine, pure
//! - [`mod@bench`]: what stands beside a step, one view a file
//! - [`view`]: the screen around it, pure
//! - [`front`]: the loop that front ends share, and their start
//! - [`terminal`]: the local front end
//! - [`plain`]: the course as linear text
//! - [`class`]: a class as a state machine, and the teacher's desk, pure
//! - `classroom`: the course for many, over SSH
//! - [`commands`]: what runs without a screen
//! - [`cli`], [`config`]: the command line, settings and paths
//! - [`files`]: reading what others can reach, and writing as a whole or not at all
//! - [`shell`]: texts as words of a command
//! - [`wording`]: English for counts and lists; foreign text as messages quote it

pub mod app;
pub mod bench;
pub mod class;
#[cfg(feature = "classroom")]
pub mod classroom;
pub mod cli;
pub mod commands;
pub mod config;
pub mod files;
pub mod front;
pub mod lab;
pub mod lesson;
pub mod model;
pub mod plain;
pub mod shell;
pub mod terminal;
pub mod vectors;
pub mod view;
pub mod wording;
pub mod worker;
