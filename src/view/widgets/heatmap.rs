//! A matrix as a heat map: rows by columns, scrolled (never squeezed) so that the cursor is visible.
//!
//! With 256 colours or more, magnitude is the background; below that, a glyph. Numbers stand in the cells when they
//! are wide enough, and the number under the cursor stands there in brackets whenever a cell can hold it. The map takes the
//! room that there is: whole words where they fit, on up to three lines above narrow cells, and rows of two lines.

mod layout;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::scale::{Scale, hidden, short, short_to};
use super::text::{fit, pad, pad_start, put, width};
use crate::view::theme::{Role, Theme};
use layout::{Layout, title_lines};

/// What a heat map shows.
pub struct Heatmap<'a> {
    /// Labels of the rows; their number is the number of rows.
    pub rows: &'a [String],
    /// Labels of the columns (word pieces, say).
    pub columns: &'a [String],
    /// Looks of the labels where they are pieces; where they are names, the name decides.
    pub row_roles: &'a [Role],
    /// The same of the columns.
    pub column_roles: &'a [Role],
    /// The number at (row, column); NaN leaves the cell blank.
    pub value: &'a dyn Fn(usize, usize) -> f32,
    /// Its colours and signs; the legend is drawn from the same.
    pub scale: Scale,
    /// Row and column of the cursor.
    pub cursor: Option<(usize, usize)>,
    /// A column whose numbers are shown without colour, because the scale is about the others.
    pub apart: Option<usize>,
    /// A column of numbers at the right, such as the mixing ratio.
    pub side: Option<Side<'a>>,
}

/// A column of numbers beside the map.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Its heading.
    pub title: &'a str,
    /// One number a row.
    pub values: &'a [f32],
}

impl<'a> Heatmap<'a> {
    /// A map with scale 0 to 1, unsigned, without cursor and side column.
    pub fn new(rows: &'a [String], columns: &'a [String], value: &'a dyn Fn(usize, usize) -> f32) -> Self {
        let (row_roles, column_roles) = (&[][..], &[][..]);
        let scale = Scale::between(0.0, 1.0);
        Self { rows, columns, row_roles, column_roles, value, scale, cursor: None, apart: None, side: None }
    }
}

/// Draws the map.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, map: &Heatmap<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() || map.rows.is_empty() || map.columns.is_empty() {
        return;
    }
    let at = map.layout(area);
    if at.cells.is_empty() {
        return;
    }
    if at.more_columns {
        draw_more_columns(area, buf, theme, map, &at);
    }
    if at.header > 0 {
        draw_header(area, buf, theme, map, &at);
    }
    for line in 0..at.rows {
        draw_row(area, buf, theme, map, &at, line);
    }
    if at.more_rows {
        let glyphs = theme.glyphs();
        let (above, below) = (at.first_row, map.rows.len() - at.first_row - at.rows);
        let text = hidden(&[(glyphs.up, above), (glyphs.down, below)]);
        put(buf, area.x, area.y + at.top + at.rows as u16 * at.tall, area.width, &text, theme.label());
    }
}

fn draw_more_columns(area: Rect, buf: &mut Buffer, theme: &Theme, map: &Heatmap<'_>, at: &Layout) {
    let glyphs = theme.glyphs();
    let (left, right) = (area.x + at.labels, area.x + at.labels + at.width());
    let hidden = map.columns.len() - at.first_column - at.cells.len();
    if hidden > 0 {
        let text = format!("{hidden} more {}", glyphs.more_right);
        let x = right.saturating_sub(width(&text) as u16).max(area.x);
        put(buf, x, area.y, area.right() - x, &text, theme.label());
    }
    if at.first_column > 0 {
        let text = format!("{} {} more ", glyphs.more_left, at.first_column);
        put(buf, left, area.y, area.right().saturating_sub(left), &text, theme.label());
    }
}

