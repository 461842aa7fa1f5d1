//! The local front end: one loop over keys, worker events and signals; the terminal is left as it was found.
//!
//! Everything that can happen comes through one channel. Threads read the terminal and turn its bytes into keys, a thread
//! waits for signals, the worker reports from its own; this loop applies messages, carries out effects and draws when
//! something changed. What a signal asks has a channel of its own, which is looked at before every message.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::app::{self, Effect, Loaded, Msg, State};
use crate::cli::Crash;
use crate::commands::notebook;
use crate::config;
use crate::lab::Lab;
use crate::lesson::progress::Store;
use crate::view::{Depth, Theme};
use crate::wording::place;
use crate::worker::{Event, Worker};

mod input;
pub mod keys;
mod memory;
mod origins;
mod screen;
mod signals;
mod size;
mod start;

use input::{Incoming, message_of, read_terminal, watch_for_hang_up};
use keys::Input;
pub use memory::give_back;
use screen::{Screen, leave};
use signals::Urgent;
pub(crate) use start::{another, at_lesson, data_counts, saved};
pub use start::{install_hooks, learn, speaks, surroundings};

/// While a run goes on, the screen is drawn at most this often.
const FRAME: Duration = Duration::from_millis(100);

/// The same with `--no-animation`.
const STILL: Duration = Duration::from_secs(2);

/// Loads the model, and tells in words how far it is.
type Open = dyn FnOnce(&(dyn Fn(String) + Sync)) -> Result<Lab, String> + Send;

/// What the loop needs.
pub struct Session {
    /// The course at its start.
    pub state: State,
    /// Colours and signs.
    pub theme: Theme,
    /// Where progress is saved; `None` without a home.
    pub store: Option<Store>,
    /// Reads the lessons again.
    pub reload: Box<dyn Fn() -> Result<Loaded, String>>,
    /// Loads the model; called on a compute thread.
    pub open: Box<Open>,
    /// Compute threads.
    pub threads: usize,
    /// Fail on purpose.
    pub crash: Option<Crash>,
}

/// Runs the course until the learner leaves.
///
/// # Errors
/// When the terminal cannot be used, or a thread failed.
///
/// # Panics
/// On a compute thread, on purpose, with `--crash worker`; the panic is caught and becomes an error.
pub fn run(session: Session) -> Result<(), String> {
    let (sender, incoming) = channel();
    let (urgently, urgent) = channel();
    signals::listen(&sender, &urgently)?;
    let (from_worker, crash) = (sender.clone(), session.crash);
    let worker = Worker::start(session.threads, session.open, move |event| {
        assert!(crash != Some(Crash::Worker) || !matches!(event, Event::Done(..)), "asked for by --crash worker");
        let _ = from_worker.send(Incoming::Worker(event));
    })?;
    let mut screen = Screen::enter(false)?;
    watch_for_hang_up(&sender, &urgently)?;
    read_terminal(&sender, &urgently)?;
    let mut front = Front {
        theme: session.theme,
        store: session.store,
        reload: session.reload,
        worker,
        frame: pace(session.state.settings.look.animation),
        state: session.state,
        urgent,
        crash,
        told_of_others: false,
    };
    // Whatever happens in the loop, what the learner did is plain data and is saved.
    let ended = catch_unwind(AssertUnwindSafe(|| front.run(&mut screen, &incoming)));
    leave();
    // A session may have slept since its last key.
    front.tell_time();
    let state = &front.state;
    let saved = front.store.as_mut().map(|store| store.save_at_last(&state.progress, state.now));
    if let Some(Err(error)) = saved {
        let _ = writeln!(io::stderr(), "clsroom: {error}");
    }
    match ended {
        Ok(Ok(None)) => Ok(()),
        // The shell shall know that it was this signal.
        Ok(Ok(Some(signal))) => signals::die(signal),
        Ok(Err(why)) => Err(why),
        Err(_) => Err("the program failed. Please report it; your progress is saved".to_owned()),
    }
}

/// The least time between frames of a run.
fn pace(animation: bool) -> Duration {
    if animation { FRAME } else { STILL }
}

struct Front {
    state: State,
    theme: Theme,
    store: Option<Store>,
    reload: Box<dyn Fn() -> Result<Loaded, String>>,
    worker: Worker,
    /// The least time from a frame to one that nobody asked for.
    frame: Duration,
    /// What signals ask.
    urgent: Receiver<Urgent>,
    crash: Option<Crash>,
    /// It was said that another session has saved.
    told_of_others: bool,
}

impl Front {
    /// Until the learner leaves, or a signal says so: which.
    fn run(&mut self, terminal: &mut Screen, incoming: &Receiver<Incoming>) -> Result<Option<i32>, String> {
        let mut drawn = Instant::now();
        self.draw(terminal)?;
        self.tell_time();
        // What happened since the last frame: nothing, something that may wait, something to show at once.
        let mut dirty = false;
        loop {
            let first = if dirty {
                match incoming.recv_timeout(self.frame.saturating_sub(drawn.elapsed())) {
                    Err(RecvTimeoutError::Timeout) => {
                        self.draw(terminal)?;
                        (drawn, dirty) = (Instant::now(), false);
                        continue;
                    }
                    other => other.map_err(|_| ()),
                }
            } else {
                incoming.recv().map_err(|_| ())
            };
            let Ok(first) = first else { return Ok(None) };
            let mut now = false;
            // Take all that waits, so that a burst of keys or a large paste is one frame; where keys come faster than they
            // are answered, it is still seen what they do.
            let mut burst = Instant::now();
            for message in std::iter::once(first).chain(incoming.try_iter()) {
                if let Some(signal) = self.attend(terminal)? {
                    return Ok(Some(signal));
                }
                let may_wait = matches!(message, Incoming::Worker(Event::Progress(..) | Event::ModelLoading(_)));
                if self.take(message, terminal)? {
                    return Ok(None);
                }
                dirty = true;
                now |= !may_wait;
                if now && burst.elapsed() > FRAME {
                    self.draw(terminal)?;
                    burst = Instant::now();
                }
            }
            if now {
                self.draw(terminal)?;
                (drawn, dirty) = (Instant::now(), false);
            }
        }
    }

