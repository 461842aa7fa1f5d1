//! The plain data that experiments take and give.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Readout, shell};
use crate::model::load::MAX_LENGTH;

mod aggregate;
mod inversion;
mod training;

pub use aggregate::*;
pub use inversion::*;
pub use training::*;

/// A row-major matrix of f32.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Numbers in a row.
    pub cols: usize,
    /// `rows * cols` numbers.
    pub data: Vec<f32>,
}

impl Matrix {
    /// A matrix from its numbers, row by row.
    #[must_use]
    pub fn new(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        debug_assert_eq!(rows * cols, data.len());
        Self { rows, cols, data }
    }

    /// One row; empty when there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        self.data.get(row * self.cols..(row + 1) * self.cols).unwrap_or(&[])
    }

    /// One number; NaN outside the matrix.
    #[must_use]
    pub fn at(&self, row: usize, col: usize) -> f32 {
        if col < self.cols { self.row(row).get(col).copied().unwrap_or(f32::NAN) } else { f32::NAN }
    }
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// One pass with everything kept.
    Trace(Sentence),
    /// Cut every edge j -> `[CLS]`, one layer at a time.
    Knockout(Sentence),
    /// Nearest vocabulary entries to one piece's word embedding.
    Neighbours {
        /// The sentence.
        sentence: Sentence,
        /// Index of the piece.
        position: usize,
    },
    /// Two sentences side by side.
    Compare {
        /// The first sentence.
        first: Sentence,
        /// The second sentence.
        second: Sentence,
        /// A word that occurs in both.
        word: Option<String>,
    },
    /// Classifiers side by side (one layer: a race; several: a probe curve).
    Race(RaceRequest),
    /// What the lanes of the last race say about a sentence.
    Ask(Sentence),
    /// One pass of the other model, with everything kept.
    Beside(Sentence),
    /// The gradient's size by layer and position.
    Gradient(Sentence),
    /// The same pieces in other arrangements.
    Arrange(Sentence),
    /// What each position adds to the recorded head's answer.
    Attribution(Sentence),
    /// A short training, watched through one sentence.
    Learn(LearnRequest),
    /// Decoders from vectors back to word pieces.
    Invert(InvertRequest),
    /// A sentence as the decoders of a run give it back.
    Decode(Sentence, InvertRequest),
    /// A probe, random pairs and nearest sentences, for `cls` and `mean` by layer.
    Aggregate(AggregateRequest),
    /// The training sentences of such a run that are nearest to a sentence.
    Nearest(Sentence, AggregateRequest),
}

/// One text, or a pair.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub struct Sentence {
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub pair: Option<String>,
}

impl Sentence {
    /// A single text.
    #[must_use]
    pub fn single(text: impl Into<String>) -> Self {
        Self { text: text.into(), pair: None }
    }
}

/// What comes back.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Answer to [`Request::Trace`].
    Trace(Arc<TraceData>),
    /// Answer to [`Request::Knockout`].
    Knockout(Arc<KnockoutData>),
    /// Answer to [`Request::Neighbours`].
    Neighbours(Arc<NeighboursData>),
    /// Answer to [`Request::Compare`].
    Compare(Arc<CompareData>),
    /// Answer to [`Request::Race`].
    Race(Arc<RaceReport>),
    /// Answer to [`Request::Ask`].
    Ask(Arc<AskData>),
    /// Answer to [`Request::Beside`].
    Beside(Arc<TraceData>),
    /// Answer to [`Request::Arrange`].
    Arrange(Arc<super::arrange::ArrangeData>),
    /// Answer to [`Request::Gradient`].
    Gradient(Arc<GradientData>),
    /// Answer to [`Request::Attribution`].
    Attribution(Arc<super::attribution::AttributionData>),
    /// Answer to [`Request::Learn`].
    Learn(Arc<LearnData>),
    /// Answer to [`Request::Invert`].
    Invert(Arc<InversionReport>),
    /// Answer to [`Request::Decode`].
    Decode(Arc<DecodeData>),
    /// Answer to [`Request::Aggregate`].
    Aggregate(Arc<AggregateReport>),
    /// Answer to [`Request::Nearest`].
    Nearest(Arc<NearestData>),
}

/// How far a long experiment is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// What is being done, in words.
    pub what: String,
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub total: usize,
    /// Lanes that are finished already.
    pub lanes: Vec<Lane>,
    /// Lanes that learn just now.
    pub curves: Vec<Curve>,
    /// While the other model runs the same race: what the first one's came to.
    pub first: Option<Arc<FirstDone>>,
}

