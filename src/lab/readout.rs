//! Where a classifier reads: the one enum that the command line, the records, the lessons and the screen share.
//!
//! Names are those of `--readouts`; [`Readout::label`] is what the screen says instead.

mod names;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use names::{ReadoutError, known};

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
    /// The mean of all real tokens, each weighed by the attention that `[CLS]` pays it in the last layer.
    AttentionWeighted,
    /// `[CLS]` moved behind the text and `[SEP]`, positions counted in that order.
    ClsAtEnd,
    /// This word's embedding in `[CLS]`'s place.
    StandIn(String),
    /// A control: `[CLS]`, learnt with labels at random. A frozen lane only.
    RandomLabels,
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
            Self::Token(k) => format!("token {k}"),
            Self::StandIn(word) => format!("\"{word}\" for [CLS]"),
            plain => plain.row().label.to_owned(),
        }
    }

    /// What it is, in one sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Token(k) => {
                format!("The vector of the text's token number {k}, or of its last one when the text is shorter.")
            }
            Self::StandIn(word) => {
                format!("The vector at the first position when \"{word}\" stands there in place of [CLS].")
            }
            plain => plain.row().about.to_owned(),
        }
    }

    /// Those whose name stands alone, in the order in which they are listed.
    pub fn plain() -> impl Iterator<Item = &'static Self> {
        names::PLAIN.iter().map(|row| &row.readout)
    }

    /// What is known about one whose name stands alone; those with a number or a word behind it have none.
    fn row(&self) -> &'static names::Plain {
        static NONE: names::Plain = names::row("", Readout::Cls, "", "");
        names::PLAIN.iter().find(|row| row.readout == *self).unwrap_or(&NONE)
    }

    /// Whether it needs no BERT at all.
    #[must_use]
    pub fn is_baseline(&self) -> bool {
        matches!(self, Self::Majority | Self::Words)
    }

    /// Whether it learns labels that were given at random, so that what it gets right is luck.
    #[must_use]
    pub fn is_control(&self) -> bool {
        matches!(self, Self::RandomLabels)
    }

    /// Whether its shares are the attention that `[CLS]` pays in the last layer.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        matches!(self, Self::AttentionWeighted)
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
            plain => f.pad(plain.row().name),
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
