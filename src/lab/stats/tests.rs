use proptest::prelude::*;

use super::*;

fn near(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() < tolerance, "{ours} against {theirs}");
}

/// Answers of two lanes with so many sentences that both, only a, only b, and none answered right.
fn answers(both: usize, only_a: usize, only_b: usize, none: usize) -> (Vec<bool>, Vec<bool>) {
    let runs = [(both, (true, true)), (only_a, (true, false)), (only_b, (false, true)), (none, (false, false))];
    runs.iter().flat_map(|(count, pair)| std::iter::repeat_n(*pair, *count)).unzip()
}

/// Against `statsmodels.stats.proportion.proportion_confint(method="wilson")`.
#[test]
fn wilson_agrees_with_statsmodels() {
    for (right, n, low, high) in [
        (1_605, 2_035, 0.770_425_496_369_581_5, 0.805_882_188_034_503_2),
        (0, 10, 0.0, 0.277_532_799_862_889_26),
        (10, 10, 0.722_467_200_137_110_6, 1.0),
        (1, 3, 0.061_491_944_720_396_26, 0.792_340_399_197_952_3),
    ] {
        let interval = wilson(right, n);
        near(interval[0], low, 1e-12);
        near(interval[1], high, 1e-12);
    }
    near(wilson(0, 0)[0], 0.0, 1e-12);
    near(wilson(0, 0)[1], 1.0, 1e-12);
}

/// Against `statsmodels.stats.contingency_tables.mcnemar(exact=True)`.
#[test]
fn mcnemar_agrees_with_statsmodels() {
    for (only_a, only_b, p) in [
        (10, 25, 0.016_673_847_800_120_715),
        (3, 3, 1.0),
        (0, 8, 0.007_812_5),
        (150, 190, 0.034_270_046_533_293_9),
        (1, 0, 1.0),
        (0, 0, 1.0),
    ] {
        near(mcnemar(only_a, only_b), p, 1e-9);
    }
}

/// Against `statsmodels.stats.multitest.multipletests(method="holm")`.
#[test]
fn holm_agrees_with_statsmodels() {
    for (ours, theirs) in holm(&[0.01, 0.04, 0.03, 0.005]).into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
        near(ours, theirs, 1e-12);
    }
    assert!(holm(&[]).is_empty());
}

/// Against `scipy.optimize.brentq` on Connor's formula as it stands.
#[test]
fn smallest_visible_solves_connors_formula() {
    near(smallest_visible(2_035, 0.2), 0.027_757_797_583_189_348, 1e-9);
    near(smallest_visible(100, 0.3), 0.151_647_091_214_714_4, 1e-9);
    near(smallest_visible(500, 0.05), 0.027_949_846_411_038_27, 1e-9);
    assert!(smallest_visible(0, 0.0) <= 1.0 && smallest_visible(1, 1.0) <= 1.0);
}

/// Against 10,000 resamples by `numpy` (0.00197 to 0.03735), which differ by chance in the fourth digit.
#[test]
fn the_bootstrap_agrees_with_numpy() {
    let (a, b) = answers(1_500, 150, 190, 195);
    let (a, b) = (vec![a], vec![b]);
    let comparison = compare(&a, &b, 1);
    near(comparison.ci95[0], 0.001_965_6, 8e-4);
    near(comparison.ci95[1], 0.037_346_4, 8e-4);
    near(comparison.difference, 40.0 / 2_035.0, 1e-12);
    assert_eq!((comparison.discordant, comparison.verdict), ([150, 190], Verdict::Better));
    assert_eq!(compare(&b, &a, 1).verdict, Verdict::Worse);
}

#[test]
fn several_seeds_are_averaged_and_each_is_tested() {
    // Ten sentences: with its first seed b is right on all, with its second as a is.
    let a = vec![[vec![true; 5], vec![false; 5]].concat()];
    let b = vec![vec![true; 10], a[0].clone()];
    let comparison = compare(&a, &b, 1);
    near(comparison.difference, 0.25, 1e-12);
    assert_eq!((comparison.discordant, comparison.p_values.len()), ([0, 5], 2));
    near(comparison.p_values[0], 2.0 / 32.0, 1e-12);
    near(comparison.p_values[1], 1.0, 1e-12);
}

