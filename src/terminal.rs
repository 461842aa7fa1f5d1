//! The local front end: one loop over keys, worker events and signals; the terminal is left as it was found.
//!
//! Everything that can happen comes through one channel. A thread reads the terminal, a thread waits for signals, the
//! worker reports from its own; this loop applies messages, carries out effects and draws when something changed.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event as TermEvent,
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers,
};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{execute, queue};
use ratatui::DefaultTerminal;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::app::{self, Effect, Key, Loaded, Msg, State};
use crate::commands::notebook;
use crate::config;
use crate::lab::Lab;
use crate::lesson::progress::Store;
use crate::view::{self, Depth, Theme};
use crate::worker::{Event, Worker};

mod origins;
mod start;

pub use start::{install_hooks, learn, surroundings};

/// While a run goes on, the screen is drawn at most this often.
const FRAME: Duration = Duration::from_millis(100);

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
}

/// What comes in.
enum Incoming {
    Terminal(TermEvent),
    Worker(Event),
    Signal,
    Broken,
}

/// Runs the course until the learner leaves.
///
/// # Errors
/// When the terminal cannot be used, or a thread failed.
pub fn run(session: Session) -> Result<(), String> {
    let (sender, incoming) = channel();
    listen_for_signals(&sender)?;
    let from_worker = sender.clone();
    let worker = Worker::start(session.threads, session.open, move |event| {
        let _ = from_worker.send(Incoming::Worker(event));
    })?;
    let mut terminal = enter()?;
    read_terminal(sender)?;
    let mut front =
        Front { state: session.state, theme: session.theme, store: session.store, reload: session.reload, worker };
    let result = front.run(&mut terminal, &incoming);
    let saved = front.store.as_ref().map_or(Ok(()), |store| store.save(&front.state.progress));
    leave();
    if let Err(error) = saved {
        eprintln!("clsroom: {error}");
    }
    result
}

struct Front {
    state: State,
    theme: Theme,
    store: Option<Store>,
    reload: Box<dyn Fn() -> Result<Loaded, String>>,
    worker: Worker,
}

