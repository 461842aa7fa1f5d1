//! Many numbers as upright bars side by side, one of them marked: the one that towers over the others is seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::bar;
use ratatui::widgets::{Sparkline, SparklineBar, Widget};

use super::text::{put, width};
use crate::view::theme::{Role, Theme};

/// What is shown.
#[derive(Debug, Clone, Copy)]
pub struct Spikes<'a> {
    /// Said above the bars.
    pub title: &'a str,
    /// The numbers, from 0 up; where there are more than columns, a column shows the largest of its block.
    pub values: &'a [f32],
    /// What a bar of full height stands for.
    pub most: f32,
    /// The number that is marked, and what is written below it.
    pub marked: (usize, &'a str),
}

/// Steps of height that are told apart: more than a terminal has lines times eight.
const STEPS: f32 = 10_000.0;

/// Where only ASCII is shown: half a cell or more is a full one.
const BLOCKS: bar::Set<'static> = bar::Set {
    full: "#",
    seven_eighths: "#",
    three_quarters: "#",
    five_eighths: "#",
    half: "#",
    three_eighths: ".",
    one_quarter: ".",
    one_eighth: ".",
    empty: " ",
};

/// The largest of each of `columns` blocks, and the block of the number at `marked`.
fn blocks(values: &[f32], columns: usize, marked: usize) -> (Vec<f32>, usize) {
    let count = columns.min(values.len());
    let edge = |index: usize| index * values.len() / count.max(1);
    let largest = |block: &[f32]| block.iter().copied().filter(|value| value.is_finite()).fold(0f32, f32::max);
    let blocks = (0..count).map(|index| largest(&values[edge(index)..edge(index + 1)])).collect();
    let at = (0..count).find(|index| (edge(*index)..edge(index + 1)).contains(&marked)).unwrap_or(0);
    (blocks, at)
}

/// Draws title, bars and mark; nothing where there are fewer than four lines.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, spikes: &Spikes<'_>) {
    let area = area.intersection(buf.area);
    if area.height < 4 || area.width == 0 || spikes.values.is_empty() {
        return;
    }
    put(buf, area.x, area.y, area.width, spikes.title, theme.label());
    let (values, at) = blocks(spikes.values, usize::from(area.width), spikes.marked.0);
    let height = |value: f32| (value / spikes.most.max(f32::MIN_POSITIVE) * STEPS).clamp(0.0, STEPS) as u64;
    let bars: Vec<SparklineBar> = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let role = if index == at { Role::Cls } else { Role::Dim };
            SparklineBar::from(height(*value)).style(theme.style(role))
        })
        .collect();
    let set = if theme.ascii { BLOCKS } else { bar::NINE_LEVELS };
    let plot = Rect { y: area.y + 1, height: area.height - 3, ..area };
    Sparkline::default().data(bars).max(STEPS as u64).bar_set(set).render(plot, buf);
    let line = plot.bottom();
    for x in area.x..area.x + values.len() as u16 {
        put(buf, x, line, 1, theme.glyphs().frame[0], theme.border());
    }
    let at = area.x + at as u16;
    put(buf, at, line, 1, theme.glyphs().up, theme.key());
    let name = spikes.marked.1;
    let wide = width(name) as u16;
    let x = at.saturating_sub(wide / 2).max(area.x).min(area.right().saturating_sub(wide).max(area.x));
    put(buf, x, line + 1, area.right() - x, name, theme.value());
}

#[cfg(test)]
mod tests {
    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    #[test]
    fn the_largest_of_a_block_is_seen_and_marked() {
        let mut values = vec![0.001; 40];
        values[13] = 0.9;
        assert_eq!(blocks(&values, 10, 13).1, 3);
        let theme = Theme::new(Depth::None, true);
        let spikes = Spikes { title: "shares", values: &values, most: 1.0, marked: (13, "number 13") };
        assert_eq!(
            screen(10, 6, |area, buf| draw(area, buf, &theme, &spikes)),
            ["shares", "   #", "   #", "   #", "---^------", "number 13"]
        );
    }

    #[test]
    fn every_number_is_in_one_block() {
        for (columns, count) in [(1, 1), (7, 384), (384, 384), (500, 384), (10, 11)] {
            let values: Vec<f32> = (0..count).map(|index| index as f32).collect();
            let (found, at) = blocks(&values, columns, count - 1);
            assert_eq!((found.len(), at), (columns.min(count), columns.min(count) - 1));
            assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each block has its own largest");
        }
    }

    #[test]
    fn copes_with_every_size() {
        for values in [&[0.0, f32::NAN, f32::INFINITY, -1.0][..], &[]] {
            sweep(true, |area, buf, theme| {
                draw(area, buf, theme, &Spikes { title: "t", values, most: 0.0, marked: (9, "none") });
            });
        }
    }
}
