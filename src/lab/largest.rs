//! One number that outweighs the others: in some models a single coordinate carries most of the length of `[CLS]`, and
//! with it decides every cosine (Timkey & van Schijndel 2021; Luo et al. 2021). Two remedies show what else is there: to
//! leave that coordinate out, or to subtract the mean of many vectors from each.

use std::sync::Arc;

use serde::Serialize;

use super::tensors::cosine;
use super::way::{Common, Way};
use super::{Matrix, Sentence};

/// The largest coordinate of `[CLS]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LargestCoordinate {
    /// Its place in the vector, counted from 0.
    pub index: usize,
    /// Its share in the squared length of `[CLS]` after each layer `[L+1]`.
    pub share_of_cls: Vec<f32>,
}

/// The largest coordinate of a sentence's `[CLS]`, and what it does to cosines.
#[derive(Debug, Clone, PartialEq)]
pub struct LargestData {
    /// The sentence.
    pub sentence: Sentence,
    /// The coordinate.
    pub coordinate: LargestCoordinate,
    /// Cosine of its `[CLS]` with that of other sentences, their mean, after each layer `[L+1]`, in each [`Way::ALL`].
    pub cosines: [Vec<f32>; 3],
    /// How many other sentences there are.
    pub others: usize,
    /// What sentences have in common.
    pub common: Arc<Common>,
}

/// The coordinate whose share in the squared length of `[CLS]` is largest, all layers taken together. `states`: one matrix
/// [T x D] for each layer from 0.
#[must_use]
pub fn largest(states: &[Matrix]) -> LargestCoordinate {
    let shares = |states: &Matrix| {
        let cls = states.row(0);
        let length: f32 = cls.iter().map(|value| value * value).sum();
        cls.iter().map(|value| value * value / length.max(f32::MIN_POSITIVE)).collect::<Vec<f32>>()
    };
    let shares: Vec<Vec<f32>> = states.iter().filter(|states| states.rows > 0).map(shares).collect();
    let total = |index: usize| shares.iter().map(|layer| layer[index]).sum::<f32>();
    let width = shares.first().map_or(0, Vec::len);
    let index = (0..width).max_by(|a, b| total(*a).total_cmp(&total(*b))).unwrap_or(0);
    LargestCoordinate { index, share_of_cls: shares.iter().filter_map(|layer| layer.get(index).copied()).collect() }
}

/// The largest coordinate of a sentence, and the cosines of its `[CLS]` with `others`: for each layer a matrix with a row for
/// each other sentence, `common` what they share.
#[must_use]
pub fn beside(sentence: &Sentence, states: &[Matrix], others: &[Matrix], common: Arc<Common>) -> LargestData {
    let coordinate = largest(states);
    let cosines = Way::ALL.map(|way| {
        let layers = states.iter().zip(others);
        layers.map(|(states, others)| mean_cosine(states.row(0), others, way, coordinate.index)).collect()
    });
    let others = others.first().map_or(0, |layer| layer.rows);
    LargestData { sentence: sentence.clone(), coordinate, cosines, others, common }
}

fn mean_cosine(vector: &[f32], others: &Matrix, way: Way, index: usize) -> f32 {
    let mean = mean(others);
    let ours = way.prepare(vector, index, &mean);
    let cosines = (0..others.rows).map(|row| cosine(&ours, &way.prepare(others.row(row), index, &mean)));
    cosines.sum::<f32>() / others.rows.max(1) as f32
}

/// The mean of a matrix' rows.
#[must_use]
pub fn mean(vectors: &Matrix) -> Vec<f32> {
    let mut mean = vec![0.0; vectors.cols];
    for row in 0..vectors.rows {
        mean.iter_mut().zip(vectors.row(row)).for_each(|(mean, value)| *mean += value / vectors.rows as f32);
    }
    mean
}
