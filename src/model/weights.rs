//! Where weights come from: a safetensors file or a `pytorch_model.bin`, in f32, f16 or bf16.
//!
//! Only the directory of the file is read at first; each weight is read, checked and converted when it is taken, so
//! that the file and the converted weights are never in memory together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;
use safetensors::tensor::Metadata;
use sha2::{Digest, Sha256};

use super::{ModelError, folder, pickle};
use crate::files;
pub use crate::wording::hex;

/// Weights larger than this are refused before they are read.
pub const MOST_BYTES: u64 = 8 << 30;

/// A longer directory of a safetensors file is refused: a model needs about 120 bytes a weight.
const LONGEST_HEADER: usize = 8 << 20;

/// A weight with more dimensions is refused.
pub(super) const MOST_DIMENSIONS: usize = 8;

/// Where one weight lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// How its numbers are stored; the stored name of a kind that is not read.
    pub dtype: Result<DType, String>,
    pub shape: Vec<usize>,
    /// First byte, from the beginning of the file.
    pub start: u64,
    /// Bytes.
    pub length: u64,
}

/// The weights of a checkpoint, by Hugging Face's names for BERT without a prefix.
pub struct Weights<'a> {
    origin: String,
    entries: HashMap<String, Entry>,
    source: Source<'a>,
}

enum Source<'a> {
    Memory(&'a [u8]),
    File(File),
}

impl<'a> Weights<'a> {
    /// Reads a safetensors file that is in memory.
    ///
    /// # Errors
    /// When the file is cut off or damaged.
    pub fn parse(origin: &str, bytes: &'a [u8]) -> Result<Self, ModelError> {
        let size = bytes.len() as u64;
        let length = header_length(origin, bytes, size)?;
        let entries = directory(origin, bytes.get(8..8 + length).unwrap_or(&[]), size)?;
        Ok(Self { origin: origin.to_owned(), entries: plain_names(entries), source: Source::Memory(bytes) })
    }

    /// Opens a weights file: safetensors, or PyTorch's zip format by its first bytes.
    ///
    /// # Errors
    /// When it cannot be read, is cut off or damaged, or is of another format.
    pub fn open(path: &Path) -> Result<Weights<'static>, ModelError> {
        let unreadable = |error: std::io::Error| ModelError::Unreadable { path: path.into(), cause: error.to_string() };
        let mut file = files::open(path).map_err(unreadable)?;
        let known = file.metadata().map_err(unreadable)?;
        let size = known.len();
        let origin = path.display().to_string();
        if size > MOST_BYTES {
            let cause = format!("it has {size} bytes, more than the {MOST_BYTES} that clsroom reads");
            return Err(ModelError::Unreadable { path: path.to_path_buf(), cause });
        }
        let mut first = Vec::new();
        file.by_ref().take(1_024).read_to_end(&mut first).map_err(unreadable)?;
        folder::refuse_stand_in(path, &first)?;
        first.truncate(8);
        let pickled = ["bin", "pt", "pth", "ckpt"];
        let binary = path.extension().and_then(|ending| ending.to_str()).is_some_and(|e| pickled.contains(&e));
        let entries = if binary || first.starts_with(b"PK") {
            pickle::directory(&origin, &file, &first)?
        } else {
            let mut header = vec![0; header_length(&origin, &first, size)?];
            files::read_exact_at(&file, &mut header, 8).map_err(unreadable)?;
            directory(&origin, &header, size)?
        };
        Ok(Weights { origin, entries: plain_names(entries), source: Source::File(file) })
    }

    /// Reads one weight as f32, checked against the shape that the configuration asks for.
    ///
    /// # Errors
    /// When it is missing, has another shape, or holds a value that is not finite.
    pub fn take(&self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let entry = self
            .entries
            .get(name)
            .ok_or_else(|| ModelError::Missing { origin: self.origin.clone(), name: name.to_owned() })?;
        if entry.shape != shape {
            return Err(ModelError::Shape {
                origin: self.origin.clone(),
                name: name.to_owned(),
                found: entry.shape.clone(),
                expected: shape.to_vec(),
            });
        }
        self.read(name, entry)
    }

    /// The shape of a weight, if there is one of this name.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    /// Names of all weights, in order. Integers such as the constant `position_ids` are no weights.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let floats = self.entries.iter().filter(|(_, entry)| entry.dtype.is_ok());
        let mut names: Vec<&str> = floats.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// sha256 of the whole file, in hexadecimal.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn sha256(&self) -> Result<String, ModelError> {
        let mut hash = Sha256::new();
        match &self.source {
            Source::Memory(bytes) => hash.update(bytes),
            Source::File(file) => {
                let mut buffer = vec![0; 1 << 20];
                let mut at = 0;
                loop {
                    match files::read_at(file, &mut buffer, at).map_err(|error| self.unreadable(&error))? {
                        0 => break,
                        count => {
                            hash.update(&buffer[..count]);
                            at += count as u64;
                        }
                    }
                }
            }
        }
        Ok(hex(&hash.finalize()))
    }

    /// All weights, for the oracle. Integers such as the constant `position_ids` are left out.
    ///
    /// # Errors
    /// As [`Self::take`].
    pub fn all(&self) -> Result<HashMap<String, Tensor>, ModelError> {
        let floats = self.entries.par_iter().filter(|(_, entry)| entry.dtype.is_ok());
        floats.map(|(name, entry)| Ok((name.clone(), self.read(name, entry)?))).collect()
    }

    fn read(&self, name: &str, entry: &Entry) -> Result<Tensor, ModelError> {
        let dtype = entry.dtype.clone().map_err(|dtype| ModelError::Dtype {
            origin: self.origin.clone(),
            name: name.to_owned(),
            dtype,
        })?;
        let (start, length) = (entry.start as usize, entry.length as usize);
        let bytes: Cow<'_, [u8]> = match &self.source {
            // Where it lies was checked against the length of the whole.
            Source::Memory(bytes) => Cow::Borrowed(&bytes[start..start + length]),
            Source::File(file) => {
                let mut bytes = vec![0; length];
                files::read_exact_at(file, &mut bytes, entry.start).map_err(|error| self.unreadable(&error))?;
                Cow::Owned(bytes)
            }
        };
        let tensor = Tensor::from_raw_buffer(&bytes, dtype, &entry.shape, &Device::Cpu)?;
        drop(bytes);
        let tensor = tensor.to_dtype(DType::F32)?;
        // A sum is NaN or infinite if any of its terms is, and one pass finds it.
        if tensor.elem_count() == 0 || tensor.sum_all()?.to_scalar::<f32>()?.is_finite() {
            Ok(tensor)
        } else {
            Err(ModelError::NotFinite { origin: self.origin.clone(), name: name.to_owned() })
        }
    }

    fn unreadable(&self, error: &std::io::Error) -> ModelError {
        ModelError::Unreadable { path: self.origin.clone().into(), cause: error.to_string() }
    }
}

