//! From tensors to plain data, the only place where the two meet, and the little vector arithmetic the lab needs.

use candle_core::{Device, Result, Tensor};

use super::Matrix;
use crate::model::HiddenStates;

/// A tensor of rank 2 as a matrix.
pub(super) fn matrix(tensor: &Tensor) -> Result<Matrix> {
    let (rows, cols) = tensor.dims2()?;
    Ok(Matrix::new(rows, cols, tensor.flatten_all()?.to_vec1()?))
}

/// What a pass has kept: one matrix [T x D] for each layer from 0.
pub(super) fn states(kept: &HiddenStates) -> Result<Vec<Matrix>> {
    kept.0.iter().map(matrix).collect()
}

/// A tensor of rank 3, [H x T x T], as H matrices.
pub(super) fn matrices(tensor: &Tensor) -> Result<Vec<Matrix>> {
    (0..tensor.dim(0)?).map(|index| matrix(&tensor.get(index)?)).collect()
}

/// a x b^T, [a.rows x b.rows].
pub(super) fn product(a: &Matrix, b: &Matrix) -> Result<Matrix> {
    let a = Tensor::from_slice(&a.data, (a.rows, a.cols), &Device::Cpu)?;
    let b = Tensor::from_slice(&b.data, (b.rows, b.cols), &Device::Cpu)?;
    matrix(&a.matmul(&b.t()?)?)
}

/// a x b for row-major f64 numbers, b [n x n]; rounded to f32.
pub(super) fn product_f64(a: Vec<f64>, b: Vec<f64>, n: usize) -> Result<Matrix> {
    let rows = a.len() / n.max(1);
    let a = Tensor::from_vec(a, (rows, n), &Device::Cpu)?;
    let b = Tensor::from_vec(b, (n, n), &Device::Cpu)?;
    matrix(&a.matmul(&b)?.to_dtype(candle_core::DType::F32)?)
}

/// a x b^T for row-major f64 numbers with rows of `width`: [rows of a x rows of b].
pub(super) fn product_transposed_f64(a: Vec<f64>, b: &[f64], width: usize) -> Result<Vec<f64>> {
    let rows = |numbers: usize| numbers / width.max(1);
    let count = rows(a.len());
    let a = Tensor::from_vec(a, (count, width), &Device::Cpu)?;
    let b = Tensor::from_slice(b, (rows(b.len()), width), &Device::Cpu)?;
    a.matmul(&b.t()?)?.flatten_all()?.to_vec1()
}

/// Sum of products, in f64.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Euclidean length.
pub(super) fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}

/// Cosine of the angle between two vectors; 0 when one of them is zero.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let lengths = norm(a) * norm(b);
    if lengths > 0.0 { (dot(a, b) / lengths) as f32 } else { 0.0 }
}
