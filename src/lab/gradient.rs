//! Where the loss touches: the gradient's size at every layer and position.
//!
//! candle keeps gradients of variables only, so the chain rule is applied layer by layer: each layer's input becomes a
//! variable, and the gradient at its output is handed back through it.

use candle_core::{Device, Result, Tensor, Var};
use candle_nn::loss;

use super::finetune::examples::pack;
use super::finetune::{Example, Student};
use super::{GradientData, LabError, Matrix, Readout, Sentence};
use crate::model::{Batch, Bert, HiddenStates, Nothing};

/// For each example the norm of the loss's gradient at every layer and position [(L+1) x T]; the loss is the mean
/// cross-entropy over all examples, the encoder `bert` and the head the student's.
///
/// # Errors
/// When a pass fails or a gradient is absent.
pub fn norms(bert: &Bert, student: &Student, examples: &[&Example]) -> Result<Vec<Matrix>> {
    let (maps, _) = through(bert, &pack(examples)?, |hidden| student.loss(hidden, examples))?;
    Ok(maps)
}

/// The same for any loss of the last hidden states, and the loss.
fn through(bert: &Bert, batch: &Batch, loss: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<(Vec<Matrix>, f32)> {
    let mut kept = HiddenStates::default();
    bert.forward(batch, &mut kept)?;
    let last = kept.0.len() - 1;
    let absent = || candle_core::Error::Msg("a hidden state got no gradient".to_owned());

    let top = Var::from_tensor(&kept.0[last])?;
    let loss = loss(top.as_tensor())?;
    let mut gradients = vec![loss.backward()?.get(&top).ok_or_else(absent)?.clone()];
    for layer in (1..=last).rev() {
        let input = Var::from_tensor(&kept.0[layer - 1])?;
        let output = bert.layer_forward(layer, input.as_tensor(), batch, &mut Nothing)?;
        let above = &gradients[gradients.len() - 1];
        let store = (output * above)?.sum_all()?.backward()?;
        gradients.push(store.get(&input).ok_or_else(absent)?.clone());
    }
    gradients.reverse();
    let maps = batch.sequences.iter().map(|rows| by_position(&gradients, rows.start, rows.len()));
    Ok((maps.collect::<Result<_>>()?, loss.to_scalar()?))
}

/// Norms of some rows of each layer's gradient.
fn by_position(gradients: &[Tensor], start: usize, length: usize) -> Result<Matrix> {
    let mut norms = Vec::with_capacity(gradients.len() * length);
    for gradient in gradients {
        let rows = gradient.narrow(0, start, length)?;
        norms.extend(rows.sqr()?.sum(1)?.sqrt()?.to_vec1::<f32>()?);
    }
    Ok(Matrix::new(gradients.len(), length, norms))
}

/// A word hidden behind `[MASK]`, and the loss of guessing it, as in BERT's pretraining.
#[derive(Debug, Clone, PartialEq)]
pub struct MaskedWord {
    /// Where it stands.
    pub position: usize,
    /// Cross-entropy of the word that stood there.
    pub loss: f32,
    /// The norm of the loss's gradient at every layer and position [(L+1) x T].
    pub gradient_norm: Matrix,
    /// Whether the checkpoint kept the head that it learned to guess with; without it the word table alone guesses.
    pub own_head: bool,
}

/// Hides the piece at `position` (the middle of the content, unless given) and asks for it.
///
/// # Errors
/// When there is no such piece, the model has no `[MASK]` or no word table of its vectors' length, or a pass fails.
pub fn masked(bert: &Bert, sentence: &Sentence, position: Option<usize>) -> std::result::Result<MaskedWord, LabError> {
    let refused = |why: String| LabError::Request(why);
    let mask = ["[MASK]", "<mask>"].iter().find_map(|name| bert.word_id(name));
    let mask = mask.ok_or_else(|| refused(format!("{} has no token that hides a word", bert.facts().name)))?;
    if bert.config().embedding_size != bert.config().hidden_size {
        return Err(refused(format!(
            "the word table of {} has shorter rows than its vectors, so it cannot guess a hidden word",
            bert.facts().name
        )));
    }
    let mut encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    let words = encoding.special.iter().filter(|special| !**special).count();
    let position = position.unwrap_or_else(|| middle(words));
    if encoding.special.get(position).is_none_or(|special| *special) {
        return Err(refused(format!("there is no word at position {position} that could be hidden")));
    }
    let word = std::mem::replace(&mut encoding.input.input_ids[position], mask);
    let (maps, loss) = through(bert, &Batch::new(&[&encoding.input])?, |hidden| {
        let logits = bert.masked_logits(&hidden.narrow(0, position, 1)?)?;
        loss::cross_entropy(&logits, &Tensor::new(&[word], &Device::Cpu)?)
    })?;
    let gradient_norm = maps.into_iter().next().unwrap_or_default();
    Ok(MaskedWord { position, loss, gradient_norm, own_head: bert.has_masked_head() })
}

/// The position that is masked when none is named, of a sentence with so many pieces between `[CLS]` and `[SEP]`.
#[must_use]
pub const fn middle(words: usize) -> usize {
    1 + words / 2
}

/// The name of a masked word's map.
pub const MASKED: &str = "masked";

/// The maps of `cls` and `mean` for one sentence, labelled positive, with the same fresh head; and that of a masked word,
/// where one can be hidden.
///
/// # Errors
/// As [`norms`].
pub fn maps(bert: &Bert, sentence: &Sentence) -> std::result::Result<GradientData, LabError> {
    let mut maps = Vec::new();
    for readout in [Readout::Cls, Readout::Mean] {
        let example = Example::new(bert, &sentence.text, 1, &readout)?;
        let student = Student::new(bert, &readout, Some(1), 2, 0)?;
        let map = norms(bert, &student, &[&example])?.pop().unwrap_or_default();
        maps.push((readout.to_string(), map));
    }
    // Where a word can be hidden: what pretraining touched.
    let found = masked(bert, sentence, None).ok();
    let hidden = found.as_ref().map(|found| (found.position, found.own_head));
    maps.extend(found.map(|found| (MASKED.to_owned(), found.gradient_norm)));
    Ok(GradientData { sentence: sentence.clone(), maps, masked: hidden })
}
