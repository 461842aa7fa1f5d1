//! Text to word pieces: WordPiece by the `tokenizers` crate, with our own limit.
//!
//! A `tokenizer.json` says everything by itself; where a checkpoint has only a `vocab.txt`, the tokenizer is built from it.
//! The tokenizer file of the embedded model pads and truncates to 128 pieces by itself; both are reset here, so that
//! nothing is padded and what was cut is known and said.

use std::collections::HashMap;

use ahash::AHashMap;
use serde::Deserialize;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, Tokenizer, TruncationParams};

use super::{Bert, ModelError};

/// What the model reads for one sequence: three numbers a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Ids of the pieces.
    pub input_ids: Vec<u32>,
    /// Segment: 0 first text, 1 second.
    pub token_type_ids: Vec<u32>,
    /// Rows of the position table; `None` adds no position at all (an intervention).
    pub position_ids: Option<Vec<u32>>,
}

impl Input {
    /// Number of pieces, T.
    #[must_use]
    pub fn len(&self) -> usize {
        self.input_ids.len()
    }

    /// Never true for an encoded text, which has at least `[CLS]` and `[SEP]`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input_ids.is_empty()
    }
}

/// A text as word pieces, with where they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// What the model reads.
    pub input: Input,
    /// The pieces as the vocabulary writes them.
    pub tokens: Vec<String>,
    /// Byte range of each piece in its text; empty for the special tokens that the tokenizer added.
    pub offsets: Vec<(usize, usize)>,
    /// Which pieces the tokenizer added: `[CLS]` and `[SEP]`.
    pub special: Vec<bool>,
    /// Pieces that the whole text has; more than [`Input::len`] when it was cut.
    pub total: usize,
}

/// Reads a `tokenizer.json` and switches its own padding and truncation off.
///
/// # Errors
/// When it cannot be read, knows an id for which the embedding table has no row, or adds no `[CLS]` and `[SEP]`.
pub fn parse(origin: &str, bytes: &[u8], vocab_size: usize) -> Result<Tokenizer, ModelError> {
    let fail = |cause: String| ModelError::Tokenizer { origin: origin.to_owned(), cause };
    let tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| fail(format!("not a tokenizer file ({error})")))?;
    fit(tokenizer, vocab_size).map_err(fail)
}

/// What a `tokenizer_config.json` says about WordPiece; without one, what BERT's tokenizer does by default.
#[derive(Deserialize)]
#[serde(default)]
struct Rules {
    do_lower_case: bool,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: bool,
    cls_token: Special,
    sep_token: Special,
    unk_token: Special,
    pad_token: Special,
    mask_token: Special,
}

impl Default for Rules {
    fn default() -> Self {
        let name = |name: &str| Special::Name(name.to_owned());
        Self {
            do_lower_case: true,
            strip_accents: None,
            tokenize_chinese_chars: true,
            cls_token: name("[CLS]"),
            sep_token: name("[SEP]"),
            unk_token: name("[UNK]"),
            pad_token: name("[PAD]"),
            mask_token: name("[MASK]"),
        }
    }
}

/// A special token is written as its name or as an object around it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Special {
    Name(String),
    Object { content: String },
}

impl Special {
    fn name(&self) -> &str {
        let (Self::Name(name) | Self::Object { content: name }) = self;
        name
    }
}

/// Builds BERT's WordPiece tokenizer from a `vocab.txt` and, if there is one, a `tokenizer_config.json`.
///
/// # Errors
/// When they cannot be read, or as [`parse`].
pub fn from_vocabulary(
    origin: &str,
    vocabulary: &str,
    rules: Option<&str>,
    vocab_size: usize,
) -> Result<Tokenizer, ModelError> {
    let fail = |cause: String| ModelError::Tokenizer { origin: origin.to_owned(), cause };
    let rules = match rules {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| fail(format!("tokenizer_config.json cannot be understood ({error})")))?,
        None => Rules::default(),
    };
    let ids: HashMap<&str, u32> =
        vocabulary.lines().enumerate().map(|(id, piece)| (piece.trim_end(), id as u32)).collect();
    let special = |token: &Special| {
        let id = ids.get(token.name()).ok_or_else(|| {
            fail(format!("vocab.txt has no {}, which this tokenizer needs", super::printable(token.name())))
        })?;
        Ok::<_, ModelError>((token.name().to_owned(), *id))
    };
    let (cls, sep) = (special(&rules.cls_token)?, special(&rules.sep_token)?);
    special(&rules.unk_token)?;
    let pieces = WordPiece::builder()
        .vocab(ids.iter().map(|(piece, id)| ((*piece).to_owned(), *id)).collect::<AHashMap<_, _>>())
        .unk_token(rules.unk_token.name().to_owned())
        .build()
        .map_err(|error| fail(error.to_string()))?;
    let mut tokenizer = Tokenizer::new(pieces);
    let normalizer = BertNormalizer::new(true, rules.tokenize_chinese_chars, rules.strip_accents, rules.do_lower_case);
    tokenizer.with_normalizer(Some(normalizer)).map_err(|error| fail(error.to_string()))?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.with_post_processor(Some(BertProcessing::new(sep, cls)));
    let known = [&rules.cls_token, &rules.sep_token, &rules.unk_token, &rules.pad_token, &rules.mask_token];
    let added = known.into_iter().map(Special::name).filter(|name| ids.contains_key(name));
    let added = added.map(|name| AddedToken::from(name, true)).collect::<Vec<_>>();
    tokenizer.add_special_tokens(added).map_err(|error| fail(error.to_string()))?;
    fit(tokenizer, vocab_size).map_err(fail)
}

