//! Multi-head self-attention of sequences packed end to end: `softmax(Q Kᵀ / sqrt(d)) V` (Vaswani et al. 2017), for
//! each sequence and head by itself, so that no sequence sees another and nothing is computed for padding.

#![expect(clippy::inline_always, reason = "what runs inside `wide` must be compiled there, with its instructions")]

use std::ops::Range;

use candle_core::{CpuStorage, CustomOp1, Error, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::storage::{read, slice, tensor};
use super::vector::{LANES, add_scaled, fold, softmax_row, weighted, wide};

/// How a packed batch is attended to.
#[derive(Debug, Clone)]
pub struct Heads {
    /// H, the number of heads; D is a multiple of it.
    pub number: usize,
    /// Where each sequence lies among the N rows, one after the other without gaps.
    pub sequences: Vec<Range<usize>>,
    /// Edges (to, from) that are not used, of each sequence; none of those that are not listed.
    pub cut: Vec<Vec<(usize, usize)>>,
}

/// The context [N x D] of `qkv` [N x 3D]: in each row q, k and v one after the other, each with its heads side by side.
///
/// # Errors
/// When the shapes do not fit.
pub fn attention(qkv: &Tensor, heads: Heads) -> Result<Tensor> {
    qkv.contiguous()?.apply_op1(Attention(heads))
}

/// The scores `Q Kᵀ / sqrt(d)` [H x T x T] of one sequence's `qkv` [T x 3D], cut edges at minus infinity: what
/// [`attention`] takes the softmax of and does not keep. For looking at; it has no gradient and refuses to be asked for one.
///
/// # Errors
/// When the shapes do not fit or there are several sequences.
pub fn attention_scores(qkv: &Tensor, heads: Heads) -> Result<Tensor> {
    qkv.contiguous()?.apply_op1(Scores(Attention(heads)))
}

struct Attention(Heads);

/// A sequence: its rows, the edges that it does not use, and its part of the result.
type Place<'a> = (&'a Range<usize>, &'a [(usize, usize)], &'a mut [f32]);

struct Scores(Attention);

/// One sequence's rows of q, k and v, and where one head finds its own numbers in them.
#[derive(Clone, Copy)]
struct Head<'a> {
    qkv: &'a [f32],
    /// D.
    width: usize,
    /// d.
    size: usize,
    /// T.
    length: usize,
    index: usize,
    /// Edges (to, from) that are not used.
    cut: &'a [(usize, usize)],
}

impl<'a> Head<'a> {
    /// Where this head's numbers begin in row `row`: part 0 is q, 1 k, 2 v.
    fn at(self, part: usize, row: usize) -> usize {
        row * 3 * self.width + part * self.width + self.index * self.size
    }

    fn row(self, part: usize, row: usize) -> &'a [f32] {
        let at = self.at(part, row);
        &self.qkv[at..at + self.size]
    }

    /// T, rounded up so that vector instructions find whole blocks.
    fn padded(self) -> usize {
        self.length.next_multiple_of(LANES)
    }

    /// Numbers of one part with rows and columns exchanged: [d x padded T], 0 in the columns that are added.
    #[inline(always)]
    fn transposed(self, part: usize) -> Vec<f32> {
        let stride = self.padded();
        let mut out = vec![0f32; self.size * stride];
        for row in 0..self.length {
            for (column, value) in self.row(part, row).iter().enumerate() {
                out[column * stride + row] = *value;
            }
        }
        out
    }

    fn scale(self) -> f32 {
        1.0 / (self.size as f32).sqrt()
    }

    /// Row `row` of `Q Kᵀ` `[T]`, given the transposed keys; `out` has room for the padding.
    #[inline(always)]
    fn products<'o>(self, keys: &[f32], row: usize, out: &'o mut [f32]) -> &'o mut [f32] {
        weighted(self.row(0, row), keys, out.len(), out);
        let out = &mut out[..self.length];
        for (to, from) in self.cut {
            if *to == row && *from < out.len() {
                out[*from] = f32::NEG_INFINITY;
            }
        }
        out
    }

    /// Row `row` of the probabilities `[T]`: `softmax(Q Kᵀ / sqrt(d))`.
    #[inline(always)]
    fn probabilities<'o>(self, keys: &[f32], row: usize, out: &'o mut [f32]) -> &'o [f32] {
        let out = self.products(keys, row, out);
        softmax_row(out, self.scale());
        out
    }

    #[inline(always)]
    fn forward(self, context: &mut [f32]) {
        let keys = self.transposed(1);
        let mut room = vec![0f32; self.padded()];
        for row in 0..self.length {
            let weights = self.probabilities(&keys, row, &mut room);
            let at = row * self.width + self.index * self.size;
            weighted(weights, &self.qkv[self.at(2, 0)..], 3 * self.width, &mut context[at..at + self.size]);
        }
    }

    /// With P the probabilities and dO the gradient of the context: `dV = Pᵀ dO`, `dP = dO Vᵀ`,
    /// `dS = P (dP - Σ dP P) / sqrt(d)`, `dQ = dS K`, `dK = dSᵀ Q`.
    #[inline(always)]
    fn backward(self, grad: &[f32], slopes: &mut [f32]) {
        let (keys, values) = (self.transposed(1), self.transposed(2));
        let mut room = vec![0f32; self.padded()];
        let mut more_room = vec![0f32; self.padded()];
        for row in 0..self.length {
            let weights = self.probabilities(&keys, row, &mut room);
            let at = row * self.width + self.index * self.size;
            let grad = &grad[at..at + self.size];
            weighted(grad, &values, self.padded(), &mut more_room);
            let scores = &mut more_room[..self.length];
            let along = fold(scores, weights, |a, b| a * b);
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score = weight * (*score - along) * self.scale();
            }
            let at = self.at(0, row);
            weighted(scores, &self.qkv[self.at(1, 0)..], 3 * self.width, &mut slopes[at..at + self.size]);
            for from in 0..self.length {
                let (to_key, to_value) = (self.at(1, from), self.at(2, from));
                add_scaled(&mut slopes[to_key..to_key + self.size], scores[from], self.row(0, row));
                add_scaled(&mut slopes[to_value..to_value + self.size], weights[from], grad);
            }
        }
    }
}

