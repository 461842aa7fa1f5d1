//! A lesson's text without a screen: paragraphs, lists and values with their sources in words.

use ratatui::text::Span;

use crate::app::{State, values};
use crate::lesson::{Block, Inline, Source};
use crate::view::widgets::text::{clean, wrap};

/// Columns of a paragraph.
const WIDTH: usize = 72;

/// A paragraph in lines of at most 72 columns, control characters shown.
pub(super) fn wrapped(paragraph: &str) -> String {
    let mut out = String::new();
    for line in paragraph.split('\n') {
        let line = clean(line, false).into_owned();
        for row in wrap(&[Span::raw(line)], WIDTH) {
            out.push_str(row.to_string().trim_end());
            out.push('\n');
        }
    }
    out
}

/// The blocks of a step, one string each.
pub(super) fn blocks(state: &State, blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|block| one(state, block)).collect()
}

fn one(state: &State, block: &Block) -> String {
    match block {
        Block::Paragraph(text) => inlines(state, text),
        Block::Quote(text) => format!("Quotation: {}", inlines(state, text)),
        Block::Code(code) => code.trim_end().to_owned(),
        Block::List { ordered, items } => {
            let sign = |index: usize| if *ordered { format!("{}.", index + 1) } else { "-".to_owned() };
            let items =
                items.iter().enumerate().map(|(index, item)| format!("{} {}", sign(index), inlines(state, item)));
            items.collect::<Vec<_>>().join("\n")
        }
    }
}

/// Where a figure is from. A citation names its source itself; a name has none.
pub(super) fn from(source: Option<Source>) -> &'static str {
    match source {
        Some(Source::Live) => " [measured here]",
        Some(Source::Record) => " [recorded]",
        Some(Source::Cite) | None => "",
    }
}

/// A run of text; behind every value stands in words where it comes from.
pub(super) fn inlines(state: &State, inlines: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(text)
        | Inline::Strong(text)
        | Inline::Emphasis(text)
        | Inline::Code(text)
        | Inline::Term { text, .. } => text.clone(),
        Inline::Value(value) => {
            let known = values::resolve(state, value);
            if known.ready {
                known.text + from(known.source)
            } else {
                "(a figure that the run of this step measures)".to_owned()
            }
        }
    };
    inlines.iter().map(one).collect()
}
