//! Reading ahead: the vectors that a run on a frozen BERT will need, before it is asked for.

use super::dataset::Dataset;
use super::race::{self, Cache};
use super::{Control, InvertRequest, LabError, Mode, ModelFacts, Readout, Request, inversion};
use crate::model::Bert;

/// What a run reads: its data set, the limits of training and test sentences, and readout and layer of each lane.
struct Reading<'a> {
    data: &'a str,
    train: Option<usize>,
    test: Option<usize>,
    lanes: Vec<(Readout, usize)>,
}

/// Whether vectors of a frozen BERT are all that takes this run its time.
#[must_use]
pub fn reads(request: &Request) -> bool {
    match request {
        Request::Race(race) => race.modes == [Mode::Frozen] && race.against.is_none(),
        Request::Aggregate(_) | Request::Invert(_) => true,
        _ => false,
    }
}

fn reading<'a>(facts: &ModelFacts, request: &'a Request) -> Result<Option<Reading<'a>>, LabError> {
    if !reads(request) {
        return Ok(None);
    }
    Ok(match request {
        Request::Race(race) => {
            let layers = if race.layers.is_empty() { vec![facts.layers] } else { race.layers.clone() };
            let readouts = race.readouts.iter().filter(|readout| !readout.is_baseline());
            let lanes = readouts.flat_map(|readout| layers.iter().map(|layer| (readout.clone(), *layer))).collect();
            Some(Reading { data: &race.data, train: race.train, test: race.test, lanes })
        }
        Request::Aggregate(asked) => {
            let both = [Readout::Cls, Readout::Mean];
            let lanes = both.into_iter().flat_map(|readout| (0..=facts.layers).map(move |at| (readout.clone(), at)));
            Some(Reading { data: &asked.data, train: asked.train, test: asked.test, lanes: lanes.collect() })
        }
        Request::Invert(asked @ InvertRequest { data, train, test, .. }) => {
            Some(Reading { data, train: *train, test: *test, lanes: inversion::lanes(facts, asked)? })
        }
        _ => None,
    })
}

/// The name of the data set that it reads.
pub(super) fn data(request: &Request) -> Option<&str> {
    match request {
        Request::Race(race) => Some(&race.data),
        Request::Aggregate(asked) => Some(&asked.data),
        Request::Invert(asked) => Some(&asked.data),
        _ => None,
    }
}

/// Computes what is not there yet; `false` when it was stopped, and then what was computed stays.
///
/// # Errors
/// When there is no such layer or readout, or a pass fails.
pub(super) fn read(
    bert: &Bert,
    facts: &ModelFacts,
    dataset: &Dataset,
    cache: &Cache,
    request: &Request,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<bool, LabError> {
    let Some(reading) = reading(facts, request)? else { return Ok(true) };
    debug_assert_eq!(reading.data, dataset.name());
    let subset = dataset.subset(reading.train, reading.test);
    let control = Control { report: &|_| {}, stop };
    race::fill(bert, dataset, cache, &reading.lanes, &subset, &control, &|_, _| {})
}
