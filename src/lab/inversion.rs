//! Recovering the sentence: a linear decoder from one vector to the word pieces of its sentence.
//!
//! [`run`] fits a ridge for every readout and layer, chooses its strength on validation and scores it on test;
//! [`decode`] gives one sentence back with what was fitted. `clsroom invert` and the bench of lesson 10 use it. The
//! method is written down in [`InversionReport`]; tests compare it with `NumPy`'s figures.

pub mod pieces;
mod ridge;
pub mod score;

use pieces::{COMMON, Pieces, bag, bags};
use ridge::{Ridge, Solved};

use super::dataset::{Dataset, Subset};
use super::race::{self, Cache};
use super::stats::Table;
use super::{
    Control, DecodeData, Decoded, InversionLane, InversionPair, InversionReport, InvertRequest, LabError, Matrix,
    ModelFacts, Progress, Readout, Sentence, command, features, stats,
};
use crate::model::Bert;

/// The strengths tried.
pub const GRID: [f64; 7] = [0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0];

/// A fit takes about as long as reading so many sentences; for the progress bar only.
const FIT: usize = 150;

/// Fitted decoders of one run.
pub struct Decoders {
    request: InvertRequest,
    pieces: Pieces,
    /// For each known piece the share of training sentences that hold it.
    shares: Vec<f64>,
    train: Vec<usize>,
    /// For each training sentence the places of its known pieces.
    held: Vec<Vec<usize>>,
    solved: Vec<(Readout, usize, Solved)>,
}

/// A split: its vectors' indices and the pieces of its sentences.
struct Part {
    content: Vec<Vec<usize>>,
    asked: Vec<usize>,
}

impl Decoders {
    /// The run that fitted them.
    #[must_use]
    pub fn request(&self) -> &InvertRequest {
        &self.request
    }
}

/// Sentences' worth of work of so many decoders.
#[must_use]
pub fn work(sentences: usize, decoders: usize) -> usize {
    sentences + decoders * FIT
}

