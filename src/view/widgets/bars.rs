//! Labelled horizontal bars, or intervals on a common scale.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scale::{bounds, fraction, hidden, ticks, window};
use super::text::{fit, pad_start, put, width};
use crate::view::theme::{Role, Theme};

/// One row.
#[derive(Debug, Clone, Default)]
pub struct Bar {
    /// Written at the left.
    pub label: String,
    /// Length of the bar, or the point in the interval; NaN draws no bar ("running").
    pub value: f32,
    /// Written at the right: the value as it should read.
    pub text: String,
    /// Look of label and bar.
    pub role: Role,
    /// Draws `├──●──┤` from low to high instead of a bar.
    pub interval: Option<(f32, f32)>,
    /// Small dots on the whiskers: the values behind the point.
    pub dots: Vec<f32>,
}

/// Rows on one scale.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    /// The rows.
    pub rows: &'a [Bar],
    /// Ends of the scale; `None`: from 0 (or the lowest interval) to the largest value.
    pub range: Option<(f32, f32)>,
    /// Numbers below the rows.
    pub axis: bool,
    /// The row that has the focus: pointed at, and kept visible.
    pub cursor: Option<usize>,
    /// Faint upright lines through all rows, behind them.
    pub marks: &'a [f32],
    /// Where not all rows fit, the smallest are left out, but for the first, the last and the one under the cursor; else the
    /// list scrolls.
    pub fold: bool,
}

impl<'a> Bars<'a> {
    /// Bars on their own scale, without axis and cursor.
    pub fn new(rows: &'a [Bar]) -> Self {
        Self { rows, range: None, axis: false, cursor: None, marks: &[], fold: false }
    }

    fn scale(&self) -> (f32, f32) {
        if let Some(range) = self.range {
            return range;
        }
        let ends = |bar: &Bar| bar.interval.map_or([bar.value, bar.value], |(low, high)| [low, high]);
        let dots = self.rows.iter().flat_map(|bar| bar.dots.iter().copied());
        let marks = self.marks.iter().copied();
        let (low, high) = bounds(self.rows.iter().flat_map(ends).chain(dots).chain(marks)).unwrap_or((0.0, 1.0));
        if self.rows.iter().all(|bar| bar.interval.is_some()) {
            // Room at both ends, so that whiskers do not touch the frame.
            let margin = ((high - low) * 0.1).max(0.005);
            (low - margin, high + margin)
        } else {
            (low.min(0.0), high.max(0.0))
        }
    }
}

impl Bars<'_> {
    /// The rows that stay when only so many have room, in their order.
    fn largest(&self, room: usize) -> Vec<usize> {
        let always = |index: &usize| [Some(0), self.rows.len().checked_sub(1), self.cursor].contains(&Some(*index));
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        let size = |index: usize| self.rows[index].value.abs();
        order.sort_by(|a, b| always(b).cmp(&always(a)).then(size(*b).total_cmp(&size(*a))));
        order.truncate(room);
        order.sort_unstable();
        order
    }
}

