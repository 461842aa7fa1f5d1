//! The dense layer: `x Wᵀ + b`.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Error, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::storage::{read, slice};
use super::vector::{ROWS, add_scaled, deal, wide};

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

    /// Several layers that read the same input as one, whose outputs stand side by side [in x (out + out + ...)].
    ///
    /// # Errors
    /// When their inputs differ in size.
    pub fn side_by_side(layers: &[Self]) -> Result<Self> {
        let pick = |part: fn(&Self) -> &Tensor| layers.iter().map(part).collect::<Vec<_>>();
        Ok(Self {
            weight_t: Tensor::cat(&pick(|layer| &layer.weight_t), 1)?,
            bias: Tensor::cat(&pick(|layer| &layer.bias), 0)?,
        })
    }

    /// `x Wᵀ + b` for `x` [N x in]; [N x out].
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.contiguous()?.apply_op3(&self.weight_t, &self.bias, Dense)
    }

    /// `x Wᵀ` alone, for an operation that adds the bias itself.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn product(&self, x: &Tensor) -> Result<Tensor> {
        product(x, &self.weight_t)
    }
}

/// `x Wᵀ` for `x` [N x in] and `weight_t` [in x out]; [N x out].
///
/// # Errors
/// When the shapes do not fit.
pub fn product(x: &Tensor, weight_t: &Tensor) -> Result<Tensor> {
    x.contiguous()?.apply_op2(weight_t, Product)
}

/// `x Wᵀ`. Candle's own product computes the gradient of both sides even where only one learns.
struct Product;

struct Dense;

impl CustomOp2 for Product {
    fn name(&self) -> &'static str {
        "product"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, w: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let ((rows, inner), (expected, out)) = (lx.shape().dims2()?, lw.shape().dims2()?);
        if inner != expected {
            return Err(Error::Msg(format!("a product with [{expected} x {out}] cannot read rows of {inner}")));
        }
        Ok((x.matmul(w, (1, rows, out, inner), lx, lw)?, Shape::from((rows, out))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight_t: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        backwards(x, weight_t, &grad.contiguous()?)
    }
}

/// `dx = dy W` and `dWᵀ = xᵀ dy`; nothing is computed for an input that does not learn.
fn backwards(x: &Tensor, weight_t: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
    let dx = x.track_op().then(|| grad.matmul(&weight_t.t()?)).transpose()?;
    let dw = weight_t.track_op().then(|| x.t()?.matmul(grad)).transpose()?;
    Ok((dx, dw))
}

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "linear"
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
        let ((rows, inner), (expected, out)) = (lx.shape().dims2()?, lw.shape().dims2()?);
        let bias = slice(b, lb)?;
        if inner != expected || bias.len() != out {
            return Err(Error::Msg(format!(
                "a dense layer of {expected} -> {out} with {} biases cannot read rows of {inner}",
                bias.len()
            )));
        }
        let CpuStorage::F32(mut product) = x.matmul(w, (1, rows, out, inner), lx, lw)? else {
            return Err(Error::Msg("a dense layer works on f32".to_owned()));
        };
        deal(&mut product, ROWS * out.max(1), |_, rows| {
            wide(
                #[inline(always)]
                || rows.chunks_mut(out).for_each(|row| add_scaled(row, 1.0, bias)),
            );
        });
        Ok((CpuStorage::F32(product), Shape::from((rows, out))))
    }

    /// As of a product, and `db = Σ dy`.
    fn bwd(
        &self,
        x: &Tensor,
        weight_t: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let grad = grad.contiguous()?;
        let (dx, dw) = backwards(x, weight_t, &grad)?;
        let db = bias.track_op().then(|| column_sums(&grad)).transpose()?;
        Ok((dx, dw, db))
    }
}

/// Sums of the columns of `x` [N x D]; `[D]`. Partial sums are over a fixed number of rows and added in order.
pub(super) fn column_sums(x: &Tensor) -> Result<Tensor> {
    let (_, width) = x.dims2()?;
    let sums = read([x], |[numbers]| {
        let partial: Vec<Vec<f32>> = numbers
            .par_chunks(4 * ROWS * width.max(1))
            .map(|rows| {
                wide(
                    #[inline(always)]
                    || {
                        let mut sums = vec![0f32; width];
                        rows.chunks(width).for_each(|row| add_scaled(&mut sums, 1.0, row));
                        sums
                    },
                )
            })
            .collect();
        let mut total = vec![0f32; width];
        partial.iter().for_each(|sums| add_scaled(&mut total, 1.0, sums));
        Ok(total)
    })?;
    Tensor::from_vec(sums, width, x.device())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{noise, slopes_agree};
    use super::*;

    #[test]
    fn a_dense_layer_has_the_gradients_of_its_formula() {
        slopes_agree(&[noise(&[5, 4], 1), noise(&[4, 3], 2), noise(&[3], 3)], |x| {
            Linear { weight_t: x[1].clone(), bias: x[2].clone() }.forward(&x[0])
        });
    }

    #[test]
    fn a_product_has_the_gradients_of_its_formula_and_none_for_what_does_not_learn() {
        slopes_agree(&[noise(&[5, 4], 1), noise(&[4, 3], 2)], |x| {
            Linear { weight_t: x[1].clone(), bias: noise(&[3], 3) }.product(&x[0])
        });
        let x = candle_core::Var::from_tensor(&noise(&[5, 4], 1)).expect("a variable");
        let layer = Linear { weight_t: noise(&[4, 3], 2), bias: noise(&[3], 3) };
        let store = layer.product(x.as_tensor()).and_then(|y| y.sum_all()?.backward()).expect("gradients");
        assert!(store.get(x.as_tensor()).is_some() && store.get(&layer.weight_t).is_none());
        assert!(layer.product(&noise(&[2, 5], 3)).is_err());
    }

    #[test]
    fn columns_are_summed_whatever_the_number_of_rows() {
        for rows in [1, 63, 64, 65, 200] {
            let x = noise(&[rows, 7], rows as u64);
            let ours: Vec<f32> = column_sums(&x).and_then(|sums| sums.to_vec1()).expect("sums");
            let candle: Vec<f32> = x.sum(0).and_then(|sums| sums.to_vec1()).expect("sums");
            assert!(ours.iter().zip(candle).all(|(a, b)| (a - b).abs() < 1e-4), "{rows} rows");
        }
    }

    #[test]
    fn rows_of_the_wrong_width_are_refused() {
        let layer = Linear { weight_t: noise(&[4, 3], 1), bias: noise(&[3], 2) };
        assert!(layer.forward(&noise(&[2, 5], 3)).is_err());
    }
}