/// Fits and scores decoders; `None` when it was stopped.
///
/// # Errors
/// When there is no such layer or readout, or a pass fails.
pub fn run(
    bert: &Bert,
    facts: &ModelFacts,
    dataset: &Dataset,
    cache: &Cache,
    request: &InvertRequest,
    control: &Control<'_>,
) -> Result<Option<(InversionReport, Decoders)>, LabError> {
    let lanes = lanes(facts, request)?;
    let subset = dataset.subset(request.train, request.test);
    let sentences = subset.train.len() + subset.validation.len() + subset.test.len();
    let total = work(sentences, lanes.len());
    let tell = |what: String, done: usize| {
        (control.report)(Progress { what, done, total, ..Progress::default() });
    };
    let read = |done: usize, of: usize| {
        let share = (sentences * done).checked_div(of).unwrap_or(0);
        tell(format!("BERT reads sentence {share} of {sentences}"), share);
    };
    if !race::fill(bert, dataset, cache, &lanes, &subset, control, &read)? {
        return Ok(None);
    }
    let texts =
        |indices: &[usize]| indices.iter().map(|index| dataset.items()[*index].text.as_str()).collect::<Vec<_>>();
    let training = bags(bert, &texts(&subset.train))?;
    let pieces = Pieces::learn(&training);
    let held: Vec<Vec<usize>> = training.iter().map(|bag| pieces.known(bag)).collect();
    let mut holders = vec![Vec::new(); pieces.len()];
    held.iter().enumerate().for_each(|(row, places)| places.iter().for_each(|place| holders[*place].push(row)));
    let shares: Vec<f64> = pieces.counts().iter().map(|count| *count as f64 / training.len().max(1) as f64).collect();
    let part = |indices: &[usize]| -> Result<(Part, Vec<usize>), LabError> {
        let bags = bags(bert, &texts(indices))?;
        let content: Vec<Vec<usize>> = bags.iter().map(|bag| pieces.content(bag)).collect();
        let asked: Vec<usize> = content.iter().map(Vec::len).collect();
        let all = bags.iter().zip(&asked).map(|(bag, asked)| asked + pieces.unknown(bag).len()).collect();
        Ok((Part { content, asked }, all))
    };
    let ((validation, _), (test, content)) = (part(&subset.validation)?, part(&subset.test)?);

    let (mut found, mut solved) = (Vec::new(), Vec::new());
    for (number, (readout, layer)) in lanes.iter().enumerate() {
        if (control.stop)() {
            return Ok(None);
        }
        tell(format!("fitting decoder {} of {}", number + 1, lanes.len()), sentences + number * FIT);
        let vectors = |indices: &[usize]| {
            race::gather(cache, &(dataset.fingerprint().to_owned(), readout.clone(), *layer), indices)
        };
        let ridge = Ridge::new(&vectors(&subset.train), &holders);
        let splits = [&vectors(&subset.validation), &vectors(&subset.test)].map(|raw| ridge.standardise(raw));
        let lane = lane(&ridge, (readout, *layer), [(&splits[0], &validation), (&splits[1], &test)], &shares)?;
        solved.push((readout.clone(), *layer, ridge.solve(lane.lambda)?));
        found.push(lane);
    }
    let by_frequency = score::by_frequency(&test.content);
    let report = InversionReport {
        pairs: pairs(&found, &test.asked),
        baseline: score::mean(&score::shares(&by_frequency, &test.asked)),
        coverage: coverage(&test.asked, &content),
        known: pieces.len(),
        common: COMMON.min(pieces.len()),
        lanes: found,
        asked: test.asked,
        content,
        by_frequency,
        provenance: super::Provenance {
            vectors_of_day: cache.day(dataset, &lanes),
            ..race::provenance(
                dataset,
                &subset,
                facts,
                [command::invert(request, facts, None), command::invert_key(request, facts, dataset)],
            )
        },
    };
    let Subset { train, .. } = subset;
    Ok(Some((report, Decoders { request: request.clone(), pieces, shares, train, held, solved })))
}

/// Chooses the strength on validation and scores it on test.
fn lane(
    ridge: &Ridge,
    (readout, layer): (&Readout, usize),
    [validation, test]: [(&Matrix, &Part); 2],
    shares: &[f64],
) -> Result<InversionLane, LabError> {
    let found = |(vectors, part): (&Matrix, &Part), lambda: f64| {
        Ok::<_, LabError>(score::found(&ridge.scores(lambda, vectors)?, shares, &part.content))
    };
    let mut grid = Vec::with_capacity(GRID.len());
    for lambda in GRID {
        grid.push((lambda, score::mean(&score::shares(&found(validation, lambda)?, &validation.1.asked))));
    }
    // Of equals the weakest stays.
    let (lambda, score) =
        grid.iter().copied().fold((GRID[0], -1.0), |best, next| if next.1 > best.1 { next } else { best });
    let found = found(test, lambda)?;
    let parts = score::shares(&found, &test.1.asked);
    Ok(InversionLane {
        readout: readout.to_string(),
        layer,
        lambda,
        validation: score,
        grid,
        precision: score::mean(&parts),
        ci95: stats::share(vec![parts]).1,
        found,
    })
}

/// Every other readout against `cls` of the same layer, on the test sentences.
#[must_use]
pub fn pairs(lanes: &[InversionLane], asked: &[usize]) -> Vec<InversionPair> {
    let mut pairs = Vec::new();
    for a in lanes.iter().filter(|lane| lane.readout == "cls") {
        let others = || lanes.iter().filter(|lane| lane.readout != "cls" && lane.layer == a.layer);
        for b in others() {
            let (first, second) = (score::shares(&a.found, asked), score::shares(&b.found, asked));
            let differences: Vec<f64> = second.iter().zip(&first).map(|(b, a)| b - a).collect();
            pairs.push(InversionPair {
                a: a.readout.clone(),
                b: b.readout.clone(),
                layer: a.layer,
                difference: score::mean(&differences),
                ci95: Table::of_values(vec![differences]).estimate().interval(others().count()),
            });
        }
    }
    pairs
}

