//! How often the intervals hold the truth: pairs of lanes are made up, with a known difference, again and again.
//!
//! A sentence's difference is partly its own (every seed finds it) and partly chance of the single answer; a seed shifts
//! all of its sentences. Of recorded pairs of fine-tuned lanes up to a quarter of a sentence's variance is its own, and seeds
//! differ by up to 1.6 points; the cases go to twice that, and to sentences whose variance is nearly all their own.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Table;

/// Tables made up in each case: the share of hits is then known to half a point.
const TIMES: u32 = 2_000;
/// Share of the sentences on which two lanes differ.
const APART: f64 = 0.2;
/// The true difference, in favour of b.
const TRUTH: f64 = 0.02;

/// A number near the standard normal distribution.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// What one answer of each lane comes to: -1, 0 or 1, of mean [`TRUTH`].
fn answer(random: &mut ChaCha8Rng) -> f64 {
    let draw: f64 = random.random();
    match draw {
        _ if draw < f64::midpoint(APART, TRUTH) => 1.0,
        _ if draw < APART => -1.0,
        _ => 0.0,
    }
}

/// Values by seed and sentence, and the difference that the interval has to hold: with one seed that of its two models.
fn made_up(seeds: usize, sentences: usize, own: f64, spread: f64, random: &mut ChaCha8Rng) -> (Vec<Vec<f64>>, f64) {
    let shifts: Vec<f64> = (0..seeds).map(|_| spread * normal(random)).collect();
    let mut values = vec![vec![0.0; sentences]; seeds];
    for at in 0..sentences {
        let kept = (random.random::<f64>() < own).then(|| answer(random));
        for (values, shift) in values.iter_mut().zip(&shifts) {
            values[at] = kept.unwrap_or_else(|| answer(random)) + shift;
        }
    }
    (values, if seeds == 1 { TRUTH + shifts[0] } else { TRUTH })
}

#[test]
fn intervals_hold_the_truth_nineteen_times_in_twenty() {
    for seeds in [1, 3, 5, 10] {
        for (own, spread) in [0.2, 0.95].into_iter().flat_map(|own| [0.002, 0.012, 0.03].map(|spread| (own, spread))) {
            for sentences in [300, 2_000] {
                let mut random = ChaCha8Rng::seed_from_u64(sentences as u64);
                let hits = (0..TIMES)
                    .filter(|_| {
                        let (values, truth) = made_up(seeds, sentences, own, spread, &mut random);
                        let [low, high] = Table::of_values(values).estimate().interval(1);
                        low <= truth && truth <= high
                    })
                    .count();
                let share = hits as f64 / f64::from(TIMES);
                let case = format!("{seeds} seeds, {sentences} sentences, {own} their own, seeds ±{spread}: {share}");
                println!("{case}");
                assert!((0.93..=0.97).contains(&share), "{case}");
            }
        }
    }
}
