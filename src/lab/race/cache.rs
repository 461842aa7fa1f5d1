//! Feature vectors that were computed before, in this process or in an earlier one, so that a second race reads nothing again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;

use crate::lab::dataset::{Dataset, Subset};
use crate::lab::{Control, LabError, Matrix, Readout, features};
use crate::model::Bert;
use crate::vectors::{self, Disk, Series};

/// Sentences between two additions to the cache: what a stopped run loses at most.
const CHUNK: usize = 256;

/// Feature vectors by data set (its fingerprint), readout, layer and sentence.
#[derive(Default)]
pub struct Cache {
    rows: Mutex<BTreeMap<Key, Rows>>,
    /// Where they are kept for other processes, and the fingerprint of the model that computes them.
    kept: Option<(Disk, String)>,
    /// The last day on which vectors were computed that came from there.
    days: Mutex<BTreeMap<Key, u64>>,
}

impl Cache {
    /// One whose vectors are kept on disk, if they are, for other processes with this very model.
    pub(in crate::lab) fn on(disk: Option<Disk>, model: &str) -> Self {
        Self { kept: disk.map(|disk| (disk, model.to_owned())), ..Self::default() }
    }

    /// Where its vectors are kept.
    pub(in crate::lab) fn disk(&self) -> Option<&Disk> {
        self.kept.as_ref().map(|(disk, _)| disk)
    }

    /// The last day (days since 1970) on which vectors of these lanes were computed by an earlier process; `None` where this
    /// one computed all of them.
    pub(in crate::lab) fn day(&self, dataset: &Dataset, lanes: &[(Readout, usize)]) -> Option<u64> {
        let days = self.days.lock().ok()?;
        let of = |(readout, layer): &(Readout, usize)| days.get(&key(dataset, readout, *layer));
        lanes.iter().filter_map(of).max().copied()
    }

    /// The sentences of which a lane has no vector.
    fn lacking(&self, key: &Key, indices: &[usize]) -> Result<Vec<usize>, LabError> {
        let rows = self.rows.lock().map_err(|_| LabError::Poisoned)?;
        let known = rows.get(key);
        let lacks = |index: &usize| known.is_none_or(|known| !known.contains_key(index));
        Ok(indices.iter().copied().filter(lacks).collect())
    }

    /// Takes from disk what a lane lacks.
    fn take(&self, dataset: &Dataset, (readout, layer): &(Readout, usize), indices: &[usize]) -> Result<(), LabError> {
        let key = key(dataset, readout, *layer);
        let lacking = self.lacking(&key, indices)?;
        let Some((disk, model)) = self.kept.as_ref().filter(|_| !lacking.is_empty()) else { return Ok(()) };
        let texts: Vec<vectors::Text> =
            lacking.iter().map(|index| vectors::text(&dataset.items()[*index].text)).collect();
        let wanted: HashSet<&vectors::Text> = texts.iter().collect();
        let found = disk.find(&Series::new(model, &readout.to_string(), *layer), &|text| wanted.contains(text));
        let mut rows = self.rows.lock().map_err(|_| LabError::Poisoned)?;
        let known = rows.entry(key.clone()).or_default();
        for (index, text) in lacking.iter().zip(&texts) {
            if let Some(row) = found.rows.get(text) {
                known.insert(*index, row.clone());
            }
        }
        if let Some(day) = found.day {
            let mut days = self.days.lock().map_err(|_| LabError::Poisoned)?;
            days.entry(key).and_modify(|known| *known = day.max(*known)).or_insert(day);
        }
        Ok(())
    }

    /// Puts on disk what was computed for a lane.
    fn put(&self, dataset: &Dataset, (readout, layer): &(Readout, usize), indices: &[usize]) {
        let Some((disk, model)) = &self.kept else { return };
        let found = gather(self, &key(dataset, readout, *layer), indices);
        let texts: Vec<vectors::Text> =
            indices.iter().map(|index| vectors::text(&dataset.items()[*index].text)).collect();
        if found.rows == texts.len() {
            disk.put(&Series::new(model, &readout.to_string(), *layer), &texts, &found.data, found.cols);
        }
    }
}

/// Fingerprint of the data set, readout, layer.
pub(in crate::lab) type Key = (String, Readout, usize);

fn key(dataset: &Dataset, readout: &Readout, layer: usize) -> Key {
    (dataset.fingerprint().to_owned(), readout.clone(), layer)
}

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
    let mut lacking = Vec::new();
    for lane in lanes {
        cache.take(dataset, lane, &all)?;
        lacking.push(cache.lacking(&key(dataset, &lane.0, lane.1), &all)?);
    }
    let some: HashSet<usize> = lacking.iter().flatten().copied().collect();
    let missing: Vec<usize> = all.into_iter().filter(|index| some.contains(index)).collect();
    read(0, missing.len());
    let mut done = 0;
    for (number, chunk) in missing.chunks(CHUNK).enumerate() {
        let texts: Vec<&str> = chunk.iter().map(|index| dataset.items()[*index].text.as_str()).collect();
        let mut report = |done: usize, of: usize| {
            read(number * CHUNK + chunk.len() * done / of.max(1), missing.len());
            !(control.stop)()
        };
        let Some(found) = features::extract(bert, &texts, lanes, &mut report)? else {
            put(cache, dataset, lanes, &lacking, &missing[..done]);
            return Ok(false);
        };
        done += chunk.len();
        let mut rows = cache.rows.lock().map_err(|_| LabError::Poisoned)?;
        for ((readout, layer), matrix) in found {
            let known = rows.entry((dataset.fingerprint().to_owned(), readout, layer)).or_default();
            chunk.iter().enumerate().for_each(|(row, index)| {
                known.insert(*index, matrix.row(row).into());
            });
        }
    }
    put(cache, dataset, lanes, &lacking, &missing);
    Ok(true)
}

/// Keeps for other processes what each lane lacked and has now.
fn put(cache: &Cache, dataset: &Dataset, lanes: &[(Readout, usize)], lacking: &[Vec<usize>], computed: &[usize]) {
    let computed: HashSet<usize> = computed.iter().copied().collect();
    for (lane, lacking) in lanes.iter().zip(lacking) {
        let new: Vec<usize> = lacking.iter().copied().filter(|index| computed.contains(index)).collect();
        cache.put(dataset, lane, &new);
    }
}

/// Rows of the cache as a matrix.
pub(in crate::lab) fn gather(cache: &Cache, key: &Key, indices: &[usize]) -> Matrix {
    let Ok(rows) = cache.rows.lock() else { return Matrix::default() };
    let found: Vec<&[f32]> = indices.iter().filter_map(|index| rows.get(key)?.get(index).map(AsRef::as_ref)).collect();
    Matrix::new(found.len(), found.first().map_or(0, |row| row.len()), found.concat())
}
