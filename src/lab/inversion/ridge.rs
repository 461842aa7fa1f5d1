//! Ridge regression from a standardised vector to the presence of every known piece: `W = (X^T X + λ I)^-1 X^T Y`.
//!
//! X [n x D] is standardised, Y [n x K] holds 1 where a training sentence has a piece; what is added regardless of the
//! vector is the piece's share of the training sentences. The normal equations are set up once; each strength costs one
//! Cholesky factor and one product.

use rayon::prelude::*;

use crate::lab::probe::{Cholesky, Standardised};
use crate::lab::tensors::{product, product_f64};
use crate::lab::{LabError, Matrix};

/// Lanes of the sums: fixed, so that digits do not depend on the number of threads.
const LANES: usize = 8;

/// The normal equations of one readout and layer.
pub(super) struct Ridge {
    standard: Standardised,
    /// Lower triangle of X^T X, by rows.
    gram: Vec<Vec<f64>>,
    /// (X^T Y)^T, [K x D].
    cross: Matrix,
    width: usize,
}

/// A solved ridge as little as answers for a single vector: mean, scale, and the factor of X^T X + λ I.
#[derive(Debug, Clone)]
pub(super) struct Solved {
    mean: Vec<f64>,
    scale: Vec<f64>,
    factor: Cholesky,
}

impl Ridge {
    /// Sets the equations up. `holders` lists for each piece the training rows that hold it.
    pub fn new(train: &Matrix, holders: &[Vec<usize>]) -> Self {
        let standard = Standardised::new(train);
        let width = train.cols;
        let column = |col: usize| (0..train.rows).map(|row| standard.row(row)[col]).collect();
        let columns: Vec<Vec<f32>> = (0..width).into_par_iter().map(column).collect();
        let gram =
            (0..width).into_par_iter().map(|i| (0..=i).map(|j| dot(&columns[i], &columns[j])).collect()).collect();
        let cross = holders
            .par_iter()
            .flat_map_iter(|rows| {
                let mut sum = vec![0f64; width];
                for row in rows {
                    sum.iter_mut().zip(standard.row(*row)).for_each(|(sum, x)| *sum += f64::from(*x));
                }
                sum.into_iter().map(|sum| sum as f32)
            })
            .collect();
        Self { standard, gram, cross: Matrix::new(holders.len(), width, cross), width }
    }

    /// Other vectors as the training ones were standardised.
    pub fn standardise(&self, raw: &Matrix) -> Matrix {
        let rows: Vec<f32> = (0..raw.rows).flat_map(|row| self.standard.apply(raw.row(row))).collect();
        Matrix::new(raw.rows, raw.cols, rows)
    }

    /// The score of every piece for each standardised row, less what is added regardless, [rows x K].
    ///
    /// # Errors
    /// When a feature is not a finite number.
    pub fn scores(&self, lambda: f64, standardised: &Matrix) -> Result<Matrix, LabError> {
        let factor = self.factor(lambda)?;
        let inverse: Vec<f64> = (0..self.width)
            .into_par_iter()
            .flat_map_iter(|row| {
                let mut unit = vec![0.0; self.width];
                unit[row] = 1.0;
                factor.solve(&mut unit);
                factor.solve_transposed(&mut unit);
                unit
            })
            .collect();
        let rows = standardised.data.iter().map(|x| f64::from(*x)).collect();
        Ok(product(&product_f64(rows, inverse, self.width)?, &self.cross)?)
    }

    /// What is kept of it.
    ///
    /// # Errors
    /// As [`Self::scores`].
    pub fn solve(self, lambda: f64) -> Result<Solved, LabError> {
        let factor = self.factor(lambda)?;
        let (mean, scale) = self.standard.into_scale();
        Ok(Solved { mean, scale, factor })
    }

