//! A learner's screen at the other end of a connection: frames are made here and sent elsewhere.
//!
//! At most one frame is under way. What changes meanwhile is drawn when it has left, so that a slow line costs one frame of
//! memory and shows the newest state, never a queue of old ones.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::queue;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};
use tokio::sync::mpsc::UnboundedSender;

use super::hall::Hall;
use super::report::Report;
use crate::app::{Loaded, State};
use crate::class::desk::{Below, Desk, Shown};
use crate::front::Host;
use crate::terminal::Pending;
use crate::view::{self, Theme};

/// Where a client does not say how large its terminal is.
const USUAL: (u32, u32) = (80, 24);

/// Larger terminals are drawn on in part: a number that is wrong must not cost memory.
const LARGEST: (u32, u32) = (400, 120);

/// Columns and rows of a terminal, as the client told last.
#[derive(Debug)]
pub(super) struct Size(AtomicU32);

impl Size {
    pub(super) fn new() -> Self {
        let size = Self(AtomicU32::default());
        size.set(0, 0);
        size
    }

    /// What a client tells: 0 means that it does not know.
    pub(super) fn set(&self, columns: u32, rows: u32) {
        let side = |told: u32, usual: u32, largest: u32| if told == 0 { usual } else { told.min(largest) };
        let (columns, rows) = (side(columns, USUAL.0, LARGEST.0), side(rows, USUAL.1, LARGEST.1));
        self.0.store(columns << 16 | rows, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> (u16, u16) {
        let both = self.0.load(Ordering::Relaxed);
        ((both >> 16) as u16, both as u16)
    }
}

/// What goes to the client.
#[derive(Debug)]
pub(super) enum Out {
    /// One frame; [`Flow::sent`] is told when it has left.
    Frame(Vec<u8>),
    /// The last words and the exit status.
    End(Vec<u8>, u32),
}

/// Whether a frame may be made.
#[derive(Debug, Default)]
pub(super) struct Flow(Mutex<Turn>);

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Turn {
    #[default]
    Free,
    /// A frame is under way.
    Busy,
    /// A frame is under way, and there is something newer to show.
    Stale,
}

impl Flow {
    /// Takes the turn, if nothing is under way.
    fn take(&self) -> bool {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let free = *turn == Turn::Free;
        *turn = if free { Turn::Busy } else { Turn::Stale };
        free
    }

    /// The frame has left; whether there is something newer to show.
    pub(super) fn sent(&self) -> bool {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *turn) == Turn::Stale
    }
}

/// The terminal of a learner who came over a network.
pub(super) struct Remote {
    terminal: Terminal<CrosstermBackend<Pending>>,
    pending: Pending,
    shown: (u16, u16),
    size: Arc<Size>,
    flow: Arc<Flow>,
    out: UnboundedSender<Out>,
    report: Report,
    /// The class and the desk, on a teacher's screen.
    desk: Option<Teacher>,
    /// How to fetch the notebook.
    fetch: String,
    reload: Box<dyn Fn() -> Result<Loaded, String> + Send>,
}

/// The class, and the desk from which a teacher sees it.
pub(super) type Teacher = (Arc<Hall>, Arc<Mutex<Desk>>);

impl Remote {
    /// Takes the client's terminal over with the first frame.
    pub(super) fn new(
        (size, flow, out): (Arc<Size>, Arc<Flow>, UnboundedSender<Out>),
        (report, desk): (Report, Option<Teacher>),
        fetch: String,
        reload: Box<dyn Fn() -> Result<Loaded, String> + Send>,
    ) -> Result<Self, String> {
        let (mut pending, shown) = (Pending::default(), size.get());
        queue!(pending, EnterAlternateScreen, Clear(ClearType::All), Hide, EnableBracketedPaste).map_err(broken)?;
        let terminal = terminal(&pending, shown)?;
        Ok(Self { terminal, pending, shown, size, flow, out, report, desk, fetch, reload })
    }

    /// What gives the terminal back.
    pub(super) fn leave() -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = queue!(bytes, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste, Show);
        let _ = queue!(bytes, LeaveAlternateScreen);
        bytes
    }
}

/// The course, or what a teacher has chosen instead.
fn drawn(state: &State, desk: Option<&Teacher>, theme: &Theme, frame: &mut Frame<'_>) {
    let Some((hall, desk)) = desk else { return view::draw(state, theme, frame) };
    let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner).clone();
    desk.trouble = hall.troubled();
    let (area, course) = (frame.area(), &state.course);
    match desk.shown {
        Shown::Course => view::draw(state, theme, frame),
        Shown::Desk => hall.look(|class| view::desk(class, &desk, course, theme, area, frame.buffer_mut())),
        Shown::Projector => {
            hall.look(|class| {
                view::projector(class, desk.below == Below::Experiment, course, theme, area, frame.buffer_mut());
            });
        }
    }
}

/// A terminal of this size, empty. ratatui can change the size of one, but asks this process's own terminal for its cursor
/// then.
fn terminal(pending: &Pending, (columns, rows): (u16, u16)) -> Result<Terminal<CrosstermBackend<Pending>>, String> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
    Terminal::with_options(CrosstermBackend::new(pending.clone()), TerminalOptions { viewport }).map_err(broken)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn broken(error: io::Error) -> String {
    format!("the screen cannot be drawn: {error}")
}

impl Host for Remote {
    fn draw(&mut self, state: &State, theme: &Theme) -> Result<(), String> {
        self.report.look(state);
        if !self.flow.take() {
            return Ok(());
        }
        queue!(self.pending, BeginSynchronizedUpdate).map_err(broken)?;
        let size = self.size.get();
        if size != self.shown {
            self.shown = size;
            queue!(self.pending, Clear(ClearType::All)).map_err(broken)?;
            self.terminal = terminal(&self.pending, size)?;
        }
        let desk = &self.desk;
        self.terminal.draw(|frame| drawn(state, desk.as_ref(), theme, frame)).map_err(broken)?;
        queue!(self.pending, EndSynchronizedUpdate).map_err(broken)?;
        let frame = self.pending.take();
        self.out.send(Out::Frame(frame)).map_err(|_| "the connection has ended".to_owned())
    }

    fn mouse(&mut self, on: bool) -> Result<(), String> {
        // It leaves with the next frame.
        if on { queue!(self.pending, EnableMouseCapture) } else { queue!(self.pending, DisableMouseCapture) }
            .map_err(broken)
    }

    fn reload(&mut self) -> Result<Loaded, String> {
        (self.reload)()
    }

    fn export(&mut self, _: &State) -> String {
        format!("Nothing is written here. Type on your own computer: {}", self.fetch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_believed_within_reason() {
        let size = Size::new();
        assert_eq!(size.get(), (80, 24));
        for (told, drawn) in [
            ((120, 36), (120, 36)),
            ((0, 0), (80, 24)),
            ((0, 40), (80, 40)),
            ((1, 1), (1, 1)),
            ((65_535, 65_535), (400, 120)),
            ((u32::MAX, u32::MAX), (400, 120)),
        ] {
            size.set(told.0, told.1);
            assert_eq!(size.get(), drawn, "{told:?}");
        }
    }

    #[test]
    fn while_a_frame_is_under_way_nothing_is_drawn_and_afterwards_the_newest_is() {
        let flow = Flow::default();
        assert!(flow.take());
        assert!(!flow.take() && !flow.take());
        assert!(flow.sent(), "something newer is there");
        assert!(flow.take());
        assert!(!flow.sent(), "nothing is");
        assert!(flow.take());
    }
}
