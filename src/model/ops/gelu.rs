//! GELU: `x Φ(x)` with the exact normal distribution function (Hendrycks & Gimpel 2016).

#![expect(clippy::inline_always, reason = "what runs inside `wide` must be compiled there, with its instructions")]

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::linear::column_sums;
use super::storage::{read, slice, tensor};
use super::vector::{ROWS, deal, erf, part, wide};

/// `GELU(x)` for `x` [N x D].
///
/// # Errors
/// When `x` is not a matrix of f32.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    let (_, width) = x.dims2()?;
    bias_gelu(x, &Tensor::zeros(width, x.dtype(), x.device())?)
}

/// `GELU(x + b)` for `x` [N x D] and `b` `[D]`.
///
/// # Errors
/// When the shapes do not fit.
pub fn bias_gelu(x: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op2(bias, BiasGelu)
}

/// Φ(x), and φ(x) the density: `Φ(x) = (1 + erf(x / √2)) / 2`.
#[inline(always)]
fn normal(x: f32) -> (f32, f32) {
    let (erf, bell) = erf(x * std::f32::consts::FRAC_1_SQRT_2);
    (0.5 * (1.0 + erf), bell * 0.398_942_3)
}

struct BiasGelu;

impl CustomOp2 for BiasGelu {
    fn name(&self) -> &'static str {
        "bias-gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, b: &CpuStorage, lb: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, bias) = (slice(x, lx)?, slice(b, lb)?);
        let width = bias.len().max(1);
        let mut out = vec![0f32; x.len()];
        deal(&mut out, ROWS * width, |index, out| {
            let x = part(x, ROWS * width, index);
            wide(
                #[inline(always)]
                || {
                    for (out, x) in out.chunks_mut(width).zip(x.chunks(width)) {
                        for ((out, x), b) in out.iter_mut().zip(x).zip(bias) {
                            let x = x + b;
                            *out = x * normal(x).0;
                        }
                    }
                },
            );
        });
        Ok((CpuStorage::F32(out), lx.shape().clone()))
    }

    /// `d/dx x Φ(x) = Φ(x) + x φ(x)`; the bias gets the sum over rows.
    fn bwd(&self, x: &Tensor, bias: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let slopes = read([x, bias, &grad], |[x, bias, grad]| {
            let width = bias.len().max(1);
            let mut out = vec![0f32; x.len()];
            out.par_chunks_mut(ROWS * width)
                .zip(x.par_chunks(ROWS * width))
                .zip(grad.par_chunks(ROWS * width))
                .for_each(|((out, x), grad)| {
                    wide(
                        #[inline(always)]
                        || {
                            for ((out, x), grad) in out.chunks_mut(width).zip(x.chunks(width)).zip(grad.chunks(width)) {
                                for (((out, x), b), grad) in out.iter_mut().zip(x).zip(bias).zip(grad) {
                                    let x = x + b;
                                    let (cumulative, density) = normal(x);
                                    *out = grad * (cumulative + x * density);
                                }
                            }
                        },
                    );
                });
            Ok(out)
        })?;
        let dx = tensor(slopes, x)?;
        let db = bias.track_op().then(|| column_sums(&dx)).transpose()?;
        Ok((Some(dx), db))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{furthest, noise, slopes_agree};
    use super::*;

    #[test]
    fn it_agrees_with_candle_and_has_the_gradient_of_its_formula() {
        let (x, bias) = (noise(&[9, 40], 1), noise(&[40], 2));
        let ours = bias_gelu(&x, &bias).expect("a pass");
        let theirs = x.broadcast_add(&bias).and_then(|x| x.gelu_erf()).expect("candle's");
        assert!(furthest(&ours, &theirs) < 2e-6);
        assert!(furthest(&gelu(&x).expect("a pass"), &x.gelu_erf().expect("candle's")) < 2e-6);
        slopes_agree(&[noise(&[3, 5], 3), noise(&[5], 4)], |x| bias_gelu(&x[0], &x[1]));
    }
}
