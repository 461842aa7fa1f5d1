//! LayerNorm over the last dimension: `γ (x - mean) / sqrt(var + ε) + β` (Ba et al. 2016), alone, and with the sum of
//! the residual connection and the bias before it.

use candle_core::{CpuStorage, CustomOp3, Error, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::storage::{read, slice, tensor};
use super::vector::{ROWS, add_scaled, deal, fold, part, sum, wide};

/// LayerNorm's parameters.
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
        self.forward_sum(x, &x.zeros_like()?, &self.bias.zeros_like()?)
    }

    /// Normalises each row of `x + y + b`: the residual connection around a dense layer whose product is `y` and whose
    /// bias is `b`.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward_sum(&self, x: &Tensor, y: &Tensor, bias: &Tensor) -> Result<Tensor> {
        let parameters = Tensor::stack(&[bias, &self.weight, &self.bias], 0)?;
        x.contiguous()?.apply_op3(&y.contiguous()?, &parameters, SumNorm { eps: self.eps as f32 })
    }
}

/// On x [N x D], y [N x D] and the rows b, γ, β [3 x D].
struct SumNorm {
    eps: f32,
}

impl SumNorm {
    /// `x + y + b` centred into `n`; gives one over its standard deviation. Call it inside [`wide`].
    #[expect(clippy::inline_always, reason = "compiled with the instructions of its caller")]
    #[inline(always)]
    fn centre(&self, x: &[f32], y: &[f32], b: &[f32], n: &mut [f32]) -> f32 {
        for (((n, x), y), b) in n.iter_mut().zip(x).zip(y).zip(b) {
            *n = x + y + b;
        }
        let width = n.len() as f32;
        let mean = sum(n) / width;
        n.iter_mut().for_each(|n| *n -= mean);
        1.0 / (fold(n, n, |a, b| a * b) / width + self.eps).sqrt()
    }
}

fn parts(parameters: &[f32]) -> Result<[&[f32]; 3]> {
    let width = parameters.len() / 3;
    let mut rows = parameters.chunks_exact(width.max(1));
    match (rows.next(), rows.next(), rows.next()) {
        (Some(bias), Some(gamma), Some(beta)) => Ok([bias, gamma, beta]),
        _ => Err(Error::Msg("LayerNorm has no parameters".to_owned())),
    }
}

impl CustomOp3 for SumNorm {
    fn name(&self) -> &'static str {
        "bias-residual-layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        lx: &Layout,
        y: &CpuStorage,
        ly: &Layout,
        p: &CpuStorage,
        lp: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, y, [bias, gamma, beta]) = (slice(x, lx)?, slice(y, ly)?, parts(slice(p, lp)?)?);
        let width = gamma.len();
        if lx.dims() != ly.dims() || lx.dims().last() != Some(&width) {
            return Err(Error::Msg(format!("LayerNorm of {width} cannot read {:?} and {:?}", lx.dims(), ly.dims())));
        }
        let mut out = vec![0f32; x.len()];
        let chunk = ROWS * width;
        deal(&mut out, chunk, |index, out| {
            let (x, y) = (part(x, chunk, index), part(y, chunk, index));
            wide(
                #[inline(always)]
                || {
                    for ((out, x), y) in out.chunks_mut(width).zip(x.chunks(width)).zip(y.chunks(width)) {
                        let scale = self.centre(x, y, bias, out);
                        for ((out, gamma), beta) in out.iter_mut().zip(gamma).zip(beta) {
                            *out = *out * scale * gamma + beta;
                        }
                    }
                },
            );
        });
        Ok((CpuStorage::F32(out), lx.shape().clone()))
    }

    /// With `n = (s - mean)/std` of the sum s: `ds = (γ dy - mean(γ dy) - n mean(γ dy n)) / std`, the same for x, y and,
    /// summed over rows, b; `dγ = Σ dy n`, `dβ = Σ dy`.
    fn bwd(
        &self,
        x: &Tensor,
        y: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let (slopes, sums) = read([x, y, parameters, &grad], |[x, y, p, grad]| {
            let [bias, gamma, _] = parts(p)?;
            let width = gamma.len();
            let chunk = 4 * ROWS * width;
            let mut slopes = vec![0f32; x.len()];
            let partial: Vec<Vec<f32>> = slopes
                .par_chunks_mut(chunk)
                .zip(x.par_chunks(chunk))
                .zip(y.par_chunks(chunk))
                .zip(grad.par_chunks(chunk))
                .map(|(((slopes, x), y), grad)| {
                    wide(
                        #[inline(always)]
                        || self.slopes([x, y, grad], [bias, gamma], slopes),
                    )
                })
                .collect();
            let mut total = vec![0f32; 3 * width];
            partial.iter().for_each(|sums| add_scaled(&mut total, 1.0, sums));
            Ok((slopes, total))
        })?;
        let ds = tensor(slopes, x)?;
        Ok((x.track_op().then(|| ds.clone()), Some(ds), Some(tensor(sums, parameters)?)))
    }
}

