//! How alike the positions of a sentence are, and which pieces of two sentences belong together. Plain arithmetic on
//! what passes have kept, for benches and live values.

use super::tensors::{dot, norm};
use super::{Matrix, Piece, PieceKind};
use crate::model::tokenize::SPACE;

/// Cosines of all rows with all rows [T x T]; a row of zeros has cosine 0 with everything.
#[must_use]
pub fn similarity(states: &Matrix) -> Matrix {
    let rows = states.rows;
    let mut unit = states.clone();
    for row in unit.data.chunks_mut(states.cols.max(1)) {
        let length = norm(row).max(f64::MIN_POSITIVE) as f32;
        row.iter_mut().for_each(|value| *value /= length.max(f32::MIN_POSITIVE));
    }
    let mut cosines = vec![0f32; rows * rows];
    for a in 0..rows {
        for b in a..rows {
            // Four sums side by side: this is drawn anew with every key.
            let mut sums = [0f32; 4];
            for (x, y) in unit.row(a).chunks(4).zip(unit.row(b).chunks(4)) {
                x.iter().zip(y).zip(&mut sums).for_each(|((x, y), sum)| *sum += x * y);
            }
            let cosine = sums.iter().sum::<f32>();
            (cosines[a * rows + b], cosines[b * rows + a]) = (cosine, cosine);
        }
    }
    Matrix::new(rows, rows, cosines)
}

/// Mean of a cosine matrix over all pairs of different rows; `None` with fewer than two.
#[must_use]
pub fn mean_of_pairs(cosines: &Matrix) -> Option<f32> {
    let pairs = cosines.rows * cosines.rows.saturating_sub(1);
    let own: f32 = (0..cosines.rows).map(|row| cosines.at(row, row)).sum();
    (pairs > 0).then(|| (cosines.data.iter().sum::<f32>() - own) / pairs as f32)
}

/// `1 - cosine` of two vectors.
#[must_use]
pub fn apart(a: &[f32], b: &[f32]) -> f32 {
    1.0 - super::tensors::cosine(a, b)
}

/// Spearman's rank correlation, ties sharing their mean rank; `None` when there are fewer than three numbers or all of
/// a side are equal.
#[must_use]
pub fn rank_correlation(a: &[f32], b: &[f32]) -> Option<f32> {
    if a.len() != b.len() || a.len() < 3 {
        return None;
    }
    let centred = |values: &[f32]| {
        let ranks = ranks(values);
        let mean = ranks.iter().sum::<f32>() / ranks.len() as f32;
        ranks.into_iter().map(|rank| rank - mean).collect::<Vec<f32>>()
    };
    let (a, b) = (centred(a), centred(b));
    let lengths = norm(&a) * norm(&b);
    (lengths > 0.0).then(|| (dot(&a, &b) / lengths) as f32)
}

fn ranks(values: &[f32]) -> Vec<f32> {
    let rank = |value: f32| {
        let below = values.iter().filter(|other| **other < value).count();
        let equal = values.iter().filter(|other| **other <= value).count() - below;
        below as f32 + f32::midpoint(equal as f32, 1.0)
    };
    values.iter().map(|value| rank(*value)).collect()
}

/// A piece of the first sentence and the piece of the second that stands for it; one of them is absent where a
/// sentence has more.
pub type Aligned = (Option<usize>, Option<usize>);

/// Whether two models' pieces stand for the same part of one text: the same letters, whatever their tokenizers do with case
/// and spaces, or, where one has no entry for them, the same place.
#[must_use]
pub fn same_text(a: &Piece, b: &Piece) -> bool {
    let plain = |piece: &Piece| piece.shown.trim_start_matches(SPACE).to_lowercase();
    let begins = |piece: &Piece| piece.kind == PieceKind::First;
    let place = a.segment == b.segment && a.offsets == b.offsets && a.offsets.0 < a.offsets.1;
    match (a.special(), b.special()) {
        (true, true) => begins(a) == begins(b),
        (false, false) => place || (a.known && b.known && plain(a) == plain(b)),
        _ => false,
    }
}

