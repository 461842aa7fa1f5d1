//! Word pieces as a row of boxes that wraps; pieces of one word share a wall, ids stand beneath.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scale::{hidden, window};
use super::text::{clean, fit, put, width};
use crate::view::theme::{Role, Theme};

/// One word piece.
#[derive(Debug, Clone, Copy, Default)]
pub struct Piece<'a> {
    /// The piece as people see it, `##` included.
    pub text: &'a str,
    /// Its number in the vocabulary, written beneath.
    pub id: Option<u32>,
    /// It continues the word of the piece before it.
    pub continues: bool,
    /// Its look; `[CLS]` has its accent.
    pub role: Role,
}

impl Piece<'_> {
    fn inner(&self, area: u16) -> u16 {
        let id = self.id.map_or(0, |id| id.checked_ilog10().unwrap_or(0) as usize + 1);
        width(&clean(self.text, false)).max(id).clamp(1, usize::from(area.saturating_sub(2)).max(1)) as u16
    }
}

/// A piece in its place: columns from `x` (its left wall) to its right wall, in a row of boxes.
struct Placed {
    index: usize,
    x: u16,
    inner: u16,
    /// Shares its left wall with the piece before it.
    joined: bool,
}

/// Cuts the pieces into rows; a word stays together where it can.
fn rows(pieces: &[Piece<'_>], area: u16) -> Vec<Vec<Placed>> {
    let mut rows: Vec<Vec<Placed>> = vec![Vec::new()];
    let mut x = 0;
    for (index, piece) in pieces.iter().enumerate() {
        let inner = piece.inner(area);
        let first = rows.last().is_none_or(Vec::is_empty);
        let joined = piece.continues && !first;
        let start = if joined { x - 1 } else { x };
        // What must fit: a piece of a begun word alone, otherwise its whole word (if any row could hold that).
        let word = 1 + pieces[index + 1..].iter().take_while(|next| next.continues).count();
        let whole: u32 =
            pieces[index..index + word].iter().map(|piece| u32::from(piece.inner(area)) + 1).sum::<u32>() + 1;
        let own = u32::from(inner) + 2;
        let needed = if piece.continues || whole > u32::from(area) { own } else { whole };
        let wraps = !first && u32::from(start) + needed > u32::from(area);
        if wraps {
            rows.push(Vec::new());
        }
        let (start, joined) = if wraps { (0, false) } else { (start, joined) };
        x = start + inner + 2;
        if let Some(row) = rows.last_mut() {
            row.push(Placed { index, x: start, inner, joined });
        }
    }
    rows
}

/// Draws the pieces; when they do not all fit, the rows around the cursor, with a word about the rest.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, pieces: &[Piece<'_>], cursor: Option<usize>) {
    let area = area.intersection(buf.area);
    if area.is_empty() || pieces.is_empty() {
        return;
    }
    let rows = rows(pieces, area.width);
    // A box needs three lines; where there are fewer, the texts alone.
    let tall = if area.height >= 3 { 3 } else { 1 };
    let room = usize::from(area.height / tall);
    let visible = room.min(rows.len());
    let at = cursor.and_then(|cursor| rows.iter().position(|row| row.iter().any(|placed| placed.index == cursor)));
    let first = window(at, rows.len(), visible);
    for (line, row) in rows.iter().skip(first).take(visible).enumerate() {
        let y = area.y + line as u16 * tall;
        for placed in row {
            draw_piece(area, buf, theme, pieces, placed, y, tall == 3, cursor);
        }
    }
    let after: usize = rows.iter().skip(first + visible).map(Vec::len).sum();
    let before: usize = rows.iter().take(first).map(Vec::len).sum();
    if before + after > 0 && u32::from(area.height) > visible as u32 * u32::from(tall) {
        let glyphs = theme.glyphs();
        let text = hidden(&[(glyphs.up, before), (glyphs.down, after)]);
        put(buf, area.x, area.y + visible as u16 * tall, area.width, &text, theme.label());
    }
}

