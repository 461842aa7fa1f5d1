//! What the lanes of the last race say about a sentence of one's own.

use super::finetune::Example;
use super::race::Fitted;
use super::race::several::shares;
use super::{AskData, LabError, LaneAnswer, Readout, Sentence, features};
use crate::model::Bert;

/// Every lane's answer that has a classifier; baselines have none.
///
/// # Errors
/// When a pass fails.
pub fn ask(bert: &Bert, lanes: &[Fitted], sentence: &Sentence) -> Result<AskData, LabError> {
    let mut answers = Vec::new();
    for fitted in lanes {
        let Ok(readout) = fitted.lane.readout.parse::<Readout>() else { continue };
        let probabilities = match (&fitted.student, fitted.heads.as_slice(), fitted.lane.layer) {
            (Some(student), ..) => {
                let example = Example::new(bert, &sentence.text, 0, &readout)?;
                student.probabilities(&[example], &|| false)?.and_then(|mut answers| answers.pop())
            }
            (None, heads @ [_, ..], Some(layer)) => {
                let wanted = (readout, layer);
                features::extract(bert, &[&sentence.text], std::slice::from_ref(&wanted), &mut |_, _| true)?.and_then(
                    |found| {
                        let row = found.get(&wanted)?.row(0);
                        let each: Vec<f32> = heads.iter().map(|head| head.probability(row)).collect();
                        Some(if let [positive] = each[..] { vec![1.0 - positive, positive] } else { shares(each) })
                    },
                )
            }
            _ => None,
        };
        if let Some(probabilities) = probabilities {
            answers.push(LaneAnswer {
                readout: fitted.lane.readout.clone(),
                mode: fitted.lane.mode.clone(),
                layer: fitted.lane.layer,
                probabilities,
            });
        }
    }
    Ok(AskData { sentence: sentence.clone(), answers })
}
