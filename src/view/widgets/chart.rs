//! A line chart of a few series, told apart by markers, so that colour is not needed and braille neither. Names stand at the
//! ends of the lines; where there is no room for that, below the plot.

mod axis;
mod names;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::scale::{bounds, fraction, ticks};
use super::text::{fit, pad_start, put, width};
use crate::view::theme::{Role, Theme};
use axis::even;
use names::{NAME_GAP, VALUE, draw_legend, draw_names, marker};

/// Rows below which there is no room for anything.
const LEAST: u16 = 3;

/// Rows below which a curve tells less than its numbers do.
const LOW: u16 = 8;

/// A narrower plot is not worth names beside it.
const PLOT: u16 = 24;

/// Cells of a number in place of a curve.
const CELL: u16 = 6;

/// One line of the chart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Series<'a> {
    /// Its name in the legend.
    pub name: &'a str,
    /// Points (x, y) by ascending x; those that are not finite are skipped.
    pub points: &'a [(f32, f32)],
    /// Low and high for each point, drawn as faint upright lines; may be empty.
    pub intervals: &'a [(f32, f32)],
    /// Its look.
    pub role: Role,
}

/// What a chart shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chart<'a> {
    /// Said above the plot: what y is.
    pub title: &'a str,
    /// The series; markers are given in this order.
    pub series: &'a [Series<'a>],
    /// Ends of the x axis; `None`: as the points.
    pub x: Option<(f32, f32)>,
    /// Ends of the y axis; `None`: as points and intervals, with a margin.
    pub y: Option<(f32, f32)>,
    /// Said below the plot: what x is.
    pub x_label: &'a str,
    /// Names of 0, 1, … on the x axis, where these are no numbers.
    pub x_names: &'a [&'a str],
    /// A level line with its name, such as chance.
    pub reference: Option<(f32, &'a str)>,
}

/// The plot's area and scales.
struct Plot {
    area: Rect,
    x: (f32, f32),
    y: (f32, f32),
}

impl Plot {
    fn column(&self, x: f32) -> u16 {
        self.area.x + (fraction(x, self.x.0, self.x.1) * f32::from(self.area.width - 1)).round() as u16
    }

    fn row(&self, y: f32) -> u16 {
        self.area.bottom() - 1 - (fraction(y, self.y.0, self.y.1) * f32::from(self.area.height - 1)).round() as u16
    }
}

impl Chart<'_> {
    fn scales(&self) -> ((f32, f32), (f32, f32)) {
        let points = || self.series.iter().flat_map(|series| series.points);
        let widen = |(low, high): (f32, f32), by: f32| if low < high { (low, high) } else { (low - by, high + by) };
        let x = self.x.or_else(|| bounds(points().map(|point| point.0))).unwrap_or((0.0, 1.0));
        let y = self.y.unwrap_or_else(|| {
            let intervals =
                self.series.iter().flat_map(|series| series.intervals).flat_map(|(low, high)| [*low, *high]);
            let all = points().map(|point| point.1).chain(intervals).chain(self.reference.map(|(level, _)| level));
            let (low, high) = bounds(all).unwrap_or((0.0, 1.0));
            let margin = (high - low) * 0.05;
            (low - margin, high + margin)
        });
        (widen(x, 0.5), widen(y, 0.05))
    }
}

