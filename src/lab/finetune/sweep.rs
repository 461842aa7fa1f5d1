//! Which learning rates a lane tries, so that the best one is no edge of the grid.
//!
//! A grid that ends where its best is says only that the best may lie beyond it. So the sweep goes on, doubling or
//! halving, until the best on validation has a worse neighbour on either side.

/// The rates that every lane tries.
pub const GRID: [f64; 3] = [5e-5, 1e-4, 2e-4];

/// Rates outside these are not tried, whatever the sweep says.
pub const LIMITS: [f64; 2] = [1e-5, 1e-3];

/// A rate that was tried, with its accuracy on validation; none where the loss diverged.
pub type Tried = (f64, Option<f64>);

/// Of the rates tried the one that was best on validation; of equals the smallest. None where all diverged.
#[must_use]
pub fn best(tried: &[Tried]) -> Option<(f64, f64)> {
    let finished = tried.iter().filter_map(|(rate, accuracy)| Some((*rate, (*accuracy)?)));
    finished.reduce(|best, other| {
        let better = other.1 > best.1 || (other.1 >= best.1 && other.0 < best.0);
        if better { other } else { best }
    })
}

/// The next rate to try: those of [`GRID`] first, then beyond the edge at which the best lies; `None` when the best is
/// inside, or a limit is reached. Where all diverged, smaller ones are tried.
#[must_use]
pub fn next(tried: &[Tried]) -> Option<f64> {
    if let Some(rate) =
        GRID.into_iter().find(|rate| !tried.iter().any(|(before, _)| before.to_bits() == rate.to_bits()))
    {
        return Some(rate);
    }
    let ends = tried.iter().fold([f64::INFINITY, 0.0_f64], |[low, high], (rate, _)| [low.min(*rate), high.max(*rate)]);
    let beyond = match best(tried) {
        Some((rate, _)) if rate >= ends[1] => 2.0 * rate,
        Some((rate, _)) if rate <= ends[0] => rate / 2.0,
        Some(_) => return None,
        None => ends[0] / 2.0,
    };
    (LIMITS[0]..=LIMITS[1]).contains(&beyond).then_some(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All rates tried for a lane whose accuracy is this function of its rate.
    fn sweep(accuracy: impl Fn(f64) -> Option<f64>) -> Vec<Tried> {
        let mut tried = Vec::new();
        while let Some(rate) = next(&tried) {
            tried.push((rate, accuracy(rate)));
            assert!(tried.len() < 20, "it does not end: {tried:?}");
        }
        tried
    }

    /// An accuracy that is best at this rate.
    fn peak(at: f64) -> impl Fn(f64) -> Option<f64> {
        move |rate| Some(1.0 - (rate / at).ln().abs() / 10.0)
    }

    #[test]
    fn the_sweep_goes_on_until_the_best_is_inside() {
        for (at, tries) in [(1e-4, 3), (2e-4, 4), (4e-4, 5), (5e-5, 4), (2.5e-5, 5)] {
            let tried = sweep(peak(at));
            assert_eq!(tried.len(), tries, "{at}: {tried:?}");
            let (rate, _) = best(&tried).expect("a best");
            assert!((rate / at - 1.0).abs() < 1e-9, "{at}: {rate}");
            let beside = |side: fn(&f64, &f64) -> bool| tried.iter().any(|(other, _)| side(other, &rate));
            assert!(beside(|other, rate| other < rate) && beside(|other, rate| other > rate), "{at}: {tried:?}");
        }
    }

    #[test]
    fn it_ends_at_its_limits() {
        for at in [1e-9, 1.0] {
            let tried = sweep(peak(at));
            assert!(tried.iter().all(|(rate, _)| (LIMITS[0]..=LIMITS[1]).contains(rate)), "{tried:?}");
        }
    }

    #[test]
    fn rates_that_diverge_are_no_best() {
        let tried = sweep(|rate| (rate < 1.5e-4).then_some(0.8 + rate));
        assert_eq!(tried.len(), 3);
        assert!(best(&tried).is_some_and(|(rate, _)| (rate / 1e-4 - 1.0).abs() < 1e-9), "{tried:?}");
        assert!(best(&sweep(|rate| (rate < 2e-5).then_some(0.8))).is_some_and(|(rate, _)| rate < 2e-5));
        assert_eq!(best(&sweep(|_| None)), None);
    }

    #[test]
    fn of_equals_the_smallest_is_taken() {
        assert!(best(&[(1e-4, Some(0.8)), (5e-5, Some(0.8)), (2e-4, Some(0.7))]).is_some_and(|(rate, _)| rate < 6e-5));
    }
}
