//! Feature vectors that were computed in this session, so that a second race reads nothing again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use crate::lab::dataset::{Dataset, Subset};
use crate::lab::{Control, LabError, Matrix, Readout, features};
use crate::model::Bert;

/// Sentences between two additions to the cache: what a stopped run loses at most.
const CHUNK: usize = 1_024;

/// Feature vectors that were computed in this session, by data set (its fingerprint), readout, layer and sentence.
#[derive(Default)]
pub struct Cache {
    rows: Mutex<BTreeMap<Key, Rows>>,
}

/// Fingerprint of the data set, readout, layer.
pub(in crate::lab) type Key = (String, Readout, usize);

/// Vectors by the sentence's index.
type Rows = HashMap<usize, Box<[f32]>>;

/// Computes what the cache lacks; `false` when it was stopped.
pub(in crate::lab) fn fill(
    bert: &Bert,
    dataset: &Dataset,
    cache: &Cache,
    lanes: &[(Readout, usize)],
    subset: &Subset,
    control: &Control<'_>,
    read: &dyn Fn(usize, usize),
) -> Result<bool, LabError> {
    features::check(bert, lanes.iter().map(|(readout, _)| readout))?;
    let all: Vec<usize> = [&subset.train, &subset.validation, &subset.test].into_iter().flatten().copied().collect();
    let lacks = |index: usize| {
        let rows = cache.rows.lock().map_err(|_| LabError::Poisoned)?;
        Ok::<_, LabError>(lanes.iter().any(|(readout, layer)| {
            rows.get(&(dataset.fingerprint().to_owned(), readout.clone(), *layer))
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
            let known = rows.entry((dataset.fingerprint().to_owned(), readout, layer)).or_default();
            chunk.iter().enumerate().for_each(|(row, index)| {
                known.insert(*index, matrix.row(row).into());
            });
        }
    }
    Ok(true)
}

/// Rows of the cache as a matrix.
pub(in crate::lab) fn gather(cache: &Cache, key: &Key, indices: &[usize]) -> Matrix {
    let Ok(rows) = cache.rows.lock() else { return Matrix::default() };
    let found: Vec<&[f32]> = indices.iter().filter_map(|index| rows.get(key)?.get(index).map(AsRef::as_ref)).collect();
    Matrix::new(found.len(), found.first().map_or(0, |row| row.len()), found.concat())
}
