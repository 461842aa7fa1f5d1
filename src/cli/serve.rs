//! The command line of the classroom.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::CourseWith;
use crate::classroom::Where;
use crate::config::values;

/// Most sessions that may be asked for.
const MOST: usize = 2_000;

/// What is said of a store.
const STORE: &str = "Where the class is kept: sqlite:PATH, or postgres://USER@HOST/DATABASE where several hosts serve it \
                     [default: a file in the class's folder]";

/// `clsroom serve`.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address and port to listen at; 0.0.0.0:2222 lets other machines in
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:2222")]
    pub listen: SocketAddr,
    /// The word that lets learners in [default: a new one each time, which is printed]
    #[arg(long, value_name = "WORD", value_parser = word, group = "way")]
    pub code: Option<String>,
    /// Let in who has one of these public keys: a file as sshd takes it, whose comments are the
    /// learners' names
    #[arg(long, value_name = "FILE", value_parser = values::path, group = "way")]
    pub keys: Option<PathBuf>,
    /// Public keys of those who teach: a file as sshd takes it [default: a key of the class's own, made
    /// if there is none]
    #[arg(long, value_name = "FILE", value_parser = values::path)]
    pub teacher: Option<PathBuf>,
    /// Where the class is kept.
    #[arg(long, help = STORE, value_name = "STORE", env = "CLSROOM_STORE", hide_env_values = true)]
    pub store: Option<Where>,
    /// Let in everybody who can reach it: on this machine only, or on another address if it is said twice (--open
    /// --open)
    #[arg(long, group = "way", action = clap::ArgAction::Count)]
    pub open: u8,
    /// Name of the class: each has keys, learners and progress of its own
    #[arg(long, value_name = "NAME", default_value = "clsroom", value_parser = values::name)]
    pub class: String,
    /// Learners at once
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = most)]
    pub most: usize,
    /// What the course works with.
    #[command(flatten)]
    pub with: CourseWith,
}

/// `clsroom class`.
#[derive(Debug, Clone, Args)]
pub struct Class {
    /// Name of the class
    #[arg(long, global = true, value_name = "NAME", default_value = "clsroom", value_parser = values::name)]
    pub class: String,
    /// Where it is kept.
    #[arg(long, help = STORE, global = true, value_name = "STORE", env = "CLSROOM_STORE", hide_env_values = true)]
    pub store: Option<Where>,
    /// What to do with it.
    #[command(subcommand)]
    pub command: Option<ClassCommand>,
}

/// What a teacher does with a class that is kept.
#[derive(Debug, Clone, Subcommand)]
pub enum ClassCommand {
    /// Who is in it, with numbers, and how far they are (the default)
    List,
    /// Write votes, answers and the experiment; learners stand as numbers
    Export {
        /// CSV, JSON, or one HTML page with pictures
        #[arg(long, value_enum, default_value_t = ExportFormat::Html)]
        format: ExportFormat,
        /// With learners' names
        #[arg(long)]
        names: bool,
        /// Write it to this file instead of the terminal
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Remove a learner: name, number, progress, votes
    Forget {
        /// The learner's name
        name: String,
    },
    /// Let a lesson, or all, start afresh: answers and votes are forgotten
    Reset {
        /// Number of a lesson, such as 04, or all
        lesson: String,
    },
    /// Set the word that lets learners in, from now on
    Code {
        /// The word
        #[arg(value_parser = word)]
        word: String,
    },
}

/// Output of `clsroom class export`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One table.
    Csv,
    /// For programs.
    Json,
    /// One page with pictures.
    Html,
}

/// A word of the class.
fn word(text: &str) -> Result<String, String> {
    let letters = text.chars().count();
    if !(4..=64).contains(&letters) || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it must have 4 to 64 characters and no spaces".to_owned());
    }
    Ok(text.to_owned())
}

fn most(text: &str) -> Result<usize, String> {
    let number = text.trim().parse().ok().filter(|number| (1..=MOST).contains(number));
    number.ok_or_else(|| format!("it must be a whole number from 1 to {MOST}"))
}