/// Draws the rows, and the axis below them.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, bars: &Bars<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() || bars.rows.is_empty() {
        return;
    }
    let widest = |text: fn(&Bar) -> &str| bars.rows.iter().map(|bar| width(text(bar))).max().unwrap_or(0) as u16;
    let pointer = if bars.cursor.is_some() { 2 } else { 0 };
    let label = widest(|bar| &bar.label).min(area.width * 9 / 20);
    let text = match widest(|bar| &bar.text) {
        text if text + label + pointer + 8 <= area.width => text,
        _ => 0,
    };
    let left = area.x + pointer + label + 1;
    let plot = Rect { x: left, width: area.right().saturating_sub(left + if text > 0 { text + 1 } else { 0 }), ..area };
    let axis = bars.axis && area.height > 1;
    let room = usize::from(area.height - u16::from(axis));
    // What is not shown is said in a line of its own.
    let cut = room < bars.rows.len() && room > 1;
    let visible = if cut { room - 1 } else { room.min(bars.rows.len()) };
    let first = window(bars.cursor, bars.rows.len(), visible);
    let shown = if cut && bars.fold { bars.largest(visible) } else { (first..first + visible).collect() };
    if cut {
        let glyphs = theme.glyphs();
        let below = bars.rows.len() - first - visible;
        let said = if bars.fold {
            format!("{} {} smaller ones folded", glyphs.ellipsis, bars.rows.len() - visible)
        } else {
            hidden(&[(glyphs.up, first), (glyphs.down, below)])
        };
        put(
            buf,
            left.min(area.right()),
            area.y + visible as u16,
            area.right().saturating_sub(left),
            &said,
            theme.label(),
        );
    }
    let scale = bars.scale();
    // An empty line between the rows, where all have room for it.
    let step = if !cut && 2 * visible <= room + 1 { 2 } else { 1 };
    let lines = if visible == 0 { 0 } else { (visible as u16 - 1) * step + 1 };
    for mark in bars.marks.iter().filter(|_| plot.width > 0) {
        for line in 0..lines {
            put(buf, place(*mark, scale.0, scale.1, plot), area.y + line, 1, theme.glyphs().faint[0], theme.dim());
        }
    }
    for (line, (index, bar)) in shown.iter().map(|index| (*index, &bars.rows[*index])).enumerate() {
        let y = area.y + line as u16 * step;
        let here = bars.cursor == Some(index);
        if here {
            put(buf, area.x, y, 1, theme.glyphs().pointer, theme.key());
        }
        let style = if here { theme.focus() } else { theme.style(bar.role) };
        put(buf, area.x + pointer, y, label, &fit(&bar.label, usize::from(label), theme.ascii), style);
        draw_bar(Rect { y, height: 1, ..plot }, buf, theme, bar, scale);
        // A mark is seen through a whisker, for what matters is whether that reaches over it.
        for mark in bars.marks.iter().filter(|_| plot.width > 0) {
            let cell = &mut buf[(place(*mark, scale.0, scale.1, plot), y)];
            if cell.symbol() == theme.glyphs().whisker[1] {
                cell.set_symbol(theme.glyphs().crossing);
            }
        }
        if text > 0 {
            let text = pad_start(&bar.text, usize::from(text), theme.ascii);
            put(buf, plot.right() + 1, y, area.width, &text, theme.value());
        }
    }
    if axis {
        draw_axis(Rect { y: area.y + lines + u16::from(cut), height: 1, ..plot }, buf, theme, scale, bars.marks);
    }
}

fn draw_bar(area: Rect, buf: &mut Buffer, theme: &Theme, bar: &Bar, (low, high): (f32, f32)) {
    if area.width == 0 || bar.value.is_nan() {
        return;
    }
    let style = theme.style(bar.role);
    if let Some((from, to)) = bar.interval {
        let [start, line, point, end] = theme.glyphs().whisker;
        let (from, to) = (place(from, low, high, area), place(to, low, high, area));
        for x in from..=to {
            put(buf, x, area.y, 1, line, style);
        }
        put(buf, from, area.y, 1, start, style);
        put(buf, to, area.y, 1, end, style);
        for dot in bar.dots.iter().filter(|dot| (low..=high).contains(*dot)) {
            put(buf, place(*dot, low, high, area), area.y, 1, theme.glyphs().seed, style);
        }
        put(buf, place(bar.value, low, high, area), area.y, 1, point, style);
        return;
    }
    if low < 0.0 {
        // From zero to either side, so that the sign is a place; below zero the cells are others too.
        let (zero, end) = (place(0.0, low, high, area), place(bar.value, low, high, area));
        let [.., full] = theme.glyphs().eighths;
        let cell = if bar.value < 0.0 { theme.glyphs().negative } else { full };
        for x in zero.min(end)..=zero.max(end) {
            put(buf, x, area.y, 1, cell, style);
        }
        return;
    }
    put(buf, area.x, area.y, area.width, &filled(fraction(bar.value, low, high), area.width, theme), style);
}

/// A bar from the left, for a fraction of so many cells.
pub(super) fn filled(fraction: f32, cells: u16, theme: &Theme) -> String {
    let eighths = (fraction.clamp(0.0, 1.0) * f32::from(cells) * 8.0).round() as usize;
    let eighths = if theme.ascii { (eighths + 4) / 8 * 8 } else { eighths };
    let [.., full] = theme.glyphs().eighths;
    let mut text = full.repeat(eighths / 8);
    if let Some(part) = (eighths % 8).checked_sub(1) {
        text.push_str(theme.glyphs().eighths[part]);
    }
    text
}

/// The column of a value on the scale.
fn place(value: f32, low: f32, high: f32, area: Rect) -> u16 {
    area.x + (fraction(value, low, high) * f32::from(area.width.saturating_sub(1))).round() as u16
}

