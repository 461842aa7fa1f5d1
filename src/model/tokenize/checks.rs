//! What a `tokenizer.json` may ask for, checked before the `tokenizers` crate reads it.
//!
//! The crate believes what a file says. A sequence of thirty normalizers that each double the text would take gigabytes,
//! and some lengths of 0 panic. The checks read everything but the vocabulary, and allow what tokenizers of the BERT
//! family need, with room to spare.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::model::folder::no_json;
use crate::wording::{cause, visible};

/// Parts of one kind (normalizers, say) that a tokenizer may have.
const MOST_PARTS: usize = 16;
/// How many times longer normalizers may make a text.
const MOST_GROWTH: usize = 64;
/// Bytes of a pattern or of what replaces it.
const MOST_PATTERN: usize = 4_096;
/// Bytes that one character may be replaced by in a precompiled map.
const MOST_REPLACED: usize = 256;
/// Tokens that may stand beside the vocabulary, and the bytes of all of them.
const MOST_ADDED: (usize, usize) = (100_000, 4 << 20);
/// Letters of a word that WordPiece may try to cut; its time grows with their cube.
const MOST_LETTERS: u64 = 1_000;
/// Bytes of a piece. The library keeps some vocabularies as a tree by bytes and takes it apart by recursion.
const MOST_PIECE: usize = 1_000;
/// Special tokens that may stand around a text.
const MOST_AROUND: usize = 16;

const NORMALIZERS: &str = "Sequence BertNormalizer Lowercase StripAccents Strip NFC NFD NFKC NFKD Nmt Precompiled \
    Replace Prepend ByteLevel";
const PRE_TOKENIZERS: &str = "Sequence BertPreTokenizer ByteLevel CharDelimiterSplit Delimiter Metaspace Whitespace \
    WhitespaceSplit Split Punctuation Digits UnicodeScripts FixedLength";
const POST_PROCESSORS: &str = "Sequence BertProcessing RobertaProcessing ByteLevel TemplateProcessing";
const MODELS: &str = "WordPiece BPE Unigram WordLevel";

/// A `tokenizer.json` without its vocabulary.
#[derive(Deserialize)]
pub(super) struct Outline {
    #[serde(default)]
    added_tokens: Vec<Added>,
    normalizer: Option<Value>,
    pre_tokenizer: Option<Value>,
    post_processor: Option<Value>,
    decoder: Option<Value>,
    padding: Option<Padding>,
    model: Model,
}

#[derive(Deserialize)]
struct Added {
    content: String,
}

#[derive(Deserialize)]
struct Padding {
    pad_id: Option<u32>,
}

#[derive(Deserialize)]
struct Model {
    r#type: Option<String>,
    max_input_chars_per_word: Option<u64>,
    dropout: Option<f64>,
    unk_id: Option<u32>,
    #[serde(default)]
    vocab: Option<Vocabulary>,
}

/// A vocabulary, of which only the longest piece is kept: a table of pieces, or a list of pieces with scores.
struct Vocabulary {
    /// In bytes.
    longest: usize,
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Pieces)
    }
}

struct Pieces;

impl<'de> Visitor<'de> for Pieces {
    type Value = Vocabulary;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a vocabulary")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocabulary, A::Error> {
        let mut longest = 0;
        while let Some((piece, _)) = map.next_entry::<String, IgnoredAny>()? {
            longest = longest.max(piece.len());
        }
        Ok(Vocabulary { longest })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vocabulary, A::Error> {
        let mut longest = 0;
        while let Some((piece, _)) = list.next_element::<(String, IgnoredAny)>()? {
            longest = longest.max(piece.len());
        }
        Ok(Vocabulary { longest })
    }
}

