//! The baseline without BERT: words weighed by TF-IDF, and logistic regression on them.
//!
//! The race fits it on the same sentences as its lanes. The features are scikit-learn's `TfidfVectorizer` as it comes
//! (single words of two characters or more, lower case, smooth idf, rows of length 1), the strength is chosen on
//! validation from [`GRID`]; on the movie sentences scikit-learn gets 0.7887 on test with exactly this.

mod tfidf;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::probe::{self, ProbeError, Problem};
use tfidf::{Sparse, Vocabulary};

/// The strengths tried: rows of length 1 with few words need weaker decay than dense features, so a higher and finer
/// grid than the probe's.
pub const GRID: [f64; 7] = [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];

/// A fitted bag of words.
#[derive(Debug, Clone)]
pub struct Words {
    vocabulary: Vocabulary,
    weights: Vec<f64>,
    bias: f64,
    c: f64,
    validation: f64,
    grid: Vec<(f64, f64)>,
}

impl Words {
    /// Learns vocabulary, idf and weights from training sentences, and C from validation sentences.
    ///
    /// # Errors
    /// When one of both is empty, numbers of texts and labels differ, a label is neither 0 nor 1, `grid` has no positive numbers, or `cancel`
    /// (polled between passes) said so.
    pub fn fit(
        train: (&[&str], &[usize]),
        validation: (&[&str], &[usize]),
        grid: &[f64],
        cancel: &dyn Fn() -> bool,
    ) -> Result<Self, ProbeError> {
        for (texts, labels) in [train, validation] {
            probe::same("texts and labels", texts.len(), labels.len())?;
            probe::two_classes(labels)?;
            if texts.is_empty() {
                return Err(ProbeError::Empty);
            }
        }
        let strengths = probe::ascending(grid)?;
        let vocabulary = Vocabulary::learn(train.0);
        let rows = Sparse::new(&vocabulary, train.0);
        let cols = vocabulary.len();
        let mut parameters = probe::start(train.1, cols);
        let learnable = cols > 0 && train.1.contains(&1) && train.1.contains(&0);
        let problem = Problem::new(&rows, train.1);
        let mut words = Self { vocabulary, weights: Vec::new(), bias: 0.0, c: 0.0, validation: 0.0, grid: Vec::new() };
        let mut best: Option<Self> = None;
        for c in strengths {
            if learnable {
                parameters = problem.minimise(c, parameters, cancel).ok_or(ProbeError::Cancelled)?.parameters;
            }
            words.weights = parameters[..cols].to_vec();
            words.bias = parameters[cols];
            words.c = c;
            words.validation = probe::share(&words.correct(validation.0, validation.1));
            words.grid.push((c, words.validation));
            // Of equals the smaller C stays.
            if best.as_ref().is_none_or(|best| words.validation > best.validation) {
                best = Some(words.clone());
            }
        }
        let best = best.ok_or(ProbeError::Strength)?;
        Ok(Self { grid: words.grid, ..best })
    }

    /// Log-odds of "positive". Unknown words count nothing.
    #[must_use]
    pub fn logit(&self, text: &str) -> f64 {
        let row = self.vocabulary.row(text);
        row.iter().map(|(word, value)| value * self.weights[*word]).sum::<f64>() + self.bias
    }

    /// Probability of "positive".
    #[must_use]
    pub fn probability(&self, text: &str) -> f32 {
        probe::sigmoid(self.logit(text)) as f32
    }

    /// For each text, whether it is answered right.
    #[must_use]
    pub fn correct(&self, texts: &[&str], labels: &[usize]) -> Vec<bool> {
        texts.par_iter().zip(labels).map(|(text, label)| usize::from(self.logit(text) > 0.0) == *label).collect()
    }

    /// The C chosen.
    #[must_use]
    pub fn c(&self) -> f64 {
        self.c
    }

    /// Its accuracy on validation, 0 to 1.
    #[must_use]
    pub fn validation(&self) -> f64 {
        self.validation
    }

    /// Each C tried, ascending, with its validation accuracy.
    #[must_use]
    pub fn grid(&self) -> &[(f64, f64)] {
        &self.grid
    }

    /// Words it knows.
    #[must_use]
    pub fn vocabulary_size(&self) -> usize {
        self.vocabulary.len()
    }
}

/// The other baseline: for each label, whether "always the commonest class of training" is right. Of equally common
/// classes, the first.
#[must_use]
pub fn majority(train: &[usize], labels: &[usize]) -> Vec<bool> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for label in train {
        *counts.entry(*label).or_default() += 1;
    }
    let commonest = counts.into_iter().max_by_key(|(label, count)| (*count, Reverse(*label)));
    let answer = commonest.map_or(0, |(label, _)| label);
    labels.iter().map(|label| *label == answer).collect()
}

#[cfg(test)]
mod tests;
