//! Collects runs of text into [`Inline`]s: text that Markdown cuts (at brackets, at line ends) is put together again
//! before `{{…}}` is looked for.

use super::problem::visible;
use super::reference;
use crate::lesson::Inline;

/// A mistake found in a run: byte offset in the Markdown, sentence, advice.
pub(super) type Mistake = (usize, String, Option<String>);

/// How a run is set. Emphasis inside strong text is strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Style {
    #[default]
    Plain,
    Strong,
    Emphasis,
}

/// The inlines of the block that is being read.
#[derive(Debug, Default)]
pub(super) struct Inlines {
    done: Vec<Inline>,
    run: String,
    style: Style,
    /// Where pieces of the run began: offset in the run, offset in the Markdown.
    pieces: Vec<(usize, usize)>,
    strong: usize,
    emphasis: usize,
    /// The term of the glossary that the text links.
    term: Option<String>,
    mistakes: Vec<Mistake>,
}

impl Inlines {
    /// Text that stands at `offset` in the Markdown.
    pub(super) fn text(&mut self, text: &str, offset: usize) {
        let style = match (self.strong, self.emphasis) {
            (0, 0) => Style::Plain,
            (0, _) => Style::Emphasis,
            _ => Style::Strong,
        };
        if style != self.style {
            self.flush();
            self.style = style;
        }
        self.pieces.push((self.run.len(), offset));
        self.run.push_str(text);
    }

    /// `` `code` ``, taken as it stands.
    pub(super) fn code(&mut self, code: &str) {
        self.flush();
        self.done.push(Inline::Code(visible(&code.replace('\t', " "))));
    }

    pub(super) fn strong(&mut self, begins: bool) {
        self.strong = if begins { self.strong + 1 } else { self.strong.saturating_sub(1) };
    }

    pub(super) fn emphasis(&mut self, begins: bool) {
        self.emphasis = if begins { self.emphasis + 1 } else { self.emphasis.saturating_sub(1) };
    }

    /// What follows is a term of the glossary.
    pub(super) fn begin_term(&mut self, name: &str) {
        self.flush();
        self.term = Some(visible(name.trim()));
    }

    /// The term ends here.
    pub(super) fn end_term(&mut self) {
        self.flush();
        self.term = None;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.run.trim().is_empty()
    }

    /// The block's inlines and the mistakes in them; the next block starts empty.
    pub(super) fn take(&mut self) -> (Vec<Inline>, Vec<Mistake>) {
        self.flush();
        let taken = std::mem::take(self);
        (taken.done, taken.mistakes)
    }

    fn flush(&mut self) {
        let run = visible(&std::mem::take(&mut self.run).replace('\t', " "));
        let pieces = std::mem::take(&mut self.pieces);
        if let Some(name) = &self.term {
            if !run.is_empty() {
                self.done.push(Inline::Term { text: run, name: name.clone() });
            }
            return;
        }
        let style = self.style;
        let plain = |text| match style {
            Style::Plain => Inline::Text(text),
            Style::Strong => Inline::Strong(text),
            Style::Emphasis => Inline::Emphasis(text),
        };
        let mistakes = &mut self.mistakes;
        let found = reference::split(&run, plain, |at, message, help| {
            let piece = pieces.partition_point(|(start, _)| *start <= at).checked_sub(1).and_then(|at| pieces.get(at));
            mistakes.push((piece.map_or(0, |(start, offset)| offset + (at - start)), message, help));
        });
        self.done.extend(found);
    }
}
