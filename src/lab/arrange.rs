//! The same pieces in another arrangement: does the place matter, and to whom?
//!
//! Attention has no order of its own. Pieces that are moved together with their positions and segments give the same
//! vectors, only permuted; pieces that are moved without them give others.

use serde::Serialize;

use super::tensors;
use super::way::{Kind, Prepare, Space};
use super::{LabError, Matrix, Sentence};
use crate::model::{Batch, Bert, HiddenStates, Input, Intervention, ModelError, intervene};

/// What was done to the pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Another order; every piece keeps its old position embedding.
    Carried,
    /// Another order; positions are counted anew.
    Shuffled,
    /// `[CLS]` moved to the end; positions are counted anew.
    ClsAtEnd,
    /// The old order without any position embedding.
    NoPositions,
}

impl Change {
    /// All of them, in the order in which a lesson shows them.
    pub const ALL: [Self; 4] = [Self::Carried, Self::Shuffled, Self::ClsAtEnd, Self::NoPositions];
}

/// One arrangement beside the original. Vectors are compared piece by piece, whatever place a piece now has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Arrangement {
    /// What was done.
    pub change: Change,
    /// Old index of the piece now at each place.
    pub order: Vec<usize>,
    /// Row of the position table at each place; `None` when no position is added.
    pub positions: Option<Vec<u32>>,
    /// Cosine of `[CLS]`'s vector with its original, by layer (0..=L).
    pub cls_cosine: Vec<f32>,
    /// Largest absolute difference of any number of any piece's vector, by layer (0..=L).
    pub largest: Vec<f32>,
}

/// A sentence in all arrangements.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArrangeData {
    /// The sentence.
    pub sentence: Sentence,
    /// The pieces in their original order, as people see them.
    pub tokens: Vec<String>,
    /// One entry a change, as [`Change::ALL`].
    pub arrangements: Vec<Arrangement>,
}

/// Rearranges a sentence in every way and compares the vectors. `order` (old index of the piece now at each place)
/// serves [`Change::Carried`] and [`Change::Shuffled`]; without it, see [`shuffle`].
///
/// # Errors
/// When `order` is not a permutation of the pieces, or a pass fails.
pub fn arrange(
    bert: &Bert,
    sentence: &Sentence,
    order: Option<&[usize]>,
    way: Prepare<'_>,
) -> Result<ArrangeData, LabError> {
    let encoding = bert.encode(&sentence.text, sentence.pair.as_deref())?;
    let original = states(bert, &encoding.input)?;
    let space = way(&original)?;
    let given = order.map_or_else(|| shuffle(&encoding.special), <[usize]>::to_vec);
    let same: Vec<usize> = (0..encoding.input.len()).collect();
    let to_end: Vec<usize> = same.iter().copied().skip(1).chain([0]).collect();
    let arrangements = Change::ALL
        .into_iter()
        .map(|change| {
            let permute = |carry_positions| Intervention::Permute { order: given.clone(), carry_positions };
            let (intervention, order) = match change {
                Change::Carried => (permute(true), &given),
                Change::Shuffled => (permute(false), &given),
                Change::ClsAtEnd => (Intervention::ClsAtEnd, &to_end),
                Change::NoPositions => (Intervention::ZeroPositions, &same),
            };
            let config = bert.config();
            let (input, _) =
                intervene::apply(&encoding.input, &[intervention], config.num_hidden_layers, config.vocab_size)?;
            Ok(beside(change, order, (&original, &states(bert, &input)?), input.position_ids, &space))
        })
        .collect::<Result<_, LabError>>()?;
    Ok(ArrangeData { sentence: sentence.clone(), tokens: encoding.shown, arrangements })
}

/// An order that moves the content pieces and leaves the special ones in place: every second piece first, then the
/// others. Always the same for the same length, so that a prediction can be checked twice. With two content pieces it
/// exchanges them.
#[must_use]
pub fn shuffle(special: &[bool]) -> Vec<usize> {
    let content: Vec<usize> = (0..special.len()).filter(|index| !special[*index]).collect();
    let mut mixed = content.iter().skip(1).step_by(2).chain(content.iter().step_by(2)).copied();
    (0..special.len()).map(|index| if special[index] { index } else { mixed.next().unwrap_or(index) }).collect()
}

fn beside(
    change: Change,
    order: &[usize],
    (original, changed): (&[Matrix], &[Matrix]),
    positions: Option<Vec<u32>>,
    space: &Space,
) -> Arrangement {
    let cls = order.iter().position(|old| *old == 0).unwrap_or(0);
    let layers = || original.iter().zip(changed);
    let largest = |old: &Matrix, new: &Matrix| {
        let pieces = order.iter().enumerate().flat_map(|(place, index)| new.row(place).iter().zip(old.row(*index)));
        pieces.map(|(new, old)| (new - old).abs()).fold(0.0, f32::max)
    };
    Arrangement {
        change,
        order: order.to_vec(),
        positions,
        cls_cosine: layers()
            .enumerate()
            .map(|(layer, (old, new))| space.cosine(Kind::Cls, layer, old.row(0), new.row(cls)))
            .collect(),
        largest: layers().map(|(old, new)| largest(old, new)).collect(),
    }
}

fn states(bert: &Bert, input: &Input) -> Result<Vec<Matrix>, ModelError> {
    let mut keep = HiddenStates::default();
    bert.forward(&Batch::new(&[input])?, &mut keep)?;
    Ok(tensors::states(&keep)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_moves_content_only() {
        assert_eq!(shuffle(&[true, false, false, false, false, true]), [0, 2, 4, 1, 3, 5]);
        assert_eq!(shuffle(&[true, false, false, true]), [0, 2, 1, 3]);
        assert_eq!(shuffle(&[true, false, true]), [0, 1, 2], "one piece has nowhere to go");
        assert_eq!(shuffle(&[true, true]), [0, 1]);
    }
}
