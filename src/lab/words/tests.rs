use std::f64::consts::FRAC_1_SQRT_2;

use super::*;
use crate::lab::dataset::{Dataset, Split};

const NEVER: &dyn Fn() -> bool = &|| false;

/// Against `TfidfVectorizer().fit_transform(...)` of scikit-learn 1.9.1.
#[test]
fn tfidf_agrees_with_scikit_learn() {
    let texts = ["The film, the film is a joy.", "Not a joy: it's tr\u{e8}s long", "long_film 3D x"];
    let vocabulary = Vocabulary::learn(&texts);
    assert_eq!(vocabulary.len(), 10);
    let expected: [&[(usize, f64)]; 3] = [
        &[(1, 0.646_225), (2, 0.323_112), (4, 0.245_735), (8, 0.646_225)],
        &[(3, 0.467_351), (4, 0.355_432), (5, 0.467_351), (7, 0.467_351), (9, 0.467_351)],
        &[(0, FRAC_1_SQRT_2), (6, FRAC_1_SQRT_2)],
    ];
    for (text, expected) in texts.iter().zip(expected) {
        let row = vocabulary.row(text);
        assert_eq!(row.len(), expected.len());
        for ((column, value), (expected_column, expected_value)) in row.iter().zip(expected) {
            assert_eq!(column, expected_column);
            assert!((value - expected_value).abs() < 1e-6);
        }
    }
    assert!(vocabulary.row("nothing known").is_empty());
}

/// Texts and labels of a split.
fn part(dataset: &Dataset, split: Split) -> (Vec<&str>, Vec<usize>) {
    let items = dataset.items();
    dataset.indices(split).into_iter().map(|index| (items[index].text.as_str(), items[index].label)).unzip()
}

/// scikit-learn 1.9.1, `TfidfVectorizer()` and `LogisticRegression(C, tol=1e-8)`, on the same split: C = 3 chosen,
/// test 0.7887; validation by C as below.
#[test]
fn movies_agree_with_scikit_learn() {
    let movies = Dataset::embedded("movies").expect("embedded");
    let [train, validation, test] = [Split::Train, Split::Validation, Split::Test].map(|split| part(&movies, split));
    let words = Words::fit((&train.0, &train.1), (&validation.0, &validation.1), &GRID, NEVER).expect("fits");
    let accuracy = probe::share(&words.correct(&test.0, &test.1));
    assert_eq!(words.vocabulary_size(), 14_752);
    assert!((accuracy - 0.7887).abs() < 0.001, "{accuracy}");
    assert!((words.c() - 3.0).abs() < 1e-12);
    for ((_, ours), theirs) in words.grid().iter().zip([0.7471, 0.7720, 0.7912, 0.7979, 0.7902, 0.7864, 0.7807]) {
        assert!((ours - theirs).abs() < 0.0015, "{ours} against {theirs}");
    }
    let majority = probe::share(&majority(&train.1, &test.1));
    assert!((majority - 0.5022).abs() < 1e-4, "{majority}");
}

#[test]
fn one_class_or_no_words_give_the_commoner_answer() {
    let same = Words::fit((&["good", "fine"], &[1, 1]), (&["bad"], &[1]), &GRID, NEVER).expect("fits");
    assert!(same.probability("bad") > 0.5);
    let none = Words::fit((&["a", "!", "?"], &[1, 0, 0]), (&["a"], &[1]), &GRID, NEVER).expect("fits");
    assert_eq!(none.vocabulary_size(), 0);
    assert!(none.probability("anything") < 0.5);
}

#[test]
fn errors_are_told() {
    let good: (&[&str], &[usize]) = (&["good", "bad"], &[1, 0]);
    assert_eq!(Words::fit((&[], &[]), good, &GRID, NEVER).expect_err("empty"), ProbeError::Empty);
    assert_eq!(Words::fit(good, (&[], &[]), &GRID, NEVER).expect_err("empty"), ProbeError::Empty);
    assert_eq!(Words::fit(good, good, &[-1.0], NEVER).expect_err("strength"), ProbeError::Strength);
    assert_eq!(Words::fit(good, good, &GRID, &|| true).expect_err("cancelled"), ProbeError::Cancelled);
    let third: (&[&str], &[usize]) = (&["good", "bad"], &[2, 0]);
    assert_eq!(Words::fit(third, good, &GRID, NEVER).expect_err("three"), ProbeError::Classes { label: 2 });
    assert!(matches!(Words::fit((&["x"], &[]), good, &GRID, NEVER), Err(ProbeError::Mismatch { .. })));
}

#[test]
fn the_majority_of_equals_is_the_first_class() {
    assert_eq!(majority(&[1, 0], &[1, 0]), [false, true]);
    assert_eq!(majority(&[1, 1, 0], &[1, 0]), [true, false]);
    assert_eq!(majority(&[2, 0, 2, 1], &[2, 0, 1]), [true, false, false]);
}
