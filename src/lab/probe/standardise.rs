//! Features with mean 0 and standard deviation 1 on the training rows: what [`super::fit`] learns from.

use rayon::prelude::*;

use super::loss::Rows;
use crate::lab::Matrix;

/// Lanes of the dot product: fixed, so that its digits are, and wide enough for the compiler to use vector registers.
const LANES: usize = 8;
/// With more dimensions than this the covariance would cost more than it saves.
const WIDEST: usize = 2048;

/// Standardised training features. A dimension without variance stays at 0, so that it cannot teach anything.
pub(in crate::lab) struct Standardised {
    rows: usize,
    cols: usize,
    data: Vec<f32>,
    mean: Vec<f64>,
    /// 1 / standard deviation (over n, as scikit-learn's `StandardScaler`); 0 for a constant dimension.
    scale: Vec<f64>,
}

impl Standardised {
    /// Learns mean and scale of the rows, and applies them.
    pub fn new(features: &Matrix) -> Self {
        let (rows, cols) = (features.rows, features.cols);
        let count = rows.max(1) as f64;
        let mut mean = vec![0.0; cols];
        let mut size = 0.0;
        for row in features.data.chunks_exact(cols.max(1)) {
            for (sum, x) in mean.iter_mut().zip(row) {
                *sum += f64::from(*x);
                size += f64::from(*x) * f64::from(*x);
            }
        }
        for sum in &mut mean {
            *sum /= count;
        }
        let mut scale = vec![0.0; cols];
        for row in features.data.chunks_exact(cols.max(1)) {
            for ((sum, x), mean) in scale.iter_mut().zip(row).zip(&mean) {
                *sum += (f64::from(*x) - mean).powi(2);
            }
        }
        // What differs by the rounding of f32 only, measured by the vectors' typical number, does not vary.
        let typical = (size / (count * cols.max(1) as f64)).sqrt();
        for (scale, mean) in scale.iter_mut().zip(&mean) {
            let deviation = (*scale / count).sqrt();
            let noise = 8.0 * f64::from(f32::EPSILON) * typical.max(mean.abs());
            *scale = if deviation <= noise { 0.0 } else { 1.0 / deviation };
        }
        let mut data = features.data.clone();
        for row in data.chunks_exact_mut(cols.max(1)) {
            for ((x, mean), scale) in row.iter_mut().zip(&mean).zip(&scale) {
                *x = ((f64::from(*x) - mean) * scale) as f32;
            }
        }
        Self { rows, cols, data, mean, scale }
    }

    /// Whether any dimension varies.
    pub fn varies(&self) -> bool {
        self.scale.iter().any(|scale| *scale > 0.0)
    }

    /// Weights and intercept for raw features, from those for standardised ones (`[cols + 1]`):
    /// `w.(x - mean) scale + b = (w scale).x + (b - (w scale).mean)`.
    pub fn fold(&self, parameters: &[f64]) -> (Vec<f32>, f64) {
        let mut bias = parameters[self.cols];
        let mut weights = Vec::with_capacity(self.cols);
        for ((weight, mean), scale) in parameters.iter().zip(&self.mean).zip(&self.scale) {
            // Rounded before its part goes into the bias, so that both belong to the same number.
            let raw = (weight * scale) as f32;
            bias -= f64::from(raw) * mean;
            weights.push(raw);
        }
        (weights, bias)
    }

    /// Other features, as the training ones were changed.
    pub fn apply(&self, raw: &[f32]) -> Vec<f32> {
        let known = raw.iter().zip(&self.mean).zip(&self.scale);
        known.map(|((x, mean), scale)| ((f64::from(*x) - mean) * scale) as f32).collect()
    }

    /// Mean and 1 / standard deviation (0 for a constant dimension) of each dimension.
    pub fn into_scale(self) -> (Vec<f64>, Vec<f64>) {
        (self.mean, self.scale)
    }

    /// One row, standardised.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.cols..(row + 1) * self.cols]
    }
}

impl Rows for Standardised {
    fn rows(&self) -> usize {
        self.rows
    }

    fn cols(&self) -> usize {
        self.cols
    }

    fn dot(&self, row: usize, weights: &[f64]) -> f64 {
        let mut lanes = [0.0; LANES];
        let (xs, rest) = self.row(row).as_chunks::<LANES>();
        let (ws, rest_weights) = weights.as_chunks::<LANES>();
        for (x, w) in xs.iter().zip(ws) {
            for lane in 0..LANES {
                lanes[lane] += f64::from(x[lane]) * w[lane];
            }
        }
        lanes.iter().sum::<f64>() + rest.iter().zip(rest_weights).map(|(x, w)| f64::from(*x) * w).sum::<f64>()
    }

    fn covariance(&self) -> Option<Vec<Vec<f64>>> {
        // Column by column, so that each entry is one dot product whatever the number of threads.
        let columns: Vec<Vec<f32>> =
            (0..self.cols).map(|col| self.data.iter().skip(col).step_by(self.cols).copied().collect()).collect();
        let count = self.rows as f64;
        let row = |i: usize| (0..=i).map(|j| f64::from(dot(&columns[i], &columns[j])) / count).collect();
        (self.cols <= WIDEST).then(|| (0..self.cols).into_par_iter().map(row).collect())
    }

    fn add_scaled(&self, row: usize, scale: f64, sum: &mut [f64]) {
        for (sum, x) in sum.iter_mut().zip(self.row(row)) {
            *sum += scale * f64::from(*x);
        }
    }
}

/// A dot product in f32: exact enough for the covariance, which only shapes the search.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (xs, rest_a) = a.as_chunks::<LANES>();
    let (ys, rest_b) = b.as_chunks::<LANES>();
    for (x, y) in xs.iter().zip(ys) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(x, y)| x * y).sum::<f32>()
}