#[expect(clippy::too_many_arguments, reason = "one call, and a struct for it would say nothing new")]
fn draw_piece(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    pieces: &[Piece<'_>],
    placed: &Placed,
    y: u16,
    boxed: bool,
    cursor: Option<usize>,
) {
    let [level, upright, top_left, top_right, bottom_left, bottom_right, joint_down, joint_up] = theme.glyphs().frame;
    let piece = &pieces[placed.index];
    let (left, inner, border) = (area.x + placed.x, placed.inner, theme.border());
    let right = left + 1 + inner;
    let focus = cursor == Some(placed.index);
    let style = if focus { theme.focus() } else { theme.style(piece.role) };
    let middle = if boxed { y + 1 } else { y };
    // A piece whose word began in the row above has an open left wall.
    let wall = if piece.continues && !placed.joined { theme.glyphs().faint[0] } else { upright };
    put(buf, left, middle, 1, wall, border);
    let text = fit(piece.text, usize::from(inner), theme.ascii);
    let slack = inner.saturating_sub(width(&text) as u16);
    let padded = format!("{}{text}{}", " ".repeat(usize::from(slack / 2)), " ".repeat(usize::from(slack - slack / 2)));
    put(buf, left + 1, middle, inner, &padded, style);
    put(buf, right, middle, 1, upright, border);
    if !boxed {
        return;
    }
    let line = level.repeat(usize::from(inner));
    for (y, at_left, joint, at_right) in
        [(y, top_left, joint_down, top_right), (y + 2, bottom_left, joint_up, bottom_right)]
    {
        put(buf, left, y, 1, if placed.joined { joint } else { at_left }, border);
        put(buf, left + 1, y, inner, &line, border);
        put(buf, right, y, 1, at_right, border);
    }
    if let Some(id) = piece.id {
        let id = fit(&id.to_string(), usize::from(inner), theme.ascii);
        let slack = inner.saturating_sub(width(&id) as u16);
        put(buf, left + 1 + slack / 2, y + 2, inner, &id, theme.label());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    const PIECES: [Piece<'static>; 5] = [
        Piece { text: "[CLS]", id: Some(101), continues: false, role: Role::Cls },
        Piece { text: "un", id: Some(4895), continues: false, role: Role::Text },
        Piece { text: "##afford", id: Some(20000), continues: true, role: Role::Text },
        Piece { text: "##able", id: Some(3085), continues: true, role: Role::Text },
        Piece { text: "[SEP]", id: Some(102), continues: false, role: Role::Dim },
    ];

    #[test]
    fn joins_pieces_of_one_word_and_keeps_them_together() {
        let theme = Theme::new(Depth::None, false);
        assert_eq!(
            screen(40, 3, |area, buf| draw(area, buf, &theme, &PIECES, Some(2))),
            [
                "┌─────┐┌────┬────────┬──────┐┌─────┐",
                "│[CLS]││ un │##afford│##able││[SEP]│",
                "└─101─┘└4895┴─20000──┴─3085─┘└─102─┘",
            ]
        );
        let theme = Theme::new(Depth::None, true);
        assert_eq!(
            screen(26, 6, |area, buf| draw(area, buf, &theme, &PIECES, None)),
            [
                "+-----+",
                "|[CLS]|",
                "+-101-+",
                "+----+--------+------+",
                "| un |##afford|##able|",
                "+4895+-20000--+-3085-+",
            ]
        );
    }

    #[test]
    fn breaks_a_word_that_fits_no_row() {
        let theme = Theme::new(Depth::None, false);
        let drawn = screen(16, 9, |area, buf| draw(area, buf, &theme, &PIECES[1..4], None));
        assert_eq!(drawn[1], "│ un │##afford│");
        assert_eq!(drawn[4], "┊##able│");
    }

    #[test]
    fn wide_pieces_keep_their_walls_straight() {
        let theme = Theme::new(Depth::None, false);
        let pieces = [
            Piece { text: "电", id: Some(7), ..Piece::default() },
            Piece { text: "e\u{301}\x1b", ..Piece::default() },
            Piece { text: "x", id: Some(123_456), ..Piece::default() },
        ];
        let drawn = screen(40, 3, |area, buf| draw(area, buf, &theme, &pieces, None));
        assert_eq!(drawn.iter().map(|line| width(line)).collect::<Vec<_>>(), [16, 16, 16], "{drawn:?}");
    }

    #[test]
    fn the_cursor_is_kept_visible() {
        let texts: Vec<String> = (0..60).map(|index| format!("w{index}")).collect();
        let pieces: Vec<Piece<'_>> = texts.iter().map(|text| Piece { text, ..Piece::default() }).collect();
        let theme = Theme::new(Depth::None, false);
        for cursor in 0..60 {
            let drawn = screen(30, 7, |area, buf| draw(area, buf, &theme, &pieces, Some(cursor))).join("\n");
            assert!(drawn.contains(&format!("│w{cursor}│")), "{cursor}\n{drawn}");
            assert!(drawn.contains("more"));
        }
    }

    #[test]
    fn copes_with_every_size() {
        for cursor in [None, Some(0), Some(4), Some(9)] {
            sweep(true, |area, buf, theme| draw(area, buf, theme, &PIECES, cursor));
        }
        sweep(true, |area, buf, theme| draw(area, buf, theme, &[], Some(0)));
        let long = "x".repeat(2_000);
        sweep(true, |area, buf, theme| {
            draw(area, buf, theme, &[Piece { text: &long, id: Some(u32::MAX), ..Piece::default() }], Some(0));
        });
    }
}
