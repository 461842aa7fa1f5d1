//! A sentence painted row by row: the words themselves, each on a background by its number; a bar at the right of each row.
//!
//! Where backgrounds say too little, a line of signs stands under each line of words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::bars;
use super::heatmap::Side;
use super::scale::{Scale, hidden, window};
use super::text::{fit, pad, put, width};
use crate::view::theme::{Role, Theme};

/// One word or piece of a word.
#[derive(Debug, Clone, Default)]
pub struct Word {
    /// As it is written, cleaned for the screen.
    pub text: String,
    /// A space stands before it.
    pub space: bool,
    /// Its look where nothing is painted.
    pub role: Role,
}

/// The rows.
pub struct Painted<'a> {
    /// Names of the rows.
    pub rows: &'a [String],
    /// The sentence, the same in each row.
    pub words: &'a [Word],
    /// The number at (row, word); NaN is not painted.
    pub value: &'a dyn Fn(usize, usize) -> f32,
    /// Its colours and signs.
    pub scale: Scale,
    /// The row that is chosen, and the word in it, if one of these is.
    pub cursor: (usize, Option<usize>),
    /// A bar from 0 to 1 at the right of each row.
    pub side: Option<Side<'a>>,
}

/// Cells of the bar and of the number behind it.
const BAR: u16 = 8;
const NUMBER: u16 = 5;
/// A narrower sentence is not worth a bar beside it.
const SENTENCE: u16 = 24;

/// A word in its place: line and column.
struct Placed {
    word: usize,
    line: usize,
    x: u16,
    cells: u16,
}

/// Puts the words on lines of `room` cells.
fn place(words: &[Word], room: u16) -> Vec<Placed> {
    let (mut line, mut x) = (0, 0);
    let mut placed = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let cells = width(&word.text).clamp(1, usize::from(room.max(1))) as u16;
        let begin = if word.space && x > 0 { x + 1 } else { x };
        if x > 0 && begin + cells > room {
            line += 1;
            x = 0;
        } else {
            x = begin;
        }
        placed.push(Placed { word: index, line, x, cells });
        x += cells;
    }
    placed
}

/// Draws the rows: all of them, or those around the cursor with a word about the others.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, painted: &Painted<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() || painted.rows.is_empty() || painted.words.is_empty() {
        return;
    }
    let name = painted.rows.iter().map(|row| width(row)).max().unwrap_or(0) as u16;
    let name = (name + 3).min(area.width / 3);
    let side = painted.side.as_ref().filter(|_| area.width >= name + SENTENCE + BAR + NUMBER + 2);
    let per_line = if theme.glyph_ramp() { 2 } else { 1 };
    let room_beside = |bar: u16| area.width - name - side.map_or(0, |_| bar + NUMBER + 2);
    let lines_in = |room: u16| place(painted.words, room).last().map_or(1, |last| last.line + 1);
    let fit_all = |bar: &u16| {
        let needed = painted.rows.len() * lines_in(room_beside(*bar)) * per_line + usize::from(side.is_some());
        needed <= usize::from(area.height)
    };
    // Where the bars are in the way of the last rows, their numbers alone stay.
    let bar = [BAR, 0].into_iter().find(fit_all).unwrap_or(BAR);
    let room = room_beside(bar);
    let placed = place(painted.words, room);
    let lines = placed.last().map_or(1, |last| last.line + 1);
    let mut body = area;
    if let (Some(side), 2..) = (side, area.height) {
        let text = fit(side.title, usize::from(BAR + NUMBER + 1), theme.ascii);
        let x = (area.x + name + room + 2).min(area.right().saturating_sub(width(&text) as u16));
        put(buf, x, area.y, area.width, &text, theme.label());
        body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let count = painted.rows.len();
    // Where a long sentence would push layers off the screen, each layer shows some of its lines.
    let each = usize::from(body.height) / (count * per_line);
    let whole = (lines.min(each.max(1)) * per_line) as u16;
    // An empty line between the rows, where all have room for it.
    let loose = usize::from(body.height) + 1 >= count * (usize::from(whole) + 1);
    let step = whole + u16::from(loose);
    let all = usize::from(body.height) + usize::from(loose) >= count * usize::from(step);
    let visible = if all { count } else { usize::from(body.height.saturating_sub(1) / step).clamp(1, count) };
    let first = window(Some(painted.cursor.0), count, visible);
    for line in 0..visible {
        let top = body.y + line as u16 * step;
        let height = body.bottom().saturating_sub(top + u16::from(!all)).min(whole).max(u16::from(body.height == 1));
        draw_row(Rect { y: top, height, ..body }, buf, theme, painted, first + line, (name, room, bar), &placed, side);
    }
    if !all && body.height > 1 {
        let glyphs = theme.glyphs();
        let text = hidden(&[(glyphs.up, first), (glyphs.down, count - first - visible)]);
        put(buf, body.x, body.bottom() - 1, body.width, &text, theme.label());
    }
}

