//! The operations of BERT that are not matrix products, each with its formula.
//!
//! Every one is a candle `CustomOp`: a multi-threaded pass over the rows and, for training, the matching gradient.
//! candle's own fused LayerNorm and softmax are not used because their gradients are silently absent.

use candle_core::{CpuStorage, CustomOp1, CustomOp3, Error, Layout, Result, Shape, Tensor, WithDType};
use rayon::prelude::*;

/// Rows that one thread takes at a time; fixed, so that results do not depend on the number of threads.
const ROWS: usize = 16;

/// A dense layer: `x Wᵀ + b`.
#[derive(Debug, Clone)]
pub struct Linear {
    /// `weight` transposed and laid out contiguously [in x out], which the multiplication reads fastest.
    pub weight_t: Tensor,
    /// `bias` `[out]`.
    pub bias: Tensor,
}

impl Linear {
    /// A layer from Hugging Face's `weight` [out x in] and `bias` `[out]`.
    ///
    /// # Errors
    /// When the weight is not a matrix.
    pub fn new(weight: &Tensor, bias: Tensor) -> Result<Self> {
        Ok(Self { weight_t: weight.t()?.contiguous()?, bias })
    }

    /// `x Wᵀ + b` for `x` [N x in]; [N x out].
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight_t)?.broadcast_add(&self.bias)
    }
}

/// LayerNorm over the last dimension: `γ (x - mean) / sqrt(var + ε) + β` (Ba et al. 2016).
#[derive(Debug, Clone)]
pub struct LayerNorm {
    /// `weight` γ `[D]`.
    pub weight: Tensor,
    /// `bias` β `[D]`.
    pub bias: Tensor,
    /// ε.
    pub eps: f64,
}

impl LayerNorm {
    /// Normalises each row of `x` [N x D].
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op3(&self.weight, &self.bias, Normalise { eps: self.eps as f32 })
    }
}

struct Normalise {
    eps: f32,
}

impl CustomOp3 for Normalise {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        w: &CpuStorage,
        lw: &Layout,
        b: &CpuStorage,
        lb: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight, bias) = (slice(x, lx)?, slice(w, lw)?, slice(b, lb)?);
        let width = weight.len();
        let mut out = vec![0f32; x.len()];
        rows(x, &mut out, width, |row, out| {
            let mean = row.iter().sum::<f32>() / width as f32;
            let variance = row.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / width as f32;
            let scale = 1.0 / (variance + self.eps).sqrt();
            for (((out, v), w), b) in out.iter_mut().zip(row).zip(weight).zip(bias) {
                *out = (v - mean) * scale * w + b;
            }
        });
        Ok((CpuStorage::F32(out), lx.shape().clone()))
    }

    /// With `n = (x - mean)/s`: `dx = (γ dy - mean(γ dy) - n mean(γ dy n)) / s`, `dγ = Σ dy n`, `dβ = Σ dy`.
    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let last = x.rank() - 1;
        let centred = x.broadcast_sub(&x.mean_keepdim(last)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(last)? + f64::from(self.eps))?.sqrt()?;
        let normal = centred.broadcast_div(&deviation)?;
        let scaled = grad.broadcast_mul(weight)?;
        let along = normal.broadcast_mul(&(&scaled * &normal)?.mean_keepdim(last)?)?;
        let dx = (scaled.broadcast_sub(&scaled.mean_keepdim(last)?)? - along)?.broadcast_div(&deviation)?;
        let to_row = |t: Tensor| t.reshape(((), weight.elem_count()))?.sum(0);
        Ok((Some(dx), Some(to_row((grad * &normal)?)?), Some(to_row(grad.clone())?)))
    }
}

/// GELU: `x Φ(x)` with the exact normal distribution function (Hendrycks & Gimpel 2016).
///
/// # Errors
/// When `x` is not f32.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op1(Gelu)
}