/// Whether a text is a sha256 as [`hex`] writes it.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// sha256 of a file from where it stands, in hexadecimal.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_of(file: &mut File) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}

/// How long a safetensors file of `size` bytes says that its directory is, from its first bytes.
fn header_length(origin: &str, first: &[u8], size: u64) -> Result<usize, ModelError> {
    let damaged = |cause: String| ModelError::Damaged { origin: origin.to_owned(), kind: "safetensors file", cause };
    let Some(first) = first.get(..8).and_then(|first| first.try_into().ok()) else {
        return Err(damaged(format!("it has {}", crate::wording::counted(first.len(), "byte"))));
    };
    let (length, rest) = (u64::from_le_bytes(first), size.saturating_sub(8));
    if length > rest {
        return Err(damaged(format!("its directory would take {length} bytes, and there are {rest}")));
    }
    usize::try_from(length).ok().filter(|length| *length <= LONGEST_HEADER).ok_or_else(|| {
        damaged(format!("its directory takes {length} bytes, more than the {LONGEST_HEADER} that clsroom reads"))
    })
}

/// The directory of a safetensors file of `size` bytes, from its JSON header.
fn directory(origin: &str, header: &[u8], size: u64) -> Result<HashMap<String, Entry>, ModelError> {
    let damaged = |cause: String| ModelError::Damaged { origin: origin.to_owned(), kind: "safetensors file", cause };
    let metadata: Metadata = serde_json::from_slice(header).map_err(|error| damaged(crate::wording::cause(&error)))?;
    let begin = 8 + header.len() as u64;
    let length = size.saturating_sub(begin);
    let most = metadata.tensors().values().map(|info| info.data_offsets.1 as u64).max().unwrap_or(0);
    if most != length {
        return Err(damaged(format!("its weights take {most} bytes, and there are {length}")));
    }
    let entry = |(name, info): (String, &safetensors::tensor::TensorInfo)| {
        let (from, to) = info.data_offsets;
        if info.shape.len() > MOST_DIMENSIONS {
            let name = crate::wording::visible(&name.chars().take(100).collect::<String>());
            return Err(damaged(format!("{name} has {} dimensions", info.shape.len())));
        }
        let dtype = DType::try_from(info.dtype).ok();
        let read = dtype.filter(|dtype| matches!(dtype, DType::F32 | DType::F16 | DType::BF16));
        let numbers = info.shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
        if let Some(dtype) = read
            && numbers.and_then(|numbers| numbers.checked_mul(dtype.size_in_bytes())) != to.checked_sub(from)
        {
            return Err(damaged(format!("the size of {} does not fit its shape", crate::wording::visible(&name))));
        }
        let dtype = read.ok_or_else(|| format!("{:?}", info.dtype));
        Ok((
            name,
            Entry {
                dtype,
                shape: info.shape.clone(),
                start: begin + from as u64,
                length: to.saturating_sub(from) as u64,
            },
        ))
    };
    metadata.tensors().into_iter().map(entry).collect()
}

