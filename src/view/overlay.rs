//! What lies over a screen: help, the sentence editor, recall questions, leaving a run.

mod ask;
mod code;
mod disagree;
mod glossary;
mod goto;
mod settings;
mod thought;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use tui_textarea::TextArea;

use super::theme::Theme;
use super::widgets::scale::hidden;
use super::widgets::text::{clean, put, span, width, wrap, wrap_hanging};
use super::{lines, question};
use crate::app::editor::Purpose;
use crate::app::keymap::TABLE;
use crate::app::{Overlay, Screen, State};

/// Keys that the footer names while an overlay is open.
pub(super) fn hints(overlay: &Overlay) -> Vec<(&'static str, &'static str)> {
    match overlay {
        Overlay::Help(_) | Overlay::Glossary(_) => vec![("j k", "scroll"), ("J K", "by ten lines"), ("q", "close")],
        Overlay::Code(_) => vec![("j k", "scroll"), ("q", "close")],
        Overlay::GoTo(_) => vec![("j k", "move"), ("1-9", "number"), ("Enter", "go"), ("q", "close")],
        Overlay::Settings(_) => vec![("j k", "move"), ("Enter", "change"), ("q", "close")],
        Overlay::Editor(Purpose::Lanes, _) => vec![("Enter", "close")],
        Overlay::Editor(Purpose::Thought(_), _) => vec![("Enter", "keep it"), ("Esc", "skip")],
        Overlay::Editor(..) => vec![("Enter", "use it"), ("Esc", "leave as it was")],
        Overlay::Recall(_, None) => vec![("1-9", "answer"), ("q", "later")],
        Overlay::Recall(_, Some(_)) => vec![("Enter", "next"), ("q", "close")],
        Overlay::Disagree(..) => {
            vec![("j k", "move"), ("h l", "lanes"), ("v", "kind"), ("Enter", "make it yours"), ("q", "close")]
        }
        Overlay::Leave => vec![("Enter", "leave"), ("x", "stop it and leave"), ("q", "stay")],
    }
}

pub(super) fn draw(
    state: &State,
    overlay: &Overlay,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) -> Option<(u16, u16)> {
    let wide = usize::from(area.width.saturating_sub(8)).min(72);
    match overlay {
        Overlay::Help(scroll) => scrolled("Keys", &help(theme, wide), *scroll, theme, area, buf),
        Overlay::Settings(row) => settings::draw(state, *row, theme, area, buf),
        Overlay::GoTo(place) => goto::draw(state, place, theme, area, buf),
        Overlay::Glossary(scroll) => glossary::draw(state, *scroll, theme, area, buf),
        Overlay::Code(scroll) => code::draw(state, *scroll, theme, area, buf),
        Overlay::Editor(Purpose::Thought(lesson), editor) => {
            return Some(thought::draw(state, *lesson, editor, theme, area, buf));
        }
        Overlay::Editor(Purpose::Lanes, editor) => return Some(ask::draw(state, editor, theme, area, buf)),
        Overlay::Editor(purpose, editor) => {
            let (title, hint) = match purpose {
                Purpose::Second => (
                    "The second sentence",
                    "The other side of a comparison; b reads both as one input. Ctrl-U clears it.",
                ),
                _ => ("Your sentence", "For every bench without a sentence of its own. Ctrl-U clears it."),
            };
            let inside = panel(title, 6, theme, area, buf);
            return Some(draw_editor(editor, hint, theme, inside, buf));
        }
        Overlay::Disagree(place) => disagree::draw(state, *place, theme, area, buf),
        Overlay::Recall(waiting, given) => {
            let (lesson, step) = waiting.first()?;
            let lesson = state.course.lessons.get(*lesson)?;
            let check = lesson.steps.get(*step)?.check.as_ref()?;
            let mut text = wrap(&[span(check.ask(state.embedded()), theme.heading(), theme)], wide);
            for (place, index) in state.recall_order(check, given.is_some()).into_iter().enumerate() {
                let option = &check.options[index];
                let number = Span::styled(format!("  {}  ", place + 1), theme.key());
                text.push(Line::from(vec![number, span(option, theme.text(), theme)]));
            }
            if let Some(choice) = given {
                text.push(Line::default());
                text.extend(question::feedback(state, check, *choice, wide, theme));
            }
            let title = format!("To recall, from lesson {} ({} waiting)", lesson.id, waiting.len());
            let inside = panel(&title, text.len() as u16, theme, area, buf);
            lines(&text, inside, buf);
        }
        Overlay::Leave => {
            let said = if matches!(state.screen, Screen::Home { .. }) {
                "A run is going on. Leaving the program ends it."
            } else {
                "A run is going on. On the course map it goes on, and its result is kept for this session."
            };
            let text = wrap(&[Span::styled(said, theme.text())], wide);
            let inside = panel("Leave?", text.len() as u16, theme, area, buf);
            lines(&text, inside, buf);
        }
    }
    None
}

