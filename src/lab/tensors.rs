//! From tensors to plain data, the only place where the two meet, and the little vector arithmetic the lab needs.

use candle_core::{Result, Tensor};

use super::Matrix;

/// A tensor of rank 2 as a matrix.
pub(super) fn matrix(tensor: &Tensor) -> Result<Matrix> {
    let (rows, cols) = tensor.dims2()?;
    Ok(Matrix::new(rows, cols, tensor.flatten_all()?.to_vec1()?))
}

/// A tensor of rank 3, [H x T x T], as H matrices.
pub(super) fn matrices(tensor: &Tensor) -> Result<Vec<Matrix>> {
    (0..tensor.dim(0)?).map(|index| matrix(&tensor.get(index)?)).collect()
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
