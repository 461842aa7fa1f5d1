//! BERT: the forward pass, what a traced pass keeps, and interventions on it.
//!
//! [`Bert`] reads top to bottom in the order of the paper (`bert`), with one function for each box of the BERT
//! diagram; the arithmetic lives in `ops`, the weights come from `weights`, and `tokenize` turns text into word
//! pieces. `trace` says what a pass can keep and by which names, `intervene` what can be changed about it. The lab
//! and the commands are its callers; the screen never sees a tensor.

pub(crate) mod bert;
mod blob;
mod classify;
pub(crate) mod config;
pub mod embedded;
pub(crate) mod error;
mod folder;
pub(crate) mod guard;
#[cfg(feature = "hub")]
pub mod hub;
mod identity;
pub mod intervene;
pub(crate) mod learner;
pub mod load;
mod masked;
pub(crate) mod ops;
pub mod oracle;
mod parameters;
mod pickle;
mod tables;
pub(crate) mod tokenize;
pub(crate) mod trace;
pub mod weights;

pub use bert::{Batch, Bert};
pub use classify::Answers;
pub use config::{Config, Family};
pub use error::ModelError;
pub use intervene::{Edge, Intervention};
pub use learner::{Learner, Pass, Read, Scope};
pub use tokenize::{Encoding, Input, Kind};
pub use trace::{HiddenStates, Keep, Nothing, Probabilities, Trace};
