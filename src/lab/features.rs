//! One vector a sentence: what each readout reads from the hidden states, for many sentences.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{Matrix, Readout};
use crate::model::{Batch, Bert, Encoding, HiddenStates, Intervention, ModelError, intervene};

/// Pieces in a batch, about; sentences are grouped by length so that the work is even.
const BATCH_PIECES: usize = 1_024;

/// One matrix [texts x D] for every readout and layer.
pub type Features = BTreeMap<(Readout, usize), Matrix>;

/// One sentence's states at one layer, as [`pool`] reads them.
pub struct Pooled<'a> {
    /// [T x D], row by row.
    pub states: &'a [f32],
    /// D.
    pub width: usize,
    /// Which of the T pieces are special.
    pub special: &'a [bool],
    /// The sentence's hash, which fixes the choice of `random`.
    pub hash: u64,
    /// The attention that `[CLS]` pays each piece in the last layer, mean of the heads `[T]`; empty unless the readout
    /// needs it.
    pub attention: &'a [f32],
}

impl Pooled<'_> {
    fn row(&self, index: usize) -> &[f32] {
        &self.states[index * self.width..(index + 1) * self.width]
    }

    fn mean(&self, rows: &[usize]) -> Vec<f32> {
        let mut sum = vec![0f32; self.width];
        for &row in rows {
            sum.iter_mut().zip(self.row(row)).for_each(|(sum, value)| *sum += value);
        }
        sum.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f32);
        sum
    }

    fn by_attention(&self) -> Vec<f32> {
        let mut sum = vec![0f32; self.width];
        for (row, share) in self.attention.iter().enumerate() {
            sum.iter_mut().zip(self.row(row)).for_each(|(sum, value)| *sum += share * value);
        }
        sum
    }
}

/// Which of a sentence's rows a readout averages; `special` says of each whether it is a special token. With no content
/// token, the content readouts fall back to `mean`. For `max` and `cls+mean`, those of the mean; baselines have none.
#[must_use]
pub fn rows(readout: &Readout, special: &[bool], hash: u64) -> Vec<usize> {
    let all: Vec<usize> = (0..special.len()).collect();
    let content: Vec<usize> = all.iter().copied().filter(|index| !special[*index]).collect();
    match readout {
        Readout::Cls | Readout::Pooler | Readout::StandIn(_) | Readout::RandomLabels => vec![0],
        Readout::ClsAtEnd | Readout::Sep => vec![all.len().saturating_sub(1)],
        Readout::Mean | Readout::Max | Readout::ClsMean | Readout::AttentionWeighted => all,
        Readout::MeanContent | Readout::Token(_) | Readout::Random if content.is_empty() => all,
        Readout::MeanContent => content,
        Readout::Token(k) => vec![content[(k.saturating_sub(1)).min(content.len() - 1)]],
        Readout::Random => vec![content[(hash % content.len() as u64) as usize]],
        Readout::Majority | Readout::Words => Vec::new(),
    }
}

/// How much each of a sentence's rows counts in what a readout reads `[T]`; the shares add to 1. For `max` and `cls+mean`,
/// those of the mean. `attention` as in [`Pooled`].
#[must_use]
pub fn shares(readout: &Readout, special: &[bool], hash: u64, attention: &[f32]) -> Vec<f32> {
    if readout.needs_attention() {
        return attention.to_vec();
    }
    let rows = rows(readout, special, hash);
    let mut shares = vec![0.0; special.len()];
    rows.iter().for_each(|row| shares[*row] += 1.0 / rows.len() as f32);
    shares
}

/// What a readout reads from one sentence. `Pooler` gives the raw `[CLS]` (the dense layer is the model's), baselines
/// nothing.
#[must_use]
pub fn pool(readout: &Readout, sentence: &Pooled<'_>) -> Vec<f32> {
    let rows = rows(readout, sentence.special, sentence.hash);
    match readout {
        Readout::ClsMean => [sentence.row(0).to_vec(), sentence.mean(&rows)].concat(),
        Readout::Max => rows.iter().fold(vec![f32::NEG_INFINITY; sentence.width], |most, &row| {
            most.iter().zip(sentence.row(row)).map(|(most, value)| most.max(*value)).collect()
        }),
        Readout::Majority | Readout::Words => Vec::new(),
        readout if readout.needs_attention() => sentence.by_attention(),
        _ => sentence.mean(&rows),
    }
}

