//! `clsroom`: hooks, the command line, and which front end runs.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use clsroom::cli::{Cli, Command, Common, CourseWith};
use clsroom::config::Settings;
use clsroom::{commands, plain, terminal};

/// The static file brings its own allocator: musl's lets threads wait for each other.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // Names and causes may come from outside: they are shown, not obeyed. After a hang-up nobody reads it.
            let _ = writeln!(std::io::stderr(), "clsroom: {}", clsroom::wording::sentence(&sentence));
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
    if let (Some(flag), Some(_)) = (cli.course.given(), &cli.command) {
        return Err(format!(
            "{flag} belongs behind the command: clsroom learn {flag} … for the course, clsroom race {flag} … for a race"
        ));
    }
    match &cli.command {
        None => learn(&settings, &cli.common, None, &cli.course),
        Some(Command::Learn { lesson, with }) => learn(&settings, &cli.common, lesson.as_deref(), with),
        #[cfg(feature = "classroom")]
        Some(Command::Serve(asked)) => {
            terminal::give_back();
            clsroom::classroom::serve(&settings, &cli.common, asked)
        }
        #[cfg(feature = "classroom")]
        Some(Command::Class(asked)) => clsroom::classroom::class(&settings, asked),
        Some(Command::Trace(asked)) => commands::trace(&settings, asked),
        Some(Command::Race(asked)) => {
            terminal::keep_memory();
            commands::race(&settings, asked)
        }
        Some(Command::Invert(asked)) => commands::invert(&settings, asked),
        Some(Command::Aggregate(asked)) => commands::aggregate(&settings, asked),
        Some(Command::Order(asked)) => commands::order(&settings, asked),
        Some(Command::Lessons { command }) => commands::lessons(&settings, command.as_ref()),
        Some(Command::Notes { lesson }) => commands::notes(&settings, lesson.as_deref()),
        Some(Command::Notebook(asked)) => commands::notebook(&settings, asked),
        Some(Command::Models { command }) => commands::models(&settings, command.as_ref()),
        Some(Command::Cache { command }) => commands::cache(&settings, *command),
        Some(Command::Manual) => commands::manual(),
        Some(Command::Completions { shell }) => commands::completions(*shell),
        Some(Command::Doctor) => commands::doctor(&settings, &terminal::surroundings(&settings, &cli.common)?),
    }
}

/// The course on the screen, or in plain text.
fn learn(settings: &Settings, common: &Common, lesson: Option<&str>, with: &CourseWith) -> Result<(), String> {
    if terminal::speaks(common)? {
        let named = common.plain.as_deref().filter(|name| !name.is_empty()).or(lesson);
        return plain::read(settings, common, named, with);
    }
    terminal::give_back();
    terminal::learn(settings, common, lesson, with)
}
