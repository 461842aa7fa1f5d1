//! Nearest words of the vocabulary to one piece's word embedding.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::{NAMED, number};
use super::{card, frame, label_of, labels, measured, said, token};
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{Request, TraceData};
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the rows of the word table that are nearest to a piece",
    measures: &["cosine", "dot"],
    settings: &["sentence", "measure"],
    families: &[values::families::NEIGHBOURS],
    wants: |state| vec![Request::Neighbours { sentence: state.sentence(), position: state.cursor.token }],
    // The text sends the learner to a word.
    starts: |state| state.trace().filter(|trace| trace.pieces.len() > 2).map(|_| (0, 1)),
    ..ViewRow::of(View::Neighbours, "neighbours", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.neighbours() else {
        return card(&["Comparing with every entry of the vocabulary."], theme, area, buf);
    };
    let (list, measure, meaning) = if state.cursor.variant == 0 {
        (&data.cosine, "cosine", "cosine: 1 same direction, 0 at right angles; length does not count")
    } else {
        (&data.dot, "dot product", "dot product: direction and length both count")
    };
    let foot = [
        said(format!("h l piece {} v measure {} {meaning}", theme.glyphs().dot, theme.glyphs().dot), theme.dim()),
        measured(
            &format!("against all {} entries of the word table", super::race::whole(trace.model.vocabulary)),
            theme,
        ),
    ];
    let name = &labels(trace, theme)[token(state, trace)];
    let body =
        frame(&format!("vocabulary entries nearest to \"{name}\", before any layer"), measure, &foot, theme, area, buf);
    let rows: Vec<Bar> = list
        .iter()
        .take(usize::from(body.height))
        .map(|(word, value)| Bar {
            label: label_of(word, theme),
            value: *value,
            text: format!("{value:.3}"),
            role: Role::Text,
            ..Bar::default()
        })
        .collect();
    // A cosine has a scale of its own: the nearest may still be far away.
    let range = (measure == "cosine").then_some((0.0, 1.0));
    bars::draw(body, buf, theme, &Bars { range, ..Bars::new(&rows) });
}

fn words(state: &State) -> Option<Vec<String>> {
    let data = state.neighbours()?;
    let near: Vec<String> =
        data.cosine.iter().take(NAMED).map(|(word, cosine)| format!("{word} {}", number(*cosine))).collect();
    Some(vec![format!("Nearest to {} in the vocabulary, by cosine: {}.", data.piece, near.join(", "))])
}
