//! Answers about one sentence or two.

use super::{Matrix, Sentence};

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
