//! One attention head of one layer, read from a trace: what each position asks, offers and hands over.
//!
//! Formulas: Vaswani et al. 2017, scaled dot-product attention. Benches and live values read a [`Head`]; nothing is
//! computed here that the pass did not compute, except sums and lengths of its own numbers.

use super::tensors::{dot, norm};
use super::{Matrix, Piece, PieceKind, TraceData};

/// A head of a traced pass over T pieces; d numbers a vector.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    query: &'a Matrix,
    key: &'a Matrix,
    value: &'a Matrix,
    context: &'a Matrix,
    scores: &'a Matrix,
    weights: &'a Matrix,
    /// First of the head's d dimensions.
    from: usize,
    size: usize,
}

/// Where a whole head looks, as means over its T rows; every number is 0 to 1, the entropy 0 to ln T nats.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shares {
    /// Weight on `[CLS]`.
    pub cls: f32,
    /// Weight on all `[SEP]`.
    pub sep: f32,
    /// Weight of a position on itself.
    pub itself: f32,
    /// Weight on the position before (the first row has none and counts 0).
    pub previous: f32,
    /// Weight on the position after (the last row has none and counts 0).
    pub next: f32,
    /// Mean entropy of the rows.
    pub entropy: f32,
}

impl<'a> Head<'a> {
    /// The head `head` (0-based) of `layer` (1-based); `None` when there is no such head.
    #[must_use]
    pub fn of(trace: &'a TraceData, layer: usize, head: usize) -> Option<Self> {
        let values = |name: &str| {
            let found = trace.operations.iter().find(|operation| {
                operation.layer == Some(layer) && operation.block == "attention" && operation.name == name
            });
            found.map(|operation| &operation.values)
        };
        let heads = trace.attentions.get(layer.checked_sub(1)?)?;
        let query = values("query")?.first()?;
        let size = query.cols / heads.len().max(1);
        Some(Self {
            query,
            key: values("key")?.first()?,
            value: values("value")?.first()?,
            context: values("context")?.first()?,
            scores: values("scores")?.get(head)?,
            weights: heads.get(head)?,
            from: head * size,
            size,
        })
    }

    /// Numbers in one of its vectors, d.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Positions, T.
    #[must_use]
    pub fn positions(&self) -> usize {
        self.weights.rows
    }

    fn part(&self, of: &'a Matrix, row: usize) -> &'a [f32] {
        of.row(row).get(self.from..self.from + self.size).unwrap_or(&[])
    }

    /// What a position asks for, `q` `[d]`.
    #[must_use]
    pub fn query(&self, row: usize) -> &'a [f32] {
        self.part(self.query, row)
    }

    /// What a position offers to be found by, `k` `[d]`.
    #[must_use]
    pub fn key(&self, column: usize) -> &'a [f32] {
        self.part(self.key, column)
    }

    /// What a position hands over, `v` `[d]`.
    #[must_use]
    pub fn value(&self, column: usize) -> &'a [f32] {
        self.part(self.value, column)
    }

    /// What a position is handed: the weighted sum of all values `[d]`.
    #[must_use]
    pub fn context(&self, row: usize) -> &'a [f32] {
        self.part(self.context, row)
    }

    /// The products `q_i k_i` `[d]`, which add to [`Self::dot`].
    #[must_use]
    pub fn products(&self, row: usize, column: usize) -> Vec<f32> {
        self.query(row).iter().zip(self.key(column)).map(|(q, k)| q * k).collect()
    }

    /// `q·k`.
    #[must_use]
    pub fn dot(&self, row: usize, column: usize) -> f32 {
        dot(self.query(row), self.key(column)) as f32
    }

    /// `q·k / sqrt(d)`, as the pass computed it.
    #[must_use]
    pub fn score(&self, row: usize, column: usize) -> f32 {
        self.scores.at(row, column)
    }

    /// The softmax weight.
    #[must_use]
    pub fn weight(&self, row: usize, column: usize) -> f32 {
        self.weights.at(row, column)
    }

    /// All weights of a row `[T]`; they add to 1.
    #[must_use]
    pub fn weights(&self, row: usize) -> &'a [f32] {
        self.weights.row(row)
    }

    /// What one position is handed by another: weight times value `[d]`.
    #[must_use]
    pub fn handed(&self, row: usize, column: usize) -> Vec<f32> {
        let weight = self.weight(row, column);
        self.value(column).iter().map(|v| weight * v).collect()
    }

    /// Length of [`Self::handed`].
    #[must_use]
    pub fn handed_length(&self, row: usize, column: usize) -> f32 {
        (f64::from(self.weight(row, column)) * norm(self.value(column))) as f32
    }

    /// Entropy of a row in nats: 0 when all weight lies on one position, `ln T` when it is even.
    #[must_use]
    pub fn entropy(&self, row: usize) -> f32 {
        entropy(self.weights.row(row))
    }

    /// The column with the largest weight in a row.
    #[must_use]
    pub fn top(&self, row: usize) -> Option<usize> {
        let weights = self.weights.row(row);
        (0..weights.len()).max_by(|a, b| weights[*a].total_cmp(&weights[*b]))
    }
}

