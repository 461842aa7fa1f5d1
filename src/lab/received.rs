//! Attention that the first place receives from the words: is it `[CLS]` that they look at, or the place? A place where
//! attention goes when there is nothing to take is a sink (Kobayashi et al. 2020; Xiao et al. 2024; Gu et al. 2025).

use serde::Serialize;

use super::Sentence;
use super::features::stand_in;
use crate::model::{Batch, Bert, Encoding, Input, Intervention, ModelError, Probabilities, intervene};

/// Mean attention that the words pay to the first place, all heads, layers 1 to L `[L]`, in five arrangements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReceivedByFirst {
    /// The sentence as it is.
    pub as_it_is: Vec<f32>,
    /// Another word in the place of `[CLS]`.
    pub stand_in_first: Vec<f32>,
    /// Without `[CLS]`: the first word has position 0.
    pub without_cls: Vec<f32>,
    /// The same, positions counted from 1.
    pub without_cls_from_1: Vec<f32>,
    /// The sentence as it is, positions counted from 1.
    pub from_1: Vec<f32>,
}

impl ReceivedByFirst {
    /// All five with their names, in the order in which a lesson shows them.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &[f32]); 5] {
        [
            ("as-it-is", &self.as_it_is),
            ("stand-in", &self.stand_in_first),
            ("without-cls", &self.without_cls),
            ("without-cls-from-1", &self.without_cls_from_1),
            ("from-1", &self.from_1),
        ]
    }
}

/// Measures all five; `word` stands in for `[CLS]`.
///
/// # Errors
/// When the word is not one piece of the vocabulary, the sentence has less than two, the model has no positions or too few, or a
/// pass fails.
pub fn received(bert: &Bert, sentence: &Sentence, word: &str) -> Result<ReceivedByFirst, ModelError> {
    let encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    // Without [CLS] the first word is the first place, and somebody has to look at it.
    if words(&encoding).count() < 2 {
        return Err(ModelError::Intervention(
            "the sentence needs two words: one in the first place, and one that could look at it. Type a longer one"
                .to_owned(),
        ));
    }
    let config = bert.config();
    let (replaced, _) = intervene::apply(
        &encoding.input,
        &[Intervention::StandIn(stand_in(bert, word)?)],
        config.num_hidden_layers,
        config.vocab_size,
    )?;
    let all: Vec<usize> = words(&encoding).collect();
    let rest: Vec<usize> = all.iter().map(|word| word - 1).filter(|place| *place > 0).collect();
    let without = without_first(&encoding.input);
    Ok(ReceivedByFirst {
        as_it_is: attention(bert, &encoding.input, &all)?,
        stand_in_first: attention(bert, &replaced, &all)?,
        without_cls: attention(bert, &without, &rest)?,
        without_cls_from_1: attention(bert, &further(bert, &without)?, &rest)?,
        from_1: attention(bert, &further(bert, &encoding.input)?, &all)?,
    })
}

/// Places of what is no special token.
fn words(encoding: &Encoding) -> impl Iterator<Item = usize> + '_ {
    (0..encoding.special.len()).filter(|place| !encoding.special[*place])
}

/// The same pieces less the first; positions are counted anew.
fn without_first(input: &Input) -> Input {
    let rest = |ids: &[u32]| ids[1..].to_vec();
    let kept = input.len().saturating_sub(1);
    Input {
        input_ids: rest(&input.input_ids),
        token_type_ids: rest(&input.token_type_ids),
        position_ids: input.position_ids.as_ref().map(|positions| positions[..kept].to_vec()),
    }
}

/// The same pieces, each with the next position.
fn further(bert: &Bert, input: &Input) -> Result<Input, ModelError> {
    let rows = bert.config().max_position_embeddings as u32;
    let positions: Vec<u32> = input.position_ids.iter().flatten().map(|position| position + 1).collect();
    match positions.last() {
        Some(last) if *last < rows => Ok(Input { position_ids: Some(positions), ..input.clone() }),
        Some(_) => Err(ModelError::Intervention(format!(
            "this model has {rows} positions, and all are in use: there is none further. Take a shorter sentence"
        ))),
        None => Err(ModelError::Intervention("this model counts no positions".to_owned())),
    }
}

/// What these places pay to the first, mean of places and heads, layer by layer.
fn attention(bert: &Bert, input: &Input, places: &[usize]) -> Result<Vec<f32>, ModelError> {
    let mut kept = Probabilities::default();
    bert.forward(&Batch::new(&[input])?, &mut kept)?;
    let paid = |weights: &candle_core::Tensor| -> Result<f32, ModelError> {
        let to_first = weights.narrow(2, 0, 1)?.squeeze(2)?.mean(0)?.to_vec1::<f32>()?;
        let sum: f32 = places.iter().map(|place| to_first[*place]).sum();
        Ok(sum / places.len() as f32)
    };
    kept.0.iter().map(paid).collect()
}