/// The first eight bytes of sha256 of the trimmed, lower-cased text.
#[must_use]
pub fn hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.trim().to_lowercase().as_bytes());
    digest[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Vectors of `texts` for every wanted readout and layer (0..=L), in the order of `texts`; each matrix is
/// [texts x D] (2D for `cls+mean`). `report` hears how many sentences are done and says whether to go on; `None` comes
/// back when it said no.
///
/// # Errors
/// When a pass fails or a stand-in is not one piece of the vocabulary.
pub fn extract(
    bert: &Bert,
    texts: &[&str],
    wanted: &[(Readout, usize)],
    report: &mut dyn FnMut(usize, usize) -> bool,
) -> Result<Option<Features>, ModelError> {
    let mut passes: BTreeMap<Option<Readout>, Vec<(Readout, usize)>> = BTreeMap::new();
    for (readout, layer) in wanted {
        let own = readout.needs_own_pass().then(|| readout.clone());
        passes.entry(own).or_default().push((readout.clone(), *layer));
    }
    let total = texts.len() * passes.len();
    let encodings: Vec<Encoding> = texts.par_iter().map(|text| bert.encode(text, None)).collect::<Result<_, _>>()?;
    let mut found = BTreeMap::new();
    for (pass, (own, wanted)) in passes.iter().enumerate() {
        let changed = match own {
            None => encodings.clone(),
            Some(readout) => {
                encodings.iter().map(|encoding| change(bert, encoding, readout)).collect::<Result<_, _>>()?
            }
        };
        let mut note = |done: usize| report(pass * texts.len() + done, total);
        let Some(matrices) = one_pass(bert, texts, &changed, wanted, &mut note)? else { return Ok(None) };
        found.extend(wanted.iter().cloned().zip(matrices));
    }
    Ok(Some(found))
}

/// Whether this model has what the readouts read, found out before a long run instead of in it.
///
/// # Errors
/// When a stand-in is not one piece of the vocabulary, or there is no pooler.
pub(super) fn check<'a>(bert: &Bert, readouts: impl IntoIterator<Item = &'a Readout>) -> Result<(), ModelError> {
    for readout in readouts {
        match readout {
            Readout::StandIn(word) => stand_in(bert, word).map(|_| ())?,
            Readout::Pooler if bert.pooler().is_none() => return Err(no_pooler(bert)),
            _ => {}
        }
    }
    Ok(())
}

/// The id of a word that takes the place of `[CLS]`.
///
/// # Errors
/// When it is not one piece of the vocabulary.
pub(super) fn stand_in(bert: &Bert, word: &str) -> Result<u32, ModelError> {
    bert.word_id(word).ok_or_else(|| {
        let other = bert.any_word().map_or_else(String::new, |word| format!(". Try a word that is, such as {word}"));
        let model = &bert.facts().name;
        ModelError::Intervention(format!(
            "{word:?} is not one piece of the vocabulary of {model}, so it cannot stand in for [CLS]{other}"
        ))
    })
}

fn no_pooler(bert: &Bert) -> ModelError {
    ModelError::Intervention(format!("{} has no pooler; choose another readout", bert.facts().name))
}

/// The input that a readout with a pass of its own reads.
///
/// # Errors
/// When a stand-in is not one piece of the vocabulary.
pub(super) fn change(bert: &Bert, encoding: &Encoding, readout: &Readout) -> Result<Encoding, ModelError> {
    let mut changed = encoding.clone();
    let intervention = if let Readout::StandIn(word) = readout {
        Intervention::StandIn(stand_in(bert, word)?)
    } else {
        changed.special.rotate_left(1);
        Intervention::ClsAtEnd
    };
    let config = bert.config();
    (changed.input, _) =
        intervene::apply(&encoding.input, &[intervention], config.num_hidden_layers, config.vocab_size)?;
    Ok(changed)
}

