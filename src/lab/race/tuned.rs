//! Fine-tuned lanes of a race: seed after seed, lanes in turn, and what was finished before an interruption.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Finish, Fitted, Kept, Report, Table};
use crate::lab::finetune::{Examples, GRID, Race, Run, RunKey, Trained, examples, runs, train};
use crate::lab::{Curve, Ended, LabError, Mode, RaceRequest, Rate, Readout, Recipe};
use crate::model::Bert;

/// The fine-tuned part of a race.
pub(super) struct Tuning<'a> {
    pub bert: &'a Bert,
    pub table: &'a Table<'a>,
    pub request: &'a RaceRequest,
    pub kept: &'a Kept<'a>,
    pub report: &'a Report<'a>,
    /// Work done before.
    pub before: usize,
}

/// Sentences' worth of work of all fine-tuned lanes.
pub(super) fn work(recipe: &Recipe, counts: [usize; 3], lanes: usize) -> usize {
    let rates = match recipe.rate {
        Rate::Auto => GRID.len(),
        Rate::Fixed(_) => 1,
    };
    let below = if recipe.top_layers.is_some() { counts.iter().sum() } else { 0 };
    let first = runs::work(recipe, counts, rates);
    let later = runs::work(recipe, counts, 1) * (recipe.seeds - 1);
    if lanes == 0 { 0 } else { below + lanes * (first + later) }
}

