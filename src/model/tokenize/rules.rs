//! What the files beside a vocabulary say about it, as `transformers` 4 reads them.
//!
//! The order of precedence is that of `PreTrainedTokenizerBase._from_pretrained` (transformers 4.57):
//! `tokenizer_config.json` first; where it has no `added_tokens_decoder`, `special_tokens_map.json` replaces its special
//! tokens and `added_tokens.json` gives the added ones. What only one of the library's two implementations follows
//! (`never_split`, `do_basic_tokenize`) is refused beside a `vocab.txt`, because the ids would depend on the other's choice.
//! `sentence_bert_config.json` is sentence-transformers': its `do_lower_case` lowers a text before the tokenizer sees it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tokenizers::AddedToken;

use super::Companions;
use crate::model::folder::no_json;
use crate::wording::visible;

/// The special tokens that a configuration names, in the order in which transformers adds them.
const SLOTS: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// Files that are read beside a vocabulary: the two that RoBERTa's has; what `transformers` keeps; and the file in which
/// sentence-transformers keeps its own rules, by the names for which it looks, in order.
const ALL: [&str; 12] = [
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_camembert_config.json",
    "sentence_albert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
];

/// Where in [`ALL`] the files of `transformers` begin: those before belong to a vocabulary alone.
const OF_TRANSFORMERS: usize = 2;

/// Where in [`ALL`] the names of sentence-transformers' file begin.
const OF_SENTENCES: usize = 5;

/// The files that are read beside a tokenizer's file, where they are there.
pub fn companions(tokenizer: &str) -> &'static [&'static str] {
    if tokenizer == "tokenizer.json" { &ALL[OF_TRANSFORMERS..] } else { &ALL }
}

/// How a class of tokenizers cuts text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cuts {
    /// BERT's WordPiece over a `vocab.txt`.
    WordPiece,
    /// RoBERTa's byte-level BPE over `vocab.json` and `merges.txt`.
    ByteLevel,
    /// In a way that only a `tokenizer.json` describes.
    Whole,
}

/// Classes whose rules are BERT's and RoBERTa's, without `Tokenizer` and `Fast`.
const CLASSES: [(&str, Cuts); 19] = [
    ("Bert", Cuts::WordPiece),
    ("DistilBert", Cuts::WordPiece),
    ("Electra", Cuts::WordPiece),
    ("MobileBert", Cuts::WordPiece),
    ("ConvBert", Cuts::WordPiece),
    ("SqueezeBert", Cuts::WordPiece),
    ("RetriBert", Cuts::WordPiece),
    ("LayoutLM", Cuts::WordPiece),
    ("Lxmert", Cuts::WordPiece),
    ("DPRContextEncoder", Cuts::WordPiece),
    ("DPRQuestionEncoder", Cuts::WordPiece),
    ("Roberta", Cuts::ByteLevel),
    ("Longformer", Cuts::ByteLevel),
    ("Bart", Cuts::ByteLevel),
    ("LED", Cuts::ByteLevel),
    ("PreTrained", Cuts::Whole),
    ("XLMRoberta", Cuts::Whole),
    ("Camembert", Cuts::Whole),
    ("TokenizersBackend", Cuts::Whole),
];

/// Classes that transformers runs in Python alone, whatever else lies beside them, and what they do.
const PYTHON: [(&str, &str); 12] = [
    ("BertJapanese", "cuts Japanese into words with MeCab, Sudachi or Juman++"),
    ("Bertweet", "rewrites tweets and cuts words by bpe.codes"),
    ("Phobert", "expects Vietnamese that was cut into words and cuts them by bpe.codes"),
    ("Canine", "reads characters and has no pieces"),
    ("ByT5", "reads bytes and has no pieces"),
    ("Perceiver", "reads bytes and has no pieces"),
    ("CharacterBert", "reads the characters of each word"),
    ("Flaubert", "cuts words with Moses and its own BPE"),
    ("XLM", "cuts words with Moses and its own BPE"),
    ("Tapas", "reads tables"),
    ("RoCBert", "reads shapes and sounds of Chinese characters beside them"),
    ("BertGeneration", "cuts text with SentencePiece"),
];

