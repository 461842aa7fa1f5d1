//! The step in code: the lines that a user of a library writes for it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::scrolled;
use crate::app::State;
use crate::view::theme::Theme;
use crate::view::widgets::text::{span, wrap};

pub(super) fn draw(state: &State, scroll: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(code) = state.step().and_then(|step| step.code.as_deref()) else { return };
    let wide = usize::from(area.width.saturating_sub(8)).min(72);
    let mut text: Vec<Line<'_>> = code.lines().map(|line| Line::from(span(line, theme.value(), theme))).collect();
    text.push(Line::default());
    let said = "These lines do in a Python program what this step shows. The course does not run them.";
    text.extend(wrap(&[Span::styled(said, theme.dim())], wide));
    scrolled("In your code", &text, scroll, theme, area, buf);
}
