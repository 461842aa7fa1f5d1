//! The paired bootstrap: how far the difference of two lanes could be off, by drawing the sentences again.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::wilson;

/// Resamples behind an interval, unless told.
pub const RESAMPLES: usize = 10_000;

/// 95 % interval of the mean difference, by percentiles of `resamples` resamples of the sentences (B. Efron 1979).
///
/// `differences`: for each sentence, correctness of b minus correctness of a, each averaged over its seeds (-1 to 1).
/// Of nothing, -1 to 1. When no sentence differs, resampling cannot show any doubt; then the interval is plus or minus
/// the upper end of Wilson's interval for "0 of n differ", so that ten equal answers do not prove equivalence.
///
/// Each resample has its own stream of the seed's generator: the same digits at any number of threads.
#[must_use]
pub fn paired_bootstrap(differences: &[f64], resamples: usize, seed: u64) -> [f64; 2] {
    let n = differences.len();
    if n == 0 || resamples == 0 {
        return [-1.0, 1.0];
    }
    if differences.iter().all(|difference| *difference == 0.0) {
        let [_, high] = wilson(0, n);
        return [-high, high];
    }
    let mut means: Vec<f64> = (0..resamples as u64)
        .into_par_iter()
        .map(|stream| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(stream);
            (0..n).map(|_| differences[random.random_range(0..n)]).sum::<f64>() / n as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    [quantile(&means, 0.025), quantile(&means, 0.975)]
}

/// Quantile of sorted numbers, between neighbours on a straight line (the default of `numpy.quantile`).
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, part) = (at.floor() as usize, at.fract());
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + part * (sorted[high] - sorted[low])
}