#[expect(clippy::too_many_arguments, reason = "one call, and a struct for it would say nothing new")]
fn draw_row(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    painted: &Painted<'_>,
    row: usize,
    (name, room, bar): (u16, u16, u16),
    placed: &[Placed],
    side: Option<&Side<'_>>,
) {
    let here = painted.cursor.0 == row;
    if area.height == 0 {
        return;
    }
    if name > 2 {
        let pointer = if here { theme.glyphs().pointer } else { " " };
        let x = put(buf, area.x, area.y, 2, &format!("{pointer} "), theme.key());
        let style = if here { theme.value() } else { theme.label() };
        put(buf, x, area.y, name - 2, &fit(&painted.rows[row], usize::from(name) - 3, theme.ascii), style);
    }
    let chosen = painted.cursor.1.filter(|_| here);
    let per_line = if theme.glyph_ramp() { 2 } else { 1 };
    let (lines, fits) = (placed.last().map_or(1, |last| last.line + 1), usize::from(area.height).div_ceil(per_line));
    let at = painted.cursor.1.and_then(|word| placed.get(word)).map(|placed| placed.line);
    let first = window(at, lines, fits);
    // What is left out of the sentence is said at its beginning and at its end.
    let left_out = [(first > 0, area.x + name - 1, 0), (first + fits < lines, area.x + name + room, fits - 1)];
    for (_, x, line) in left_out.into_iter().filter(|(out, ..)| *out) {
        let y = area.y + (line * per_line) as u16;
        put(buf, x.min(area.right() - 1), y, 1, theme.glyphs().ellipsis, theme.label());
    }
    for at in placed.iter().filter(|at| (first..first + fits).contains(&at.line)) {
        let word = &painted.words[at.word];
        let value = (painted.value)(row, at.word);
        let (x, y) = (area.x + name + at.x, area.y + ((at.line - first) * per_line) as u16);
        let text = pad(&word.text, usize::from(at.cells), theme.ascii);
        if theme.glyph_ramp() {
            let style = if chosen == Some(at.word) { theme.focus() } else { theme.style(word.role) };
            put(buf, x, y, at.cells, &text, style);
            if y + 1 < area.bottom() {
                let sign = painted.scale.glyph(value, theme).to_string().repeat(usize::from(at.cells));
                put(buf, x, y + 1, at.cells, &sign, painted.scale.style(value, theme));
            }
        } else {
            // The chosen word keeps its colour, which says how much it has: brackets and a line say that it is chosen.
            let style = painted.scale.style(value, theme);
            let here = chosen == Some(at.word);
            let style = if here { style.add_modifier(Modifier::UNDERLINED | Modifier::BOLD) } else { style };
            put(buf, x, y, at.cells, &text, style);
        }
    }
    // After all words, for the space behind one belongs to the next.
    if let Some(at) = placed.iter().find(|at| chosen == Some(at.word) && (first..first + fits).contains(&at.line))
        && !theme.glyph_ramp()
    {
        let (x, y) = (area.x + name + at.x, area.y + (at.line - first) as u16);
        // A part of a word has no room for them at its seam: the line under it is enough.
        let free = |x: u16| x < area.right() && buf.cell((x, y)).is_some_and(|cell| cell.symbol() == " ");
        let ends = [(x.saturating_sub(1), "["), (x + at.cells, "]")];
        if ends.iter().all(|(x, _)| free(*x)) {
            for (x, sign) in ends {
                put(buf, x, y, 1, sign, theme.key());
            }
        }
    }
    if let Some(side) = side {
        let value = side.values.get(row).copied().unwrap_or(f32::NAN);
        let x = area.x + name + room + 2;
        put(buf, x, area.y, bar, &bars::filled(value, bar, theme), theme.style(Role::Text));
        put(buf, x + bar + u16::from(bar > 0), area.y, NUMBER, &format!("{value:.2}"), theme.value());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    fn words(text: &str) -> Vec<Word> {
        text.split(' ').map(|word| Word { text: word.to_owned(), space: true, role: Role::Text }).collect()
    }

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|row| format!("layer {row}")).collect()
    }

    fn value(row: usize, word: usize) -> f32 {
        if row == word { 1.0 } else { 0.0 }
    }

    fn painted<'a>(rows: &'a [String], words: &'a [Word], side: Option<Side<'a>>) -> Painted<'a> {
        Painted { rows, words, value: &value, scale: Scale::between(0.0, 1.0), cursor: (0, Some(1)), side }
    }

    #[test]
    fn the_sentence_stands_in_each_row_and_pieces_of_a_word_have_no_space_between() {
        let (rows, mut sentence) = (names(2), words("a dee ply fine film"));
        sentence[2].space = false;
        let side = Some(Side { title: "mixing ratio", values: &[0.5, 0.25] });
        let theme = Theme::new(Depth::TrueColor, false);
        assert_eq!(
            screen(60, 4, |area, buf| draw(area, buf, &theme, &painted(&rows, &sentence, side))),
            [
                "                                               mixing ratio",
                "▸ layer 1 a deeply fine film                   ████     0.50",
                "",
                "  layer 2 a deeply fine film                   ██       0.25",
            ]
        );
    }

    #[test]
    fn signs_stand_under_the_words_without_colour() {
        let (rows, sentence) = (names(2), words("a fine film"));
        let theme = Theme::new(Depth::None, true);
        let drawn = screen(40, 5, |area, buf| draw(area, buf, &theme, &painted(&rows, &sentence, None)));
        assert_eq!(drawn, ["> layer 1 a fine film", "          @", "", "  layer 2 a fine film", "            @@@@"]);
    }

    #[test]
    fn what_does_not_fit_is_counted_and_the_cursor_is_on_the_screen() {
        let (rows, sentence) = (names(9), words("one two three four five six seven eight nine ten eleven twelve"));
        let theme = Theme::new(Depth::TwoFiftySix, false);
        for (row, word) in (0..9).flat_map(|row| (0..12).map(move |word| (row, word))) {
            for height in 2..20 {
                let painted = Painted { cursor: (row, Some(word)), ..painted(&rows, &sentence, None) };
                let mut buf = Buffer::empty(Rect::new(0, 0, 30, height));
                draw(buf.area, &mut buf, &theme, &painted);
                let chosen: String = buf
                    .content()
                    .iter()
                    .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED))
                    .map(ratatui::buffer::Cell::symbol)
                    .collect();
                assert_eq!(chosen, sentence[word].text, "row {row}, height {height}");
            }
        }
        let drawn = screen(30, 8, |area, buf| draw(area, buf, &theme, &painted(&rows, &sentence, None)));
        assert_eq!(drawn.last().map(String::as_str), Some("↓ 2 more"));
        // A line a layer, so that few layers are hidden; what is left out of the sentence is said.
        assert!(drawn[..7].iter().all(|line| line.contains('…')), "{}", drawn.join("\n"));
    }

    #[test]
    fn copes_with_every_size() {
        let (rows, sentence) = (names(3), words("[CLS] un affordable [SEP] averyveryverylongwordthatnobodywouldsay"));
        for values in [&[0.1, f32::NAN, 2.0][..], &[]] {
            sweep(true, |area, buf, theme| {
                let side = Some(Side { title: "ratio", values });
                draw(area, buf, theme, &painted(&rows, &sentence, side));
                draw(area, buf, theme, &painted(&[], &sentence, None));
                draw(area, buf, theme, &painted(&rows, &[], None));
            });
        }
    }
}
