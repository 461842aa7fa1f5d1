//! Text to pieces, by the `tokenizers` crate, with our own limit.
//!
//! A `tokenizer.json` describes a tokenizer; where a checkpoint has only a `vocab.txt`, or `vocab.json` and `merges.txt`,
//! it is built from them (`build`). What the files beside it say is followed as `transformers` does, or refused by name
//! (`rules`). Files are distrusted (`checks`): a damaged one is one sentence, never a panic. The tokenizer file of the
//! embedded model pads and truncates to 128 pieces by itself; both are reset here, so that nothing is padded and what was
//! cut is known and said.

use std::collections::BTreeMap;

use serde_json::Value;

use self::checks::Outline;
use self::pieces::{Writing, kinds};
use self::rules::Rules;
use super::guard::guarded;
use super::{Bert, ModelError};
use crate::wording::visible;

mod build;
mod checks;
mod pieces;
mod rules;

pub use pieces::{Kind, SPACE};
pub use rules::companions;

/// Names that a tokenizer's file may have: the first that is there is taken.
pub const FILES: [&str; 3] = ["tokenizer.json", "vocab.txt", "vocab.json"];

/// A larger file is refused: what it becomes in memory is many times its size.
const MOST_BYTES: usize = 64 << 20;

/// Words that most vocabularies have as one piece.
const COMMON: [&str; 8] = ["banana", "film", "house", "water", "time", "good", "not", "the"];

/// The files beside a tokenizer's, by name.
pub type Companions = BTreeMap<&'static str, Vec<u8>>;

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
    /// The pieces as the text that they stand for; a space is `SPACE`.
    pub shown: Vec<String>,
    /// What each piece is.
    pub kinds: Vec<Kind>,
    /// Whether the vocabulary has an entry for the piece; false for `[UNK]`.
    pub known: Vec<bool>,
    /// Byte range of each piece in its text; empty for the special tokens that the tokenizer added.
    pub offsets: Vec<(usize, usize)>,
    /// Which pieces the tokenizer added: `[CLS]` and `[SEP]`.
    pub special: Vec<bool>,
    /// Pieces that the whole text has; more than [`Input::len`] when it was cut.
    pub total: usize,
}

/// A tokenizer that fits its model.
#[derive(Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    writing: Writing,
    /// The text is lowered before anything else, as sentence-transformers does.
    lowered: bool,
    /// Stands for text that the vocabulary has no entry for.
    unknown: Option<u32>,
    /// Stands for nothing, or for anything: `[PAD]`, else `[MASK]`, else `[UNK]`.
    blank: Option<u32>,
}

/// Reads a tokenizer: the contents of its file (one of [`FILES`]), of [`companions`] and of `config.json`.
///
/// # Errors
/// When a file is damaged, the rules are not ours, or it knows an id for which the embedding table has no row.
pub fn read(
    origin: &str,
    file: &str,
    bytes: &[u8],
    companions: &Companions,
    model: &str,
    rows: usize,
) -> Result<Tokenizer, ModelError> {
    let refused = |cause: String| ModelError::Format { origin: origin.to_owned(), cause };
    let damaged = |cause: String| ModelError::Tokenizer { origin: origin.to_owned(), cause };
    if bytes.len() > MOST_BYTES {
        return Err(refused(format!("{file} has {} bytes, and at most {MOST_BYTES} are read", bytes.len())));
    }
    let model: Value = serde_json::from_str(model).unwrap_or_default();
    let rules = Rules::read(companions, &model).map_err(refused)?;
    let (mut inner, outline) = if file == "tokenizer.json" {
        let outline = Outline::read(bytes).map_err(damaged)?;
        let read = guarded(|| tokenizers::Tokenizer::from_bytes(bytes))
            .ok_or_else(|| damaged("tokenizer.json is damaged".to_owned()))?;
        (
            read.map_err(|error| damaged(format!("not a tokenizer file ({})", crate::wording::cause(&error))))?,
            Some(outline),
        )
    } else {
        (build::from_vocabulary(file, bytes, companions, &rules).map_err(refused)?, None)
    };
    let prepared = guarded(|| {
        let blank = outline.as_ref().and_then(Outline::padding);
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|error| damaged(crate::wording::cause(&error)))?;
        if outline.is_some() {
            build::follow(&mut inner, &rules).map_err(damaged)?;
        }
        build::add(&mut inner, &rules, rows).map_err(refused)?;
        fit(&inner, rows).map_err(damaged)?;
        let unknown = build::unknown(&inner, outline.as_ref().and_then(Outline::unknown));
        let blank = build::blank(&inner, &rules, &model, blank, unknown).filter(|id| (*id as usize) < rows);
        let writing = build::writing(&inner);
        Ok::<_, ModelError>(Tokenizer { inner, writing, lowered: rules.lowered, unknown, blank })
    });
    let tokenizer = prepared.ok_or_else(|| damaged("tokenizer.json is damaged".to_owned()))??;
    tokenizer.probe(rows).map_err(damaged)?;
    Ok(tokenizer)
}

