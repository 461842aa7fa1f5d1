//! An answer to a question, with what decided it and how often it was recalled.

use serde::{Deserialize, Serialize};

use super::Recall;
use crate::lesson::Source;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// The option chosen, 0-based.
    pub choice: usize,
    /// Whether it was right; `None` until the measurement that decides is there.
    pub correct: Option<bool>,
    /// Which option was right, once the measurement was there; absent where the program did not keep it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub right: Option<usize>,
    /// The option chosen first, where the learner changed the answer before the result was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<usize>,
    /// Id of the lesson that asked.
    pub lesson: String,
    /// When, in seconds since 1970 (UTC).
    pub at: Option<u64>,
    /// What the measurement was that decided, as it was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
    /// Where that is from; absent where the program did not keep it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The sentence it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// How often the question has been asked again since and was answered right.
    pub recalled: u32,
    /// The latest of these answers, right or wrong, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recalls: Vec<Recall>,
}