impl Outline {
    /// Reads and checks a `tokenizer.json`.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if !bytes.trim_ascii_start().starts_with(b"{") {
            let why = no_json(bytes).unwrap_or("it is no JSON object that describes one");
            return Err(format!("not a tokenizer file: {why}"));
        }
        let outline: Self =
            serde_json::from_slice(bytes).map_err(|error| format!("not a tokenizer file ({})", cause(&error)))?;
        outline.check()?;
        Ok(outline)
    }

    /// The id of its `padding`.
    pub fn padding(&self) -> Option<u32> {
        self.padding.as_ref()?.pad_id
    }

    /// Where a Unigram keeps what stands for unknown text.
    pub fn unknown(&self) -> Option<u32> {
        self.model.unk_id
    }

    fn check(&self) -> Result<(), String> {
        let bytes: usize = self.added_tokens.iter().map(|token| token.content.len()).sum();
        if self.added_tokens.len() > MOST_ADDED.0 || bytes > MOST_ADDED.1 {
            return Err(format!("it adds {} tokens of {bytes} bytes to its vocabulary", self.added_tokens.len()));
        }
        let normalizers = parts("normalizer", self.normalizer.as_ref(), NORMALIZERS, "normalizers")?;
        let mut growth = 1_usize;
        for (name, part) in &normalizers {
            growth = growth.saturating_mul(grows(name, part)?);
        }
        if growth > MOST_GROWTH {
            return Err(format!("its normalizers make a text up to {growth} times longer"));
        }
        let pre_tokenizers = parts("pre_tokenizer", self.pre_tokenizer.as_ref(), PRE_TOKENIZERS, "pretokenizers")?;
        for (name, part) in &pre_tokenizers {
            pattern(name, part)?;
            if *name == "FixedLength" && part.get("length").and_then(Value::as_u64) == Some(0) {
                return Err("its pre_tokenizer cuts a text into parts of length 0".to_owned());
            }
        }
        for (what, list) in [("normalizer", &normalizers), ("pre_tokenizer", &pre_tokenizers)] {
            for once in ["ByteLevel", "Precompiled"] {
                if list.iter().filter(|(name, _)| *name == once).count() > 1 {
                    return Err(format!("its {what} has {once} twice"));
                }
            }
        }
        for (_, part) in parts("post_processor", self.post_processor.as_ref(), POST_PROCESSORS, "processors")? {
            around(part)?;
        }
        if self.decoder.as_ref().is_some_and(|decoder| !decoder.is_object()) {
            return Err("its decoder is not one".to_owned());
        }
        self.model.check()
    }
}

impl Model {
    fn check(&self) -> Result<(), String> {
        if let Some(kind) = &self.r#type
            && !MODELS.split(' ').any(|known| known == kind)
        {
            return Err(format!("its model is {}, which is not known", short(kind)));
        }
        let Some(vocabulary) = &self.vocab else { return Err("its model has no vocabulary".to_owned()) };
        if vocabulary.longest > MOST_PIECE {
            return Err(format!("it has a piece of {} bytes, and at most {MOST_PIECE} are read", vocabulary.longest));
        }
        if let Some(letters) = self.max_input_chars_per_word.filter(|letters| *letters > MOST_LETTERS) {
            return Err(format!("it tries to cut words of {letters} letters, and at most {MOST_LETTERS} are read"));
        }
        if let Some(dropout) = self.dropout.filter(|dropout| *dropout != 0.0) {
            return Err(format!(
                "its BPE leaves out merges at random (dropout {dropout}), so no figure could be repeated"
            ));
        }
        Ok(())
    }
}

/// A component and the ones inside it, as (type, description).
fn parts<'a>(
    what: &str,
    part: Option<&'a Value>,
    known: &str,
    inside: &str,
) -> Result<Vec<(&'a str, &'a Value)>, String> {
    let Some(part) = part else { return Ok(Vec::new()) };
    let kind = |part: &'a Value| {
        let name = part.get("type").and_then(Value::as_str);
        name.ok_or_else(|| format!("its {what} has no type"))
    };
    let (mut found, mut open) = (Vec::new(), vec![(part, 0)]);
    while let Some((part, depth)) = open.pop() {
        let name = kind(part)?;
        if !known.split(' ').any(|known| known == name) {
            return Err(format!("its {what} is {}, which is not known", short(name)));
        }
        if name == "Sequence" {
            let list = part.get(inside).and_then(Value::as_array);
            let list = list.ok_or_else(|| format!("its {what} is a sequence of nothing"))?;
            if depth > 2 || list.len() > MOST_PARTS {
                return Err(format!("its {what} has too many parts"));
            }
            open.extend(list.iter().map(|part| (part, depth + 1)));
        }
        found.push((name, part));
        if found.len() + open.len() > 2 * MOST_PARTS {
            return Err(format!("its {what} has too many parts"));
        }
    }
    Ok(found)
}

