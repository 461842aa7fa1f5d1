//! What runs without a screen. Each command prints to standard output and fails with one sentence.

mod aggregate;
mod cache;
mod course;
mod doctor;
mod invert;
mod lessons;
mod models;
pub mod notebook;
mod notes;
mod order;
mod out;
mod papers;
mod race;
mod reset;
mod running;
mod trace;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;

pub use aggregate::aggregate;
pub use cache::cache;
pub use course::{LoadedCourse, load_course};
pub use doctor::{Surroundings, doctor};
pub use invert::{invert, invert_request};
pub use lessons::lessons;
pub use models::{Download, models, open_model, shown_download};
pub use notebook::notebook;
pub use notes::notes;
pub use order::order;
pub use papers::{completions, manual};
pub use race::{parse_data, race, race_request, read_data};
pub use reset::reset;
pub use trace::trace;

use crate::config::{self, Settings};
use crate::lab::loaded::Model;
use crate::lab::record::Heads;
use crate::lab::{Progress, Session};

/// Loads the model that the settings name, with the recorded heads that fit it.
///
/// # Errors
/// When the model cannot be loaded.
pub fn open_lab(settings: &Settings, heads: Option<&Heads>) -> Result<Session, String> {
    let bert = open_model(settings.model.as_deref(), settings.max_length, &mut models::shown_download())?;
    Ok(Session::new(Arc::new(Model::new(bert, heads).keeping(config::vectors(settings)))))
}

/// Writes to standard output; a pipe that was closed ends quietly.
pub(crate) fn print(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if !crate::files::closed_pipe(&error) => Err(format!("cannot write the output: {error}")),
        _ => Ok(()),
    }
}

/// Shows on a bar how far a run is.
fn shown_on(bar: &indicatif::ProgressBar) -> impl Fn(Progress) + '_ {
    |progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.what);
    }
}

/// A progress bar on a terminal, nothing in a pipe.
fn bar() -> indicatif::ProgressBar {
    if io::stderr().is_terminal() {
        let style = indicatif::ProgressStyle::with_template("{msg:34} {bar:30} {percent:>3} %  {elapsed}, {eta} left");
        indicatif::ProgressBar::new(1).with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
    } else {
        indicatif::ProgressBar::hidden()
    }
}