#[test]
fn digits_do_not_depend_on_threads() {
    let (a, b) = answers(50, 20, 10, 20);
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| compare(std::slice::from_ref(&a), std::slice::from_ref(&b), 5))
    };
    assert_eq!(at(1), at(3));
}

#[test]
fn equal_answers_prove_nothing_on_few_sentences() {
    let few = answers(7, 0, 0, 3);
    assert_eq!(compare(&[few.0], &[few.1], 0).verdict, Verdict::TooLittleData);
    let many = answers(1_500, 0, 0, 535);
    assert_eq!(compare(&[many.0], &[many.1], 0).verdict, Verdict::Equivalent);
    assert_eq!(compare(&[], &[], 0).verdict, Verdict::TooLittleData);
}

/// Four sentences that all point one way have an interval beside 0 and an exact p of 0.125.
#[test]
fn a_handful_of_sentences_decides_nothing() {
    let a: Vec<bool> = (0..50).map(|index| index < 4).collect();
    let b: Vec<bool> = (0..50).map(|index| index < 8).collect();
    let found = compare(&[a], &[b], 0);
    assert!(found.ci95[0] > 0.0 && found.p_values[0] > 0.05, "{found:?}");
    assert_eq!((found.discordant, found.verdict), ([0, 4], Verdict::TooLittleData));
    assert!(mcnemar(0, DECIDE) < 0.05 && mcnemar(0, DECIDE - 1) > 0.05);
}

#[test]
fn verdicts_by_interval() {
    for (interval, expected, words) in [
        ([0.001, 0.03], Verdict::Better, "better"),
        ([-0.05, -0.001], Verdict::Worse, "worse"),
        ([-0.019, 0.019], Verdict::Equivalent, "equivalent within 2 points"),
        ([0.001, 0.019], Verdict::Equivalent, "equivalent within 2 points"),
        ([-0.01, 0.03], Verdict::TooLittleData, "too little data to tell"),
        ([-0.02, 0.02], Verdict::TooLittleData, "too little data to tell"),
    ] {
        assert_eq!(verdict(interval, DECIDE), expected);
        assert_eq!(expected.to_string(), words);
    }
}

proptest! {
    #[test]
    fn wilson_holds_the_share_and_stays_inside(n in 1_usize..5_000, part in 0.0_f64..=1.0) {
        let right = (n as f64 * part) as usize;
        let ([low, high], share) = (wilson(right, n), right as f64 / n as f64);
        prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
    }

    #[test]
    fn p_values_are_symmetric_and_inside(only_a in 0_usize..400, only_b in 0_usize..400) {
        let p = mcnemar(only_a, only_b);
        prop_assert!(p > 0.0 && p <= 1.0);
        prop_assert!((p - mcnemar(only_b, only_a)).abs() < 1e-12);
    }

    #[test]
    fn holm_only_raises_and_keeps_the_order(p_values in proptest::collection::vec(0.0_f64..=1.0, 0..8)) {
        let corrected = holm(&p_values);
        for (i, p) in p_values.iter().enumerate() {
            prop_assert!(*p <= corrected[i] && corrected[i] <= 1.0);
            for (j, q) in p_values.iter().enumerate() {
                prop_assert!(p > q || corrected[i] <= corrected[j]);
            }
        }
    }

    #[test]
    fn the_bootstrap_holds_the_mean(values in proptest::collection::vec(-1_i8..=1, 5..60), seed: u64) {
        let differences: Vec<f64> = values.into_iter().map(f64::from).collect();
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let [low, high] = paired_bootstrap(&differences, 2_000, seed);
        prop_assert!(-1.0 <= low && low <= mean && mean <= high && high <= 1.0);
    }
}
