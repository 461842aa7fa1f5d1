//! Two sentences side by side: how alike their vectors are, layer by layer.

use super::features::{Pooled, pool};
use super::tensors;
use super::way::{Kind, Prepare};
use super::{CompareData, LabError, Matrix, Readout, Sentence};
use crate::model::tokenize::SPACE;
use crate::model::{Batch, Bert, Encoding, HiddenStates, ModelError};

/// Cosines by layer of the two `[CLS]` vectors, of a word's two vectors, and of the two means.
///
/// # Errors
/// When a pass fails.
pub fn compare(
    bert: &Bert,
    first: &Sentence,
    second: &Sentence,
    word: Option<&str>,
    way: Prepare<'_>,
) -> Result<CompareData, LabError> {
    let (one, one_states) = states(bert, first)?;
    let (two, two_states) = states(bert, second)?;
    let word = word.and_then(|word| {
        let place = |encoding: &Encoding| {
            let bare = |shown: &String| shown.trim_start_matches(SPACE).eq_ignore_ascii_case(word);
            encoding.shown.iter().position(bare)
        };
        Some((word.to_owned(), place(&one)?, place(&two)?))
    });
    let space = way(&one_states)?;
    let by_layer = |value: &dyn Fn(usize, &Matrix, &Matrix) -> f32| {
        one_states.iter().zip(&two_states).enumerate().map(|(layer, (a, b))| value(layer, a, b)).collect()
    };
    let mean = |states: &Matrix, encoding: &Encoding| {
        pool(
            &Readout::Mean,
            &Pooled { states: &states.data, width: states.cols, special: &encoding.special, hash: 0, attention: &[] },
        )
    };
    Ok(CompareData {
        first: first.clone(),
        second: second.clone(),
        cls: by_layer(&|layer, a, b| space.cosine(Kind::Cls, layer, a.row(0), b.row(0))),
        word_cosine: word.as_ref().map_or_else(Vec::new, |(_, i, j)| {
            by_layer(&|layer, a, b| space.cosine(Kind::Pieces, layer, a.row(*i), b.row(*j)))
        }),
        mean: by_layer(&|layer, a, b| space.cosine(Kind::Pieces, layer, &mean(a, &one), &mean(b, &two))),
        word,
    })
}

/// A sentence's pieces and its hidden states, one matrix [T x D] for each layer from 0.
pub(super) fn states(bert: &Bert, sentence: &Sentence) -> Result<(Encoding, Vec<Matrix>), ModelError> {
    let encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    let mut keep = HiddenStates::default();
    bert.forward(&Batch::new(&[&encoding.input])?, &mut keep)?;
    Ok((encoding, tensors::states(&keep)?))
}
