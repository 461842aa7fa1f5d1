//! What flows into `[CLS]`: raw attention, rollout, and norm-based shares.
//!
//! Formulas: Abnar & Zuidema 2020 (rollout), Kobayashi et al. 2021 (norm-based, with residual and LayerNorm).

use candle_core::Tensor;

use super::tensors::{dot, matrices, matrix, norm};
use super::{Matrix, Mixing};
use crate::model::bert::Layer;
use crate::model::{Bert, ModelError, Trace};

/// All measures of one traced pass; `largest` is the coordinate that is left out of some.
pub(super) fn mixing(
    bert: &Bert,
    trace: &Trace,
    attentions: &[Vec<Matrix>],
    largest: usize,
) -> Result<Mixing, ModelError> {
    let layers = attentions.len();
    let tokens = attentions.first().and_then(|heads| heads.first()).map_or(0, |head| head.cols);
    let averaged: Vec<Matrix> = attentions.iter().map(|heads| average(heads)).collect();
    let (mut whole, mut without) = (Shares::default(), Shares::default());
    for number in 1..=layers {
        if let Some(layer) = bert.layer(number) {
            let mut parts = parts_of_cls(layer, trace, number)?;
            whole.take(&parts);
            for part in parts.data.chunks_mut(parts.cols.max(1)) {
                part.iter_mut().skip(largest).take(1).for_each(|value| *value = 0.0);
            }
            without.take(&parts);
        }
    }
    Ok(Mixing {
        raw: Matrix::new(layers, tokens, averaged.iter().flat_map(|a| a.row(0).to_vec()).collect()),
        rollout: rollout(&averaged),
        norm: Matrix::new(layers, tokens, whole.rows),
        ratio: whole.ratio,
        norm_without: Matrix::new(layers, tokens, without.rows),
        ratio_without: without.ratio,
    })
}

/// Norm-based shares and mixing ratios, layer by layer.
#[derive(Default)]
struct Shares {
    rows: Vec<f32>,
    ratio: Vec<f32>,
}

impl Shares {
    /// Those of one layer's parts.
    fn take(&mut self, parts: &Matrix) {
        let lengths: Vec<f64> = (0..parts.rows).map(|token| norm(parts.row(token))).collect();
        let total: f64 = lengths.iter().sum();
        self.rows.extend(lengths.iter().map(|length| (length / total) as f32));
        self.ratio.push(mixing_ratio(parts));
    }
}

/// Mean over heads.
fn average(heads: &[Matrix]) -> Matrix {
    let mut sum = Matrix {
        data: vec![0.0; heads.first().map_or(0, |head| head.data.len())],
        ..heads.first().cloned().unwrap_or_default()
    };
    for head in heads {
        sum.data.iter_mut().zip(&head.data).for_each(|(sum, value)| *sum += value / heads.len() as f32);
    }
    sum
}

/// Row 0 of `Ã_l … Ã_1` for every l, with `Ã` the row-normalised `0.5 A + 0.5 I`.
fn rollout(averaged: &[Matrix]) -> Matrix {
    let tokens = averaged.first().map_or(0, |a| a.cols);
    let mut product: Vec<f64> = (0..tokens * tokens).map(|i| f64::from(u8::from(i / tokens == i % tokens))).collect();
    let mut rows = Vec::with_capacity(averaged.len() * tokens);
    for attention in averaged {
        let mut next = vec![0f64; tokens * tokens];
        for to in 0..tokens {
            let total: f64 = attention.row(to).iter().map(|a| 0.5 * f64::from(*a)).sum::<f64>() + 0.5;
            for via in 0..tokens {
                let weight = (0.5 * f64::from(attention.at(to, via)) + if via == to { 0.5 } else { 0.0 }) / total;
                for from in 0..tokens {
                    next[to * tokens + from] += weight * product[via * tokens + from];
                }
            }
        }
        product = next;
        rows.extend(product[..tokens].iter().map(|value| *value as f32));
    }
    Matrix::new(averaged.len(), tokens, rows)
}

