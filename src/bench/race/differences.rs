//! What lanes differ by, each with its interval, on a scale with nothing and the margin marked: the verdict as a picture.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::role_of;
use crate::lab::{Margin, Pair, verdict};
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::text::{fit, put};

/// Lines that so many differences take: a title, the rows, and their axis.
pub(super) fn height(count: usize) -> u16 {
    count as u16 + 2
}

/// A difference of two lanes with its interval as shares; `text` stands behind it.
pub(super) fn row([a, b]: [&str; 2], [value, low, high]: [f64; 3], seeds: &[f64], text: String) -> Bar {
    let points = |share: f64| (100.0 * share) as f32;
    Bar {
        label: format!("{} - {}", verdict::name(b), verdict::name(a)),
        value: points(value),
        text,
        role: role_of(b, 0),
        interval: Some((points(low), points(high))),
        dots: if seeds.len() > 1 { seeds.iter().map(|seed| points(*seed)).collect() } else { Vec::new() },
    }
}

/// Those of a finished race that has lanes of one mode; with two modes the words say which is which.
pub(super) fn rows(pairs: &[Pair]) -> Vec<Bar> {
    let of_lanes = || pairs.iter().filter(|pair| pair.layer.is_some());
    let one_mode = of_lanes().all(|pair| of_lanes().next().is_some_and(|first| first.mode == pair.mode));
    let row = |pair: &Pair| {
        let worth = &pair.worth;
        let ends = [worth.difference, worth.ci95[0], worth.ci95[1]];
        row([&pair.a, &pair.b], ends, &worth.by_seed, format!("{:+.1}", 100.0 * worth.difference))
    };
    if one_mode { of_lanes().map(row).collect() } else { Vec::new() }
}

/// Draws them below a title.
pub(super) fn draw(rows: &[Bar], margin: Margin, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let margin = margin.points() as f32;
    let title = format!("difference in points; between the outer lines ({margin}): negligible");
    put(buf, area.x, area.y, area.width, &fit(&title, usize::from(area.width), theme.ascii), theme.style(Role::Label));
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    bars::draw(below, buf, theme, &Bars { axis: true, marks: &[-margin, 0.0, margin], ..Bars::new(rows) });
}
