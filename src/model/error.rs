//! What can be wrong with a model, each as one sentence with a cause and what to do next.

use std::path::PathBuf;

use crate::wording::place;

/// An error of loading or running a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file that is not there or cannot be read.
    #[error(
        "cannot read {}: {cause}. Give --model a folder with config.json, tokenizer.json (or vocab.txt, or vocab.json and merges.txt), and model.safetensors or pytorch_model.bin",
        place(path)
    )]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Weights that are not a whole file of their kind.
    #[error("{origin} is not a whole {kind} ({cause}). It may be cut off or damaged: copy or download it again")]
    Damaged {
        /// Which file.
        origin: String,
        /// What it should be.
        kind: &'static str,
        /// What the reader said.
        cause: String,
    },
    /// Weights in a hub's cache that changed since they were fetched.
    #[error(
        "{} is damaged: its content is not what its name, the checksum, says. Fetch it again: clsroom models pull {name}",
        place(path)
    )]
    Altered {
        /// Which file.
        path: PathBuf,
        /// The model.
        name: String,
    },
    /// Weights in a format that is not read.
    #[error("{origin}: {cause}")]
    Format {
        /// Which file.
        origin: String,
        /// What it is, and what to do.
        cause: String,
    },
    /// A weight in numbers of another kind.
    #[error(
        "{origin}: weight {name} is stored as {dtype}, and clsroom reads f32, f16 and bf16. Use a checkpoint that is not quantised"
    )]
    Dtype {
        /// Which file.
        origin: String,
        /// Hugging Face's name.
        name: String,
        /// How it is stored.
        dtype: String,
    },
    /// A model that computes other formulas.
    #[error(
        "{origin}: {what}. Use a BERT, RoBERTa, DistilBERT, ELECTRA or ERNIE encoder, such as bert-base-uncased or BAAI/bge-small-en-v1.5"
    )]
    Architecture {
        /// Which model.
        origin: String,
        /// What it is.
        what: String,
    },
    /// A weight is missing.
    #[error(
        "{origin} has no weight named {name}, so it is not a BERT encoder that clsroom can run. Use a BERT checkpoint"
    )]
    Missing {
        /// Which file.
        origin: String,
        /// Hugging Face's name.
        name: String,
    },
    /// A weight has another shape than the configuration says.
    #[error(
        "{origin}: weight {name} has shape {found:?}, but config.json asks for {expected:?}. The two files belong to different models"
    )]
    Shape {
        /// Which file.
        origin: String,
        /// Hugging Face's name.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape by the configuration.
        expected: Vec<usize>,
    },
    /// A weight is not a number.
    #[error(
        "{origin}: weight {name} holds a value that is not a finite number. The file is damaged: copy or download it again"
    )]
    NotFinite {
        /// Which file.
        origin: String,
        /// Hugging Face's name.
        name: String,
    },
    /// A configuration that does not describe a BERT encoder.
    #[error("{origin}: {cause}. Use the config.json that came with the weights")]
    Config {
        /// Which file.
        origin: String,
        /// What is wrong.
        cause: String,
    },
    /// A tokenizer that cannot be read or does not fit.
    #[error("{origin}: {cause}. Use the tokenizer.json that came with the weights")]
    Tokenizer {
        /// Which file.
        origin: String,
        /// What is wrong.
        cause: String,
    },
    /// An intervention that does not fit the sentence or the model.
    #[error("{0}")]
    Intervention(String),
    /// Arithmetic failed.
    #[error("the model could not be run: {}", first_line(.0))]
    Candle(#[from] candle_core::Error),
}

/// candle adds a backtrace where the environment asks for one: it is not for learners.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
