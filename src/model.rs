//! BERT: the forward pass, what a traced pass keeps, and interventions on it.
//!
//! [`Bert`] reads top to bottom in the order of the paper (`bert`), with one function for each box of the BERT
//! diagram; the arithmetic lives in `ops`, the weights come from `weights`, and `tokenize` turns text into word
//! pieces. `trace` says what a pass can keep and by which names, `intervene` what can be changed about it. The lab
//! and the commands are its callers; the screen never sees a tensor.

pub mod bert;
mod blob;
mod classify;
pub mod config;
pub mod error;
mod folder;
pub mod guard;
#[cfg(feature = "hub")]
pub mod hub;
pub mod intervene;
pub mod learner;
pub mod load;
pub mod ops;
pub mod oracle;
mod parameters;
mod pickle;
mod tables;
pub mod tokenize;
pub mod trace;
pub mod weights;

pub use bert::{Batch, Bert};
pub use classify::Answers;
pub use config::{Config, Family};
pub use error::ModelError;
pub use intervene::{Edge, Intervention};
pub use learner::{Learner, Pass, Read, Scope};
pub use tokenize::{Encoding, Input, Kind};
pub use trace::{HiddenStates, Keep, Nothing, Probabilities, Trace};

/// Text from a file, fit to be shown: control characters and marks that turn the writing direction become U+FFFD.
#[must_use]
pub fn printable(text: &str) -> String {
    let steers = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
