//! Numbers to places and colours: the scale of a map with its legend, ticks, short numbers for narrow cells, the part of a
//! long list that is visible.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::view::theme::Theme;

/// The scale of a map: its colours and signs, for its cells and for its legend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    low: f32,
    high: f32,
    signed: bool,
}

impl Scale {
    /// From `low` to `high`, dark to light.
    pub fn between(low: f32, high: f32) -> Self {
        Self { low, high, signed: false }
    }

    /// From `-most` to `most`: violet below zero, lime above.
    pub const fn signed(most: f32) -> Self {
        Self { low: -most, high: most, signed: true }
    }

    /// Whether its numbers have signs.
    pub fn is_signed(self) -> bool {
        self.signed
    }

    /// How many decimals tell its numbers apart: three where the largest is below a tenth.
    pub fn decimals(self) -> usize {
        if self.high < 0.1 { 3 } else { 2 }
    }

    /// Where a number lies on the ramp: 0..=1, of a signed one -1..=1.
    fn place(self, value: f32) -> f32 {
        if value.is_nan() {
            return f32::NAN;
        }
        if !self.signed {
            return fraction(value, self.low, self.high);
        }
        let t = value / self.high;
        if t.is_finite() { t.clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// The look of a cell with this number.
    pub fn style(self, value: f32, theme: &Theme) -> Style {
        if self.signed { theme.diverging(self.place(value)) } else { theme.heat(self.place(value)) }
    }

    /// Its sign, where colour would say too little.
    pub fn glyph(self, value: f32, theme: &Theme) -> char {
        if self.signed { theme.diverging_glyph(self.place(value)) } else { theme.heat_glyph(self.place(value)) }
    }

    /// Its sign on a coloured cell: colour alone would not say whether a number is above zero.
    pub fn sign(self, value: f32, theme: &Theme) -> char {
        let neutral = theme.diverging_glyph(0.0);
        Some(self.glyph(value, theme)).filter(|sign| self.signed && *sign != neutral).unwrap_or(' ')
    }

    /// The legend: `0 ░▒▓█ 1`, in the colours of the map; numbers with so many decimals.
    pub fn legend(self, decimals: usize, theme: &Theme) -> Line<'static> {
        let number = |value: f32| match value {
            value if value.abs() < f32::EPSILON => "0".to_owned(),
            value if (value.abs() - 1.0).abs() < f32::EPSILON => format!("{value:.0}"),
            value if self.signed => format!("{value:+.decimals$}"),
            value => format!("{value:.decimals$}"),
        };
        self.legend_between(&number(self.low), &number(self.high), theme)
    }

    /// The legend with words at its ends.
    pub fn legend_between(self, low: &str, high: &str, theme: &Theme) -> Line<'static> {
        let steps = if self.signed { 11 } else { 10 };
        let value = |step: usize| self.low + (self.high - self.low) * step as f32 / (steps - 1) as f32;
        let mut spans = vec![Span::styled(format!("{low} "), theme.label())];
        if theme.glyph_ramp() {
            let ramp = if self.signed { theme.glyphs().signs } else { &theme.glyphs().ramp[1..] };
            let style = |index: usize| {
                let t = index as f32 / (ramp.len() - 1).max(1) as f32;
                if self.signed { theme.diverging(t * 2.0 - 1.0) } else { theme.heat(t) }
            };
            spans.extend(ramp.iter().enumerate().map(|(index, sign)| Span::styled(sign.to_string(), style(index))));
        } else {
            let cell =
                |step: usize| Span::styled(self.sign(value(step), theme).to_string(), self.style(value(step), theme));
            spans.extend((0..steps).map(cell));
        }
        spans.push(Span::styled(format!(" {high}"), theme.label()));
        Line::from(spans)
    }
}

/// Where `value` lies between `low` and `high`, 0..=1; 0 when that cannot be said.
pub fn fraction(value: f32, low: f32, high: f32) -> f32 {
    let t = (value - low) / (high - low);
    if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 }
}

/// "↑ 2 more  ↓ 3 more": what of a list or map is not shown, by the sign of its direction; empty where nothing is hidden.
pub fn hidden(counts: &[(&str, usize)]) -> String {
    let there = counts.iter().filter(|(_, count)| *count > 0);
    there.map(|(sign, count)| format!("{sign} {count} more")).collect::<Vec<_>>().join("  ")
}

