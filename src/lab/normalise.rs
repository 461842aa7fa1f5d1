//! What LayerNorm does before its learned γ and β: every vector gets mean 0 and spread 1.

use super::{Matrix, Operation};

/// Length of each row after its mean was subtracted and it was divided by its standard deviation: the square root of the
/// number of dimensions, whatever the row was. 0 for a row of equal numbers.
#[must_use]
pub fn standard_lengths(rows: &Matrix) -> Vec<f32> {
    (0..rows.rows).map(|row| standard_length(rows.row(row))).collect()
}

fn standard_length(row: &[f32]) -> f32 {
    let count = row.len().max(1) as f64;
    let mean = row.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let variance = row.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / count;
    if variance <= 0.0 {
        return 0.0;
    }
    let squares = row.iter().map(|value| ((f64::from(*value) - mean) / variance.sqrt()).powi(2)).sum::<f64>();
    squares.sqrt() as f32
}

/// What a LayerNorm reads: the operation before it in the list of the forward pass.
#[must_use]
pub fn input(operations: &[Operation], norm: usize) -> Option<&Matrix> {
    let (before, norm) = (operations.get(norm.checked_sub(1)?)?, operations.get(norm)?);
    (norm.name == "norm" && matches!(before.name, "sum" | "residual")).then(|| before.values.first())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_gets_one_length() {
        let rows = Matrix::new(3, 4, vec![1.0, 2.0, 3.0, 4.0, -70.0, 0.5, 9.0, 100.0, 2.0, 2.0, 2.0, 2.0]);
        let lengths = standard_lengths(&rows);
        assert!((lengths[0] - 2.0).abs() < 1e-6 && (lengths[1] - 2.0).abs() < 1e-6, "{lengths:?}");
        assert!(lengths[2].abs() < 1e-6);
    }
}