/// Whether every entry of the vocabulary has a row in the embedding table.
fn fit(inner: &tokenizers::Tokenizer, rows: usize) -> Result<(), String> {
    let size = inner.get_vocab(true).values().max().map_or(0, |id| *id as usize + 1);
    if size > rows {
        return Err(format!("it knows {size} pieces, but the embedding table has {rows} rows"));
    }
    Ok(())
}

impl Tokenizer {
    /// Encodes a few texts: what is wrong with the special tokens around them is found here and not in a run.
    fn probe(&self, rows: usize) -> Result<(), String> {
        let texts = [("", None), ("", Some("")), ("Not bad at all.", None), ("a", Some("b")), ("é 映𓀀☃ 12", Some("x"))];
        for (text, pair) in texts {
            let encoding = self.whole(text, pair)?;
            if let Some(id) = encoding.get_ids().iter().find(|id| **id as usize >= rows) {
                return Err(format!("it gives a text the id {id}, but the embedding table has {rows} rows"));
            }
            let mask = encoding.get_special_tokens_mask();
            // Many have no rule for pairs, which is said when one is asked for.
            if pair.is_none()
                && (mask.first() != Some(&1) || mask.last() != Some(&1) || (text.is_empty() && mask != [1, 1]))
            {
                return Err(
                    "it does not put one special token before a text and one behind it, as BERT's does".to_owned()
                );
            }
        }
        Ok(())
    }

    fn whole(&self, text: &str, pair: Option<&str>) -> Result<tokenizers::Encoding, String> {
        let encoded = guarded(|| match pair {
            None => self.inner.encode(text, true),
            Some(pair) => self.inner.encode((text, pair), true),
        });
        let encoded = encoded.ok_or_else(|| "the file is damaged: it cannot cut a text".to_owned())?;
        let encoded = encoded.map_err(|error| format!("the text was refused ({})", crate::wording::cause(&error)))?;
        // A template may name more ids than tokens.
        let count = encoded.get_ids().len();
        let whole = [
            encoded.get_tokens().len(),
            encoded.get_type_ids().len(),
            encoded.get_special_tokens_mask().len(),
            encoded.get_word_ids().len(),
            encoded.get_offsets().len(),
            encoded.get_sequence_ids().len(),
        ];
        if whole.iter().any(|length| *length != count) {
            return Err("the file is damaged: its special tokens have other numbers of ids and names".to_owned());
        }
        Ok(encoded)
    }

    /// Turns a text, or a pair, into at most `most` pieces.
    fn pieces(&self, text: &str, pair: Option<&str>, most: usize) -> Result<Pieces, String> {
        if !self.lowered {
            return self.cut(text, pair, most);
        }
        let lowered = [Lowered::new(text), Lowered::new(pair.unwrap_or_default())];
        let mut pieces = self.cut(&lowered[0].text, pair.map(|_| lowered[1].text.as_str()), most)?;
        for (range, sequence) in pieces.offsets.iter_mut().zip(&pieces.sequences) {
            *range = lowered[*sequence].original(*range);
        }
        Ok(pieces)
    }

    fn cut(&self, text: &str, pair: Option<&str>, most: usize) -> Result<Pieces, String> {
        let whole = self.whole(text, pair)?;
        let (ids, segments, tokens) = (whole.get_ids(), whole.get_type_ids(), whole.get_tokens());
        let special: Vec<bool> = whole.get_special_tokens_mask().iter().map(|mask| *mask == 1).collect();
        let sequences: Vec<usize> = whole.get_sequence_ids().iter().map(|id| id.unwrap_or(0).min(1)).collect();
        let shown: Vec<String> =
            ids.iter().zip(tokens).map(|(id, token)| self.writing.shown(&self.inner, *id, token)).collect();
        let kinds = kinds(&whole, [text, pair.unwrap_or_default()], &shown);
        if !(special.first() == Some(&true) && special.last() == Some(&true)) {
            return Err("it puts no special tokens around two texts. Give it one text".to_owned());
        }
        let kept = kept(&special, &sequences, most)?;
        Ok(Pieces {
            ids: kept.iter().map(|at| ids[*at]).collect(),
            segments: kept.iter().map(|at| segments[*at]).collect(),
            tokens: kept.iter().map(|at| self.written(ids[*at], &tokens[*at])).collect(),
            shown: kept.iter().map(|at| shown[*at].clone()).collect(),
            kinds: kept.iter().map(|at| kinds[*at]).collect(),
            offsets: kept.iter().map(|at| whole.get_offsets()[*at]).collect(),
            sequences: kept.iter().map(|at| sequences[*at]).collect(),
            total: ids.len(),
        })
    }

