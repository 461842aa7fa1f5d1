//! The glossary: the terms of the step on the screen first, then all.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::scrolled;
use crate::app::State;
use crate::lesson::{Term, glossary};
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, span, wrap_hanging};

pub(super) fn draw(state: &State, scroll: u16, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let terms = &state.course.glossary;
    let wide = usize::from(area.width.saturating_sub(8)).min(72);
    let used = state.step().map_or_else(Vec::new, |step| glossary::in_step(terms, step));
    let mut text: Vec<Line<'_>> = Vec::new();
    if !used.is_empty() {
        text.push(Line::from(Span::styled("In this step", theme.heading())));
        used.iter().filter_map(|index| terms.get(*index)).for_each(|term| text.extend(entry(term, wide, theme)));
        text.push(Line::default());
    }
    text.push(Line::from(Span::styled(format!("All {} terms", terms.len()), theme.heading())));
    terms.iter().for_each(|term| text.extend(entry(term, wide, theme)));
    scrolled("Glossary", &text, scroll, theme, area, buf);
}

fn entry<'a>(term: &Term, wide: usize, theme: &Theme) -> Vec<Line<'a>> {
    let own = |text: &str| clean(text, theme.ascii).into_owned();
    let mut spans =
        vec![Span::styled(format!("{}: ", own(&term.name)), theme.key()), span(&term.means, theme.text(), theme)];
    if !term.see.is_empty() {
        spans.push(Span::styled(format!(" See {}.", own(&term.see.join(", "))), theme.dim()));
    }
    wrap_hanging(&spans, wide, 2)
}
