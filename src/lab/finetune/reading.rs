//! What a readout reads from a packed batch, as tensors with a gradient.

use candle_core::{Result, Tensor};

use super::Example;
use crate::lab::{Readout, features};

/// One vector a sentence [B x D] (2D for `cls+mean`) of the hidden states [N x D] of `examples` packed end to end.
///
/// All readouts but `max` are averages of some rows: one product with a matrix [B x N].
///
/// # Errors
/// When the shapes do not fit.
pub(super) fn pooled(readout: &Readout, hidden: &Tensor, examples: &[&Example]) -> Result<Tensor> {
    match readout {
        Readout::Max => largest(hidden, examples),
        Readout::ClsMean => {
            Tensor::cat(&[average(&Readout::Cls, hidden, examples)?, average(&Readout::Mean, hidden, examples)?], 1)
        }
        _ => average(readout, hidden, examples),
    }
}

fn average(readout: &Readout, hidden: &Tensor, examples: &[&Example]) -> Result<Tensor> {
    let count = hidden.dim(0)?;
    let mut shares = vec![0f32; examples.len() * count];
    let mut start = 0;
    for (example, shares) in examples.iter().zip(shares.chunks_mut(count.max(1))) {
        let rows = features::rows(readout, &example.encoding.special, example.hash);
        rows.iter().for_each(|row| shares[start + row] = 1.0 / rows.len() as f32);
        start += example.encoding.input.len();
    }
    Tensor::from_vec(shares, (examples.len(), count), hidden.device())?.matmul(hidden)
}

/// For each sentence and dimension the largest value; the gradient goes to the row that has it.
fn largest(hidden: &Tensor, examples: &[&Example]) -> Result<Tensor> {
    let (_, width) = hidden.dims2()?;
    let numbers: Vec<f32> = hidden.flatten_all()?.to_vec1()?;
    let mut start = 0;
    let mut winners = Vec::with_capacity(examples.len() * width);
    for example in examples {
        let end = start + example.encoding.input.len();
        winners.extend((0..width).map(|column| {
            let at = |row: usize| numbers[row * width + column];
            (start..end).reduce(|best, row| if at(row) > at(best) { row } else { best }).unwrap_or(start) as u32
        }));
        start = end;
    }
    let winners = Tensor::from_vec(winners, (examples.len(), width), hidden.device())?;
    hidden.gather(&winners, 0)
}
