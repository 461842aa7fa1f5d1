//! Facts about a model.

use serde::{Deserialize, Serialize};

use crate::model::Answers;

/// Facts about the model, read from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// Where it was read from: `embedded` or a path.
    pub origin: String,
    /// sha256 of the weights file.
    pub sha256: String,
    /// sha256 of what the encoder holds, in whatever file it came.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tensors_sha256: String,
    /// `num_hidden_layers`.
    pub layers: usize,
    /// `num_attention_heads`.
    pub heads: usize,
    /// `hidden_size`.
    pub hidden: usize,
    /// `vocab_size`.
    pub vocabulary: usize,
    /// `max_position_embeddings`.
    pub positions: usize,
    /// Numbers in all weights.
    pub parameters: usize,
    /// At most this many pieces are read.
    pub max_length: usize,
    /// What `--model` names it; absent for the model inside the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What `--max-length` was, if it was given: the other model of a race reads as many pieces.
    #[serde(skip)]
    pub asked_length: Option<usize>,
    /// sha256 of all that decides its figures: weights, configuration, tokenizer, and how many pieces it reads.
    #[serde(skip)]
    pub fingerprint: String,
    /// Classes of the checkpoint's own classification head; empty when it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// From what sentence-transformers reads a sentence's vector, where the model says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooling: Option<String>,
    /// The model inside the program that stands beside this one where no other is named.
    #[serde(skip)]
    pub partner: Option<String>,
    /// What that head's outputs say.
    #[serde(default, skip_serializing_if = "Answers::is_classes")]
    pub answers: Answers,
}

impl ModelFacts {
    /// What `--model` and `--against` name it.
    #[must_use]
    pub fn argument(&self) -> String {
        self.asked.clone().unwrap_or_else(|| self.name.clone())
    }
}
