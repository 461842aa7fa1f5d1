//! Fine-tuned lanes of a race: seed after seed, lanes in turn, and what was finished before an interruption.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Fitted, Kept, Report, Table};
use crate::lab::finetune::sweep::GRID;
use crate::lab::finetune::{Examples, Race, Run, RunKey, Trained, examples, runs, train};
use crate::lab::{Curve, Ended, LabError, Lane, Mode, RaceRequest, Rate, Readout, Recipe};
use crate::model::Bert;

/// The fine-tuned part of a race.
pub(super) struct Tuning<'a> {
    pub bert: &'a Bert,
    pub table: &'a Table<'a>,
    pub request: &'a RaceRequest,
    pub kept: &'a Kept<'a>,
    pub report: &'a Report<'a>,
    /// Lanes that are finished already, for the progress.
    pub lanes: &'a [Fitted],
    /// Sentences' worth of work done so far.
    pub done: Cell<usize>,
}

/// The sentences as each kind of readout reads them: those with a pass of their own apart.
type Sentences<'a> = BTreeMap<Option<&'a Readout>, Examples>;

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
    /// Trains what is not kept: for each readout its runs, one a seed; and whether it came to the end.
    pub fn run(&self, readouts: &[&Readout]) -> Result<(Vec<Vec<Trained>>, bool), LabError> {
        let mut sentences = Sentences::new();
        let mut finished: Vec<Vec<Trained>> = readouts.iter().map(|_| Vec::new()).collect();
        let together = if self.kept.one_by_one { 1 } else { readouts.len() };
        let places: Vec<usize> = (0..readouts.len()).collect();
        for seed in self.request.seed..self.request.seed + self.request.recipe.seeds as u64 {
            for group in places.chunks(together) {
                if !self.group(readouts, group, seed, &mut sentences, &mut finished)? {
                    return Ok((finished, false));
                }
            }
        }
        Ok((finished, true))
    }

    /// Some lanes with one seed, in turn; `false` when they were stopped.
    fn group<'r>(
        &self,
        readouts: &[&'r Readout],
        places: &[usize],
        seed: u64,
        sentences: &mut Sentences<'r>,
        finished: &mut [Vec<Trained>],
    ) -> Result<bool, LabError> {
        let mut missing = Vec::new();
        for place in places {
            match (self.kept.find)(readouts[*place], seed) {
                Some(run) => {
                    finished[*place].push(Trained { run, student: None, probabilities: Vec::new(), cloud: None });
                }
                None => missing.push(*place),
            }
        }
        let own = |place: &usize| readouts[*place].needs_own_pass().then_some(readouts[*place]);
        for place in &missing {
            if let Entry::Vacant(entry) = sentences.entry(own(place)) {
                let Some(examples) = self.examples(readouts[*place])? else { return Ok(false) };
                entry.insert(examples);
            }
        }
        let keys: Vec<RunKey<'_>> = missing
            .iter()
            .filter_map(|place| {
                let rate = self.rate(&finished[*place]);
                Some(RunKey { readout: readouts[*place], examples: sentences.get(&own(place))?, rate })
            })
            .collect();
        let seeds = self.request.recipe.seeds;
        let tell = |curves: &[Curve], units: usize| self.tell(what(curves, seed, seeds), units, curves);
        let race = Race {
            bert: self.bert,
            recipe: &self.request.recipe,
            classes: self.table.classes,
            report: &tell,
            stop: self.report.control.stop,
        };
        let Some(trained) = train(&race, &keys, seed)? else { return Ok(false) };
        for (place, mut one) in missing.into_iter().zip(trained) {
            (self.kept.keep)(&one.run);
            if seed > self.request.seed {
                // Only the first seed's student answers for its lane; the others' memory is given back.
                (one.student, one.probabilities) = (None, Vec::new());
            }
            finished[place].push(one);
        }
        Ok(true)
    }

    fn tell(&self, what: String, units: usize, curves: &[Curve]) {
        self.done.set(self.done.get() + units);
        self.report.tell(what, self.done.get(), self.lanes, curves);
    }

    /// With the first seed the rate that is asked for; later the one that was chosen then.
    fn rate(&self, before: &[Trained]) -> Rate {
        match (self.request.recipe.rate, before.first()) {
            (Rate::Auto, Some(first)) => Rate::Fixed(first.run.rate),
            (rate, _) => rate,
        }
    }

    /// The sentences as a readout reads them, with the states below the layers that learn; `None` when it was stopped.
    fn examples(&self, readout: &Readout) -> Result<Option<Examples>, LabError> {
        let layers = self.bert.config().num_hidden_layers;
        let below = self.request.recipe.top_layers.map(|count| layers - count);
        let mut splits = Vec::with_capacity(3);
        for (texts, labels) in self.table.texts.iter().zip(&self.table.labels) {
            let texts: Vec<(&str, usize)> = texts.iter().zip(labels).map(|(text, label)| (*text, *label)).collect();
            let mut before = 0;
            let mut tell = |count: usize| {
                self.tell(format!("the layers below read sentence {count} of {}", texts.len()), count - before, &[]);
                before = count;
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

    /// The lanes of these runs, and those that ended before their time.
    pub fn collect(&self, readouts: &[&Readout], finished: Vec<Vec<Trained>>) -> (Vec<Fitted>, Vec<Ended>) {
        let (mut lanes, mut ended) = (Vec::new(), Vec::new());
        for (readout, runs) in readouts.iter().zip(finished) {
            let (stopped, whole): (Vec<Trained>, Vec<Trained>) =
                runs.into_iter().partition(|one| one.run.ended.is_some());
            ended.extend(stopped.into_iter().filter_map(|one| {
                let Run { readout, seed, ended, .. } = one.run;
                ended.map(|why| Ended { readout, seed, why })
            }));
            lanes.extend(self.lane(readout, whole));
        }
        (lanes, ended)
    }

    /// A lane of its runs, the first seed's first; `None` without any.
    fn lane(&self, readout: &Readout, mut whole: Vec<Trained>) -> Option<Fitted> {
        let first = whole.first_mut()?;
        let (student, probabilities) = (first.student.take(), std::mem::take(&mut first.probabilities));
        let cloud = first.cloud.take();
        let run = first.run.clone();
        let runs: Vec<Run> = whole.into_iter().map(|one| one.run).collect();
        let correct = runs.iter().map(|run| run.correct.clone()).collect();
        let layer = self.bert.config().num_hidden_layers;
        let lane = Lane {
            seeds: runs.iter().map(|run| run.seed).collect(),
            rate: Some(run.rate),
            validation: Some(run.validation),
            grid: run.grid,
            curves: runs.into_iter().map(|run| run.curve).collect(),
            probabilities,
            cloud,
            ..self.table.lane(readout, Mode::Finetune.name(), Some(layer), correct)
        };
        Some(Fitted { lane, heads: Vec::new(), student })
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
