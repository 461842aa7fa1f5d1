//! `AdamW` (Loshchilov & Hutter 2019): one pass over a parameter, its two moments and its gradient.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, Error, InplaceOp2, Layout, Result, Tensor};
use rayon::prelude::*;

use super::storage::{read, slice, slice_mut};
use super::vector::{fold, wide};

/// Numbers that one thread takes at a time.
const CHUNK: usize = 16_384;

/// What one step of one parameter needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Learning rate η of this step.
    pub rate: f64,
    /// β₁ and β₂.
    pub betas: (f64, f64),
    /// ε.
    pub eps: f64,
    /// Weight decay λ, taken from the weight itself and not through the gradient.
    pub decay: f64,
    /// How many steps this parameter has taken, this one included; from 1.
    pub number: i32,
    /// What the gradient is multiplied with first: 1, or less where it is clipped.
    pub clip: f64,
}

/// Running means of a parameter's gradient and of its square.
#[derive(Debug, Default, Clone)]
pub struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// The step's factors as the loop uses them.
#[derive(Clone, Copy)]
struct Factors {
    clip: f32,
    betas: (f32, f32),
    keep: f32,
    rate: f32,
    second: f32,
    eps: f32,
}

impl Step {
    /// `m = β₁ m + (1 - β₁) g`, `v = β₂ v + (1 - β₂) g²`, `w = w (1 - η λ) - η m̂ / (sqrt(v̂) + ε)` with
    /// `m̂ = m / (1 - β₁ᵗ)`, `v̂ = v / (1 - β₂ᵗ)`; `weights` and `gradient` have the same length.
    pub fn apply(&self, weights: &mut [f32], gradient: &[f32], moments: &mut Moments) {
        moments.first.resize(weights.len(), 0.0);
        moments.second.resize(weights.len(), 0.0);
        let (b1, b2) = self.betas;
        let factors = Factors {
            clip: self.clip as f32,
            betas: (b1 as f32, b2 as f32),
            keep: (1.0 - self.rate * self.decay) as f32,
            rate: (self.rate / (1.0 - b1.powi(self.number))) as f32,
            second: (1.0 / (1.0 - b2.powi(self.number))) as f32,
            eps: self.eps as f32,
        };
        weights
            .par_chunks_mut(CHUNK)
            .zip(gradient.par_chunks(CHUNK))
            .zip(moments.first.par_chunks_mut(CHUNK))
            .zip(moments.second.par_chunks_mut(CHUNK))
            .for_each(|(((w, g), m), v)| {
                wide(
                    #[inline(always)]
                    || advance(factors, w, g, m, v),
                );
            });
    }
}

#[expect(clippy::inline_always, reason = "compiled with the instructions of its caller")]
#[inline(always)]
fn advance(by: Factors, weights: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
    for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
        let g = g * by.clip;
        *m = by.betas.0 * *m + (1.0 - by.betas.0) * g;
        *v = by.betas.1 * *v + (1.0 - by.betas.1) * g * g;
        *w = *w * by.keep - by.rate * *m / ((*v * by.second).sqrt() + by.eps);
    }
}

/// Moves a variable's numbers in place: every tensor that shares them sees the new ones.
///
/// # Errors
/// When gradient and parameter differ in shape.
pub fn step(parameter: &Tensor, gradient: &Tensor, moments: &mut Moments, step: Step) -> Result<()> {
    if parameter.dims() != gradient.dims() {
        return Err(Error::Msg(format!("a gradient {:?} for a parameter {:?}", gradient.dims(), parameter.dims())));
    }
    parameter.inplace_op2(&gradient.contiguous()?, &InPlace { step, moments: Mutex::new(moments) })
}

/// The sum of a gradient's squares, in an order that does not depend on the number of threads.
///
/// # Errors
/// When it is not f32.
pub fn squared_norm(gradient: &Tensor) -> Result<f64> {
    read([&gradient.contiguous()?], |[numbers]| {
        let partial: Vec<f32> = numbers
            .par_chunks(CHUNK)
            .map(|chunk| {
                wide(
                    #[inline(always)]
                    || fold(chunk, chunk, |a, b| a * b),
                )
            })
            .collect();
        Ok(partial.into_iter().map(f64::from).sum())
    })
}

struct InPlace<'a> {
    step: Step,
    moments: Mutex<&'a mut Moments>,
}

impl InplaceOp2 for InPlace<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, lw: &Layout, gradient: &CpuStorage, lg: &Layout) -> Result<()> {
        let mut moments = self.moments.lock().unwrap_or_else(PoisonError::into_inner);
        self.step.apply(slice_mut(weights, lw)?, slice(gradient, lg)?, &mut moments);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{furthest, noise};
    use super::*;
    use candle_core::Var;
    use candle_nn::{AdamW, Optimizer, ParamsAdamW};

    #[test]
    fn ten_steps_are_those_of_candles_own() {
        let settings = ParamsAdamW { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 };
        let theirs = Var::from_tensor(&noise(&[5, 3], 1)).expect("a variable");
        let ours = Var::from_tensor(&noise(&[5, 3], 1)).expect("a variable");
        let seen_elsewhere = ours.as_detached_tensor();
        let mut optimiser = AdamW::new(vec![theirs.clone()], settings).expect("an optimiser");
        let mut moments = Moments::default();
        let loss = |x: &Var| x.as_tensor().sqr().and_then(|x| x.sum_all()).expect("a loss");
        for number in 1..=10 {
            optimiser.backward_step(&loss(&theirs)).expect("a step");
            let gradients = loss(&ours).backward().expect("gradients");
            let gradient = gradients.get(&ours).expect("a gradient");
            let by = Step { rate: 0.01, betas: (0.9, 0.999), eps: 1e-8, decay: 0.01, number, clip: 1.0 };
            step(ours.as_tensor(), gradient, &mut moments, by).expect("a step");
        }
        assert!(furthest(ours.as_tensor(), theirs.as_tensor()) < 1e-5);
        assert!(furthest(&seen_elsewhere, ours.as_tensor()) < 1e-9, "the storage is shared");
        assert!(furthest(&noise(&[5, 3], 1), ours.as_tensor()) > 0.05, "something moved");
    }
}
