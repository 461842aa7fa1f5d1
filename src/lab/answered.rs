//! A lane's answers looked at in groups: how often it is right where it is sure, and where sentences are long.

use super::race::confusion::confusion;
use super::{Matrix, TestSentence, likeliest, stats};

/// Some test sentences, and how one lane answered them.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they have in common: the mean probability of the answers given, or the mean count of words.
    pub at: f64,
    /// How many they are.
    pub count: usize,
    /// Share answered right.
    pub right: f64,
    /// Wilson's 95 % interval of that share.
    pub ci95: [f64; 2],
}

/// The probabilities 0 to 1 are cut into so many bins, as Guo et al. 2017 ("On Calibration of Modern Neural Networks", section 2)
/// have them.
const BINS: usize = 10;

/// The longest sentences of each group but the last, in words.
pub const LENGTHS: [usize; 5] = [5, 10, 15, 20, 30];

/// For each test sentence: the probability of the answer that a lane gives, and whether it is right.
fn answers<'a>(
    probabilities: &'a [Vec<f32>],
    sentences: &'a [TestSentence],
) -> impl Iterator<Item = (f64, bool, &'a TestSentence)> {
    probabilities.iter().zip(sentences).map(|(shares, sentence)| {
        let answer = likeliest(shares);
        (shares.get(answer).copied().map_or(0.0, f64::from), answer == sentence.class, sentence)
    })
}

/// Puts things of a group together; empty groups are left out.
fn groups(of: impl Iterator<Item = (usize, f64, bool)>, count: usize) -> Vec<Group> {
    let mut sums = vec![(0.0, 0, 0); count];
    for (group, at, right) in of {
        let (sum, count, correct) = &mut sums[group];
        *sum += at;
        *count += 1;
        *correct += usize::from(right);
    }
    let group = |(sum, count, right): (f64, usize, usize)| Group {
        at: sum / count as f64,
        count,
        right: right as f64 / count as f64,
        ci95: stats::wilson(right, count),
    };
    sums.into_iter().filter(|(_, count, _)| *count > 0).map(group).collect()
}

/// Answers by their probability: a lane that is right as often as it says has `right` near `at` in each group.
#[must_use]
pub fn by_probability(probabilities: &[Vec<f32>], sentences: &[TestSentence]) -> Vec<Group> {
    // The borders belong to the bin below, (0, 0.1] to (0.9, 1].
    let bin = |sure: f64| ((sure * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
    groups(answers(probabilities, sentences).map(|(sure, right, _)| (bin(sure), sure, right)), BINS)
}

/// Expected calibration error: how far share and probability are apart, mean over the sentences (Guo et al. 2017, equation 3).
#[must_use]
pub fn calibration_error(groups: &[Group]) -> f64 {
    let all: usize = groups.iter().map(|group| group.count).sum();
    groups.iter().map(|group| group.count as f64 * (group.right - group.at).abs()).sum::<f64>() / all.max(1) as f64
}

/// Answers by how many words the sentence has, in the groups of [`LENGTHS`].
#[must_use]
pub fn by_length(probabilities: &[Vec<f32>], sentences: &[TestSentence]) -> Vec<Group> {
    let grouped = answers(probabilities, sentences).map(|(_, right, sentence)| {
        let words = sentence.text.split_whitespace().count();
        (LENGTHS.partition_point(|longest| *longest < words), words as f64, right)
    });
    groups(grouped, LENGTHS.len() + 1)
}

/// What each class was taken for [class x answer], as shares of the sentences of that class, and how many these are.
#[must_use]
pub fn taken_for(probabilities: &[Vec<f32>], sentences: &[TestSentence], classes: usize) -> (Matrix, Vec<usize>) {
    let counts = confusion(probabilities, sentences.iter().map(|one| one.class), classes);
    let totals: Vec<usize> = counts.iter().map(|row| row.iter().sum()).collect();
    // Of a class that does not occur there is nothing to say.
    let share = |row: usize, count: usize| if totals[row] == 0 { f32::NAN } else { count as f32 / totals[row] as f32 };
    let shares = counts.iter().enumerate().flat_map(|(row, counts)| counts.iter().map(move |count| (row, *count)));
    (Matrix::new(classes, classes, shares.map(|(row, count)| share(row, count)).collect()), totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(of: &[([f32; 2], usize, &str)]) -> (Vec<Vec<f32>>, Vec<TestSentence>) {
        let lane = of.iter().map(|(shares, ..)| shares.to_vec()).collect();
        let sentence =
            |(_, class, text): &([f32; 2], usize, &str)| TestSentence { text: (*text).to_owned(), class: *class };
        (lane, of.iter().map(sentence).collect())
    }

    #[test]
    fn it_agrees_with_numbers_worked_out_by_hand() {
        let (lane, sentences) = answered(&[
            ([0.45, 0.55], 1, "good"),
            ([0.42, 0.58], 0, "not a good film"),
            ([0.05, 0.95], 1, "a film of so many words as this one has"),
            ([0.99, 0.01], 0, "bad"),
            ([1.0, 0.0], 1, "one two three four five six"),
        ]);
        let sure = by_probability(&lane, &sentences);
        let found: Vec<(usize, f64)> = sure.iter().map(|group| (group.count, group.right)).collect();
        assert_eq!(found, [(2, 0.5), (3, 2.0 / 3.0)]);
        assert!((sure[0].at - 0.565).abs() < 1e-6 && (sure[1].at - 0.98).abs() < 1e-6, "{sure:?}");
        // (2 * .065 + 3 * (.98 - 2/3)) / 5
        assert!((calibration_error(&sure) - 0.214).abs() < 1e-6, "{}", calibration_error(&sure));
        let long: Vec<(usize, f64, f64)> =
            by_length(&lane, &sentences).iter().map(|group| (group.count, group.at, group.right)).collect();
        assert_eq!(long, [(3, 2.0, 2.0 / 3.0), (2, 8.0, 0.5)]);
        let (taken, totals) = taken_for(&lane, &sentences, 2);
        assert_eq!((taken.data, totals), (vec![0.5, 0.5, 1.0 / 3.0, 2.0 / 3.0], vec![2, 3]));
    }

    #[test]
    fn borders_belong_to_the_bin_below_and_nothing_is_lost() {
        for (sure, most) in [(0.5, 0.5), (0.6, 0.6), (1.0, 1.0), (0.0, 0.0)] {
            let (lane, sentences) = answered(&[([sure, 0.0], 0, "a"); 3]);
            let groups = by_probability(&lane, &sentences);
            assert_eq!(groups.iter().map(|group| group.count).sum::<usize>(), 3);
            assert!((groups[0].at - most).abs() < 1e-6);
        }
        let (mut lane, sentences) = answered(&[([0.5, 0.5], 0, "a")]);
        assert!(taken_for(&lane, &sentences, 3).0.at(2, 2).is_nan());
        lane.clear();
        assert!(by_probability(&lane, &sentences).is_empty() && by_length(&lane, &sentences).is_empty());
        assert!(calibration_error(&[]).abs() < f64::EPSILON);
    }
}
