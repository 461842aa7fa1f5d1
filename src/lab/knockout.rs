//! Cutting edges into `[CLS]`, one at a time or all of some layers, and seeing how the final vector moves.

use rayon::prelude::*;

use super::probe::Head;
use super::tensors::states;
use super::way::{Kind, Prepare};
use super::{KnockoutData, LabError, Matrix, Sentence};
use crate::model::{Batch, Bert, Edge, HiddenStates, ModelError, Nothing};

/// Effects of every cut j -> `[CLS]`. Each reruns only from the layer that it touches.
/// `cancel` is asked before every cut; `None` comes back when it said yes.
///
/// # Errors
/// When a pass fails.
pub fn knockout(
    bert: &Bert,
    sentence: &Sentence,
    head: Option<&Head>,
    way: Prepare<'_>,
    cancel: &(dyn Fn() -> bool + Sync),
) -> Result<Option<KnockoutData>, LabError> {
    let input = bert.encode(&sentence.text, sentence.pair.as_deref())?.input;
    let (layers, tokens) = (bert.config().num_hidden_layers, input.len());
    let mut keep = HiddenStates::default();
    let last = bert.forward(&Batch::new(&[&input])?, &mut keep)?;
    let plain: Vec<f32> = last.get(0)?.to_vec1()?;
    let space = way(&states(&keep)?)?;
    let probability = |vector: &[f32]| head.map(|head| head.probability(vector));
    let before = probability(&plain);

    let cuts: Vec<(usize, usize)> = (1..=layers).flat_map(|layer| (0..tokens).map(move |from| (layer, from))).collect();
    let effects: Vec<Option<(f32, f32)>> = cuts
        .par_iter()
        .map(|&(layer, from)| {
            if from == 0 {
                return Ok(Some((0.0, 0.0)));
            }
            if cancel() {
                return Ok(None);
            }
            let batch = Batch::new(&[&input])?.with_edges(vec![Edge { layer, from, to: 0 }]);
            let last = bert.forward_from(layer, keep.0[layer - 1].clone(), &batch, &mut Nothing)?;
            let vector: Vec<f32> = last.get(0)?.to_vec1()?;
            let change = probability(&vector).zip(before).map_or(0.0, |(after, before)| after - before);
            Ok(Some((1.0 - space.cosine(Kind::Cls, layers, &plain, &vector), change)))
        })
        .collect::<Result<_, ModelError>>()?;
    let Some(effects) = effects.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let (distances, changes): (Vec<f32>, Vec<f32>) = effects.into_iter().unzip();
    Ok(Some(KnockoutData {
        sentence: sentence.clone(),
        cosine_distance: Matrix::new(layers, tokens, distances),
        probability_change: if head.is_some() { Matrix::new(layers, tokens, changes) } else { Matrix::default() },
    }))
}

/// Every range of layers of a model, by its first layer and then its last.
#[must_use]
pub fn all_ranges(layers: usize) -> Vec<[usize; 2]> {
    (1..=layers).flat_map(|first| (first..=layers).map(move |last| [first, last])).collect()
}

/// What becomes of `[CLS]` when it looks at nothing but itself in some layers (Geva et al. 2023): for each range of layers,
/// first and last, 1 - cosine of its final vector with the original.
///
/// # Errors
/// When there is no such range, or a pass fails.
pub fn ranges(bert: &Bert, sentence: &Sentence, ranges: &[[usize; 2]], way: Prepare<'_>) -> Result<Vec<f32>, LabError> {
    let input = bert.encode(&sentence.text, sentence.pair.as_deref())?.input;
    let layers = bert.config().num_hidden_layers;
    let mut keep = HiddenStates::default();
    let plain: Vec<f32> = bert.forward(&Batch::new(&[&input])?, &mut keep)?.get(0)?.to_vec1()?;
    let space = way(&states(&keep)?)?;
    let cut = |[first, last]: &[usize; 2]| -> Result<f32, LabError> {
        if *first == 0 || first > last || *last > layers {
            let none = format!("there are no layers {first} to {last}: this model has layers 1 to {layers}");
            return Err(ModelError::Intervention(none).into());
        }
        let edges = (*first..=*last).flat_map(|layer| (1..input.len()).map(move |from| Edge { layer, from, to: 0 }));
        let batch = Batch::new(&[&input])?.with_edges(edges.collect());
        let states = bert.forward_from(*first, keep.0[first - 1].clone(), &batch, &mut Nothing)?;
        Ok(1.0 - space.cosine(Kind::Cls, layers, &plain, &states.get(0)?.to_vec1::<f32>()?))
    };
    ranges.par_iter().map(cut).collect()
}
