//! Text to word pieces: WordPiece by the `tokenizers` crate, with our own limit.
//!
//! The tokenizer file of the embedded model pads and truncates to 128 pieces by itself; both are reset here, so that
//! nothing is padded and what was cut is known and said.

use tokenizers::{Tokenizer, TruncationParams};

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
/// When it cannot be read or knows more ids than the embedding table has rows.
pub fn parse(origin: &str, bytes: &[u8], vocab_size: usize) -> Result<Tokenizer, ModelError> {
    let fail = |cause: String| ModelError::Tokenizer { origin: origin.to_owned(), cause };
    let mut tokenizer =
        Tokenizer::from_bytes(bytes).map_err(|error| fail(format!("not a tokenizer file ({error})")))?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|error| fail(error.to_string()))?;
    let size = tokenizer.get_vocab_size(true);
    if size > vocab_size {
        return Err(fail(format!("it knows {size} pieces, but the embedding table has {vocab_size} rows")));
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
            return Ok(encoding(&whole, total));
        }
        let mut limited = self.tokenizer().clone();
        let limit = TruncationParams { max_length: self.max_length(), ..TruncationParams::default() };
        limited.with_truncation(Some(limit)).map_err(|error| self.refused(&error.to_string()))?;
        Ok(encoding(&self.encode_with(&limited, text, pair)?, total))
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
}

fn encoding(encoding: &tokenizers::Encoding, total: usize) -> Encoding {
    let input_ids = encoding.get_ids().to_vec();
    let positions = (0..input_ids.len() as u32).collect();
    Encoding {
        input: Input { input_ids, token_type_ids: encoding.get_type_ids().to_vec(), position_ids: Some(positions) },
        tokens: encoding.get_tokens().to_vec(),
        offsets: encoding.get_offsets().to_vec(),
        special: encoding.get_special_tokens_mask().iter().map(|mask| *mask == 1).collect(),
        total,
    }
}