    /// Does what signals ask; one that ends the program is handed back.
    fn attend(&mut self, terminal: &mut Screen) -> Result<Option<i32>, String> {
        while let Ok(urgent) = self.urgent.try_recv() {
            match urgent {
                Urgent::Leave(signal) => return Ok(Some(signal)),
                Urgent::Stop => {
                    leave();
                    signals::stop();
                    *terminal = Screen::enter(self.state.mouse)?;
                }
                Urgent::Continued => terminal.retake(self.state.mouse)?,
            }
        }
        Ok(None)
    }

    /// Applies one thing that happened; `true` means leave.
    fn take(&mut self, message: Incoming, terminal: &mut Screen) -> Result<bool, String> {
        let msg = match message {
            Incoming::Input(Input::Key(key)) => {
                assert!(self.crash != Some(Crash::Ui), "asked for by --crash ui");
                self.tell_time();
                Some(Msg::Key(key))
            }
            Incoming::Input(Input::Paste(text)) => Some(Msg::Paste(text)),
            // Both are seen in the next frame.
            Incoming::Resized | Incoming::Urgent => None,
            Incoming::Worker(Event::Panicked(why)) => {
                return Err(format!("a compute thread failed: {why}. Please report it; your progress is saved"));
            }
            // Without a model there is nothing to learn from.
            Incoming::Worker(Event::ModelFailed(why)) => return Err(why),
            Incoming::Worker(event) => message_of(event),
            Incoming::Failed(thread) => {
                return Err(format!("the thread for {thread} failed. Please report it; your progress is saved"));
            }
            Incoming::Broken(why) => {
                return Err(format!(
                    "the terminal cannot be read: {why}. Start clsroom again where its input is a terminal"
                ));
            }
        };
        let Some(msg) = msg else { return Ok(false) };
        // An effect may lead to further ones.
        let mut effects = VecDeque::from(app::update(&mut self.state, msg));
        let mut leave = false;
        while let Some(effect) = effects.pop_front() {
            if effect == Effect::Reload {
                effects.extend(app::update(&mut self.state, Msg::Course((self.reload)())));
            } else {
                leave |= self.carry_out(effect, terminal)?;
            }
        }
        Ok(leave)
    }

    fn carry_out(&mut self, effect: Effect, terminal: &mut Screen) -> Result<bool, String> {
        match effect {
            Effect::Submit(ticket, request) => self.worker.submit(ticket, request),
            Effect::MeasureSpeed => self.worker.measure_speed(),
            Effect::Cancel(ticket) => self.worker.cancel(ticket),
            Effect::Pause(ticket, hold) => self.worker.pause(ticket, hold),
            Effect::Save(_) => self.save(),
            Effect::Export => self.export(),
            Effect::Look(look) => {
                self.theme = Theme::new(Depth::ALL[look.colours % Depth::ALL.len()], look.ascii);
                self.frame = pace(look.animation);
            }
            Effect::Reload => {} // done by the caller, who takes what follows from it
            Effect::Mouse(on) => terminal.mouse(on)?,
            // All of the job stops (cargo run, too) until it is continued; of this process it asks so as any other would.
            Effect::Suspend => {
                let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
            }
            Effect::Quit => return Ok(true),
        }
        Ok(false)
    }

    fn save(&mut self) {
        self.tell_time();
        let (state, Some(store)) = (&mut self.state, self.store.as_mut()) else { return };
        match store.save(&state.progress, state.now) {
            Err(error) => state.notice = Some(error.to_string()),
            Ok(saved) if saved.others && !std::mem::replace(&mut self.told_of_others, true) => {
                state.notice = Some(
                    "Another session of yours has saved meanwhile. Both are kept; where both changed the same, the \
                     later one counts."
                        .to_owned(),
                );
            }
            Ok(_) => {}
        }
    }

    /// Writes the notebook beside where the program was started, or at home where that cannot be.
    fn export(&mut self) {
        let state = &self.state;
        let records = state.own_records();
        let document = notebook::document(&state.progress, &state.course, &records, state.learner.as_deref());
        let here = std::env::current_dir().unwrap_or_else(|_| ".".into());
        let learner = state.learner.as_deref();
        let export = |folder: &Path| notebook::export(&document, learner, folder);
        let written = export(&here).or_else(|why| config::home().map_or(Err(why), |home| export(&home)));
        let remote = std::env::var_os("SSH_CONNECTION").is_some();
        self.state.notice = Some(match written {
            Ok(path) => {
                let home = notebook::way_home(learner, remote);
                format!("The notebook is in {}, and beside it as HTML.{home}", place(&path))
            }
            Err(why) => why,
        });
    }

    fn tell_time(&mut self) {
        if let Ok(since) = SystemTime::now().duration_since(UNIX_EPOCH) {
            app::update(&mut self.state, Msg::Time(since.as_secs()));
        }
    }

    fn draw(&mut self, terminal: &mut Screen) -> Result<(), String> {
        terminal.draw(&self.state, &self.theme)
    }
}
