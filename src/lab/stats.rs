//! What a difference is worth: one rule for interval, p and verdict of [`super::Lane`] and [`super::Pair`].
//!
//! Two things are left to chance: which sentences the test has, and which seed a lane learnt with. [`Table`] holds an
//! answer for each seed and sentence, and [`Table::estimate`] splits the variance of their mean into both parts. Interval,
//! p and [`verdict`] come from the same estimate, so that they cannot contradict each other.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

use super::{Margin, Verdict};

/// 97.5th percentile of the standard normal distribution: two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;
/// How often an interval may miss, for all comparisons of a table together.
const MISS: f64 = 0.05;
/// The usual power: four times in five.
const POWER: f64 = 0.8;

/// Values by seed and sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    seeds: Vec<Vec<f64>>,
    /// Values of sentences that nobody wrote, the same for every seed: see [`Table::of_differences`].
    made_up: Vec<f64>,
    /// The largest value that can be: 1, or 2 for a difference of differences.
    largest: f64,
}

/// A mean with what is known of its chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// Mean of the values.
    pub mean: f64,
    /// The same for each seed.
    pub by_seed: Vec<f64>,
    /// Where the interval is centred: the mean with the made-up sentences.
    centre: f64,
    /// Variance of the mean that comes from other sentences.
    sentences: f64,
    /// Variance that comes from other seeds; none with one seed, of which nothing can be said.
    seeds: Option<f64>,
    /// Degrees of freedom of the whole variance.
    freedom: f64,
    /// The largest mean that can be.
    largest: f64,
}

impl Table {
    /// Correctness of b minus correctness of a. A lane with one seed meets each seed of the other; a sentence that only
    /// one of them has is left out.
    ///
    /// Two sentences are made up, one for either lane (D. G. Bonett and R. M. Price 2012, J. Educ. Behav. Stat. 37), so
    /// that a few sentences, or the same answers to all of them, prove nothing. With S seeds each counts as 1/√S, as the
    /// chance of single answers does in a mean.
    #[must_use]
    pub fn of_differences(a: &[Vec<bool>], b: &[Vec<bool>]) -> Self {
        let right = |right: &bool| f64::from(u8::from(*right));
        let one = |(a, b): (&Vec<bool>, &Vec<bool>)| a.iter().zip(b).map(|(a, b)| right(b) - right(a)).collect();
        Self::of_values(matched(a, b).map(one).collect())
    }

    /// Differences between -1 and 1 by seed and sentence.
    #[must_use]
    pub fn of_values(mut seeds: Vec<Vec<f64>>) -> Self {
        let sentences = seeds.iter().map(Vec::len).min().unwrap_or(0);
        seeds.iter_mut().for_each(|seed| seed.truncate(sentences));
        let one = 1.0 / (seeds.len().max(1) as f64).sqrt();
        Self { seeds, made_up: vec![one, -one], largest: 1.0 }
    }

    /// This difference less another, sentence by sentence. Both have sentences made up, so the chance of both is counted.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let one =
            |(one, other): (&Vec<f64>, &Vec<f64>)| one.iter().zip(other).map(|(one, other)| one - other).collect();
        let table = Self::of_values(matched(&self.seeds, &other.seeds).map(one).collect());
        let made_up = table.made_up.iter().map(|value| value * 2.0_f64.sqrt()).collect();
        Self { made_up, largest: self.largest + other.largest, ..table }
    }

    /// The mean, and its chance by a two-way analysis of variance: seeds and sentences are drawn at random (H. Scheffé
    /// 1959, The Analysis of Variance, chapter 7). Its variance has two parts that overlap in nothing: what the seeds'
    /// means vary, with the single answers' own noise in them, and what is the sentences' own, which every seed finds.
    ///
    /// Degrees of freedom: S - 1 over the seeds' share of the variance, n - 1 over the rest. F. E. Satterthwaite (1946,
    /// Biometrics 2) squares the share; with few seeds the share is itself a guess, and intervals came out too short in
    /// the simulation of the tests.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let (seeds, sentences) = (self.seeds.len() as f64, self.seeds.first().map_or(0, Vec::len));
        let n = (sentences + self.made_up.len()) as f64;
        let sums: Vec<f64> = self.seeds.iter().map(|seed| seed.iter().sum()).collect();
        let by_seed: Vec<f64> = sums.iter().map(|sum| sum / (sentences.max(1) as f64)).collect();
        let more: f64 = self.made_up.iter().sum();
        let means: Vec<f64> = sums.iter().map(|sum| (sum + more) / n).collect();
        let average = |values: &[f64]| values.iter().sum::<f64>() / (values.len().max(1) as f64);
        let centre = average(&means);
        let of_sentence = (0..sentences).map(|at| self.seeds.iter().map(|seed| seed[at]).sum::<f64>() / seeds.max(1.0));
        let square = |value: f64| (value - centre).powi(2);
        let between: f64 = of_sentence.chain(self.made_up.iter().copied()).map(square).sum();
        let from_sentences = between / (n - 1.0) / n;
        let one = Estimate {
            mean: average(&by_seed),
            by_seed,
            centre,
            sentences: from_sentences,
            seeds: None,
            freedom: n - 1.0,
            largest: self.largest,
        };
        if self.seeds.len() < 2 {
            return one;
        }
        let all = self.seeds.iter().flatten().map(|value| square(*value)).sum::<f64>()
            + seeds * self.made_up.iter().map(|value| square(*value)).sum::<f64>();
        let of_seeds: f64 = means.iter().map(|mean| square(*mean)).sum();
        let rest = (all - seeds * between - n * of_seeds).max(0.0) / ((seeds - 1.0) * (n - 1.0));
        let of_seeds = of_seeds / (seeds - 1.0) / seeds;
        let own = (from_sentences - rest / n / seeds).max(0.0);
        let share = of_seeds / (of_seeds + own).max(f64::MIN_POSITIVE);
        let freedom = 1.0 / (share / (seeds - 1.0) + (1.0 - share) / (n - 1.0));
        Estimate { sentences: own, seeds: Some(of_seeds), freedom, ..one }
    }
}

