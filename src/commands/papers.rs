//! `clsroom manual` and `clsroom completions`: made from the command line's own definition, so they cannot be wrong.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::print;
use crate::cli::Cli;

/// Prints the man page, in roff.
///
/// # Errors
/// When it cannot be written.
pub fn manual() -> Result<(), String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| format!("cannot write the man page: {error}"))?;
    print(&String::from_utf8_lossy(&page))
}

/// Prints completions for a shell.
///
/// # Errors
/// When they cannot be written.
pub fn completions(shell: Shell) -> Result<(), String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "clsroom", &mut script);
    print(&String::from_utf8_lossy(&script))
}
