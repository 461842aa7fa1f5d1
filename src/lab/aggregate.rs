//! Is one vector a good stand-in for its sentence? A probe, the cosine of random pairs, and nearest sentences, for
//! `cls` and `mean` at every layer.
//!
//! The three need not agree: a fitted probe reweights the dimensions, a cosine weighs them alike. The bench and command
//! of lesson 05 ask [`run`] and [`nearest`]; tests compute small cases again by hand.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::dataset::Dataset;
use super::race::{self, Cache, Kept};
use super::tensors::{cosine, dot, norm, product_transposed_f64};
use super::way::Way;
use super::{
    AggregateLane, AggregateReport, AggregateRequest, Control, LabError, Matrix, ModelFacts, NearestData, NearestList,
    Neighbour, Progress, RaceRequest, Readout, Sentence, command, features, largest, stats,
};
use crate::model::Bert;

/// Pairs of test sentences taken at random.
pub const PAIRS: usize = 2_000;

/// Seed of the lot.
pub const SEED: u64 = 0;

/// Nearest sentences that are kept.
pub const KEPT: usize = 8;

/// Test sentences compared at once, so that the table of cosines stays small.
const ROWS: usize = 512;

/// The three measures; `None` when it was stopped.
///
/// # Errors
/// When there is no such data set, or a pass or a fit fails.
pub fn run(
    bert: &Bert,
    facts: &ModelFacts,
    dataset: &Dataset,
    cache: &Cache,
    request: &AggregateRequest,
    control: &Control<'_>,
) -> Result<Option<AggregateReport>, LabError> {
    let finish = race::run(bert, dataset, cache, &probes(facts, request), control, &Kept::NOTHING)?;
    let Some(finish) = finish.filter(|finish| !finish.stopped) else { return Ok(None) };
    let vectors_of_day = finish.vectors_of_day;
    let subset = dataset.subset(request.train, request.test);
    let labels = |indices: &[usize]| indices.iter().map(|index| dataset.items()[*index].label).collect::<Vec<_>>();
    let (train_labels, test_labels) = (labels(&subset.train), labels(&subset.test));
    let drawn = draw(subset.test.len(), PAIRS, SEED);
    let total = finish.fitted.len();
    let mut lanes = Vec::with_capacity(total);
    for (done, fitted) in finish.fitted.into_iter().enumerate() {
        if (control.stop)() {
            return Ok(None);
        }
        let what = format!("comparing sentences, {} of {total}", done + 1);
        (control.report)(Progress { what, done, total, ..Progress::default() });
        let probe = fitted.lane;
        let (Ok(readout), Some(layer)) = (probe.readout.parse::<Readout>(), probe.layer) else { continue };
        let key = (dataset.fingerprint().to_owned(), readout, layer);
        let (train, test) = (race::gather(cache, &key, &subset.train), race::gather(cache, &key, &subset.test));
        let nearest = nearest_rows(&train, &test)?;
        let same: Vec<bool> =
            nearest.iter().zip(&test_labels).map(|(row, label)| train_labels[*row] == *label).collect();
        let hits = same.iter().filter(|same| **same).count();
        lanes.push(AggregateLane {
            readout: probe.readout.clone(),
            layer,
            random_cosine: mean_cosine(&test, &drawn),
            random_cosine_prepared: [Way::Without, Way::Centred].map(|way| in_way(way, &train, &test, &drawn)).to_vec(),
            nearest: hits as f64 / test.rows.max(1) as f64,
            nearest_ci95: stats::wilson(hits, test.rows),
            same,
            probe,
        });
    }
    Ok(Some(AggregateReport {
        lanes,
        pairs: drawn.len(),
        chance: chance(&train_labels, &test_labels),
        provenance: super::Provenance {
            seed: SEED,
            vectors_of_day,
            ..race::provenance(
                dataset,
                &subset,
                facts,
                [command::aggregate(request, facts, None), command::aggregate_key(request, facts, dataset)],
            )
        },
    }))
}

