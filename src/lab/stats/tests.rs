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

/// A pair of lanes as a race would compare them.
fn worth(a: &[Vec<bool>], b: &[Vec<bool>], comparisons: usize) -> (Estimate, [f64; 2], Verdict) {
    let estimate = Table::of_differences(a, b).estimate();
    let interval = estimate.interval(comparisons);
    let verdict = verdict(interval, &estimate.by_seed, Margin::default());
    (estimate, interval, verdict)
}

/// One seed: Bonett and Price's adjusted interval of a difference of paired shares, here with t for their z.
#[test]
fn one_seed_has_the_adjusted_interval_of_paired_shares() {
    let (a, b) = answers(1_500, 150, 190, 195);
    let (estimate, interval, verdict) = worth(std::slice::from_ref(&a), std::slice::from_ref(&b), 1);
    let n = 2_037.0_f64;
    let (only_a, only_b) = (151.0 / n, 191.0 / n);
    let deviation = ((only_a + only_b - (only_b - only_a).powi(2)) / (n - 1.0)).sqrt();
    near(estimate.mean, 40.0 / 2_035.0, 1e-12);
    near(interval[0], only_b - only_a - Z * deviation, 5e-5);
    near(interval[1], only_b - only_a + Z * deviation, 5e-5);
    assert_eq!((verdict, estimate.parts(1).1), (Verdict::Better, None));
    assert_eq!(worth(&[b], &[a], 1).2, Verdict::Worse);
}

/// By hand: two seeds, four sentences, and the two that are made up.
#[test]
fn the_two_parts_are_those_of_a_two_way_analysis() {
    let values = vec![vec![1.0, 0.0, 0.0, 1.0], vec![0.0, 0.0, -1.0, 1.0]];
    let table = Table::of_values(values);
    let (n, s, one) = (6.0_f64, 2.0_f64, 0.5_f64.sqrt());
    let rows = [[1.0, 0.0, 0.0, 1.0, one, -one], [0.0, 0.0, -1.0, 1.0, one, -one]];
    let mean = rows.iter().flatten().sum::<f64>() / 12.0;
    let of_seed: Vec<f64> = rows.iter().map(|row| row.iter().sum::<f64>() / n).collect();
    let of_sentence: Vec<f64> = (0..6).map(|at| f64::midpoint(rows[0][at], rows[1][at])).collect();
    let sentences: f64 = s * of_sentence.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let seeds: f64 = n * of_seed.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (s - 1.0);
    let mut rest = 0.0;
    for (seed, row) in rows.iter().enumerate() {
        for (at, value) in row.iter().enumerate() {
            rest += (value - of_sentence[at] - of_seed[seed] + mean).powi(2);
        }
    }
    let rest = rest / ((s - 1.0) * (n - 1.0));
    let estimate = table.estimate();
    near(estimate.centre, mean, 1e-12);
    near(estimate.sentences, (sentences - rest).max(0.0) / (n * s), 1e-12);
    near(estimate.seeds.expect("two seeds"), seeds / (n * s), 1e-12);
    assert!(sentences > rest, "the example has a part of the sentences");
    let (from_sentences, from_seeds) = estimate.parts(3);
    let half = from_sentences.hypot(from_seeds.expect("a part"));
    near(half, estimate.half(3), 1e-12);
}

#[test]
fn several_seeds_are_averaged_and_one_meets_all() {
    // Ten sentences: with its first seed b is right on all, with its second as a is.
    let a = vec![[vec![true; 5], vec![false; 5]].concat()];
    let b = vec![vec![true; 10], a[0].clone()];
    let (estimate, ..) = worth(&a, &b, 1);
    near(estimate.mean, 0.25, 1e-12);
    assert_eq!(estimate.by_seed, [0.5, 0.0]);
    assert_eq!(discordant(&a, &b), [[0, 5], [0, 0]]);
}

