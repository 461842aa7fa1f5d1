//! The screen: [`draw`] shows a [`State`] and changes nothing. No channels, clocks or I/O.
//!
//! One screen or bench a file; `widgets` know no state, `theme` decides colours and signs.

mod class;
mod home;
pub(crate) mod lesson;
mod overlay;
pub(crate) mod question;
mod sandbox;
pub(crate) mod theme;
pub(crate) mod widgets;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use crate::app::keymap::{Binding, Scope, TABLE};
use crate::app::{Action, Page, Screen, State, values};
use crate::lesson::{ValueRef, glossary};
pub use class::{desk, projector};
pub use theme::{CharFlag, ColorFlag, Depth, Theme, ascii, depth};
use widgets::blocks::Shown;
use widgets::{footer, text};

/// Columns from which text and bench stand side by side.
pub const WIDE: u16 = 100;

/// Smaller screens get a card instead.
pub const LEAST: (u16, u16) = (60, 18);

/// Lines that a notice may take.
const NOTICE: usize = 4;

/// Draws the whole screen.
pub fn draw(state: &State, theme: &Theme, frame: &mut Frame) {
    let area = frame.area();
    let cursor = draw_into(state, theme, area, frame.buffer_mut());
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}

/// Draws into a buffer; returns where the text cursor belongs while a sentence is typed.
pub fn draw_into(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<(u16, u16)> {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let card = format!(
            "clsroom needs {}x{}; this window is {}x{}. Ctrl-C leaves.",
            LEAST.0, LEAST.1, area.width, area.height
        );
        lines(&text::wrap(&[card.into()], usize::from(area.width)), area, buf);
        return None;
    }
    let body = Rect { height: area.height - 2, ..area };
    match state.screen {
        Screen::Home { cursor } => home::draw(state, cursor, theme, body, buf),
        Screen::Lesson { lesson, step, page } => lesson::draw(state, (lesson, step, page), theme, body, buf),
        Screen::Sandbox => sandbox::draw(state, theme, body, buf),
    }
    draw_notice(state, theme, Rect { y: area.bottom() - 2, height: 1, ..area }, buf);
    let footer = Rect { y: area.bottom() - 1, height: 1, ..area };
    draw_footer(state, theme, footer, buf);
    state.overlay.as_ref().and_then(|overlay| overlay::draw(state, overlay, theme, body, buf))
}

fn draw_notice(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let cut = state.trace().filter(|_| state.bench().is_some()).and_then(|trace| trace.cut.as_ref());
    let call = state
        .called_away()
        .filter(|_| state.overlay.is_none())
        .map(|place| format!("The class is at {place}: f goes there."));
    let own = match (&state.notice, cut) {
        (Some(notice), _) => Some(notice.clone()),
        _ if call.is_some() => None,
        _ if state.votes_here() => {
            Some("The class votes on this question: its result comes when the vote is closed.".to_owned())
        }
        (None, Some(cut)) => {
            Some(format!("Read: the first {} of {} pieces, up to character {}.", cut.kept, cut.total, cut.at_char))
        }
        (None, None) => None,
    };
    let said = own.into_iter().chain(call).collect::<Vec<_>>().join(" ");
    if said.is_empty() {
        return;
    }
    let said = text::clean(&said, theme.ascii).into_owned();
    let rows = text::wrap(&[Span::styled(said, theme.value())], usize::from(area.width.saturating_sub(2)));
    let shown = rows.len().min(NOTICE) as u16;
    // It lies over the lowest lines of the screen when one line is not enough.
    let over = Rect { y: area.bottom() - shown, height: shown, ..area };
    Clear.render(over, buf);
    lines(&rows, Rect { x: over.x + 1, width: over.width - 2, ..over }, buf);
}

