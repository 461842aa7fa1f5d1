//! What a lane took each class for, and macro-F1.

use super::several::answer;

/// Counts [class x answer]: row, the true class; column, the lane's answer.
#[must_use]
pub fn confusion(probabilities: &[Vec<f32>], labels: impl Iterator<Item = usize>, classes: usize) -> Vec<Vec<usize>> {
    let mut counts = vec![vec![0; classes]; classes];
    for (shares, label) in probabilities.iter().zip(labels) {
        if let Some(count) = counts.get_mut(label).and_then(|row| row.get_mut(answer(shares))) {
            *count += 1;
        }
    }
    counts
}

/// The mean over classes of F1 = 2 tp / (2 tp + fp + fn); a class that neither occurs nor is answered counts 0, as in
/// scikit-learn.
#[must_use]
pub fn macro_f1(counts: &[Vec<usize>]) -> f64 {
    let one = |class: usize| {
        let right = counts[class][class] as f64;
        let occurs: usize = counts[class].iter().sum();
        let answered: usize = counts.iter().map(|row| row[class]).sum();
        if occurs + answered == 0 { 0.0 } else { 2.0 * right / (occurs + answered) as f64 }
    };
    (0..counts.len()).map(one).sum::<f64>() / counts.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_numbers_worked_out_by_hand() {
        let sure = |class: usize| (0..3).map(|other| if other == class { 0.8 } else { 0.1 }).collect::<Vec<f32>>();
        // True 0 0 1 1 2, answered 0 1 1 1 0: F1 = 2/4, 4/5, 0.
        let answers = [0, 1, 1, 1, 0].map(sure);
        let counts = confusion(&answers, [0, 0, 1, 1, 2].into_iter(), 3);
        assert_eq!(counts, [[1, 1, 0], [0, 2, 0], [1, 0, 0]]);
        assert!((macro_f1(&counts) - (0.5 + 0.8 + 0.0) / 3.0).abs() < 1e-12);
    }
}
