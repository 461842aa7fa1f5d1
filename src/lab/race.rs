//! Frozen classifiers side by side: features, probes, intervals, pairs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use super::dataset::{Dataset, Subset};
use super::probe::{self, Chosen, ProbeError};
use super::words::{self, Words};
use super::{
    Control, LabError, Lane, Matrix, Pair, Progress, Provenance, RaceReport, RaceRequest, Readout, features, stats,
};
use crate::model::Bert;

/// Sentences between two additions to the cache: what a stopped run loses at most.
const CHUNK: usize = 1_024;

/// A fit takes about as long as reading so many sentences; for the progress bar only.
const FIT: usize = 300;

/// Feature vectors that were computed in this session, by data set, readout, layer and sentence.
#[derive(Default)]
pub struct Cache {
    rows: Mutex<BTreeMap<Key, Rows>>,
}

/// Data set, readout, layer.
type Key = (String, Readout, usize);

/// Vectors by the sentence's index.
type Rows = HashMap<usize, Box<[f32]>>;

/// A lane with its fitted classifier; baselines have none.
pub struct Fitted {
    /// The lane's result.
    pub lane: Lane,
    /// Its classifier.
    pub head: Option<probe::Head>,
}

/// Sentences of a race by split, with labels.
struct Table<'a> {
    subset: &'a Subset,
    texts: [Vec<&'a str>; 3],
    labels: [Vec<bool>; 3],
}

impl<'a> Table<'a> {
    fn new(dataset: &'a Dataset, subset: &'a Subset) -> Self {
        let splits = [&subset.train, &subset.validation, &subset.test];
        let items = dataset.items();
        Self {
            texts: splits.map(|split| split.iter().map(|index| items[*index].text.as_str()).collect()),
            labels: splits.map(|split| split.iter().map(|index| items[*index].label).collect()),
            subset,
        }
    }
}