impl Attention {
    /// Hands each sequence with its part of `out` to a thread; `per_row` numbers of `out` belong to a row.
    fn each(
        &self,
        qkv: &[f32],
        width: usize,
        (out, per_row): (&mut [f32], usize),
        body: impl Fn(Head<'_>, &Range<usize>, &mut [f32]) + Sync,
    ) {
        let mut rest = out;
        let mut places = Vec::with_capacity(self.0.sequences.len());
        for (number, rows) in self.0.sequences.iter().enumerate() {
            let (own, later) = rest.split_at_mut(rows.len() * per_row);
            places.push((rows, self.0.cut.get(number).map_or(&[][..], Vec::as_slice), own));
            rest = later;
        }
        let one = |(rows, cut, out): Place<'_>| {
            let size = width / self.0.number;
            let own = &qkv[rows.start * 3 * width..rows.end * 3 * width];
            for index in 0..self.0.number {
                let head = Head { qkv: own, width, size, length: rows.len(), index, cut };
                wide(
                    #[inline(always)]
                    || body(head, rows, out),
                );
            }
        };
        if places.len() == 1 {
            places.into_iter().for_each(one);
        } else {
            places.into_par_iter().for_each(one);
        }
    }

    /// D, if the shape fits.
    fn width(&self, layout: &Layout) -> Result<usize> {
        let (rows, width) = layout.shape().dims2()?;
        let packed = self.0.sequences.iter().try_fold(0, |end, rows| (rows.start == end).then_some(rows.end));
        if packed == Some(rows) && width % (3 * self.0.number.max(1)) == 0 && self.0.number > 0 {
            Ok(width / 3)
        } else {
            Err(Error::Msg(format!(
                "attention of {} heads over {:?} cannot read [{rows} x {width}]",
                self.0.number, self.0.sequences
            )))
        }
    }
}

impl CustomOp1 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = self.width(layout)?;
        let qkv = slice(qkv, layout)?;
        let rows = qkv.len() / (3 * width);
        let mut context = vec![0f32; rows * width];
        self.each(
            qkv,
            width,
            (&mut context, width),
            #[inline(always)]
            |head, _, out| head.forward(out),
        );
        Ok((CpuStorage::F32(context), Shape::from((rows, width))))
    }

    fn bwd(&self, qkv: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let width = self.width(qkv.layout())?;
        let grad = grad.contiguous()?;
        let slopes = read([qkv, &grad], |[qkv, grad]| {
            let mut slopes = vec![0f32; qkv.len()];
            self.each(
                qkv,
                width,
                (&mut slopes, 3 * width),
                #[inline(always)]
                |head, rows, out| {
                    head.backward(&grad[rows.start * width..rows.end * width], out);
                },
            );
            Ok(slopes)
        })?;
        tensor(slopes, qkv).map(Some)
    }
}

impl CustomOp1 for Scores {
    fn name(&self) -> &'static str {
        "attention-scores"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = self.0.width(layout)?;
        let Heads { number, sequences, .. } = &self.0.0;
        let [rows] = sequences.as_slice() else {
            return Err(Error::Msg("scores are of one sequence at a time".to_owned()));
        };
        let (length, size) = (rows.len(), width / number);
        let cut = self.0.0.cut.first().map_or(&[][..], Vec::as_slice);
        let qkv = slice(qkv, layout)?;
        let mut scores = vec![0f32; number * length * length];
        for (index, scores) in scores.chunks_mut((length * length).max(1)).enumerate() {
            let head = Head { qkv, width, size, length, index, cut };
            wide(
                #[inline(always)]
                || {
                    let keys = head.transposed(1);
                    let mut room = vec![0f32; head.padded()];
                    for (row, scores) in scores.chunks_mut(length).enumerate() {
                        let products = head.products(&keys, row, &mut room);
                        scores.iter_mut().zip(products).for_each(|(score, p)| *score = *p * head.scale());
                    }
                },
            );
        }
        Ok((CpuStorage::F32(scores), Shape::from((*number, length, length))))
    }
}

