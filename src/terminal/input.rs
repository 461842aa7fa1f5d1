//! What comes in: keys, worker events, signals, hang-up. Each is a thread that sends into the loop's one channel.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGHUP;

use super::keys::{Input, Parser};
use super::signals::{self, Urgent};
use crate::front::Incoming;

/// Chunks of input that wait to be turned into keys; a paste that comes faster waits in the terminal.
const CHUNKS: usize = 16;

/// Starts a thread; a panic on it reaches the loop.
pub(super) fn spawn(
    name: &'static str,
    sender: &Sender<Incoming>,
    body: impl FnOnce() + Send + 'static,
) -> Result<(), String> {
    let sender = sender.clone();
    let guarded = move || {
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            let why = format!("the thread for {name} failed. Please report it; your progress is saved");
            let _ = sender.send(Incoming::Broken(why));
        }
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(guarded)
        .map(drop)
        .map_err(|error| format!("cannot start a thread: {error}"))
}

/// Reads the terminal: one thread waits for bytes, another turns them into keys and waits for those that are missing.
pub(super) fn read_terminal(sender: &Sender<Incoming>, urgent: &Sender<Urgent>) -> Result<(), String> {
    let (chunks, read) = sync_channel(CHUNKS);
    let (told, leave) = (sender.clone(), urgent.clone());
    spawn("the terminal", sender, move || {
        // The one that raw mode is set for.
        let opened = if io::stdin().is_terminal() {
            io::stdin().as_fd().try_clone_to_owned()
        } else {
            File::open("/dev/tty").map(OwnedFd::from)
        };
        let failed = opened.and_then(|terminal| pump(&terminal, &chunks));
        match failed {
            Ok(()) => {}
            // A terminal that hung up cannot be read either.
            Err(_) if hung_up(&io::stdin()) => signals::end(SIGHUP, &leave, &told),
            Err(error) => {
                let what_to_do = "Start clsroom again where its input is a terminal";
                let why = format!("the terminal cannot be read: {error}. {what_to_do}");
                drop(told.send(Incoming::Broken(why)));
            }
        }
    })?;
    let keys = sender.clone();
    spawn("keys", sender, move || parse(&read, &keys))
}

/// Hands on what is read until there is nobody to take it.
fn pump(terminal: &OwnedFd, chunks: &SyncSender<Vec<u8>>) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match rustix::io::read(terminal, &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) if chunks.send(buffer[..count].to_vec()).is_err() => return Ok(()),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Bytes in, keys out; what stays unfinished is given up after its time.
fn parse(chunks: &Receiver<Vec<u8>>, keys: &Sender<Incoming>) {
    let mut parser = Parser::default();
    loop {
        let found = match parser.patience() {
            None => chunks.recv().map(|bytes| parser.feed(&bytes)).map_err(|_| RecvTimeoutError::Disconnected),
            Some(patience) => chunks.recv_timeout(patience).map(|bytes| parser.feed(&bytes)),
        };
        let found = match found {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => parser.give_up(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
        for input in found {
            let incoming = match input {
                Input::Key(key) => Incoming::Key(key),
                Input::Paste(text) => Incoming::Paste(text),
            };
            if keys.send(incoming).is_err() {
                return;
            }
        }
    }
}

/// Whether the far end of a terminal is gone.
fn hung_up(terminal: &impl AsFd) -> bool {
    let mut watched = [PollFd::new(terminal, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut watched, Some(&at_once)).is_ok() && watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
}

/// Notices a terminal that is gone. Only the leader of a session is sent SIGHUP, and it may ignore it and live on; then
/// nothing but the closed terminal itself tells.
pub(super) fn watch_for_hang_up(sender: &Sender<Incoming>, urgent: &Sender<Urgent>) -> Result<(), String> {
    let stdin = io::stdin();
    // Where there is no terminal of the session, the one that is read.
    let of_session = File::open("/dev/tty").map(OwnedFd::from);
    let read = || if stdin.is_terminal() { stdin.as_fd().try_clone_to_owned().ok() } else { None };
    let Some(terminal) = of_session.ok().or_else(read) else { return Ok(()) };
    let (told, leave) = (sender.clone(), urgent.clone());
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
                return signals::end(SIGHUP, &leave, &told);
            }
        }
    })
}
