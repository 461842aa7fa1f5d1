//! The report of a long run, kept so that its bench shows it again after a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Reports that one learner's file keeps; the oldest go first.
const MOST: usize = 24;

/// Larger reports are not kept, in bytes of JSON.
const MOST_BYTES: usize = 100_000;

/// What was asked and what came of it. Only the front end knows what is inside.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptRun {
    /// Id of the lesson that ran it; empty in the sandbox.
    pub lesson: String,
    /// When it ended, in seconds since 1970 (UTC).
    pub at: Option<u64>,
    /// What the result depends on besides the request.
    pub with: String,
    /// What kind of run it is.
    pub kind: String,
    /// What was asked.
    pub request: Value,
    /// What came of it.
    pub report: Value,
}

/// Keeps a run under its key; whether it was kept.
pub(super) fn keep(runs: &mut BTreeMap<String, KeptRun>, key: String, run: KeptRun) -> bool {
    if run.report.to_string().len() + run.request.to_string().len() > MOST_BYTES {
        return false;
    }
    runs.insert(key, run);
    while runs.len() > MOST {
        let oldest = runs.iter().min_by_key(|(_, run)| run.at).map(|(key, _)| key.clone());
        oldest.map(|key| runs.remove(&key));
    }
    true
}
