//! What each position adds to a head's answer: gradient x input, and integrated gradients.
//!
//! The answer is the logit difference of the head on the last `[CLS]` vector, positive minus negative:
//! `w·x + b`. It is followed back to the embedding output (hidden state 0). Integrated gradients (Sundararajan et al.
//! 2017) go in [`STEPS`] steps, at the middle of each, from the same sequence with its content replaced by the
//! vocabulary's `[PAD]`; where it has none, by its mask, by the piece for unknown text, or else by zeros.

use candle_core::{Device, Result, Tensor, Var};
use rayon::prelude::*;

use super::record::RecordedHead;
use super::{LabError, Sentence};
use crate::model::{Batch, Bert, Encoding, Input, Nothing};

/// Steps of the integration.
pub const STEPS: usize = 32;

/// Rows of one pass, so that a long sentence does not fill the memory with what going back needs.
const ROWS: usize = 256;

/// Packs that the steps go in at least, so that two threads or four have even work; fixed, so that sums do not depend on how many
/// threads there are.
const PACKS: usize = 4;

/// Parts of an answer by position.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributionData {
    /// The input.
    pub sentence: Sentence,
    /// The head's logit, positive minus negative.
    pub logit: f32,
    /// The same with all content replaced by [`Self::blank`].
    pub baseline: f32,
    /// The piece that replaced it, `[PAD]` in BERT's vocabularies; `None` where the vectors were zeros.
    pub blank: Option<String>,
    /// Gradient x input, summed over dimensions `[T]`.
    pub gradient: Vec<f32>,
    /// Integrated gradients `[T]`; they add to `logit - baseline`, but for [`Self::gap`].
    pub integrated: Vec<f32>,
}

impl AttributionData {
    /// What the answer is compared with: `with all words [PAD]`.
    #[must_use]
    pub fn compared(&self) -> String {
        self.blank.as_ref().map_or("with zeros for all words".to_owned(), |blank| format!("with all words {blank}"))
    }

    /// Completeness gap: what the integrated parts leave unexplained of `logit - baseline`.
    #[must_use]
    pub fn gap(&self) -> f32 {
        self.logit - self.baseline - self.integrated.iter().sum::<f32>()
    }
}

/// Attributes the head's answer; `None` when it was stopped.
///
/// # Errors
/// When no head fits the model, a pass fails or a gradient is absent.
pub fn attribute(
    bert: &Bert,
    head: Option<&RecordedHead>,
    sentence: &Sentence,
    stop: &(dyn Fn() -> bool + Sync),
) -> std::result::Result<Option<AttributionData>, LabError> {
    let none = "no classifier on [CLS] is known for this model, so there is no answer to explain; a frozen race with \
                cls on two classes fits one";
    let head = head.ok_or_else(|| LabError::Request(none.to_owned()))?;
    let encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    let answer = Answer { bert, head, input: &encoding.input };
    let to = answer.embeddings(&encoding.input)?;
    let from = answer.without_words(&encoding, &to)?;
    let difference = (&to - &from)?;

    let length = encoding.input.len();
    let (ends, gradient) = answer.followed(&Tensor::cat(&[&to, &from], 0)?)?;
    let parts = by_position(&(gradient.narrow(0, 0, length)? * &to)?)?;
    let packs = (ROWS / length.max(1)).clamp(1, STEPS / PACKS);
    let steps: Vec<usize> = (0..STEPS).collect();
    let sums: Vec<Option<Tensor>> = steps
        .par_chunks(packs)
        .map(|steps| if stop() { Ok(None) } else { answer.gradients_on_the_way(&from, &difference, steps).map(Some) })
        .collect::<Result<_>>()?;
    let Some(sums) = sums.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let mut total = difference.zeros_like()?;
    for sum in sums {
        total = (total + sum)?;
    }
    let integrated = by_position(&((total * &difference)? / STEPS as f64)?)?;
    let end = |which: usize| ends.get(which).copied().unwrap_or(f32::NAN);
    Ok(Some(AttributionData {
        sentence: sentence.clone(),
        logit: end(0),
        baseline: end(1),
        blank: bert.blank().and_then(|id| bert.id_shown(id)),
        gradient: parts,
        integrated,
    }))
}

/// A head on the last `[CLS]` vector as a function of the embedding output of one sentence.
struct Answer<'a> {
    bert: &'a Bert,
    head: &'a RecordedHead,
    input: &'a Input,
}

