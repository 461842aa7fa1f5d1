//! The lanes of a race, and what the difference of two says.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Curve;
use crate::lab::map::Cloud;

/// One classifier's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// Readout's name, `majority` or `words`, or `own` for the checkpoint's own head.
    pub readout: String,
    /// `frozen`, `finetune`, `baseline` or `own`.
    pub mode: String,
    /// Layer read; absent for baselines.
    pub layer: Option<usize>,
    /// Seeds used.
    pub seeds: Vec<u64>,
    /// Share of the test sentences answered right; over several seeds, the mean.
    pub accuracy: f64,
    /// The same for each seed.
    #[serde(default)]
    pub by_seed: Vec<f64>,
    /// 95 % interval of the accuracy: Wilson's, or over several seeds that of [`crate::lab::stats::accuracy`].
    pub ci95: [f64; 2],
    /// Test sentences.
    pub n_test: usize,
    /// Training sentences.
    pub n_train: usize,
    /// The inverse strength of a frozen lane, chosen on validation.
    pub c: Option<f64>,
    /// The body's rate of a fine-tuned lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Accuracy on validation; over several seeds, of the first.
    pub validation: Option<f64>,
    /// The whole grid: C or rate, and validation accuracy.
    pub grid: Vec<(f64, f64)>,
    /// For each seed and test sentence, whether it was answered right.
    #[serde(default, with = "crate::lab::record::bits::lists")]
    pub correct: Vec<Vec<bool>>,
    /// How it was fine-tuned, for each seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
    /// For each test sentence the probability of each class, with the first seed (not written to records).
    #[serde(skip)]
    pub probabilities: Vec<Vec<f32>>,
    /// What it reads of some test sentences, with the first seed (not written to records).
    #[serde(skip)]
    pub cloud: Option<Arc<Cloud>>,
    /// With more than two classes, what each was taken for with the first seed [class x answer].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<usize>>,
    /// With more than two classes, the mean of their F1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macro_f1: Option<f64>,
}

/// Two lanes on the same test sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The first lane's readout.
    pub a: String,
    /// The second lane's readout.
    pub b: String,
    /// `frozen` or `finetune`: how both learnt; `baseline` when one takes part.
    #[serde(default = "frozen")]
    pub mode: String,
    /// Layer; absent when a baseline takes part.
    pub layer: Option<usize>,
    /// What their difference is worth.
    #[serde(flatten)]
    pub worth: Worth,
    /// Only a right, only b right; over several seeds, summed.
    pub discordant: [usize; 2],
    /// The exact test of `McNemar` for each seed, not corrected: it speaks of two trained models and their sentences.
    pub mcnemar: Vec<f64>,
}

/// What a difference is worth, by one rule: see [`crate::lab::stats`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// Accuracy of b minus accuracy of a, mean of the seeds.
    pub difference: f64,
    /// The same for each seed.
    pub by_seed: Vec<f64>,
    /// Part of half the interval's width that comes from the seeds; none where there is but one, or none. The squares of
    /// both parts add up.
    pub from_seeds: Option<f64>,
    /// Part that comes from the test sentences.
    pub from_sentences: f64,
    /// 95 % interval of the difference, which holds for all comparisons of its table together.
    pub ci95: [f64; 2],
    /// Two-sided, from the same statistic and for as many comparisons: below 0.05 exactly where the interval leaves out 0.
    pub p_value: f64,
    /// How many comparisons its table has.
    pub comparisons: usize,
    /// In words: b against a.
    pub verdict: Verdict,
    /// Differences below count as none.
    pub margin: Margin,
    /// The true difference that such a comparison finds four times in five.
    pub smallest_visible: f64,
    /// It was learnt with one seed: what is said, is said of two trained models.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_seed: bool,
}

fn frozen() -> String {
    "frozen".to_owned()
}

/// What an interval says about "b against a".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval lies above 0.
    Better,
    /// The whole interval lies below 0.
    Worse,
    /// The whole interval lies within the margin, and each seed's difference does.
    Equivalent,
    /// None of these.
    TooLittleData,
}

impl Verdict {
    /// All of them, as values write them.
    pub const NAMES: [&str; 4] =
        [Self::Better.name(), Self::Worse.name(), Self::Equivalent.name(), Self::TooLittleData.name()];

    /// As values and tables write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::TooLittleData => "too little data to tell",
        }
    }
}

/// How far two readouts may be apart and still count as equal, in hundredths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Margin(u16);

impl Default for Margin {
    /// 2 points. The best lanes here answer 12.6 % wrongly: it is about a sixth of their errors.
    fn default() -> Self {
        Self(200)
    }
}

impl Margin {
    /// In points, from 0.1 to 50.
    #[must_use]
    pub fn points(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// As a share of the sentences.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl TryFrom<f64> for Margin {
    type Error = String;

    fn try_from(points: f64) -> Result<Self, String> {
        if (0.1..=50.0).contains(&points) {
            return Ok(Self((points * 100.0).round() as u16));
        }
        Err(format!(
            "a margin of {points} points decides nothing: readouts that are closer count as equal, so it must be from 0.1 to 50. Usual is {}",
            Self::default()
        ))
    }
}

impl From<Margin> for f64 {
    fn from(margin: Margin) -> Self {
        margin.points()
    }
}

impl std::str::FromStr for Margin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let points: f64 = text.parse().map_err(|_| format!("{text:?} is not a number of points, such as 2"))?;
        points.try_into()
    }
}

impl std::fmt::Display for Margin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.points().fmt(f)
    }
}