/// Runs a race; `None` when it was stopped. Lanes come by layer, in the order asked for; baselines last.
///
/// # Errors
/// When a readout or layer does not exist in this model, or a fit fails.
pub fn run(
    bert: &Bert,
    dataset: &Dataset,
    cache: &Cache,
    request: &RaceRequest,
    control: &Control<'_>,
) -> Result<Option<Vec<Fitted>>, LabError> {
    let layers = bert.config().num_hidden_layers;
    let wanted = if request.layers.is_empty() { vec![layers] } else { request.layers.clone() };
    if let Some(layer) = wanted.iter().find(|layer| **layer > layers) {
        return Err(LabError::Request(format!(
            "there is no layer {layer}: this model has layers 0 (embeddings) to {layers}"
        )));
    }
    if request.train == Some(0) || request.test == Some(0) {
        return Err(LabError::Request(
            "a race needs sentences to train on and to test on; give --train and --test at least 1".to_owned(),
        ));
    }
    if request.readouts.is_empty() {
        return Err(LabError::Request("a race needs at least one readout, such as cls or mean".to_owned()));
    }
    let subset = dataset.subset(request.train, request.test);
    let table = Table::new(dataset, &subset);
    let (baselines, readouts): (Vec<&Readout>, Vec<&Readout>) =
        request.readouts.iter().partition(|readout| readout.is_baseline());
    let lanes: Vec<(Readout, usize)> =
        wanted.iter().flat_map(|layer| readouts.iter().map(|readout| ((*readout).clone(), *layer))).collect();
    let sentences = if lanes.is_empty() { 0 } else { subset.train.len() + subset.validation.len() + subset.test.len() };
    let fits = lanes.len() + baselines.len();
    let total = sentences + fits * FIT;

    let read = |done: usize, of: usize| {
        let share = (sentences * done).checked_div(of).unwrap_or(0);
        (control.report)(Progress {
            what: format!("BERT reads sentence {share} of {sentences}"),
            done: share,
            total,
            lanes: Vec::new(),
        });
    };
    if !lanes.is_empty() && !fill(bert, dataset, cache, &lanes, &subset, control, &read)? {
        return Ok(None);
    }
    let mut done: Vec<Fitted> = Vec::new();
    for number in 0..fits {
        if (control.stop)() {
            return Ok(None);
        }
        let finished = done.iter().map(|fitted| fitted.lane.clone()).collect();
        (control.report)(Progress {
            what: format!("fitting lane {} of {fits}", number + 1),
            done: sentences + number * FIT,
            total,
            lanes: finished,
        });
        let fitted = match lanes.get(number) {
            Some((readout, layer)) => frozen(dataset, cache, readout, *layer, &table, control),
            None => baseline(baselines[number - lanes.len()], &table, control),
        };
        match fitted {
            Ok(fitted) => done.push(fitted),
            Err(ProbeError::Cancelled) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(done))
}

/// Computes what the cache lacks; `false` when it was stopped.
fn fill(
    bert: &Bert,
    dataset: &Dataset,
    cache: &Cache,
    lanes: &[(Readout, usize)],
    subset: &Subset,
    control: &Control<'_>,
    read: &dyn Fn(usize, usize),
) -> Result<bool, LabError> {
    let all: Vec<usize> = [&subset.train, &subset.validation, &subset.test].into_iter().flatten().copied().collect();
    let lacks = |index: usize| {
        let rows = cache.rows.lock().map_err(|_| LabError::Poisoned)?;
        Ok::<_, LabError>(lanes.iter().any(|(readout, layer)| {
            rows.get(&(dataset.name().to_owned(), readout.clone(), *layer))
                .is_none_or(|known| !known.contains_key(&index))
        }))
    };
    let mut missing = Vec::new();
    for index in all {
        if lacks(index)? {
            missing.push(index);
        }
    }
    read(0, missing.len());
    for (number, chunk) in missing.chunks(CHUNK).enumerate() {
        let texts: Vec<&str> = chunk.iter().map(|index| dataset.items()[*index].text.as_str()).collect();
        let mut report = |done: usize, of: usize| {
            read(number * CHUNK + chunk.len() * done / of.max(1), missing.len());
            !(control.stop)()
        };
        let Some(found) = features::extract(bert, &texts, lanes, &mut report)? else { return Ok(false) };
        let mut rows = cache.rows.lock().map_err(|_| LabError::Poisoned)?;
        for ((readout, layer), matrix) in found {
            let known = rows.entry((dataset.name().to_owned(), readout, layer)).or_default();
            chunk.iter().enumerate().for_each(|(row, index)| {
                known.insert(*index, matrix.row(row).into());
            });
        }
    }
    Ok(true)
}

/// Rows of the cache as a matrix.
fn gather(cache: &Cache, key: &Key, indices: &[usize]) -> Matrix {
    let Ok(rows) = cache.rows.lock() else { return Matrix::default() };
    let found: Vec<&[f32]> = indices.iter().filter_map(|index| rows.get(key)?.get(index).map(AsRef::as_ref)).collect();
    Matrix::new(found.len(), found.first().map_or(0, |row| row.len()), found.concat())
}

fn frozen(
    dataset: &Dataset,
    cache: &Cache,
    readout: &Readout,
    layer: usize,
    table: &Table<'_>,
    control: &Control<'_>,
) -> Result<Fitted, ProbeError> {
    let key = (dataset.name().to_owned(), readout.clone(), layer);
    let train = gather(cache, &key, &table.subset.train);
    let validation = gather(cache, &key, &table.subset.validation);
    let Chosen { c, validation, grid, head } =
        probe::choose_c(&train, &table.labels[0], &validation, &table.labels[1], &probe::GRID, &control.stop)?;
    let correct = head.correct(&gather(cache, &key, &table.subset.test), &table.labels[2]);
    let lane = lane(readout, "frozen", Some(layer), table, correct);
    Ok(Fitted { lane: Lane { c: Some(c), validation: Some(validation), grid, ..lane }, head: Some(head) })
}

fn baseline(readout: &Readout, table: &Table<'_>, control: &Control<'_>) -> Result<Fitted, ProbeError> {
    let lane = if *readout == Readout::Words {
        let words = Words::fit(
            (&table.texts[0], &table.labels[0]),
            (&table.texts[1], &table.labels[1]),
            &words::GRID,
            &control.stop,
        )?;
        let correct = words.correct(&table.texts[2], &table.labels[2]);
        Lane {
            c: Some(words.c()),
            validation: Some(words.validation()),
            grid: words.grid().to_vec(),
            ..lane(readout, "baseline", None, table, correct)
        }
    } else {
        lane(readout, "baseline", None, table, words::majority(&table.labels[0], &table.labels[2]))
    };
    Ok(Fitted { lane, head: None })
}

fn lane(readout: &Readout, mode: &str, layer: Option<usize>, table: &Table<'_>, correct: Vec<bool>) -> Lane {
    let right = correct.iter().filter(|correct| **correct).count();
    Lane {
        readout: readout.to_string(),
        mode: mode.to_owned(),
        layer,
        seeds: Vec::new(), // a frozen probe and the baselines have nothing random in them
        accuracy: right as f64 / correct.len().max(1) as f64,
        ci95: stats::wilson(right, correct.len()),
        n_test: correct.len(),
        n_train: table.labels[0].len(),
        c: None,
        validation: None,
        grid: Vec::new(),
        correct,
    }
}

/// Every other lane against `cls` of the same layer (against the first lane when `cls` does not run); baselines
/// against that of the last layer. p-values of one layer are Holm-corrected together.
#[must_use]
pub fn pairs(lanes: &[Lane], seed: u64) -> Vec<Pair> {
    let reference = if lanes.iter().any(|lane| lane.readout == "cls") {
        "cls"
    } else {
        lanes.first().map_or("", |lane| lane.readout.as_str())
    };
    let mut layers: Vec<Option<usize>> = lanes.iter().map(|lane| lane.layer).collect();
    layers.sort_unstable();
    layers.dedup();
    let last = layers.iter().copied().max().flatten();
    let mut pairs = Vec::new();
    for layer in layers {
        let against = lanes.iter().find(|lane| lane.readout == reference && lane.layer == layer.or(last));
        let Some(a) = against else { continue };
        let others = lanes.iter().filter(|lane| lane.layer == layer && lane.readout != reference);
        let mut found: Vec<Pair> = others
            .map(|b| {
                let comparison = stats::compare(&a.correct, &b.correct, seed);
                Pair {
                    a: a.readout.clone(),
                    b: b.readout.clone(),
                    layer,
                    difference: comparison.difference,
                    ci95: comparison.ci95,
                    p_value: comparison.p_value,
                    discordant: comparison.discordant,
                    verdict: comparison.verdict,
                    smallest_visible: comparison.smallest_visible,
                }
            })
            .collect();
        let corrected = stats::holm(&found.iter().map(|pair| pair.p_value).collect::<Vec<_>>());
        found.iter_mut().zip(corrected).for_each(|(pair, p)| pair.p_value = p);
        pairs.extend(found);
    }
    pairs
}

/// The report of a finished race.
#[must_use]
pub fn report(fitted: &[Fitted], dataset: &Dataset, request: &RaceRequest, model: &super::ModelFacts) -> RaceReport {
    let lanes: Vec<Lane> = fitted.iter().map(|fitted| fitted.lane.clone()).collect();
    let subset = dataset.subset(request.train, request.test);
    RaceReport {
        pairs: pairs(&lanes, request.seed),
        lanes,
        provenance: Provenance {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command: command(request, model.layers),
            model: model.name.clone(),
            model_sha256: model.sha256.clone(),
            data: dataset.name().to_owned(),
            data_sha256: dataset.sha256().to_owned(),
            sentences: [subset.train.len(), subset.validation.len(), subset.test.len()],
            seed: request.seed,
            threads: rayon::current_num_threads(),
            seconds: None,
            date: None,
        },
    }
}

/// The command that runs the same race without a screen.
fn command(request: &RaceRequest, layers: usize) -> String {
    let readouts: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
    let layer = match request.layers.as_slice() {
        [] => "last".to_owned(),
        [one] => one.to_string(),
        many if many.len() == layers + 1 => "all".to_owned(),
        many => many.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    let limit = |flag: &str, most: Option<usize>| most.map_or(String::new(), |most| format!(" --{flag} {most}"));
    format!(
        "clsroom race --mode frozen --readouts {} --layer {layer}{}{} --data {} --seed {}",
        readouts.join(","),
        limit("train", request.train),
        limit("test", request.test),
        request.data,
        request.seed
    )
}
