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

/// Whether a class occurs in the test sentences or is answered: the others have no F1.
fn takes_part(counts: &[Vec<usize>], class: usize) -> bool {
    counts[class].iter().sum::<usize>() + counts.iter().map(|row| row[class]).sum::<usize>() > 0
}

/// Of which classes macro-F1 is the mean, where not of all: to stand behind the number.
#[must_use]
pub fn over(counts: &[Vec<usize>]) -> String {
    let (some, all) = (averaged(counts), counts.len());
    if some == all { String::new() } else { format!(" over the {some} of {all} classes that occur or are answered") }
}

/// How many classes [`macro_f1`] is the mean of.
fn averaged(counts: &[Vec<usize>]) -> usize {
    (0..counts.len()).filter(|class| takes_part(counts, *class)).count()
}

/// The mean of F1 = 2 tp / (2 tp + fp + fn) over the classes that occur or are answered, as scikit-learn's
/// `f1_score(average="macro")` of the same answers.
#[must_use]
pub fn macro_f1(counts: &[Vec<usize>]) -> f64 {
    let one = |class: usize| {
        let right = counts[class][class] as f64;
        let occurs: usize = counts[class].iter().sum();
        let answered: usize = counts.iter().map(|row| row[class]).sum();
        2.0 * right / (occurs + answered) as f64
    };
    (0..counts.len()).filter(|class| takes_part(counts, *class)).map(one).sum::<f64>() / averaged(counts).max(1) as f64
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

    #[test]
    fn classes_that_neither_occur_nor_are_answered_are_not_counted() {
        // Right on every test sentence, none of which has the third class.
        assert!((macro_f1(&[vec![3, 0, 0], vec![0, 2, 0], vec![0, 0, 0]]) - 1.0).abs() < 1e-12);
        // Answered once though it does not occur: its F1 is 0. scikit-learn: f1_score([0, 0, 1, 1], [0, 0, 1, 2]).
        let answered = [vec![2, 0, 0], vec![0, 1, 1], vec![0, 0, 0]];
        assert!((macro_f1(&answered) - (1.0 + 2.0 / 3.0 + 0.0) / 3.0).abs() < 1e-12);
        // Occurs and is never answered: 0 too.
        assert!((macro_f1(&[vec![2, 0], vec![1, 0]]) - 0.4).abs() < 1e-12);
        assert_eq!((averaged(&answered), averaged(&[vec![1, 0], vec![0, 0]])), (3, 1));
        assert!(macro_f1(&[vec![0, 0], vec![0, 0]]).abs() < 1e-12 && macro_f1(&[]).abs() < 1e-12);
    }
}
