//! Where weights come from: a safetensors file in f32, f16 or bf16, checked before it is used.

use std::collections::HashMap;

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;
use safetensors::tensor::{SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use super::ModelError;

/// All weights of a checkpoint as f32, by Hugging Face's names without the `bert.` prefix.
pub struct Weights {
    origin: String,
    tensors: HashMap<String, Tensor>,
    sha256: String,
}

impl Weights {
    /// Reads a safetensors file that is in memory.
    ///
    /// # Errors
    /// When the file is cut off or damaged, or a weight is not finite.
    pub fn parse(origin: &str, bytes: &[u8]) -> Result<Self, ModelError> {
        let damaged = |cause: String| ModelError::Damaged { origin: origin.to_owned(), cause };
        let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
        let read = || {
            file.tensors()
                .into_par_iter()
                .filter_map(|(name, view)| {
                    tensor(origin, &name, &view).map(|t| t.map(|t| (plain_name(&name), t))).transpose()
                })
                .collect::<Result<HashMap<_, _>, _>>()
        };
        // The hash of 45 MB takes as long as the conversion: one thread each.
        let (tensors, sha256) = rayon::join(read, || hex(&Sha256::digest(bytes)));
        Ok(Self { origin: origin.to_owned(), tensors: tensors?, sha256 })
    }

    /// Takes one weight out, checked against the shape that the configuration asks for.
    ///
    /// # Errors
    /// When it is missing or has another shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor = self
            .tensors
            .remove(name)
            .ok_or_else(|| ModelError::Missing { origin: self.origin.clone(), name: name.to_owned() })?;
        if tensor.dims() == shape {
            Ok(tensor)
        } else {
            Err(ModelError::Shape {
                origin: self.origin.clone(),
                name: name.to_owned(),
                found: tensor.dims().to_vec(),
                expected: shape.to_vec(),
            })
        }
    }

    /// Whether a weight of this name is (still) there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// sha256 of the whole file, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// All weights as they are, for the oracle.
    #[must_use]
    pub fn into_map(self) -> HashMap<String, Tensor> {
        self.tensors
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Older checkpoints prefix names with `bert.` and call LayerNorm's weights `gamma` and `beta`.
fn plain_name(name: &str) -> String {
    let name = name.strip_prefix("bert.").unwrap_or(name);
    if let Some(start) = name.strip_suffix("LayerNorm.gamma") {
        format!("{start}LayerNorm.weight")
    } else if let Some(start) = name.strip_suffix("LayerNorm.beta") {
        format!("{start}LayerNorm.bias")
    } else {
        name.to_owned()
    }
}

/// One weight as f32; `None` for integers such as the constant `position_ids`.
fn tensor(origin: &str, name: &str, view: &TensorView<'_>) -> Result<Option<Tensor>, ModelError> {
    let Ok(dtype) = DType::try_from(view.dtype()) else { return Ok(None) };
    if !matches!(dtype, DType::F32 | DType::F16 | DType::BF16) {
        return Ok(None);
    }
    let tensor = Tensor::from_raw_buffer(view.data(), dtype, view.shape(), &Device::Cpu)?.to_dtype(DType::F32)?;
    // A sum is NaN or infinite if any of its terms is, and one pass finds it.
    if tensor.sum_all()?.to_scalar::<f32>()?.is_finite() {
        Ok(Some(tensor))
    } else {
        Err(ModelError::NotFinite { origin: origin.to_owned(), name: name.to_owned() })
    }
}