struct Gelu;

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = slice(x, layout)?;
        let mut out = vec![0f32; x.len()];
        rows(x, &mut out, 1024, |row, out| {
            for (out, &v) in out.iter_mut().zip(row) {
                *out = 0.5 * v * (1.0 + erf(v * std::f32::consts::FRAC_1_SQRT_2));
            }
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    /// `d/dx x Φ(x) = Φ(x) + x φ(x)`.
    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let cumulative = ((x / std::f64::consts::SQRT_2)?.erf()? + 1.0)?.affine(0.5, 0.0)?;
        let density = (x.sqr()? * -0.5)?.exp()?.affine(1.0 / (2.0 * std::f64::consts::PI).sqrt(), 0.0)?;
        Ok(Some((grad * (cumulative + (x * density)?)?)?))
    }
}

/// Softmax over the last dimension of `scale · x`: `exp(sx - max) / Σ exp(sx - max)`.
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
        let x = slice(x, layout)?;
        let mut out = vec![0f32; x.len()];
        rows(x, &mut out, width, |row, out| {
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (out, v) in out.iter_mut().zip(row) {
                *out = exp((v - most) * self.scale);
            }
            let total = 1.0 / out.iter().sum::<f32>();
            out.iter_mut().for_each(|v| *v *= total);
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    /// `dx = s · y (dy - Σ dy y)`.
    fn bwd(&self, _: &Tensor, y: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let along = (grad * y)?.sum_keepdim(y.rank() - 1)?;
        Ok(Some((y * grad.broadcast_sub(&along)?)?.affine(f64::from(self.scale), 0.0)?))
    }
}

/// The f32 numbers behind a contiguous tensor.
fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        return Err(Error::Msg("expected a contiguous tensor".to_owned()));
    };
    f32::cpu_storage_as_slice(storage).map(|numbers| &numbers[start..end])
}

/// Applies `f` to each row of `width` numbers, several rows at a time on each thread.
fn rows(x: &[f32], out: &mut [f32], width: usize, f: impl Fn(&[f32], &mut [f32]) + Sync) {
    let chunk = ROWS * width.max(1);
    let one =
        |(x, out): (&[f32], &mut [f32])| x.chunks(width).zip(out.chunks_mut(width)).for_each(|(x, out)| f(x, out));
    if x.len() <= 2 * chunk {
        one((x, out));
    } else {
        x.par_chunks(chunk).zip(out.par_chunks_mut(chunk)).for_each(one);
    }
}

/// `e^x` by 2^k · p(r), relative error below 2e-7; 0 below -87 and for minus infinity. Branch-free, so that loops over
/// it vectorise. Polynomial from Cephes' `expf`.
#[inline]
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.5, 88.0);
    let k = (x * std::f32::consts::LOG2_E + 12_582_912.0) - 12_582_912.0; // rounds to the nearest integer
    let r = (-k).mul_add_portable(0.693_359_4, x);
    let r = (-k).mul_add_portable(-2.121_944_4e-4, r);
    let p = 1.987_569_1e-4f32;
    let p = p * r + 1.398_2e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_65;
    let p = p * r + 0.5;
    let y = p * r * r + r + 1.0;
    f32::from_bits(((k as i32 + 127) << 23) as u32) * y
}

trait MulAddPortable {
    /// `self * a + b` without calling the library's fused version, which is slow where the processor lacks it.
    fn mul_add_portable(self, a: f32, b: f32) -> f32;
}

impl MulAddPortable for f32 {
    #[inline]
    fn mul_add_portable(self, a: f32, b: f32) -> f32 {
        self * a + b
    }
}

/// The error function, absolute error below 5e-7 (Abramowitz & Stegun 7.1.26 has 1.5e-7 in exact arithmetic).
#[inline]
fn erf(x: f32) -> f32 {
    let a = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * a);
    let p = ((((1.061_405_4 * t - 1.453_152_1) * t + 1.421_413_8) * t - 0.284_496_72) * t + 0.254_829_6) * t;
    (1.0 - p * exp(-a * a)).copysign(x)
}

#[cfg(test)]
mod tests {
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
            assert!((f64::from(erf(*x as f32)) - exact).abs() < 5e-7, "erf({x})");
        }
    }
}
