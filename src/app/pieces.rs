//! Which pieces a map shows, and moving over them: `[CLS]` and `[SEP]` can be hidden, then the cursor passes them by.

use super::State;
use crate::lab::Piece;
use crate::lab::similar::{Aligned, align, same_text};
use crate::lesson::View;

/// Indices of the pieces that are shown. A sentence without any content keeps its special tokens.
#[must_use]
pub fn shown(pieces: &[Piece], hide: bool) -> Vec<usize> {
    let all = || (0..pieces.len()).collect();
    if !hide {
        return all();
    }
    let content: Vec<usize> = (0..pieces.len()).filter(|index| !pieces[*index].special()).collect();
    if content.is_empty() { all() } else { content }
}

impl State {
    /// Indices of the pieces that the bench's map shows.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        let pieces = self.trace().map_or(&[][..], |trace| &trace.pieces);
        shown(pieces, self.cursor.hide && self.hides())
    }

    /// The pieces of the bench's two sentences, paired; both special tokens of a pair are hidden together.
    #[must_use]
    pub fn aligned(&self) -> Vec<Aligned> {
        let (Some(first), Some(second)) = (self.trace(), self.other_trace()) else { return Vec::new() };
        // Two models number their vocabularies each in its own way.
        let pairs = if self.shows_models() {
            // What only stands in the same order is no pair: it stands alone.
            let alone = |pair: Aligned| match pair {
                (Some(a), Some(b)) if !same_text(&first.pieces[a], &second.pieces[b]) => {
                    vec![(Some(a), None), (None, Some(b))]
                }
                pair => vec![pair],
            };
            align(&first.pieces, &second.pieces, same_text).into_iter().flat_map(alone).collect()
        } else {
            align(&first.pieces, &second.pieces, |a, b| a.id == b.id)
        };
        let special = |(a, b): &Aligned| {
            a.is_none_or(|a| first.pieces[a].special()) && b.is_none_or(|b| second.pieces[b].special())
        };
        let content: Vec<Aligned> = pairs.iter().copied().filter(|pair| !special(pair)).collect();
        if self.cursor.hide && self.hides() && !content.is_empty() { content } else { pairs }
    }

    /// Indices of the pieces that may be the row: in one row of attention all of them, for it is `[CLS]` that asks.
    #[must_use]
    pub fn shown_rows(&self) -> Vec<usize> {
        if self.bench().is_some_and(|bench| bench.view == View::Attention) {
            return (0..self.trace().map_or(0, |trace| trace.pieces.len())).collect();
        }
        self.shown()
    }
}

/// The place of a piece among the shown ones, or of the nearest after it.
#[must_use]
pub fn place_of(shown: &[usize], piece: usize) -> usize {
    shown.partition_point(|index| *index < piece).min(shown.len().saturating_sub(1))
}

/// Moves the column.
pub(crate) fn column(state: &mut State, on: bool) {
    state.cursor.token = moved(&state.shown(), state.cursor.token, on);
}

/// Moves over the pairs of two sentences.
pub(crate) fn pair(state: &mut State, on: bool) {
    let last = state.aligned().len().saturating_sub(1);
    let at = state.cursor.offset.min(last);
    state.cursor.offset = if on { (at + 1).min(last) } else { at.saturating_sub(1) };
}

/// Moves the row.
pub(crate) fn row(state: &mut State, on: bool) {
    state.cursor.row = moved(&state.shown_rows(), state.cursor.row, on);
}

/// Puts row and column on pieces that are shown.
pub(super) fn place(state: &mut State) {
    let (columns, rows) = (state.shown(), state.shown_rows());
    let cursor = &mut state.cursor;
    for (piece, shown) in [(&mut cursor.token, columns), (&mut cursor.row, rows)] {
        *piece = shown.get(place_of(&shown, *piece)).copied().unwrap_or(0);
    }
}

fn moved(shown: &[usize], piece: usize, on: bool) -> usize {
    let at = place_of(shown, piece);
    let to = if on { (at + 1).min(shown.len().saturating_sub(1)) } else { at.saturating_sub(1) };
    shown.get(to).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::PieceKind;

    fn pieces(special: &[bool]) -> Vec<Piece> {
        let piece = |special: &bool| Piece {
            text: String::new(),
            shown: String::new(),
            id: 0,
            segment: 0,
            offsets: (0, 0),
            kind: if *special { PieceKind::Separator } else { PieceKind::Word },
            known: true,
        };
        special.iter().map(piece).collect()
    }

    #[test]
    fn hidden_pieces_are_passed_by() {
        let pair = pieces(&[true, false, false, true, false, true]);
        let content = shown(&pair, true);
        assert_eq!(content, [1, 2, 4]);
        assert_eq!(shown(&pair, false).len(), 6);
        assert_eq!((moved(&content, 2, true), moved(&content, 4, true), moved(&content, 1, false)), (4, 4, 1));
        assert_eq!(content[place_of(&content, 0)], 1, "from [CLS] to the first word");
        assert_eq!(content[place_of(&content, 5)], 4, "from the last [SEP] to the last word");
    }

    #[test]
    fn a_sentence_without_content_keeps_its_special_tokens() {
        assert_eq!(shown(&pieces(&[true, true]), true), [0, 1]);
        assert_eq!((moved(&[], 3, true), place_of(&[], 3)), (0, 0));
    }
}
