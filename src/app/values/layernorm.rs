//! Values of the first LayerNorm (`layernorm.…`): how long vectors are before it, between its two halves, and after it.

use super::State;
use crate::lab::Matrix;
use crate::lab::normalise::{input, standard_lengths};
use crate::lab::record::Datum;

/// `before|scaled|after.shortest|longest`, over the pieces of the sentence.
pub(super) fn of_layernorm(state: &State, rest: &str) -> Option<Datum> {
    let operations = &state.trace()?.operations;
    let at = operations.iter().position(|operation| operation.block == "embeddings" && operation.name == "norm")?;
    let (what, which) = rest.split_once('.')?;
    let lengths = match what {
        "before" => lengths(input(operations, at)?),
        "scaled" => standard_lengths(input(operations, at)?),
        "after" => lengths(operations[at].values.first()?),
        _ => return None,
    };
    let length = match which {
        "shortest" => lengths.into_iter().min_by(f32::total_cmp),
        "longest" => lengths.into_iter().max_by(f32::total_cmp),
        _ => None,
    };
    length.map(|length| Datum::Number(f64::from(length)))
}

fn lengths(rows: &Matrix) -> Vec<f32> {
    (0..rows.rows).map(|row| rows.row(row).iter().map(|value| value * value).sum::<f32>().sqrt()).collect()
}
