//! Plain data of inversion: decoders from vectors back to word pieces, and of the runs that say how good they are.

use serde::{Deserialize, Serialize};

use super::{Provenance, Sentence};
use crate::lab::Readout;

/// Which decoders are to be fitted, and on what.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InvertRequest {
    /// `movies` or `products`.
    pub data: String,
    /// What they decode from.
    pub readouts: Vec<Readout>,
    /// Layers, 0..=L; empty means the last.
    pub layers: Vec<usize>,
    /// Use only so many training sentences.
    pub train: Option<usize>,
    /// Use only so many test sentences.
    pub test: Option<usize>,
}

/// How well each decoder finds the content pieces of test sentences.
///
/// The score of a sentence is precision at n: of the n content pieces that the decoder thinks most likely, the share
/// that the sentence holds, n being the number of known content pieces it has. Sentences that have none are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InversionReport {
    /// One entry a readout and layer.
    pub lanes: Vec<InversionLane>,
    /// Each other readout against `cls` of the same layer.
    pub pairs: Vec<InversionPair>,
    /// The same score when the commonest content pieces are guessed for every sentence.
    pub baseline: f64,
    /// Of the content pieces of all test sentences, the share that the decoders know.
    pub coverage: f64,
    /// Pieces that the decoders know.
    pub known: usize,
    /// The commonest of them, which are not scored.
    pub common: usize,
    /// For each test sentence, its known content pieces.
    #[serde(with = "crate::lab::record::counts")]
    pub asked: Vec<usize>,
    /// For each test sentence, all of its content pieces.
    #[serde(with = "crate::lab::record::counts")]
    pub content: Vec<usize>,
    /// For each test sentence, pieces found by frequency alone.
    #[serde(with = "crate::lab::record::counts")]
    pub by_frequency: Vec<usize>,
    /// How to make it again.
    pub provenance: Provenance,
}

/// One decoder's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InversionLane {
    /// What it decodes from.
    pub readout: String,
    /// Layer, 0..=L.
    pub layer: usize,
    /// The ridge's strength, chosen on validation.
    pub lambda: f64,
    /// The score on validation.
    pub validation: f64,
    /// Each strength tried, ascending, with its score on validation.
    pub grid: Vec<(f64, f64)>,
    /// The score on test.
    pub precision: f64,
    /// 95 % interval of that, over sentences.
    pub ci95: [f64; 2],
    /// For each test sentence, pieces found.
    #[serde(with = "crate::lab::record::counts")]
    pub found: Vec<usize>,
}

/// Two decoders on the same test sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InversionPair {
    /// The first readout.
    pub a: String,
    /// The second readout.
    pub b: String,
    /// Layer, 0..=L.
    pub layer: usize,
    /// Score of b minus score of a.
    pub difference: f64,
    /// 95 % interval of the difference, which holds for all of its layer together.
    pub ci95: [f64; 2],
}

/// A sentence as the decoders of one run give it back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecodeData {
    /// The sentence.
    pub sentence: Sentence,
    /// The run whose decoders these are.
    #[serde(skip)]
    pub run: InvertRequest,
    /// Its known content pieces, in the order of the sentence.
    pub content: Vec<String>,
    /// Its pieces that are too common to be scored.
    pub common: Vec<String>,
    /// Its pieces that no decoder knows.
    pub unknown: Vec<String>,
    /// What each decoder guesses.
    pub decoded: Vec<Decoded>,
}

/// One decoder's guesses for a sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decoded {
    /// What it decodes from.
    pub readout: String,
    /// Layer, 0..=L.
    pub layer: usize,
    /// As many content pieces as the sentence has known ones, likeliest first, with the predicted presence (a ridge's
    /// answer, about 0 to 1).
    pub guesses: Vec<(String, f32)>,
}

impl Decoded {
    /// Guesses that the sentence holds.
    pub fn hits<'a>(&'a self, content: &'a [String]) -> impl Iterator<Item = &'a (String, f32)> {
        self.guesses.iter().filter(|(piece, _)| content.contains(piece))
    }

    /// Guesses that it does not hold.
    pub fn alarms<'a>(&'a self, content: &'a [String]) -> impl Iterator<Item = &'a (String, f32)> {
        self.guesses.iter().filter(|(piece, _)| !content.contains(piece))
    }

    /// Known content pieces that were not guessed.
    pub fn misses<'a>(&'a self, content: &'a [String]) -> impl Iterator<Item = &'a String> {
        content.iter().filter(|piece| self.guesses.iter().all(|(guess, _)| guess != *piece))
    }
}
