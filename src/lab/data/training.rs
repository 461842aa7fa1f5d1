//! How lanes learn, and what is seen while they do.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::PieceKind;

/// How the classifiers of a race learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// BERT stays as it is; only the classifier learns.
    Frozen,
    /// BERT learns with it.
    Finetune,
}

impl Mode {
    /// Both, in the order in which they run.
    pub const ALL: [Self; 2] = [Self::Frozen, Self::Finetune];

    /// As commands and records write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Finetune => "finetune",
        }
    }
}

/// The body's learning rate.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rate {
    /// Each lane looks for the best on validation: see `finetune::sweep`.
    Auto,
    /// This one.
    Fixed(f64),
}

impl PartialEq for Rate {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Auto, Self::Auto) => true,
            (Self::Fixed(a), Self::Fixed(b)) => a.to_bits() == b.to_bits(),
            _ => false,
        }
    }
}

impl Eq for Rate {}

impl Hash for Rate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Auto => 0.hash(state),
            Self::Fixed(rate) => rate.to_bits().hash(state),
        }
    }
}

/// How lanes are fine-tuned: `AdamW` (0.9, 0.999, 1e-8), weight decay 0.01, gradients clipped at norm 1 over body and
/// head, warm-up over the first tenth of the steps and then linear to 0, no dropout.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recipe {
    /// Passes over the training sentences.
    pub epochs: usize,
    /// Few sentences are passed over more often, until there were so many steps.
    pub least_steps: usize,
    /// Runs, with the seeds 0, 1, …
    pub seeds: usize,
    /// The body's rate; the head's is always 1e-3.
    pub rate: Rate,
    /// Only so many of the upper layers learn; `None`: all, and the embeddings.
    pub top_layers: Option<usize>,
    /// Sentences in a step.
    pub batch: usize,
}

/// The fewest steps of a fine-tuning, unless told otherwise. After 32 steps on 512 sentences lanes were still below their
/// frozen figures; after so many they are above.
pub const LEAST_STEPS: usize = 150;

impl Default for Recipe {
    fn default() -> Self {
        let rate = Rate::Fixed(1e-4);
        Self { epochs: 2, least_steps: LEAST_STEPS, seeds: 1, rate, top_layers: None, batch: 32 }
    }
}

impl Recipe {
    /// Steps of one run on so many sentences.
    #[must_use]
    pub fn steps(&self, sentences: usize) -> usize {
        if sentences == 0 {
            return 0;
        }
        (sentences.div_ceil(self.batch.max(1)) * self.epochs).max(self.least_steps)
    }
}

/// A lane while it learns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curve {
    /// Readout's name.
    pub readout: String,
    /// Seed of head and order.
    pub seed: u64,
    /// The body's rate.
    pub rate: f64,
    /// Steps in all.
    pub steps: usize,
    /// Training loss of each step so far, in nats.
    pub loss: Vec<f32>,
    /// After so many steps, so large a share of the watched validation sentences was answered right: for the eye while
    /// it runs, not written to records.
    #[serde(skip)]
    pub validation: Vec<(usize, f32)>,
}

/// A lane that ended before its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Readout's name.
    pub readout: String,
    /// Seed.
    pub seed: u64,
    /// Why, in one sentence.
    pub why: String,
}

/// A test sentence, for reading where lanes disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestSentence {
    /// As written.
    pub text: String,
    /// Its label's number.
    pub class: usize,
}

/// What the lanes of the last race say about a sentence of one's own.
#[derive(Debug, Clone, PartialEq)]
pub struct AskData {
    /// The sentence.
    pub sentence: super::Sentence,
    /// One answer a lane.
    pub answers: Vec<LaneAnswer>,
    /// What the checkpoints' own heads say: which model, and each class with its probability (or the bare score of a
    /// single one).
    pub own: Vec<(usize, Vec<(String, f32)>)>,
}

/// One lane's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneAnswer {
    /// Of two models, which: 0 the one in use, 1 the other.
    pub model: usize,
    /// Readout's name.
    pub readout: String,
    /// How the lane learnt.
    pub mode: String,
    /// Layer read; absent for baselines.
    pub layer: Option<usize>,
    /// Probability of each class.
    pub probabilities: Vec<f32>,
    /// Where it lies in the lane's cloud, if that has one.
    pub point: Option<[f32; 2]>,
}

/// Where the loss touches, for a sentence labelled positive and a fresh head.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientData {
    /// The sentence.
    pub sentence: super::Sentence,
    /// For each readout's name, the norm of the loss's gradient at every layer and position [(L+1) x T].
    pub maps: Vec<(String, super::Matrix)>,
    /// Where the masked word of the map `masked` stands, and whether the checkpoint's own head guesses it.
    pub masked: Option<(usize, bool)>,
}

/// A short training that is watched through one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LearnRequest {
    /// Data set.
    pub data: String,
    /// What the head reads.
    pub readout: crate::lab::Readout,
    /// How many steps of 32 sentences.
    pub steps: usize,
    /// The sentence that is watched.
    pub sentence: super::Sentence,
    /// Seed of head and order.
    pub seed: u64,
}

/// What a short training changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearnData {
    /// What was asked.
    pub request: LearnRequest,
    /// The sentence's pieces, as people see them.
    pub pieces: Vec<String>,
    /// What each of them is.
    pub kinds: Vec<PieceKind>,
    /// Loss by step.
    pub curve: Curve,
    /// Attention of `[CLS]`, mean of the heads, before `[L x T]`.
    pub before: super::Matrix,
    /// The same after.
    pub after: super::Matrix,
    /// How far the states of `[CLS]` turned, 1 - cosine, at layer 0 to L.
    pub drift: Vec<f32>,
    /// The same with vectors prepared: [`Way::Without`](crate::lab::way::Way::Without), then centred; absent in older files.
    #[serde(default)]
    pub drift_prepared: Vec<Vec<f32>>,
    /// The same as `drift` for the mean of all positions.
    pub drift_mean: Vec<f32>,
    /// Classes that the head tells apart.
    pub classes: usize,
}

/// Index of the largest probability; of equals the first.
#[must_use]
pub fn likeliest(probabilities: &[f32]) -> usize {
    (0..probabilities.len())
        .reduce(|best, at| if probabilities[at] > probabilities[best] { at } else { best })
        .unwrap_or(0)
}

impl LearnData {
    /// Whether its tables have the sizes that its pieces ask for.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let tables = [&self.before, &self.after];
        let sized = |table: &&super::Matrix| {
            table.rows == self.before.rows
                && table.cols == self.pieces.len()
                && table.rows.checked_mul(table.cols) == Some(table.data.len())
        };
        let turned = [&self.drift, &self.drift_mean];
        self.before.rows > 0
            && !self.pieces.is_empty()
            && self.kinds.len() == self.pieces.len()
            && tables.iter().all(sized)
            && turned.iter().all(|turned| turned.len() == self.before.rows + 1)
    }

    /// Where the attention of `[CLS]` changed most: layer (0-based), by how much, and the token's index.
    #[must_use]
    pub fn most_changed(&self) -> Option<(usize, f32, usize)> {
        let cells = (0..self.before.rows).flat_map(|row| (0..self.before.cols).map(move |column| (row, column)));
        cells
            .map(|(row, column)| (row, self.after.at(row, column) - self.before.at(row, column), column))
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    }
}