/// Draws title, plot, axes and legend, as much of it as there is room for.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, chart: &Chart<'_>) {
    let mut area = area.intersection(buf.area);
    if area.height < LEAST || area.height < LOW && draw_table(area, buf, theme, chart) {
        return;
    }
    if area.height > 5 && !chart.title.is_empty() {
        put(buf, area.x, area.y, area.width, &fit(chart.title, usize::from(area.width), theme.ascii), theme.label());
        area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    }
    let names = chart.series.iter().map(|series| width(series.name)).max().unwrap_or(0) as u16 + NAME_GAP + 3;
    let beside = area.width >= names + PLOT && usize::from(area.height) >= chart.series.len() + 3;
    let legend = (!beside && area.height > 4).then(|| Rect { y: area.bottom() - 1, height: 1, ..area });
    area.height -= u16::from(legend.is_some());
    let whole = area;
    // The numbers at the ends, too, where they leave a plot that is worth it.
    let values = if area.width >= names + VALUE + 2 * PLOT { VALUE } else { 0 };
    area.width -= if beside { names + values } else { 0 };
    let (x, y) = chart.scales();
    let below = if area.height > 3 { 2 } else { 0 };
    let (y, marks) = even(y, area.height.saturating_sub(below));
    let left = marks.iter().map(|(_, text)| width(text)).max().unwrap_or(0) as u16 + 1;
    if area.width < left + 2 || area.height == 0 {
        return;
    }
    let inner = Rect { x: area.x + left, width: area.width - left, height: area.height - below, ..area };
    let plot = Plot { area: inner, x, y };
    draw_axes(&plot, buf, theme, chart, &marks, (below > 0, whole.width - area.width));
    for series in chart.series {
        for ((x, y), (low, high)) in series.points.iter().zip(series.intervals) {
            if x.is_finite() && y.is_finite() && low.is_finite() && high.is_finite() {
                for row in plot.row(*high)..=plot.row(*low) {
                    put(buf, plot.column(*x), row, 1, theme.glyphs().faint[0], theme.dim());
                }
            }
        }
    }
    // Of two in one place the one that is asked about is seen, and of those the first. Markers last: no curve hides one.
    let dim = |series: &Series<'_>| series.role == Role::Dim;
    let (back, front): (Vec<_>, Vec<_>) = chart.series.iter().enumerate().partition(|(_, series)| dim(series));
    let order: Vec<(usize, &Series<'_>)> = back.into_iter().chain(front.into_iter().rev()).collect();
    for (_, series) in &order {
        draw_curve(&plot, buf, theme, series);
    }
    for (index, series) in order {
        for (column, row) in marker_places(&plot, series) {
            put(buf, column, row, 1, marker(index, theme), theme.style(series.role));
        }
    }
    // Its name after all else, so that nothing is written over it.
    if let Some((level, name)) = chart.reference {
        let text = fit(name, usize::from(plot.area.width), theme.ascii);
        put(buf, plot.area.right() - width(&text) as u16, plot.row(level), plot.area.width, &text, theme.dim());
    }
    if let Some(area) = legend {
        draw_legend(area, buf, theme, chart);
    } else if beside {
        draw_names(&plot, whole, buf, theme, chart, values > 0);
    }
}

/// The points as numbers, a line a series; `false` when they are too many for that, or have intervals.
fn draw_table(area: Rect, buf: &mut Buffer, theme: &Theme, chart: &Chart<'_>) -> bool {
    let xs: Vec<f32> = chart.series.first().map_or(Vec::new(), |series| series.points.iter().map(|at| at.0).collect());
    let alike =
        |series: &Series<'_>| series.intervals.is_empty() && series.points.iter().map(|at| at.0).eq(xs.iter().copied());
    let name = chart.series.iter().map(|series| width(series.name)).max().unwrap_or(0).max(5) as u16;
    let wide = name + CELL * xs.len() as u16;
    let rows = chart.series.len() as u16 + 1;
    if xs.is_empty() || wide > area.width || rows > area.height || !chart.series.iter().all(alike) {
        return false;
    }
    let mut y = area.y;
    if area.height > rows && !chart.title.is_empty() {
        put(buf, area.x, y, area.width, &fit(chart.title, usize::from(area.width), theme.ascii), theme.label());
        y += 1;
    }
    let cells = |texts: &mut dyn Iterator<Item = String>| {
        texts.map(|text| pad_start(&text, usize::from(CELL), theme.ascii)).collect::<String>()
    };
    let what = chart.x_label.split_whitespace().next().unwrap_or_default();
    put(buf, area.x, y, name, what, theme.label());
    put(buf, area.x + name, y, area.width, &cells(&mut xs.iter().map(f32::to_string)), theme.label());
    for series in chart.series {
        y += 1;
        put(buf, area.x, y, name, series.name, theme.style(series.role));
        let numbers = cells(&mut series.points.iter().map(|at| format!("{:.2}", at.1)));
        put(buf, area.x + name, y, area.width, &numbers, theme.value());
    }
    true
}

