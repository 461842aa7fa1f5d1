//! The command line of the classroom.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::CourseWith;
use crate::config::values;

/// Most sessions that may be asked for.
const MOST: usize = 2_000;

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