impl Front {
    fn run(&mut self, terminal: &mut DefaultTerminal, incoming: &Receiver<Incoming>) -> Result<(), String> {
        let mut drawn = Instant::now();
        self.draw(terminal)?;
        self.tell_time();
        // What happened since the last frame: nothing, something that may wait, something to show at once.
        let mut dirty = false;
        loop {
            let first = if dirty {
                match incoming.recv_timeout(FRAME.saturating_sub(drawn.elapsed())) {
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
            let Ok(first) = first else { return Ok(()) };
            let mut now = false;
            // Take all that waits, so that a burst of keys or a large paste is one frame.
            for message in std::iter::once(first).chain(incoming.try_iter()) {
                let may_wait = matches!(message, Incoming::Worker(Event::Progress(..) | Event::ModelLoading(_)));
                if self.take(message, terminal)? {
                    return Ok(());
                }
                dirty = true;
                now |= !may_wait;
            }
            if now {
                self.draw(terminal)?;
                (drawn, dirty) = (Instant::now(), false);
            }
        }
    }

    /// Applies one thing that happened; `true` means leave.
    fn take(&mut self, message: Incoming, terminal: &mut DefaultTerminal) -> Result<bool, String> {
        let msg = match message {
            Incoming::Terminal(TermEvent::Key(key)) if key.kind != KeyEventKind::Release => {
                self.tell_time();
                key_of(key).map(Msg::Key)
            }
            Incoming::Terminal(TermEvent::Paste(text)) => Some(Msg::Paste(text)),
            Incoming::Terminal(_) => None,
            Incoming::Worker(Event::Panicked(why)) => {
                return Err(format!("a compute thread failed: {why}. Please report it; your progress is saved"));
            }
            // Without a model there is nothing to learn from.
            Incoming::Worker(Event::ModelFailed(why)) => return Err(why),
            Incoming::Worker(event) => message_of(event),
            Incoming::Signal | Incoming::Broken => return Ok(true),
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

    fn carry_out(&mut self, effect: Effect, terminal: &mut DefaultTerminal) -> Result<bool, String> {
        match effect {
            Effect::Submit(ticket, request) => self.worker.submit(ticket, request),
            Effect::Cancel(ticket) => self.worker.cancel(ticket),
            Effect::Pause(ticket, hold) => self.worker.pause(ticket, hold),
            Effect::Save(_) => self.save(),
            Effect::Export => self.export(),
            Effect::Look(look) => self.theme = Theme::new(Depth::ALL[look.colours % Depth::ALL.len()], look.ascii),
            Effect::Reload => {} // done by the caller, who takes what follows from it
            Effect::Mouse(true) => execute!(io::stdout(), EnableMouseCapture).map_err(|error| broken(&error))?,
            Effect::Mouse(false) => execute!(io::stdout(), DisableMouseCapture).map_err(|error| broken(&error))?,
            Effect::Suspend => {
                leave();
                // The process stops here until it is continued.
                let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTSTP);
                *terminal = enter()?;
                if self.state.mouse {
                    execute!(io::stdout(), EnableMouseCapture).map_err(|error| broken(&error))?;
                }
            }
            Effect::Quit => return Ok(true),
        }
        Ok(false)
    }

    fn save(&mut self) {
        if let Some(Err(error)) = self.store.as_ref().map(|store| store.save(&self.state.progress)) {
            self.state.notice = Some(error.to_string());
        }
    }

    /// Writes the notebook beside where the program was started, or at home where that cannot be.
    fn export(&mut self) {
        let state = &self.state;
        let document = notebook::document(&state.progress, &state.course, &state.records, state.learner.as_deref());
        let here = std::env::current_dir().unwrap_or_else(|_| ".".into());
        let written = notebook::export(&document, &here)
            .or_else(|why| config::home().map_or(Err(why), |home| notebook::export(&document, &home)));
        self.state.notice = Some(match written {
            Ok(path) => format!("The notebook is in {}, and beside it as HTML.", path.display()),
            Err(why) => why,
        });
    }

    fn tell_time(&mut self) {
        if let Ok(since) = SystemTime::now().duration_since(UNIX_EPOCH) {
            app::update(&mut self.state, Msg::Time(since.as_secs()));
        }
    }

    /// One frame inside synchronized output.
    fn draw(&mut self, terminal: &mut DefaultTerminal) -> Result<(), String> {
        queue!(io::stdout(), BeginSynchronizedUpdate).map_err(|error| broken(&error))?;
        terminal.draw(|frame| view::draw(&self.state, &self.theme, frame)).map_err(|error| broken(&error))?;
        execute!(io::stdout(), EndSynchronizedUpdate).map_err(|error| broken(&error))
    }
}

fn broken(error: &io::Error) -> String {
    format!("the terminal cannot be written to: {error}")
}

/// Takes the terminal over. ratatui's hook restores raw mode and screen on a panic; paste and mouse are ours.
fn enter() -> Result<DefaultTerminal, String> {
    let terminal = ratatui::try_init().map_err(|error| {
        format!("there is no terminal to draw on: {error}. Without one, try clsroom trace or clsroom race")
    })?;
    execute!(io::stdout(), EnableBracketedPaste).map_err(|error| broken(&error))?;
    Ok(terminal)
}

/// Gives the terminal back; also called by the panic hook, so it must not fail.
pub fn leave() {
    let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, EndSynchronizedUpdate);
    let _ = ratatui::try_restore();
    let _ = io::stdout().flush();
}

fn read_terminal(sender: Sender<Incoming>) -> Result<(), String> {
    let body = move || loop {
        let message = event::read().map_or(Incoming::Broken, Incoming::Terminal);
        let ends = matches!(message, Incoming::Broken);
        if sender.send(message).is_err() || ends {
            return;
        }
    };
    thread::Builder::new()
        .name("keys".to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| format!("cannot start a thread: {error}"))
}

/// SIGTERM, SIGINT and SIGHUP leave as `q` does. After a hang-up nothing may be left behind even if the loop is stuck:
/// the signal thread ends the process itself a second later.
fn listen_for_signals(sender: &Sender<Incoming>) -> Result<(), String> {
    let mut signals =
        Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(|error| format!("cannot listen for signals: {error}"))?;
    let sender = sender.clone();
    let body = move || {
        if let Some(signal) = signals.forever().next() {
            let _ = sender.send(Incoming::Signal);
            thread::sleep(Duration::from_secs(1));
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(body)
        .map(drop)
        .map_err(|error| format!("cannot start a thread: {error}"))
}

fn message_of(event: Event) -> Option<Msg> {
    Some(match event {
        Event::ModelLoading(words) => Msg::ModelLoading(words),
        Event::ModelReady(facts) => Msg::ModelReady(facts),
        Event::ModelFailed(why) => Msg::ModelFailed(why),
        Event::Progress(ticket, progress, elapsed) => Msg::Progress(ticket, progress, elapsed),
        Event::Done(ticket, outcome) => Msg::Done(ticket, outcome),
        Event::Failed(ticket, why) => Msg::Failed(ticket, why),
        Event::Cancelled(ticket) => Msg::Cancelled(ticket),
        Event::Panicked(_) => return None,
    })
}

fn key_of(event: KeyEvent) -> Option<Key> {
    Some(match event.code {
        KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => Key::Ctrl(c.to_ascii_lowercase()),
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
