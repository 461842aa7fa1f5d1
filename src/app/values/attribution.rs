//! Values of attribution, similarity and of two sentences side by side.

use super::{State, layer, place};
use crate::lab::attribution::AttributionData;
use crate::lab::record::Datum;
use crate::lab::similar::{apart, mean_of_pairs, rank_correlation, similarity};
use crate::lab::{Matrix, TraceData};

fn number(value: f32) -> Datum {
    Datum::Number(f64::from(value))
}

/// Rank correlation, over the words, of the size of the integrated parts with raw attention of `[CLS]` in the last
/// layer, and with its rollout; special tokens have no part by construction and are left out.
#[must_use]
pub fn agreement(trace: &TraceData, data: &AttributionData) -> (Option<f32>, Option<f32>) {
    let size: Vec<f32> = data.integrated.iter().map(|part| part.abs()).collect();
    let with = |measure: &Matrix| {
        let row = measure.row(measure.rows.saturating_sub(1));
        let (sizes, shares): (Vec<f32>, Vec<f32>) = words(trace).map(|word| (size[word], row[word])).unzip();
        rank_correlation(&sizes, &shares)
    };
    if size.len() != trace.pieces.len() || trace.mixing.raw.cols != trace.pieces.len() {
        return (None, None);
    }
    (with(&trace.mixing.raw), with(&trace.mixing.rollout))
}

/// Positions of the pieces that are no special tokens.
fn words(trace: &TraceData) -> impl Iterator<Item = usize> {
    (0..trace.pieces.len()).filter(|index| !trace.pieces[*index].special())
}

pub(super) fn of_attribution(state: &State, rest: &str) -> Option<Datum> {
    let (data, trace) = (state.attribution()?, state.trace()?);
    let largest = |values: &[f32]| {
        words(trace).filter(|word| *word < values.len()).max_by(|a, b| values[*a].abs().total_cmp(&values[*b].abs()))
    };
    let top = || largest(&data.integrated);
    let looked = || largest(trace.mixing.rollout.row(trace.mixing.rollout.rows.checked_sub(1)?));
    let text = |word: Option<usize>| Some(Datum::Text(trace.pieces.get(word?)?.shown.clone()));
    match rest {
        "logit" => Some(number(data.logit)),
        "baseline" => Some(number(data.baseline)),
        "gap" => Some(number(data.gap())),
        "top" => text(top()),
        "looked" => text(looked()),
        "agree" => Some(Datum::Text(if top()? == looked()? { "yes" } else { "no" }.to_owned())),
        "raw" => agreement(trace, data).0.map(number),
        "rollout" => agreement(trace, data).1.map(number),
        _ => None,
    }
}

pub(super) fn of_similarity(state: &State, rest: &str) -> Option<Datum> {
    let trace = state.trace()?;
    let mean = |layer: usize| mean_of_pairs(&similarity(trace.hidden_states.get(layer)?));
    if rest == "rise" {
        return Some(number(mean(trace.model.layers)? - mean(0)?));
    }
    let (what, at) = rest.split_once('.')?;
    let at = layer(at, trace.model.layers)?;
    match what {
        "mean" => mean(at).map(number),
        "cls" => {
            let cosines = similarity(trace.hidden_states.get(at)?);
            let others = cosines.row(0).get(1..)?;
            (!others.is_empty()).then(|| number(others.iter().sum::<f32>() / others.len() as f32))
        }
        _ => None,
    }
}

pub(super) fn of_difference(state: &State, rest: &str) -> Option<Datum> {
    let (first, second) = (state.trace()?, state.other_trace()?);
    let cls =
        |layer: usize| Some(apart(first.hidden_states.get(layer)?.row(0), second.hidden_states.get(layer)?.row(0)));
    if matches!(rest, "most" | "place") {
        let far: Vec<f32> = (0..=first.model.layers).filter_map(cls).collect();
        let most = (0..far.len()).max_by(|a, b| far[*a].total_cmp(&far[*b]))?;
        return Some(if rest == "most" { Datum::Number(most as f64) } else { place(most, first.model.layers) });
    }
    cls(layer(rest.strip_prefix("cls.")?, first.model.layers)?).map(number)
}