type Rows = Vec<(usize, Vec<Vec<f32>>)>;

fn one_pass(
    bert: &Bert,
    texts: &[&str],
    encodings: &[Encoding],
    wanted: &[(Readout, usize)],
    report: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Vec<Matrix>>, ModelError> {
    let batches = batches(encodings.iter().map(|encoding| encoding.input.len()));
    let done = AtomicUsize::new(0);
    let mut vectors: Vec<Vec<Vec<f32>>> = vec![Vec::new(); texts.len()];
    // One batch a thread between two looks at the progress.
    for round in batches.chunks(rayon::current_num_threads().max(1)) {
        let results: Vec<Rows> = round
            .par_iter()
            .map(|batch| {
                let rows = one_batch(bert, texts, encodings, batch, wanted);
                done.fetch_add(batch.len(), Ordering::Relaxed);
                rows
            })
            .collect::<Result<_, _>>()?;
        results.into_iter().flatten().for_each(|(index, rows)| vectors[index] = rows);
        if !report(done.load(Ordering::Relaxed)) {
            return Ok(None);
        }
    }
    let matrix = |place: usize| {
        let cols = vectors.first().map_or(0, |rows| rows[place].len());
        Matrix::new(texts.len(), cols, vectors.iter().flat_map(|rows| rows[place].iter().copied()).collect())
    };
    Ok(Some((0..wanted.len()).map(matrix).collect()))
}

/// Sentences of like length together, so that batches take like time.
pub(super) fn batches(lengths: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut order: Vec<(usize, usize)> = lengths.enumerate().map(|(index, length)| (length, index)).collect();
    order.sort_unstable();
    let mut batches = vec![Vec::new()];
    let mut pieces = 0;
    for (length, index) in order {
        if pieces + length > BATCH_PIECES && pieces > 0 {
            batches.push(Vec::new());
            pieces = 0;
        }
        pieces += length;
        if let Some(batch) = batches.last_mut() {
            batch.push(index);
        }
    }
    batches.retain(|batch| !batch.is_empty());
    batches
}

fn one_batch(
    bert: &Bert,
    texts: &[&str],
    encodings: &[Encoding],
    members: &[usize],
    wanted: &[(Readout, usize)],
) -> Result<Rows, ModelError> {
    let batch = Batch::new(&members.iter().map(|index| &encodings[*index].input).collect::<Vec<_>>())?;
    let mut keep = HiddenStates::default();
    bert.forward(&batch, &mut keep)?;
    let weighed = wanted.iter().any(|(readout, _)| readout.needs_attention());
    let attention = match keep.0.iter().rev().nth(1).filter(|_| weighed) {
        Some(below) => bert.attention_of_first(below, &batch)?,
        None => vec![Vec::new(); members.len()],
    };
    let mut rows: Rows = members.iter().map(|index| (*index, Vec::with_capacity(wanted.len()))).collect();
    for (readout, layer) in wanted {
        let states = keep.0.get(*layer).ok_or_else(|| {
            ModelError::Intervention(format!("there is no layer {layer}: the model has {}", keep.0.len() - 1))
        })?;
        let (_, width) = states.dims2()?;
        let numbers: Vec<f32> = states.flatten_all()?.to_vec1()?;
        for (((index, rows), range), attention) in rows.iter_mut().zip(&batch.sequences).zip(&attention) {
            let sentence = Pooled {
                states: &numbers[range.start * width..range.end * width],
                width,
                special: &encodings[*index].special,
                hash: hash(texts[*index]),
                attention,
            };
            let mut vector = pool(readout, &sentence);
            if *readout == Readout::Pooler {
                let cls = candle_core::Tensor::from_vec(vector, (1, width), &candle_core::Device::Cpu)?;
                let pooled = bert.pool(&cls)?.ok_or_else(|| no_pooler(bert))?;
                vector = pooled.get(0)?.to_vec1()?;
            }
            rows.push(vector);
        }
    }
    Ok(rows)
}
