//! A short training, watched through one sentence: what it does to the attention of `[CLS]` and to its states.

use std::sync::Arc;

use candle_core::Tensor;

use super::dataset::Dataset;
use super::finetune::examples::{order, pack, prepare};
use super::finetune::runs::LEARNING;
use super::finetune::schedule::factor;
use super::finetune::{CLIP, Example, HEAD_RATE, Rates, Student};
use super::largest::largest;
use super::tensors::{cosine, matrices, matrix};
use super::way::{Common, Kind, Space, Way};
use super::{Control, Curve, LabError, LearnData, LearnRequest, Matrix, Progress};
use crate::model::{Bert, Trace};

/// Sentences in a step.
const BATCH: usize = 32;

/// The body's rate.
const RATE: f64 = 5e-5;

/// Sentences' worth of work of so many steps.
#[must_use]
pub fn work(steps: usize) -> usize {
    steps * BATCH * LEARNING
}

/// Trains; `None` when it was stopped.
///
/// # Errors
/// When a pass fails, the loss is no number any more, or there are too few sentences.
pub fn learn(
    bert: &Bert,
    dataset: &Dataset,
    request: &LearnRequest,
    common: &Arc<Common>,
    control: &Control<'_>,
) -> Result<Option<LearnData>, LabError> {
    let subset = dataset.subset(Some(request.steps * BATCH), None);
    let items = dataset.items();
    let texts: Vec<(&str, usize)> =
        subset.train.iter().map(|index| (items[*index].text.as_str(), items[*index].label)).collect();
    let Some(examples) = prepare(bert, &texts, &request.readout, None, &mut |_| true)? else { return Ok(None) };
    let watched = Example::new(bert, &request.sentence.text, 0, &request.readout)?;
    let mut student = Student::new(bert, &request.readout, None, dataset.classes().len().max(2), request.seed)?;
    let before = look(&student, &watched)?;

    let order = order(examples.len(), request.seed, 0);
    let mut curve = Curve {
        readout: request.readout.to_string(),
        seed: request.seed,
        rate: RATE,
        steps: order.len().div_ceil(BATCH),
        ..Curve::default()
    };
    for (step, members) in order.chunks(BATCH).enumerate() {
        if (control.stop)() {
            return Ok(None);
        }
        let members: Vec<&Example> = members.iter().map(|index| &examples[*index]).collect();
        let by = factor(step, curve.steps);
        let loss = student.step(&members, Rates { body: RATE * by, head: HEAD_RATE * by, clip: Some(CLIP) })?;
        if !loss.is_finite() {
            return Err(LabError::Request(format!("the loss was no number any more at step {}", step + 1)));
        }
        curve.loss.push(loss);
        (control.report)(Progress {
            what: format!("learning, step {} of {}", step + 1, curve.steps),
            done: step + 1,
            total: curve.steps,
            curves: vec![curve.clone()],
            ..Progress::default()
        });
    }
    let after = look(&student, &watched)?;
    Ok(Some(LearnData {
        request: request.clone(),
        pieces: watched.encoding.shown.clone(),
        kinds: watched.encoding.kinds.clone(),
        curve,
        drift: turned(&before.states, &after.states, |states| states.row(0).to_vec()),
        drift_prepared: turned_in_ways(&before.states, &after.states, common),
        drift_mean: turned(&before.states, &after.states, average),
        before: before.attention,
        after: after.attention,
        classes: dataset.classes().len(),
    }))
}

/// What is seen of the watched sentence.
struct Look {
    /// Attention of `[CLS]`, mean of the heads `[L x T]`.
    attention: Matrix,
    /// `hidden_states`: L+1 of [T x D].
    states: Vec<Matrix>,
}

fn look(student: &Student, watched: &Example) -> Result<Look, LabError> {
    let mut trace = Trace::default();
    student.learner().keep(&pack(&[watched])?, &mut trace)?;
    let length = watched.encoding.input.len();
    let (mut attention, mut states) = (Vec::new(), vec![matrix(trace.get(0, "norm")?)?]);
    for layer in 1.. {
        let Ok(probabilities) = trace.get(layer, "probabilities") else { break };
        attention.extend(first_row(probabilities, length)?);
        states.push(matrix(trace.get(layer, "norm")?)?);
    }
    Ok(Look { attention: Matrix::new(states.len() - 1, length, attention), states })
}

/// Row 0 of each head's attention, averaged.
fn first_row(probabilities: &Tensor, length: usize) -> candle_core::Result<Vec<f32>> {
    let heads = matrices(probabilities)?;
    let mean = |column: usize| heads.iter().map(|head| head.at(0, column)).sum::<f32>() / heads.len().max(1) as f32;
    Ok((0..length).map(mean).collect())
}

fn average(states: &Matrix) -> Vec<f32> {
    let mut sum = vec![0f32; states.cols];
    (0..states.rows).for_each(|row| sum.iter_mut().zip(states.row(row)).for_each(|(sum, value)| *sum += value));
    sum
}

/// How far `[CLS]` turned, layer by layer, by vectors without the coordinate that outweighed the others before, then by centred
/// ones; what sentences had in common before is subtracted from both.
fn turned_in_ways(before: &[Matrix], after: &[Matrix], common: &Arc<Common>) -> Vec<Vec<f32>> {
    let index = largest(before).index;
    let by = |way| {
        let space = Space { way, index, common: Arc::clone(common) };
        let layers = before.iter().zip(after).enumerate();
        layers.map(|(layer, (a, b))| 1.0 - space.cosine(Kind::Cls, layer, a.row(0), b.row(0))).collect()
    };
    [Way::Without, Way::Centred].map(by).to_vec()
}

/// 1 - cosine before and after, by layer.
fn turned(before: &[Matrix], after: &[Matrix], read: impl Fn(&Matrix) -> Vec<f32>) -> Vec<f32> {
    before.iter().zip(after).map(|(before, after)| 1.0 - cosine(&read(before), &read(after))).collect()
}
