//! The probe: standardise, then logistic regression with its strength chosen on validation.
//!
//! A race asks [`choose_c`] for one lane and layer; the recorded heads of lessons 01 and 04 are [`Head`]s. The same
//! thing as scikit-learn's `make_pipeline(StandardScaler(), LogisticRegression(C))`, and tested against it.

mod cholesky;
mod logistic;
mod loss;
mod standardise;

use rayon::prelude::*;

pub(super) use cholesky::Cholesky;
pub(super) use logistic::Problem;
pub(super) use loss::{Rows, sigmoid};
pub(super) use standardise::Standardised;

use super::Matrix;

/// The strengths tried: scikit-learn's C, by decades.
pub const GRID: [f64; 6] = [1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0];

/// Why there is no probe.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProbeError {
    /// Nothing to learn from.
    #[error("there are no training sentences. Use more data, or a larger --train")]
    Empty,
    /// Rows and labels, or widths of training and validation, differ.
    #[error("{what}: {left} against {right}. This is a fault of the program: please report it")]
    Mismatch {
        /// Which two numbers differ.
        what: &'static str,
        /// The first.
        left: usize,
        /// The second.
        right: usize,
    },
    /// A class other than the two.
    #[error(
        "this classifier tells two classes apart, and there is a sentence of class {label}, counted from 0. Use data with two labels"
    )]
    Classes {
        /// The class, counted from 0.
        label: usize,
    },
    /// A feature is not a number.
    #[error("a feature is not a finite number (row {row}). Check the model: clsroom doctor")]
    NotFinite {
        /// 0-based row.
        row: usize,
    },
    /// C is not a positive number, or there is none.
    #[error("the strength C must be a positive number, at least one")]
    Strength,
    /// The caller stopped it.
    #[error("stopped")]
    Cancelled,
}

/// A fitted classifier on raw features: the standardisation is folded into it.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// One weight a raw feature, `[D]`; 0 for features that did not vary in training.
    pub weights: Vec<f32>,
    /// What is added regardless of the features. In f64: a dimension that lies far from 0 and hardly varies takes a large
    /// raw weight and as large a part in the bias, and what is left when the two cancel must be exact.
    pub bias: f64,
    /// The inverse strength it was fitted with.
    pub c: f64,
    /// Whether the search reached its tolerance.
    pub converged: bool,
    /// Passes over the training data that the search took.
    pub passes: usize,
}

/// The head with the best validation accuracy, and what was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Its C; of equals the smallest, which is the simplest.
    pub c: f64,
    /// Its accuracy on validation, 0 to 1.
    pub validation: f64,
    /// Each C tried, ascending, with its validation accuracy.
    pub grid: Vec<(f64, f64)>,
    /// The head.
    pub head: Head,
}

impl Head {
    /// Log-odds of "positive" for raw features `[D]`.
    #[must_use]
    pub fn logit(&self, features: &[f32]) -> f64 {
        debug_assert_eq!(features.len(), self.weights.len());
        let sum: f64 = features.iter().zip(&self.weights).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
        sum + self.bias
    }

    /// Probability of "positive" for raw features `[D]`.
    #[must_use]
    pub fn probability(&self, features: &[f32]) -> f32 {
        sigmoid(self.logit(features)) as f32
    }

    /// For each row, whether it is answered right. An even chance counts as "negative", as in scikit-learn.
    #[must_use]
    pub fn correct(&self, features: &Matrix, labels: &[usize]) -> Vec<bool> {
        labels
            .par_iter()
            .enumerate()
            .map(|(row, label)| usize::from(self.logit(features.row(row)) > 0.0) == *label)
            .collect()
    }
}

/// Fits with one C. Class 1 is "positive", class 0 "negative".
///
/// # Errors
/// When there are no rows, numbers of rows and labels differ, a label is neither 0 nor 1, a feature is not finite, C is not positive, or `cancel`
/// (polled between passes) said so.
pub fn fit(train: &Matrix, labels: &[usize], c: f64, cancel: &dyn Fn() -> bool) -> Result<Head, ProbeError> {
    let mut heads = path(train, labels, &[c], cancel)?;
    heads.pop().ok_or(ProbeError::Strength)
}

