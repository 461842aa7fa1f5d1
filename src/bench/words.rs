//! What the benches' words have in common.

use crate::app::{State, values};
use crate::lab::TraceData;
use crate::lab::record::Datum;
use crate::lesson::Format;

/// How many are named where there may be many: neighbours, the strongest of all pairs.
pub(super) const NAMED: usize = 5;

/// Rows of a map that are told one by one.
pub(super) const ROWS: usize = 24;

/// A number with two decimals.
pub(super) fn number(value: f32) -> String {
    values::write(f64::from(value), Format::Decimals(2))
}

/// A text with a capital at its beginning.
pub(super) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}

/// The sentence in quotes; of a long one the beginning.
pub(super) fn sentence(trace: &TraceData) -> String {
    let text: String = trace.sentence.text.chars().take(200).collect();
    format!("\"{text}\"")
}

/// A piece by its place.
pub(super) fn piece(trace: &TraceData, at: usize) -> &str {
    trace.pieces.get(at).map_or("?", |piece| &piece.shown)
}

/// Indices by falling value.
pub(super) fn largest(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}

/// A recorded number.
pub(super) fn recorded(state: &State, key: &str) -> Option<f64> {
    match state.records.get(key) {
        Some(Datum::Number(number)) => Some(*number),
        _ => None,
    }
}

/// A layer's name in a map: "embeddings" or "layer 3".
pub(super) fn layer_name(layer: usize) -> String {
    if layer == 0 { "embeddings".to_owned() } else { format!("layer {layer}") }
}

/// Where a layer is: "the embeddings" or "layer 3".
pub(super) fn after(layer: usize) -> String {
    if layer == 0 { "the embeddings".to_owned() } else { layer_name(layer) }
}

/// What a run that is not made here would do, and the command that does it.
pub(super) fn offered(what: &str, command: &str) -> Vec<String> {
    vec![what.to_owned(), format!("Run this here: {command}")]
}

/// What is missing where no classifier is known, and how one is had.
pub(super) fn unfitted(state: &State) -> Vec<String> {
    let mut said = vec![state.no_heads()];
    if state.heads_request().is_some() {
        said.push("The course on a screen fits two here, and so does --plain on a terminal.".to_owned());
    }
    said
}
