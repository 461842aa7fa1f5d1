//! Threads from the piece that asks to the pieces that it looks at: one head's, or the mean of all heads.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::{ROWS, largest, number, piece, sentence};
use super::{chosen, frame, hidden, label_roles, labels, matrix, measured, row_and_column, said, without};
use crate::app::State;
use crate::app::pieces::place_of;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{Matrix, TraceData};
use crate::view::theme::Theme;
use crate::view::widgets::threads::{self, Threads};

/// What may be set and how it moves is what [`matrix`] has: it is the same weights, in another picture.
pub(super) const ROW: ViewRow = ViewRow {
    view: View::Threads,
    name: "threads",
    about: "threads from the piece that asks to those that it looks at",
    measures: &["one-head", "all-heads"],
    settings: &["sentence", "measure", "layer", "head"],
    starts,
    draw: Draw::Traced(draw),
    words,
    ..matrix::ROW
};

/// The weights that the chosen measure shows [T x T], and whose they are.
fn weights<'a>(state: &State, trace: &'a TraceData) -> Option<(Cow<'a, Matrix>, String)> {
    let (layer, head) = chosen(state, trace);
    let heads = trace.attentions.get(layer - 1)?;
    if state.measure() != Some("all-heads") {
        return Some((Cow::Borrowed(heads.get(head)?), format!("head {}", head + 1)));
    }
    let first = heads.first()?;
    let share = |at: usize| heads.iter().map(|head| head.data[at]).sum::<f32>() / heads.len() as f32;
    let mean = (0..first.data.len()).map(share).collect();
    Some((Cow::Owned(Matrix::new(first.rows, first.cols, mean)), format!("mean of {} heads", heads.len())))
}

fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some((weights, whose)) = weights(state, trace) else { return };
    let (layer, _) = chosen(state, trace);
    let (names, shown) = (labels(trace, theme), state.shown());
    let (row, column) = row_and_column(state, trace);
    let dot = theme.glyphs().dot;
    let under = format!(
        "\"{}\" looks at \"{}\" with {:.3} {dot} piece {} of {}",
        names[row],
        names[column],
        weights.at(row, column),
        row + 1,
        names.len()
    );
    let mut foot = vec![said(under, theme.value())];
    foot.extend(hidden(state, trace, weights.row(row), theme));
    foot.push(said("the thicker a thread, the larger the weight; all weights of a piece add to 1", theme.text()));
    foot.push(measured("j k: who asks; h l: whom it looks at", theme));
    let caption = format!("what \"{}\" looks at{}", names[row], without(state, trace));
    let body = frame(&caption, &format!("layer {layer} [ ]  {whose} {{ }} v"), &foot, theme, area, buf);
    let kept: Vec<String> = shown.iter().map(|index| names[*index].clone()).collect();
    let picture = Threads {
        names: &kept,
        roles: &label_roles(trace, &shown),
        weight: &|from, to| weights.at(shown[from], shown[to]),
        cursor: (place_of(&shown, row), place_of(&shown, column)),
    };
    threads::draw(body, buf, theme, &picture);
}

/// The word that looks most at another word.
fn starts(state: &State) -> Option<(usize, usize)> {
    let trace = state.trace()?;
    let (weights, _) = weights(state, trace)?;
    let words: Vec<usize> = (0..weights.rows).filter(|index| !trace.pieces[*index].special()).collect();
    let pairs = words.iter().flat_map(|row| words.iter().map(move |column| (*row, *column)));
    pairs
        .filter(|(row, column)| row != column)
        .max_by(|(a, b), (c, d)| weights.at(*a, *b).total_cmp(&weights.at(*c, *d)))
}

/// The threads of the piece that asks, the thickest first.
fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let (weights, whose) = weights(state, trace)?;
    let (layer, _) = chosen(state, trace);
    let (row, _) = row_and_column(state, trace);
    let seen: Vec<String> = largest(weights.row(row))
        .into_iter()
        .take(ROWS)
        .map(|column| format!("{} {}", piece(trace, column), number(weights.at(row, column))))
        .collect();
    Some(vec![
        format!("Layer {layer}, {whose}, in {}.", sentence(trace)),
        format!("{} looks at, most first: {}. All its weights add to 1.", piece(trace, row), seen.join(", ")),
    ])
}