impl SumNorm {
    /// Gradients of some rows: `ds` into `slopes`, and the sums over them for b, γ and β, one after the other.
    #[expect(clippy::inline_always, reason = "compiled with the instructions of its caller")]
    #[inline(always)]
    fn slopes(&self, [x, y, grad]: [&[f32]; 3], [bias, gamma]: [&[f32]; 2], slopes: &mut [f32]) -> Vec<f32> {
        let width = gamma.len();
        let mut normal = vec![0f32; width];
        let mut sums = vec![0f32; 3 * width];
        let (for_bias, rest) = sums.split_at_mut(width);
        let (for_gamma, for_beta) = rest.split_at_mut(width);
        let rows = slopes.chunks_mut(width).zip(x.chunks(width)).zip(y.chunks(width)).zip(grad.chunks(width));
        for (((ds, x), y), grad) in rows {
            let scale = self.centre(x, y, bias, &mut normal);
            normal.iter_mut().for_each(|n| *n *= scale);
            for ((ds, grad), gamma) in ds.iter_mut().zip(grad).zip(gamma) {
                *ds = grad * gamma;
            }
            let mean = sum(ds) / width as f32;
            let along = fold(ds, &normal, |a, b| a * b) / width as f32;
            for (ds, n) in ds.iter_mut().zip(&normal) {
                *ds = (*ds - mean - n * along) * scale;
            }
            add_scaled(for_bias, 1.0, ds);
            add_scaled(for_beta, 1.0, grad);
            for ((sum, grad), n) in for_gamma.iter_mut().zip(grad).zip(&normal) {
                *sum += grad * n;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{furthest, noise, slopes_agree};
    use super::*;

    #[test]
    fn the_fused_sum_is_the_sum_and_then_the_norm() {
        let norm = LayerNorm { weight: noise(&[40], 1), bias: noise(&[40], 2), eps: 1e-12 };
        let (x, y, bias) = (noise(&[70, 40], 3), noise(&[70, 40], 4), noise(&[40], 5));
        let fused = norm.forward_sum(&x, &y, &bias).expect("a pass");
        let sum = (&x + &y).and_then(|sum| sum.broadcast_add(&bias)).expect("a sum");
        assert!(furthest(&fused, &norm.forward(&sum).expect("a pass")) < 1e-5);
        let candle = candle_nn::LayerNorm::new(norm.weight.clone(), norm.bias.clone(), 1e-12);
        assert!(furthest(&fused, &candle_nn::Module::forward(&candle, &sum).expect("candle's")) < 1e-5);
    }

    #[test]
    fn it_has_the_gradients_of_its_formula() {
        let given = [noise(&[4, 6], 1), noise(&[4, 6], 2), noise(&[6], 3), noise(&[6], 4), noise(&[6], 5)];
        slopes_agree(&given, |x| {
            LayerNorm { weight: x[3].clone(), bias: x[4].clone(), eps: 1e-3 }.forward_sum(&x[0], &x[1], &x[2])
        });
    }
}
