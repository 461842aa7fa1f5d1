//! What the lines of a chart are called: at their ends, or below the plot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Chart, Plot, Series};
use crate::view::theme::Theme;
use crate::view::widgets::scale::short;
use crate::view::widgets::text::{fit, put, width};

/// Cells between the plot and the names: a name's marker is not to be taken for the end of a line.
pub(super) const NAME_GAP: u16 = 3;

/// Cells of the number at a line's end, with the gap before it.
pub(super) const VALUE: u16 = 5;

/// Cells between entries of the legend, where there is room.
const WIDE_GAP: usize = 3;

/// The marker of a series.
pub(super) fn marker(index: usize, theme: &Theme) -> &'static str {
    theme.glyphs().markers[index % theme.glyphs().markers.len()]
}

/// Names at the ends of the lines, each on a line of its own, as near as that goes to where its line ends. With `values` the
/// number stands there that it ends with: several may end in one row, and then a name is not where its line is.
pub(super) fn draw_names(plot: &Plot, area: Rect, buf: &mut Buffer, theme: &Theme, chart: &Chart<'_>, values: bool) {
    let last = |series: &Series<'_>| {
        let finite = series.points.iter().rev().find(|point| point.0.is_finite() && point.1.is_finite());
        finite.map_or(f32::NEG_INFINITY, |point| point.1)
    };
    // From the highest end to the lowest, also where several end in one row.
    let mut order: Vec<(f32, usize)> = chart.series.iter().map(last).zip(0..).collect();
    order.sort_by(|one, next| next.0.total_cmp(&one.0));
    let row = |end: f32| if end.is_finite() { plot.row(end) } else { plot.area.bottom() - 1 };
    let mut ends: Vec<(u16, usize, f32)> = order.into_iter().map(|(end, index)| (row(end), index, end)).collect();
    let lines: Vec<u16> = ends.iter().map(|end| end.0).collect();
    for at in 1..ends.len() {
        ends[at].0 = ends[at].0.max(ends[at - 1].0 + 1);
    }
    // What ran over the lower edge moves up again.
    let mut free = plot.area.bottom();
    for end in ends.iter_mut().rev() {
        end.0 = end.0.min(free.saturating_sub(1)).max(area.y);
        free = end.0;
    }
    let x = plot.area.right() + NAME_GAP;
    let places: Vec<(u16, u16)> = lines.into_iter().zip(ends.iter().map(|end| end.0)).collect();
    draw_leaders(&places, plot.area.right(), buf, theme);
    for (row, index, end) in ends {
        let series = &chart.series[index];
        let value =
            if values && end.is_finite() { format!(" {}", short(end, usize::from(VALUE) - 1)) } else { String::new() };
        let text = format!("{} {}{value}", marker(index, theme), series.name);
        put(buf, x, row, area.right().saturating_sub(x), &text, theme.style(series.role));
    }
}

/// Leader lines: from where a line ends to a name that stands in another row, in the cells of the gap; `places`: both rows, from
/// the highest end to the lowest. Where two would run beside each other none is drawn: the numbers have to do.
fn draw_leaders(places: &[(u16, u16)], x: u16, buf: &mut Buffer, theme: &Theme) {
    for group in places.chunk_by(|one, next| one.0 == next.0) {
        let end = group[0].0;
        let span = |group: &[(u16, u16)]| {
            let rows = || group.iter().flat_map(|(end, name)| [*end, *name]);
            (rows().min().unwrap_or(end), rows().max().unwrap_or(end))
        };
        let (top, bottom) = span(group);
        let alone = places
            .chunk_by(|one, next| one.0 == next.0)
            .filter(|other| other[0].0 != end)
            .all(|other| span(other).1 < top || span(other).0 > bottom);
        if top == bottom || !alone {
            continue;
        }
        put(buf, x, end, 1, joint([false, false, true, true], theme), theme.dim());
        for row in top..=bottom {
            let named = group.iter().any(|(_, name)| *name == row);
            let sides = [row > top, row < bottom, row == end, named];
            put(buf, x + 1, row, 1, joint(sides, theme), theme.dim());
            if named {
                put(buf, x + 2, row, 1, joint([false, false, true, true], theme), theme.dim());
            }
        }
    }
}

/// The sign that goes up, down, left and right.
fn joint(sides: [bool; 4], theme: &Theme) -> &'static str {
    const SIGNS: [&str; 16] = [" ", "─", "─", "─", "│", "╭", "╮", "┬", "│", "╰", "╯", "┴", "│", "├", "┤", "┼"];
    let [up, down, left, right] = sides.map(usize::from);
    let at = up * 8 + down * 4 + left * 2 + right;
    match at {
        _ if !theme.ascii => SIGNS[at],
        0 => " ",
        1..=3 => "-",
        4 | 8 | 12 => "|",
        _ => "+",
    }
}

/// The names in a row.
pub(super) fn draw_legend(area: Rect, buf: &mut Buffer, theme: &Theme, chart: &Chart<'_>) {
    // Every sign is explained: the entries move together where one would not fit.
    let long = |gap: usize| chart.series.iter().map(|series| width(series.name) + 2 + gap).sum::<usize>();
    let room = usize::from(area.width);
    let gap = if long(WIDE_GAP) > room && long(1) <= room { 1 } else { WIDE_GAP };
    let mut x = area.x;
    for (index, series) in chart.series.iter().enumerate() {
        let room = usize::from(area.right().saturating_sub(x));
        let text = fit(&format!("{} {}", marker(index, theme), series.name), room, theme.ascii);
        x = put(buf, x, area.y, area.width, &text, theme.style(series.role)) + gap as u16;
    }
}