/// The first model's part of a race of two models.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FirstDone {
    /// Its lanes.
    pub lanes: Vec<Lane>,
    /// How those learnt that were fine-tuned.
    pub curves: Vec<Curve>,
}

/// Facts about the model, read from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// Where it was read from: `embedded` or a path.
    pub origin: String,
    /// sha256 of the weights file.
    pub sha256: String,
    /// `num_hidden_layers`.
    pub layers: usize,
    /// `num_attention_heads`.
    pub heads: usize,
    /// `hidden_size`.
    pub hidden: usize,
    /// `vocab_size`.
    pub vocabulary: usize,
    /// `max_position_embeddings`.
    pub positions: usize,
    /// Numbers in all weights.
    pub parameters: usize,
    /// At most this many pieces are read.
    pub max_length: usize,
    /// What `--model` names it; absent for the model inside the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// Classes of the checkpoint's own classification head; empty when it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

impl ModelFacts {
    /// What `--model` and `--against` name it.
    #[must_use]
    pub fn argument(&self) -> String {
        self.asked.clone().unwrap_or_else(|| self.name.clone())
    }

    /// ` --model NAME` for commands that make something again; empty for the model inside the program. What the limit of
    /// pieces was is said where it is not the usual one.
    #[must_use]
    pub fn as_option(&self) -> String {
        let model = self.asked.as_ref().map_or(String::new(), |asked| format!(" --model {}", shell::word(asked)));
        // Tables with fewer positions than the usual limit (RoBERTa's with two more) set the limit themselves.
        let chosen = self.max_length > MAX_LENGTH || (self.max_length < MAX_LENGTH && self.positions > MAX_LENGTH + 1);
        if chosen { format!("{model} --max-length {}", self.max_length) } else { model }
    }
}

/// One word piece of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// As the vocabulary writes it: `surprising`, `##ly`, `[CLS]`.
    pub text: String,
    /// Its id.
    pub id: u32,
    /// `token_type_ids`: 0 first text, 1 second.
    pub segment: u32,
    /// Byte range in the text it came from; empty for special tokens.
    pub offsets: (usize, usize),
    /// `[CLS]` or `[SEP]`.
    pub special: bool,
}

/// What was cut off a text that is longer than the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Pieces kept, special tokens included.
    pub kept: usize,
    /// Pieces the whole text has.
    pub total: usize,
    /// The last word kept ends at this character of the text (0-based, exclusive).
    pub at_char: usize,
}

/// One traced pass.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceData {
    /// The input.
    pub sentence: Sentence,
    /// The model that ran.
    pub model: Arc<ModelFacts>,
    /// Its pieces, T of them.
    pub pieces: Vec<Piece>,
    /// What was cut off, if anything.
    pub cut: Option<Cut>,
    /// Word embeddings [T x D].
    pub word: Matrix,
    /// Position embeddings [T x D].
    pub position: Matrix,
    /// Segment embeddings [T x D].
    pub segment: Matrix,
    /// Their sum, before LayerNorm [T x D].
    pub sum: Matrix,
    /// `hidden_states`: L+1 of [T x D]; 0 is the embedding output.
    pub hidden_states: Vec<Matrix>,
    /// `attentions`: L x H of [T x T].
    pub attentions: Vec<Vec<Matrix>>,
    /// `pooler_output` `[D]`; absent when the model has no pooler.
    pub pooler_output: Option<Vec<f32>>,
    /// Pooled vectors of the last layer, by readout name.
    pub pooled: BTreeMap<String, Vec<f32>>,
    /// Every operation of the pass in order.
    pub operations: Vec<Operation>,
    /// What flows into `[CLS]`.
    pub mixing: Mixing,
    /// The positions in two dimensions.
    pub map: Map,
    /// Answers of the recorded heads; empty when none fits this model.
    pub labels: Vec<HeadAnswer>,
    /// The answer of the checkpoint's own classification head: each class with its probability, or the bare score of
    /// a single one; empty when it has none.
    pub own: Vec<(String, f32)>,
}

/// One operation of the forward pass, as the stepper shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// 1-based layer; `None` for embeddings and the pooler.
    pub layer: Option<usize>,
    /// `embeddings`, `attention`, `feed-forward`, `pooler`.
    pub block: &'static str,
    /// Short name: `softmax`.
    pub name: &'static str,
    /// Formula in plain characters.
    pub formula: &'static str,
    /// One sentence: why it is there.
    pub why: &'static str,
    /// Shapes: `[7 x 384] -> [7 x 384]`.
    pub shapes: String,
    /// The result: one matrix [T x n], or one [T x T] a head.
    pub values: Vec<Matrix>,
    /// For operations on the residual stream: by row, what it did.
    pub effects: Vec<Effect>,
}