/// Of all content pieces, the share that is known.
#[must_use]
pub fn coverage(asked: &[usize], content: &[usize]) -> f64 {
    asked.iter().sum::<usize>() as f64 / content.iter().sum::<usize>().max(1) as f64
}

/// One sentence as fitted decoders give it back. Of a pair only the first text is decoded.
///
/// # Errors
/// When a pass fails.
pub fn decode(
    bert: &Bert,
    dataset: &Dataset,
    cache: &Cache,
    decoders: &Decoders,
    sentence: &Sentence,
) -> Result<DecodeData, LabError> {
    let encoding = bert.encode(&sentence.text, None)?;
    let pieces = &decoders.pieces;
    let bag = bag(&encoding);
    let content = pieces.content(&bag);
    let word = |id: u32| bert.id_shown(id).unwrap_or_default();
    let order = |id: &u32| encoding.input.input_ids.iter().position(|known| known == id);
    let words = |mut ids: Vec<u32>| {
        ids.sort_by_key(order);
        ids.into_iter().map(word).collect::<Vec<_>>()
    };
    let ids = |places: &[usize]| places.iter().filter_map(|place| pieces.id(*place)).collect::<Vec<_>>();
    let common: Vec<usize> = pieces.known(&bag).into_iter().filter(|place| *place < COMMON).collect();

    let wanted: Vec<(Readout, usize)> =
        decoders.solved.iter().map(|(readout, layer, _)| (readout.clone(), *layer)).collect();
    let read = features::extract(bert, &[&sentence.text], &wanted, &mut |_, _| true)?.unwrap_or_default();
    let mut decoded = Vec::with_capacity(wanted.len());
    for (readout, layer, solved) in &decoders.solved {
        let key = (dataset.fingerprint().to_owned(), readout.clone(), *layer);
        let train = race::gather(cache, &key, &decoders.train);
        let Some(vector) = read.get(&(readout.clone(), *layer)) else { continue };
        let scores = solved.scores(vector.row(0), &train, &decoders.held, &decoders.shares);
        let best = score::best(|place| scores[place], scores.len(), content.len());
        let guesses = best.iter().filter_map(|place| Some((word(pieces.id(*place)?), scores[*place] as f32))).collect();
        decoded.push(Decoded { readout: readout.to_string(), layer: *layer, guesses });
    }
    Ok(DecodeData {
        sentence: sentence.clone(),
        run: decoders.request.clone(),
        content: words(ids(&content)),
        common: words(ids(&common)),
        unknown: words(pieces.unknown(&bag)),
        decoded,
    })
}

/// The readouts and layers, if the request can be run.
pub(super) fn lanes(facts: &ModelFacts, request: &InvertRequest) -> Result<Vec<(Readout, usize)>, LabError> {
    let refuse = |why: String| Err(LabError::Request(why));
    let wanted = if request.layers.is_empty() { vec![facts.layers] } else { request.layers.clone() };
    if let Some(layer) = wanted.iter().find(|layer| **layer > facts.layers) {
        return refuse(format!("there is no layer {layer}: this model has layers 0 (embeddings) to {}", facts.layers));
    }
    if request.train == Some(0) || request.test == Some(0) {
        return refuse(
            "decoding needs sentences to train on and to test on; give --train and --test at least 1".to_owned(),
        );
    }
    if request.readouts.is_empty() {
        return refuse("decoding needs at least one readout, such as cls or mean".to_owned());
    }
    if let Some(readout) = request.readouts.iter().find(|readout| readout.is_baseline() || readout.is_control()) {
        return refuse(format!("{readout} has no vector to decode from. Choose cls, mean or sep"));
    }
    Ok(wanted.iter().flat_map(|layer| request.readouts.iter().map(|readout| (readout.clone(), *layer))).collect())
}
