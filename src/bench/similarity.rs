//! How alike all positions are after a layer: cosines of all pairs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::{NAMED, after, largest, layer_name, number, piece, sentence};
use super::{card, frame, in_way, labels, measured, pieces_by_pieces, row_and_column, said, without};
use crate::app::State;
use crate::app::bench::over_rows;
use crate::app::keymap::Scope;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::lab::similar::{mean_of_pairs, similarity};
use crate::lab::way::Way;
use crate::view::theme::Theme;
use crate::view::widgets::scale::Scale;

pub(super) const ROW: ViewRow = ViewRow {
    about: "cosines of all positions of the sentence with each other",
    settings: &["sentence", "layer"],
    keys: &[Scope::Move, Scope::Layers],
    hides: |_| true,
    wants: |state| state.space_request().into_iter().collect(),
    ways: |_| &Way::ALL,
    starts,
    moves: over_rows,
    ..ViewRow::of(View::Similarity, "similarity", Draw::Traced(draw), words)
};

/// The longest word that is there twice; it is what the others are compared with.
fn starts(state: &State) -> Option<(usize, usize)> {
    let pieces = &state.trace()?.pieces;
    let pairs = (0..pieces.len()).flat_map(|row| (row + 1..pieces.len()).map(move |column| (row, column)));
    let twice = pairs.filter(|(row, column)| !pieces[*row].special() && pieces[*row].text == pieces[*column].text);
    // Of equals the first.
    twice.min_by_key(|(row, _)| std::cmp::Reverse(pieces[*row].text.chars().count()))
}

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let layer = state.cursor.layer.min(trace.hidden_states.len().saturating_sub(1));
    let Some(states) = trace.hidden_states.get(layer) else { return };
    let Some(space) = state.space() else { return card(&["The model reads some other sentences."], theme, area, buf) };
    let cosines = similarity(&space.states(layer, states));
    let names = labels(trace, theme);
    let (row, column) = row_and_column(state, trace);
    let dot = theme.glyphs().dot;
    // Vectors of one layer are rarely unlike: the colours begin at the least alike pair, so that they tell something.
    let low = cosines.data.iter().copied().fold(1f32, f32::min);
    let scale = Scale::between(low.min(0.999), 1.0);
    let mean = mean_of_pairs(&cosines).map_or_else(String::new, |mean| format!(" {dot} mean of all pairs {mean:.3}"));
    let under = format!(
        "{} and {}: cosine {:.3} {dot} row {} of {}, column {}",
        names[row],
        names[column],
        cosines.at(row, column),
        row + 1,
        names.len(),
        column + 1
    );
    let foot = [
        said(under, theme.value()),
        scale.legend(2, theme),
        said(format!("1 the same direction, 0 at right angles{mean}"), theme.text()),
        measured("rows and columns: positions; colours begin at the lowest", theme),
    ];
    let caption = format!("how alike the vectors are{}{}", without(state, trace), in_way(state));
    let body = frame(&caption, &format!("{} [ ]", layer_name(layer)), &foot, theme, area, buf);
    pieces_by_pieces(state, trace, &cosines, scale, theme, body, buf);
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let layer = state.cursor.layer.min(trace.hidden_states.len().checked_sub(1)?);
    let cosines = similarity(&state.space()?.states(layer, &trace.hidden_states[layer]));
    let pairs: Vec<(usize, usize)> =
        (0..cosines.rows).flat_map(|row| (row + 1..cosines.rows).map(move |column| (row, column))).collect();
    let values: Vec<f32> = pairs.iter().map(|(a, b)| cosines.at(*a, *b)).collect();
    let order = largest(&values);
    let named = |index: &usize| {
        let (a, b) = pairs[*index];
        format!(
            "{} (piece {}) and {} (piece {}) {}",
            piece(trace, a),
            a + 1,
            piece(trace, b),
            b + 1,
            number(values[*index])
        )
    };
    let list = |of: Vec<String>| if of.is_empty() { "none".to_owned() } else { of.join("; ") };
    let mean = mean_of_pairs(&cosines).map_or_else(String::new, |mean| format!(", mean of all pairs {}", number(mean)));
    Some(vec![
        format!(
            "How alike the vectors after {} are, by cosine{}, for {}{mean}.",
            after(layer),
            in_way(state),
            sentence(trace)
        ),
        format!("Most alike: {}.", list(order.iter().take(NAMED).map(named).collect())),
        format!("Least alike: {}.", list(order.iter().rev().take(NAMED).map(named).collect())),
    ])
}
