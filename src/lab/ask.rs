//! What the lanes of the last race say about a sentence of one's own.

use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::finetune::{Answer, Example};
use super::race::Fitted;
use super::race::several::shares;
use super::{AskData, LabError, Lane, LaneAnswer, Readout, Sentence, features};
use crate::model::Bert;

/// Every lane's answer that has a classifier (baselines have none), and what the checkpoints' own heads say; models in
/// their order.
///
/// # Errors
/// When a pass fails.
pub fn ask(models: &[(&Bert, Arc<Vec<Fitted>>)], sentence: &Sentence) -> Result<AskData, LabError> {
    let mut data = AskData { sentence: sentence.clone(), answers: Vec::new(), own: Vec::new() };
    for (model, (bert, lanes)) in models.iter().enumerate() {
        for fitted in lanes.iter() {
            if let Some(Answer { vector, probabilities }) = answer(bert, fitted, sentence)? {
                let Lane { readout, mode, layer, cloud, .. } = fitted.lane.clone();
                let point = cloud.map(|cloud| cloud.plane.point(&vector));
                data.answers.push(LaneAnswer { model, readout, mode, layer, probabilities, point });
            }
        }
        if !bert.own_labels().is_empty() {
            let last = (Readout::Cls, bert.config().num_hidden_layers);
            let vector = vector(bert, sentence, &last)?;
            let cls = Tensor::new(vector.as_slice(), &Device::Cpu)?.unsqueeze(0)?;
            data.own.extend(bert.own_answer(&cls)?.map(|answer| (model, answer)));
        }
    }
    Ok(data)
}

/// What a readout gives at a layer.
fn vector(bert: &Bert, sentence: &Sentence, wanted: &(Readout, usize)) -> Result<Vec<f32>, LabError> {
    let found = features::extract(bert, &[&sentence.text], std::slice::from_ref(wanted), &mut |_, _| true)?;
    Ok(found.and_then(|found| Some(found.get(wanted)?.row(0).to_vec())).unwrap_or_default())
}

/// A lane's answer, if it has a classifier, and the vector that it read.
fn answer(bert: &Bert, fitted: &Fitted, sentence: &Sentence) -> Result<Option<Answer>, LabError> {
    let Ok(readout) = fitted.lane.readout.parse::<Readout>() else { return Ok(None) };
    Ok(match (&fitted.student, fitted.heads.as_slice(), fitted.lane.layer) {
        (Some(student), ..) => {
            let example = [Example::new(bert, &sentence.text, 0, &readout)?];
            student.answers(&example, &|| false)?.and_then(|mut answers| answers.pop())
        }
        (None, heads @ [_, ..], Some(layer)) => {
            let row = vector(bert, sentence, &(readout, layer))?;
            let each: Vec<f32> = heads.iter().map(|head| head.probability(&row)).collect();
            let probabilities = if let [positive] = each[..] { vec![1.0 - positive, positive] } else { shares(each) };
            Some(Answer { vector: row, probabilities })
        }
        _ => None,
    })
}
