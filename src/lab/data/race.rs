//! A race: what is asked, its lanes, and what their differences say.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Ended, Lane, Margin, Mode, Pair, Provenance, Recipe, TestSentence, Worth};
use crate::lab::{Answers, Readout};

/// What a race runs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RaceRequest {
    /// `movies` or `products`.
    pub data: String,
    /// The lanes.
    pub readouts: Vec<Readout>,
    /// Layers to read, 0..=L; empty means the last.
    pub layers: Vec<usize>,
    /// Use only so many training sentences (the first by content hash, so the choice is the same everywhere).
    pub train: Option<usize>,
    /// Use only so many test sentences.
    pub test: Option<usize>,
    /// The first seed of the runs.
    pub seed: u64,
    /// Differences below count as none.
    #[serde(default)]
    pub margin: Margin,
    /// How the lanes learn; fine-tuned ones read the last layer.
    pub modes: Vec<Mode>,
    /// How they are fine-tuned.
    pub recipe: Recipe,
    /// The other model that runs the same race, as `--against` names it.
    #[serde(default)]
    pub against: Option<String>,
}

impl RaceRequest {
    /// A race of frozen lanes on the last layer, on all sentences.
    #[must_use]
    pub fn frozen(data: &str, readouts: Vec<Readout>) -> Self {
        Self {
            data: data.to_owned(),
            readouts,
            layers: Vec::new(),
            train: None,
            test: None,
            seed: 0,
            margin: Margin::default(),
            modes: vec![Mode::Frozen],
            recipe: Recipe::default(),
            against: None,
        }
    }

    /// The same race for another model: where this one reads its last layer (or all), that one reads its own.
    #[must_use]
    pub fn for_other(&self, layers: usize, others: usize) -> Self {
        let mut read: Vec<usize> = if self.layers.len() == layers + 1 {
            (0..=others).collect()
        } else {
            self.layers.iter().map(|layer| if *layer == layers { others } else { (*layer).min(others) }).collect()
        };
        read.dedup();
        let top_layers = self.recipe.top_layers.map(|count| count.min(others));
        Self { layers: read, recipe: Recipe { top_layers, ..self.recipe.clone() }, against: None, ..self.clone() }
    }
}

/// What a race found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaceReport {
    /// One entry a lane and layer.
    pub lanes: Vec<Lane>,
    /// Each other lane against `cls` of the same mode and layer.
    pub pairs: Vec<Pair>,
    /// Lanes that ended before their time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
    /// It was stopped: lanes that were not finished are absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// The same with another model, if one was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<Box<Against>>,
    /// Names of the classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The share of the test sentences that have the commonest label: one answer for everything gets so many right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub majority: Option<f64>,
    /// The cosine of `[CLS]` and the mean of all tokens in a test sentence, mean of these sentences, after the last layer that
    /// both were read from; for frozen lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cls_mean_cosine: Option<f64>,
    /// What the checkpoint's own classification head says, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnHead>,
    /// The test sentences, in the order of every lane's answers (not written to records).
    #[serde(skip)]
    pub sentences: Arc<Vec<TestSentence>>,
    /// How to make it again.
    pub provenance: Provenance,
}

/// A checkpoint's own classification head beside the lanes of a race.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnHead {
    /// Its classes.
    pub labels: Vec<String>,
    /// What its outputs say; only one that tells one class of several can have a lane.
    #[serde(default, skip_serializing_if = "Answers::is_classes")]
    pub kind: Answers,
    /// Whether each class of the data is one of them: then it has a lane, `own`.
    pub matched: bool,
    /// For each test sentence the probability or score of each of its classes (not written to records).
    #[serde(skip)]
    pub answers: Vec<Vec<f32>>,
}

/// The same race with another model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// Its lanes.
    pub report: RaceReport,
    /// Each of its lanes against the first model's lane with the same readout and mode: `b` is the other model's.
    pub pairs: Vec<Pair>,
    /// Each pair's difference in the other model, less the difference in the first.
    pub gaps: Vec<Gap>,
}

/// Whether two models differ in how far two of their readouts are apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The first readout.
    pub a: String,
    /// The second readout.
    pub b: String,
    /// `frozen` or `finetune`.
    pub mode: String,
    /// The first model's layer and the other's.
    pub layers: [usize; 2],
    /// `b` minus `a` in the first model, and in the other.
    pub differences: [f64; 2],
    /// What the second less the first is worth.
    #[serde(flatten)]
    pub worth: Worth,
}
