//! The stages on the way from a text to an answer, and where on it a view looks: one line above each bench.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::View;
use crate::app::State;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, fit, width};

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Text,
    Pieces,
    Embeddings,
    Layers,
    Vector,
    Answer,
}

impl Stage {
    /// From the text to the answer.
    pub(super) const ALL: [Self; 6] =
        [Self::Text, Self::Pieces, Self::Embeddings, Self::Layers, Self::Vector, Self::Answer];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Pieces => "pieces",
            Self::Embeddings => "embeddings",
            Self::Layers => "layers",
            Self::Vector => "one vector",
            Self::Answer => "answer",
        }
    }
}

/// Lines from one stage to the next where so many are there for all: with an arrow between, and empty lines around it.
pub(super) fn apart(room: u16) -> u16 {
    let stages = Stage::ALL.len() as u16;
    if room >= 4 * stages - 3 {
        4
    } else if room >= 2 * stages - 1 {
        2
    } else {
        1
    }
}

impl View {
    /// Where it looks; `None`: at the whole way, or beyond it.
    pub(super) const fn stage(self) -> Option<Stage> {
        use View as V;
        Some(match self {
            V::Tokens => Stage::Pieces,
            V::Embedding | V::Neighbours => Stage::Embeddings,
            V::Stepper
            | V::Mixing
            | V::Map
            | V::Arrange
            | V::Attention
            | V::Matrix
            | V::Heads
            | V::Similarity
            | V::Difference
            | V::Received
            | V::Ranges
            | V::Painted
            | V::Threads
            | V::Gradient
            | V::Learning => Stage::Layers,
            V::Compare | V::Decode | V::Aggregate | V::Nearest | V::Largest | V::Probe | V::Order => Stage::Vector,
            V::Race | V::Label | V::Attribution | V::Histories | V::Slope | V::Answers | V::Rivals => Stage::Answer,
            V::Notebook | V::Whole => return None,
        })
    }
}

/// Cells that the beginning of the sentence has in the line.
const BEGINNING: usize = 16;

/// The way in one line, the stage of the bench marked; nothing where a bench has none.
pub(crate) fn line(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(here) = state.bench().and_then(|bench| bench.view.stage()) else { return };
    let own = state.bench().is_some_and(|bench| bench.view.row().of_one_sentence());
    let text = if own { beginning(state, theme) } else { "sentences".to_owned() };
    let line = |text: String| {
        let mut spans = vec![Span::styled(text, theme.dim())];
        for stage in Stage::ALL.into_iter().skip(1) {
            // The line has less room than a list.
            let name = if stage == Stage::Vector { "vector" } else { stage.name() };
            spans.push(Span::styled(format!(" {} ", theme.glyphs().more_right), theme.dim()));
            spans.push(if stage == here {
                Span::styled(format!("[{name}]"), theme.value())
            } else {
                Span::styled(name, theme.dim())
            });
        }
        Line::from(spans)
    };
    let whole = line(text);
    let fits = whole.width() <= usize::from(area.width);
    let shown = if fits { whole } else { line(Stage::Text.name().to_owned()) };
    buf.set_line(area.x, area.y, &shown, area.width);
}

/// The first words of the sentence in use.
fn beginning(state: &State, theme: &Theme) -> String {
    let text: String = state.sentence().text.chars().take(4 * BEGINNING).collect();
    let text = clean(text.trim(), theme.ascii).into_owned();
    if width(&text) <= BEGINNING { text } else { fit(&text, BEGINNING, theme.ascii) }
}