#[cfg(test)]
mod tests {
    use super::super::softmax;
    use super::super::testing::{furthest, noise, slopes_agree};
    use super::*;

    /// The same in candle's operations, one sequence after the other.
    fn plainly(qkv: &Tensor, heads: &Heads) -> Result<Tensor> {
        let (_, width) = qkv.dims2()?;
        let size = width / 3 / heads.number;
        let contexts = heads.sequences.iter().map(|rows| {
            let part = |index: usize| {
                qkv.narrow(0, rows.start, rows.len())?
                    .narrow(1, index * width / 3, width / 3)?
                    .reshape((rows.len(), heads.number, size))?
                    .transpose(0, 1)?
                    .contiguous()
            };
            let scores = part(0)?.matmul(&part(1)?.t()?)?;
            let context = softmax(&scores, 1.0 / (size as f32).sqrt())?.matmul(&part(2)?)?;
            context.transpose(0, 1)?.reshape((rows.len(), width / 3))
        });
        Tensor::cat(&contexts.collect::<Result<Vec<_>>>()?, 0)
    }

    #[test]
    fn it_is_the_softmax_of_the_products_for_each_sequence_and_head() {
        let heads = Heads { number: 3, sequences: vec![0..1, 1..6, 6..47], cut: Vec::new() };
        let qkv = noise(&[47, 3 * 3 * 8], 1);
        let ours = attention(&qkv, heads.clone()).expect("a pass");
        assert!(furthest(&ours, &plainly(&qkv, &heads).expect("a pass")) < 1e-5);
    }

    #[test]
    fn the_softmax_of_the_scores_is_what_it_weighs_values_with() {
        let heads = Heads { number: 3, sequences: std::iter::once(0..20).collect(), cut: vec![vec![(2, 5)]] };
        let qkv = noise(&[20, 3 * 3 * 8], 1);
        let scores = attention_scores(&qkv, heads.clone()).expect("scores");
        assert_eq!(scores.dims(), [3, 20, 20]);
        let cut: f32 = scores.get(1).and_then(|s| s.get(2)?.get(5)?.to_scalar()).expect("a score");
        assert!(cut.is_infinite() && cut < 0.0);
        let values = qkv.narrow(1, 48, 24).and_then(|v| v.reshape((20, 3, 8))?.transpose(0, 1)?.contiguous());
        let context = softmax(&scores, 1.0).and_then(|p| p.matmul(&values?)?.transpose(0, 1)?.reshape((20, 24)));
        assert!(furthest(&context.expect("a context"), &attention(&qkv, heads).expect("a pass")) < 1e-5);
        let two = Heads { number: 3, sequences: vec![0..10, 10..20], cut: Vec::new() };
        assert!(attention_scores(&qkv, two).is_err());
    }

    #[test]
    fn it_has_the_gradient_of_its_formula() {
        let heads = Heads { number: 2, sequences: vec![0..2, 2..5], cut: vec![vec![(0, 1)], Vec::new()] };
        slopes_agree(&[noise(&[5, 3 * 2 * 3], 2)], |x| attention(&x[0], heads.clone()));
    }

    #[test]
    fn a_cut_edge_carries_nothing() {
        let heads = Heads { number: 2, sequences: std::iter::once(0..4).collect(), cut: vec![vec![(0, 2)]] };
        let qkv = noise(&[4, 3 * 4], 3);
        let changed = {
            let mut numbers: Vec<f32> = qkv.flatten_all().and_then(|x| x.to_vec1()).expect("numbers");
            numbers[2 * 12 + 8..3 * 12].fill(7.0); // the value of position 2
            Tensor::from_vec(numbers, (4, 12), qkv.device()).expect("a tensor")
        };
        let row = |qkv: &Tensor, row: usize| {
            attention(qkv, heads.clone()).and_then(|context| context.narrow(0, row, 1)).expect("a pass")
        };
        assert!(furthest(&row(&qkv, 0), &row(&changed, 0)) < 1e-6);
        assert!(furthest(&row(&qkv, 1), &row(&changed, 1)) > 0.1);
    }

    #[test]
    fn rows_that_no_sequence_has_are_refused() {
        let heads = Heads { number: 2, sequences: std::iter::once(0..3).collect(), cut: Vec::new() };
        assert!(attention(&noise(&[4, 12], 1), heads.clone()).is_err());
        assert!(attention(&noise(&[3, 13], 1), heads).is_err());
    }
}
