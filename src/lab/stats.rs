//! What a difference is worth: intervals, paired tests and verdicts for [`super::Lane`] and [`super::Pair`].
//!
//! The race calls [`wilson`] for a lane, [`compare`] for a pair on the same test sentences, and [`holm`] over the pairs
//! of one layer.

mod bootstrap;

use std::fmt;

use statrs::distribution::{Binomial, DiscreteCDF};

pub use bootstrap::{RESAMPLES, paired_bootstrap};

use super::Verdict;

/// Differences inside plus or minus two points count as none.
pub const MARGIN: f64 = 0.02;
/// 97.5th percentile of the standard normal distribution: two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// Its 80th percentile: the usual power.
const Z_POWER: f64 = 0.841_621_233_572_914_3;

/// What two lanes on the same sentences say.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Accuracy of b minus accuracy of a, each averaged over its seeds.
    pub difference: f64,
    /// Paired bootstrap 95 % interval of the difference, over sentences.
    pub ci95: [f64; 2],
    /// By [`mcnemar`] for each seed, not corrected: see [`holm`].
    pub p_values: Vec<f64>,
    /// Sentences that only a, and that only b, answered right, summed over the seeds.
    pub discordant: [usize; 2],
    /// The interval in words.
    pub verdict: Verdict,
    /// See [`smallest_visible`]; with one seed's share of disagreement.
    pub smallest_visible: f64,
}

/// Compares b with a: for each seed, one answer a sentence; a sentence that only one of them has is left out. A lane
/// with one seed meets each seed of the other.
#[must_use]
pub fn compare(a: &[Vec<bool>], b: &[Vec<bool>], seed: u64) -> Comparison {
    let seeds = if a.is_empty() || b.is_empty() { 0 } else { a.len().max(b.len()) };
    let matches = (0..seeds).map(|seed| (&a[seed % a.len()], &b[seed % b.len()]));
    let discordant: Vec<[usize; 2]> = matches
        .map(|(a, b)| {
            let pairs = || a.iter().zip(b);
            [pairs().filter(|(a, b)| **a && !**b).count(), pairs().filter(|(a, b)| !**a && **b).count()]
        })
        .collect();
    let differences: Vec<f64> = average(b).into_iter().zip(average(a)).map(|(b, a)| b - a).collect();
    let count = differences.len().max(1) as f64;
    let ci95 = paired_bootstrap(&differences, RESAMPLES, seed);
    let sums = discordant.iter().fold([0, 0], |sums, [a, b]| [sums[0] + a, sums[1] + b]);
    let share = (sums[0] + sums[1]) as f64 / count / seeds.max(1) as f64;
    Comparison {
        difference: differences.iter().sum::<f64>() / count,
        ci95,
        p_values: discordant.iter().map(|[a, b]| mcnemar(*a, *b)).collect(),
        discordant: sums,
        verdict: verdict(ci95, sums[0] + sums[1]),
        smallest_visible: smallest_visible(differences.len(), share),
    }
}

/// For each sentence the share of seeds that answered it right.
fn average(answers: &[Vec<bool>]) -> Vec<f64> {
    let sentences = answers.iter().map(Vec::len).min().unwrap_or(0);
    let right = |at: usize| answers.iter().filter(|seed| seed[at]).count() as f64;
    (0..sentences).map(|at| right(at) / answers.len() as f64).collect()
}

/// Wilson's 95 % interval for `right` of `n` (E. B. Wilson 1927, JASA 22); of nothing, 0 to 1.
#[must_use]
pub fn wilson(right: usize, n: usize) -> [f64; 2] {
    if n == 0 {
        return [0.0, 1.0];
    }
    let count = n as f64;
    let share = right.min(n) as f64 / count;
    let shrink = 1.0 + Z * Z / count;
    let centre = (share + Z * Z / (2.0 * count)) / shrink;
    let half = Z / shrink * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
    // At 0 and 1 the ends are exact; rounding must not move them off.
    let low = if right == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if right >= n { 1.0 } else { (centre + half).min(1.0) };
    [low, high]
}

/// The exact two-sided test of `McNemar` (1947, Psychometrika 12): if both were equally good, each of the sentences that
/// only one of them answered right would fall to either like a coin; p = min(1, 2 P(X <= min)) with X binomial(only a +
/// only b, 1/2).
#[must_use]
pub fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    match Binomial::new(0.5, (only_a + only_b) as u64) {
        Ok(coin) => (2.0 * coin.cdf(only_a.min(only_b) as u64)).min(1.0),
        Err(_) => 1.0, // only for a probability outside 0 to 1
    }
}

/// Holm's correction (S. Holm 1979, Scand. J. Statist. 6): p values, in the order given, each to be compared with 0.05
/// so that the chance of any false alarm among them stays below it.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut largest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        largest = largest.max((p_values.len() - rank) as f64 * p_values[index]).min(1.0);
        corrected[index] = largest;
    }
    corrected
}

/// Discordant sentences below which [`mcnemar`] cannot reach p < 0.05: five of five have p = 0.0625.
pub const DECIDE: usize = 6;

/// What an interval of a difference says. Equivalence comes first: an interval that lies inside the [`MARGIN`] and also
/// beside 0 shows a difference too small to matter. Where fewer than [`DECIDE`] sentences tell two lanes apart no exact
/// test can, and resampling the same few cannot either, whatever its interval says.
#[must_use]
pub fn verdict([low, high]: [f64; 2], discordant: usize) -> Verdict {
    if low > -MARGIN && high < MARGIN {
        Verdict::Equivalent
    } else if discordant < DECIDE {
        Verdict::TooLittleData
    } else if low > 0.0 {
        Verdict::Better
    } else if high < 0.0 {
        Verdict::Worse
    } else {
        Verdict::TooLittleData
    }
}

/// The smallest true difference that [`mcnemar`] on `n` sentences would find (p below 0.05) four times out of five,
/// when the two disagree in so large a share of them: R. J. Connor 1987 (Biometrics 43), solved for the difference d in
/// `n d^2 = (1.96 sqrt(s) + 0.84 sqrt(s - d^2))^2`. At most 1. A share below one sentence counts as one sentence.
#[must_use]
pub fn smallest_visible(n: usize, discordant_share: f64) -> f64 {
    let count = n as f64;
    let share = discordant_share.max(1.0 / count.max(1.0)).min(1.0);
    let (a, b) = (Z * Z, Z_POWER * Z_POWER);
    let root = (share * b * (count + b - a)).max(0.0).sqrt();
    ((Z * (count * share).sqrt() + root) / (count + b)).min(1.0)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent within 2 points",
            Self::TooLittleData => "too little data to tell",
        })
    }
}

#[cfg(test)]
mod tests;
