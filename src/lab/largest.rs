//! One number that outweighs the others: in some models a single coordinate carries most of the length of `[CLS]`, and
//! with it decides every cosine (Timkey & van Schijndel 2021; Luo et al. 2021).

use serde::Serialize;

use super::Matrix;

/// The largest coordinate of `[CLS]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LargestCoordinate {
    /// Its place in the vector, counted from 0.
    pub index: usize,
    /// Its share in the squared length of `[CLS]` after each layer `[L+1]`.
    pub share_of_cls: Vec<f32>,
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
