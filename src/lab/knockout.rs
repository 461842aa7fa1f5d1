//! Cutting edges into `[CLS]`, one at a time or all of some layers, and seeing how the final vector moves.

use candle_core::Tensor;
use rayon::prelude::*;

use super::probe::Head;
use super::tensors::states;
use super::way::{Kind, Prepare};
use super::{KnockoutData, LabError, Matrix, Sentence};
use crate::model::{Batch, Bert, Edge, HiddenStates, Input, ModelError, Nothing};

/// Rows of a batch of variants, about.
const ROWS: usize = 512;

/// Effects of every cut j -> `[CLS]`. What no cut changes is not run again.
/// `cancel` is asked before every batch of cuts; `None` comes back when it said yes.
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

    // Variants that differ in the same layer, as many as go into a batch.
    let sources: Vec<usize> = (1..tokens).collect();
    let packs: Vec<(usize, &[usize])> =
        (1..=layers).flat_map(|layer| sources.chunks(variants(tokens)).map(move |from| (layer, from))).collect();
    let effects: Vec<Option<Vec<Vec<f32>>>> = packs
        .par_iter()
        .map(
            |&(layer, sources)| {
                if cancel() { Ok(None) } else { one_by_one(bert, &input, &keep.0, layer, sources).map(Some) }
            },
        )
        .collect::<Result<_, ModelError>>()?;
    let Some(effects) = effects.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let (mut distances, mut changes) = (vec![0.0; layers * tokens], vec![0.0; layers * tokens]);
    for ((layer, sources), vectors) in packs.iter().zip(effects) {
        for (from, vector) in sources.iter().zip(vectors) {
            let at = (layer - 1) * tokens + from;
            distances[at] = 1.0 - space.cosine(Kind::Cls, layers, &plain, &vector);
            changes[at] = probability(&vector).zip(before).map_or(0.0, |(after, before)| after - before);
        }
    }
    Ok(Some(KnockoutData {
        sentence: sentence.clone(),
        cosine_distance: Matrix::new(layers, tokens, distances),
        probability_change: if head.is_some() { Matrix::new(layers, tokens, changes) } else { Matrix::default() },
    }))
}

/// How many variants of a sequence make a batch.
fn variants(tokens: usize) -> usize {
    (ROWS / tokens.max(1)).max(1)
}

/// The final `[CLS]` vectors [n x D] where in one layer `[CLS]` does not read one of n pieces. In that layer nothing but
/// `[CLS]` changes, so it alone is computed; the layers above are run on n variants packed end to end. `states`: the hidden
/// states of the plain pass.
fn one_by_one(
    bert: &Bert,
    input: &Input,
    states: &[Tensor],
    layer: usize,
    sources: &[usize],
) -> Result<Vec<Vec<f32>>, ModelError> {
    let (tokens, count) = (input.len(), sources.len());
    let edges = sources.iter().map(|from| vec![Edge { layer, from: *from, to: 0 }]).collect();
    let batch = Batch::of_cls(input, count)?.with_edges_of_each(edges);
    let mut cls = bert.wanted_of_layer(layer, &copies(&states[layer - 1], count)?, &batch)?;
    if layer < bert.config().num_hidden_layers {
        let others = states[layer].narrow(0, 1, tokens - 1)?;
        let rows = (0..count).map(|variant| cls.narrow(0, variant, 1));
        let variants = rows.flat_map(|first| [first, Ok(others.clone())]).collect::<candle_core::Result<Vec<_>>>()?;
        cls = bert.forward_from(layer + 1, Tensor::cat(&variants, 0)?, &batch, &mut Nothing)?;
    }
    Ok(cls.to_vec2()?)
}

/// A sequence's states several times, end to end.
fn copies(states: &Tensor, count: usize) -> candle_core::Result<Tensor> {
    Tensor::cat(&vec![states; count], 0)
}

/// Ranges of layers that begin in the same layer, each with its place in the list that was asked for.
type Pack<'a> = Vec<(usize, &'a [usize; 2])>;

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
    for [first, last] in ranges {
        if *first == 0 || first > last || *last > layers {
            let none = format!("there are no layers {first} to {last}: this model has layers 1 to {layers}");
            return Err(ModelError::Intervention(none).into());
        }
    }
    // Ranges that begin in the same layer run together from there.
    let begun = |layer: usize| ranges.iter().enumerate().filter(|(_, [first, _])| *first == layer).collect::<Vec<_>>();
    let packs: Vec<(usize, Pack<'_>)> = (1..=layers)
        .flat_map(|layer| {
            let chunks: Vec<_> = begun(layer).chunks(variants(input.len())).map(<[_]>::to_vec).collect();
            chunks.into_iter().map(move |chunk| (layer, chunk))
        })
        .collect();
    let cut = |(first, pack): &(usize, Pack<'_>)| -> Result<Vec<(usize, f32)>, LabError> {
        let alone = |layer| (1..input.len()).map(move |from| Edge { layer, from, to: 0 });
        let edges = pack.iter().map(|(_, [first, last])| (*first..=*last).flat_map(alone).collect()).collect();
        let batch = Batch::of_cls(&input, pack.len())?.with_edges_of_each(edges);
        let cls = bert.forward_from(*first, copies(&keep.0[first - 1], pack.len())?, &batch, &mut Nothing)?;
        let turned = |vector: &Vec<f32>| 1.0 - space.cosine(Kind::Cls, layers, &plain, vector);
        Ok(pack.iter().map(|(at, _)| *at).zip(cls.to_vec2()?.iter().map(turned)).collect())
    };
    let mut found = vec![f32::NAN; ranges.len()];
    let turned: Vec<Vec<(usize, f32)>> = packs.par_iter().map(cut).collect::<Result<_, _>>()?;
    turned.into_iter().flatten().for_each(|(at, turn)| found[at] = turn);
    Ok(found)
}
