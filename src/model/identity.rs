//! Which encoder it is, whatever file it came in: a hash of its numbers, not of a file's bytes.

use std::collections::BTreeMap;

use candle_core::{Result, Tensor};
use sha2::{Digest as _, Sha256};

use super::weights::hex;

/// Weights of these parts say which encoder it is; a package may have lost the others (pooler, heads).
const ENCODER: [&str; 2] = ["embeddings", "encoder."];

/// Numbers that are hashed at once.
const CHUNK: usize = 16_384;

/// sha256 of an encoder from the hash of each of its weights ([`of_weight`]), by Hugging Face's names.
pub(super) fn of_encoder(weights: &BTreeMap<String, String>) -> String {
    let encoder = weights.iter().filter(|(name, _)| ENCODER.iter().any(|part| name.starts_with(part)));
    let lines: Vec<String> = encoder.map(|(name, hash)| format!("{name} {hash}")).collect();
    hex(&Sha256::digest(lines.join("\n")))
}

/// sha256 of a weight's numbers as f32, little-endian.
///
/// # Errors
/// When its numbers are not f32.
pub(super) fn of_weight(weight: &Tensor) -> Result<String> {
    let (mut hash, mut bytes) = (Sha256::new(), Vec::with_capacity(4 * CHUNK));
    for numbers in weight.flatten_all()?.to_vec1::<f32>()?.chunks(CHUNK) {
        bytes.clear();
        numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
        hash.update(&bytes);
    }
    Ok(hex(&hash.finalize()))
}