impl Tuning<'_> {
    /// Trains what is not kept; `false` when it was stopped. What is finished goes into `finish` either way.
    pub fn run(&self, readouts: &[&Readout], finish: &mut Finish) -> Result<bool, LabError> {
        let done = Cell::new(self.before);
        let mut sentences: BTreeMap<Option<&Readout>, Examples> = BTreeMap::new();
        let mut finished: Vec<Vec<Trained>> = readouts.iter().map(|_| Vec::new()).collect();
        let together = if self.kept.one_by_one { 1 } else { readouts.len() };
        let mut whole = true;
        'seeds: for seed in self.request.seed..self.request.seed + self.request.recipe.seeds as u64 {
            for group in (0..readouts.len()).collect::<Vec<_>>().chunks(together) {
                let (known, missing): (Vec<usize>, Vec<usize>) =
                    group.iter().partition(|lane| (self.kept.find)(readouts[**lane], seed).is_some());
                for lane in known {
                    if let Some(run) = (self.kept.find)(readouts[lane], seed) {
                        finished[lane].push(Trained { run, student: None, probabilities: Vec::new() });
                    }
                }
                if missing.is_empty() {
                    continue;
                }
                for lane in &missing {
                    let own = readouts[*lane].needs_own_pass().then_some(readouts[*lane]);
                    if let Entry::Vacant(place) = sentences.entry(own) {
                        let Some(examples) = self.examples(readouts[*lane], &done, finish)? else {
                            whole = false;
                            break 'seeds;
                        };
                        place.insert(examples);
                    }
                }
                let names: Vec<&Readout> = missing.iter().map(|lane| readouts[*lane]).collect();
                let Some(trained) = self.group(&names, &sentences, &finished, &missing, seed, &done, finish)? else {
                    whole = false;
                    break 'seeds;
                };
                for (lane, mut one) in missing.into_iter().zip(trained) {
                    (self.kept.keep)(&one.run);
                    if seed > self.request.seed {
                        // Only the first seed's student answers for its lane; the others' memory is given back.
                        (one.student, one.probabilities) = (None, Vec::new());
                    }
                    finished[lane].push(one);
                }
            }
        }
        for (readout, runs) in readouts.iter().zip(finished) {
            self.collect(readout, runs, finish);
        }
        Ok(whole)
    }

    /// Trains some lanes with one seed.
    #[expect(clippy::too_many_arguments, reason = "one call, of the loop above")]
    fn group(
        &self,
        names: &[&Readout],
        sentences: &BTreeMap<Option<&Readout>, Examples>,
        finished: &[Vec<Trained>],
        places: &[usize],
        seed: u64,
        done: &Cell<usize>,
        finish: &Finish,
    ) -> Result<Option<Vec<Trained>>, LabError> {
        let recipe = &self.request.recipe;
        let rates: Vec<Vec<f64>> = places.iter().map(|place| self.rates(&finished[*place])).collect();
        let mut keys = Vec::with_capacity(names.len());
        for (name, rates) in names.iter().zip(&rates) {
            let own = name.needs_own_pass().then_some(*name);
            let examples = sentences.get(&own).ok_or_else(|| LabError::Request("no sentences".to_owned()))?;
            keys.push(RunKey { readout: name, examples, rates });
        }
        let tell = |curves: &[Curve], units: usize| {
            done.set(done.get() + units);
            self.report.tell(what(curves, seed, recipe.seeds), done.get(), &finish.fitted, curves);
        };
        let race = Race { bert: self.bert, recipe, classes: 2, report: &tell, stop: self.report.control.stop };
        train(&race, &keys, seed)
    }

    /// All rates of the grid with the first seed, later the one that was chosen then.
    fn rates(&self, before: &[Trained]) -> Vec<f64> {
        match (self.request.recipe.rate, before.first()) {
            (Rate::Fixed(rate), _) => vec![rate],
            (Rate::Auto, Some(first)) => vec![first.run.rate],
            (Rate::Auto, None) => GRID.to_vec(),
        }
    }

    /// The sentences as a readout reads them, with the states below the layers that learn.
    fn examples(&self, readout: &Readout, done: &Cell<usize>, finish: &Finish) -> Result<Option<Examples>, LabError> {
        let layers = self.bert.config().num_hidden_layers;
        let below = self.request.recipe.top_layers.map(|count| layers - count);
        let mut splits = Vec::with_capacity(3);
        for (texts, labels) in self.table.texts.iter().zip(&self.table.labels) {
            let texts: Vec<(&str, usize)> =
                texts.iter().zip(labels).map(|(text, label)| (*text, usize::from(*label))).collect();
            let start = done.get();
            let mut tell = |count: usize| {
                done.set(start + count);
                let what = format!("the layers below read sentence {count} of {}", texts.len());
                self.report.tell(what, done.get(), &finish.fitted, &[]);
                !(self.report.control.stop)()
            };
            match examples::prepare(self.bert, &texts, readout, below, &mut tell)? {
                Some(split) => splits.push(split),
                None => return Ok(None),
            }
        }
        let mut splits = splits.into_iter();
        let mut next = || splits.next().unwrap_or_default();
        Ok(Some(Examples { train: next(), validation: next(), test: next() }))
    }

    /// A lane of its runs; those that ended before their time are told apart.
    fn collect(&self, readout: &Readout, runs: Vec<Trained>, finish: &mut Finish) {
        let (ended, mut whole): (Vec<Trained>, Vec<Trained>) =
            runs.into_iter().partition(|one| one.run.ended.is_some());
        finish.ended.extend(ended.into_iter().filter_map(|one| {
            let Run { readout, seed, ended, .. } = one.run;
            ended.map(|why| Ended { readout, seed, why })
        }));
        let Some(first) = whole.first_mut() else { return };
        let layer = self.bert.config().num_hidden_layers;
        let (student, probabilities) = (first.student.take(), std::mem::take(&mut first.probabilities));
        let run = first.run.clone();
        let runs: Vec<Run> = whole.into_iter().map(|one| one.run).collect();
        let correct = runs.iter().map(|run| run.correct.clone()).collect();
        let lane = self.table.lane(readout, Mode::Finetune.name(), Some(layer), correct);
        finish.fitted.push(Fitted {
            lane: crate::lab::Lane {
                seeds: runs.iter().map(|run| run.seed).collect(),
                rate: Some(run.rate),
                validation: Some(run.validation),
                grid: run.grid,
                curves: runs.into_iter().map(|run| run.curve).collect(),
                probabilities,
                ..lane
            },
            head: None,
            student,
        });
    }
}

/// What happens just now, in words.
fn what(curves: &[Curve], seed: u64, seeds: usize) -> String {
    let Some(curve) = curves.first() else { return "reading the test sentences".to_owned() };
    let lanes = if curves.len() == 1 { format!("{}: ", curve.readout) } else { String::new() };
    let of = if seeds == 1 { String::new() } else { format!(", seed {seed}, {seeds} seeds in all") };
    let step = curves.iter().map(|curve| curve.loss.len()).max().unwrap_or(0);
    format!("{lanes}learning, step {step} of {}, rate {}{of}", curve.steps, curve.rate)
}
