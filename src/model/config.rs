//! The configuration of a BERT encoder, as `config.json` names it.
//!
//! Our own, because `candle-transformers`' configuration rejects some that are common (`gelu_new`, missing fields);
//! [`Config::oracle`] converts it where both agree.

use serde::{Deserialize, Serialize};

use super::ModelError;

/// Hugging Face's `BertConfig`, the fields that a forward pass needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Entries of the vocabulary.
    pub vocab_size: usize,
    /// Numbers in a vector, D.
    pub hidden_size: usize,
    /// Layers, L.
    pub num_hidden_layers: usize,
    /// Attention heads in a layer, H.
    pub num_attention_heads: usize,
    /// Width of the feed-forward block's middle.
    pub intermediate_size: usize,
    /// Its activation.
    pub hidden_act: Activation,
    /// Rows of the position table.
    pub max_position_embeddings: usize,
    /// Rows of the segment table.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// Added to the variance in LayerNorm.
    #[serde(default = "tiny")]
    pub layer_norm_eps: f64,
    /// `bert` for what this program runs.
    #[serde(default)]
    pub model_type: Option<String>,
}

/// The activation of the feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x Φ(x), with the exact normal distribution function.
    Gelu,
    /// Its tanh approximation.
    #[serde(alias = "gelu_pytorch_tanh")]
    GeluNew,
    /// max(x, 0).
    Relu,
}

fn two() -> usize {
    2
}

fn tiny() -> f64 {
    1e-12
}

impl Config {
    /// Reads and checks `config.json`.
    ///
    /// # Errors
    /// When it is not JSON, lacks a field, or its sizes are not those of a BERT encoder.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ModelError> {
        let fail = |cause: String| ModelError::Config { origin: origin.to_owned(), cause };
        let config: Self =
            serde_json::from_str(text).map_err(|error| fail(format!("not a BERT configuration ({error})")))?;
        if let Some(kind) = config.model_type.as_deref().filter(|kind| *kind != "bert") {
            return Err(fail(format!("this is a {kind} model, and clsroom runs BERT encoders only")));
        }
        let sizes = [
            ("vocab_size", config.vocab_size, 1_000_000),
            ("hidden_size", config.hidden_size, 16_384),
            ("num_hidden_layers", config.num_hidden_layers, 256),
            ("num_attention_heads", config.num_attention_heads, 1_024),
            ("intermediate_size", config.intermediate_size, 131_072),
            ("max_position_embeddings", config.max_position_embeddings, 131_072),
            ("type_vocab_size", config.type_vocab_size, 1_024),
        ];
        for (name, size, most) in sizes {
            if size == 0 || size > most {
                return Err(fail(format!("{name} is {size}, expected 1 to {most}")));
            }
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) {
            return Err(fail(format!(
                "{} heads do not divide a hidden size of {}",
                config.num_attention_heads, config.hidden_size
            )));
        }
        if config.max_position_embeddings < 3 {
            return Err(fail("max_position_embeddings leaves no room for a word".to_owned()));
        }
        Ok(config)
    }

    /// Numbers that one head works on, d = D / H.
    #[must_use]
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// The same for `candle-transformers`, our oracle.
    #[must_use]
    pub fn oracle(&self) -> candle_transformers::models::bert::Config {
        use candle_transformers::models::bert::{Config, HiddenAct};
        Config {
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            hidden_act: match self.hidden_act {
                Activation::Gelu => HiddenAct::Gelu,
                Activation::GeluNew => HiddenAct::GeluApproximate,
                Activation::Relu => HiddenAct::Relu,
            },
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: self.type_vocab_size,
            layer_norm_eps: self.layer_norm_eps,
            hidden_dropout_prob: 0.0,
            ..Config::default()
        }
    }
}