impl Answer<'_> {
    /// Hidden state 0 [T x D].
    fn embeddings(&self, input: &Input) -> Result<Tensor> {
        self.bert.forward_to(0, &Batch::new(&[input])?, &mut Nothing)
    }

    /// Hidden state 0 of the same sequence without its content [T x D]; `states` is that of the sequence itself.
    fn without_words(&self, encoding: &Encoding, states: &Tensor) -> Result<Tensor> {
        let Some(blank) = self.bert.blank() else {
            let kept: Vec<f32> = encoding.special.iter().map(|special| f32::from(u8::from(*special))).collect();
            return states.broadcast_mul(&Tensor::from_slice(&kept, (kept.len(), 1), &Device::Cpu)?);
        };
        let mut empty = encoding.input.clone();
        let content = empty.input_ids.iter_mut().zip(&encoding.special).filter(|(_, special)| !**special);
        content.for_each(|(id, _)| *id = blank);
        self.embeddings(&empty)
    }

    /// The logit of each of several states packed end to end [N x D], and the gradient of their sum [N x D].
    fn followed(&self, states: &Tensor) -> Result<(Vec<f32>, Tensor)> {
        let count = states.dim(0)? / self.input.len().max(1);
        let batch = Batch::of_cls(self.input, count)?;
        let start = Var::from_tensor(states)?;
        let cls = self.bert.forward_from(1, start.as_tensor().clone(), &batch, &mut Nothing)?;
        let weights = Tensor::from_slice(&self.head.weights, (self.head.weights.len(), 1), &Device::Cpu)?;
        let logits = (cls.matmul(&weights)?.flatten_all()? + f64::from(self.head.bias))?;
        let store = logits.sum_all()?.backward()?;
        let absent = || candle_core::Error::Msg("the embeddings got no gradient".to_owned());
        Ok((logits.to_vec1()?, store.get(&start).ok_or_else(absent)?.clone()))
    }

    /// The sum of the gradients at some steps between two states [T x D].
    fn gradients_on_the_way(&self, from: &Tensor, difference: &Tensor, steps: &[usize]) -> Result<Tensor> {
        let at = |step: &usize| from + (difference * ((*step as f64 + 0.5) / STEPS as f64))?;
        let states = steps.iter().map(at).collect::<Result<Vec<_>>>()?;
        let (_, gradient) = self.followed(&Tensor::cat(&states, 0)?)?;
        let (length, width) = from.dims2()?;
        gradient.reshape((steps.len(), length, width))?.sum(0)
    }
}

/// Sums over dimensions [T x D] -> `[T]`.
fn by_position(parts: &Tensor) -> Result<Vec<f32>> {
    parts.sum(1)?.to_vec1()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::record::Heads;

    fn head() -> RecordedHead {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/lessons/results/heads.json"));
        let heads = Heads::read(text).unwrap_or_else(|error| panic!("{error}"));
        heads.heads.into_iter().find(|head| head.readout == "cls").unwrap_or_else(|| panic!("a head on cls"))
    }

    #[test]
    fn gradients_agree_with_finite_differences() -> Result<()> {
        let bert = Bert::embedded(None).map_err(|error| candle_core::Error::Msg(error.to_string()))?;
        let encoding = bert
            .encode("a deeply humane film, not bad at all", None)
            .map_err(|error| candle_core::Error::Msg(error.to_string()))?;
        let head = head();
        let answer = Answer { bert: &bert, head: &head, input: &encoding.input };
        let states = answer.embeddings(&encoding.input)?;
        let (_, gradient) = answer.followed(&states)?;
        let (length, width) = states.dims2()?;
        let numbers: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
        assert!(numbers.iter().all(|number| number.is_finite()) && numbers.iter().any(|number| number.abs() > 1e-3));
        for row in 0..length {
            // A direction within one position: every third dimension.
            let direction: Vec<f32> = (0..length * width)
                .map(|index| f32::from(u8::from(index / width == row && (index + row).is_multiple_of(3))))
                .collect();
            let step = (Tensor::from_slice(&direction, (length, width), &Device::Cpu)? * 5e-3)?;
            let (up, down) = (answer.followed(&(&states + &step)?)?.0[0], answer.followed(&(&states - &step)?)?.0[0]);
            let found = f64::from(up - down) / 1e-2;
            let expected: f64 =
                numbers.iter().zip(&direction).map(|(gradient, d)| f64::from(*gradient) * f64::from(*d)).sum();
            assert!((found - expected).abs() < 0.02 + 0.02 * expected.abs(), "row {row}: {found} and {expected}");
        }
        Ok(())
    }

    #[test]
    fn integrated_parts_add_up_to_what_the_answer_moved_by() -> std::result::Result<(), LabError> {
        let bert = Bert::embedded(None)?;
        let head = head();
        let long = "a film that is not at all bad, ".repeat(30);
        for text in ["a gripping, funny and deeply humane film .", "dull", "", long.as_str()] {
            let Some(data) = attribute(&bert, Some(&head), &Sentence::single(text), &|| false)? else {
                panic!("it was not stopped")
            };
            let moved = data.logit - data.baseline;
            assert!(data.gap().abs() < 0.02 + 0.03 * moved.abs(), "{text:?}: gap {} of {moved}", data.gap());
            let last = data.integrated.len() - 1;
            assert!(
                data.integrated[0].abs() < 1e-6 && data.integrated[last].abs() < 1e-6,
                "special tokens stay as they are"
            );
        }
        let stopped = attribute(&bert, Some(&head), &Sentence::single("a film"), &|| true)?;
        assert!(stopped.is_none());
        assert!(matches!(attribute(&bert, None, &Sentence::single("a film"), &|| false), Err(LabError::Request(_))));
        Ok(())
    }
}
