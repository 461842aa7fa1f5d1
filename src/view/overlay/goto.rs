//! The steps of a lesson, or the views of the sandbox, to go to one of them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel;
use crate::app::State;
use crate::app::goto::Place;
use crate::view::theme::Theme;
use crate::view::widgets::scale::{hidden, window};
use crate::view::widgets::text::{clean, fit, put};

pub(super) fn draw(state: &State, place: &Place, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let entries = state.index();
    let title = clean(&state.index_title(), theme.ascii).into_owned();
    let title = fit(&title, usize::from(area.width.saturating_sub(12)).min(68), theme.ascii);
    let inside = panel(&title, entries.len() as u16, theme, area, buf);
    let room = usize::from(inside.height);
    let first = window(Some(place.row), entries.len(), room);
    for (line, (index, entry)) in entries.iter().enumerate().skip(first).take(room).enumerate() {
        let y = inside.y + line as u16;
        let here = index == place.row;
        put(buf, inside.x, y, 2, if here { theme.glyphs().pointer } else { " " }, theme.key());
        put(buf, inside.x + 2, y, 3, &format!("{:>2}", index + 1), theme.key());
        let entry = fit(entry, usize::from(inside.width.saturating_sub(7)), theme.ascii);
        let style = if here { theme.focus() } else { theme.text() };
        put(buf, inside.x + 6, y, inside.width.saturating_sub(6), &entry, style);
    }
    let below = entries.len().saturating_sub(first + room);
    let said = hidden(&[(theme.glyphs().up, first), (theme.glyphs().down, below)]);
    if !said.is_empty() {
        put(buf, inside.x, inside.bottom(), inside.width, &format!(" {said} "), theme.label());
    }
}
