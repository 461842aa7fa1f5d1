//! `clsroom manual` and `clsroom completions`: made from the command line's own definition, so they cannot be wrong.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::print;
use crate::cli::Cli;

/// Prints the man page, in roff: one page, with every command and its options.
///
/// # Errors
/// When it cannot be written.
pub fn manual() -> Result<(), String> {
    print(&page().map_err(|error| format!("cannot write the man page: {error}"))?)
}

fn page() -> io::Result<String> {
    let command = Cli::command();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    writeln!(page, ".SH COMMANDS")?;
    commands(&command, "clsroom", &mut page)?;
    let mut more = Vec::new();
    man.render_extra_section(&mut more)?;
    page.extend(String::from_utf8_lossy(&more).replace(".SH EXTRA", ".SH NOTES").into_bytes());
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Each command below this one, with what it does and its options.
fn commands(command: &clap::Command, path: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        let path = format!("{path} {}", one.get_name());
        let man = Man::new(one.clone().bin_name(&path).disable_help_subcommand(true));
        let mut text = Vec::new();
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        writeln!(page, ".SS {path}")?;
        // Sections of a page are paragraphs of a command.
        for line in String::from_utf8_lossy(&text).lines() {
            writeln!(page, "{}", if line.starts_with(".SH ") { ".PP" } else { line })?;
        }
        commands(one, &path, page)?;
    }
    Ok(())
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
