//! What a readout reads from a packed batch, as tensors with a gradient.

use candle_core::{Result, Tensor};

use super::Example;
use crate::lab::{Readout, features};

/// One vector a sentence [B x D] (2D for `cls+mean`) of the hidden states [N x D] of `examples` packed end to end.
///
/// All readouts but `max` weigh the rows: one product with a matrix [B x N]. `attention` as in [`features::Pooled`].
///
/// # Errors
/// When the shapes do not fit.
pub(super) fn pooled(
    readout: &Readout,
    hidden: &Tensor,
    examples: &[&Example],
    attention: &[Vec<f32>],
) -> Result<Tensor> {
    let average = |readout: &Readout| average(readout, hidden, examples, attention);
    match readout {
        Readout::Max => largest(hidden, examples),
        Readout::ClsMean => Tensor::cat(&[average(&Readout::Cls)?, average(&Readout::Mean)?], 1),
        _ => average(readout),
    }
}

/// The row of each example, packed end to end, that a readout of a single position reads; `None` where it reads several.
pub(super) fn single_rows(readout: &Readout, examples: &[&Example]) -> Option<Vec<u32>> {
    let mut start = 0;
    let rows = examples.iter().map(|example| {
        let rows = features::rows(readout, &example.encoding.special, example.hash);
        let row = <[usize; 1]>::try_from(rows).ok().map(|[row]| (start + row) as u32);
        start += example.encoding.input.len();
        row
    });
    rows.collect()
}

fn average(readout: &Readout, hidden: &Tensor, examples: &[&Example], attention: &[Vec<f32>]) -> Result<Tensor> {
    let count = hidden.dim(0)?;
    let mut shares = vec![0f32; examples.len() * count];
    let mut start = 0;
    for ((example, attention), shares) in examples.iter().zip(attention).zip(shares.chunks_mut(count.max(1))) {
        let own = features::shares(readout, &example.encoding.special, example.hash, attention);
        shares[start..start + own.len()].copy_from_slice(&own);
        start += own.len();
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