fn draw_header(area: Rect, buf: &mut Buffer, theme: &Theme, map: &Heatmap<'_>, at: &Layout) {
    let (bottom, lines) = (area.y + at.top - 1, usize::from(at.header));
    let title =
        map.side.as_ref().filter(|_| at.side > 0).map_or_else(Vec::new, |side| title_lines(side.title, at.side));
    let beside = area.x + at.labels + at.width();
    let mut x = area.x + at.labels;
    for (index, cell) in at.cells.iter().enumerate() {
        let column = at.first_column + index;
        let label = &map.columns[column];
        let mut style = theme.style(map.column_roles.get(column).copied().unwrap_or_else(|| Theme::role_of(label)));
        if map.cursor.is_some_and(|cursor| cursor.1 == column) {
            style = theme.focus();
        }
        // The last labels have all the room behind them, up to the heading of the side column.
        let behind: u16 = at.cells[index..].iter().take(lines).sum();
        let line = lines - 1 - index % lines;
        let heading = title.get(line).map_or(0, |words| width(words) as u16);
        let right = if at.side > 0 { beside + at.side - heading.min(at.side) } else { area.right() };
        let room = if index + lines > at.cells.len() && lines > 1 { right - x } else { behind };
        let text = fit(label, usize::from(room.saturating_sub(1)).max(1), theme.ascii);
        put(buf, x, bottom - line as u16, room, &text, style);
        x += cell;
    }
    for (line, text) in (0..at.header).zip(title) {
        let text = fit(text, usize::from(at.side) - 1, theme.ascii);
        put(buf, beside + at.side - width(&text) as u16, bottom - line, at.side, &text, theme.label());
    }
}

fn draw_row(area: Rect, buf: &mut Buffer, theme: &Theme, map: &Heatmap<'_>, at: &Layout, line: usize) {
    let row = at.first_row + line;
    let y = area.y + at.top + line as u16 * at.tall;
    let here = map.cursor.is_some_and(|cursor| cursor.0 == row);
    if at.labels > 2 {
        let pointer = if here { theme.glyphs().pointer } else { " " };
        let x = put(buf, area.x, y, 2, &format!("{pointer} "), theme.key());
        let role = map.row_roles.get(row).copied().unwrap_or_else(|| Theme::role_of(&map.rows[row]));
        let mut style = theme.style(role);
        if here {
            style = style.add_modifier(Modifier::BOLD);
        }
        put(buf, x, y, at.labels - 2, &fit(&map.rows[row], usize::from(at.labels) - 3, theme.ascii), style);
    }
    let mut x = area.x + at.labels;
    for (column, wide) in (at.first_column..).zip(&at.cells) {
        let focus = map.cursor == Some((row, column));
        let apart = map.apart == Some(column);
        let value = (map.value)(row, column);
        let numbers = (map.digits(at.decimals), at.decimals);
        let (text, style) = cell(theme, map, value, usize::from(*wide), numbers, focus, apart);
        for below in 1..at.tall {
            let style = if apart { theme.text() } else { map.scale.style(value, theme) };
            put(buf, x, y + below, *wide, &" ".repeat(usize::from(*wide)), style);
        }
        x = put(buf, x, y, *wide, &text, style);
    }
    if let (Some(side), 1..) = (&map.side, at.side) {
        let value = side.values.get(row).copied().unwrap_or(f32::NAN);
        // Counts are whole.
        let said = if value > 1.0 && value.fract() == 0.0 { format!("{value:.0}") } else { short(value, 8) };
        let text = pad_start(&said.replace("-.", "-0."), usize::from(at.side), true);
        let text = text.replacen(" .", "0.", 1);
        put(buf, x, y, at.side, &text, theme.value());
    }
}