/// Keys that work here, and the marker at the right end.
fn draw_footer(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let marker = state.marker().unwrap_or_default();
    let mut hints: Vec<(&str, &str)> = Vec::new();
    // On a narrow screen the text page hides the bench: keys that move in it would change something unseen.
    let bench_shown =
        area.width >= WIDE || matches!(state.screen, Screen::Lesson { page: Page::Bench, .. } | Screen::Sandbox);
    if let Some(overlay) = &state.overlay {
        hints.extend(overlay::hints(overlay));
    } else {
        if let Some(question) = state.question() {
            match state.given(question) {
                None => hints.push(("1-9", "answer")),
                Some(_) if state.can_change(question) => hints.push(("1-9", "change")),
                Some(_) => {}
            }
        }
        hints.extend(
            TABLE
                .iter()
                .filter(|row| !row.hint.is_empty() && offered(state, row.scope, bench_shown))
                .map(|row| (row.shown, hint(row, state, area.width))),
        );
    }
    let line = footer::line(&hints, &marker, usize::from(area.width), theme);
    buf.set_line(area.x, area.y, &line, area.width);
}

/// What a key does here: where only one of text and bench is shown, Tab leads to the other.
fn hint(row: &Binding, state: &State, width: u16) -> &'static str {
    match state.screen {
        Screen::Lesson { page, .. } if row.actions == [Action::SwitchPage] && width < WIDE => match page {
            Page::Text => "bench",
            Page::Bench => "text",
        },
        _ if row.actions == [Action::GoTo] && state.called_away().is_some() => "to the class",
        Screen::Home { .. } if row.actions.contains(&Action::Back) => "leave",
        _ if row.actions == [Action::Enter] && row.scope == Scope::Runs && state.covered() => "show",
        _ if row.scope == Scope::Plays && state.playing => "stop",
        _ if row.actions == [Action::Pause] && state.results.running.as_ref().is_some_and(|run| run.paused) => "go on",
        _ => row.hint,
    }
}

/// Whether a key does something on this screen.
fn offered(state: &State, scope: Scope, bench_shown: bool) -> bool {
    let home = matches!(state.screen, Screen::Home { .. });
    let bench = state.bench().map(|bench| bench.view);
    let view = bench.filter(|_| bench_shown);
    match scope {
        Scope::Everywhere => true,
        Scope::Home => home,
        Scope::Lesson => !home && state.screen != Screen::Sandbox,
        Scope::Bench => bench.is_some() && state.screen != Screen::Sandbox,
        Scope::Sandbox => state.screen == Screen::Sandbox,
        Scope::Models => state.screen == Screen::Sandbox && state.other_model().is_some(),
        Scope::Move => home || view.is_some_and(|view| view.row().takes(scope)),
        Scope::Layers | Scope::Heads | Scope::Stepper => view.is_some_and(|view| view.row().takes(scope)),
        Scope::Hides => view.is_some() && state.hides(),
        Scope::Opens => view.is_some() && state.opens(),
        Scope::Variants => view.is_some_and(|view| !view.measures().is_empty()),
        Scope::Runs => {
            !state.shows_notebook()
                && !state.votes_here()
                && state.run_request().is_some()
                && state.results.running.is_none()
                && !state.has_run_here()
        }
        Scope::Running => state.results.running.is_some(),
        Scope::Plays => bench_shown && state.plays() && state.results.running.is_none(),
        Scope::Raced => {
            view.is_some_and(|view| view.row().lanes) && state.race_report().is_some() && state.has_run_here()
        }
        Scope::Gap => state.has_gap() && state.results.running.is_none(),
        Scope::Notebook => state.shows_notebook(),
        Scope::Terms => state.step().is_some_and(|step| !glossary::in_step(&state.course.glossary, step).is_empty()),
        Scope::Code => state.step().is_some_and(|step| step.code.is_some()),
        Scope::Ways => view.is_some_and(|_| state.ways().len() > 1),
        Scope::Seeds => bench_shown && state.takes_seed() && state.running().is_none(),
        Scope::Lanes => view.is_some_and(|view| view.row().lanes) && state.running().is_none(),
    }
}

/// Finds a value for the text widgets.
pub(crate) fn resolver(state: &State) -> impl Fn(&ValueRef) -> Shown {
    |value| {
        let value = values::resolve(state, value);
        Shown { text: value.text, source: value.source, ready: value.ready }
    }
}

/// Writes lines from the top of an area; what does not fit is left out.
pub(crate) fn lines(lines: &[Line<'_>], area: Rect, buf: &mut Buffer) -> u16 {
    let mut y = area.y;
    for line in lines {
        if y >= area.bottom() {
            break;
        }
        buf.set_line(area.x, y, line, area.width);
        y += 1;
    }
    y
}