/// Differences that seeds turn round decide nothing, however many sentences there are.
/// Two models, each with a difference of its own: what lies between them may be more than one model's difference can be.
#[test]
fn a_gap_is_the_difference_of_two_differences() {
    let right = |share: usize| (0..1_000).map(|at| at % 100 < share).collect::<Vec<bool>>();
    let first = Table::of_differences(&[right(80)], &[right(85)]);
    let second = Table::of_differences(&[right(90)], &[right(88)]);
    let gap = second.minus(&first).estimate();
    near(gap.mean, -0.07, 1e-12);
    assert!(gap.p(1) < 0.05 && gap.interval(1)[1] < 0.0);
    let (all, none) = ([vec![true; 1_000]], [vec![false; 1_000]]);
    let far = Table::of_differences(&none, &all).minus(&Table::of_differences(&all, &none)).estimate();
    let [low, high] = far.interval(1);
    assert!(1.9 < low && low < far.mean && high <= 2.0, "{low} {high}");
    // A model against itself: no gap, yet few sentences do not prove it.
    let few = Table::of_differences(&[right(80)[..9].to_vec()], &[right(85)[..9].to_vec()]);
    let same = few.minus(&few).estimate();
    assert_eq!(verdict(same.interval(1), &same.by_seed, Margin::default()), Verdict::TooLittleData);
}

#[test]
fn seeds_that_disagree_decide_nothing() {
    let right = |share: usize| (0..2_000).map(|at| at % 100 < share).collect::<Vec<bool>>();
    let a = vec![right(80); 3];
    let b = vec![right(85), right(76), right(81)];
    let (estimate, interval, verdict) = worth(&a, &b, 1);
    assert!(interval[0] < -0.02 && interval[1] > 0.02, "{interval:?}");
    assert_eq!(verdict, Verdict::TooLittleData);
    let (from_sentences, from_seeds) = estimate.parts(1);
    assert!(from_seeds.is_some_and(|seeds| seeds > 3.0 * from_sentences), "{from_sentences} {from_seeds:?}");
}

#[test]
fn more_comparisons_need_more_evidence() {
    let (a, b) = answers(1_500, 150, 190, 195);
    let (estimate, one, _) = worth(std::slice::from_ref(&a), std::slice::from_ref(&b), 1);
    let seven = estimate.interval(7);
    assert!(seven[0] < one[0] && seven[1] > one[1]);
    near(estimate.p(7), (7.0 * estimate.p(1)).min(1.0), 1e-12);
    assert_eq!(worth(&[a], &[b], 7).2, Verdict::TooLittleData);
}

#[test]
fn equal_answers_prove_nothing_on_few_sentences() {
    let few = answers(7, 0, 0, 3);
    assert_eq!(worth(&[few.0], &[few.1], 1).2, Verdict::TooLittleData);
    let many = answers(1_500, 0, 0, 535);
    assert_eq!(worth(&[many.0], &[many.1], 1).2, Verdict::Equivalent);
    assert_eq!(worth(&[], &[], 1).2, Verdict::TooLittleData);
    let nothing: [Vec<bool>; 1] = [Vec::new()];
    let (estimate, interval, verdict) = worth(&nothing, &nothing, 1);
    assert!(interval.iter().all(|end| end.is_finite()) && estimate.p(1) <= 1.0);
    assert_eq!(verdict, Verdict::TooLittleData);
}

/// As the exact test says, fewer than six sentences that tell two lanes apart decide nothing, though all point one way.
#[test]
fn a_handful_of_sentences_decides_nothing() {
    for n in [20, 50, 500, 2_000] {
        for apart in 1..6 {
            let (a, b) = answers(n / 2, 0, apart, n - n / 2 - apart);
            let (estimate, interval, verdict) = worth(&[a], &[b], 1);
            assert!(interval[0] <= 0.0 && estimate.p(1) > 0.05, "{apart} of {n}: {interval:?}");
            assert!(matches!(verdict, Verdict::TooLittleData | Verdict::Equivalent));
        }
    }
    assert!(mcnemar(0, 6) < 0.05 && mcnemar(0, 5) > 0.05);
}

#[test]
fn a_seed_outside_the_margin_forbids_equivalence() {
    let margin = Margin::default();
    for (interval, by_seed, expected) in [
        ([0.001, 0.03], &[0.015][..], Verdict::Better),
        ([-0.05, -0.001], &[-0.02], Verdict::Worse),
        ([-0.019, 0.019], &[0.0, 0.01], Verdict::Equivalent),
        ([-0.019, 0.019], &[0.021, -0.02], Verdict::TooLittleData),
        ([0.001, 0.019], &[0.01], Verdict::Equivalent),
        ([0.001, 0.019], &[0.021, -0.001], Verdict::Better),
        ([-0.01, 0.03], &[0.01], Verdict::TooLittleData),
        ([-0.02, 0.02], &[0.0], Verdict::TooLittleData),
    ] {
        assert_eq!(verdict(interval, by_seed, margin), expected, "{interval:?} {by_seed:?}");
    }
}

