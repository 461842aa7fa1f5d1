//! Many square maps at once, each shrunk to a few cells: layers down, heads across, scrolled to the cursor.
//!
//! With 256 colours or more a cell holds two spots (`▀`: the upper in the ink, the lower behind it); below that, one
//! glyph. A spot shows the largest number of its block, so that a thin line survives shrinking.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scale::{hidden, window};
use super::text::{fit, put, width};
use crate::view::theme::Theme;

/// A grid of maps.
pub struct Thumbnails<'a> {
    /// Labels of the grid's rows.
    pub rows: &'a [String],
    /// Labels of its columns.
    pub columns: &'a [String],
    /// Rows and columns of every map.
    pub size: usize,
    /// The largest of some numbers from 0 to 1: the map's (row, column) in the grid, and rows and columns in the map.
    pub largest: &'a dyn Fn((usize, usize), Range<usize>, Range<usize>) -> f32,
    /// The map under the cursor.
    pub cursor: (usize, usize),
}

/// Widest and tallest picture, in cells.
const MOST: (u16, u16) = (12, 6);

/// Draws as many maps as there is room for; each takes a gap at its left, and the last one at its right.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, grid: &Thumbnails<'_>) {
    let area = area.intersection(buf.area);
    let label = grid.rows.iter().map(|label| width(label)).max().unwrap_or(0).min(10) as u16 + 2;
    if area.height < 3 || area.width < label + 5 || grid.rows.is_empty() || grid.columns.is_empty() || grid.size == 0 {
        return;
    }
    let room_for = |height: u16| (height / grid.rows.len() as u16).clamp(2, MOST.1);
    // A line below counts what is not to be seen; without it more may fit.
    let wide = ((area.width - label - 1) / grid.columns.len() as u16).clamp(4, MOST.0 + 1);
    let all = usize::from(wide) * grid.columns.len() <= usize::from(area.width - label - 1)
        && usize::from(room_for(area.height - 1)) * grid.rows.len() <= usize::from(area.height - 1);
    let room = (area.width - label - 1, area.height - if all { 1 } else { 2 });
    let tall = room_for(room.1);
    let columns = usize::from(room.0 / wide).min(grid.columns.len());
    let rows = usize::from(room.1 / tall).min(grid.rows.len());
    let first =
        (window(Some(grid.cursor.0), grid.rows.len(), rows), window(Some(grid.cursor.1), grid.columns.len(), columns));
    let place = |row: usize, column: usize| Rect {
        x: area.x + label + column as u16 * wide + 1,
        y: area.y + 1 + row as u16 * tall,
        width: wide - 1,
        height: tall,
    };
    for column in 0..columns {
        let at = place(0, column);
        let style = if grid.cursor.1 == first.1 + column { theme.focus() } else { theme.label() };
        let name = &grid.columns[first.1 + column];
        put(buf, at.x, area.y, at.width, &fit(name, usize::from(at.width), theme.ascii), style);
    }
    for row in 0..rows {
        let y = place(row, 0).y;
        let here = grid.cursor.0 == first.0 + row;
        put(buf, area.x, y, 2, if here { theme.glyphs().pointer } else { " " }, theme.key());
        let style = if here { theme.key() } else { theme.label() };
        put(buf, area.x + 2, y, label - 2, &grid.rows[first.0 + row], style);
        for column in 0..columns {
            let which = (first.0 + row, first.1 + column);
            let at = place(row, column);
            picture(at, buf, theme, grid, which);
            if which == grid.cursor {
                for line in at.y..at.bottom() {
                    put(buf, at.x - 1, line, 1, "[", theme.focus());
                    put(buf, at.right(), line, 1, "]", theme.focus());
                }
            }
        }
    }
    more(Rect { y: area.bottom() - 1, height: 1, ..area }, buf, theme, grid, first, (rows, columns));
}

/// Says how many rows and columns of the grid are not to be seen.
fn more(
    area: Rect,
    buf: &mut Buffer,
    theme: &Theme,
    grid: &Thumbnails<'_>,
    first: (usize, usize),
    shown: (usize, usize),
) {
    let glyphs = theme.glyphs();
    let counts = [
        (glyphs.up, first.0),
        (glyphs.down, grid.rows.len() - first.0 - shown.0),
        (glyphs.more_left, first.1),
        (glyphs.more_right, grid.columns.len() - first.1 - shown.1),
    ];
    put(buf, area.x, area.y, area.width, &hidden(&counts), theme.label());
}

