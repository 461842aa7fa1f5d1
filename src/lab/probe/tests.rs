use proptest::prelude::*;

use super::*;

const NEVER: &dyn Fn() -> bool = &|| false;

/// Numbers from 0 to 1 that any language makes alike: the linear congruential generator of ANSI C.
struct Lcg(u64);

impl Lcg {
    fn next(&mut self) -> f32 {
        self.0 = (self.0 * 1_103_515_245 + 12_345) % (1 << 31);
        (self.0 >> 8) as f32 / (1 << 23) as f32
    }
}

/// 200 x 8: column 3 constant, column 5 around 100; labels from columns 0, 1 and 2 with noise (117 positive).
fn synthetic() -> (Matrix, Vec<usize>) {
    let mut random = Lcg(1);
    let mut data: Vec<f32> = (0..1_600).map(|_| random.next()).collect();
    for row in data.chunks_exact_mut(8) {
        row[3] = 0.3;
        row[5] += 100.0;
    }
    let labels =
        data.chunks_exact(8).map(|row| usize::from(row[0] + row[1] - row[2] + 0.5 * random.next() > 0.6)).collect();
    (Matrix::new(200, 8, data), labels)
}

/// scikit-learn 1.9.1 on [`synthetic`]: `StandardScaler` and `LogisticRegression(C, solver="newton-cholesky",
/// tol=1e-10)`; coefficients divided by the scale, intercept for raw features, probability of the first row.
const SKLEARN: [(f64, [f64; 8], f64, f64); 4] = [
    (
        1e-4,
        [0.015_434_3, 0.012_325_1, -0.014_657_5, 0.0, -0.001_380_95, -0.000_697_046, -0.001_488_65, 0.000_265_144],
        0.409_22,
        0.584_84,
    ),
    (
        1e-2,
        [1.107_28, 0.892_265, -1.062_99, 0.0, -0.088_391_9, -0.005_190_13, -0.079_85, -0.027_707_9],
        0.586_305,
        0.578_837,
    ),
    (1.0, [8.710_74, 7.341_91, -8.464_47, 0.0, -0.752_53, 0.447_487, -0.145_846, -1.231_66], -46.550_4, 0.582_879),
    (10.0, [13.537_4, 11.473_6, -13.288_3, 0.0, -0.915_344, 0.395_168, -0.309_74, -2.022_36], -42.376_9, 0.630_941),
];

#[test]
fn agrees_with_scikit_learn() {
    let (features, labels) = synthetic();
    assert_eq!(labels.iter().filter(|label| **label == 1).count(), 117);
    for (c, weights, bias, probability) in SKLEARN {
        let head = fit(&features, &labels, c, NEVER).expect("fits");
        assert!(head.converged);
        for (ours, theirs) in head.weights.iter().zip(weights) {
            assert!((f64::from(*ours) - theirs).abs() < 1e-4, "C {c}: {ours} against {theirs}");
        }
        assert!((head.bias - bias).abs() < 2e-3, "C {c}: {} against {bias}", head.bias);
        assert!((f64::from(head.probability(features.row(0))) - probability).abs() < 1e-5);
    }
}

#[test]
fn a_warm_start_ends_where_a_cold_one_does() {
    let (features, labels) = synthetic();
    let chosen = choose_c(&features, &labels, &features, &labels, &GRID, NEVER).expect("fits");
    let cold = fit(&features, &labels, chosen.c, NEVER).expect("fits");
    for (warm, cold) in chosen.head.weights.iter().zip(&cold.weights) {
        assert!((warm - cold).abs() < 1e-4, "{warm} against {cold}");
    }
}

#[test]
fn digits_do_not_depend_on_threads() {
    let (features, labels) = synthetic();
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| fit(&features, &labels, 1.0, NEVER).expect("fits"))
    };
    let one = at(1);
    assert_eq!(one, at(2));
    assert_eq!(one, at(5));
}

