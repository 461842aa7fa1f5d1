//! A matrix of numbers.

/// A row-major matrix of f32.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Numbers in a row.
    pub cols: usize,
    /// `rows * cols` numbers.
    pub data: Vec<f32>,
}

impl Matrix {
    /// A matrix from its numbers, row by row.
    #[must_use]
    pub fn new(rows: usize, cols: usize, data: Vec<f32>) -> Self {
        debug_assert_eq!(rows * cols, data.len());
        Self { rows, cols, data }
    }

    /// One row; empty when there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        self.data.get(row * self.cols..(row + 1) * self.cols).unwrap_or(&[])
    }

    /// One number; NaN outside the matrix.
    #[must_use]
    pub fn at(&self, row: usize, col: usize) -> f32 {
        if col < self.cols { self.row(row).get(col).copied().unwrap_or(f32::NAN) } else { f32::NAN }
    }
}