/// Numbers below the rows: those of the marks where there are several, else round ones.
fn draw_axis(area: Rect, buf: &mut Buffer, theme: &Theme, (low, high): (f32, f32), marks: &[f32]) {
    let mut free = area.x;
    let marked =
        marks.iter().filter(|mark| mark.is_finite()).map(|mark| (*mark, format!("{}", (10.0 * mark).round() / 10.0)));
    let round = ticks(low, high, usize::from(area.width / 8), false);
    let all = if marks.len() > 1 { marked.collect() } else { round };
    for (value, text) in all {
        let size = width(&text) as u16;
        let x = place(value, low, high, area).saturating_sub(size / 2);
        let x = x.min(area.right().saturating_sub(size)).max(area.x);
        if x >= free {
            free = put(buf, x, area.y, size, &text, theme.label()) + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    fn bar(label: &str, value: f32, role: Role) -> Bar {
        Bar { label: label.to_owned(), value, text: format!("{value:.2}"), role, ..Bar::default() }
    }

    #[test]
    fn draws_eighths() {
        let rows = [bar("[CLS]", 0.11, Role::Cls), bar("bad", 0.38, Role::Text), bar("电影", 0.0, Role::Text)];
        let theme = Theme::new(Depth::None, false);
        assert_eq!(
            screen(30, 3, |area, buf| draw(area, buf, &theme, &Bars { cursor: Some(1), ..Bars::new(&rows) })),
            ["  [CLS] ████▉             0.11", "▸ bad   █████████████████ 0.38", "  电影                    0.00"]
        );
        let theme = Theme::new(Depth::None, true);
        let drawn = screen(30, 3, |area, buf| draw(area, buf, &theme, &Bars::new(&rows[..2])));
        assert_eq!(drawn[0], "[CLS] ######              0.11");
    }

    #[test]
    fn draws_intervals_on_a_common_scale() {
        let lane = |label: &str, value: f32| Bar {
            interval: Some((value - 0.02, value + 0.02)),
            ..bar(label, value, Role::Text)
        };
        let rows = [
            lane("[CLS]", 0.74),
            lane("GlobalPooling", 0.78),
            Bar { text: "running".into(), ..lane("words", f32::NAN) },
        ];
        let bars = Bars { range: Some((0.7, 0.8)), axis: true, ..Bars::new(&rows) };
        let theme = Theme::new(Depth::TrueColor, false);
        assert_eq!(
            screen(64, 5, |area, buf| draw(area, buf, &theme, &bars)),
            [
                "[CLS]                 ├───────●────────┤                    0.74",
                "GlobalPooling                          ├───────●───────┤    0.78",
                "words                                                    running",
                "              0.70               0.75               0.80",
                "",
            ]
        );
        let theme = Theme::new(Depth::TrueColor, true);
        let drawn = screen(64, 5, |area, buf| draw(area, buf, &theme, &bars));
        assert!(drawn[0].contains("|-------o--------|"));
    }

    #[test]
    fn where_rows_are_folded_the_largest_the_ends_and_the_cursor_stay_in_their_order() {
        let rows: Vec<Bar> =
            (0..8).map(|index| bar(&format!("r{index}"), [1, 5, 2, 8, 3, 4, 7, 0][index] as f32, Role::Text)).collect();
        let theme = Theme::new(Depth::None, false);
        let drawn = screen(30, 6, |area, buf| {
            draw(area, buf, &theme, &Bars { cursor: Some(2), fold: true, ..Bars::new(&rows) });
        });
        let kept: Vec<&str> = drawn
            .iter()
            .take(5)
            .map(|line| line.trim_start_matches(['▸', ' ']).split(' ').next().unwrap_or(""))
            .collect();
        assert_eq!(kept, ["r0", "r2", "r3", "r6", "r7"]);
        assert!(drawn[5].contains("3 smaller ones folded"), "{}", drawn[5]);
    }

    #[test]
    fn copes_with_every_size() {
        let mut rows: Vec<Bar> = (0..9).map(|index| bar("a label", index as f32 - 3.0, Role::Mean)).collect();
        rows.push(bar("none", f32::NAN, Role::Bad));
        rows.push(Bar { interval: Some((f32::NAN, f32::INFINITY)), ..bar("odd", 1.0, Role::Text) });
        for cursor in [None, Some(0), Some(8), Some(99)] {
            for range in [None, Some((1.0, 1.0)), Some((2.0, -2.0))] {
                sweep(true, |area, buf, theme| {
                    draw(
                        area,
                        buf,
                        theme,
                        &Bars {
                            rows: &rows,
                            range,
                            axis: true,
                            cursor,
                            marks: &[0.0, f32::NAN, 0.75],
                            fold: range.is_none(),
                        },
                    );
                });
            }
        }
        sweep(true, |area, buf, theme| draw(area, buf, theme, &Bars::new(&[])));
    }
}
