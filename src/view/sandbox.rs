//! The sandbox: which view, on which sentences, and the bench over the whole width.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::Theme;
use super::widgets::text::{fit, put};
use crate::app::State;

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (at, count) = state.sandbox.place();
    let title = format!("Sandbox: {}", state.sandbox.bench.view.name());
    let right = format!("view {} of {count}", at + 1);
    let width = area.width - 2;
    put(buf, area.x + 1, area.y, width, &title, theme.title());
    put(buf, area.right() - 1 - right.len() as u16, area.y, right.len() as u16, &right, theme.dim());
    let sentence = state.sentence();
    let other = state.other_model().filter(|_| state.shows_models() && !state.sandbox.paired);
    let second = other.unwrap_or(state.sandbox.second());
    let (sign, note) = match other {
        Some(_) => (" ", "the other model, on the same sentence"),
        None if state.sandbox.paired => ("+", "read as one input"),
        None => ("2", "to compare with"),
    };
    for (row, (sign, text)) in [("1", sentence.text.as_str()), (sign, second)].into_iter().enumerate() {
        let y = area.y + 1 + row as u16;
        let room = usize::from(width).saturating_sub(3 + if row == 1 { note.len() + 2 } else { 0 });
        // Only the beginning can be seen: a sentence may have a hundred thousand characters.
        let beginning: String = text.chars().take(room + 1).collect();
        put(buf, area.x + 1, y, 2, sign, theme.key());
        let shown = fit(&beginning, room, theme.ascii);
        let end = put(buf, area.x + 4, y, room as u16, &shown, theme.text());
        if row == 1 {
            put(buf, end + 2, y, area.right().saturating_sub(end + 2), note, theme.dim());
        }
    }
    let body = Rect { x: area.x + 1, y: area.y + 4, width, height: area.height.saturating_sub(4) };
    crate::bench::draw(state, theme, body, buf);
}
