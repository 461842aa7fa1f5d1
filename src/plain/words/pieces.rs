//! Pieces, embeddings, operations and the recorded heads' answers, in words.

use super::{NAMED, number, sentence};
use crate::app::State;
use crate::lab::{Matrix, TraceData, verdict};

pub(super) fn tokens(trace: &TraceData) -> Vec<String> {
    let pieces: Vec<String> = trace.pieces.iter().map(|piece| format!("{} is id {}", piece.shown, piece.id)).collect();
    let mut said =
        vec![format!("The sentence {} becomes {} pieces: {}.", sentence(trace), pieces.len(), pieces.join(", "))];
    let notes = trace.writing();
    if !notes.is_empty() {
        said.push(format!("About the pieces: {}.", notes.join("; ")));
    }
    said
}

/// What the classifier says that the checkpoint brings along.
fn own(trace: &TraceData) -> Option<Vec<String>> {
    let answers: Vec<String> = trace.own.iter().map(|(name, share)| format!("{name} {}", number(*share))).collect();
    let kind = trace.model.answers.note().map_or(String::new(), |note| format!("; {note}"));
    let said =
        format!("For the sentence {}, the model's own classifier says: {}{kind}.", sentence(trace), answers.join(", "));
    (!answers.is_empty()).then(|| vec![said])
}

/// What is missing where no classifier is known, and how one is had.
pub(super) fn unfitted(state: &State) -> Vec<String> {
    let mut said = vec![state.no_heads()];
    if state.heads_request().is_some() {
        said.push("The course on a screen fits two here, and so does --plain on a terminal.".to_owned());
    }
    said
}

pub(super) fn label(state: &State, trace: &TraceData) -> Vec<String> {
    let origin = trace.labels.first().map_or("recorded", |label| label.origin());
    let mut said = vec![format!("For the sentence {}, the classifiers {origin} say:", sentence(trace))];
    for label in &trace.labels {
        said.push(format!(
            "From the vector of {}: {}, the probability of {} is {} (0.5 is undecided).",
            verdict::name(&label.readout),
            label.class(),
            label.classes[1],
            number(label.positive)
        ));
    }
    if trace.labels.is_empty() {
        return own(trace).into_iter().flatten().chain(unfitted(state)).collect();
    }
    said
}

fn length(matrix: &Matrix, row: usize) -> String {
    number(matrix.row(row).iter().map(|value| value * value).sum::<f32>().sqrt())
}

pub(super) fn embedding(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let at = state.cursor.token.min(trace.pieces.len().checked_sub(1)?);
    Some(vec![format!(
        "The {} numbers of piece {}, {}: the word's vector has length {}, the position's {}, the segment's {}; their sum {}, and after LayerNorm {}.",
        trace.word.cols,
        at + 1,
        trace.pieces[at].shown,
        length(&trace.word, at),
        length(&trace.position, at),
        length(&trace.segment, at),
        length(&trace.sum, at),
        length(trace.hidden_states.first()?, at)
    )])
}

pub(super) fn stepper(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let operation = trace.operations.get(state.cursor.operation)?;
    let place = operation.layer.map_or(String::new(), |layer| format!("layer {layer}, "));
    let mut said = vec![format!(
        "Operation {} of {}, {place}{}: {}. {}. Shapes: {}.",
        state.cursor.operation + 1,
        trace.operations.len(),
        operation.block,
        operation.name,
        operation.formula,
        operation.shapes
    )];
    said.push(operation.why.to_owned());
    if let Some(effect) = operation.effects.first() {
        said.push(format!(
            "What it did to [CLS]: length {} became {}; moved by {}, cosine {}.",
            number(effect.norm_before),
            number(effect.norm_after),
            number(effect.moved),
            number(effect.cosine)
        ));
    }
    Some(said)
}

pub(super) fn neighbours(state: &State) -> Option<Vec<String>> {
    let data = state.neighbours()?;
    let near: Vec<String> =
        data.cosine.iter().take(NAMED).map(|(word, cosine)| format!("{word} {}", number(*cosine))).collect();
    Some(vec![format!("Nearest to {} in the vocabulary, by cosine: {}.", data.piece, near.join(", "))])
}
