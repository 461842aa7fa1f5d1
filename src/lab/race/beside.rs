//! The same race with two models, one after the other: the second's lanes stand beside the first's.

use std::sync::Arc;

use super::Kept;
use super::report::{between, gaps};
use crate::lab::session::Raced;
use crate::lab::{Against, Control, FirstDone, LabError, Margin, Progress, RaceReport, RaceRequest, Session};

/// Runs a race with both models; `None` when it was stopped before any lane was finished. Stopped in the second half, it
/// keeps what the first model's lanes came to.
pub(in crate::lab) fn race(
    first: &Session,
    other: &Session,
    request: &RaceRequest,
    control: &Control<'_>,
    kept: &Kept<'_>,
) -> Result<Option<Raced>, LabError> {
    // What the other model lacks is found out before the first one runs.
    let asked = request.for_other(first.facts().layers, other.facts().layers);
    super::check(other.bert(), &asked)?;
    // Each model's work counts as half.
    let half = |progress: Progress| Progress { total: 2 * progress.total, ..progress };
    let report = |progress: Progress| (control.report)(half(progress));
    let alone = Control { report: &report, stop: control.stop };
    let Some((mut found, lanes)) = first.race_alone(request, &alone, kept)? else { return Ok(None) };
    if found.stopped {
        return Ok(Some((found, lanes)));
    }
    let done = Arc::new(FirstDone {
        lanes: found.lanes.clone(),
        curves: found.lanes.iter().filter_map(|lane| lane.curves.first().cloned()).collect(),
    });
    let report = |progress: Progress| {
        let progress = half(progress);
        let before = progress.total / 2;
        (control.report)(Progress { done: before + progress.done, first: Some(Arc::clone(&done)), ..progress });
    };
    match other.race_alone(&asked, &Control { report: &report, stop: control.stop }, &Kept::NOTHING)? {
        Some((second, _)) => {
            found.stopped = second.stopped;
            found.against = Some(Box::new(beside(&found, second, request.margin)));
        }
        None => found.stopped = true,
    }
    Ok(Some((found, lanes)))
}

/// What the other model's race says beside the first's.
#[must_use]
pub fn beside(first: &RaceReport, other: RaceReport, margin: Margin) -> Against {
    let (pairs, gaps) = (between(first, &other, margin), gaps(first, &other, margin));
    Against { report: other, pairs, gaps }
}