/// The probes: a race of `[CLS]` and `GlobalPooling` at every layer.
pub(super) fn probes(facts: &ModelFacts, request: &AggregateRequest) -> RaceRequest {
    RaceRequest {
        layers: (0..=facts.layers).collect(),
        train: request.train,
        test: request.test,
        ..RaceRequest::frozen(&request.data, vec![Readout::Cls, Readout::Mean])
    }
}

/// Pairs of two different indices below `count`, taken at random; none when there are no two.
#[must_use]
pub fn draw(count: usize, pairs: usize, seed: u64) -> Vec<(usize, usize)> {
    if count < 2 {
        return Vec::new();
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pair = || {
        let (first, second) = (random.random_range(0..count), random.random_range(0..count - 1));
        (first, if second < first { second } else { second + 1 })
    };
    (0..pairs).map(|_| pair()).collect()
}

/// Mean cosine of the given pairs of rows, prepared by what the training vectors have in common.
fn in_way(way: Way, train: &Matrix, test: &Matrix, pairs: &[(usize, usize)]) -> f64 {
    let (index, mean) = common(train);
    let rows = (0..test.rows).flat_map(|row| way.prepare(test.row(row), index, &mean).into_owned());
    mean_cosine(&Matrix::new(test.rows, test.cols, rows.collect()), pairs)
}

/// The mean of vectors, and the coordinate that is largest in it.
fn common(vectors: &Matrix) -> (usize, Vec<f32>) {
    let mean = largest::mean(vectors);
    let index = (0..mean.len()).max_by(|a, b| mean[*a].abs().total_cmp(&mean[*b].abs())).unwrap_or(0);
    (index, mean)
}

/// Mean cosine of the given pairs of rows.
#[must_use]
pub fn mean_cosine(rows: &Matrix, pairs: &[(usize, usize)]) -> f64 {
    let sum: f64 = pairs.iter().map(|(a, b)| f64::from(cosine(rows.row(*a), rows.row(*b)))).sum();
    sum / pairs.len().max(1) as f64
}

/// For each row of `test` the row of `train` with the largest cosine; of equals the first. In f64: where all vectors
/// share nearly one direction, cosines differ by less than f32 can tell.
///
/// # Errors
/// When their widths differ.
pub fn nearest_rows(train: &Matrix, test: &Matrix) -> Result<Vec<usize>, LabError> {
    let width = test.cols.max(1);
    let known = unit(&train.data, width);
    let mut nearest = Vec::with_capacity(test.rows);
    for rows in test.data.chunks(ROWS * width) {
        let cosines = product_transposed_f64(unit(rows, width), &known, width)?;
        let rows = cosines.chunks(train.rows.max(1));
        nearest.extend(rows.map(|row| best(row, 1).first().copied().unwrap_or(0)));
    }
    Ok(nearest)
}

/// Places of the largest values, best first; of equals the first.
fn best(values: &[f64], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    let order = |a: &usize, b: &usize| values[*b].total_cmp(&values[*a]).then(a.cmp(b));
    if count > 0 && count < places.len() {
        places.select_nth_unstable_by(count - 1, order);
    }
    places.truncate(count);
    places.sort_by(order);
    places
}

/// Rows of length 1; a row of zeros stays.
fn unit(numbers: &[f32], width: usize) -> Vec<f64> {
    let row = |row: &[f32]| {
        let length = norm(row).max(f64::MIN_POSITIVE);
        row.iter().map(|x| f64::from(*x) / length).collect::<Vec<_>>()
    };
    numbers.chunks(width.max(1)).flat_map(row).collect()
}

/// Share of all (test, training) pairs with the same label.
fn chance(train: &[usize], test: &[usize]) -> f64 {
    let same: usize = test.iter().map(|label| train.iter().filter(|other| *other == label).count()).sum();
    same as f64 / (train.len() * test.len()).max(1) as f64
}

/// The nearest training sentences to a sentence, by every readout and layer of a run, all vectors prepared in one way. The
/// sentence itself, should it be among them, is left out.
///
/// # Errors
/// When a pass fails, or the run was not made in this session.
pub fn nearest(
    bert: &Bert,
    facts: &ModelFacts,
    dataset: &Dataset,
    cache: &Cache,
    (sentence, run): (&Sentence, &AggregateRequest),
    way: Way,
) -> Result<NearestData, LabError> {
    let train = dataset.subset(run.train, run.test).train;
    let own = sentence.text.trim().to_lowercase();
    let wanted: Vec<(Readout, usize)> =
        (0..=facts.layers).flat_map(|layer| [(Readout::Cls, layer), (Readout::Mean, layer)]).collect();
    let found = features::extract(bert, &[&sentence.text], &wanted, &mut |_, _| true)?.unwrap_or_default();
    let mut lists = Vec::with_capacity(wanted.len());
    for (readout, layer) in wanted {
        let vectors = race::gather(cache, &(dataset.fingerprint().to_owned(), readout.clone(), layer), &train);
        if vectors.rows != train.len() {
            return Err(LabError::Request("these sentences have not been read in this session".to_owned()));
        }
        let Some(vector) = found.get(&(readout.clone(), layer)) else { continue };
        // What these very vectors have in common, and the number that carries most of that.
        let (index, mean) = common(&vectors);
        let ours = way.prepare(vector.row(0), index, &mean);
        let own_length = norm(&ours);
        let to = |row: &[f32]| dot(row, &ours) / (norm(row) * own_length).max(f64::MIN_POSITIVE);
        let cosines: Vec<f64> = (0..vectors.rows).map(|row| to(&way.prepare(vectors.row(row), index, &mean))).collect();
        let neighbour = |row: usize| {
            let item = &dataset.items()[train[row]];
            let label = dataset.classes().get(item.label).cloned().unwrap_or_default();
            Neighbour { text: item.text.clone(), label, cosine: cosines[row] }
        };
        let others = best(&cosines, KEPT + 1).into_iter().map(neighbour);
        let nearest = others.filter(|other| other.text.trim().to_lowercase() != own).take(KEPT).collect();
        lists.push(NearestList { readout: readout.to_string(), layer, nearest });
    }
    Ok(NearestData { sentence: sentence.clone(), run: run.clone(), lists })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_different_in_range_and_the_same_every_time() {
        let drawn = draw(5, 400, 3);
        assert!(drawn.iter().all(|(a, b)| a != b && *a < 5 && *b < 5));
        assert!((0..5).all(|a| (0..5).all(|b| a == b || drawn.contains(&(a, b)))), "every pair can come");
        assert_eq!(drawn, draw(5, 400, 3));
        assert_ne!(drawn, draw(5, 400, 4));
        assert!(draw(1, 10, 0).is_empty());
    }

    #[test]
    fn a_small_case_by_hand() {
        // Directions 0°, 90° and 45°; lengths must not count.
        let train = Matrix::new(3, 2, vec![5.0, 0.0, 0.0, 0.1, 3.0, 3.0]);
        let test = Matrix::new(3, 2, vec![9.0, 1.0, 1.0, 9.0, 0.2, 0.19]);
        assert_eq!(nearest_rows(&train, &test).expect("nearest"), [0, 1, 2]);
        // Apart by less than f32 can tell of a cosine.
        let close = Matrix::new(2, 2, vec![1.0, 1e-4, 1.0, 2e-4]);
        assert_eq!(nearest_rows(&close, &Matrix::new(1, 2, vec![1.0, 1.9e-4])).expect("nearest"), [1]);
        let right = mean_cosine(&train, &[(0, 1), (0, 2)]);
        assert!((right - 0.5_f64.sqrt() / 2.0).abs() < 1e-6, "{right}");
        assert!((chance(&[0, 0, 1, 1], &[0, 1, 1]) - 0.5).abs() < 1e-12);
        assert!((chance(&[0, 0, 0, 1], &[0]) - 0.75).abs() < 1e-12);
        assert_eq!(best(&[0.1, 0.9, 0.9, 0.5], 3), [1, 2, 3]);
    }
}
