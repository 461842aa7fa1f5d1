//! More than two classes without fine-tuning: one classifier a class against the rest, the surest answers.

use crate::lab::probe::{self, Head, ProbeError};
use crate::lab::words::{self, Words};
use crate::lab::{Control, Matrix};

/// Labels as one class against the rest.
fn against_rest(labels: &[usize], class: usize) -> Vec<usize> {
    labels.iter().map(|label| usize::from(*label == class)).collect()
}

/// The classifier of a lane: a single one for two classes, else one a class, each with the strength that is best for it
/// on validation.
pub(super) fn heads(
    train: (&Matrix, &[usize]),
    validation: (&Matrix, &[usize]),
    classes: usize,
    control: &Control<'_>,
) -> Result<Vec<Head>, ProbeError> {
    (0..classes)
        .map(|class| {
            let (labels, answers) = (against_rest(train.1, class), against_rest(validation.1, class));
            let chosen = probe::choose_c(train.0, &labels, validation.0, &answers, &probe::GRID, &control.stop)?;
            Ok(chosen.head)
        })
        .collect()
}

/// The same of the words alone.
pub(super) fn words(
    train: (&[&str], &[usize]),
    validation: (&[&str], &[usize]),
    classes: usize,
    control: &Control<'_>,
) -> Result<Vec<Words>, ProbeError> {
    (0..classes)
        .map(|class| {
            let (labels, answers) = (against_rest(train.1, class), against_rest(validation.1, class));
            Words::fit((train.0, &labels), (validation.0, &answers), &words::GRID, &control.stop)
        })
        .collect()
}

/// Each class's probability against the rest, scaled so that they add to 1.
pub(in crate::lab) fn shares(each: Vec<f32>) -> Vec<f32> {
    let sum: f32 = each.iter().sum();
    let even = 1.0 / each.len().max(1) as f32;
    each.into_iter().map(|one| if sum > 0.0 { one / sum } else { even }).collect()
}

/// The class with the largest share, of equals the first.
pub(in crate::lab) fn answer(shares: &[f32]) -> usize {
    (1..shares.len()).fold(0, |best, class| if shares[class] > shares[best] { class } else { best })
}

/// For each row, whether the answer is right.
pub(super) fn correct(probabilities: &[Vec<f32>], labels: &[usize]) -> Vec<bool> {
    probabilities.iter().zip(labels).map(|(shares, label)| answer(shares) == *label).collect()
}
