//! How a record was made.

use serde::{Deserialize, Serialize};

use super::Recipe;

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
    /// sha256 of what its encoder holds, in whatever file it came; absent from records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensors_sha256: Option<String>,
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
    /// Key of all that decides its figures (see `lab::command`); absent from records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The last day on which vectors of it were computed by an earlier process, days since 1970; `None`: all by this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors_of_day: Option<u64>,
    /// Threads.
    pub threads: usize,
    /// Seconds it took; filled in by the caller, who has a clock.
    pub seconds: Option<f64>,
    /// Day it was made, `YYYY-MM-DD`; filled in by the caller.
    pub date: Option<String>,
}

impl Provenance {
    /// "vectors computed here on 2026-11-28", where an earlier process computed some of them.
    #[must_use]
    pub fn vectors(&self) -> Option<String> {
        let day = self.vectors_of_day?;
        Some(format!("vectors computed here on {}", crate::wording::time::day(day.saturating_mul(86_400))))
    }
}
