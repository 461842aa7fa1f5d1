//! Arithmetic on rows of f32, written so that the compiler turns it into vector instructions: fixed-width
//! accumulators, no branches, polynomials for `exp` and `erf` with stated errors.

#![expect(clippy::inline_always, reason = "what runs inside `wide` must be compiled there, with its instructions")]

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::storage::slice;

/// Numbers that are summed side by side.
pub(super) const LANES: usize = 16;

/// Rows that one thread takes at a time; fixed, so that results do not depend on the number of threads.
pub(super) const ROWS: usize = 16;

/// Below so many numbers a pass is over before a second thread has woken up.
const FEW: usize = 65_536;

/// Deals chunks of `out`, each with its index, to the threads; few numbers stay on this one.
pub(super) fn deal(out: &mut [f32], chunk: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    if out.len() <= FEW {
        out.chunks_mut(chunk).enumerate().for_each(|(index, out)| f(index, out));
    } else {
        out.par_chunks_mut(chunk).enumerate().for_each(|(index, out)| f(index, out));
    }
}

/// Chunk `index` of `x`, as [`deal`] cuts it.
pub(super) fn part(x: &[f32], chunk: usize, index: usize) -> &[f32] {
    &x[index * chunk..((index + 1) * chunk).min(x.len())]
}

/// Runs `f` compiled for the widest instructions that this processor has (AVX-512, AVX2, or the baseline).
#[inline(always)]
pub(super) fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

/// `Σ f(a_i, b_i)`, in an order that depends only on the length.
#[inline(always)]
pub(super) fn fold(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0f32; LANES];
    let (mut long_a, mut long_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (a, b) in long_a.by_ref().zip(long_b.by_ref()) {
        for lane in 0..LANES {
            lanes[lane] += f(a[lane], b[lane]);
        }
    }
    let rest: f32 = long_a.remainder().iter().zip(long_b.remainder()).map(|(a, b)| f(*a, *b)).sum();
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0] + rest
}

/// `Σ x_i`.
#[inline(always)]
pub(super) fn sum(x: &[f32]) -> f32 {
    fold(x, x, |x, _| x)
}

/// `y += a x`.
#[inline(always)]
pub(super) fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// `out = Σ_j weights_j row_j`, where row j is `out.len()` numbers of `rows` from `j · stride` on.
///
/// Block by block of columns, so that the sums stay in registers; widths that are a multiple of [`LANES`] are fastest.
#[inline(always)]
pub(super) fn weighted(weights: &[f32], rows: &[f32], stride: usize, out: &mut [f32]) {
    let mut start = 0;
    while out.len() - start >= 2 * LANES {
        block::<{ 2 * LANES }>(weights, &rows[start..], stride, &mut out[start..]);
        start += 2 * LANES;
    }
    while out.len() - start >= LANES {
        block::<LANES>(weights, &rows[start..], stride, &mut out[start..]);
        start += LANES;
    }
    let rest = &mut out[start..];
    rest.fill(0.0);
    for (j, weight) in weights.iter().enumerate() {
        let from = j * stride + start;
        add_scaled(rest, *weight, &rows[from..from + rest.len()]);
    }
}

/// The first `W` columns of [`weighted`].
#[inline(always)]
fn block<const W: usize>(weights: &[f32], rows: &[f32], stride: usize, out: &mut [f32]) {
    let mut sums = [0f32; W];
    for (j, weight) in weights.iter().enumerate() {
        let row = &rows[j * stride..j * stride + W];
        for lane in 0..W {
            sums[lane] += weight * row[lane];
        }
    }
    out[..W].copy_from_slice(&sums);
}

/// The largest number of a row; minus infinity of nothing.
#[inline(always)]
fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let mut blocks = row.chunks_exact(LANES);
    for block in blocks.by_ref() {
        for lane in 0..LANES {
            lanes[lane] = if block[lane] > lanes[lane] { block[lane] } else { lanes[lane] };
        }
    }
    lanes
        .iter()
        .chain(blocks.remainder())
        .fold(f32::NEG_INFINITY, |most, value| if *value > most { *value } else { most })
}

/// `softmax(scale · row)` in place: `exp(s x - max) / Σ exp(s x - max)`; minus infinity becomes 0.
#[inline(always)]
pub(super) fn softmax_row(row: &mut [f32], scale: f32) {
    let most = largest(row);
    row.iter_mut().for_each(|v| *v = exp((*v - most) * scale));
    let total = 1.0 / sum(row);
    row.iter_mut().for_each(|v| *v *= total);
}