/// The name that every encoder's word table ends in; what stands before it is the checkpoint's prefix.
const WORD_TABLE: &str = "embeddings.word_embeddings.weight";

/// Parts of a name that wrappers add at any place (data parallel, `torch.compile`, sharding), and no model has.
const WRAPPERS: [&str; 5] =
    ["module", "_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

/// Names as this program asks for them: wrappers and the prefix of the encoder left out, LayerNorm's `gamma` and `beta`
/// (as older checkpoints call them) and DistilBERT's names translated. What stands beside the encoder, as a
/// classification head does, loses as much of the prefix as it has. Where two stored names become one, the shorter is
/// taken.
fn plain_names(entries: HashMap<String, Entry>) -> HashMap<String, Entry> {
    let mut stored: Vec<(String, Entry)> = entries.into_iter().collect();
    stored.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
    let unwrap = |name: &str| name.split('.').filter(|part| !WRAPPERS.contains(part)).collect::<Vec<_>>().join(".");
    stored.iter_mut().for_each(|(name, _)| *name = unwrap(name));
    let prefixes = stored.iter().filter_map(|(name, _)| name.strip_suffix(WORD_TABLE));
    let prefix = prefixes.min_by_key(|prefix| (prefix.len(), *prefix)).unwrap_or("").to_owned();
    let ends = prefix.match_indices('.').map(|(at, _)| at + 1).rev();
    let around: Vec<&str> = ends.map(|end| &prefix[..end]).collect();
    let bare = |name: &str| {
        let rest = around.iter().find_map(|prefix| name.strip_prefix(prefix));
        plain_name(rest.unwrap_or(name))
    };
    let mut plain = HashMap::with_capacity(stored.len());
    for (name, entry) in stored {
        plain.entry(bare(&name)).or_insert(entry);
    }
    with_head(plain)
}

/// A classification head under a prefix that the encoder does not have, as its only head, is the model's.
fn with_head(mut plain: HashMap<String, Entry>) -> HashMap<String, Entry> {
    let heads = ["pre_classifier.", "classifier."];
    let split = |name: &str| {
        let at = heads.iter().find_map(|head| name.find(&format!(".{head}")))?;
        Some((name[..at].to_owned(), name[at + 1..].to_owned()))
    };
    let own = |name: &String| heads.iter().any(|head| name.starts_with(head));
    let found: Vec<(String, (String, String))> =
        plain.keys().filter_map(|name| Some((name.clone(), split(name)?))).collect();
    let one = found.iter().all(|(_, (prefix, _))| *prefix == found[0].1.0);
    if one && !plain.keys().any(own) {
        for (name, (_, rest)) in found {
            if let Some(entry) = plain.remove(&name) {
                plain.insert(rest, entry);
            }
        }
    }
    plain
}

/// DistilBERT's names and BERT's.
const DISTILBERT: [(&str, &str); 8] = [
    ("attention.q_lin.", "attention.self.query."),
    ("attention.k_lin.", "attention.self.key."),
    ("attention.v_lin.", "attention.self.value."),
    ("attention.out_lin.", "attention.output.dense."),
    ("sa_layer_norm.", "attention.output.LayerNorm."),
    ("ffn.lin1.", "intermediate.dense."),
    ("ffn.lin2.", "output.dense."),
    ("output_layer_norm.", "output.LayerNorm."),
];

fn plain_name(name: &str) -> String {
    if let Some(start) = name.strip_suffix("LayerNorm.gamma") {
        return format!("{start}LayerNorm.weight");
    }
    if let Some(start) = name.strip_suffix("LayerNorm.beta") {
        return format!("{start}LayerNorm.bias");
    }
    if let Some((number, part)) = name.strip_prefix("transformer.layer.").and_then(|rest| rest.split_once('.'))
        && let Some((theirs, ours)) = DISTILBERT.iter().find(|(theirs, _)| part.starts_with(theirs))
    {
        return format!("encoder.layer.{number}.{ours}{}", &part[theirs.len()..]);
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain_name;

    #[test]
    fn older_names_and_distilberts_become_berts() {
        let names = [
            ("embeddings.LayerNorm.gamma", "embeddings.LayerNorm.weight"),
            ("encoder.layer.3.output.LayerNorm.beta", "encoder.layer.3.output.LayerNorm.bias"),
            ("transformer.layer.11.attention.q_lin.bias", "encoder.layer.11.attention.self.query.bias"),
            ("transformer.layer.0.output_layer_norm.weight", "encoder.layer.0.output.LayerNorm.weight"),
            ("pooler.dense.weight", "pooler.dense.weight"),
        ];
        for (stored, plain) in names {
            assert_eq!(plain_name(stored), plain);
        }
    }
}
