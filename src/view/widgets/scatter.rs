//! Labelled points in a plane, with labels that make room for each other, and the trail of one of them.
//!
//! Both directions have the same scale (a cell counts as twice as high as wide), because distances carry meaning.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scale::bounds;
use super::text::{fit, put, width};
use crate::view::theme::{Role, Theme};

/// A point.
#[derive(Debug, Clone, Copy, Default)]
pub struct Point<'a> {
    /// Where it is.
    pub x: f32,
    /// Where it is.
    pub y: f32,
    /// Its label (a word piece); left out where there is no room.
    pub label: &'a str,
    /// Its look.
    pub role: Role,
    /// Drawn with a sign of its own, and labelled before the others.
    pub highlight: bool,
}

/// What a scatter plot shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scatter<'a> {
    /// The points.
    pub points: &'a [Point<'a>],
    /// Earlier places of one point (the layers before): faint dots, the places themselves as digits from 0.
    pub trail: &'a [(f32, f32)],
    /// The point that has the focus.
    pub cursor: Option<usize>,
    /// Left, right, bottom and top; `None`: as points and trail.
    pub bounds: Option<[f32; 4]>,
}

/// From the plane to cells.
struct Plane {
    area: Rect,
    centre: (f32, f32),
    /// Cells of width for one unit.
    scale: f32,
}

impl Plane {
    fn new(area: Rect, scatter: &Scatter<'_>) -> Self {
        let xs = scatter.points.iter().map(|point| point.x).chain(scatter.trail.iter().map(|place| place.0));
        let ys = scatter.points.iter().map(|point| point.y).chain(scatter.trail.iter().map(|place| place.1));
        let [left, right, bottom, top] = scatter.bounds.unwrap_or_else(|| {
            let ((left, right), (bottom, top)) = (bounds(xs).unwrap_or((0.0, 1.0)), bounds(ys).unwrap_or((0.0, 1.0)));
            [left, right, bottom, top]
        });
        // The right edge is kept free for labels where there is room for them.
        let columns = f32::from(area.width.saturating_sub(if area.width > 40 { 8 } else { 1 }));
        let rows = f32::from(area.height.saturating_sub(1)) * 2.0;
        let scale = (columns / (right - left)).min(rows / (top - bottom));
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        Self { area, centre: (f32::midpoint(left, right), f32::midpoint(bottom, top)), scale }
    }

    /// The cell of a place; `None` outside the area.
    fn cell(&self, x: f32, y: f32) -> Option<(u16, u16)> {
        let column = f32::from(self.area.width - 1) / 2.0 + (x - self.centre.0) * self.scale;
        let row = f32::from(self.area.height - 1) / 2.0 - (y - self.centre.1) * self.scale / 2.0;
        let inside =
            |at: f32, size: u16| (at.is_finite() && at > -0.5 && at < f32::from(size) - 0.5).then(|| at.round() as u16);
        Some((self.area.x + inside(column, self.area.width)?, self.area.y + inside(row, self.area.height)?))
    }
}

/// Draws trail, points and labels.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, scatter: &Scatter<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let plane = Plane::new(area, scatter);
    draw_trail(&plane, buf, theme, scatter.trail);
    // The focused and highlighted points come last, on top; their labels are placed first.
    let rank = |index: usize| {
        usize::from(scatter.cursor == Some(index)) * 2
            + scatter.points.get(index).map_or(0, |p| usize::from(p.highlight))
    };
    let mut order: Vec<usize> = (0..scatter.points.len()).collect();
    order.sort_by_key(|index| rank(*index));
    let mut taken: HashSet<(u16, u16)> = scatter.trail.iter().filter_map(|(x, y)| plane.cell(*x, *y)).collect();
    for index in &order {
        let point = &scatter.points[*index];
        if let Some((x, y)) = plane.cell(point.x, point.y) {
            let sign = if point.highlight { theme.glyphs().highlight } else { theme.glyphs().point };
            let style = if scatter.cursor == Some(*index) { theme.focus() } else { theme.style(point.role) };
            put(buf, x, y, 1, sign, style);
            taken.insert((x, y));
        }
    }
    for index in order.iter().rev() {
        let point = &scatter.points[*index];
        let Some(at) = plane.cell(point.x, point.y) else { continue };
        let text = fit(point.label, usize::from(area.width.saturating_sub(2)).min(16), theme.ascii);
        let size = width(&text) as u16;
        let focus = scatter.cursor == Some(*index);
        if let Some((x, y)) = free_place(area, at, size, &taken, focus) {
            let style = if focus { theme.focus() } else { theme.style(point.role) };
            put(buf, x, y, size, &text, style);
            taken.extend((x..x + size).map(|x| (x, y)));
        }
    }
}

