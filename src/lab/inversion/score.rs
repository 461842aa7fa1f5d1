//! Precision at n over content pieces.

use rayon::prelude::*;

use super::pieces::COMMON;
use crate::lab::Matrix;

/// The `n` content pieces with the highest scores, best first; of equals the more frequent first.
pub(super) fn best(score: impl Fn(usize) -> f64, known: usize, n: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (COMMON.min(known)..known).collect();
    let order = |a: &usize, b: &usize| score(*b).total_cmp(&score(*a)).then(a.cmp(b));
    let n = n.min(places.len());
    if n == 0 {
        return Vec::new();
    }
    if n < places.len() {
        places.select_nth_unstable_by(n - 1, order);
        places.truncate(n);
    }
    places.sort_by(order);
    places
}

/// For each sentence how many of its content pieces are among its `n` best; `scores` [sentences x K] comes on top of
/// the pieces' `shares`.
pub(super) fn found(scores: &Matrix, shares: &[f64], content: &[Vec<usize>]) -> Vec<usize> {
    content
        .par_iter()
        .enumerate()
        .map(|(row, content)| {
            let row = scores.row(row);
            let best = best(|place| f64::from(row[place]) + shares[place], shares.len(), content.len());
            best.iter().filter(|place| content.contains(place)).count()
        })
        .collect()
}

/// For each sentence how many of its content pieces the commonest ones hit.
pub(super) fn by_frequency(content: &[Vec<usize>]) -> Vec<usize> {
    content.iter().map(|content| content.iter().filter(|place| **place < COMMON + content.len()).count()).collect()
}

/// The share found of each sentence that was asked for anything.
#[must_use]
pub fn shares(found: &[usize], asked: &[usize]) -> Vec<f64> {
    found.iter().zip(asked).filter(|(_, n)| **n > 0).map(|(found, n)| *found as f64 / *n as f64).collect()
}

/// The mean of some shares; 0 of none.
#[must_use]
pub fn mean(shares: &[f64]) -> f64 {
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_content_pieces_in_order() {
        let known = COMMON + 4;
        let scores = |place: usize| [0.1, 0.9, 0.4, 0.9].get(place.wrapping_sub(COMMON)).copied().unwrap_or(5.0);
        assert_eq!(best(scores, known, 3), [COMMON + 1, COMMON + 3, COMMON + 2]);
        assert_eq!(best(scores, known, 9).len(), 4);
        assert!(best(scores, known, 0).is_empty());
        assert!(best(|_| 0.0, 10, 3).is_empty(), "too few pieces for any content");
    }

    #[test]
    fn sentences_without_a_known_content_piece_are_not_scored() {
        assert_eq!(shares(&[1, 0, 2], &[2, 0, 2]), [0.5, 1.0]);
        assert!((mean(&[0.5, 1.0]) - 0.75).abs() < 1e-12);
        assert_eq!(by_frequency(&[vec![COMMON, COMMON + 5], vec![]]), [1, 0]);
    }
}
