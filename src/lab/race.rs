//! Classifiers side by side: frozen lanes and baselines first, then those that are fine-tuned; intervals, pairs.

pub(super) mod beside;
mod cache;
pub mod confusion;
mod frozen;
pub mod own;
mod report;
pub(super) mod several;
mod tuned;

use std::cell::Cell;
use std::sync::Arc;

pub use beside::beside;
pub use cache::Cache;
pub(super) use cache::{fill, gather};
pub(super) use report::provenance;
pub use report::{expected, pairs, report};

use super::dataset::{Dataset, Subset};
use super::finetune::{Run, Student};
use super::probe::{self, ProbeError};
use super::{Control, Curve, Ended, LabError, Lane, Mode, OwnHead, Progress, RaceRequest, Readout, features, stats};
use crate::model::Bert;
use tuned::Tuning;

/// A fit takes about as long as reading so many sentences; for the progress bar only.
const FIT: usize = 300;

/// Where finished runs of fine-tuned lanes are kept, so that an interrupted race need not run them again.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    /// A finished run of this readout and seed.
    pub find: &'a dyn Fn(&Readout, u64) -> Option<Run>,
    /// Takes one.
    pub keep: &'a dyn Fn(&Run),
    /// Lanes train one after the other instead of in turn: less memory, and less is lost when the race is killed.
    pub one_by_one: bool,
}

impl Kept<'_> {
    /// Keeps nothing.
    pub const NOTHING: Kept<'static> = Kept { find: &|_, _| None, keep: &|_| {}, one_by_one: false };
}

/// A lane with its fitted classifier; baselines have none.
pub struct Fitted {
    /// The lane's result.
    pub lane: Lane,
    /// The classifier of a frozen lane: one for two classes, one a class for more; none where it has another.
    pub heads: Vec<probe::Head>,
    /// The student of a fine-tuned lane, of the first seed.
    pub student: Option<Student>,
}

/// What a race came to.
pub struct Finish {
    /// Its lanes.
    pub fitted: Vec<Fitted>,
    /// Lanes that ended before their time.
    pub ended: Vec<Ended>,
    /// The checkpoint's own head, if it has one.
    pub own: Option<OwnHead>,
    /// See [`super::RaceReport::cls_mean_cosine`].
    pub cls_mean_cosine: Option<f64>,
    /// See [`super::Provenance::vectors_of_day`].
    pub vectors_of_day: Option<u64>,
    /// It was stopped.
    pub stopped: bool,
}

/// Sentences of a race by split, with labels.
struct Table<'a> {
    subset: &'a Subset,
    /// How many labels there are.
    classes: usize,
    texts: [Vec<&'a str>; 3],
    labels: [Vec<usize>; 3],
}

impl<'a> Table<'a> {
    fn new(dataset: &'a Dataset, subset: &'a Subset) -> Self {
        let splits = [&subset.train, &subset.validation, &subset.test];
        let items = dataset.items();
        Self {
            texts: splits.map(|split| split.iter().map(|index| items[*index].text.as_str()).collect()),
            labels: splits.map(|split| split.iter().map(|index| items[*index].label).collect()),
            subset,
            classes: dataset.classes().len(),
        }
    }

    fn lane(&self, readout: &Readout, mode: &str, layer: Option<usize>, correct: Vec<Vec<bool>>) -> Lane {
        self.lane_of(&readout.to_string(), mode, layer, correct)
    }

    fn lane_of(&self, readout: &str, mode: &str, layer: Option<usize>, correct: Vec<Vec<bool>>) -> Lane {
        let by_seed: Vec<f64> = correct.iter().map(|seed| probe::share(seed)).collect();
        let (accuracy, ci95) = stats::accuracy(&correct);
        let n_test = self.labels[2].len();
        Lane {
            readout: readout.to_owned(),
            mode: mode.to_owned(),
            layer,
            seeds: Vec::new(), // a frozen probe and the baselines have nothing random in them
            accuracy,
            by_seed,
            ci95,
            n_test,
            n_train: self.labels[0].len(),
            c: None,
            rate: None,
            validation: None,
            grid: Vec::new(),
            correct,
            curves: Vec::new(),
            probabilities: Vec::new(),
            cloud: None,
            confusion: Vec::new(),
            macro_f1: None,
        }
    }
}

