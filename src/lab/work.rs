//! How much work a long run is, before it is run: in sentences that BERT reads once, which is also what its progress
//! counts. Fits are guessed at, so a time that follows from it is a rough one.

use std::collections::BTreeSet;

use super::{Readout, Request, inversion, learning, race};

/// Sentences' worth of work of a run on so many sentences for training, validation and test, with a model of so many
/// layers; `None` where another model takes part, or the request is no long run.
#[must_use]
pub fn of(request: &Request, [train, validation, test]: [usize; 3], layers: usize) -> Option<usize> {
    let limited = |most: Option<usize>, all: usize| most.map_or(all, |most| most.min(all));
    let counts = |wanted: [Option<usize>; 2]| [limited(wanted[0], train), validation, limited(wanted[1], test)];
    match request {
        Request::Race(race) if race.against.is_none() => {
            let counts = counts([race.train, race.test]);
            let again = if race.modes.contains(&super::Mode::Frozen) { passes(&race.readouts) - 1 } else { 0 };
            Some(race::work(race, counts, race.layers.len().max(1)) + again * counts.iter().sum::<usize>())
        }
        Request::Aggregate(aggregate) => {
            let counts = counts([aggregate.train, aggregate.test]);
            let readouts = vec![Readout::Cls, Readout::Mean];
            Some(race::work(&super::RaceRequest::frozen(&aggregate.data, readouts), counts, layers + 1))
        }
        Request::Invert(invert) => {
            let lanes = invert.readouts.len() * invert.layers.len().max(1);
            let sentences = counts([invert.train, invert.test]).iter().sum::<usize>();
            Some(inversion::work(sentences, lanes) + (passes(&invert.readouts) - 1) * sentences)
        }
        Request::Learn(learn) => Some(learning::work(learn.steps)),
        _ => None,
    }
}

/// How often each sentence is read: once for all readouts but those that change what is read.
fn passes(readouts: &[Readout]) -> usize {
    let own: BTreeSet<String> = readouts.iter().filter(|r| r.needs_own_pass()).map(ToString::to_string).collect();
    let common = readouts.iter().any(|readout| !readout.needs_own_pass() && !readout.is_baseline());
    (own.len() + usize::from(common)).max(1)
}
