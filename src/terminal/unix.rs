//! The terminal of Linux and macOS: its bytes, its size, its modes, and whether it is still there.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::{Sender, SyncSender};

use crossterm::Command;
pub(super) use crossterm::terminal::{disable_raw_mode as leave_raw_mode, enable_raw_mode as enter_raw_mode};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGHUP;

use super::input::{Urgent, spawn, unreadable};
use super::signals;
pub(super) use super::signals::{die, listen, stop};
use crate::front::Incoming;

/// Hands on what the terminal sends until there is nobody to take it; how that ended is told.
pub(super) fn read(chunks: &SyncSender<Vec<u8>>, told: &Sender<Incoming>, leave: &Sender<Urgent>) {
    // The one that raw mode is set for.
    let opened = if io::stdin().is_terminal() {
        io::stdin().as_fd().try_clone_to_owned()
    } else {
        File::open("/dev/tty").map(OwnedFd::from)
    };
    match opened.and_then(|terminal| pump(&terminal, chunks)) {
        Ok(()) => {}
        // A terminal that hung up cannot be read either.
        Err(_) if hung_up(&io::stdin()) => signals::end(SIGHUP, leave, told),
        Err(error) => drop(told.send(unreadable(&error))),
    }
}

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

/// Columns and rows as the terminal tells them; zeros where it does not.
pub(super) fn size() -> (u16, u16) {
    rustix::termios::tcgetwinsize(io::stdout()).map_or((0, 0), |size| (size.ws_col, size.ws_row))
}

/// Stops the whole job (cargo run, too) until it is continued; this process is asked as any other program would ask it.
pub(super) fn suspend() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

/// What stands for an environment variable that is not set: nothing.
pub(super) fn variable(_: &str) -> Option<String> {
    None
}

/// A command that is written as an escape sequence, as all are here.
pub(super) fn sequence<C: Command>(command: C) -> C {
    command
}