/// Pairs the pieces of two sentences: those of their longest common subsequence with each other, and between two of
/// these the rest in order.
#[must_use]
pub fn align(first: &[Piece], second: &[Piece], same: impl Fn(&Piece, &Piece) -> bool) -> Vec<Aligned> {
    let width = second.len() + 1;
    // Length of the longest common subsequence of what follows (i, j).
    let mut lengths = vec![0u16; (first.len() + 1) * width];
    for i in (0..first.len()).rev() {
        for j in (0..second.len()).rev() {
            lengths[i * width + j] = if same(&first[i], &second[j]) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut pairs, mut gap) = (Vec::new(), (Vec::new(), Vec::new()));
    let (mut i, mut j) = (0, 0);
    while i < first.len() && j < second.len() {
        if same(&first[i], &second[j]) {
            fill(&mut pairs, &mut gap);
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
            gap.0.push(i);
            i += 1;
        } else {
            gap.1.push(j);
            j += 1;
        }
    }
    gap.0.extend(i..first.len());
    gap.1.extend(j..second.len());
    fill(&mut pairs, &mut gap);
    pairs
}

/// Pairs what stands between two common pieces, and empties it.
fn fill(pairs: &mut Vec<Aligned>, (first, second): &mut (Vec<usize>, Vec<usize>)) {
    for index in 0..first.len().max(second.len()) {
        pairs.push((first.get(index).copied(), second.get(index).copied()));
    }
    first.clear();
    second.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<Piece> {
        let id = |word: &str| word.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let piece = |word: &str| Piece {
            text: word.to_owned(),
            shown: word.to_owned(),
            id: id(word),
            segment: 0,
            offsets: (0, 0),
            kind: PieceKind::Word,
            known: true,
        };
        text.split(' ').filter(|word| !word.is_empty()).map(piece).collect()
    }

    #[test]
    fn cosines_of_all_pairs() {
        let states = Matrix::new(4, 2, vec![1.0, 0.0, 0.0, 2.0, 3.0, 3.0, 0.0, 0.0]);
        let cosines = similarity(&states);
        let half = 0.5f32.sqrt();
        for (row, column, expected) in [(0, 0, 1.0), (0, 1, 0.0), (0, 2, half), (2, 1, half), (3, 3, 0.0), (0, 3, 0.0)]
        {
            assert!((cosines.at(row, column) - expected).abs() < 1e-6, "{row} {column}");
        }
        let mean = mean_of_pairs(&similarity(&Matrix::new(3, 2, vec![1.0, 0.0, 0.0, 2.0, 3.0, 3.0])));
        assert!(mean.is_some_and(|mean| (mean - 2.0 * half / 3.0).abs() < 1e-6));
        assert_eq!(mean_of_pairs(&similarity(&Matrix::new(1, 1, vec![2.0]))), None);
    }

    #[test]
    fn rank_correlation_sees_order_only() {
        let near = |found: Option<f32>, expected: f32| found.is_some_and(|found| (found - expected).abs() < 1e-6);
        assert!(near(rank_correlation(&[1.0, 2.0, 30.0], &[0.1, 0.2, 0.3]), 1.0));
        assert!(near(rank_correlation(&[1.0, 2.0, 3.0], &[9.0, 5.0, 1.0]), -1.0));
        // scipy.stats.spearmanr([1, 2, 2, 4], [1, 3, 2, 4]) = 0.9486832980505138
        assert!(near(rank_correlation(&[1.0, 2.0, 2.0, 4.0], &[1.0, 3.0, 2.0, 4.0]), 0.948_683_3));
        assert_eq!(rank_correlation(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert_eq!(rank_correlation(&[1.0, 2.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn pieces_of_two_models_are_the_same_by_letters_or_by_place() {
        let piece = |text: &str, from: usize, to: usize| Piece {
            text: text.to_owned(),
            shown: text.replace('\u{120}', "\u{2581}"),
            id: 0,
            segment: 0,
            offsets: (from, to),
            kind: if from < to { PieceKind::Word } else { PieceKind::First },
            known: text != "[UNK]",
        };
        assert!(same_text(&piece("Not", 0, 3), &piece("not", 0, 3)));
        assert!(same_text(&piece("\u{120}bad", 7, 11), &piece("bad", 8, 11)), "spaces are no difference");
        assert!(same_text(&piece("[UNK]", 4, 11), &piece("lovable", 4, 11)), "the same place, whatever it is called");
        assert!(
            !same_text(&piece("[UNK]", 4, 11), &piece("film", 12, 16)),
            "an unknown piece stands for its place only"
        );
        assert!(!same_text(&piece("[UNK]", 4, 11), &piece("[UNK]", 12, 16)));
        assert!(same_text(&piece("[CLS]", 0, 0), &piece("<s>", 0, 0)));
        let separator = Piece { kind: PieceKind::Separator, ..piece("</s>", 0, 0) };
        assert!(!same_text(&piece("<s>", 0, 0), &separator));
        assert!(same_text(&separator, &Piece { kind: PieceKind::Separator, ..piece("[SEP]", 0, 0) }));
    }

    #[test]
    fn pieces_of_two_sentences_are_paired() {
        let pair = |a: &str, b: &str| align(&pieces(a), &pieces(b), |a, b| a.id == b.id);
        assert_eq!(pair("a good film", "a bad film"), [(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), Some(2))]);
        assert_eq!(
            pair("a film", "a very good film"),
            [(Some(0), Some(0)), (None, Some(1)), (None, Some(2)), (Some(1), Some(3))]
        );
        assert_eq!(pair("one two", "three"), [(Some(0), Some(0)), (Some(1), None)]);
        assert_eq!(pair("", ""), []);
        for (a, b) in [("x y z x y", "y x z y"), ("a b c d e f", "f e d c b a"), ("a", "b c d"), ("q q q", "q")] {
            let found = pair(a, b);
            let firsts: Vec<usize> = found.iter().filter_map(|pair| pair.0).collect();
            let seconds: Vec<usize> = found.iter().filter_map(|pair| pair.1).collect();
            assert_eq!(firsts, (0..pieces(a).len()).collect::<Vec<_>>(), "every piece once, in order");
            assert_eq!(seconds, (0..pieces(b).len()).collect::<Vec<_>>());
        }
    }
}