/// A tokenizer as this program uses it, if it fits the model.
fn fit(mut tokenizer: Tokenizer, vocab_size: usize) -> Result<Tokenizer, String> {
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| error.to_string())?;
    let size = tokenizer.get_vocab(true).values().max().map_or(0, |id| *id as usize + 1);
    if size > vocab_size {
        return Err(format!("it knows {size} pieces, but the embedding table has {vocab_size} rows"));
    }
    let empty = tokenizer.encode("", true).map_err(|error| error.to_string())?;
    if empty.get_special_tokens_mask() != [1, 1] {
        return Err("it does not put one special token before a text and one behind it, as BERT's does".to_owned());
    }
    Ok(tokenizer)
}

impl Bert {
    /// Turns a text, or a pair, into at most [`Bert::max_length`] pieces, `[CLS]` and `[SEP]` included.
    ///
    /// # Errors
    /// When the tokenizer refuses the text.
    pub fn encode(&self, text: &str, pair: Option<&str>) -> Result<Encoding, ModelError> {
        let whole = self.encode_with(self.tokenizer(), text, pair)?;
        let total = whole.get_ids().len();
        if total <= self.max_length() {
            return Ok(self.encoding(&whole, total));
        }
        let mut limited = self.tokenizer().clone();
        let limit = TruncationParams { max_length: self.max_length(), ..TruncationParams::default() };
        limited.with_truncation(Some(limit)).map_err(|error| self.refused(&error.to_string()))?;
        Ok(self.encoding(&self.encode_with(&limited, text, pair)?, total))
    }

    /// The id of a word that is one piece of the vocabulary.
    #[must_use]
    pub fn word_id(&self, word: &str) -> Option<u32> {
        self.tokenizer().token_to_id(word)
    }

    /// How the vocabulary writes an id.
    #[must_use]
    pub fn id_word(&self, id: u32) -> Option<String> {
        self.tokenizer().id_to_token(id)
    }

    fn encode_with(
        &self,
        tokenizer: &Tokenizer,
        text: &str,
        pair: Option<&str>,
    ) -> Result<tokenizers::Encoding, ModelError> {
        match pair {
            None => tokenizer.encode(text, true),
            Some(pair) => tokenizer.encode((text, pair), true),
        }
        .map_err(|error| self.refused(&error.to_string()))
    }

    fn refused(&self, cause: &str) -> ModelError {
        ModelError::Tokenizer { origin: self.facts().origin.clone(), cause: format!("the text was refused ({cause})") }
    }

    fn encoding(&self, encoding: &tokenizers::Encoding, total: usize) -> Encoding {
        let config = self.config();
        let input_ids = encoding.get_ids().to_vec();
        let first = config.first_position as u32;
        let positions = (first..first + input_ids.len() as u32).collect();
        // A tokenizer may tell two texts apart where the model does not.
        let most = config.type_vocab_size.saturating_sub(1) as u32;
        let token_type_ids = encoding.get_type_ids().iter().map(|segment| (*segment).min(most)).collect();
        Encoding {
            input: Input { input_ids, token_type_ids, position_ids: Some(positions) },
            tokens: encoding.get_tokens().iter().map(|token| super::printable(token)).collect(),
            offsets: encoding.get_offsets().to_vec(),
            special: encoding.get_special_tokens_mask().iter().map(|mask| *mask == 1).collect(),
            total,
        }
    }
}