/// `-Σ p ln p` in nats; a weight of 0 adds nothing.
#[must_use]
pub fn entropy(weights: &[f32]) -> f32 {
    let terms = weights.iter().map(|weight| f64::from(*weight)).filter(|weight| *weight > 0.0);
    // Adding 0 turns a negative zero into a plain one.
    (-terms.map(|weight| weight * weight.ln()).sum::<f64>() + 0.0) as f32
}

/// Where a head looks, from its attention [T x T].
#[must_use]
pub fn shares(attention: &Matrix, pieces: &[Piece]) -> Shares {
    let rows = attention.rows.min(pieces.len());
    let mut sum = Shares::default();
    for row in 0..rows {
        for (column, piece) in pieces.iter().enumerate().take(attention.cols) {
            let weight = attention.at(row, column) / rows as f32;
            match piece.kind {
                PieceKind::First => sum.cls += weight,
                PieceKind::Separator => sum.sep += weight,
                PieceKind::Word | PieceKind::Continuation => {}
            }
            sum.itself += if row == column { weight } else { 0.0 };
            sum.previous += if row == column + 1 { weight } else { 0.0 };
            sum.next += if row + 1 == column { weight } else { 0.0 };
        }
        sum.entropy += entropy(attention.row(row)) / rows as f32;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(kind: PieceKind) -> Piece {
        // Their texts do not matter: RoBERTa's are others.
        Piece { text: "x".to_owned(), shown: "x".to_owned(), id: 0, segment: 0, offsets: (0, 0), kind, known: true }
    }

    #[test]
    fn entropy_lies_between_one_position_and_all() {
        assert!(entropy(&[0.0, 1.0, 0.0]).abs() < 1e-9);
        assert!((entropy(&[0.25; 4]) - 4f32.ln()).abs() < 1e-6);
        assert!(entropy(&[]).abs() < 1e-9);
    }

    #[test]
    fn shares_count_where_the_weights_lie() {
        let pieces = [PieceKind::First, PieceKind::Word, PieceKind::Separator].map(piece);
        let attention = Matrix::new(3, 3, vec![0.1, 0.2, 0.7, 0.3, 0.6, 0.1, 0.0, 0.5, 0.5]);
        let shares = shares(&attention, &pieces);
        let near = |found: f32, sum: f32| assert!((found - sum / 3.0).abs() < 1e-6, "{found} {sum}");
        near(shares.cls, 0.1 + 0.3 + 0.0);
        near(shares.sep, 0.7 + 0.1 + 0.5);
        near(shares.itself, 0.1 + 0.6 + 0.5);
        near(shares.previous, 0.3 + 0.5);
        near(shares.next, 0.2 + 0.1);
        assert_eq!(super::shares(&Matrix::default(), &[]), Shares::default());
    }
}
