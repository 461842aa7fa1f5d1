//! Where a classifier reads: the one enum that the command line, the records, the lessons and the screen share.
//!
//! Names are those of `--readouts`; [`Readout::label`] is what the screen says instead.

mod names;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use names::ReadoutError;

/// Where a classifier reads, or a baseline that needs no BERT.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Readout {
    /// The first position.
    Cls,
    /// The mean of all real tokens, `[CLS]` and `[SEP]` among them.
    Mean,
    /// The mean of the content tokens.
    MeanContent,
    /// The largest value of each dimension over all real tokens.
    Max,
    /// The last `[SEP]`.
    Sep,
    /// The K-th content token, counted from 1, clamped to the last.
    Token(usize),
    /// One content token, fixed by the sentence's hash.
    Random,
    /// Dense layer and tanh on `[CLS]`.
    Pooler,
    /// `[CLS]` and the mean, one after the other.
    ClsMean,
    /// `[CLS]` moved behind the text and `[SEP]`, positions counted in that order.
    ClsAtEnd,
    /// This word's embedding in `[CLS]`'s place.
    StandIn(String),
    /// Baseline: always the commoner answer of training.
    Majority,
    /// Baseline: TF-IDF and logistic regression.
    Words,
}

impl Readout {
    /// What the screen calls it.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Cls => "[CLS]".to_owned(),
            Self::Mean => "GlobalPooling".to_owned(),
            Self::MeanContent => "mean of content".to_owned(),
            Self::Max => "max pooling".to_owned(),
            Self::Sep => "last [SEP]".to_owned(),
            Self::Token(k) => format!("token {k}"),
            Self::Random => "a random token".to_owned(),
            Self::Pooler => "pooler".to_owned(),
            Self::ClsMean => "[CLS] + GlobalPooling".to_owned(),
            Self::ClsAtEnd => "[CLS] at the end".to_owned(),
            Self::StandIn(word) => format!("\"{word}\" for [CLS]"),
            Self::Majority => "always the commoner answer".to_owned(),
            Self::Words => "words, no BERT".to_owned(),
        }
    }

    /// What it is, in one sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Cls => "The vector at the first position, [CLS].".to_owned(),
            Self::Mean => "The mean of the vectors of all real tokens, [CLS] and [SEP] among them.".to_owned(),
            Self::MeanContent => {
                "The mean of the vectors of the text's own tokens, without [CLS] and [SEP].".to_owned()
            }
            Self::Max => "For each dimension, its largest value over all real tokens.".to_owned(),
            Self::Sep => "The vector at the last [SEP].".to_owned(),
            Self::Token(k) => {
                format!("The vector of the text's token number {k}, or of its last one when the text is shorter.")
            }
            Self::Random => {
                "The vector of one of the text's tokens, drawn once and for all by the text's hash.".to_owned()
            }
            Self::Pooler => "The vector of [CLS] through the pooler, a dense layer and tanh.".to_owned(),
            Self::ClsMean => "The vector of [CLS] and the mean of all real tokens, one after the other.".to_owned(),
            Self::ClsAtEnd => {
                "The vector of [CLS] when it stands last: text, [SEP], [CLS], positions counted in that order."
                    .to_owned()
            }
            Self::StandIn(word) => {
                format!("The vector at the first position when \"{word}\" stands there in place of [CLS].")
            }
            Self::Majority => "No classifier: always the answer that is commoner in training.".to_owned(),
            Self::Words => "No BERT: the words themselves, weighed by TF-IDF, and logistic regression.".to_owned(),
        }
    }

    /// Whether it needs no BERT at all.
    #[must_use]
    pub fn is_baseline(&self) -> bool {
        matches!(self, Self::Majority | Self::Words)
    }

    /// Whether its input differs from the usual one, so that it needs a pass of its own.
    #[must_use]
    pub fn needs_own_pass(&self) -> bool {
        matches!(self, Self::ClsAtEnd | Self::StandIn(_))
    }
}

impl fmt::Display for Readout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(k) => f.pad(&format!("token:{k}")),
            Self::StandIn(word) => f.pad(&format!("stand-in:{word}")),
            plain => f.pad(names::PLAIN.iter().find(|(_, readout)| readout == plain).map_or("", |(name, _)| name)),
        }
    }
}

impl FromStr for Readout {
    type Err = ReadoutError;

    fn from_str(text: &str) -> Result<Self, ReadoutError> {
        names::parse(text)
    }
}

impl TryFrom<String> for Readout {
    type Error = ReadoutError;

    fn try_from(text: String) -> Result<Self, ReadoutError> {
        text.parse()
    }
}

impl From<Readout> for String {
    fn from(readout: Readout) -> Self {
        readout.to_string()
    }
}

#[cfg(test)]
mod tests;
