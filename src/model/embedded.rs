//! The models inside the program.

use super::{Bert, ModelError};

/// A model whose files are part of the program.
#[derive(Debug)]
pub struct Embedded {
    /// Its name.
    pub name: &'static str,
    /// A shorter name that `--model` and `--against` take, too.
    pub short: &'static str,
    /// sha256 of its weights file, as the README of its folder states it.
    pub sha256: &'static str,
    /// [`super::load::Facts::tensors_sha256`], known so that start-up need not find it.
    pub tensors_sha256: &'static str,
    /// `config.json`.
    pub config: &'static str,
    /// `tokenizer.json`.
    pub tokenizer: &'static [u8],
    /// `model.safetensors`.
    pub weights: &'static [u8],
}

/// Bytes at an address that half-precision numbers may have: at an odd one they are read through a copy, which takes a tenth
/// longer, and where a file lands in the program is chance.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

/// A file's bytes, aligned.
macro_rules! aligned {
    ($path:literal) => {{
        static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!($path));
        &FILE.0
    }};
}

/// The model of the course, used where none is named.
pub static MINILM: Embedded = Embedded {
    name: "all-MiniLM-L6-v2",
    short: "minilm",
    sha256: "5ba0032aefec27c763b2d9c8912eeec19529d4efdab9a71a9756e8056ba8f2e0",
    tensors_sha256: "5cdbdc5d4ac4b235619dbb8d10428d52476fde8926c4a27001cdf001809cab8c",
    config: include_str!("../../models/all-MiniLM-L6-v2/config.json"),
    tokenizer: include_bytes!("../../models/all-MiniLM-L6-v2/tokenizer.json"),
    weights: aligned!("../../models/all-MiniLM-L6-v2/model.safetensors"),
};

/// The other history: tuned through `[CLS]` itself.
#[cfg(feature = "bge")]
static BGE: Embedded = Embedded {
    name: "bge-small-en-v1.5",
    short: "bge",
    sha256: "a9367a51c596b9151d6d2ea9b2e213c5b0ca0f0226c41a3c24a4e0a63f42938c",
    tensors_sha256: "bf4fd4b60b7e2acf7f25f421edc6d112e3d3b8e694ba5f18849bb41244453b57",
    config: include_str!("../../models/bge-small-en-v1.5/config.json"),
    tokenizer: include_bytes!("../../models/bge-small-en-v1.5/tokenizer.json"),
    weights: aligned!("../../models/bge-small-en-v1.5/model.safetensors"),
};

/// All of them, that of the course first.
pub static ALL: &[&Embedded] = &[
    &MINILM,
    #[cfg(feature = "bge")]
    &BGE,
];

/// The one of this name or short name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Embedded> {
    ALL.iter().copied().find(|model| model.name == name || model.short == name)
}

/// One that has other weights than these: the partner of a model that nobody named another for.
#[must_use]
pub fn other_than(tensors_sha256: &str) -> Option<&'static Embedded> {
    ALL.iter().copied().find(|model| model.tensors_sha256 != tensors_sha256)
}

impl Embedded {
    /// Its origin as [`super::load::Facts`] name it.
    pub const ORIGIN: &'static str = "embedded";

    /// Loads it.
    ///
    /// # Errors
    /// When the binary is damaged.
    pub fn open(&self, max_length: Option<usize>) -> Result<Bert, ModelError> {
        let known = Some(self.tensors_sha256);
        Bert::from_memory([self.name, Self::ORIGIN], self.config, self.tokenizer, self.weights, max_length, known)
    }
}

impl Bert {
    /// The model of the course.
    ///
    /// # Errors
    /// When the binary is damaged.
    pub fn embedded(max_length: Option<usize>) -> Result<Self, ModelError> {
        MINILM.open(max_length)
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Embedded, find, other_than};
    use crate::model::Bert;

    #[test]
    fn the_hashes_are_those_of_the_files() {
        for Embedded { name, sha256, tensors_sha256, config, tokenizer, weights, .. } in ALL {
            let bert = Bert::from_parts(name, "a test", config, tokenizer, weights, None).expect("it loads");
            let facts = bert.facts();
            assert_eq!([&*facts.sha256, &*facts.tensors_sha256], [*sha256, *tensors_sha256], "{name}");
        }
    }

    #[test]
    fn models_are_found_by_both_names_and_each_has_a_partner() {
        for model in ALL {
            for name in [model.name, model.short] {
                assert_eq!(find(name).map(|found| found.name), Some(model.name));
            }
            let other = other_than(model.tensors_sha256).map(|other| other.name);
            assert!(other.is_some() == (ALL.len() > 1) && other != Some(model.name), "{other:?}");
        }
        assert!(find("BGE").is_none() && find("").is_none());
        assert_eq!(other_than("of another model").map(|other| other.name), Some(ALL[0].name));
    }
}