/// One map, shrunk. In colour its last line of spots stays free, so that maps below each other do not touch.
fn picture(at: Rect, buf: &mut Buffer, theme: &Theme, grid: &Thumbnails<'_>, which: (usize, usize)) {
    let glyphs = theme.glyph_ramp();
    let spots = if glyphs { usize::from(at.height) } else { usize::from(at.height) * 2 - 1 };
    let spot = |row: usize, column: usize| {
        (row < spots).then(|| largest(grid, which, (row, spots), (column, usize::from(at.width))))
    };
    for row in 0..usize::from(at.height) {
        for column in 0..usize::from(at.width) {
            let (x, y) = (at.x + column as u16, at.y + row as u16);
            if glyphs {
                let value = spot(row, column).unwrap_or(f32::NAN);
                put(buf, x, y, 1, theme.heat_glyph(value).encode_utf8(&mut [0; 4]), Style::new());
                continue;
            }
            let color = |value: Option<f32>| value.and_then(|value| theme.heat(value).bg);
            // The ink is the upper spot; where that is the terminal's own background, the lower one.
            let (sign, ink, paper) = match [2 * row, 2 * row + 1].map(|row| color(spot(row, column))) {
                [None, None] => (" ", None, None),
                [None, lower] => ("▄", lower, None),
                [upper, lower] => ("▀", upper, lower),
            };
            put(buf, x, y, 1, sign, Style { fg: ink, bg: paper, ..Style::new() });
        }
    }
}

/// The largest number of a block: part `part.0` of `part.1` down, the same across.
fn largest(grid: &Thumbnails<'_>, which: (usize, usize), down: (usize, usize), across: (usize, usize)) -> f32 {
    let block = |(part, parts): (usize, usize)| {
        let from = part * grid.size / parts;
        from..((part + 1) * grid.size / parts).max(from + 1)
    };
    (grid.largest)(which, block(down), block(across))
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    fn names(count: usize) -> Vec<String> {
        (1..=count).map(|number| number.to_string()).collect()
    }

    /// A diagonal in even heads, the first column in odd ones.
    fn value((_, head): (usize, usize), row: usize, column: usize) -> f32 {
        let on = if head.is_multiple_of(2) { row == column } else { column == 0 };
        f32::from(u8::from(on))
    }

    fn largest(which: (usize, usize), rows: Range<usize>, columns: Range<usize>) -> f32 {
        rows.flat_map(|row| columns.clone().map(move |column| value(which, row, column))).fold(0.0, f32::max)
    }

    #[test]
    fn thin_lines_survive_shrinking() {
        let (rows, columns) = (names(2), names(2));
        let grid = Thumbnails { rows: &rows, columns: &columns, size: 100, largest: &largest, cursor: (1, 0) };
        let theme = Theme::new(Depth::None, true);
        assert_eq!(
            screen(18, 8, |area, buf| draw(area, buf, &theme, &grid)),
            [
                "    1      2",
                "  1 @@     @",
                "      @@   @",
                "        @@ @",
                "> 2[@@    ]@",
                "   [  @@  ]@",
                "   [    @@]@",
                ""
            ]
            .map(str::to_owned)
        );
    }

    #[test]
    fn a_cell_has_the_colours_of_two_spots_and_the_last_stays_free() {
        let names = names(1);
        let largest = |_, rows: Range<usize>, _: Range<usize>| (rows.end - 1) as f32 / 6.0;
        let nothing_above = Color::Reset;
        let grid = Thumbnails { rows: &names, columns: &names, size: 7, largest: &largest, cursor: (0, 0) };
        let theme = Theme::default();
        let mut buf = Buffer::empty(Rect::new(0, 0, 9, 5));
        draw(buf.area, &mut buf, &theme, &grid);
        let cell = |line: u16| (buf[(4, 1 + line)].symbol(), buf[(4, 1 + line)].fg, buf[(4, 1 + line)].bg);
        let color = |row: u16| theme.heat(f32::from(row) / 6.0).bg.expect("a colour");
        assert_eq!(cell(0), ("▄", color(1), nothing_above), "nothing is the terminal's own background");
        assert_eq!([1, 2].map(cell), [1, 2].map(|line| ("▀", color(2 * line), color(2 * line + 1))));
        assert_eq!(cell(3), ("▀", color(6), Color::Reset));
    }

    #[test]
    fn what_does_not_fit_scrolls_and_is_counted() {
        let (rows, columns) = (names(24), names(16));
        let grid = Thumbnails { rows: &rows, columns: &columns, size: 7, largest: &largest, cursor: (12, 9) };
        let theme = Theme::new(Depth::TwoFiftySix, false);
        let drawn = screen(40, 12, |area, buf| draw(area, buf, &theme, &grid));
        assert!(drawn.iter().any(|line| line.contains('[')), "the cursor is to be seen\n{}", drawn.join("\n"));
        assert!(drawn[11].contains("more") && drawn[11].contains('↑') && drawn[11].contains('›'), "{}", drawn[11]);
    }

    #[test]
    fn copes_with_every_size() {
        let (rows, columns) = (names(6), names(12));
        for size in [0, 1, 2, 128] {
            for cursor in [(0, 0), (5, 11), (9, 99)] {
                sweep(true, |area, buf, theme| {
                    let grid = Thumbnails { rows: &rows, columns: &columns, size, largest: &largest, cursor };
                    draw(area, buf, theme, &grid);
                });
            }
        }
    }
}
