//! The colours of maps: from dark to light for sizes, from violet over dark to lime for numbers with a sign.

use ratatui::style::{Color, Style};

use super::Depth;

/// A background with an ink that can be read on it.
pub(super) fn background(depth: Depth, (r, g, b): (u8, u8, u8)) -> Style {
    let ink = if luminance(r, g, b) > 0.179 { Color::Rgb(0, 0, 0) } else { Color::Rgb(255, 255, 255) };
    depth.profile().adapt_style(Style::new().bg(Color::Rgb(r, g, b)).fg(ink))
}

/// Relative luminance as WCAG defines it; above 0.179 black has more contrast than white.
pub(super) fn luminance(r: u8, g: u8, b: u8) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// The ramp of sizes: Cividis (Nuñez, Anderton, Renslow 2018), which rises out of the dark instead of beginning at navy.
pub(super) fn dark_to_light(t: f64) -> (u8, u8, u8) {
    const DARK: [f64; 3] = [24.0, 24.0, 28.0];
    const RISEN: f64 = 0.3;
    let color = colorous::CIVIDIS.eval_continuous(t);
    let amount = (t / RISEN).min(1.0);
    let mix = |index: usize, to: u8| (DARK[index] + (f64::from(to) - DARK[index]) * amount).round() as u8;
    (mix(0, color.r), mix(1, color.g), mix(2, color.b))
}

/// The diverging ramp: brightness is magnitude, hue is sign. Its hues are no lane's: orange and blue are `[CLS]` and `GlobalPooling`.
pub(super) fn violet_to_lime(t: f64) -> (u8, u8, u8) {
    const MIDDLE: [f64; 3] = [38.0, 38.0, 42.0];
    let end = if t < 0.5 { [190.0, 144.0, 255.0] } else { [176.0, 214.0, 64.0] };
    let amount = ((t - 0.5).abs() * 2.0).clamp(0.0, 1.0);
    let mix = |index: usize| (MIDDLE[index] + (end[index] - MIDDLE[index]) * amount).round() as u8;
    (mix(0), mix(1), mix(2))
}