/// What an operation on the residual stream did to one position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Length before.
    pub norm_before: f32,
    /// Length after.
    pub norm_after: f32,
    /// Length of the difference.
    pub moved: f32,
    /// Cosine of before and after.
    pub cosine: f32,
}

/// What flows into `[CLS]`, by measure. Row l is layer l+1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mixing {
    /// Attention of `[CLS]`, averaged over heads `[L x T]`.
    pub raw: Matrix,
    /// Attention rollout from the input `[L x T]`.
    pub rollout: Matrix,
    /// Norm-based share `[L x T]`; a row adds to 1.
    pub norm: Matrix,
    /// Mixing ratio `[L]`.
    pub ratio: Vec<f32>,
}

/// All positions through the layers, by the first two principal components of all of them together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// (L+1) x T points.
    pub points: Vec<Vec<[f32; 2]>>,
    /// Share of the variance that each axis carries.
    pub explained: [f32; 2],
}

/// A recorded head's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadAnswer {
    /// What it reads: `cls` or `mean` of the last layer.
    pub readout: String,
    /// Probability of "positive".
    pub positive: f32,
    /// Its test accuracy, as recorded.
    pub accuracy: f64,
    /// Each dimension's part in the logit, `[D]`.
    pub parts: Vec<f32>,
    /// What is added regardless of the sentence.
    pub bias: f32,
}

/// Effects of cutting one edge into `[CLS]`. Row l is layer l+1; column 0 (`[CLS]` itself) is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct KnockoutData {
    /// The input.
    pub sentence: Sentence,
    /// 1 - cosine of the final `[CLS]` vector `[L x T]`.
    pub cosine_distance: Matrix,
    /// Change of the recorded `cls` head's probability of "positive" `[L x T]`; empty without a head.
    pub probability_change: Matrix,
}

/// Nearest vocabulary entries.
#[derive(Debug, Clone, PartialEq)]
pub struct NeighboursData {
    /// The input.
    pub sentence: Sentence,
    /// Which piece.
    pub position: usize,
    /// The piece as written.
    pub piece: String,
    /// By cosine: entry and value, best first; the piece itself left out.
    pub cosine: Vec<(String, f32)>,
    /// By dot product.
    pub dot: Vec<(String, f32)>,
}

/// Two sentences side by side, by layer 0..=L.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareData {
    /// The first sentence.
    pub first: Sentence,
    /// The second sentence.
    pub second: Sentence,
    /// The word followed, and its positions in both; absent when it is not in both.
    pub word: Option<(String, usize, usize)>,
    /// Cosine of the two `[CLS]` vectors.
    pub cls: Vec<f32>,
    /// Cosine of the two vectors of the word.
    pub word_cosine: Vec<f32>,
    /// Cosine of the two means.
    pub mean: Vec<f32>,
}

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
    /// Seed of the bootstrap, and the first seed of the runs.
    pub seed: u64,
    /// How the lanes learn; fine-tuned ones read the last layer.
    pub modes: Vec<Mode>,
    /// How they are fine-tuned.
    pub recipe: Recipe,
    /// The other model that runs the same race, as `--against` names it.
    #[serde(default)]
    pub against: Option<String>,
}

impl Request {
    /// Whether it takes seconds or minutes, so that it is run only when asked for and may be stopped.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(self, Self::Race(_) | Self::Learn(_) | Self::Invert(_) | Self::Aggregate(_))
    }
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
    /// Whether each class of the data is one of them: then it has a lane, `own`.
    pub matched: bool,
    /// For each test sentence the probability of each of its classes (not written to records).
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
}

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
    #[serde(default, with = "super::record::bits::lists")]
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

/// How a record was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of this program.
    pub version: String,
    /// The command that makes it again.
    pub command: String,
    /// Model name.
    pub model: String,
    /// sha256 of its weights.
    pub model_sha256: String,
    /// Data set name.
    pub data: String,
    /// sha256 of the data file.
    pub data_sha256: String,
    /// Sentences used: train, validation, test.
    pub sentences: [usize; 3],
    /// Seed.
    pub seed: u64,
    /// How lanes were fine-tuned, if any were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Threads.
    pub threads: usize,
    /// Seconds it took; filled in by the caller, who has a clock.
    pub seconds: Option<f64>,
    /// Day it was made, `YYYY-MM-DD`; filled in by the caller.
    pub date: Option<String>,
}