/// A token with how it is looked for.
pub(super) type Token = AddedToken;

/// What BERT's tokenizer does to a text first.
#[derive(Debug)]
pub(super) struct Normalizer {
    pub do_lower_case: bool,
    /// Without a word about it, accents go where capitals do.
    pub strip_accents: Option<bool>,
    pub tokenize_chinese_chars: bool,
}

/// What the files say.
#[derive(Debug)]
pub(super) struct Rules {
    /// The tokenizer's class, if a file names one.
    pub class: Option<String>,
    pub cuts: Cuts,
    pub normalizer: Normalizer,
    pub add_prefix_space: bool,
    /// Special tokens by slot; `None` where the file says null.
    special: BTreeMap<&'static str, Option<Token>>,
    /// `additional_special_tokens`.
    pub additional: Vec<Token>,
    /// Added tokens by id.
    pub added: BTreeMap<u32, Token>,
    /// The file that gave them.
    pub added_by: &'static str,
    /// A rule that only transformers' slow tokenizer follows.
    pub slow_only: Option<&'static str>,
    /// sentence-transformers lowers the text before the tokenizer.
    pub lowered: bool,
}

impl Rules {
    /// Reads the files beside a tokenizer; `model` is its `config.json`.
    pub fn read(files: &Companions, model: &Value) -> Result<Self, String> {
        let config = object(files, "tokenizer_config.json")?;
        let named = |json: &Map<String, Value>| json.get("tokenizer_class").and_then(Value::as_str).map(str::to_owned);
        let class = named(&config).or_else(|| model.as_object().and_then(named));
        let japanese = japanese(class.as_deref(), &config)?;
        let named = cuts(class.as_deref(), model.get("model_type").and_then(Value::as_str));
        let cuts = if japanese { Cuts::WordPiece } else { named };
        refuse_python(class.as_deref().filter(|_| !japanese))?;
        if config.get("auto_map").and_then(|map| map.get("AutoTokenizer")).is_some_and(|code| !code.is_null()) {
            return Err(
                "tokenizer_config.json has the tokenizer in code of its own (auto_map), which clsroom does not \
                        run. If the tokenizer's file does the same without it, remove auto_map"
                    .to_owned(),
            );
        }
        let mut rules = Self {
            cuts,
            class,
            normalizer: Normalizer {
                do_lower_case: flag(&config, "do_lower_case")?.unwrap_or(!japanese),
                strip_accents: flag_or_null(&config, "strip_accents")?,
                // BertJapaneseTokenizer's basic words keep Chinese characters together.
                tokenize_chinese_chars: flag(&config, "tokenize_chinese_chars")?.unwrap_or(true) && !japanese,
            },
            add_prefix_space: flag(&config, "add_prefix_space")?.unwrap_or(false),
            special: defaults(cuts),
            additional: Vec::new(),
            added: BTreeMap::new(),
            added_by: "tokenizer_config.json",
            slow_only: None,
            lowered: false,
        };
        rules.take_special(&config, "tokenizer_config.json")?;
        rules.take_added(&config, files)?;
        rules.slow_only = rules.slow_only(&config)?;
        for name in &ALL[OF_SENTENCES..] {
            if files.get(name).is_some() {
                rules.lowered = flag_in(&object(files, name)?, "do_lower_case", name)?.unwrap_or(false);
                break;
            }
        }
        Ok(rules)
    }

    /// The token of a slot.
    pub fn special(&self, slot: &str) -> Option<&Token> {
        self.special.get(slot)?.as_ref()
    }

    /// The token of a slot that a text cannot be read without.
    pub fn needed(&self, slot: &str) -> Result<&Token, String> {
        self.special(slot).ok_or_else(|| {
            format!("{slot} is null in tokenizer_config.json, and no text can be read without it. Name the token there")
        })
    }

    /// All special tokens, in the order in which transformers adds them.
    pub fn all_special(&self) -> impl Iterator<Item = &Token> {
        SLOTS.iter().filter_map(|slot| self.special(slot)).chain(&self.additional)
    }

