//! Facts about a model.

use serde::{Deserialize, Serialize};

use crate::model::load::MAX_LENGTH;
use crate::shell;

/// Facts about the model, read from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// Where it was read from: `embedded` or a path.
    pub origin: String,
    /// sha256 of the weights file.
    pub sha256: String,
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
    /// Classes of the checkpoint's own classification head; empty when it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

impl ModelFacts {
    /// What `--model` and `--against` name it.
    #[must_use]
    pub fn argument(&self) -> String {
        self.asked.clone().unwrap_or_else(|| self.name.clone())
    }

    /// ` --model NAME` for commands that make something again; empty for the model inside the program. What the limit of
    /// pieces was is said where it is not the usual one.
    #[must_use]
    pub fn as_option(&self) -> String {
        let model = self.asked.as_ref().map_or(String::new(), |asked| format!(" --model {}", shell::word(asked)));
        // Tables with fewer positions than the usual limit (RoBERTa's with two more) set the limit themselves.
        let chosen = self.max_length > MAX_LENGTH || (self.max_length < MAX_LENGTH && self.positions > MAX_LENGTH + 1);
        if chosen { format!("{model} --max-length {}", self.max_length) } else { model }
    }
}
