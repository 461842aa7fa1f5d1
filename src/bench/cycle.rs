//! One step of training as a drawing: what goes forward to the loss, and what the loss then changes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::view::theme::{Role, Theme};
use crate::view::widgets::text::{put, width};

/// A part of a step.
pub(super) struct Part<'a> {
    pub name: &'a str,
    pub role: Role,
    /// The loss changes its weights.
    pub learns: bool,
}

/// Lines of the drawing.
pub(super) const HEIGHT: u16 = 4;

/// Draws the parts from left to right, the last one the loss, and below them the way back to what learns, with `again` said
/// about it. Parts that do not fit are cut at the right.
pub(super) fn draw(parts: &[Part<'_>], again: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.height < HEIGHT {
        return;
    }
    let glyphs = theme.glyphs();
    let arrow = format!("  {}{}  ", glyphs.curve[0], if theme.ascii { ">" } else { glyphs.pointer });
    let mut x = area.x;
    let mut middles = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let room = area.right().saturating_sub(x);
        if index > 0 {
            x = put(buf, x, area.y, room, &arrow, theme.dim());
        }
        middles.push(x + width(part.name) as u16 / 2);
        x = put(buf, x, area.y, area.right().saturating_sub(x), part.name, theme.style(part.role));
    }
    let Some((loss, rest)) = middles.split_last() else { return };
    let learns = |index: &usize| parts[*index].learns;
    let Some(first) = (0..rest.len()).find(learns) else { return };
    let end = (*loss).min(area.right().saturating_sub(1));
    let [level, upright, to_the_left, _, _, from_above] = glyphs.curve;
    for at in rest[first]..=end {
        put(buf, at, area.y + 2, 1, level, theme.dim());
    }
    put(buf, rest[first], area.y + 2, 1, from_above, theme.dim());
    put(buf, end, area.y + 2, 1, to_the_left, theme.dim());
    put(buf, end, area.y + 1, 1, upright, theme.dim());
    for index in (first..rest.len()).filter(learns) {
        put(buf, rest[index], area.y + 1, 1, glyphs.up, theme.key());
        if index > first {
            put(buf, rest[index], area.y + 2, 1, glyphs.frame[7], theme.dim());
        }
    }
    put(buf, rest[first], area.y + 3, area.right().saturating_sub(rest[first]), again, theme.text());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::theme::Depth;
    use crate::view::widgets::testing::{screen, sweep};

    const PARTS: [Part<'static>; 5] = [
        Part { name: "32 sentences", role: Role::Text, learns: false },
        Part { name: "BERT", role: Role::Text, learns: true },
        Part { name: "[CLS]", role: Role::Cls, learns: false },
        Part { name: "classifier", role: Role::Text, learns: true },
        Part { name: "loss", role: Role::Value, learns: false },
    ];

    #[test]
    fn the_way_back_leads_to_what_learns_and_to_nothing_else() {
        let theme = Theme::new(Depth::None, true);
        assert_eq!(
            screen(66, 4, |area, buf| draw(&PARTS, "their weights change", &theme, area, buf)),
            [
                "32 sentences  ->  BERT  ->  [CLS]  ->  classifier  ->  loss",
                "                    ^                       ^            |",
                "                    \\-----------------------+------------/",
                "                    their weights change",
            ]
        );
    }

    #[test]
    fn copes_with_every_size() {
        sweep(true, |area, buf, theme| draw(&PARTS, "again", theme, area, buf));
    }
}
