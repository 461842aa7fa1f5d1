//! The lanes of a race, and what the difference of two says.

use serde::{Deserialize, Serialize};

use super::Curve;

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
    /// Wilson 95 % interval.
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
    /// Accuracy of b minus accuracy of a.
    pub difference: f64,
    /// Paired bootstrap 95 % interval of the difference.
    pub ci95: [f64; 2],
    /// Exact `McNemar`, Holm-corrected when there are several pairs in one layer; over several seeds, the largest.
    pub p_value: f64,
    /// The same for each seed, not corrected.
    #[serde(default)]
    pub p_values: Vec<f64>,
    /// Only a right, only b right; over several seeds, summed.
    pub discordant: [usize; 2],
    /// In words: b against a.
    pub verdict: Verdict,
    /// Smallest difference that this test set could tell from 0.
    pub smallest_visible: f64,
}

fn frozen() -> String {
    "frozen".to_owned()
}

/// What an interval says about "b against a", with a margin of 2 points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The whole interval lies above 0.
    Better,
    /// The whole interval lies below 0.
    Worse,
    /// The whole interval lies within the margin.
    Equivalent,
    /// None of these.
    TooLittleData,
}