/// Progress of a race whose parts report by themselves.
struct Report<'a> {
    control: &'a Control<'a>,
    total: usize,
}

impl Report<'_> {
    fn tell(&self, what: String, done: usize, lanes: &[Fitted], curves: &[Curve]) {
        (self.control.report)(Progress {
            what,
            done: done.min(self.total),
            total: self.total,
            lanes: lanes.iter().map(|fitted| fitted.lane.clone()).collect(),
            curves: curves.to_vec(),
            first: None,
        });
    }
}

/// Runs a race; `None` when it was stopped before any lane was finished. Frozen lanes come by layer, in the order asked
/// for, then baselines, then the fine-tuned lanes.
///
/// # Errors
/// When a readout or layer does not exist in this model, or a fit fails.
pub fn run(
    bert: &Bert,
    dataset: &Dataset,
    cache: &Cache,
    request: &RaceRequest,
    control: &Control<'_>,
    kept: &Kept<'_>,
) -> Result<Option<Finish>, LabError> {
    let layers = check(bert, request)?;
    let subset = dataset.subset(request.train, request.test);
    let table = Table::new(dataset, &subset);
    let baselines: Vec<&Readout> = request.readouts.iter().filter(|readout| readout.is_baseline()).collect();
    let lanes = frozen_lanes(request, &layers);
    let tuned: Vec<&Readout> = tuned_lanes(request).collect();
    let counts = [subset.train.len(), subset.validation.len(), subset.test.len()];
    let sentences = if lanes.is_empty() { 0 } else { counts.iter().sum() };
    let fits = lanes.len() + baselines.len();
    let before = sentences + fits * FIT;
    let report = Report { control, total: work(request, counts, layers.len()) };
    let mut finish = Finish {
        fitted: Vec::new(),
        ended: Vec::new(),
        own: None,
        cls_mean_cosine: None,
        vectors_of_day: None,
        stopped: true,
    };

    let read = |done: usize, of: usize| {
        let share = (sentences * done).checked_div(of).unwrap_or(0);
        report.tell(format!("BERT reads sentence {share} of {sentences}"), share, &[], &[]);
    };
    if !lanes.is_empty() && !cache::fill(bert, dataset, cache, &lanes, &subset, control, &read)? {
        return Ok(None);
    }
    finish.vectors_of_day = cache.day(dataset, &lanes);
    for number in 0..fits {
        if (control.stop)() {
            return Ok(finish.some());
        }
        let what = format!("fitting lane {} of {fits}", number + 1);
        report.tell(what, sentences + number * FIT, &finish.fitted, &[]);
        let fitted = match lanes.get(number) {
            Some((readout, layer)) => frozen::frozen(dataset, cache, readout, *layer, &table, control),
            None => frozen::baseline(baselines[number - lanes.len()], &table, control),
        };
        match fitted {
            Ok(mut fitted) => {
                // A curve over layers shows no clouds.
                let one = lanes.get(number).filter(|_| layers.len() == 1);
                let cloud =
                    |(readout, layer): &(Readout, usize)| frozen::cloud(dataset, cache, readout, *layer, &table);
                fitted.lane.cloud = one.map(cloud).map(Arc::new);
                finish.fitted.push(fitted);
            }
            Err(ProbeError::Cancelled) => return Ok(finish.some()),
            Err(error) => return Err(error.into()),
        }
    }
    finish.cls_mean_cosine = frozen::cls_mean_cosine(dataset, cache, &lanes, &table);
    if let Some((head, lane)) = own::own(bert, dataset, cache, &table, control)? {
        finish.own = Some(head);
        finish.fitted.extend(lane);
    }
    if !tuned.is_empty() {
        let lanes = std::mem::take(&mut finish.fitted);
        let (table, report) = (&table, &report);
        let tuning = Tuning { bert, table, request, kept, report, lanes: &lanes, done: Cell::new(before) };
        let (runs, whole) = tuning.run(&tuned)?;
        let (learnt, ended) = tuning.collect(&tuned, runs);
        finish.fitted = lanes.into_iter().chain(learnt).collect();
        finish.ended = ended;
        if !whole {
            return Ok(finish.some());
        }
    }
    finish.stopped = false;
    Ok(Some(finish))
}

