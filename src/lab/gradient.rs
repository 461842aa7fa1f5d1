//! Where the loss touches: the gradient's size at every layer and position.
//!
//! candle keeps gradients of variables only, so the chain rule is applied layer by layer: each layer's input becomes a
//! variable, and the gradient at its output is handed back through it.

use candle_core::{Result, Tensor, Var};

use super::finetune::examples::pack;
use super::finetune::{Example, Student};
use super::{GradientData, LabError, Matrix, Readout, Sentence};
use crate::model::{Bert, HiddenStates, Nothing};

/// For each example the norm of the loss's gradient at every layer and position [(L+1) x T]; the loss is the mean
/// cross-entropy over all examples, the encoder `bert` and the head the student's.
///
/// # Errors
/// When a pass fails or a gradient is absent.
pub fn norms(bert: &Bert, student: &Student, examples: &[&Example]) -> Result<Vec<Matrix>> {
    let batch = pack(examples)?;
    let mut kept = HiddenStates::default();
    bert.forward(&batch, &mut kept)?;
    let last = kept.0.len() - 1;
    let absent = || candle_core::Error::Msg("a hidden state got no gradient".to_owned());

    let top = Var::from_tensor(&kept.0[last])?;
    let store = student.loss(top.as_tensor(), examples)?.backward()?;
    let mut gradients = vec![store.get(&top).ok_or_else(absent)?.clone()];
    for layer in (1..=last).rev() {
        let input = Var::from_tensor(&kept.0[layer - 1])?;
        let output = bert.layer_forward(layer, input.as_tensor(), &batch, &mut Nothing)?;
        let above = &gradients[gradients.len() - 1];
        let store = (output * above)?.sum_all()?.backward()?;
        gradients.push(store.get(&input).ok_or_else(absent)?.clone());
    }
    gradients.reverse();
    batch.sequences.iter().map(|rows| by_position(&gradients, rows.start, rows.len())).collect()
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

/// The maps of `cls` and `mean` for one sentence, labelled positive, with the same fresh head.
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
    Ok(GradientData { sentence: sentence.clone(), maps })
}
