//! Which word pieces a decoder knows, and which of a sentence's pieces it is scored on.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::model::{Bert, Encoding, ModelError};

/// Pieces that a decoder knows: the most frequent of training.
pub const KNOWN: usize = 3_000;

/// The most frequent of these are left out of the score: they stand in nearly every sentence and tell little of it.
pub const COMMON: usize = 60;

/// The word pieces of one sentence, without special tokens and each once, ascending by id.
pub type Bag = Vec<u32>;

/// The pieces that a decoder knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces {
    /// Ids by falling frequency in training; of equally frequent ones the smaller id first.
    ids: Vec<u32>,
    /// Training sentences that hold the piece.
    counts: Vec<usize>,
    places: BTreeMap<u32, usize>,
}

/// The pieces of one encoded text.
#[must_use]
pub fn bag(encoding: &Encoding) -> Bag {
    let pieces = encoding.input.input_ids.iter().zip(&encoding.special);
    let kept: BTreeSet<u32> = pieces.filter(|(_, special)| !**special).map(|(id, _)| *id).collect();
    kept.into_iter().collect()
}

/// The pieces of every text.
///
/// # Errors
/// When the tokenizer refuses one.
pub fn bags(bert: &Bert, texts: &[&str]) -> Result<Vec<Bag>, ModelError> {
    texts.par_iter().map(|text| bert.encode(text, None).map(|encoding| bag(&encoding))).collect()
}

impl Pieces {
    /// The [`KNOWN`] most frequent pieces of the training sentences.
    #[must_use]
    pub fn learn(training: &[Bag]) -> Self {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        training.iter().flatten().for_each(|id| *counts.entry(*id).or_default() += 1);
        let mut ranked: Vec<(u32, usize)> = counts.into_iter().collect();
        ranked.sort_by_key(|(id, count)| (Reverse(*count), *id));
        ranked.truncate(KNOWN);
        Self {
            places: ranked.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect(),
            ids: ranked.iter().map(|(id, _)| *id).collect(),
            counts: ranked.iter().map(|(_, count)| *count).collect(),
        }
    }

    /// How many are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The id at a place by frequency.
    #[must_use]
    pub fn id(&self, place: usize) -> Option<u32> {
        self.ids.get(place).copied()
    }

    /// For each known piece, how many training sentences hold it.
    #[must_use]
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// Places of a sentence's known pieces, common ones among them.
    #[must_use]
    pub fn known(&self, bag: &Bag) -> Vec<usize> {
        bag.iter().filter_map(|id| self.places.get(id)).copied().collect()
    }

    /// Places of its known content pieces, which the score looks for.
    #[must_use]
    pub fn content(&self, bag: &Bag) -> Vec<usize> {
        let mut places = self.known(bag);
        places.retain(|place| *place >= COMMON);
        places
    }

    /// Its content pieces that no decoder knows.
    #[must_use]
    pub fn unknown(&self, bag: &Bag) -> Vec<u32> {
        bag.iter().filter(|id| !self.places.contains_key(id)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_and_the_commonest_are_not_content() {
        let pieces = Pieces::learn(&[vec![5, 7], vec![5, 9], vec![7], vec![5]]);
        assert_eq!((pieces.ids.as_slice(), pieces.counts()), ([5, 7, 9].as_slice(), [3, 2, 1].as_slice()));
        assert_eq!(pieces.known(&vec![5, 8, 9]), [0, 2]);
        assert_eq!(pieces.unknown(&vec![5, 8, 9]), [8]);
        assert!(pieces.content(&vec![5, 9]).is_empty(), "all of so few are common");
        let many: Vec<Bag> = vec![(0..4_000).collect()];
        let pieces = Pieces::learn(&many);
        assert_eq!((pieces.len(), pieces.content(&vec![0, 59, 60, 2_999, 3_000])), (KNOWN, vec![60, 2_999]));
    }

    #[test]
    fn a_bag_has_each_piece_once_and_no_special_token() {
        let bert = Bert::embedded(None).expect("the model");
        let found = bags(&bert, &["a film is a film", ""]).expect("encoded");
        assert_eq!((found[0].len(), found[1].len()), (3, 0));
    }
}
