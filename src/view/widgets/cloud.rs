//! Many dots in a plane, a sign for each label, and one of one's own among them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{fit, put, width};
use crate::view::theme::{Role, Theme};

/// The dots.
#[derive(Debug, Clone, Copy)]
pub struct Dots<'a> {
    /// Whose they are.
    pub title: &'a str,
    /// Its look.
    pub role: Role,
    /// Where each is.
    pub points: &'a [[f32; 2]],
    /// Its label's number.
    pub labels: &'a [usize],
    /// One's own.
    pub own: Option<[f32; 2]>,
}

/// Signs of labels, the lightest first; further labels have letters.
const SIGNS: [&str; 10] = [".", "+", "o", "x", "*", "#", "=", "%", "~", "^"];
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The share of the dots at each end of an axis that may stand at the edge: a few far away would press all others together.
const FAR: f32 = 0.01;

/// The sign of a label; there are not more than 36.
#[must_use]
pub fn sign(label: usize) -> &'static str {
    let letter = |at: usize| LETTERS.get(at..=at).unwrap_or("?");
    SIGNS.get(label).copied().unwrap_or_else(|| letter(label - SIGNS.len()))
}

/// Two labels are told apart by weight, too.
fn style(label: usize, theme: &Theme) -> Style {
    match label {
        0 => theme.dim(),
        1 => theme.value(),
        _ => theme.text(),
    }
}

/// Low and high of most of these numbers.
fn ends(mut values: Vec<f32>, own: Option<f32>) -> (f32, f32) {
    values.retain(|value| value.is_finite());
    values.sort_by(f32::total_cmp);
    let far = (values.len() as f32 * FAR) as usize;
    let (Some(low), Some(high)) = (values.get(far), values.iter().rev().nth(far)) else { return (0.0, 1.0) };
    let own = own.filter(|own| own.is_finite()).unwrap_or(*low);
    (low.min(own), high.max(own))
}

/// Draws the title, and below it the dots; where several share a place, the commonest label's sign stands there.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, dots: &Dots<'_>) {
    let area = area.intersection(buf.area);
    if area.width < 2 || area.height < 2 {
        return;
    }
    let title = fit(dots.title, usize::from(area.width), theme.ascii);
    put(buf, area.x, area.y, area.width, &title, theme.style(dots.role));
    let plane = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let axis =
        |axis: usize| ends(dots.points.iter().map(|point| point[axis]).collect(), dots.own.map(|point| point[axis]));
    let (across, up) = (axis(0), axis(1));
    let place = |value: f32, (low, high): (f32, f32), cells: u16| {
        let share = if high > low { ((value - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 };
        (share * f32::from(cells - 1)).round() as u16
    };
    let cell = |[x, y]: [f32; 2]| {
        let finite = x.is_finite() && y.is_finite();
        let line = || plane.height - 1 - place(y, up, plane.height);
        finite.then(|| (plane.x + place(x, across, plane.width), plane.y + line()))
    };
    let labels = dots.labels.iter().max().map_or(0, |most| most + 1);
    let cells = usize::from(plane.width) * usize::from(plane.height);
    let mut counts = vec![0usize; cells * labels];
    for (point, label) in dots.points.iter().zip(dots.labels) {
        if let Some((x, y)) = cell(*point) {
            let at = usize::from(y - plane.y) * usize::from(plane.width) + usize::from(x - plane.x);
            counts[at * labels + label] += 1;
        }
    }
    for (at, counts) in counts.chunks(labels.max(1)).enumerate() {
        let commonest = (0..counts.len()).rev().max_by_key(|label| counts[*label]).filter(|label| counts[*label] > 0);
        if let Some(label) = commonest {
            let (x, y) = ((at % usize::from(plane.width)) as u16, (at / usize::from(plane.width)) as u16);
            put(buf, plane.x + x, plane.y + y, 1, sign(label), style(label, theme));
        }
    }
    if let Some((x, y)) = dots.own.and_then(cell) {
        let glyph = theme.glyphs().highlight;
        put(buf, x, y, 1, glyph, theme.focus());
        let name = "yours";
        let beside = if x + 2 + width(name) as u16 <= plane.right() { x + 1 } else { x.saturating_sub(6).max(plane.x) };
        put(buf, beside, y, plane.right() - beside, &format!(" {name}"), theme.key());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    #[test]
    fn two_groups_that_are_apart_are_apart_on_the_screen() {
        let points: Vec<[f32; 2]> =
            (0..60).map(|i| [if i % 2 == 0 { -5.0 } else { 5.0 } + (i % 7) as f32 * 0.1, (i % 11) as f32]).collect();
        let labels: Vec<usize> = (0..60).map(|i| i % 2).collect();
        let dots = Dots { title: "[CLS]", role: Role::Cls, points: &points, labels: &labels, own: Some([5.0, 3.0]) };
        let drawn = screen(40, 10, |area, buf| draw(area, buf, &Theme::new(Depth::None, false), &dots));
        assert_eq!(drawn[0], "[CLS]");
        for line in drawn[1..].iter().filter(|line| !line.is_empty()) {
            let half = |from: usize, sign: char| line.chars().skip(from).take(20).any(|c| c == sign);
            assert!(!half(0, '+') && !half(20, '.'), "{drawn:#?}");
        }
        assert!(drawn.iter().any(|line| line.contains('◆') && line.contains("yours")), "{drawn:#?}");
    }

    #[test]
    fn one_far_away_does_not_press_the_others_together() {
        let mut points: Vec<[f32; 2]> = (0..300).map(|i| [(i % 20) as f32, (i / 20) as f32]).collect();
        points[7] = [1e6, 1e6];
        let labels = vec![0; 300];
        let dots = Dots { title: "", role: Role::Mean, points: &points, labels: &labels, own: None };
        let drawn = screen(40, 16, |area, buf| draw(area, buf, &Theme::new(Depth::None, true), &dots));
        let seen: usize = drawn.iter().map(|line| line.matches('.').count()).sum();
        assert!(seen > 100, "{drawn:#?}");
    }

    #[test]
    fn signs_differ_and_every_size_is_drawn() {
        let mut signs: Vec<&str> = (0..36).map(sign).collect();
        signs.sort_unstable();
        signs.dedup();
        assert_eq!((signs.len(), sign(99)), (36, "?"));
        let odd = [[f32::NAN, 0.0], [1e30, -1e30], [0.0, f32::INFINITY], [1.0, 1.0]];
        for (points, labels) in [(&odd[..], &[0, 1, 25, 60][..]), (&odd[3..], &[0]), (&[], &[])] {
            sweep(true, |area, buf, theme| {
                for own in [None, Some([f32::NAN, 1.0]), Some([3.0, 1.0])] {
                    draw(area, buf, theme, &Dots { title: "x", role: Role::Text, points, labels, own });
                }
            });
        }
    }
}
