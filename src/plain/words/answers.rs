//! What a head's answer rests on, where a loss touches, and what the notebook answers, in words.

use super::{piece, sentence};
use crate::app::values::attribution::agreement;
use crate::app::{State, values};
use crate::lab::attribution::STEPS;
use crate::lab::{TraceData, verdict};
use crate::lesson::Format;

/// Pieces that are told one by one.
const PIECES: usize = 24;

pub(super) fn attribution(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    if state.lacks_heads() {
        return Some(super::pieces::unfitted(state));
    }
    let data = state.attribution()?;
    let head = trace.labels.iter().find(|label| label.readout == "cls")?;
    let last = trace.mixing.raw.rows.checked_sub(1)?;
    let (raw, rollout) = (trace.mixing.raw.row(last), trace.mixing.rollout.row(last));
    let mut said = vec![format!(
        "What each piece adds to the answer of the {} head on [CLS], for {}; plus speaks for {}. Integrated gradients in {STEPS} steps; in brackets gradient times input, then raw attention and rollout of the last layer:",
        head.origin(),
        sentence(trace),
        head.classes[1]
    )];
    let count = data.integrated.len().min(data.gradient.len()).min(raw.len()).min(rollout.len());
    let one = |at: usize| {
        format!(
            "{} {:+.3} ({:+.3}; {:.3}, {:.3})",
            piece(trace, at),
            data.integrated[at],
            data.gradient[at],
            raw[at],
            rollout[at]
        )
    };
    let list: Vec<String> = (0..count.min(PIECES)).map(one).collect();
    said.push(format!("{}.", list.join(", ")));
    if count > PIECES {
        said.push(format!("{} more pieces are left out here.", count - PIECES));
    }
    said.push(format!(
        "They add to {:+.3}: the logit {:+.3} less {:+.3} {}; unexplained {:+.3}.",
        data.integrated.iter().sum::<f32>(),
        data.logit,
        data.baseline,
        data.compared(),
        data.gap()
    ));
    let (with_raw, with_rollout) = agreement(trace, data);
    let said_of =
        |value: Option<f32>| value.map_or_else(|| "too few words to tell".to_owned(), |value| format!("{value:+.2}"));
    said.push(format!(
        "Rank correlation over words of their sizes with raw attention: {}; with rollout: {}.",
        said_of(with_raw),
        said_of(with_rollout)
    ));
    Some(said)
}

pub(super) fn gradient(state: &State) -> Option<Vec<String>> {
    let data = state.gradient()?;
    let mut said = Vec::new();
    for (readout, map) in &data.maps {
        said.push(format!("Where the loss of a classifier on {} touches:", verdict::name(readout)));
        for layer in (0..map.rows).rev() {
            let row = map.row(layer);
            let touched = row.iter().filter(|norm| **norm > 0.0).count();
            let share = row.first()? / row.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            said.push(format!(
                "After layer {layer}: {touched} of {} positions; {} of the length lies on [CLS].",
                map.cols,
                values::write(f64::from(share), Format::Percent)
            ));
        }
    }
    Some(said)
}

/// The four questions with what answers them.
pub(super) fn notebook(state: &State) -> Vec<String> {
    let mut said = vec!["The four answers, from what was measured:".to_owned()];
    for (index, answer) in state.answers().iter().enumerate() {
        said.push(format!("Question {}: {} {}", index + 1, answer.question, answer.verdict));
        let points = answer
            .points
            .iter()
            .map(|point| format!("- {}: {} [{}]", point.what, point.value, point.origin.in_words()));
        let points: Vec<String> = points.collect();
        if !points.is_empty() {
            said.push(points.join("\n"));
        }
        said.extend(answer.gap.clone().or_else(|| answer.partly.clone()));
    }
    said
}