/// How many times longer a normalizer can make a text, if it can do so again and again.
fn grows(name: &str, part: &Value) -> Result<usize, String> {
    let content = || part.get("content").and_then(Value::as_str).map_or(0, str::len);
    match name {
        "Replace" => {
            let shortest = pattern(name, part)?;
            let content = content();
            if content > MOST_PATTERN {
                return Err(format!("its normalizer replaces a pattern by {content} bytes"));
            }
            Ok(match shortest {
                Some(pattern) => content.div_ceil(pattern),
                // A regular expression may match nothing, between any two characters.
                None => content + 1,
            }
            .max(1))
        }
        "Prepend" => {
            let prepended = part.get("prepend").and_then(Value::as_str).map_or(0, str::len);
            if prepended > MOST_PATTERN {
                return Err(format!("its normalizer puts {prepended} bytes before a text"));
            }
            Ok(1)
        }
        "Precompiled" => precompiled(part).map(|()| 1),
        _ => Ok(1),
    }
}

/// Checks a pattern; its length if it is plain text.
fn pattern(name: &str, part: &Value) -> Result<Option<usize>, String> {
    let Some(pattern) = part.get("pattern") else { return Ok(None) };
    let plain = pattern.get("String").and_then(Value::as_str);
    let text = plain.or_else(|| pattern.get("Regex").and_then(Value::as_str));
    let length = text.map_or(0, str::len);
    if length > MOST_PATTERN {
        return Err(format!("its {name} has a pattern of {length} bytes"));
    }
    if plain == Some("") {
        return Err(format!("its {name} looks for an empty text"));
    }
    Ok(plain.map(str::len))
}

/// A charsmap of `SentencePiece`: the size of a double-array trie (4 bytes), the trie, and the replacements, each ended by 0.
fn precompiled(part: &Value) -> Result<(), String> {
    let wrong = || "its precompiled_charsmap is damaged".to_owned();
    let map = part.get("precompiled_charsmap").and_then(Value::as_str).ok_or_else(wrong)?;
    let bytes = STANDARD.decode(map).map_err(|_| wrong())?;
    let (size, rest) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
    let size = u32::from_le_bytes(*size) as usize;
    let replaced = rest.get(size..).filter(|_| size > 0 && size.is_multiple_of(4)).ok_or_else(wrong)?;
    let longest = replaced.split(|byte| *byte == 0).map(<[u8]>::len).max().unwrap_or(0);
    if longest > MOST_REPLACED { Err(wrong()) } else { Ok(()) }
}

/// Checks what a post-processor puts around texts.
fn around(part: &Value) -> Result<(), String> {
    let most = |list: &Value| list.as_array().map_or(0, Vec::len).max(list.as_object().map_or(0, serde_json::Map::len));
    let tokens = part.get("special_tokens").and_then(Value::as_object);
    let sequences = |list: &Value, id: &str| {
        list.as_array().is_some_and(|items| items.iter().any(|item| item["Sequence"]["id"] == id))
    };
    if let Some(pair) = part.get("pair").filter(|pair| !sequences(pair, "A") || !sequences(pair, "B")) {
        let there = if pair.is_array() { "only one of two texts" } else { "no texts" };
        return Err(format!("its post_processor has a rule for pairs that reads {there}"));
    }
    let ids = tokens.into_iter().flatten().filter_map(|(_, token)| token.get("ids")).map(most);
    let lists = ["single", "pair", "special_tokens"].iter().filter_map(|name| part.get(name)).map(most);
    if ids.chain(lists).any(|count| count > MOST_AROUND) {
        return Err(format!("its post_processor puts more than {MOST_AROUND} special tokens around a text"));
    }
    Ok(())
}

/// A name from the file, cut to a length that fits a sentence.
fn short(name: &str) -> String {
    visible(&name.chars().take(40).collect::<String>())
}