impl Estimate {
    fn deviation(&self) -> f64 {
        (self.sentences + self.seeds.unwrap_or(0.0)).sqrt()
    }

    fn t(&self, share: f64) -> f64 {
        let t = StudentsT::new(0.0, 1.0, self.freedom.max(1.0)).map(|t| t.inverse_cdf(share));
        t.unwrap_or(Z) // only for degrees that are no number
    }

    /// Half of the interval's width, when it is one of so many that shall all hold together.
    fn half(&self, comparisons: usize) -> f64 {
        self.t(1.0 - MISS / 2.0 / comparisons.max(1) as f64) * self.deviation()
    }

    /// The 95 % interval of one of so many comparisons (C. E. Bonferroni 1936), within what can be.
    #[must_use]
    pub fn interval(&self, comparisons: usize) -> [f64; 2] {
        let half = self.half(comparisons);
        [(self.centre - half).max(-self.largest), (self.centre + half).min(self.largest)]
    }

    /// The parts of half its width: from the sentences, and from the seeds. Their squares add up to its square.
    #[must_use]
    pub fn parts(&self, comparisons: usize) -> (f64, Option<f64>) {
        let part = |variance: f64| self.half(comparisons) * variance.sqrt() / self.deviation().max(f64::MIN_POSITIVE);
        (part(self.sentences), self.seeds.map(part))
    }

    /// Two-sided p of "the mean is 0", times the number of comparisons: below 0.05 exactly where the interval leaves out 0.
    #[must_use]
    pub fn p(&self, comparisons: usize) -> f64 {
        let Ok(t) = StudentsT::new(0.0, 1.0, self.freedom.max(1.0)) else { return 1.0 };
        let beyond = t.cdf(-self.centre.abs() / self.deviation().max(f64::MIN_POSITIVE));
        (2.0 * beyond * comparisons.max(1) as f64).min(1.0)
    }

    /// The true difference that such a comparison would find four times in five.
    #[must_use]
    pub fn visible(&self, comparisons: usize) -> f64 {
        (self.half(comparisons) + self.t(POWER) * self.deviation()).min(self.largest)
    }
}

/// Accuracy of a lane with its 95 % interval: with one seed [`wilson`]'s, with several that of [`share`].
#[must_use]
pub fn accuracy(correct: &[Vec<bool>]) -> (f64, [f64; 2]) {
    let values = |seed: &Vec<bool>| seed.iter().map(|right| f64::from(u8::from(*right))).collect();
    let (mean, interval) = share(correct.iter().map(values).collect());
    match correct {
        [one] => (mean, wilson(one.iter().filter(|right| **right).count(), one.len())),
        _ => (mean, interval),
    }
}

/// Mean of values between 0 and 1 by seed and sentence, with its 95 % interval by [`Table::estimate`]: two whole and two
/// empty ones are made up (A. Agresti and B. A. Coull 1998, Am. Stat. 52).
#[must_use]
pub fn share(seeds: Vec<Vec<f64>>) -> (f64, [f64; 2]) {
    let estimate = Table { seeds, made_up: vec![1.0, 1.0, 0.0, 0.0], largest: 1.0 }.estimate();
    (estimate.mean, estimate.interval(1).map(|end| end.clamp(0.0, 1.0)))
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
/// only b, 1/2). It knows nothing of seeds and decides nothing here; records keep it for each seed, uncorrected.
#[must_use]
pub fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    match Binomial::new(0.5, (only_a + only_b) as u64) {
        Ok(coin) => (2.0 * coin.cdf(only_a.min(only_b) as u64)).min(1.0),
        Err(_) => 1.0, // only for a probability outside 0 to 1
    }
}

/// What an interval of a difference says. Equivalence comes first: an interval that lies inside the margin and also
/// beside 0 shows a difference too small to matter. It asks each seed, too: one that lies outside could turn up again.
#[must_use]
pub fn verdict([low, high]: [f64; 2], by_seed: &[f64], margin: Margin) -> Verdict {
    let margin = margin.share();
    if within([low, high], margin) && by_seed.iter().all(|seed| seed.abs() < margin) {
        Verdict::Equivalent
    } else if low > 0.0 {
        Verdict::Better
    } else if high < 0.0 {
        Verdict::Worse
    } else {
        Verdict::TooLittleData
    }
}

/// Whether an interval lies inside plus or minus this margin.
#[must_use]
pub fn within([low, high]: [f64; 2], margin: f64) -> bool {
    low > -margin && high < margin
}

/// For each seed the sentences that only a, and that only b, answered right.
#[must_use]
pub fn discordant(a: &[Vec<bool>], b: &[Vec<bool>]) -> Vec<[usize; 2]> {
    let one = |(a, b): (&Vec<bool>, &Vec<bool>)| {
        let pairs = || a.iter().zip(b);
        [pairs().filter(|(a, b)| **a && !**b).count(), pairs().filter(|(a, b)| !**a && **b).count()]
    };
    matched(a, b).map(one).collect()
}

/// The seeds of two lanes side by side; a lane with one seed meets each of the other's.
fn matched<'a, T>(a: &'a [T], b: &'a [T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    let seeds = if a.is_empty() || b.is_empty() { 0 } else { a.len().max(b.len()) };
    (0..seeds).map(|seed| (&a[seed % a.len()], &b[seed % b.len()]))
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