#[test]
fn of_equal_accuracies_the_smaller_c_is_chosen() {
    let head = |c| Head { weights: vec![], bias: 0.0, c, converged: true, passes: 0 };
    let scored = vec![(0.7, head(0.1)), (0.8, head(1.0)), (0.8, head(10.0)), (0.6, head(100.0))];
    let chosen = best(scored).expect("not empty");
    assert_eq!((chosen.c, chosen.validation, chosen.grid.len()), (1.0, 0.8, 4));
}

#[test]
fn constant_features_answer_with_the_majority() {
    let features = Matrix::new(5, 3, [1.5, -20.0, 1e-3].repeat(5));
    let labels = [1, 0, 0, 1, 0];
    let chosen = choose_c(&features, &labels, &features, &labels, &GRID, NEVER).expect("fits");
    assert!((chosen.c - GRID[0]).abs() < 1e-12);
    assert_eq!(chosen.head.correct(&features, &labels), [false, true, true, false, true]);
    assert_eq!(chosen.head.weights, [0.0; 3]);
    assert!(chosen.head.bias.is_finite());
}

#[test]
fn features_that_differ_by_rounding_only_are_constant() {
    let mut data = [0.7_f32, 12.0].repeat(100);
    data[10] = f32::from_bits(data[10].to_bits() + 1);
    let labels: Vec<usize> = (0..100).map(|row| usize::from(row == 5)).collect();
    let head = fit(&Matrix::new(100, 2, data), &labels, 10.0, NEVER).expect("fits");
    assert_eq!(head.weights, [0.0, 0.0]);
}

#[test]
fn one_class_only_answers_with_it() {
    let (features, _) = synthetic();
    let head = fit(&features, &[1; 200], 1.0, NEVER).expect("fits");
    assert!(head.probability(features.row(3)) > 0.5 && head.bias.is_finite());
}

#[test]
fn a_dimension_far_from_zero_that_hardly_varies_keeps_its_digits() {
    // As in BERT's early layers: around 1000 with a deviation of 0.05.
    let mut random = Lcg(7);
    let data: Vec<f32> = (0..400).map(|_| 1_000.0 + 0.2 * random.next()).collect();
    let labels: Vec<usize> = data.iter().map(|x| usize::from(x + 0.05 * random.next() > 1_000.12)).collect();
    let features = Matrix::new(400, 1, data);
    let head = fit(&features, &labels, 10.0, NEVER).expect("fits");
    assert!(share(&head.correct(&features, &labels)) > 0.9);
}

#[test]
fn errors_are_told() {
    let (features, labels) = synthetic();
    let error = |train: &Matrix, labels: &[usize], c: f64| fit(train, labels, c, NEVER).expect_err("should be refused");
    assert_eq!(error(&Matrix::default(), &[], 1.0), ProbeError::Empty);
    assert!(matches!(error(&features, &labels[1..], 1.0), ProbeError::Mismatch { left: 200, right: 199, .. }));
    for c in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(error(&features, &labels, c), ProbeError::Strength);
    }
    let mut third = labels.clone();
    third[3] = 2;
    assert_eq!(error(&features, &third, 1.0), ProbeError::Classes { label: 2 });
    let mut broken = features.clone();
    broken.data[17] = f32::NAN;
    assert_eq!(error(&broken, &labels, 1.0), ProbeError::NotFinite { row: 2 });
    assert_eq!(fit(&features, &labels, 1.0, &|| true).expect_err("cancelled"), ProbeError::Cancelled);
    let narrow = Matrix::new(200, 1, vec![0.0; 200]);
    assert!(choose_c(&features, &labels, &narrow, &labels, &GRID, NEVER).is_err());
    assert_eq!(choose_c(&features, &labels, &features, &labels, &[], NEVER).expect_err("empty"), ProbeError::Strength);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_comes_the_head_is_finite(
        data in proptest::collection::vec(-1e6_f32..1e6, 24),
        labels in proptest::collection::vec(0_usize..2, 8),
        c in 1e-4_f64..10.0,
    ) {
        let head = fit(&Matrix::new(8, 3, data), &labels, c, NEVER).expect("fits");
        prop_assert!(head.bias.is_finite() && head.weights.iter().all(|weight| weight.is_finite()));
    }
}
