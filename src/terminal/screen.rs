//! The terminal: taken over, drawn on, given back whatever happens.
//!
//! Everything that is written goes through [`write`], one call a frame, while a lock says whose the terminal is. So a
//! panic on another thread can give it back at any time, and no frame that is still being drawn lands on the shell.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::queue;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::pending::Pending;
use super::size;
use super::system::{enter_raw_mode, leave_raw_mode, sequence};
use crate::app::State;
use crate::view::{self, Theme};

/// Whether the terminal is ours just now.
static OURS: Mutex<bool> = Mutex::new(false);

fn ours() -> MutexGuard<'static, bool> {
    // A flag cannot be left half written, so a panic elsewhere does not spoil it.
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A terminal that was taken over.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Pending>>,
    pending: Pending,
    size: (u16, u16),
}

impl Screen {
    /// Takes the terminal over: raw mode, another screen, no cursor, pastes in brackets.
    pub fn enter(mouse: bool) -> Result<Self, String> {
        let none = |error: io::Error| {
            format!("there is no terminal to draw on: {error}. Without one, try clsroom --plain, trace or race")
        };
        enter_raw_mode().map_err(none)?;
        *ours() = true;
        let (pending, size) = (Pending::default(), size::now());
        let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
        let backend = CrosstermBackend::new(pending.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport }).map_err(none)?;
        let mut screen = Self { terminal, pending, size };
        screen.take_over(mouse)?;
        Ok(screen)
    }

    /// Takes over a terminal that somebody else had meanwhile and that was never given back; the next frame draws all
    /// of it.
    pub fn retake(&mut self, mouse: bool) -> Result<(), String> {
        // What it was before is known from the first time.
        leave_raw_mode().and_then(|()| enter_raw_mode()).map_err(broken)?;
        self.take_over(mouse)?;
        self.resize(size::now())
    }

    fn take_over(&mut self, mouse: bool) -> Result<(), String> {
        queue!(self.pending, EnterAlternateScreen, Clear(ClearType::All), Hide, EnableBracketedPaste)
            .and_then(|()| self.write_pending())
            .map_err(broken)?;
        if mouse { self.mouse(true) } else { Ok(()) }
    }

    fn resize(&mut self, size: (u16, u16)) -> Result<(), String> {
        self.size = size;
        self.terminal.resize(Rect::new(0, 0, size.0, size.1)).map_err(broken)
    }

    /// Turns the mouse on or off.
    pub fn mouse(&mut self, on: bool) -> Result<(), String> {
        if on {
            queue!(self.pending, sequence(EnableMouseCapture))
        } else {
            queue!(self.pending, sequence(DisableMouseCapture))
        }
        .and_then(|()| self.write_pending())
        .map_err(broken)
    }

    /// One frame inside synchronized output, in one write.
    pub fn draw(&mut self, state: &State, theme: &Theme) -> Result<(), String> {
        queue!(self.pending, BeginSynchronizedUpdate).map_err(broken)?;
        let size = size::now();
        if size != self.size {
            self.resize(size)?;
        }
        self.terminal.draw(|frame| view::draw(state, theme, frame)).map_err(broken)?;
        queue!(self.pending, EndSynchronizedUpdate).map_err(broken)?;
        self.write_pending().map_err(broken)
    }

    fn write_pending(&mut self) -> io::Result<()> {
        let bytes = self.pending.take();
        let ours = ours();
        // It was given back by a thread that failed; the loop is about to hear of it.
        if *ours { write(&mut io::stdout().lock(), &bytes) } else { Ok(()) }
    }
}

/// Writes all of it in one call where the system takes it whole.
fn write(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(bytes)?;
    out.flush()
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn broken(error: io::Error) -> String {
    format!("the terminal cannot be written to: {error}")
}

/// Gives the terminal back if it is ours. The panic hook calls it too, so it must not fail.
pub fn leave() {
    let mut ours = ours();
    if !std::mem::replace(&mut *ours, false) {
        return;
    }
    let mut bytes = Vec::new();
    let _ = queue!(bytes, EndSynchronizedUpdate, sequence(DisableMouseCapture), DisableBracketedPaste, Show);
    let _ = queue!(bytes, LeaveAlternateScreen);
    let _ = write(&mut io::stdout().lock(), &bytes);
    let _ = leave_raw_mode();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts calls.
    #[derive(Default)]
    struct Counting(usize);

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_however_often_it_is_flushed_while_it_is_drawn() {
        let mut pending = Pending::default();
        for cell in 0..10_000 {
            std::write!(pending, "\x1b[{cell}mx").and_then(|()| pending.flush()).expect("kept");
        }
        let mut out = Counting::default();
        write(&mut out, &pending.take()).expect("written");
        assert_eq!(out.0, 1);
    }

    #[test]
    fn what_was_not_taken_over_is_not_given_back() {
        // Nothing is written: the tests' own output would show it.
        leave();
        assert!(!*ours());
    }
}