    fn take_special(&mut self, json: &Map<String, Value>, file: &str) -> Result<(), String> {
        for slot in SLOTS {
            match json.get(slot) {
                None => {}
                Some(Value::Null) => {
                    self.special.insert(slot, None);
                }
                Some(value) => {
                    let mut token = token(value, true).ok_or_else(|| wrong(slot, file))?;
                    // RobertaTokenizer: the mask takes the space before it, like a word.
                    token.lstrip |= slot == "mask_token" && self.cuts == Cuts::ByteLevel && value.is_string();
                    self.special.insert(slot, Some(token));
                }
            }
        }
        let more = match json.get("additional_special_tokens") {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(list)) => list.iter().map(|value| token(value, true)).collect::<Option<Vec<_>>>(),
            Some(_) => None,
        };
        let more = more.ok_or_else(|| wrong("additional_special_tokens", file))?;
        self.additional.extend(more);
        Ok(())
    }

    fn take_added(&mut self, config: &Map<String, Value>, files: &Companions) -> Result<(), String> {
        if let Some(decoder) = config.get("added_tokens_decoder").filter(|decoder| !decoder.is_null()) {
            let wrong = || wrong("added_tokens_decoder", "tokenizer_config.json");
            for (id, value) in decoder.as_object().ok_or_else(wrong)? {
                let id = id.parse().map_err(|_| wrong())?;
                self.added.insert(id, token(value, false).ok_or_else(wrong)?);
            }
            return Ok(());
        }
        self.take_special(&object(files, "special_tokens_map.json")?, "special_tokens_map.json")?;
        self.added_by = "added_tokens.json";
        for (content, id) in object(files, "added_tokens.json")? {
            let id = id.as_u64().and_then(|id| u32::try_from(id).ok());
            let id = id.ok_or_else(|| wrong(&visible(&content), "added_tokens.json"))?;
            let special = self.all_special().any(|token| token.content == content);
            self.added.insert(id, AddedToken::from(content, special));
        }
        Ok(())
    }

    /// A rule that transformers' two implementations of BERT's tokenizer follow differently.
    fn slow_only(&self, config: &Map<String, Value>) -> Result<Option<&'static str>, String> {
        if flag(config, "do_basic_tokenize")? == Some(false) {
            return Ok(Some("do_basic_tokenize"));
        }
        let kept = |value: &Value| value.as_str().is_some_and(|name| self.all_special().any(|t| t.content == name));
        let split = match config.get("never_split") {
            Some(Value::Array(list)) => list.iter().any(|value| !kept(value)),
            None | Some(Value::Null) => false,
            Some(_) => true,
        };
        Ok(split.then_some("never_split"))
    }
}

/// Whether the class is Japanese BERT's in the one form whose rules are BERT's own: words cut at spaces and punctuation.
fn japanese(class: Option<&str>, config: &Map<String, Value>) -> Result<bool, String> {
    let named = |key: &str| config.get(key).and_then(Value::as_str);
    let own = class.map(stem) == Some("BertJapanese");
    let words = named("word_tokenizer_type").or(own.then_some("basic"));
    let pieces = named("subword_tokenizer_type").unwrap_or("wordpiece");
    let whole =
        flag(config, "do_word_tokenize")?.unwrap_or(true) && flag(config, "do_subword_tokenize")?.unwrap_or(true);
    match words {
        None if pieces == "wordpiece" && whole => Ok(false),
        Some("basic") if pieces == "wordpiece" && whole => Ok(own),
        _ => Err(format!(
            "its tokenizer cuts words with {} and pieces with {} (word_tokenizer_type and subword_tokenizer_type in \
             tokenizer_config.json), which clsroom does not have; by BERT's own rules its pieces would be other ones. Use a \
             model with BERT's tokenizer",
            words.filter(|_| whole).map_or_else(|| "nothing".to_owned(), visible),
            visible(pieces)
        )),
    }
}

fn refuse_python(class: Option<&str>) -> Result<(), String> {
    let Some(class) = class else { return Ok(()) };
    match PYTHON.iter().find(|(name, _)| *name == stem(class)) {
        Some((_, what)) => Err(format!(
            "its tokenizer_class is {}, which {what}; clsroom does not have these rules. Use a model with BERT's or \
             RoBERTa's tokenizer, or, if the tokenizer.json here does the same, remove tokenizer_class",
            visible(class)
        )),
        None => Ok(()),
    }
}