    /// A piece as the vocabulary writes it; an added one as it was added, whatever normalizers do to it.
    fn written(&self, id: u32, token: &str) -> String {
        let added = self.inner.get_added_vocabulary().get_added_tokens_decoder();
        visible(added.get(&id).map_or(token, |added| &added.content))
    }

    /// The id of a word that is one piece, at the beginning of a text or behind a space.
    fn word_id(&self, word: &str) -> Option<u32> {
        let one = |text: &str| {
            let ids = guarded(|| self.inner.encode(text, false))?.ok()?.get_ids().to_vec();
            if let [id] = ids[..] { Some(id) } else { None }
        };
        let lowered = if self.lowered { word.to_lowercase() } else { word.to_owned() };
        let found = self.inner.token_to_id(word).or_else(|| one(&lowered)).or_else(|| one(&format!(" {lowered}")));
        found.filter(|id| Some(*id) != self.unknown || self.inner.id_to_token(*id).as_deref() == Some(word))
    }

    /// A word that this vocabulary has as one piece: a common one, else the first that looks like a word.
    fn any_word(&self) -> Option<String> {
        if let Some(word) = COMMON.iter().find(|word| self.word_id(word).is_some()) {
            return Some((*word).to_owned());
        }
        let mut entries: Vec<(u32, String)> =
            self.inner.get_vocab(false).into_iter().map(|(word, id)| (id, word)).collect();
        entries.sort_unstable();
        let added = self.inner.get_added_vocabulary().get_added_tokens_decoder();
        let words = entries.into_iter().filter(|(id, _)| !added.contains_key(id) && Some(*id) != self.unknown);
        let words = words.map(|(id, token)| self.writing.shown(&self.inner, id, &token).replace(SPACE, ""));
        let words: Vec<String> =
            words.filter(|word| !word.is_empty() && word.chars().all(char::is_alphabetic)).collect();
        let usable = |word: &&String| self.word_id(word).is_some();
        words.iter().filter(|word| word.chars().count() > 2).find(usable).or_else(|| words.iter().find(usable)).cloned()
    }
}

/// What a tokenizer makes of a text.
struct Pieces {
    ids: Vec<u32>,
    segments: Vec<u32>,
    tokens: Vec<String>,
    shown: Vec<String>,
    kinds: Vec<Kind>,
    offsets: Vec<(usize, usize)>,
    /// 0 for the first text, 1 for the second.
    sequences: Vec<usize>,
    total: usize,
}

/// Which pieces stay when a text has more than `most`: all special ones, and of the longer text's others the first
/// (transformers' `longest_first`).
fn kept(special: &[bool], sequences: &[usize], most: usize) -> Result<Vec<usize>, String> {
    if special.len() <= most {
        return Ok((0..special.len()).collect());
    }
    let mut lengths = [0, 0];
    (0..special.len()).filter(|at| !special[*at]).for_each(|at| lengths[sequences[at]] += 1);
    let around = special.len() - lengths[0] - lengths[1];
    let Some(room) = most.checked_sub(around) else {
        return Err(format!("at most {most} pieces are read, and {around} special tokens stand around the text"));
    };
    let shorter = lengths[0].min(lengths[1]);
    let mut fewer = shorter;
    let mut more = if shorter > room { shorter } else { lengths[0].max(lengths[1]).min(shorter.max(room - shorter)) };
    if fewer + more > room {
        fewer = room / 2;
        more = fewer + room % 2;
    }
    let mut left = if lengths[0] <= lengths[1] { [fewer, more] } else { [more, fewer] };
    let keeps = |at: &usize| {
        let left = &mut left[sequences[*at]];
        let keep = special[*at] || *left > 0;
        *left = left.saturating_sub(usize::from(!special[*at]));
        keep
    };
    Ok((0..special.len()).filter(keeps).collect())
}

/// A text in lower case, as Python's `str.lower` makes it, and where its characters were.
struct Lowered {
    text: String,
    /// Where each character begins in the lowered text and in the original one, and the end of both.
    starts: Vec<(usize, usize)>,
}

impl Lowered {
    fn new(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() + 1);
        let mut at = 0;
        for (original, c) in text.char_indices() {
            starts.push((at, original));
            at += c.to_lowercase().map(char::len_utf8).sum::<usize>();
        }
        starts.push((at, text.len()));
        // A final sigma has as many bytes as another one.
        Self { text: text.to_lowercase(), starts }
    }

    /// The range of the original text behind a range of the lowered one.
    fn original(&self, (start, end): (usize, usize)) -> (usize, usize) {
        let first = self.starts.partition_point(|(at, _)| *at <= start).saturating_sub(1);
        let last = self.starts.partition_point(|(at, _)| *at < end);
        let place = |index: usize| self.starts.get(index).map_or(0, |(_, original)| *original);
        if start == end { (place(first), place(first)) } else { (place(first), place(last)) }
    }
}

