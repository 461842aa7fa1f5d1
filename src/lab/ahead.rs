//! Reading ahead: the vectors that a run on a frozen BERT will need, before it is asked for.

use super::dataset::Dataset;
use super::race::{self, Cache};
use super::{Control, LabError, Mode, ModelFacts, RaceRequest, Readout, Request, aggregate, inversion};
use crate::model::Bert;

/// What a run reads: its data set, the limits of training and test sentences, and readout and layer of each lane.
pub(super) struct Reading {
    pub data: String,
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

/// What such a run reads; `None` of another.
///
/// # Errors
/// When there is no such layer or readout.
pub(super) fn reading(bert: &Bert, facts: &ModelFacts, request: &Request) -> Result<Option<Reading>, LabError> {
    let of_race = |race: &RaceRequest| {
        let lanes = race::frozen_lanes(race, &race::check(bert, race)?);
        Ok(Some(Reading { data: race.data.clone(), train: race.train, test: race.test, lanes }))
    };
    match request {
        Request::Race(race) if reads(request) => of_race(race),
        Request::Aggregate(asked) => of_race(&aggregate::probes(facts, asked)),
        Request::Invert(asked) => Ok(Some(Reading {
            data: asked.data.clone(),
            train: asked.train,
            test: asked.test,
            lanes: inversion::lanes(facts, asked)?,
        })),
        _ => Ok(None),
    }
}

impl Reading {
    /// Computes what is not there yet; `false` when it was stopped, and then what was computed stays.
    ///
    /// # Errors
    /// When a pass fails.
    pub fn read(
        &self,
        bert: &Bert,
        dataset: &Dataset,
        cache: &Cache,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<bool, LabError> {
        let subset = dataset.subset(self.train, self.test);
        let control = Control { report: &|_| {}, stop };
        race::fill(bert, dataset, cache, &self.lanes, &subset, &control, &|_, _| {})
    }
}