/// A class without `Tokenizer` and `Fast`.
fn stem(class: &str) -> &str {
    let class = class.strip_suffix("Fast").unwrap_or(class);
    class.strip_suffix("Tokenizer").unwrap_or(class)
}

/// By the class; without one, by transformers' own table of model types.
fn cuts(class: Option<&str>, model: Option<&str>) -> Cuts {
    match (class, model) {
        (Some(class), _) => {
            CLASSES.iter().find(|(name, _)| *name == stem(class)).map_or(Cuts::Whole, |(_, cuts)| *cuts)
        }
        (None, Some("roberta" | "data2vec-text" | "longformer")) => Cuts::ByteLevel,
        (None, Some("xlm-roberta" | "xlm-roberta-xl" | "camembert")) => Cuts::Whole,
        (None, _) => Cuts::WordPiece,
    }
}

fn defaults(cuts: Cuts) -> BTreeMap<&'static str, Option<Token>> {
    let named: &[(&'static str, &str)] = match cuts {
        Cuts::WordPiece => &[
            ("unk_token", "[UNK]"),
            ("sep_token", "[SEP]"),
            ("pad_token", "[PAD]"),
            ("cls_token", "[CLS]"),
            ("mask_token", "[MASK]"),
        ],
        Cuts::ByteLevel => &[
            ("bos_token", "<s>"),
            ("eos_token", "</s>"),
            ("unk_token", "<unk>"),
            ("sep_token", "</s>"),
            ("pad_token", "<pad>"),
            ("cls_token", "<s>"),
            ("mask_token", "<mask>"),
        ],
        Cuts::Whole => &[],
    };
    let token = |(slot, name): &(&'static str, &str)| {
        let lstrip = cuts == Cuts::ByteLevel && *slot == "mask_token";
        (*slot, Some(AddedToken::from(*name, true).lstrip(lstrip)))
    };
    named.iter().map(token).collect()
}

/// A token, written as its name or as an object around it.
fn token(value: &Value, special: bool) -> Option<Token> {
    let fields = match value {
        Value::String(name) => return Some(AddedToken::from(name, special)),
        value => value.as_object()?,
    };
    let flag = |name: &str| fields.get(name).map_or(Some(None), |value| value.as_bool().map(Some));
    let special = special || flag("special")?.unwrap_or(false);
    let token = AddedToken::from(fields.get("content")?.as_str()?, special);
    Some(
        token
            .lstrip(flag("lstrip")?.unwrap_or(false))
            .rstrip(flag("rstrip")?.unwrap_or(false))
            .single_word(flag("single_word")?.unwrap_or(false))
            .normalized(flag("normalized")?.unwrap_or(!special)),
    )
}

/// A companion as a JSON object; empty where it is not there.
fn object(files: &Companions, name: &'static str) -> Result<Map<String, Value>, String> {
    let Some(bytes) = files.get(name) else { return Ok(Map::new()) };
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(json)) => Ok(json),
        Ok(_) => Err(format!("{name} is no JSON object. Copy or download it again")),
        Err(error) => {
            let why = no_json(bytes).map_or_else(|| crate::wording::cause(&error), str::to_owned);
            Err(format!("{name} cannot be understood ({why}). Copy or download it again"))
        }
    }
}

fn flag(json: &Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    flag_in(json, name, "tokenizer_config.json")
}

fn flag_in(json: &Map<String, Value>, name: &str, file: &str) -> Result<Option<bool>, String> {
    match json.get(name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => Err(format!("{name} in {file} is neither true nor false. Correct it there")),
    }
}

fn flag_or_null(json: &Map<String, Value>, name: &str) -> Result<Option<bool>, String> {
    if json.get(name).is_some_and(Value::is_null) { Ok(None) } else { flag(json, name) }
}

fn wrong(what: &str, file: &str) -> String {
    format!("{what} in {file} does not describe a token. Correct it there, or copy the file again")
}