/// Smallest and largest finite number; `None` when there is none.
pub fn bounds(values: impl IntoIterator<Item = f32>) -> Option<(f32, f32)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |bounds, value| match bounds {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// At most `max` round numbers within `low..=high`, evenly spaced, with the text each is shown as. `whole` keeps to
/// whole numbers (layers, steps).
pub fn ticks(low: f32, high: f32, max: usize, whole: bool) -> Vec<(f32, String)> {
    let (low, high) = (f64::from(low), f64::from(high));
    if max == 0 || !low.is_finite() || !high.is_finite() || low >= high {
        return Vec::new();
    }
    let rough = ((high - low) / max as f64).max(if whole { 1.0 } else { 0.0 });
    let power = 10_f64.powf(rough.log10().floor());
    for factor in [1.0, 2.0, 5.0, 10.0, 20.0] {
        let step = power * factor;
        // A hair of tolerance, so that 0.7 counts as a multiple of 0.1.
        let (first, last) = ((low / step - 1e-4).ceil(), (high / step + 1e-4).floor());
        if last - first < max as f64 {
            let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
            let count = (last - first).max(-1.0) as i64 + 1;
            return (0..count)
                .map(|index| ((first + index as f64) * step) as f32)
                // `+ 0.0` turns a negative zero into a plain one.
                .map(|value| (value, format!("{:.decimals$}", value + 0.0)))
                .collect();
        }
    }
    Vec::new()
}

/// Which of `count` lines are shown where there is room for so many, that of the cursor among them; and where not all are,
/// what is said of the rest, for which a line is left free.
pub fn scrolled(cursor: usize, count: usize, room: usize, theme: &Theme) -> (Range<usize>, Option<String>) {
    let cut = room < count && room > 1;
    let rows = (room - usize::from(cut)).min(count);
    let first = window(Some(cursor), count, rows);
    let glyphs = theme.glyphs();
    let rest = || hidden(&[(glyphs.up, first), (glyphs.down, count - first - rows)]);
    (first..first + rows, cut.then(rest))
}

/// A number in at most `width` cells, if it can be: `.38`, `-.4`, `1.0`, `12`, `1e4`; empty when it is not a number.
pub fn short(value: f32, width: usize) -> String {
    short_to(value, width, 2)
}

/// [`short`] with at most so many decimals.
pub fn short_to(value: f32, width: usize, most: usize) -> String {
    if value.is_nan() {
        return String::new();
    }
    for decimals in (0..=most).rev() {
        let text = format!("{:.decimals$}", value + 0.0);
        let text = match text.strip_prefix("-0.") {
            Some(rest) if rest.bytes().all(|digit| digit == b'0') => format!(".{rest}"),
            Some(rest) => format!("-.{rest}"),
            None => text.strip_prefix("0.").map_or(text.clone(), |rest| format!(".{rest}")),
        };
        if text.len() <= width {
            return text;
        }
    }
    let text = format!("{value:.0e}");
    if text.len() <= width { text } else { "#".repeat(width) }
}

/// First visible index of a list of `total`, of which `visible` fit, so that `cursor` is among them.
pub fn window(cursor: Option<usize>, total: usize, visible: usize) -> usize {
    cursor.unwrap_or(0).min(total.saturating_sub(1)).saturating_sub(visible / 2).min(total.saturating_sub(visible))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::theme::Depth;

    fn texts(low: f32, high: f32, max: usize) -> Vec<String> {
        ticks(low, high, max, false).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_legend_has_the_colours_of_its_map() {
        for depth in Depth::ALL {
            for ascii in [false, true] {
                let theme = Theme::new(depth, ascii);
                for scale in [Scale::between(0.2, 0.7), Scale::signed(0.3)] {
                    let legend = scale.legend(2, &theme);
                    let ramp = &legend.spans[1..legend.spans.len() - 1];
                    let (first, last) = (&ramp[0], &ramp[ramp.len() - 1]);
                    assert_eq!(first.style, scale.style(scale.low, &theme), "{depth:?} {ascii}");
                    assert_eq!(last.style, scale.style(scale.high, &theme), "{depth:?} {ascii}");
                }
            }
        }
        let text = |scale: Scale, theme: &Theme| scale.legend(1, theme).to_string();
        assert_eq!(text(Scale::between(0.0, 1.0), &Theme::new(Depth::Sixteen, false)), "0 ░▒▓█ 1");
        assert_eq!(text(Scale::signed(0.5), &Theme::new(Depth::None, true)), "-0.5 =-.+# +0.5");
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts(0.7, 0.85, 4), ["0.70", "0.75", "0.80", "0.85"]);
        assert_eq!(texts(0.0, 6.0, 7), ["0", "1", "2", "3", "4", "5", "6"]);
        assert_eq!(texts(-1.0, 1.0, 3), ["-1", "0", "1"]);
        assert_eq!(ticks(0.0, 2.0, 9, true).len(), 3);
        assert!(texts(1.0, 1.0, 3).is_empty() && texts(f32::NAN, 1.0, 3).is_empty());
        for max in 1..12 {
            for high in [0.01, 0.3, 7.0, 126.0, 9e5] {
                assert!(ticks(0.0, high, max, false).len() <= max, "{high} {max}");
            }
        }
    }

    #[test]
    fn short_numbers_fit_their_cell() {
        assert_eq!(short(0.384, 3), ".38");
        assert_eq!(short(0.999, 3), "1.0");
        assert_eq!(short(-0.384, 3), "-.4");
        assert_eq!(short(-0.001, 3), ".00");
        assert_eq!(short(12.34, 4), "12.3");
        assert_eq!(short(f32::NAN, 3), "");
        for width in 0..6 {
            for value in [0.0, 1.0, -1.0, 0.5, 1e9, -3e-9, f32::INFINITY, f32::NEG_INFINITY] {
                assert!(short(value, width).len() <= width);
            }
        }
    }

    #[test]
    fn the_window_holds_the_cursor() {
        for total in 0..20 {
            for visible in 0..25 {
                let first = window(None, total, visible);
                assert_eq!(first, 0);
                for cursor in 0..total {
                    let first = window(Some(cursor), total, visible);
                    assert!(first + visible <= total.max(visible));
                    assert!(visible == 0 || (first..first + visible).contains(&cursor));
                }
            }
        }
    }

    #[test]
    fn bounds_skip_what_is_no_number() {
        assert_eq!(bounds([f32::NAN, 2.0, -1.0]), Some((-1.0, 2.0)));
        assert_eq!(bounds([]), None);
        assert!((fraction(5.0, 5.0, 5.0)).abs() < 1e-9);
    }
}
