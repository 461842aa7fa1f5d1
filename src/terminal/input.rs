//! What comes in from the terminal. Each of its threads sends into the loop's one channel; one that fails says so.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, sync_channel};
use std::thread;

use super::keys::{Input, Parser};
use super::system;
use crate::front::Incoming;

/// Chunks of input that wait to be turned into keys; a paste that comes faster waits in the terminal.
const CHUNKS: usize = 16;

/// What cannot wait behind queued keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgent {
    /// Leave, because of this signal.
    Leave(i32),
    /// Give the terminal back and stop.
    #[cfg_attr(windows, expect(dead_code, reason = "nothing stops a program there"))]
    Stop,
    /// It was stopped and goes on: the terminal may be in any state.
    #[cfg_attr(windows, expect(dead_code, reason = "nothing stops a program there"))]
    Continued,
}

/// Asks the loop for what cannot wait.
pub(super) fn ask(what: Urgent, urgent: &Sender<Urgent>, told: &Sender<Incoming>) {
    let _ = urgent.send(what);
    let _ = told.send(Incoming::Urgent);
}

/// A terminal that cannot be read, though it is there.
pub(super) fn unreadable(error: &io::Error) -> Incoming {
    Incoming::Broken(format!("the terminal cannot be read: {error}. Start clsroom again where its input is a terminal"))
}

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
        system::read(&chunks, &told, &leave);
    })?;
    let keys = sender.clone();
    spawn("keys", sender, move || parse(&read, &keys))
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