impl Finish {
    /// Itself, if there is anything in it.
    fn some(self) -> Option<Self> {
        (!self.fitted.is_empty()).then_some(self)
    }
}

/// Sentences' worth of work of a race on so many sentences for training, validation and test, and so many layers.
#[must_use]
pub fn work(request: &RaceRequest, counts: [usize; 3], layers: usize) -> usize {
    let (baselines, readouts): (Vec<&Readout>, Vec<&Readout>) =
        request.readouts.iter().partition(|readout| readout.is_baseline());
    let frozen = if request.modes.contains(&Mode::Frozen) { readouts.len() * layers } else { 0 };
    let tuned = tuned_lanes(request).count();
    let sentences = if frozen == 0 { 0 } else { counts.iter().sum() };
    sentences + (frozen + baselines.len()) * FIT + tuned::work(&request.recipe, counts, tuned)
}

/// The readouts with which BERT itself learns. A control learns nothing of the sentences, so it has none.
fn tuned_lanes(request: &RaceRequest) -> impl Iterator<Item = &Readout> {
    let tunes = request.modes.contains(&Mode::Finetune);
    request.readouts.iter().filter(move |readout| tunes && !readout.is_baseline() && !readout.is_control())
}

/// Readout and layer of each frozen lane, by layer.
pub(super) fn frozen_lanes(request: &RaceRequest, layers: &[usize]) -> Vec<(Readout, usize)> {
    let layers = layers.iter().filter(|_| request.modes.contains(&Mode::Frozen));
    let readouts = || request.readouts.iter().filter(|readout| !readout.is_baseline());
    layers.flat_map(|layer| readouts().map(move |readout| (readout.clone(), *layer))).collect()
}

/// The layers of frozen lanes, if the request can be run.
pub(super) fn check(bert: &Bert, request: &RaceRequest) -> Result<Vec<usize>, LabError> {
    let refuse = |why: &str| Err(LabError::Request(why.to_owned()));
    let last = bert.config().num_hidden_layers;
    let wanted = if request.layers.is_empty() { vec![last] } else { request.layers.clone() };
    if let Some(layer) = wanted.iter().find(|layer| **layer > last) {
        return refuse(&format!("there is no layer {layer}: this model has layers 0 (embeddings) to {last}"));
    }
    if request.train == Some(0) || request.test == Some(0) {
        return refuse("a race needs sentences to train on and to test on; give --train and --test at least 1");
    }
    if request.readouts.is_empty() {
        return refuse("a race needs at least one readout, such as cls or mean");
    }
    if request.readouts.iter().any(Readout::is_control) && !request.modes.contains(&Mode::Frozen) {
        return refuse("cls-random-labels is a frozen lane; add the mode frozen, or leave it out");
    }
    let recipe = &request.recipe;
    if recipe.epochs == 0 || recipe.seeds == 0 || recipe.batch == 0 {
        return refuse("fine-tuning needs at least one epoch, one seed and one sentence in a step");
    }
    if let super::Rate::Fixed(rate) = recipe.rate
        && !(rate.is_finite() && rate > 0.0)
    {
        return refuse("the learning rate must be a positive number, such as 5e-5, or auto");
    }
    if recipe.top_layers.is_some_and(|count| count == 0 || count > last) {
        return refuse(&format!("--top-layers must be from 1 to {last}, the layers of this model"));
    }
    features::check(bert, &request.readouts)?;
    Ok(wanted)
}
