//! The learning rate over the steps: up to 1 over the first tenth, then on a straight line to 0.

/// The factor of the rate in step `step` (from 0) of `steps`.
#[must_use]
pub fn factor(step: usize, steps: usize) -> f64 {
    let warmup = steps.div_ceil(10).max(1);
    if step < warmup {
        (step + 1) as f64 / warmup as f64
    } else {
        steps.saturating_sub(step) as f64 / (steps - warmup).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rises_over_a_tenth_and_falls_to_nearly_nothing() {
        let all: Vec<f64> = (0..100).map(|step| factor(step, 100)).collect();
        assert!(all[..10].windows(2).all(|pair| pair[0] < pair[1]));
        assert!((all[9] - 1.0).abs() < 1e-12);
        assert!(all[10..].windows(2).all(|pair| pair[0] > pair[1]));
        assert!(all[99] > 0.0 && all[99] < 0.02);
        assert!((factor(0, 1) - 1.0).abs() < 1e-12, "a single step is taken at the full rate");
    }
}
