//! What comes in: keys, worker events, signals, hang-up. Each is a thread that sends into the loop's one channel.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::app::{Key, Msg};
use crate::worker::Event;

/// How long the loop has to save and leave after a signal, before the process is ended from outside it.
const GRACE: Duration = Duration::from_secs(1);

/// What comes in.
pub(super) enum Incoming {
    /// A key, a paste, a new size.
    Terminal(TermEvent),
    /// What a compute thread tells.
    Worker(Event),
    /// Leave, because of this signal.
    Signal(i32),
    /// The terminal cannot be read, though it is there: why.
    Broken(String),
    /// One of the threads here panicked.
    Failed(&'static str),
}

/// Starts a thread; a panic on it reaches the loop.
fn spawn(name: &'static str, sender: &Sender<Incoming>, body: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let sender = sender.clone();
    let guarded = move || {
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            let _ = sender.send(Incoming::Failed(name));
        }
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(guarded)
        .map(drop)
        .map_err(|error| format!("cannot start a thread: {error}"))
}

/// Reads keys, pastes and sizes.
pub(super) fn read_terminal(sender: &Sender<Incoming>) -> Result<(), String> {
    let keys = sender.clone();
    spawn("keys", sender, move || {
        loop {
            let read = event::read();
            let ends = read.is_err();
            let message = match read {
                Ok(event) => Incoming::Terminal(event),
                // A terminal that hung up cannot be read either.
                Err(_) if hung_up(&io::stdin()) => Incoming::Signal(SIGHUP),
                Err(error) => Incoming::Broken(error.to_string()),
            };
            if keys.send(message).is_err() || ends {
                return;
            }
        }
    })
}

/// Whether the far end of a terminal is gone.
fn hung_up(terminal: &impl AsFd) -> bool {
    let mut watched = [PollFd::new(terminal, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok() && watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// SIGTERM, SIGINT and SIGHUP leave as `q` does.
pub(super) fn listen_for_signals(sender: &Sender<Incoming>) -> Result<(), String> {
    let mut signals =
        Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(|error| format!("cannot listen for signals: {error}"))?;
    let told = sender.clone();
    spawn("signals", sender, move || {
        if let Some(signal) = signals.forever().next() {
            end(signal, &told);
        }
    })
}

/// Notices a terminal that is gone. Only the leader of a session is sent SIGHUP, and it may ignore it and live on; then
/// nothing but the closed terminal itself tells.
pub(super) fn watch_for_hang_up(sender: &Sender<Incoming>) -> Result<(), String> {
    let stdin = io::stdin();
    // Where there is no terminal of the session, the one that is read.
    let of_session = File::open("/dev/tty").map(OwnedFd::from);
    let read = || if stdin.is_terminal() { stdin.as_fd().try_clone_to_owned().ok() } else { None };
    let Some(terminal) = of_session.ok().or_else(read) else { return Ok(()) };
    let told = sender.clone();
    spawn("hang-up", sender, move || {
        // Woken at once where the system can; asked again now and then where it cannot.
        let pause = Timespec { tv_sec: 1, tv_nsec: 0 };
        loop {
            let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
            match poll(&mut watched, Some(&pause)) {
                Err(error) if error != rustix::io::Errno::INTR => return,
                _ => {}
            }
            if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
                return end(SIGHUP, &told);
            }
        }
    })
}

/// Asks the loop to leave. If it is stuck (in a write that nobody reads), the process ends without it.
fn end(signal: i32, told: &Sender<Incoming>) {
    let _ = told.send(Incoming::Signal(signal));
    thread::sleep(GRACE);
    let _ = crossterm::terminal::disable_raw_mode();
    let _ = signal_hook::low_level::emulate_default_handler(signal);
}

/// The worker's event as a message; a panic is not one.
pub(super) fn message_of(event: Event) -> Option<Msg> {
    Some(match event {
        Event::ModelLoading(words) => Msg::ModelLoading(words),
        Event::OtherReady(facts) => Msg::OtherReady(facts),
        Event::ModelReady(facts) => Msg::ModelReady(facts),
        Event::ModelFailed(why) => Msg::ModelFailed(why),
        Event::Progress(ticket, progress, elapsed) => Msg::Progress(ticket, progress, elapsed),
        Event::Done(ticket, outcome) => Msg::Done(ticket, outcome),
        Event::Failed(ticket, why) => Msg::Failed(ticket, why),
        Event::Cancelled(ticket) => Msg::Cancelled(ticket),
        Event::Panicked(_) => return None,
    })
}

/// The terminal's key as the program names it.
pub(super) fn key_of(event: KeyEvent) -> Option<Key> {
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