    fn factor(&self, lambda: f64) -> Result<Cholesky, LabError> {
        Cholesky::new(&self.gram, lambda).ok_or_else(|| {
            LabError::Request(
                "a feature is not a finite number, so nothing can be decoded from it. Check the model: clsroom doctor"
                    .to_owned(),
            )
        })
    }
}

impl Solved {
    /// The score of every piece for one raw vector. The same as with the weights, by way of the training sentences:
    /// each counts for its own pieces by `(x_i - mean) scale . (X^T X + λ I)^-1 x`, so the weights need not be kept.
    pub fn scores(&self, raw: &[f32], train: &Matrix, pieces: &[Vec<usize>], shares: &[f64]) -> Vec<f64> {
        let mut z: Vec<f64> = raw
            .iter()
            .zip(&self.mean)
            .zip(&self.scale)
            .map(|((x, mean), scale)| (f64::from(*x) - mean) * scale)
            .collect();
        self.factor.solve(&mut z);
        self.factor.solve_transposed(&mut z);
        z.iter_mut().zip(&self.scale).for_each(|(z, scale)| *z *= scale);
        let middle: f64 = z.iter().zip(&self.mean).map(|(z, mean)| z * mean).sum();
        let mut scores = shares.to_vec();
        for (row, pieces) in pieces.iter().enumerate() {
            let part: f64 = train.row(row).iter().zip(&z).map(|(x, z)| f64::from(*x) * z).sum();
            pieces.iter().for_each(|piece| scores[*piece] += part - middle);
        }
        scores
    }
}

/// A sum of products of f32 numbers, in f64.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut lanes = [0f64; LANES];
    let (xs, rest_a) = a.as_chunks::<LANES>();
    let (ys, rest_b) = b.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..LANES {
            lanes[lane] += f64::from(x[lane]) * f64::from(y[lane]);
        }
    }
    lanes.iter().sum::<f64>() + rest_a.iter().zip(rest_b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five vectors of two numbers, two pieces.
    fn small() -> (Matrix, Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let train = Matrix::new(5, 2, vec![1.0, 10.0, 2.0, 14.0, 3.0, 11.0, 4.0, 19.0, 5.0, 16.0]);
        let pieces = vec![vec![0], vec![0, 1], vec![], vec![1], vec![1]];
        let holders = (0..2).map(|piece| (0..5).filter(|row| pieces[*row].contains(&piece)).collect()).collect();
        (train, pieces, holders)
    }

    #[test]
    fn weights_solve_the_normal_equations() {
        let (train, _, holders) = small();
        let ridge = Ridge::new(&train, &holders);
        // The scores of unit vectors are the weights.
        let weights = ridge.scores(0.5, &Matrix::new(2, 2, vec![1.0, 0.0, 0.0, 1.0])).expect("solved");
        for (piece, rows) in holders.iter().enumerate() {
            for i in 0..2 {
                let left: f64 = (0..2)
                    .map(|j| {
                        let gram = if i >= j { ridge.gram[i][j] } else { ridge.gram[j][i] };
                        (gram + if i == j { 0.5 } else { 0.0 }) * f64::from(weights.at(j, piece))
                    })
                    .sum();
                let right: f64 = rows.iter().map(|row| f64::from(ridge.standard.row(*row)[i])).sum();
                assert!((left - right).abs() < 1e-5, "{left} {right}");
            }
        }
    }

    #[test]
    fn a_single_vector_is_scored_as_many_at_once() {
        let (train, pieces, holders) = small();
        let ridge = Ridge::new(&train, &holders);
        let raw = Matrix::new(1, 2, vec![2.5, 17.0]);
        let at_once = ridge.scores(2.0, &ridge.standardise(&raw)).expect("scored");
        let shares = [0.4, 0.6];
        let single = ridge.solve(2.0).expect("solved").scores(raw.row(0), &train, &pieces, &shares);
        for piece in 0..2 {
            assert!((single[piece] - shares[piece] - f64::from(at_once.at(0, piece))).abs() < 1e-5);
        }
    }
}
