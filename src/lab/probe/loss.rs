//! The loss of logistic regression and its gradient, in one pass over dense or sparse rows.

use rayon::prelude::*;

/// Partial sums are taken over so many blocks of rows, whatever the number of threads: same digits at any `--threads`.
const BLOCKS: usize = 16;
/// Rows of features, dense or sparse.
pub(in crate::lab) trait Rows: Sync {
    /// How many rows.
    fn rows(&self) -> usize;
    /// How many features.
    fn cols(&self) -> usize;
    /// Row times weights.
    fn dot(&self, row: usize, weights: &[f64]) -> f64;
    /// Adds `scale` times the row.
    fn add_scaled(&self, row: usize, scale: f64, sum: &mut [f64]);
    /// Lower triangle, by rows, of the mean of `x x^T`, if it is worth having (dense rows, few columns).
    fn covariance(&self) -> Option<Vec<Vec<f64>>> {
        None
    }
}

/// `mean of log(1 + exp(-y f)) + 0.5 decay |w|^2`, where y is 1 for class 1 and -1 for class 0.
pub(super) struct Loss<'a, R> {
    pub rows: &'a R,
    pub labels: &'a [usize],
    pub decay: f64,
}

impl<R: Rows> Loss<'_, R> {
    /// One pass over the data: value and gradient by weights and intercept.
    pub fn pass(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        let (rows, labels) = (self.rows, self.labels);
        let (count, cols) = (rows.rows(), rows.cols());
        let (weights, bias) = (&parameters[..cols], parameters[cols]);
        let block = count.div_ceil(BLOCKS).max(1);
        let parts: Vec<(f64, Vec<f64>)> = (0..count.div_ceil(block))
            .into_par_iter()
            .map(|part| {
                let mut value = 0.0;
                let mut gradient = vec![0.0; cols + 1];
                for (row, label) in labels.iter().enumerate().skip(part * block).take(block) {
                    let sign = if *label == 1 { 1.0 } else { -1.0 };
                    let margin = sign * (rows.dot(row, weights) + bias);
                    value += log1p_exp(-margin);
                    let slope = -sign * sigmoid(-margin);
                    rows.add_scaled(row, slope, &mut gradient[..cols]);
                    gradient[cols] += slope;
                }
                (value, gradient)
            })
            .collect();
        let mut value = 0.0;
        let mut gradient = vec![0.0; cols + 1];
        for (part_value, part_gradient) in &parts {
            value += part_value;
            for (sum, part) in gradient.iter_mut().zip(part_gradient) {
                *sum += part;
            }
        }
        let mean = 1.0 / count as f64;
        value *= mean;
        for sum in &mut gradient {
            *sum *= mean;
        }
        for (sum, weight) in gradient.iter_mut().zip(weights) {
            *sum += self.decay * weight;
            value += 0.5 * self.decay * weight * weight;
        }
        (value, gradient)
    }
}

/// `1 / (1 + exp(-x))`, without overflow.
pub(in crate::lab) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `log(1 + exp(x))`, without overflow.
fn log1p_exp(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