impl Bert {
    /// The tokenizer written out, by which two are told apart.
    #[must_use]
    pub fn tokenizer_text(&self) -> String {
        format!("lowered: {}\n{}", self.tokenizer.lowered, self.tokenizer.inner.to_string(false).unwrap_or_default())
    }

    /// Turns a text, or a pair, into at most [`Bert::max_length`] pieces, `[CLS]` and `[SEP]` included.
    ///
    /// # Errors
    /// When the tokenizer refuses the text.
    pub fn encode(&self, text: &str, pair: Option<&str>) -> Result<Encoding, ModelError> {
        let pieces = self.tokenizer.pieces(text, pair, self.max_length()).map_err(|cause| self.refused(cause))?;
        let config = self.config();
        if let Some(id) = pieces.ids.iter().find(|id| **id as usize >= config.vocab_size) {
            return Err(self.refused(format!("the text has the id {id}, for which the embedding table has no row")));
        }
        let first = config.first_position as u32;
        let positions = (first..first + pieces.ids.len() as u32).collect();
        // A tokenizer may tell two texts apart where the model does not.
        let most = config.type_vocab_size.saturating_sub(1) as u32;
        let token_type_ids = pieces.segments.iter().map(|segment| (*segment).min(most)).collect();
        let unknown = self.tokenizer.unknown;
        Ok(Encoding {
            known: pieces.ids.iter().map(|id| Some(*id) != unknown).collect(),
            input: Input { input_ids: pieces.ids, token_type_ids, position_ids: Some(positions) },
            special: pieces.kinds.iter().map(|kind| kind.is_special()).collect(),
            tokens: pieces.tokens,
            shown: pieces.shown,
            kinds: pieces.kinds,
            offsets: pieces.offsets,
            total: pieces.total,
        })
    }

    /// The id of a word that is one piece of the vocabulary.
    #[must_use]
    pub fn word_id(&self, word: &str) -> Option<u32> {
        self.tokenizer.word_id(word)
    }

    /// A word that is one piece of this vocabulary, always the same one; `None` when none looks like a word.
    #[must_use]
    pub fn any_word(&self) -> Option<String> {
        self.tokenizer.any_word()
    }

    /// The text that an id stands for; a space is `SPACE`.
    #[must_use]
    pub fn id_shown(&self, id: u32) -> Option<String> {
        let token = self.tokenizer.inner.id_to_token(id)?;
        Some(self.tokenizer.writing.shown(&self.tokenizer.inner, id, &token))
    }

    /// The piece that stands for nothing: the padding's, where there is none the mask's, then the one for unknown text.
    #[must_use]
    pub fn blank(&self) -> Option<u32> {
        self.tokenizer.blank
    }

    fn refused(&self, cause: String) -> ModelError {
        ModelError::Tokenizer { origin: self.facts().origin.clone(), cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_pair_loses_pieces_of_its_longer_text_first() {
        // [CLS] a×n [SEP] b×m [SEP]
        let lengths = |n: usize, m: usize, most: usize| {
            let special = [vec![true], vec![false; n], vec![true], vec![false; m], vec![true]].concat();
            let sequences = [vec![0; n + 2], vec![1; m + 1]].concat();
            let kept = kept(&special, &sequences, most).expect("there is room");
            let count = |sequence| kept.iter().filter(|at| !special[**at] && sequences[**at] == sequence).count();
            (count(0), count(1))
        };
        assert_eq!(lengths(5, 3, 99), (5, 3));
        assert_eq!(lengths(5, 3, 10), (4, 3));
        assert_eq!(lengths(2, 9, 10), (2, 5));
        assert_eq!(lengths(9, 9, 10), (3, 4));
        assert_eq!(lengths(9, 0, 10), (7, 0));
        assert!(kept(&[true; 4], &[0; 4], 3).is_err());
    }

    #[test]
    fn a_lowered_text_knows_where_it_came_from() {
        // The Turkish capital has two letters in lower case, one byte longer.
        let lowered = Lowered::new("aİX aΣ");
        assert_eq!(lowered.text, "ai\u{307}x aς");
        assert_eq!(lowered.original((1, 4)), (1, 3));
        assert_eq!(lowered.original((2, 4)), (1, 3));
        assert_eq!(lowered.original((4, 5)), (3, 4));
        assert_eq!(lowered.original((7, 9)), (6, 8));
        assert_eq!(lowered.original((0, 0)), (0, 0));
    }
}
