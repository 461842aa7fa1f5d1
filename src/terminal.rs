//! The local front end: keys, signals and hang-ups in, frames out; the terminal is left as it was found.
//!
//! Threads read the terminal and turn its bytes into keys, a thread waits for signals, the worker reports from its own;
//! all send into the one channel of the shared loop (`front`). What a signal asks has a channel of its own, which is looked
//! at before every message.

use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use crate::app::{Loaded, State};
use crate::commands::notebook;
use crate::config;
use crate::front::start::Begun;
use crate::front::{End, Front, Host};
use crate::view::Theme;
use crate::wording::place;

mod input;
pub mod keys;
mod memory;
mod origins;
mod pending;
mod power;
#[cfg(any(windows, test))]
mod records;
mod screen;
#[cfg(unix)]
mod signals;
mod size;
mod start;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use input::{Urgent, read_terminal};
pub use memory::{give_back, keep_memory};
pub use pending::Pending;
use screen::{Screen, leave};
pub use start::{install_hooks, learn, speaks, surroundings};
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Runs the course until the learner leaves.
///
/// # Errors
/// When the terminal cannot be used, or a thread failed.
pub fn run(begun: Begun) -> Result<(), String> {
    let (sender, incoming) = channel();
    let (urgently, urgent) = channel();
    system::listen(&sender, &urgently)?;
    let worker = begun.worker(|download, tell| tell(download.in_words()))?;
    let seat = begun.seat(&worker, sender.clone());
    let screen = Screen::enter(false)?;
    system::watch_for_hang_up(&sender, &urgently)?;
    read_terminal(&sender, &urgently)?;
    let host = Local { screen, urgent, reload: Box::new(begun.reload()) };
    let mut front = Front::new(begun, seat, host);
    let ended = front.run(&incoming);
    leave();
    if let Some(why) = front.save_at_last() {
        let _ = writeln!(io::stderr(), "clsroom: {why}");
    }
    match ended? {
        End::Left => Ok(()),
        // The shell shall know that it was this signal.
        End::Signal(signal) => system::die(signal),
    }
}

/// The terminal that the program was started in.
struct Local {
    screen: Screen,
    /// What signals ask.
    urgent: Receiver<Urgent>,
    reload: Box<dyn Fn() -> Result<Loaded, String>>,
}

impl Host for Local {
    fn draw(&mut self, state: &State, theme: &Theme) -> Result<(), String> {
        self.screen.draw(state, theme)
    }

    fn mouse(&mut self, on: bool) -> Result<(), String> {
        self.screen.mouse(on)
    }

    fn attend(&mut self, mouse: bool) -> Result<Option<i32>, String> {
        while let Ok(urgent) = self.urgent.try_recv() {
            match urgent {
                Urgent::Leave(signal) => return Ok(Some(signal)),
                Urgent::Stop => {
                    leave();
                    system::stop();
                    self.screen = Screen::enter(mouse)?;
                }
                Urgent::Continued => self.screen.retake(mouse)?,
            }
        }
        Ok(None)
    }

    fn suspend(&mut self) {
        system::suspend();
    }

    fn reload(&mut self) -> Result<Loaded, String> {
        (self.reload)()
    }

    /// Beside where the program was started, or at home where that cannot be.
    fn export(&mut self, state: &State) -> String {
        let records = state.own_records();
        let document = notebook::document(&state.progress, &state.course, &records, state.learner.as_deref());
        let here = std::env::current_dir().unwrap_or_else(|_| ".".into());
        let learner = state.learner.as_deref();
        let export = |folder: &Path| notebook::export(&document, learner, folder);
        let written = export(&here).or_else(|why| config::home().map_or(Err(why), |home| export(&home)));
        let remote = std::env::var_os("SSH_CONNECTION").is_some();
        match written {
            Ok(path) => {
                let home = notebook::way_home(learner, remote);
                format!("The notebook is in {}, and beside it as HTML.{home}", place(&path))
            }
            Err(why) => why,
        }
    }
}
