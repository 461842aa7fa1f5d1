//! From tensors to slices of f32 and back.

use candle_core::{CpuStorage, Error, Layout, Result, Storage, Tensor, WithDType};

/// The f32 numbers behind a contiguous tensor.
pub(super) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        return Err(Error::Msg("expected a contiguous tensor".to_owned()));
    };
    f32::cpu_storage_as_slice(storage).map(|numbers| &numbers[start..end])
}

/// The same, to be changed.
pub(super) fn slice_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(numbers), Some((start, end))) => Ok(&mut numbers[start..end]),
        _ => Err(Error::Msg("expected a contiguous tensor of f32".to_owned())),
    }
}

/// Hands the numbers of contiguous f32 tensors to `f`, for backward passes.
pub(super) fn read<const K: usize, R>(tensors: [&Tensor; K], f: impl FnOnce([&[f32]; K]) -> Result<R>) -> Result<R> {
    let guards = tensors.map(Tensor::storage_and_layout);
    let mut slices: [&[f32]; K] = [&[]; K];
    for (numbers, (storage, layout)) in slices.iter_mut().zip(&guards) {
        let Storage::Cpu(storage) = &**storage else {
            return Err(Error::Msg("expected a tensor on the CPU".to_owned()));
        };
        *numbers = slice(storage, layout)?;
    }
    f(slices)
}

/// A tensor around numbers.
pub(super) fn tensor(numbers: Vec<f32>, like: &Tensor) -> Result<Tensor> {
    Tensor::from_vec(numbers, like.shape(), like.device())
}
