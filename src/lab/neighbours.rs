//! Nearest entries of the vocabulary to one piece's word embedding.

use rayon::prelude::*;

use super::tensors::{dot, norm};
use super::{NeighboursData, Sentence};
use crate::model::{Bert, ModelError};

/// How many neighbours are kept.
const KEPT: usize = 24;

/// Nearest vocabulary entries, by cosine and by dot product, to the word embedding of the piece at `position`.
/// Entries that are only placeholders (`[unused12]`) are left out, and the piece itself.
///
/// # Errors
/// When the text cannot be encoded.
pub fn neighbours(bert: &Bert, sentence: &Sentence, position: usize) -> Result<NeighboursData, ModelError> {
    let encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    let position = position.min(encoding.input.len().saturating_sub(1));
    let id = encoding.input.input_ids[position];
    let table = &bert.embeddings().word;
    let width = table.dim(1)?;
    let numbers: Vec<f32> = table.flatten_all()?.to_vec1()?;
    let own = numbers[id as usize * width..][..width].to_vec();
    let own_norm = norm(&own);
    let found: Vec<(u32, f64, f64)> = numbers
        .par_chunks(width)
        .enumerate()
        .filter(|(other, _)| *other as u32 != id)
        .map(|(other, row)| {
            let product = dot(row, &own);
            (other as u32, product / (norm(row) * own_norm).max(f64::MIN_POSITIVE), product)
        })
        .collect();
    let best = |value: fn(&(u32, f64, f64)) -> f64| {
        let mut found = found.clone();
        found.sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.0.cmp(&b.0)));
        let words = found.iter().filter_map(|entry| Some((bert.id_shown(entry.0)?, value(entry) as f32)));
        words.filter(|(word, _)| !word.starts_with("[unused")).take(KEPT).collect()
    };
    Ok(NeighboursData {
        sentence: sentence.clone(),
        position,
        piece: encoding.shown[position].clone(),
        cosine: best(|entry| entry.1),
        dot: best(|entry| entry.2),
    })
}
