//! Signals: which the program catches, and what each asks of the loop.
//!
//! All that can be caught is: those that would end the program leave as `q` does, and then end it; those that stop and
//! continue it give the terminal back and take it again. What they ask goes before everything that waits.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{
    SIGBUS, SIGCHLD, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGKILL, SIGPIPE, SIGSEGV, SIGSTOP, SIGTERM, SIGTSTP,
    SIGTTIN, SIGTTOU, SIGURG, SIGWINCH,
};
use signal_hook::iterator::Signals;

use super::input::{Urgent, ask, spawn};
use super::screen;
use crate::front::Incoming;

/// How long the loop has to save and leave after a signal, before the process is ended from outside it.
const GRACE: Duration = Duration::from_secs(1);

/// How long giving the terminal back may take then.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Cannot be caught (KILL, STOP), say that the program itself is broken (BUS, FPE, ILL, SEGV), stop it where it must not
/// use the terminal (TTIN, TTOU), or mean nothing by themselves (CHLD, URG).
const LEFT_ALONE: [i32; 10] = [SIGKILL, SIGSTOP, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTTIN, SIGTTOU, SIGCHLD, SIGURG];

/// Caught even where they are ignored: a terminal that is gone, a hand that asks, and PIPE, which Rust ignores by itself.
const ALWAYS: [i32; 6] = [SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGCONT, SIGWINCH];

/// The largest number of a signal anywhere; systems refuse what they do not know.
const LARGEST: i32 = 64;

/// Listens for every signal that can be caught.
pub(super) fn listen(sender: &Sender<Incoming>, urgent: &Sender<Urgent>) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("cannot listen for signals: {error}");
    let mut signals = Signals::new([SIGHUP]).map_err(cannot)?;
    let ignored = ignored();
    let wanted = |signal: &i32| ALWAYS.contains(signal) || !(LEFT_ALONE.contains(signal) || ignored(*signal));
    for signal in (1..=LARGEST).filter(wanted) {
        // The system has no such signal, or keeps it for itself.
        let _ = signals.add_signal(signal);
    }
    let (told, urgent) = (sender.clone(), urgent.clone());
    spawn("signals", sender, move || {
        let mut leaving = false;
        for signal in signals.forever() {
            match signal {
                SIGWINCH => drop(told.send(Incoming::Resized)),
                SIGTSTP => ask(Urgent::Stop, &urgent, &told),
                SIGCONT => ask(Urgent::Continued, &urgent, &told),
                _ if leaving => {}
                signal => {
                    leaving = true;
                    let (told, urgent) = (told.clone(), urgent.clone());
                    thread::spawn(move || end(signal, &urgent, &told));
                }
            }
        }
    })
}

/// Which signals whoever started the program wants to be ignored; known on Linux alone.
fn ignored() -> impl Fn(i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    let mask = mask.unwrap_or(0);
    move |signal| mask >> (signal - 1) & 1 == 1
}

/// Asks the loop to leave. If it is stuck (in a write that nobody reads), the process ends without it.
pub(super) fn end(signal: i32, urgent: &Sender<Urgent>, told: &Sender<Incoming>) {
    ask(Urgent::Leave(signal), urgent, told);
    thread::sleep(GRACE);
    // The loop may compute, and then the terminal can be given back; or hold it in a write without an end.
    let given_back = thread::spawn(screen::leave);
    let end = std::time::Instant::now() + LAST_WORDS;
    while !given_back.is_finished() && std::time::Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    let _ = crossterm::terminal::disable_raw_mode();
    let _ = die(signal);
}

/// Ends the process by the signal, so that whoever waits for it learns which it was.
///
/// # Errors
/// With the sentence to end with where the system knows no end by this signal.
pub(super) fn die(signal: i32) -> Result<(), String> {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    Err(format!("ended by signal {signal}"))
}

/// Stops this process until it is continued. Where nobody could continue it, as under sshd's `ForceCommand`, the system
/// does not stop it. The signal is one that this program does not catch and that has the same effect as Ctrl-Z's.
pub(super) fn stop() {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TTOU);
}