/// Norm-based parts of `[CLS]` in one attention block: row j is what token j puts into it, after LayerNorm.
///
/// `c_j = γ (p_j - mean(p_j)) / s` with `p_j = Σ_h α_h0j f_h(x_j)`, plus the residual for j = 0; `s` is the standard
/// deviation of the block's whole sum. Output bias and β stand apart (see [`bias_of_cls`]).
fn parts_of_cls(layer: &Layer, trace: &Trace, number: usize) -> Result<Matrix, ModelError> {
    let value = matrix(trace.get(number, "value")?)?;
    let probabilities = matrices(trace.get(number, "probabilities")?)?;
    let head_size = value.cols / probabilities.len().max(1);
    let mut weighted = value;
    for token in 0..weighted.rows {
        let row = &mut weighted.data[token * weighted.cols..(token + 1) * weighted.cols];
        for (head, numbers) in row.chunks_mut(head_size).enumerate() {
            numbers.iter_mut().for_each(|v| *v *= probabilities[head].at(0, token));
        }
    }
    let weighted = Tensor::from_vec(weighted.data, (weighted.rows, weighted.cols), &candle_core::Device::Cpu)?;
    let mut parts = matrix(&weighted.matmul(&layer.attention.output.weight_t)?)?;
    let input = matrix(trace.get(number - 1, "norm")?)?;
    let cols = parts.cols;
    parts.data[..cols].iter_mut().zip(input.row(0)).for_each(|(part, x)| *part += x);

    let gamma: Vec<f32> = layer.attention.norm.weight.to_vec1()?;
    let deviation = deviation(matrix(trace.get(number, "attention.residual")?)?.row(0), layer.attention.norm.eps);
    for part in parts.data.chunks_mut(cols) {
        let mean = part.iter().sum::<f32>() / cols as f32;
        part.iter_mut().zip(&gamma).for_each(|(v, gamma)| *v = gamma * (*v - mean) / deviation);
    }
    Ok(parts)
}

/// `sqrt(var + ε)` of one row.
fn deviation(row: &[f32], eps: f64) -> f32 {
    let mean = row.iter().sum::<f32>() / row.len() as f32;
    let variance = row.iter().map(|v| f64::from(v - mean).powi(2)).sum::<f64>() / row.len() as f64;
    (variance + eps).sqrt() as f32
}

/// `|Σ_{j≠0} c_j| / (|Σ_{j≠0} c_j| + |c_0|)`: the figure that compares with Kobayashi et al.'s table 2.
fn mixing_ratio(parts: &Matrix) -> f32 {
    let mut others = vec![0f32; parts.cols];
    for token in 1..parts.rows {
        others.iter_mut().zip(parts.row(token)).for_each(|(sum, value)| *sum += value);
    }
    let (others, own) = (dot(&others, &others).sqrt(), norm(parts.row(0)));
    (others / (others + own)) as f32
}

/// What output bias and β add: `γ (b - mean(b)) / s + β`. Parts and this rebuild the block's output.
#[cfg(test)]
fn bias_of_cls(layer: &Layer, trace: &Trace, number: usize) -> Result<Vec<f32>, ModelError> {
    let bias: Vec<f32> = layer.attention.output.bias.to_vec1()?;
    let gamma: Vec<f32> = layer.attention.norm.weight.to_vec1()?;
    let beta: Vec<f32> = layer.attention.norm.bias.to_vec1()?;
    let deviation = deviation(matrix(trace.get(number, "attention.residual")?)?.row(0), layer.attention.norm.eps);
    let mean = bias.iter().sum::<f32>() / bias.len() as f32;
    Ok(bias.iter().zip(gamma).zip(beta).map(|((b, gamma), beta)| gamma * (b - mean) / deviation + beta).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Batch;

    #[test]
    fn shares_are_lengths_and_the_ratio_is_of_the_sum() {
        let mut shares = Shares::default();
        shares.take(&Matrix::new(3, 2, vec![3.0, 4.0, 0.0, 2.0, 0.0, -2.0]));
        assert_eq!(shares.rows, [5.0 / 9.0, 2.0 / 9.0, 2.0 / 9.0]);
        assert_eq!(shares.ratio, [0.0], "what the two others give cancels");
    }

    #[test]
    fn parts_and_biases_rebuild_the_block_output() -> Result<(), ModelError> {
        let bert = Bert::embedded(None)?;
        let input = bert.encode("a gripping, funny and deeply humane film .", None)?.input;
        let mut trace = Trace::default();
        bert.forward(&Batch::new(&[&input])?, &mut trace)?;
        for number in 1..=6 {
            let Some(layer) = bert.layer(number) else { panic!("there are six layers") };
            let parts = parts_of_cls(layer, &trace, number)?;
            let mut rebuilt = bias_of_cls(layer, &trace, number)?;
            for token in 0..parts.rows {
                rebuilt.iter_mut().zip(parts.row(token)).for_each(|(sum, value)| *sum += value);
            }
            let output = matrix(trace.get(number, "attention.norm")?)?;
            for (rebuilt, output) in rebuilt.iter().zip(output.row(0)) {
                assert!((rebuilt - output).abs() < 1e-4, "layer {number}: {rebuilt} and {output}");
            }
        }
        Ok(())
    }
}
