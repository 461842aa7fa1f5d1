//! How each model was tuned, as a picture: what the loss of that training read of a sentence.

use ratatui::text::{Line, Span};

use super::History;
use crate::app::State;
use crate::bench::{unread, written};
use crate::view::theme::{Role, Theme};
use crate::view::widgets::painted::Word;
use crate::view::widgets::text::{clean, wrap};

/// A model a block: its name, and the sentence in use with the pieces marked whose vectors its tuning read.
pub(super) fn blocks(
    state: &State,
    known: &[History<'_>],
    at: usize,
    room: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (index, history) in known.iter().enumerate() {
        let name = clean(history.name(), theme.ascii).into_owned();
        let pointer = if index == at { theme.glyphs().pointer } else { " " };
        let style = if index == at { theme.focus() } else { theme.value() };
        lines.push(Line::from(vec![
            Span::styled(format!("{pointer} "), theme.key()),
            Span::styled(name, style),
            Span::styled(format!("  {} layers, {}", history.layer, history.tuned()), theme.text()),
        ]));
        lines.extend(sentence(state, history.through(), room, theme));
        lines.push(Line::default());
    }
    lines.pop();
    lines
}

/// The sentence, what was read of it in the colour of its lane, the rest as dots.
fn sentence(state: &State, through: &str, room: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(trace) = state.trace() else { return Vec::new() };
    let look = |index: usize, word: Word| match through {
        "mean" => Span::styled(word.text, theme.style(Role::Mean)),
        "[CLS]" if index == 0 => Span::styled(word.text, theme.style(Role::Cls)),
        _ => Span::styled(unread(&word.text, theme), theme.dim()),
    };
    let spans: Vec<Span<'_>> = [Span::raw("  ")].into_iter().chain(written(trace, theme, &look)).collect();
    wrap(&spans, room).into_iter().take(MOST).collect()
}

/// Lines that a sentence takes at most.
const MOST: usize = 3;
