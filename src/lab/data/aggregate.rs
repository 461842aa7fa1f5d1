//! Plain data of question 1: how well one vector stands for its sentence, by three measures.

use serde::{Deserialize, Serialize};

use super::{Lane, Provenance, Sentence};

/// On what the three measures are taken: `cls` and `mean`, every layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AggregateRequest {
    /// `movies` or `products`.
    pub data: String,
    /// Use only so many training sentences.
    pub train: Option<usize>,
    /// Use only so many test sentences.
    pub test: Option<usize>,
}

/// The three measures side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateReport {
    /// One entry a layer and readout.
    pub lanes: Vec<AggregateLane>,
    /// Pairs of test sentences behind [`AggregateLane::random_cosine`].
    pub pairs: usize,
    /// Share of (test, training) pairs with the same label: what [`AggregateLane::nearest`] would be by guessing.
    pub chance: f64,
    /// How to make it again.
    pub provenance: Provenance,
}

/// One readout at one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateLane {
    /// `cls` or `mean`.
    pub readout: String,
    /// Layer, 0..=L.
    pub layer: usize,
    /// A logistic regression on it, as in a race.
    pub probe: Lane,
    /// Mean cosine of the vectors of two test sentences taken at random.
    pub random_cosine: f64,
    /// The same without the coordinate that is largest in the mean vector, then centred; absent in older records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub random_cosine_prepared: Vec<f64>,
    /// Share of the test sentences whose nearest training sentence, by cosine, has the same label.
    pub nearest: f64,
    /// Wilson 95 % interval of that.
    pub nearest_ci95: [f64; 2],
    /// For each test sentence, whether its nearest training sentence has the same label.
    #[serde(with = "crate::lab::record::bits")]
    pub same: Vec<bool>,
}

/// The training sentences nearest to one sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearestData {
    /// The sentence.
    pub sentence: Sentence,
    /// The run whose training sentences these are.
    #[serde(skip)]
    pub run: AggregateRequest,
    /// One list a layer and readout.
    pub lists: Vec<NearestList>,
}

/// Nearest sentences by one readout at one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NearestList {
    /// `cls` or `mean`.
    pub readout: String,
    /// Layer, 0..=L.
    pub layer: usize,
    /// Best first.
    pub nearest: Vec<Neighbour>,
}

/// One neighbour.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// The training sentence.
    pub text: String,
    /// Name of its label.
    pub label: String,
    /// Cosine with the sentence asked for.
    pub cosine: f64,
}