/// `e^x` by 2^k · p(r), relative error below 2e-7; 0 below -87 and for minus infinity. Polynomial from Cephes' `expf`.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.5, 88.0);
    let k = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0; // rounds to the nearest integer
    let r = x - k * 0.693_359_4;
    let r = r + k * 2.121_944_4e-4;
    let p = 1.987_569_1e-4f32;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_65;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    // The rounding constant's bits hold k as an integer already: cheaper than a conversion.
    f32::from_bits((((k + 12_582_912.0).to_bits().wrapping_sub(0x4B40_0000)).wrapping_add(127)) << 23) * y
}

/// The error function and `e^(-x²)`, which it is made of; absolute error below 5e-7 (Abramowitz & Stegun 7.1.26 has
/// 1.5e-7 in exact arithmetic).
#[inline(always)]
pub(super) fn erf(x: f32) -> (f32, f32) {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t + 0.254_829_6) * t;
    let bell = exp(-a * a);
    ((1.0 - p * bell).copysign(x), bell)
}

/// Softmax over the last dimension of `scale · x`.
///
/// # Errors
/// When `x` is not f32.
pub fn softmax(x: &Tensor, scale: f32) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Softmax { scale })
}

struct Softmax {
    scale: f32,
}

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let width = layout.dims().last().copied().unwrap_or(1).max(1);
        let mut out = slice(x, layout)?.to_vec();
        let scale = self.scale;
        deal(&mut out, ROWS * width, |_, rows| {
            wide(
                #[inline(always)]
                || rows.chunks_mut(width).for_each(|row| softmax_row(row, scale)),
            );
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    /// `dx = s · y (dy - Σ dy y)`.
    fn bwd(&self, _: &Tensor, y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let along = (grad * y)?.sum_keepdim(y.rank() - 1)?;
        Ok(Some((y * grad.broadcast_sub(&along)?)?.affine(f64::from(self.scale), 0.0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{noise, slopes_agree};
    use super::*;
    use candle_core::Device;

    #[test]
    fn exp_and_erf_stay_within_their_stated_errors() {
        for i in -87_000..88_000 {
            let x = i as f32 / 1_000.0;
            let exact = f64::from(x).exp();
            assert!(((f64::from(exp(x)) - exact) / exact).abs() < 2e-7, "exp({x})");
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37, "a cut edge weighs nothing");
        let grid = Tensor::arange_step(-6f64, 6.0, 0.001, &Device::Cpu).expect("a range");
        let exact = grid.erf().and_then(|t| t.to_vec1::<f64>()).expect("candle's erf");
        for (x, exact) in grid.to_vec1::<f64>().expect("numbers").iter().zip(exact) {
            let (ours, bell) = erf(*x as f32);
            assert!((f64::from(ours) - exact).abs() < 5e-7, "erf({x})");
            assert!((f64::from(bell) - (-x * x).exp()).abs() < 5e-7, "e^-({x})²");
        }
    }

    #[test]
    fn weighted_rows_add_up_whatever_their_width() {
        for width in [1, 15, 16, 31, 32, 33, 70] {
            let rows: Vec<f32> = (0..3 * width).map(|i| (i % 7) as f32).collect();
            let mut out = vec![9.0; width];
            weighted(&[1.0, -2.0, 0.5], &rows, width, &mut out);
            for (column, sum) in out.iter().enumerate() {
                let expected = rows[column] - 2.0 * rows[width + column] + 0.5 * rows[2 * width + column];
                assert!((sum - expected).abs() < 1e-5, "column {column} of {width}");
            }
            let most = rows.iter().copied().fold(0.0, f32::max);
            assert!((largest(&rows) - most).abs() < 1e-9);
        }
    }

    #[test]
    fn sums_take_every_number_whatever_the_length() {
        for length in 0..70 {
            let numbers: Vec<f32> = (0..length).map(|i| i as f32).collect();
            assert!((sum(&numbers) - (0..length).sum::<i32>() as f32).abs() < 1e-3, "{length} numbers");
        }
    }

    #[test]
    fn softmax_has_the_gradient_of_its_formula() {
        slopes_agree(&[noise(&[3, 7], 1)], |x| softmax(&x[0], 0.7));
    }
}