#[test]
fn a_margin_that_decides_nothing_is_refused() {
    for wrong in ["0", "100", "-1", "nan", "inf", "two", ""] {
        let error = wrong.parse::<Margin>().expect_err(wrong);
        assert!(error.contains("points") && error.contains('2'), "{error}");
    }
    for (text, share) in [("2", 0.02), ("0.5", 0.005), ("50", 0.5)] {
        let margin: Margin = text.parse().expect("a margin");
        near(margin.share(), share, 1e-12);
        assert_eq!(margin.to_string(), text);
    }
}

/// The difference that is found four times in five: with it, four tests in five have p below 0.05.
#[test]
fn a_visible_difference_is_found_four_times_in_five() {
    let (a, b) = answers(1_500, 150, 190, 195);
    let estimate = Table::of_differences(&[a], &[b]).estimate();
    let t = |share: f64| (estimate.visible(1) - share * estimate.deviation()) / estimate.deviation();
    near(t(Z), 0.841_6, 2e-3);
}

/// With several seeds a lane's interval is wider than Wilson's where seeds differ, and about as wide where they do not.
#[test]
fn an_accuracy_counts_its_seeds() {
    let right = |share: usize| (0..2_000).map(|at| at % 100 < share).collect::<Vec<bool>>();
    let width = |seeds: &[Vec<bool>]| {
        let (_, [low, high]) = accuracy(seeds);
        high - low
    };
    let alone = width(&[right(80)]);
    near(width(&[right(80), right(80)]), alone, 1e-3);
    assert!(width(&[right(76), right(80), right(84)]) > 2.0 * alone);
    near(accuracy(&[right(76), right(84)]).0, 0.8, 1e-12);
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

    /// Whatever the answers: interval, p and verdict agree, and everything is a number.
    #[test]
    fn interval_p_and_verdict_never_contradict_each_other(
        seeds in 1_usize..5,
        n in 1_usize..60,
        comparisons in 1_usize..9,
        shares in (0.0_f64..=1.0, 0.0_f64..=1.0),
        chance: u64,
    ) {
        use rand::Rng as _;
        use rand_chacha::rand_core::SeedableRng as _;
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(chance);
        let mut lane = |share: f64| -> Vec<Vec<bool>> {
            (0..seeds).map(|_| (0..n).map(|_| random.random::<f64>() < share).collect()).collect()
        };
        let (a, b) = (lane(shares.0), lane(shares.1));
        let (estimate, [low, high], verdict) = worth(&a, &b, comparisons);
        let p = estimate.p(comparisons);
        let (from_sentences, from_seeds) = estimate.parts(comparisons);
        prop_assert!([low, high, p, from_sentences, from_seeds.unwrap_or(0.0), estimate.visible(comparisons)]
            .iter().all(|value| value.is_finite()));
        prop_assert!(-1.0 <= low && low <= high && high <= 1.0 && (0.0..=1.0).contains(&p));
        // Ends that were cut off at -1 and 1 are beside 0 all the same.
        prop_assert_eq!(p < 0.05, low > 0.0 || high < 0.0, "{} to {}, p {}", low, high, p);
        match verdict {
            Verdict::Better => prop_assert!(low > 0.0 && p < 0.05),
            Verdict::Worse => prop_assert!(high < 0.0 && p < 0.05),
            Verdict::Equivalent => prop_assert!(low > -0.02 && high < 0.02),
            Verdict::TooLittleData => prop_assert!(p >= 0.05 || estimate.by_seed.iter().any(|seed| seed.abs() >= 0.02)),
        }
        // The other way round is the mirror image.
        let (back, mirrored, _) = worth(&b, &a, comparisons);
        prop_assert!((back.p(comparisons) - p).abs() < 1e-9 && (mirrored[0] + high).abs() < 1e-9);
    }
}