/// `below`: numbers stand below the plot; `beside`: cells at its right.
fn draw_axes(
    plot: &Plot,
    buf: &mut Buffer,
    theme: &Theme,
    chart: &Chart<'_>,
    marks: &[(f32, String)],
    (below, beside): (bool, u16),
) {
    let (glyphs, area, border) = (theme.glyphs(), plot.area, theme.border());
    for y in area.top()..area.bottom() {
        put(buf, area.x - 1, y, 1, glyphs.frame[1], border);
    }
    for (value, text) in marks {
        let y = plot.row(*value);
        put(buf, area.x - 1 - width(text) as u16, y, area.x, text, theme.label());
        put(buf, area.x - 1, y, 1, glyphs.ticks[0], border);
    }
    if let Some((level, _)) = chart.reference {
        let y = plot.row(level);
        put(buf, area.x, y, area.width, &glyphs.faint[1].repeat(usize::from(area.width)), theme.dim());
    }
    if !below {
        return;
    }
    let y = area.bottom();
    put(buf, area.x - 1, y, 1, glyphs.frame[4], border);
    put(buf, area.x, y, area.width, &glyphs.frame[0].repeat(usize::from(area.width)), border);
    if !chart.x_names.is_empty() {
        for (at, name) in chart.x_names.iter().enumerate() {
            let (size, column) = (width(name) as u16, plot.column(at as f32));
            let x = column.saturating_sub(size / 2).min(area.right().saturating_sub(size)).max(area.x);
            put(buf, column, y, 1, glyphs.ticks[1], border);
            put(buf, x, y + 1, size, name, theme.label());
        }
        return;
    }
    let mut free = area.x;
    let whole = chart.series.iter().flat_map(|series| series.points).all(|(x, _)| x.fract() == 0.0);
    for (value, text) in ticks(plot.x.0, plot.x.1, usize::from(area.width / 5), whole) {
        let size = width(&text) as u16;
        let x = plot.column(value).saturating_sub(size / 2).min(area.right().saturating_sub(size)).max(area.x);
        if x >= free {
            put(buf, plot.column(value), y, 1, glyphs.ticks[1], border);
            free = put(buf, x, y + 1, size, &text, theme.label()) + 1;
        }
    }
    let label = width(chart.x_label) as u16;
    if label > 0 && label < beside {
        put(buf, area.right() + 1, y + 1, label, chart.x_label, theme.label());
    } else if label > 0 && free + label < area.right() {
        let shown = fit(chart.x_label, usize::from(label), theme.ascii);
        put(buf, area.right() - label, y + 1, label, &shown, theme.label());
    }
}

/// The curve by columns: level pieces, and an upright piece with two turns where the row changes.
fn draw_curve(plot: &Plot, buf: &mut Buffer, theme: &Theme, series: &Series<'_>) {
    let [flat, upright, left_up, below_right, left_down, above_right] = theme.glyphs().curve;
    let style = theme.style(series.role);
    let markers = marker_places(plot, series);
    let mut last: Option<u16> = None;
    for column in plot.area.left()..plot.area.right() {
        let t = f32::from(column - plot.area.x) / f32::from((plot.area.width - 1).max(1));
        let Some(y) = interpolate(series.points, plot.x.0 + t * (plot.x.1 - plot.x.0)) else { continue };
        // The line goes through its markers: where a column is rounded, the height between two points is not that of one.
        let marker = markers.iter().find(|(at, _)| *at == column);
        let row = marker.map_or_else(|| plot.row(y), |(_, row)| *row);
        let from = last.unwrap_or(row);
        let mut mark = |row: u16, sign: &str, style: Style| put(buf, column, row, 1, sign, style);
        if row == from {
            mark(row, flat, style);
        } else {
            for between in row.min(from) + 1..row.max(from) {
                mark(between, upright, style);
            }
            let (at_from, at_row) = if row < from { (left_up, below_right) } else { (left_down, above_right) };
            mark(from, at_from, style);
            mark(row, at_row, style);
        }
        last = Some(row);
    }
}

