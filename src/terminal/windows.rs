//! The console of Windows: its keys, its size, its modes, and the events that end a program.
//!
//! The console is asked for the same escape sequences that a terminal sends. Its records of keys then carry them one
//! character at a time. A console that cannot do that tells the number of a key instead, and `records.rs` puts the usual
//! sequence in its place. So `keys.rs` reads the same bytes on every system.

use std::fmt;
use std::io;
use std::sync::mpsc::{Sender, SyncSender};
use std::sync::{Mutex, PoisonError};

use crossterm::Command;
use crossterm_winapi::{Console, ConsoleMode, Handle, InputRecord, KeyEventRecord};
use tokio::signal::windows::{ctrl_break, ctrl_close, ctrl_logoff, ctrl_shutdown};

use super::input::{Urgent, ask, spawn, unreadable};
use super::records::{Key, Records};
use crate::front::Incoming;

/// Of the console's input: lines, echo, and Ctrl-C as a signal.
const COOKED: u32 = 0x0001 | 0x0002 | 0x0004;

/// Of the console's input: changes of size are told, and keys are escape sequences.
const WINDOW_INPUT: u32 = 0x0008;
const SEQUENCES_IN: u32 = 0x0200;

/// Of the console's output: escape sequences are obeyed, and a line feed does not return to the first column.
const SEQUENCES_OUT: u32 = 0x0001 | 0x0004;
const NO_RETURN: u32 = 0x0008;

/// Modes of input and output as they were before.
static BEFORE: Mutex<Option<(u32, u32)>> = Mutex::new(None);

/// Input and output of the console, wherever standard input and output lead.
fn modes() -> io::Result<(ConsoleMode, ConsoleMode)> {
    Ok((ConsoleMode::from(Handle::current_in_handle()?), ConsoleMode::from(Handle::current_out_handle()?)))
}

/// Asks the console for keys as they are pressed, and for escape sequences in both directions.
pub(super) fn enter_raw_mode() -> io::Result<()> {
    let none = |error: io::Error| {
        io::Error::new(
            error.kind(),
            format!("{error} (this window is no console of Windows: use Windows Terminal, or type winpty clsroom)"),
        )
    };
    let (input, output) = modes().map_err(none)?;
    let before = (input.mode().map_err(none)?, output.mode().map_err(none)?);
    let old = |_| io::Error::new(io::ErrorKind::Unsupported, "this console knows no escape sequences");
    let wanted = before.1 | SEQUENCES_OUT;
    output.set_mode(wanted | NO_RETURN).or_else(|_| output.set_mode(wanted)).map_err(old)?;
    let raw = before.0 & !COOKED | WINDOW_INPUT;
    input.set_mode(raw | SEQUENCES_IN).or_else(|_| input.set_mode(raw))?;
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(before);
    Ok(())
}

/// Sets the modes that the console had before.
pub(super) fn leave_raw_mode() -> io::Result<()> {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((for_input, for_output)) = before else { return Ok(()) };
    let (input, output) = modes()?;
    input.set_mode(for_input)?;
    output.set_mode(for_output)
}

/// Hands on the bytes of keys until there is nobody to take them; how that ended is told.
pub(super) fn read(chunks: &SyncSender<Vec<u8>>, told: &Sender<Incoming>, _: &Sender<Urgent>) {
    if let Err(error) = pump(chunks, told) {
        let _ = told.send(unreadable(&error));
    }
}

fn pump(chunks: &SyncSender<Vec<u8>>, told: &Sender<Incoming>) -> io::Result<()> {
    let console = Console::from(Handle::current_in_handle()?);
    let mut records = Records::default();
    loop {
        let mut bytes = Vec::new();
        // The first is waited for; what came with it is taken at once.
        for record in std::iter::once(console.read_single_input_event()?).chain(console.read_console_input()?) {
            match record {
                InputRecord::KeyEvent(record) => records.take(key(&record), &mut bytes),
                InputRecord::WindowBufferSizeEvent(_) => drop(told.send(Incoming::Resized)),
                _ => {}
            }
        }
        if !bytes.is_empty() && chunks.send(bytes).is_err() {
            return Ok(());
        }
    }
}

/// What is known of a key.
fn key(record: &KeyEventRecord) -> Key {
    let held = &record.control_key_state;
    Key {
        down: record.key_down,
        times: record.repeat_count,
        unit: record.u_char,
        code: record.virtual_key_code,
        alt: held.has_state(0x0001 | 0x0002),
        ctrl: held.has_state(0x0004 | 0x0008),
    }
}

/// Listens for what ends a program: Ctrl-Break, a closed window, a user who logs off, a computer that is switched off.
/// Ctrl-C is a key. Windows waits some seconds for the program to leave.
pub(super) fn listen(sender: &Sender<Incoming>, urgent: &Sender<Urgent>) -> Result<(), String> {
    let cannot = |error: io::Error| format!("cannot listen for the end of the console: {error}");
    let (mut pressed, mut closed) = (ctrl_break().map_err(cannot)?, ctrl_close().map_err(cannot)?);
    let (mut logged_off, mut switched_off) = (ctrl_logoff().map_err(cannot)?, ctrl_shutdown().map_err(cannot)?);
    let waiting = tokio::runtime::Builder::new_current_thread().build().map_err(cannot)?;
    let (told, urgent) = (sender.clone(), urgent.clone());
    spawn("the end of the console", sender, move || {
        waiting.block_on(async {
            tokio::select! {
                _ = pressed.recv() => {}
                _ = closed.recv() => {}
                _ = logged_off.recv() => {}
                _ = switched_off.recv() => {}
            }
        });
        ask(Urgent::Leave(0), &urgent, &told);
    })
}

/// The console tells by [`listen`] that it is closed.
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
pub(super) fn watch_for_hang_up(_: &Sender<Incoming>, _: &Sender<Urgent>) -> Result<(), String> {
    Ok(())
}

/// Ends the program after [`listen`] asked for it.
///
/// # Errors
/// Always: with the sentence to end with.
pub(super) fn die(_: i32) -> Result<(), String> {
    Err("ended from outside; your progress is saved".to_owned())
}

/// Windows has no stopped programs.
pub(super) fn stop() {}

/// Windows has no stopped programs, so Ctrl-Z does nothing.
pub(super) fn suspend() {}

/// Columns and rows of the window; zeros where there is none.
pub(super) fn size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or((0, 0))
}

/// What stands for an environment variable that is not set. Where no `TERM` says what this is, it is Windows Terminal or
/// the console of Windows 10, and both show 24-bit colours.
pub(super) fn variable(name: &str) -> Option<String> {
    (name == "COLORTERM" && std::env::var_os("TERM").is_none()).then(|| "truecolor".to_owned())
}

/// A command that is written as an escape sequence, where crossterm would call the console of old.
pub(super) fn sequence<C: Command>(command: C) -> impl Command {
    Sequence(command)
}

struct Sequence<C>(C);

impl<C: Command> Command for Sequence<C> {
    fn write_ansi(&self, to: &mut impl fmt::Write) -> fmt::Result {
        self.0.write_ansi(to)
    }

    fn execute_winapi(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_ansi_code_supported(&self) -> bool {
        true
    }
}
