//! The settings: what can be changed now, and the rest with where it comes from.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel;
use crate::app::State;
use crate::app::settings::{COLOURS, ROWS};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{fit, wrap_hanging};

/// Cells of a setting's name.
const NAME: usize = 14;

pub(super) fn draw(state: &State, row: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let wide = usize::from(area.width.saturating_sub(8)).min(72);
    let look = &state.settings.look;
    let values = [
        COLOURS.get(look.colours).copied().unwrap_or_default(),
        if look.ascii { "ASCII" } else { "Unicode" },
        if look.animation { "on" } else { "off: a run is shown every two seconds" },
        if state.mouse { "on" } else { "off" },
    ];
    let mut text = vec![Line::from(Span::styled("For this session: Enter changes", theme.heading()))];
    for (index, (name, value)) in ROWS.iter().zip(values).enumerate() {
        let focus = index == row;
        text.push(Line::from(vec![
            Span::styled(format!("{} ", if focus { theme.glyphs().pointer } else { " " }), theme.key()),
            Span::styled(format!("{name:<NAME$}"), theme.text()),
            Span::styled(format!(" {value} "), if focus { theme.focus() } else { theme.value() }),
        ]));
    }
    text.push(Line::default());
    text.push(Line::from(Span::styled("At the start: options, environment, settings file", theme.heading())));
    for fixed in &state.settings.fixed {
        let spans = [
            Span::styled(format!("  {:<NAME$} ", fixed.name), theme.text()),
            Span::styled(fit(&fixed.value, wide, theme.ascii), theme.value()),
            Span::styled(format!("  ({})", fixed.from), theme.dim()),
        ];
        text.extend(wrap_hanging(&spans, wide, NAME + 3));
    }
    let inside = panel("Settings", text.len() as u16, theme, area, buf);
    lines(&text, inside, buf);
}
