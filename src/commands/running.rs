//! What commands that take minutes have in common: a bar, Ctrl-C, and how a run was made.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::race::{stop_flag, today};
use super::{bar, shown_on};
use crate::lab::{Control, Outcome, Provenance, Request, Session};

/// Runs a request to its end behind a progress bar; with it the seconds it took.
///
/// # Errors
/// When the run fails, or was stopped.
pub(super) fn to_the_end(lab: &Session, request: &Request) -> Result<(Outcome, f64), String> {
    let stop = stop_flag()?;
    let bar = bar();
    let report = shown_on(&bar);
    let control = Control { report: &report, stop: &|| stop.load(Ordering::Relaxed) };
    let started = Instant::now();
    let outcome = lab.run(request, &control).map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    let stopped = "the run was stopped; nothing of it is kept. The same command runs it again";
    Ok((outcome.ok_or(stopped)?, started.elapsed().as_secs_f64()))
}

/// Fills in what only a caller with a clock knows.
pub(super) fn date(provenance: &mut Provenance, seconds: f64) {
    provenance.seconds = Some((seconds * 10.0).round() / 10.0);
    provenance.date = Some(today());
}

/// The first line of a report: the model, and on what the run was.
pub(super) fn headline(provenance: &Provenance) -> String {
    let [train, validation, test] = provenance.sentences;
    let Provenance { model, data, .. } = provenance;
    format!("{model} on {data}: {train} training, {validation} validation, {test} test sentences")
}

/// The last line of a report: the command that makes it again.
pub(super) fn made_by(provenance: &Provenance) -> String {
    let Provenance { command, threads, .. } = provenance;
    let vectors = provenance.vectors().map_or_else(String::new, |vectors| format!("; {vectors}"));
    format!("made by: {command} ({} s, {threads} threads{vectors})", provenance.seconds.unwrap_or(0.0))
}

/// The report as JSON, with what was found about a sentence under a name of its own.
pub(super) fn json(
    report: &impl serde::Serialize,
    name: &str,
    about: &impl serde::Serialize,
) -> Result<String, String> {
    let fail = |error: serde_json::Error| format!("cannot write JSON: {error}");
    let mut value = serde_json::to_value(report).map_err(fail)?;
    value[name] = serde_json::to_value(about).map_err(fail)?;
    let mut text = serde_json::to_string_pretty(&value).map_err(fail)?;
    text.push('\n');
    Ok(text)
}
