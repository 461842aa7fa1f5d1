//! The configuration of a BERT encoder, as `config.json` names it.
//!
//! Our own, because `candle-transformers`' configuration rejects some that are common (`gelu_new`, missing fields);
//! [`Config::oracle`] converts it where both agree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ModelError;

/// Hugging Face's `BertConfig`, the fields that a forward pass needs; the other names are DistilBERT's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Entries of the vocabulary.
    pub vocab_size: usize,
    /// Numbers in a vector, D.
    #[serde(alias = "dim")]
    pub hidden_size: usize,
    /// Layers, L.
    #[serde(alias = "n_layers")]
    pub num_hidden_layers: usize,
    /// Attention heads in a layer, H.
    #[serde(alias = "n_heads")]
    pub num_attention_heads: usize,
    /// Width of the feed-forward block's middle.
    #[serde(alias = "hidden_dim")]
    pub intermediate_size: usize,
    /// Its activation.
    #[serde(alias = "activation", default)]
    pub hidden_act: Activation,
    /// Rows of the position table.
    pub max_position_embeddings: usize,
    /// Rows of the segment table.
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    /// Added to the variance in LayerNorm.
    #[serde(default = "tiny")]
    pub layer_norm_eps: f64,
    /// Which relative of BERT it is.
    #[serde(skip)]
    pub family: Family,
    /// Row of the position table that the first piece reads.
    #[serde(skip)]
    pub first_position: usize,
    /// Names of the classes of the model's own classification head by their number, as far as they have one.
    #[serde(skip)]
    pub labels: BTreeMap<usize, String>,
    /// Whether a classification head of this checkpoint answers for a whole text.
    #[serde(skip)]
    pub classifies: bool,
}

/// The relatives of BERT whose encoder computes the same formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// BERT itself.
    #[default]
    Bert,
    /// RoBERTa and XLM-R: positions are counted from behind the padding's id.
    Roberta,
    /// DistilBERT: no segments, no pooler, other names of the weights.
    DistilBert,
}

/// The activation of the feed-forward block; where a configuration names none, Hugging Face's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x Φ(x), with the exact normal distribution function.
    #[serde(alias = "gelu_python")]
    #[default]
    Gelu,
    /// Its tanh approximation.
    #[serde(alias = "gelu_pytorch_tanh", alias = "gelu_fast")]
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

/// Other encoders that are often taken for BERT, and what they compute instead.
const OTHER: [(&str, &str); 9] = [
    ("albert", "whose layers share their weights and whose embeddings are factorised"),
    ("electra", "which may project its embeddings"),
    ("mpnet", "which adds a bias by relative position to its attention"),
    ("deberta", "which attends by relative position"),
    ("modernbert", "which turns its queries and keys by position (rotary embeddings)"),
    ("nomic_bert", "which turns its queries and keys by position (rotary embeddings)"),
    ("new", "which turns its queries and keys by position (rotary embeddings)"),
    ("xlnet", "which attends by relative position"),
    ("t5", "an encoder and a decoder with positions of another kind"),
];

impl Config {
    /// Reads and checks `config.json`.
    ///
    /// # Errors
    /// When it is not JSON, lacks a field, is of an architecture that computes other formulas, or its sizes are not those
    /// of an encoder.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ModelError> {
        let fail = |cause: String| ModelError::Config { origin: origin.to_owned(), cause };
        let unfit = |error: serde_json::Error| fail(format!("not a BERT configuration ({error})"));
        let json: Value = serde_json::from_str(text).map_err(unfit)?;
        if !json.is_object() {
            return Err(fail("not a BERT configuration: it is no JSON object that describes a model".to_owned()));
        }
        let family = family(&json).map_err(|what| ModelError::Architecture { origin: origin.to_owned(), what })?;
        let mut config: Self = serde_json::from_value(json.clone()).map_err(unfit)?;
        config.family = family;
        if family == Family::Roberta {
            let padding = json.get("pad_token_id").and_then(Value::as_u64).unwrap_or(1);
            config.first_position = usize::try_from(padding).unwrap_or(usize::MAX).saturating_add(1);
        }
        config.labels = labels(&json);
        config.classifies = json.get("architectures").and_then(Value::as_array).is_none_or(|names| {
            names.iter().filter_map(Value::as_str).any(|name| name.ends_with("ForSequenceClassification"))
        });
        config.check().map_err(fail)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let sizes = [
            ("vocab_size", self.vocab_size, 1_000_000),
            ("hidden_size", self.hidden_size, 16_384),
            ("num_hidden_layers", self.num_hidden_layers, 256),
            ("num_attention_heads", self.num_attention_heads, 1_024),
            ("intermediate_size", self.intermediate_size, 131_072),
            ("max_position_embeddings", self.max_position_embeddings, 131_072),
            ("type_vocab_size", self.type_vocab_size, 1_024),
        ];
        for (name, size, most) in sizes {
            if size == 0 || size > most {
                return Err(format!("{name} is {size}, expected 1 to {most}"));
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err(format!(
                "{} heads do not divide a hidden size of {}",
                self.num_attention_heads, self.hidden_size
            ));
        }
        if self.max_position_embeddings < self.first_position.saturating_add(3) {
            return Err("max_position_embeddings leaves no room for a word".to_owned());
        }
        if !(self.layer_norm_eps.is_finite() && self.layer_norm_eps >= 0.0) {
            return Err(format!("layer_norm_eps is {}, expected a small positive number", self.layer_norm_eps));
        }
        Ok(())
    }

    /// Pieces that a text may have at most.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.max_position_embeddings - self.first_position
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

/// Which relative of BERT a configuration describes, or what it is instead and why that cannot be run.
fn family(json: &Value) -> Result<Family, String> {
    let flag = |name: &str| json.get(name).and_then(Value::as_bool).unwrap_or(false);
    let kind = json.get("model_type").and_then(Value::as_str).unwrap_or("bert");
    let family = match kind {
        "bert" => Family::Bert,
        "roberta" | "xlm-roberta" | "camembert" => Family::Roberta,
        "distilbert" => Family::DistilBert,
        _ => {
            let known = OTHER.iter().find(|(name, _)| *name == kind || kind.strip_suffix("-v2") == Some(name));
            let why = known.map_or("which is no BERT encoder: most often a decoder, without a [CLS]", |(_, why)| why);
            let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            return Err(format!("this is {article} {kind} model, {why}"));
        }
    };
    if flag("is_decoder") || flag("is_encoder_decoder") {
        return Err(format!("this {kind} model is set up as a decoder, whose tokens see only those before them"));
    }
    match json.get("position_embedding_type").and_then(Value::as_str) {
        None | Some("absolute") => Ok(family),
        Some(other) => Err(format!("this {kind} model has {other} positions instead of a position table")),
    }
}

/// `id2label` by its numbers, which may leave some out.
fn labels(json: &Value) -> BTreeMap<usize, String> {
    let named = json.get("id2label").and_then(Value::as_object);
    named
        .into_iter()
        .flatten()
        .filter_map(|(id, label)| Some((id.parse().ok()?, super::printable(label.as_str()?))))
        .collect()
}