/// A place for a label beside, above or below its point that neither covers nor touches anything else; the focused
/// label may cover others.
fn free_place(
    area: Rect,
    (x, y): (u16, u16),
    size: u16,
    taken: &HashSet<(u16, u16)>,
    must: bool,
) -> Option<(u16, u16)> {
    if size == 0 {
        return None;
    }
    let centred = x.saturating_sub(size / 2).max(area.x).min(area.right().saturating_sub(size));
    let left = x.checked_sub(size + 1);
    let places = [Some((x + 2, y)), left.map(|x| (x, y)), Some((centred, y.wrapping_sub(1))), Some((centred, y + 1))];
    let inside = |(x, y): (u16, u16)| x >= area.x && x + size <= area.right() && y >= area.y && y < area.bottom();
    // A free cell at both ends, so that it is clear whose label it is.
    let own = (x, y);
    let free = |(x, y): (u16, u16)| (x.saturating_sub(1)..=x + size).all(|x| (x, y) == own || !taken.contains(&(x, y)));
    let mut possible = places.into_iter().flatten().filter(|place| inside(*place));
    let fallback = possible.clone().next().filter(|_| must);
    possible.find(|place| free(*place)).or(fallback)
}

fn draw_trail(plane: &Plane, buf: &mut Buffer, theme: &Theme, trail: &[(f32, f32)]) {
    for pair in trail.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        let length = ((x1 - x0).abs().max((y1 - y0).abs() / 2.0) * plane.scale / 2.0).clamp(1.0, 200.0) as usize;
        for step in 1..length {
            let t = step as f32 / length as f32;
            if let Some((x, y)) = plane.cell(x0 + t * (x1 - x0), y0 + t * (y1 - y0)) {
                put(buf, x, y, 1, if theme.ascii { "." } else { "·" }, theme.dim());
            }
        }
    }
    for (index, (x, y)) in trail.iter().enumerate() {
        if let Some((x, y)) = plane.cell(*x, *y) {
            put(buf, x, y, 1, &(index % 10).to_string(), theme.label());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    fn points() -> [Point<'static>; 4] {
        let at = |x: f32, y: f32, label: &'static str| Point { x, y, label, ..Point::default() };
        let cls = Point { highlight: true, role: Role::Cls, ..at(0.0, 0.0, "[CLS]") };
        [cls, at(10.0, 5.0, "not"), at(10.2, 5.0, "bad"), at(-10.0, -5.0, "电影")]
    }

    #[test]
    fn labels_make_room_for_each_other() {
        let theme = Theme::new(Depth::None, false);
        let points = points();
        let scatter =
            Scatter { points: &points, trail: &[(-6.0, 4.0), (0.0, 0.0)], cursor: Some(1), ..Scatter::default() };
        let drawn = screen(60, 11, |area, buf| draw(area, buf, &theme, &scatter)).join("\n");
        for label in ["◆ [CLS]", "not", "bad", "• 电影", "0"] {
            assert!(drawn.contains(label), "{label} in\n{drawn}");
        }
    }

    #[test]
    fn the_focused_label_is_always_there() {
        let crowd: Vec<Point<'_>> = (0..200)
            .map(|i| Point { x: (i % 20) as f32, y: (i / 20) as f32, label: "crowd", ..Point::default() })
            .collect();
        let theme = Theme::new(Depth::TrueColor, false);
        for cursor in [0, 57, 199] {
            let mut points = crowd.clone();
            points[cursor].label = "here";
            let scatter = Scatter { points: &points, cursor: Some(cursor), ..Scatter::default() };
            let drawn = screen(40, 10, |area, buf| draw(area, buf, &theme, &scatter)).join("\n");
            assert!(drawn.contains("here"), "{cursor}\n{drawn}");
        }
    }

    #[test]
    fn copes_with_every_size() {
        let odd = [
            Point { x: f32::NAN, label: "nan", ..Point::default() },
            Point { x: 1e30, y: -1e30, label: "far", ..Point::default() },
        ];
        let near: Vec<Point<'_>> = points().into_iter().take(3).collect();
        for points in [&near[..], &odd, &[]] {
            for bounds in [None, Some([0.0; 4]), Some([1.0, -1.0, f32::NAN, 1.0])] {
                sweep(true, |area, buf, theme| {
                    let trail = [(0.0, 0.0), (3.0, f32::NAN), (3.0, 4.0)];
                    draw(area, buf, theme, &Scatter { points, trail: &trail, cursor: Some(2), bounds });
                });
            }
        }
    }
}