/// A framed area in the middle; returns its inside.
fn panel(title: &str, rows: u16, theme: &Theme, area: Rect, buf: &mut Buffer) -> Rect {
    let (wide, high) = (area.width.saturating_sub(4).min(76), (rows + 4).min(area.height));
    let frame =
        Rect { x: area.x + (area.width - wide) / 2, y: area.y + (area.height - high) / 2, width: wide, height: high };
    // The screen below would only be read in pieces at its sides.
    Clear.render(area, buf);
    let [level, upright, top_left, top_right, bottom_left, bottom_right, ..] = theme.glyphs().frame;
    let edge = |from: &str, to: &str| format!("{from}{}{to}", level.repeat(usize::from(wide.saturating_sub(2))));
    put(buf, frame.x, frame.y, wide, &edge(top_left, top_right), theme.border());
    put(buf, frame.x, frame.bottom() - 1, wide, &edge(bottom_left, bottom_right), theme.border());
    for y in frame.y + 1..frame.bottom() - 1 {
        put(buf, frame.x, y, 1, upright, theme.border());
        put(buf, frame.right() - 1, y, 1, upright, theme.border());
    }
    put(buf, frame.x + 2, frame.y, wide.saturating_sub(4), &format!(" {title} "), theme.title());
    // The empty lines inside give way to a text that does not fit.
    let edge = if rows + 4 > area.height { 1 } else { 2 };
    let height = high.saturating_sub(2 * edge).max(1);
    Rect { x: frame.x + 2, y: frame.y + edge, width: wide.saturating_sub(4), height }
}

/// A text in a panel, from a line on; what is above and below is said on the frame.
fn scrolled(title: &str, text: &[Line<'_>], scroll: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let inside = panel(title, text.len() as u16, theme, area, buf);
    let room = usize::from(inside.height);
    let first = usize::from(scroll).min(text.len().saturating_sub(room));
    lines(&text[first..], inside, buf);
    let below = text.len().saturating_sub(first + room);
    let glyphs = theme.glyphs();
    let said = hidden(&[(glyphs.up, first), (glyphs.down, below)]);
    if !said.is_empty() {
        // Where a text does not fit, the frame's lower edge is the line below it.
        put(buf, inside.x, inside.bottom(), inside.width, &format!(" {said} "), theme.label());
    }
}

/// Cells of the keys in the help.
const KEYS: usize = 9;

fn help(theme: &Theme, wide: usize) -> Vec<Line<'static>> {
    let row = |keys: &'static str, text: &'static str| {
        wrap_hanging(
            &[Span::styled(format!("{keys:<KEYS$}"), theme.key()), Span::styled(text, theme.text())],
            wide,
            KEYS,
        )
    };
    let mut rows: Vec<Vec<Line<'static>>> = Vec::new();
    for binding in TABLE {
        if !(binding.shown == "Enter" && binding.hint == "run") {
            rows.push(row(binding.shown, binding.help));
        }
    }
    rows.insert(2, row("1-9", "answer a question"));
    rows.push(vec![Line::default()]);
    let glyphs = theme.glyphs();
    for (mark, text) in [
        (glyphs.measured, "measured here, in this session"),
        (glyphs.recorded, "recorded by a run that anyone can repeat"),
        (glyphs.cited, "cited from a paper"),
    ] {
        let mark = Span::styled(format!("{mark:<KEYS$}"), theme.value());
        rows.push(vec![Line::from(vec![mark, Span::styled(text, theme.text())])]);
    }
    rows.concat()
}

fn draw_editor(
    editor: &TextArea<'static>,
    hint: &'static str,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) -> (u16, u16) {
    for (row, line) in wrap(&[Span::styled(hint, theme.dim())], usize::from(area.width)).iter().take(2).enumerate() {
        buf.set_line(area.x, area.y + row as u16, line, area.width);
    }
    let line = editor.lines().first().map_or("", String::as_str);
    let room = usize::from(area.width.saturating_sub(3));
    // Only what can be seen is looked at: a sentence may have a hundred thousand characters.
    let cursor = line.char_indices().nth(editor.cursor().1).map_or(line.len(), |(byte, _)| byte);
    let first = line[..cursor].char_indices().rev().take(room).last().map_or(cursor, |(byte, _)| byte);
    let mut shown = clean(&line[first..cursor], theme.ascii).into_owned();
    // What is cut off is said by a sign at that end.
    let cut = first > 0 || width(&shown) > room;
    while width(&shown) + usize::from(cut) > room {
        shown.remove(0);
    }
    if cut {
        shown.insert_str(0, theme.glyphs().more_left);
    }
    // All of it is selected, or nothing is.
    let selected = editor.is_selecting() && !line.is_empty();
    if selected {
        let said = "It is selected: typing replaces it, an arrow key keeps it.";
        put(buf, area.x, area.y + 3, area.width, said, theme.label());
    }
    let look = if selected { theme.focus() } else { theme.text() };
    let after: String = line[cursor..].chars().take(room).collect();
    let after = clean(&after, theme.ascii).into_owned();
    let end = put(buf, area.x + 2, area.y + 2, area.width - 2, &shown, look);
    put(buf, area.x, area.y + 2, 1, theme.glyphs().pointer, theme.key());
    put(buf, end, area.y + 2, area.right().saturating_sub(end), &after, theme.text());
    let left = usize::from(area.right().saturating_sub(end));
    if left > 1 && (line[cursor..].chars().nth(room).is_some() || width(&after) > left) {
        put(buf, area.right() - 1, area.y + 2, 1, theme.glyphs().more_right, theme.label());
    }
    (end.min(area.right() - 1), area.y + 2)
}
