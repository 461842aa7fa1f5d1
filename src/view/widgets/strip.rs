//! A vector as a one-line strip of colour: each cell stands for a block of neighbouring numbers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::scale::Scale;
use super::text::{fit, put, width};
use crate::view::theme::Theme;

/// What a strip shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strip<'a> {
    /// Written at the left.
    pub label: &'a str,
    /// Cells for the label; strips below each other give the same. 0: as wide as the label.
    pub label_width: u16,
    /// The vector.
    pub values: &'a [f32],
    /// Written at the right, usually `norm 7.91`.
    pub note: &'a str,
    /// Cells for the note; 0: as wide as the note.
    pub note_width: u16,
    /// Size of the strongest colour, where strips are to be compared; `None`: one that nine of ten cells keep below.
    pub scale: Option<f32>,
}

/// The scale of all strips, for their legend: each has its own strongest colour.
pub const LEGEND: Scale = Scale::signed(1.0);

/// The means of `values` in `width` blocks.
fn blocks(values: &[f32], width: usize) -> Vec<f32> {
    let count = width.min(values.len());
    let edge = |index: usize| index * values.len() / count.max(1);
    let mean = |block: &[f32]| block.iter().sum::<f32>() / block.len().max(1) as f32;
    (0..count).filter_map(|index| values.get(edge(index)..edge(index + 1))).map(mean).collect()
}

/// What the strongest colour stands for: a size that nine of ten numbers keep below, because one that outweighs all others
/// (lesson 02 has such a number) would leave the rest without colour.
pub fn usual(values: &[f32]) -> f32 {
    let mut sizes: Vec<f32> = values.iter().map(|value| value.abs()).filter(|size| size.is_finite()).collect();
    sizes.sort_by(f32::total_cmp);
    sizes.get(sizes.len() * 9 / 10).copied().unwrap_or(1.0).max(f32::MIN_POSITIVE)
}

/// Draws the strip into the first line of `area`.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, strip: &Strip<'_>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let or = |given: u16, text: &str| if given > 0 { given } else { width(text) as u16 };
    // Label and note give way before the strip does.
    let label = or(strip.label_width, strip.label).min(area.width / 3);
    let note = match or(strip.note_width, strip.note) {
        note if note + label + 10 <= area.width => note,
        _ => 0,
    };
    let text = fit(strip.label, usize::from(label), theme.ascii);
    put(buf, area.x, area.y, label, &text, theme.style(Theme::role_of(strip.label)));
    let left = if label > 0 { label + 1 } else { 0 };
    let room = area.width.saturating_sub(left + if note > 0 { note + 2 } else { 0 });
    let cells = blocks(strip.values, usize::from(room));
    let scale = Scale::signed(strip.scale.unwrap_or_else(|| usual(&cells)));
    for (index, value) in cells.iter().enumerate() {
        let sign = if theme.glyph_ramp() { scale.glyph(*value, theme) } else { scale.sign(*value, theme) };
        let x = area.x + left + index as u16;
        put(buf, x, area.y, 1, sign.encode_utf8(&mut [0; 4]), scale.style(*value, theme));
    }
    if note > 0 {
        let text = fit(strip.note, usize::from(note), theme.ascii);
        put(buf, area.right() - note, area.y, note, &text, theme.label());
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::super::testing::{screen, sweep};
    use super::*;
    use crate::view::theme::Depth;

    #[test]
    fn blocks_cover_every_number_once() {
        assert_eq!(blocks(&[1.0, 3.0, -4.0, 2.0], 2), [2.0, -1.0]);
        assert_eq!(blocks(&[1.0, 2.0], 9), [1.0, 2.0]);
        assert!(blocks(&[], 9).is_empty() && blocks(&[1.0], 0).is_empty());
        assert_eq!(blocks(&[1.0; 384], 53), vec![1.0; 53]);
    }

    #[test]
    fn one_number_that_outweighs_all_others_does_not_take_their_colour() {
        let mut values: Vec<f32> = (0..40).map(|index| (index as f32).sin()).collect();
        let plain = usual(&values);
        values[7] = 50.0;
        assert!((usual(&values) - plain).abs() < 0.1, "{plain}");
        assert!((usual(&[0.5, -2.0]) - 2.0).abs() < 1e-6, "of few the largest");
        assert!(usual(&[]) > 0.0 && usual(&[f32::NAN]) > 0.0 && usual(&[0.0; 9]) > 0.0);
    }

    #[test]
    fn draws_signs_where_colour_says_too_little() {
        let values = [-1.0, -0.5, 0.0, 0.5, 1.0, 0.0];
        let strip = Strip { label: "[CLS]", values: &values, note: "norm 1.58", ..Strip::default() };
        let theme = Theme::new(Depth::Sixteen, false);
        assert_eq!(screen(30, 1, |area, buf| draw(area, buf, &theme, &strip)), ["[CLS] ▼▾·▴▲·         norm 1.58"]);
        let theme = Theme::new(Depth::None, true);
        assert_eq!(screen(12, 1, |area, buf| draw(area, buf, &theme, &strip)), ["[CL. =-.+#."]);
    }

    #[test]
    fn draws_backgrounds_in_colour_with_signs() {
        let strip = Strip { label: "x", values: &[-1.0, 1.0], ..Strip::default() };
        let mut buf = Buffer::empty(Rect::new(0, 0, 10, 1));
        draw(buf.area, &mut buf, &Theme::default(), &strip);
        assert_eq!(buf[(2, 0)].bg, Color::Rgb(190, 144, 255));
        assert_eq!(buf[(2, 0)].symbol(), "▼", "colour is not alone in saying which side of zero it is");
        assert_eq!(buf[(3, 0)].symbol(), "▲");
    }

    #[test]
    fn copes_with_every_size() {
        let values: Vec<f32> = (0..384).map(|index| (index as f32).sin()).collect();
        for values in [&values[..], &[], &[f32::NAN, f32::INFINITY, 0.0]] {
            sweep(true, |area, buf, theme| {
                draw(area, buf, theme, &Strip { label: "a label", values, note: "norm", ..Strip::default() });
            });
        }
    }
}