/// Text (exactly `cell` wide) and style of one cell.
fn cell(
    theme: &Theme,
    map: &Heatmap<'_>,
    value: f32,
    cell: usize,
    (digits, decimals): (usize, usize),
    focus: bool,
    apart: bool,
) -> (String, Style) {
    let short = |value: f32, width: usize| short_to(value, width, decimals);
    if apart && !focus {
        // As in the cells beside it, a number stands one cell in where a bracket has room.
        let number = pad_start(&short(value, digits), digits, true);
        let number = match cell {
            cell if cell >= digits + 2 => format!(" {number}"),
            cell if cell > digits => number,
            _ => String::new(),
        };
        return (pad(&number, cell, theme.ascii), theme.value());
    }
    let glyph = || map.scale.glyph(value, theme);
    let inside = |room: usize| match (theme.glyph_ramp(), room) {
        (_, 0) => String::new(),
        (false, room) if room >= digits => short(value, digits.max(room.min(4))),
        // Where no number fits, the sign says what the colour says.
        (false, _) => map.scale.sign(value, theme).to_string(),
        (true, room) => glyph().to_string().repeat(room.min(2)),
    };
    let number = short(value, digits);
    let longer = short(value, 4);
    // Without colour a wide cell holds glyphs and number, in brackets under the cursor: `▓▓ .38 `, `▓▓[.38]`.
    let both = theme.glyph_ramp() && cell >= digits + 4 && !number.is_empty();
    if focus {
        let text = match cell {
            0 | 1 => glyph().to_string(),
            2 => "[]".to_owned(),
            _ if both => format!("{}[{}]", glyph().to_string().repeat(2), pad_start(&number, digits, true)),
            _ if width(&longer) > digits && cell > width(&longer) + 1 => format!("[{longer}]"),
            _ if cell >= digits + 2 && !number.is_empty() => format!("[{}]", pad_start(&number, digits, true)),
            // Where there is no room for brackets, the number says more than they do.
            _ if cell >= digits && !number.is_empty() && !theme.glyph_ramp() => number,
            _ => format!("[{}]", glyph().to_string().repeat(cell - 2)),
        };
        return (pad(&text, cell, theme.ascii), theme.focus());
    }
    let style = map.scale.style(value, theme);
    let room = if cell > 2 { cell - 1 } else { cell };
    let text = inside(room);
    let text = if both { format!("{text} {}", pad_start(&number, digits, true)) } else { text };
    // Numbers stand one cell in, where the number in the cursor's brackets stands too.
    let text = if theme.glyph_ramp() || cell < digits + 2 { text } else { format!(" {text}") };
    (pad(&text, cell, theme.ascii), style)
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::super::testing::{rows as lines, screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn value(row: usize, column: usize) -> f32 {
        ((row * 3 + column * 5) % 11) as f32 / 10.0
    }

    #[test]
    fn shows_glyphs_and_the_number_under_the_cursor_without_colour() {
        let (rows, columns) = (names(&["layer 1", "layer 2"]), names(&["[CLS]", "not", "bad"]));
        let side = Some(Side { title: "mixing ratio", values: &[0.39, 0.012] });
        let map = Heatmap { cursor: Some((1, 2)), side, ..Heatmap::new(&rows, &columns, &value) };
        let theme = Theme::new(Depth::None, false);
        assert_eq!(
            screen(46, 3, |area, buf| draw(area, buf, &theme, &map)),
            [
                "          [CLS] not   bad     mixing ratio",
                "  layer 1       ▒▒    ██              0.39",
                "▸ layer 2 ░░    ▓▓    [.20]           0.01",
            ]
        );
        let theme = Theme::new(Depth::None, true);
        let drawn = screen(46, 3, |area, buf| draw(area, buf, &theme, &map));
        assert_eq!(drawn[2], "> layer 2 --    ##    [.20]           0.01");
    }

    #[test]
    fn shows_numbers_on_colour_and_reverses_the_cursor() {
        let (rows, columns) = (names(&["1"]), names(&["a", "b"]));
        let theme = Theme::new(Depth::TwoFiftySix, false);
        let map = Heatmap { cursor: Some((0, 1)), ..Heatmap::new(&rows, &columns, &value) };
        let mut buf = Buffer::empty(Rect::new(0, 0, 20, 2));
        draw(buf.area, &mut buf, &theme, &map);
        assert_eq!(lines(&buf)[1], "▸ 1  .00 [.50]");
        assert_eq!(buf[(5, 1)].bg, Color::Reset, "nothing has no colour");
        assert!(matches!(theme.heat(0.5).bg, Some(Color::Indexed(_))));
        assert!(buf[(9, 1)].modifier.contains(Modifier::REVERSED));
    }

    /// Fifteen pieces at 80 columns: the heading of the side column gives way before the numbers do.
    #[test]
    fn numbers_stay_where_the_side_column_can_be_narrower() {
        let words = "[CLS] the ending felt rushed , yet i would happily watch it again . [SEP]";
        let (rows, columns) = (names(&["layer 1"]), words.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let side = Some(Side { title: "mixing ratio", values: &[0.4] });
        let map = Heatmap { side, apart: Some(0), ..Heatmap::new(&rows, &columns, &value) };
        let theme = Theme::new(Depth::TrueColor, false);
        let drawn = screen(78, 4, |area, buf| draw(area, buf, &theme, &map));
        let (header, row) = drawn.split_at(2);
        assert_eq!(row[0].matches('.').count(), 16, "{}", drawn.join("\n"));
        let header = header.join(" ");
        assert!(words.split(' ').all(|word| header.contains(word)), "{}", drawn.join("\n"));
        assert!(header.contains("mixing") && header.contains("ratio"), "{}", drawn.join("\n"));
    }

    #[test]
    fn scrolls_and_says_so() {
        let rows = names(&["1", "2", "3", "4", "5", "6"]);
        let columns: Vec<String> = (0..20).map(|index| format!("w{index}")).collect();
        let map = Heatmap { cursor: Some((4, 12)), ..Heatmap::new(&rows, &columns, &value) };
        let theme = Theme::new(Depth::Sixteen, false);
        assert_eq!(
            screen(30, 6, |area, buf| draw(area, buf, &theme, &map)),
            [
                "    ‹ 10 more        5 more ›",
                "    w10  w11  w12  w13  w14",
                "  4 ▒▒   ██   ░░   ▓▓   ░░",
                "▸ 5 ▓▓        [.60]     ▒▒",
                "  6 ██   ▒▒   ██   ░░   ▓▓",
                "↑ 3 more  ",
            ]
            .map(str::trim_end)
        );
    }

    #[test]
    fn the_cursor_is_visible_wherever_it_is() {
        let rows: Vec<String> = (0..12).map(|index| index.to_string()).collect();
        let columns: Vec<String> = (0..40).map(|index| format!("##piece{index}")).collect();
        let theme = Theme::new(Depth::TrueColor, false);
        for row in 0..12 {
            for column in 0..40 {
                let map = Heatmap { cursor: Some((row, column)), ..Heatmap::new(&rows, &columns, &value) };
                let drawn = screen(60, 8, |area, buf| draw(area, buf, &theme, &map));
                assert_eq!(drawn.iter().filter(|line| line.contains('[')).count(), 1, "{row} {column}");
            }
        }
    }

    #[test]
    fn wide_labels_shift_nothing() {
        let (rows, columns) = (names(&["电影", "e\u{301}"]), names(&["电影院很好", "👍", "x"]));
        let map = Heatmap::new(&rows, &columns, &value);
        let theme = Theme::new(Depth::None, false);
        let drawn = screen(60, 3, |area, buf| draw(area, buf, &theme, &map));
        assert_eq!(drawn[0], "       电影院很好 👍         x");
        assert_eq!(drawn[2], "  e\u{301}    ░░ .30     ▓▓ .80     ░░ .20");
    }

    #[test]
    fn a_map_that_fills_the_screen_stays_within_its_bytes() {
        use ratatui::backend::{Backend, CrosstermBackend};
        let rows: Vec<String> = (0..36).map(|index| index.to_string()).collect();
        let columns: Vec<String> = (0..60).map(|index| format!("w{index}")).collect();
        let noise = |row: usize, column: usize| ((row * 7919 + column * 104_729) % 1009) as f32 / 1008.0;
        for depth in [Depth::TwoFiftySix, Depth::TrueColor] {
            let map = Heatmap::new(&rows, &columns, &noise);
            let empty = Buffer::empty(Rect::new(0, 0, 120, 36));
            let mut buf = empty.clone();
            draw(buf.area, &mut buf, &Theme::new(depth, false), &map);
            let mut bytes = Vec::new();
            CrosstermBackend::new(&mut bytes).draw(empty.diff(&buf).into_iter()).expect("a Vec takes bytes");
            assert!(bytes.len() < 100_000, "{depth:?}: {} bytes", bytes.len());
        }
    }

    #[test]
    fn copes_with_every_size() {
        let rows = names(&["[CLS]", "layer 2", "3"]);
        let columns = names(&["[CLS]", "un", "##afford", "##able", "[SEP]"]);
        let side = [0.1, f32::NAN];
        for scale in [Scale::between(0.0, 1.0), Scale::signed(1.0)] {
            for cursor in [None, Some((0, 0)), Some((2, 4)), Some((9, 9))] {
                sweep(true, |area, buf, theme| {
                    let side = Some(Side { title: "ratio", values: &side });
                    let map = Heatmap { scale, cursor, side, ..Heatmap::new(&rows, &columns, &value) };
                    draw(area, buf, theme, &map);
                });
            }
        }
        sweep(true, |area, buf, theme| draw(area, buf, theme, &Heatmap::new(&[], &columns, &|_, _| f32::NAN)));
        sweep(true, |area, buf, theme| draw(area, buf, theme, &Heatmap::new(&rows, &columns, &|_, _| f32::NAN)));
    }
}