/// The series' height at `x`; `None` left and right of its points.
fn interpolate(points: &[(f32, f32)], x: f32) -> Option<f32> {
    let mut finite = points.iter().filter(|point| point.0.is_finite() && point.1.is_finite());
    let mut before = *finite.next()?;
    // Half a thousandth of slack: the first and last column must not miss their points by rounding.
    let slack = (before.0.abs() + x.abs()) * 5e-4;
    if (x - before.0).abs() <= slack {
        return Some(before.1);
    }
    if x < before.0 {
        return None;
    }
    for point in finite {
        if x <= point.0 + slack {
            let t = fraction(x, before.0, point.0);
            return Some(before.1 + t * (point.1 - before.1));
        }
        before = *point;
    }
    None
}

/// Where markers stand: at the points, but not closer than four columns; always at the last.
fn marker_places(plot: &Plot, series: &Series<'_>) -> Vec<(u16, u16)> {
    let finite = || series.points.iter().filter(|point| point.0.is_finite() && point.1.is_finite());
    let mut places: Vec<(u16, u16)> = Vec::new();
    for (x, y) in finite() {
        let column = plot.column(*x);
        if places.last().is_none_or(|last| column >= last.0 + 4) {
            places.push((column, plot.row(*y)));
        }
    }
    if let Some((x, y)) = finite().next_back() {
        places.push((plot.column(*x), plot.row(*y)));
    }
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    const CLS: [(f32, f32); 4] = [(0.0, 0.5), (1.0, 0.6), (2.0, 0.7), (3.0, 0.7)];
    const MEAN: [(f32, f32); 4] = [(0.0, 0.7), (1.0, 0.7), (2.0, 0.7), (3.0, 0.8)];

    fn chart<'a>(series: &'a [Series<'a>]) -> Chart<'a> {
        Chart { title: "accuracy", series, y: Some((0.5, 0.8)), x_label: "layer", ..Chart::default() }
    }

    #[test]
    fn names_stand_at_the_ends_of_lines_even_where_all_end_in_one_place() {
        let names = ["with positions", "shuffled", "[CLS] last", "no positions"];
        let series = names.map(|name| Series { name, points: &CLS, role: Role::Cls, ..Series::default() });
        let theme = Theme::new(Depth::None, false);
        let drawn = screen(67, 12, |area, buf| draw(area, buf, &theme, &chart(&series)));
        let lines: Vec<usize> =
            names.iter().map(|name| drawn.iter().position(|line| line.contains(name)).expect("its name")).collect();
        assert!(lines.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{}", drawn.join("\n"));
        // From the one end to each of them leads a way.
        for way in ["─┬─", " ├─", " ╰─"] {
            assert!(drawn.iter().any(|line| line.contains(way)), "{}", drawn.join("\n"));
        }
    }

    #[test]
    fn what_is_asked_about_is_seen_where_two_are_in_one_place() {
        let behind = Series { name: "b", points: &CLS, role: Role::Dim, ..Series::default() };
        let asked = Series { name: "a", points: &CLS, role: Role::Cls, ..Series::default() };
        let theme = Theme::new(Depth::None, false);
        for series in [[behind, asked], [asked, behind]] {
            let at = series.iter().position(|series| series.name == "a").expect("it");
            let drawn = screen(20, 11, |area, buf| draw(area, buf, &theme, &chart(&series))).join("\n");
            let plot = drawn.rsplit_once('└').expect("an axis").0;
            assert!(plot.contains(marker(at, &theme)) && !plot.contains(marker(1 - at, &theme)), "{drawn}");
        }
    }

    #[test]
    fn a_line_goes_through_its_markers() {
        // Heights that round one way at the point and another way at the column.
        for width in 30..90_u16 {
            let steep: Vec<(f32, f32)> = (0..7).map(|at| (at as f32, (at as f32 * 1.7).sin())).collect();
            let series = [Series { name: "a", points: &steep, ..Series::default() }];
            let theme = Theme::new(Depth::None, false);
            let chart = Chart { series: &series, ..Chart::default() };
            let drawn: Vec<Vec<char>> = screen(width, 20, |area, buf| draw(area, buf, &theme, &chart))
                .iter()
                .map(|line| format!("{line:<90}").chars().collect())
                .collect();
            for (y, line) in drawn.iter().enumerate() {
                for x in (1..line.len() - 1).filter(|x| line[*x] == '●' && drawn[y][x + 1] != ' ') {
                    let joined = |sign: char| "─╭╮╯╰│●".contains(sign);
                    assert!(joined(line[x - 1]) || joined(line[x + 1]), "{width}, {x}, {y}\n{drawn:?}");
                }
            }
        }
    }

    #[test]
    fn draws_two_series_that_need_no_colour() {
        let series = [
            Series { name: "[CLS]", points: &CLS, role: Role::Cls, ..Series::default() },
            Series { name: "GlobalPooling", points: &MEAN, role: Role::Mean, ..Series::default() },
        ];
        let theme = Theme::new(Depth::None, false);
        let drawn = screen(40, 11, |area, buf| draw(area, buf, &theme, &chart(&series)));
        let ascii = Theme::new(Depth::None, true);
        let plain = screen(40, 11, |area, buf| draw(area, buf, &ascii, &chart(&series)));
        compare(
            &drawn,
            "accuracy
0.8┤                                 ╭─○
   │                           ╭─────╯
0.7┤○───────────○────────╭─●───────────●
   │               ╭─────╯
0.6┤         ╭──●──╯
   │   ╭─────╯
0.5┤●──╯
   └┬───────────┬──────────┬───────────┬
    0           1          2           3
● [CLS]   ○ GlobalPooling",
        );
        assert!(plain.iter().all(|line| line.is_ascii()));
    }

    fn compare(drawn: &[String], wanted: &str) {
        assert_eq!(drawn.join("\n"), wanted, "\n{}", drawn.join("\n"));
    }

    #[test]
    fn where_it_is_low_the_numbers_stand_instead() {
        let series = [
            Series { name: "[CLS]", points: &CLS, ..Series::default() },
            Series { name: "GlobalPooling", points: &MEAN, ..Series::default() },
        ];
        let theme = Theme::new(Depth::None, true);
        let drawn = screen(40, 5, |area, buf| draw(area, buf, &theme, &chart(&series)));
        compare(
            &drawn,
            "accuracy
layer             0     1     2     3
[CLS]          0.50  0.60  0.70  0.70
GlobalPooling  0.70  0.70  0.70  0.80
",
        );
        let low = screen(40, 2, |area, buf| draw(area, buf, &theme, &chart(&series)));
        assert!(low.iter().all(|line| line.trim().is_empty()), "no room for anything: {low:?}");
    }

    #[test]
    fn draws_intervals_and_the_reference() {
        let intervals = [(0.5, 0.55), (0.55, 0.65), (0.65, 0.75), (0.65, 0.75)];
        let series = [Series { name: "a", points: &CLS, intervals: &intervals, ..Series::default() }];
        let theme = Theme::new(Depth::None, false);
        let chart = Chart { reference: Some((0.6, "chance")), ..chart(&series) };
        let drawn = screen(40, 14, |area, buf| draw(area, buf, &theme, &chart)).join("\n");
        assert!(drawn.contains("chance") && drawn.contains('┊') && drawn.contains('╌'), "{drawn}");
    }

    #[test]
    fn copes_with_every_size() {
        let many: Vec<(f32, f32)> = (0..150).map(|step| (step as f32, (step as f32 / 40.0).cos())).collect();
        let odd = [(f32::NAN, 1.0), (1.0, f32::INFINITY), (2.0, 2.0)];
        let one = [(3.0, 0.5)];
        for points in [&many[..], &odd, &one, &[]] {
            let intervals = vec![(0.1, 0.9); points.len()];
            let series = [Series { name: "many", points, intervals: &intervals, ..Series::default() }; 8];
            for y in [None, Some((0.0, 1.0)), Some((1.0, 1.0)), Some((f32::NAN, 1.0))] {
                sweep(true, |area, buf, theme| {
                    draw(area, buf, theme, &Chart { y, reference: Some((0.5, "chance")), ..chart(&series) });
                });
            }
        }
        sweep(true, |area, buf, theme| draw(area, buf, theme, &Chart::default()));
    }
}
