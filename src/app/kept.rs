//! Long runs that ended: kept with the progress, and shown again on their benches after a restart, with their day.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::State;
use crate::lab::dataset::MOVIES;
use crate::lab::record;
use crate::lab::{LearnData, LearnRequest, Outcome, Request};
use crate::lesson::notebook::day;
use crate::lesson::progress::KeptRun;

impl State {
    /// The day on which an earlier session measured what the bench shows; `None` for a run of this session, and where
    /// there is none.
    #[must_use]
    pub fn measured_before(&self) -> Option<String> {
        let wanted = self.run_request()?;
        let (_, at) = self.results.restored.iter().find(|(request, _)| *request == wanted)?;
        Some(at.map_or_else(|| "an earlier day".to_owned(), day))
    }

    /// Whether this session has run what the bench offers.
    #[must_use]
    pub fn has_run_here(&self) -> bool {
        self.has_run() && self.measured_before().is_none()
    }

    /// What a result depends on besides the request: weights, the limit of pieces, the sentences.
    fn made_with(&self, request: &Request) -> Option<String> {
        let (data, against) = match request {
            Request::Race(race) => (&race.data, race.against.is_some()),
            Request::Learn(learn) => (&learn.data, false),
            Request::Invert(invert) => (&invert.data, false),
            Request::Aggregate(aggregate) => (&aggregate.data, false),
            _ => return None,
        };
        let model = self.facts.as_ref().map(|facts| format!("{} {}", facts.sha256, facts.max_length))?;
        let other = self.against.as_ref().filter(|_| against).map_or("", |other| other.sha256.as_str());
        let sentences = if data == MOVIES { "" } else { self.data_sha256.as_str() };
        Some(format!("{model} {other} {sentences}"))
    }
}

/// Keeps what came of a long run; whether there was anything to keep.
pub(super) fn keep(state: &mut State, request: &Request, outcome: &Outcome, lesson: Option<String>) -> bool {
    state.results.restored.retain(|(known, _)| known != request);
    let Some((kind, asked, report)) = pack(request, outcome) else { return false };
    let Some(with) = state.made_with(request) else { return false };
    let key = format!("{kind}-{:016x}", hash(&format!("{with} {asked}")));
    let run = KeptRun {
        lesson: lesson.unwrap_or_default(),
        at: state.now,
        kind: kind.to_owned(),
        with,
        request: asked,
        report,
    };
    state.progress.keep_run(key, run)
}

/// Puts the runs of earlier sessions on their benches, as far as they are of this model and of these sentences.
pub(super) fn restore(state: &mut State) {
    let mut runs: Vec<KeptRun> = state.progress.runs.values().cloned().collect();
    runs.sort_by_key(|run| run.at);
    for run in runs {
        let Some((request, outcome)) = unpack(&run) else { continue };
        if state.made_with(&request).is_some_and(|with| with == run.with) {
            super::results::restore(state, request, outcome, run.at);
        }
    }
}

fn pack(request: &Request, outcome: &Outcome) -> Option<(&'static str, Value, Value)> {
    fn both(
        kind: &'static str,
        asked: &impl Serialize,
        report: &impl Serialize,
    ) -> Option<(&'static str, Value, Value)> {
        Some((kind, serde_json::to_value(asked).ok()?, serde_json::to_value(report).ok()?))
    }
    match (request, outcome) {
        (Request::Race(asked), Outcome::Race(report)) if !report.stopped => both("race", asked, report.as_ref()),
        (Request::Learn(asked), Outcome::Learn(data)) => both("learn", asked, data.as_ref()),
        (Request::Invert(asked), Outcome::Invert(report)) => both("invert", asked, report.as_ref()),
        (Request::Aggregate(asked), Outcome::Aggregate(report)) => both("aggregate", asked, report.as_ref()),
        _ => None,
    }
}

/// A file can hold anything: reports are checked as records are, and what does not fit is left out.
fn unpack(run: &KeptRun) -> Option<(Request, Outcome)> {
    fn asked<T: DeserializeOwned>(run: &KeptRun) -> Option<T> {
        serde_json::from_value(run.request.clone()).ok()
    }
    let text = run.report.to_string();
    Some(match run.kind.as_str() {
        "race" => (Request::Race(asked(run)?), Outcome::Race(Arc::new(record::read(&text).ok()?))),
        "invert" => (Request::Invert(asked(run)?), Outcome::Invert(Arc::new(record::read_inversion(&text).ok()?))),
        "aggregate" => {
            (Request::Aggregate(asked(run)?), Outcome::Aggregate(Arc::new(record::read_aggregate(&text).ok()?)))
        }
        "learn" => {
            let data: LearnData = serde_json::from_str(&text).ok()?;
            let request: LearnRequest = asked(run)?;
            if data.request != request || !data.is_whole() {
                return None;
            }
            (Request::Learn(request), Outcome::Learn(Arc::new(data)))
        }
        _ => return None,
    })
}

/// FNV-1a: a name for a request.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
