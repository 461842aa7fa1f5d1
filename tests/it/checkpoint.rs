//! Small checkpoints with random weights, in every naming style and kind of number.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};

/// How a checkpoint is written.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// What stands before the encoder's names.
    pub prefix: &'static str,
    /// LayerNorm's weights are called `gamma` and `beta`.
    pub older_names: bool,
    pub pooler: bool,
    /// Names of the classes of a classification head.
    pub labels: &'static [&'static str],
    pub dtype: DType,
    pub cased: bool,
    pub activation: &'static str,
    pub layers: usize,
    pub heads: usize,
    pub hidden: usize,
    pub middle: usize,
    pub positions: usize,
    /// Rows of the word table; at least as many as the vocabulary has.
    pub table: usize,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self {
            prefix: "",
            older_names: false,
            pooler: true,
            labels: &[],
            dtype: DType::F32,
            cased: false,
            activation: "gelu",
            layers: 2,
            heads: 3,
            hidden: 24,
            middle: 40,
            positions: 160,
            table: vocabulary().len(),
        }
    }
}

/// A small vocabulary of both cases: single characters and a few words.
pub fn vocabulary() -> Vec<String> {
    let letters = ('a'..='z').chain('A'..='Z');
    let words = ["not", "bad", "Not", "film", "funny", "the", "was", "banana"];
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        .into_iter()
        .map(str::to_owned)
        .chain(letters.clone().map(String::from))
        .chain(letters.map(|letter| format!("##{letter}")))
        .chain("0123456789.,;:!?'\"-()".chars().map(String::from))
        .chain(words.map(str::to_owned))
        .collect()
}

/// Numbers that look normal, always the same ones for a seed.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    (0..count).map(|_| uniform() + uniform() + uniform()).collect()
}

impl Checkpoint {
    /// The encoder's weights by Hugging Face's names without a prefix, rounded to the kind of number they are kept in.
    pub fn weights(&self) -> HashMap<String, Tensor> {
        let (size, mut shapes) = (self.hidden, Vec::new());
        let table = |name: &str, rows: usize| (format!("embeddings.{name}_embeddings.weight"), vec![rows, size]);
        shapes.extend([table("word", self.table), table("position", self.positions), table("token_type", 2)]);
        let norm = |name: &str| ["weight", "bias"].map(|part| (format!("{name}.LayerNorm.{part}"), vec![size]));
        let dense = |name: &str, input: usize, output: usize| {
            [(format!("{name}.weight"), vec![output, input]), (format!("{name}.bias"), vec![output])]
        };
        shapes.extend(norm("embeddings"));
        for layer in 0..self.layers {
            let at = format!("encoder.layer.{layer}");
            for part in ["query", "key", "value"] {
                shapes.extend(dense(&format!("{at}.attention.self.{part}"), size, size));
            }
            shapes.extend(dense(&format!("{at}.attention.output.dense"), size, size));
            shapes.extend(norm(&format!("{at}.attention.output")));
            shapes.extend(dense(&format!("{at}.intermediate.dense"), size, self.middle));
            shapes.extend(dense(&format!("{at}.output.dense"), self.middle, size));
            shapes.extend(norm(&format!("{at}.output")));
        }
        if self.pooler {
            shapes.extend(dense("pooler.dense", size, size));
        }
        if !self.labels.is_empty() {
            shapes.extend(dense("classifier", size, self.labels.len()));
        }
        let tensor = |(seed, (name, shape)): (usize, (String, Vec<usize>))| {
            let count = shape.iter().product();
            let tensor = Tensor::from_vec(numbers(count, seed as u64 + 1), shape, &Device::Cpu);
            let rounded = tensor.and_then(|t| t.to_dtype(self.dtype)?.to_dtype(DType::F32));
            (name, rounded.expect("a tensor"))
        };
        shapes.into_iter().enumerate().map(tensor).collect()
    }

    pub fn config(&self) -> Value {
        let mut config = json!({
            "model_type": "bert", "vocab_size": self.table, "hidden_size": self.hidden,
            "num_hidden_layers": self.layers, "num_attention_heads": self.heads,
            "intermediate_size": self.middle, "hidden_act": self.activation,
            "max_position_embeddings": self.positions, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
            "architectures": [if self.labels.is_empty() { "BertModel" } else { "BertForSequenceClassification" }],
        });
        if !self.labels.is_empty() {
            let named = self.labels.iter().enumerate().map(|(id, name)| (id.to_string(), json!(name)));
            config["id2label"] = named.collect::<serde_json::Map<_, _>>().into();
        }
        config
    }

    /// Writes the checkpoint's files.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder).expect("a folder");
        let stored: HashMap<String, Tensor> = self
            .weights()
            .into_iter()
            .map(|(name, tensor)| (self.stored_name(&name), tensor.to_dtype(self.dtype).expect("a tensor")))
            .collect();
        candle_core::safetensors::save(&stored, folder.join("model.safetensors")).expect("written");
        write(folder, "config.json", &self.config().to_string());
        write(folder, "vocab.txt", &(vocabulary().join("\n") + "\n"));
        write(folder, "tokenizer_config.json", &json!({ "do_lower_case": !self.cased }).to_string());
    }

    fn stored_name(&self, name: &str) -> String {
        let name = match (self.older_names, name.strip_suffix("LayerNorm.weight"), name.strip_suffix("LayerNorm.bias"))
        {
            (true, Some(start), _) => format!("{start}LayerNorm.gamma"),
            (true, _, Some(start)) => format!("{start}LayerNorm.beta"),
            _ => name.to_owned(),
        };
        if name.starts_with("classifier") { name } else { format!("{}{name}", self.prefix) }
    }
}

pub fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("written");
}