/// Fits every C of `grid`, ascending, each from where the one before ended, and keeps the best on validation.
///
/// # Errors
/// As [`fit`]; also when validation is empty or of another width.
pub fn choose_c(
    train: &Matrix,
    labels: &[usize],
    validation: &Matrix,
    validation_labels: &[usize],
    grid: &[f64],
    cancel: &dyn Fn() -> bool,
) -> Result<Chosen, ProbeError> {
    check(validation, validation_labels)?;
    same("features of training and validation", train.cols, validation.cols)?;
    let heads = path(train, labels, grid, cancel)?;
    let scored = heads.into_iter().map(|head| (share(&head.correct(validation, validation_labels)), head)).collect();
    best(scored).ok_or(ProbeError::Strength)
}

/// The best of (validation accuracy, head), of equals the first.
fn best(scored: Vec<(f64, Head)>) -> Option<Chosen> {
    let grid = scored.iter().map(|(accuracy, head)| (head.c, *accuracy)).collect();
    let (validation, head) = scored.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    Some(Chosen { c: head.c, validation, grid, head })
}

/// A head for each C, ascending, warm-started along the way.
fn path(train: &Matrix, labels: &[usize], grid: &[f64], cancel: &dyn Fn() -> bool) -> Result<Vec<Head>, ProbeError> {
    check(train, labels)?;
    let strengths = ascending(grid)?;
    let rows = Standardised::new(train);
    // With one class only the best intercept is infinite, so the (smoothed) start is the answer; with features that
    // never vary there is nothing to learn but the shares of the classes, which the start holds already.
    let learnable = rows.varies() && labels.contains(&1) && labels.contains(&0);
    let problem = learnable.then(|| Problem::new(&rows, labels));
    let mut start = start(labels, train.cols);
    let mut heads = Vec::with_capacity(strengths.len());
    for c in strengths {
        let (mut converged, mut passes) = (true, 0);
        if let Some(problem) = &problem {
            let minimum = problem.minimise(c, start, cancel).ok_or(ProbeError::Cancelled)?;
            start = minimum.parameters;
            (converged, passes) = (minimum.converged, minimum.passes);
        }
        let (weights, bias) = rows.fold(&start);
        heads.push(Head { weights, bias, c, converged, passes });
    }
    Ok(heads)
}

/// Weights 0 and the log-odds of the classes, each counted once more so that they are finite.
pub(super) fn start(labels: &[usize], cols: usize) -> Vec<f64> {
    let positive = labels.iter().filter(|label| **label == 1).count();
    let negative = labels.len() - positive;
    let mut start = vec![0.0; cols + 1];
    start[cols] = ((positive as f64 + 1.0) / (negative as f64 + 1.0)).ln();
    start
}

/// The grid sorted, or an error.
pub(super) fn ascending(grid: &[f64]) -> Result<Vec<f64>, ProbeError> {
    if grid.is_empty() || grid.iter().any(|c| !c.is_finite() || *c <= 0.0) {
        return Err(ProbeError::Strength);
    }
    let mut sorted = grid.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

/// Share of `true`; 0 of nothing.
pub(super) fn share(correct: &[bool]) -> f64 {
    correct.iter().filter(|right| **right).count() as f64 / correct.len().max(1) as f64
}

fn check(features: &Matrix, labels: &[usize]) -> Result<(), ProbeError> {
    if features.rows == 0 {
        return Err(ProbeError::Empty);
    }
    same("rows and labels", features.rows, labels.len())?;
    two_classes(labels)?;
    same("numbers in a matrix and its shape", features.data.len(), features.rows * features.cols)?;
    match features.data.iter().position(|x| !x.is_finite()) {
        Some(at) => Err(ProbeError::NotFinite { row: at / features.cols.max(1) }),
        None => Ok(()),
    }
}

/// An error at the first label that is neither 0 nor 1.
pub(super) fn two_classes(labels: &[usize]) -> Result<(), ProbeError> {
    labels.iter().find(|label| **label > 1).map_or(Ok(()), |label| Err(ProbeError::Classes { label: *label }))
}

pub(super) fn same(what: &'static str, left: usize, right: usize) -> Result<(), ProbeError> {
    if left == right { Ok(()) } else { Err(ProbeError::Mismatch { what, left, right }) }
}

#[cfg(test)]
mod tests;
