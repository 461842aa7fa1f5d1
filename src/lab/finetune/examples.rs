//! Sentences with what is known of them: pieces, label, and the states below the layers that learn.

use candle_core::Tensor;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rayon::prelude::*;

use crate::lab::{Readout, features};
use crate::model::{Batch, Bert, Encoding, ModelError, Nothing};

/// One sentence.
#[derive(Clone)]
pub struct Example {
    /// Its pieces.
    pub encoding: Encoding,
    /// Its hash, which fixes the choice of `random`.
    pub hash: u64,
    /// Its label's number.
    pub class: usize,
    /// The states [T x D] below the layers that learn, once they are computed.
    pub below: Option<Tensor>,
}

/// The sentences of a race by split.
pub struct Examples {
    /// To learn from.
    pub train: Vec<Example>,
    /// To choose on.
    pub validation: Vec<Example>,
    /// To test on.
    pub test: Vec<Example>,
}

impl Example {
    /// A text as `readout` reads it.
    ///
    /// # Errors
    /// When it cannot be encoded, or a stand-in is not one piece.
    pub fn new(bert: &Bert, text: &str, class: usize, readout: &Readout) -> Result<Self, ModelError> {
        let encoding = bert.encode(text, None)?;
        let encoding = if readout.needs_own_pass() { features::change(bert, &encoding, readout)? } else { encoding };
        Ok(Self { encoding, hash: features::hash(text), class, below: None })
    }
}

/// Texts with their labels as `readout` reads them; the states of layer `below` are computed when it is given. `report`
/// hears how many sentences are done and says whether to go on; `None` comes back when it said no.
///
/// # Errors
/// When a text cannot be encoded or a pass fails.
pub fn prepare(
    bert: &Bert,
    texts: &[(&str, usize)],
    readout: &Readout,
    below: Option<usize>,
    report: &mut dyn FnMut(usize) -> bool,
) -> Result<Option<Vec<Example>>, ModelError> {
    let mut examples = texts
        .par_iter()
        .map(|(text, class)| Example::new(bert, text, *class, readout))
        .collect::<Result<Vec<_>, _>>()?;
    let Some(layer) = below else { return Ok(Some(examples)) };
    let batches = batches(&examples);
    let mut done = 0;
    for round in batches.chunks(rayon::current_num_threads().max(1)) {
        let states = round
            .par_iter()
            .map(|members| {
                let batch = pack(&members.iter().map(|index| &examples[*index]).collect::<Vec<_>>())?;
                let hidden = bert.forward_to(layer, &batch, &mut Nothing)?;
                // Copied, so that one sentence does not keep the whole batch.
                batch
                    .sequences
                    .iter()
                    .map(|rows| hidden.narrow(0, rows.start, rows.len())?.force_contiguous())
                    .collect()
            })
            .collect::<candle_core::Result<Vec<Vec<Tensor>>>>()?;
        for (index, state) in round.iter().flatten().zip(states.into_iter().flatten()) {
            examples[*index].below = Some(state);
            done += 1;
        }
        if !report(done) {
            return Ok(None);
        }
    }
    Ok(Some(examples))
}

/// Examples packed end to end.
///
/// # Errors
/// When there are none.
pub fn pack(examples: &[&Example]) -> candle_core::Result<Batch> {
    Batch::new(&examples.iter().map(|example| &example.encoding.input).collect::<Vec<_>>())
}

/// The states below of some examples, packed; `None` unless all have them.
///
/// # Errors
/// When the shapes do not fit.
pub(super) fn below(examples: &[&Example]) -> candle_core::Result<Option<Tensor>> {
    let known: Option<Vec<&Tensor>> = examples.iter().map(|example| example.below.as_ref()).collect();
    known.map(|known| Tensor::cat(&known, 0)).transpose()
}

/// Indices of examples of like length together.
pub(super) fn batches(examples: &[Example]) -> Vec<Vec<usize>> {
    features::batches(examples.iter().map(|example| example.encoding.input.len()))
}

/// The order in which an epoch takes `count` sentences, from the seed alone: the same for every lane.
#[must_use]
pub fn order(count: usize, seed: u64, epoch: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch as u64 + 1);
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut random);
    order
}
