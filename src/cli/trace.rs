//! `clsroom trace`: what is asked of one sentence.

use clap::{Args, ValueEnum};

use super::TextFormat;

/// `clsroom trace`.
#[derive(Debug, Args)]
pub struct Trace {
    /// The sentence
    pub text: String,
    /// A second text, for a sentence pair
    #[arg(long, value_name = "TEXT")]
    pub pair: Option<String>,
    /// Measure more on the sentence; figures are named as lessons name them
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT")]
    pub also: Vec<Also>,
    /// Layers in which [CLS] looks at nothing but itself, as in 1-5,6 [default: all but the last, the last, all]
    #[arg(long, value_delimiter = ',', value_name = "LAYERS", value_parser = range, requires = "also")]
    pub ranges: Vec<[usize; 2]>,
    /// The word that stands in for [CLS] where attention is received
    #[arg(long, value_name = "WORD", default_value = "banana")]
    pub stand_in: String,
    /// The position whose word is hidden [default: the middle]
    #[arg(long, value_name = "K", requires = "also")]
    pub mask: Option<usize>,
    /// Another sentence beside this one: how alike the two are, layer by layer
    #[arg(long, value_name = "TEXT")]
    pub beside: Option<String>,
    /// A word in both, followed through the layers
    #[arg(long, value_name = "WORD", requires = "beside")]
    pub word: Option<String>,
    /// Text for people, JSON for programs
    #[arg(long, value_enum, default_value_t = TextFormat::Text)]
    pub format: TextFormat,
}

/// What `trace --also` measures besides the pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Also {
    /// The same pieces in other arrangements.
    Arrange,
    /// Where the loss touches.
    Gradient,
    /// Every edge into [CLS] cut, one at a time.
    Knockout,
    /// A short training of [CLS], watched through this sentence.
    Learning,
    /// The number that outweighs the others in [CLS].
    Largest,
    /// What the first place receives of the words' attention, with [CLS] and without.
    Received,
    /// [CLS] cut off from the words in some layers (--ranges).
    Ranges,
    /// A word hidden behind [MASK], and where the loss of guessing it touches (--mask).
    Masked,
}

/// First and last layer, as in 1-5; one number is both.
fn range(text: &str) -> Result<[usize; 2], String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first >= 1 && first <= last => Ok([first, last]),
        _ => Err("layers are a number or two, as in 6 or 1-5, counted from 1".to_owned()),
    }
}
