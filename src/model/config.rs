//! The configuration of a BERT encoder, as `config.json` names it.
//!
//! Our own, because `candle-transformers`' configuration rejects some that are common (`gelu_new`, missing fields);
//! [`Config::oracle`] converts it where both agree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ModelError;
use crate::wording::{excerpt, visible};

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
    /// `model_type`.
    #[serde(skip)]
    pub kind: String,
    /// Numbers in a row of the embedding tables, E; all but ELECTRA have D.
    #[serde(skip)]
    pub embedding_size: usize,
    /// Rows of ERNIE's task table, of which the first is added to every piece; `None` where there is no such table.
    #[serde(skip)]
    pub tasks: Option<usize>,
    /// What is said of the model's own classification head.
    #[serde(skip)]
    pub head: Head,
}

/// What a configuration says of the checkpoint's own classification head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Names of the classes by their number, as far as they have one.
    pub labels: BTreeMap<usize, String>,
    /// How many outputs it has at least, by the numbers of named classes; or exactly, where only a number is given.
    pub outputs: Option<(usize, bool)>,
    /// `problem_type`.
    pub problem: Option<String>,
    /// The architecture that the checkpoint was saved as, where it is one whose head does not answer for a whole text.
    pub other: Option<String>,
}

impl Head {
    /// The name of a class; as transformers names those that have none.
    pub fn label(&self, class: usize) -> String {
        self.labels.get(&class).cloned().unwrap_or_else(|| format!("LABEL_{class}"))
    }
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
    /// ELECTRA: no pooler; smaller embeddings are brought to the hidden size by a dense layer.
    Electra,
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
const OTHER: [(&str, &str); 27] = [
    ("albert", "whose layers share their weights and whose embeddings are factorised"),
    ("mpnet", "which adds a bias by relative position to its attention"),
    ("deberta", "which attends by relative position"),
    ("nezha", "which attends by relative position"),
    ("xlnet", "which attends by relative position"),
    ("modernbert", ROTARY),
    ("nomic_bert", ROTARY),
    ("new", ROTARY),
    ("roformer", ROTARY),
    ("esm", ROTARY),
    ("xlm-roberta-xl", BEFORE),
    ("roberta-prelayernorm", BEFORE),
    ("megatron-bert", BEFORE),
    ("xmod", "which has adapters for each language in its layers"),
    ("mobilebert", "whose layers are narrowed by bottlenecks"),
    ("squeezebert", "whose dense layers are grouped convolutions"),
    ("convbert", "which mixes convolutions into its attention"),
    ("longformer", "which attends within a window"),
    ("big_bird", "which attends to blocks of the text"),
    ("nystromformer", "whose attention is an approximation"),
    ("funnel", "which shortens the sequence from layer to layer"),
    ("fnet", "which has a Fourier transform in place of attention"),
    ("canine", "which reads characters instead of word pieces"),
    ("rembert", "whose embeddings are brought to the hidden size inside the encoder"),
    ("layoutlm", "which needs the place of every word on a page"),
    ("luke", "which has a second table for entities"),
    ("clip", "which was trained on pictures and their captions"),
];

const ROTARY: &str = "which turns its queries and keys by position (rotary embeddings)";
const BEFORE: &str = "whose LayerNorm stands before each block instead of after it";

/// How the names of decoders begin.
const DECODERS: &str = "gpt openai-gpt llama mistral mixtral ministral gemma qwen phi opt bloom falcon mpt olmo \
    biogpt codegen xglm ctrl starcoder cohere deepseek granite smollm stablelm persimmon exaone bert-generation glm \
    transfo-xl";

/// How the names of models of two parts begin.
const TWO_PARTS: &str = "t5 mt5 umt5 longt5 switch_transformers bart mbart pegasus m2m_100 marian led prophetnet \
    blenderbot fsmt encoder-decoder plbart";

impl Config {
    /// Reads and checks `config.json`.
    ///
    /// # Errors
    /// When it is not JSON, lacks a field, is of an architecture that computes other formulas, or its sizes are not those
    /// of an encoder.
    pub fn parse(origin: &str, text: &str) -> Result<Self, ModelError> {
        let fail = |cause: String| ModelError::Config { origin: origin.to_owned(), cause };
        let unfit =
            |error: serde_json::Error| fail(format!("not a BERT configuration ({})", crate::wording::cause(&error)));
        if let Some(why) = super::folder::no_json(text.as_bytes()) {
            return Err(fail(format!("not a BERT configuration: {why}")));
        }
        let json: Value = serde_json::from_str(text).map_err(unfit)?;
        if !json.is_object() {
            return Err(fail("not a BERT configuration: it is no JSON object that describes a model".to_owned()));
        }
        check_words(&json).map_err(fail)?;
        let family = family(&json).map_err(|what| ModelError::Architecture { origin: origin.to_owned(), what })?;
        let mut config: Self = serde_json::from_value(json.clone()).map_err(unfit)?;
        config.family = family;
        if family == Family::Roberta {
            let padding = json.get("pad_token_id").and_then(Value::as_u64).unwrap_or(1);
            config.first_position = usize::try_from(padding).unwrap_or(usize::MAX).saturating_add(1);
        }
        let kind = json.get("model_type").and_then(Value::as_str).unwrap_or("bert");
        kind.clone_into(&mut config.kind);
        let number =
            |name: &str| json.get(name).and_then(Value::as_u64).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        config.embedding_size = match family {
            Family::Electra => number("embedding_size").unwrap_or(128),
            _ => config.hidden_size,
        };
        let tasks = kind == "ernie" && json.get("use_task_id").and_then(Value::as_bool).unwrap_or(false);
        config.tasks = tasks.then(|| number("task_type_vocab_size").unwrap_or(3));
        config.head = head(&json);
        config.check().map_err(fail)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let sizes = [
            ("task_type_vocab_size", self.tasks.unwrap_or(1), 1_024),
            ("vocab_size", self.vocab_size, 1_000_000),
            ("hidden_size", self.hidden_size, 16_384),
            ("embedding_size", self.embedding_size, 16_384),
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

/// What decides formulas must be a word, and one that is known.
fn check_words(json: &Value) -> Result<(), String> {
    const PROBLEMS: [&str; 3] = ["regression", "single_label_classification", "multi_label_classification"];
    for name in ["model_type", "problem_type"] {
        match json.get(name) {
            None | Some(Value::Null | Value::String(_)) => {}
            Some(_) => return Err(format!("{name} is not a text between quotes")),
        }
    }
    match json.get("problem_type").and_then(Value::as_str).filter(|problem| !PROBLEMS.contains(problem)) {
        None => Ok(()),
        Some(problem) => {
            let shown: String = visible(problem).chars().take(60).collect();
            Err(format!("problem_type is {shown:?}, and transformers knows {}", PROBLEMS.join(", ")))
        }
    }
}

/// Which relative of BERT a configuration describes, or what it is instead and why that cannot be run.
fn family(json: &Value) -> Result<Family, String> {
    let flag = |name: &str| json.get(name).and_then(Value::as_bool).unwrap_or(false);
    let kind = json.get("model_type").and_then(Value::as_str).unwrap_or("bert");
    let family = match kind {
        "bert" | "ernie" => Family::Bert,
        "roberta" | "xlm-roberta" | "camembert" | "data2vec-text" => Family::Roberta,
        "distilbert" => Family::DistilBert,
        "electra" => Family::Electra,
        _ => {
            let shown: String = visible(kind).chars().take(60).collect();
            return Err(format!("this is {} {shown} model, {}", article(&shown), other(kind)));
        }
    };
    if flag("is_decoder") || flag("is_encoder_decoder") {
        return Err(format!("this {kind} model is set up as a decoder, whose tokens see only those before them"));
    }
    match json.get("position_embedding_type").and_then(Value::as_str) {
        None | Some("absolute") => Ok(family),
        Some(other) => Err(format!("this {kind} model has {} positions instead of a position table", excerpt(other))),
    }
}

/// What another architecture is, as far as it is known.
fn other(kind: &str) -> &'static str {
    let begins = |names: &str| names.split(' ').any(|name| kind.starts_with(name));
    if let Some((_, why)) = OTHER.iter().find(|(name, _)| *name == kind) {
        return why;
    }
    if begins(DECODERS) {
        return "a decoder: its tokens see only those before them, and it has no [CLS]";
    }
    if begins(TWO_PARTS) {
        return "an encoder and a decoder in one, which computes other formulas";
    }
    let plain = kind.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches("-v").trim_end_matches('v');
    OTHER.iter().find(|(name, _)| *name == plain).map_or("an architecture that clsroom does not know", |(_, why)| why)
}

/// "a" or "an", by how a name is said: vowels, and initials whose letter's own name begins with a vowel (an mpnet).
fn article(name: &str) -> &'static str {
    let name = name.to_lowercase();
    let mut letters = name.chars();
    let (first, second) = (letters.next().unwrap_or(' '), letters.next().unwrap_or(' '));
    let vowel = |c: char| "aeiouy".contains(c);
    let together = ["fl", "fr", "ll", "sc", "sh", "sk", "sl", "sm", "sn", "sp", "sq", "st", "sv", "sw", "rh"];
    let spelt = "fhlmnrsx".contains(first) && !vowel(second) && !together.iter().any(|start| name.starts_with(start));
    if spelt || ("aeio".contains(first) && !name.starts_with("eu")) { "an" } else { "a" }
}

/// What is said of a classification head; the names of its classes may leave some out, or stand in `label2id` alone.
fn head(json: &Value) -> Head {
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let table = |name: &str| json.get(name).and_then(Value::as_object).filter(|table| !table.is_empty());
    let (mut labels, mut outputs) = (BTreeMap::new(), None);
    if let Some(named) = table("id2label") {
        let named = named.iter().filter_map(|(id, label)| Some((id.trim().parse::<usize>().ok()?, label.as_str()?)));
        labels.extend(named.map(|(id, label)| (id, visible(label))));
    } else if let Some(named) = table("label2id") {
        let named = named.iter().filter_map(|(label, id)| Some((number(id)?, label)));
        labels.extend(named.map(|(id, label)| (id, visible(label))));
    } else {
        outputs = json.get("num_labels").and_then(number).map(|count| (count, true));
    }
    if let Some((last, _)) = labels.last_key_value() {
        outputs = Some((last.saturating_add(1), false));
    }
    let saved: Vec<&str> =
        json.get("architectures").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let classifies = saved.iter().any(|name| name.ends_with("ForSequenceClassification"));
    let other = saved.first().filter(|_| !classifies).map(|name| visible(name).chars().take(80).collect());
    let problem = json.get("problem_type").and_then(Value::as_str).map(str::to_owned);
    Head { labels, outputs, problem, other }
}

#[cfg(test)]
mod tests {
    use super::{article, other};

    #[test]
    fn names_have_the_article_that_is_said() {
        let an = "albert electra ernie_m esm xlnet xlm-roberta-xl xmod mpnet mt5 mbart fnet lxmert nllb opt olmo ibert";
        an.split(' ').for_each(|name| assert_eq!(article(name), "an", "{name}"));
        let a =
            "deberta gpt2 llama roformer splinter speecht5 squeezebert funnel nezha nystromformer uer umt5 t5 eurobert";
        a.split(' ').for_each(|name| assert_eq!(article(name), "a", "{name}"));
    }

    #[test]
    fn only_decoders_are_called_decoders() {
        for name in ["gpt2", "gpt_neox", "llama", "qwen3", "gemma2", "phi3", "opt", "bloom"] {
            assert!(other(name).contains("a decoder"), "{name}");
        }
        for name in ["mpnet", "deberta-v2", "layoutlmv3", "uer", "splinter", "xlm", "mobilebert"] {
            assert!(!other(name).contains("decoder"), "{name}");
        }
        assert!(other("t5").contains("an encoder and a decoder") && other("layoutlmv3").contains("on a page"));
        assert!(other("uer").contains("does not know"));
    }
}
