//! `clsroom`: hooks, the command line, and which front end runs.

use std::process::ExitCode;

use clap::Parser as _;
use clsroom::cli::{Cli, Command};
use clsroom::{commands, terminal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Names and causes may come from outside: they are shown, not obeyed.
            let sentence = sentence.lines().map(clsroom::model::printable).collect::<Vec<_>>().join("\n");
            eprintln!("clsroom: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), String> {
    terminal::install_hooks()?;
    let settings = cli.settings()?;
    if let Some(lesson) = &cli.common.teacher.reset {
        return commands::reset(&settings, lesson);
    }
    match &cli.command {
        None => terminal::learn(&settings, &cli.common, None, None),
        Some(Command::Learn { lesson, data }) => {
            terminal::learn(&settings, &cli.common, lesson.as_deref(), data.as_deref())
        }
        Some(Command::Trace(asked)) => commands::trace(&settings, asked),
        Some(Command::Race(asked)) => commands::race(&settings, asked),
        Some(Command::Invert(asked)) => commands::invert(&settings, asked),
        Some(Command::Aggregate(asked)) => commands::aggregate(&settings, asked),
        Some(Command::Lessons { command }) => commands::lessons(&settings, command.as_ref()),
        Some(Command::Notebook(asked)) => commands::notebook(&settings, asked),
        Some(Command::Models { command }) => commands::models(&settings, command.as_ref()),
        Some(Command::Doctor) => commands::doctor(&settings, &terminal::surroundings(&settings, &cli.common)?),
    }
}
