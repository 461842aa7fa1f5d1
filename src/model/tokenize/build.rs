//! Tokenizers from vocabularies, and the rules of the files beside them put into effect.

use std::collections::HashMap;

use ahash::AHashMap;
use serde_json::Value;
use tokenizers::models::ModelWrapper;
use tokenizers::models::bpe::BPE;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::{BertNormalizer, NormalizerWrapper};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::{AddedToken, Tokenizer};

use super::Companions;
use super::pieces::Writing;
use super::rules::{Cuts, Rules};
use crate::wording::{cause, visible};

/// How a `tokenizer.json` is made where the rules are not ours.
const MAKE: &str =
    "Make a tokenizer.json with transformers: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)";

/// Builds the tokenizer of a `vocab.txt`, or of a `vocab.json` with `merges.txt`.
pub(super) fn from_vocabulary(
    file: &str,
    bytes: &[u8],
    companions: &Companions,
    rules: &Rules,
) -> Result<Tokenizer, String> {
    let merges = companions.get("merges.txt");
    let vocabulary = if file == "vocab.json" { Some(bytes) } else { companions.get("vocab.json").map(Vec::as_slice) };
    match (rules.cuts, vocabulary, merges) {
        (Cuts::ByteLevel, Some(vocabulary), Some(merges)) => byte_level(vocabulary, merges, rules),
        (Cuts::ByteLevel | Cuts::Whole, ..) if file == "vocab.txt" && rules.class.is_none() => {
            // No class is named: what lies here is BERT's.
            word_piece(bytes, &Rules::read(companions, &Value::Null)?)
        }
        (Cuts::ByteLevel, ..) => Err(
            "a RoBERTa's vocabulary is vocab.json and merges.txt, and one of them is missing. Copy or download both"
                .to_owned(),
        ),
        (Cuts::WordPiece, ..) if file == "vocab.txt" => {
            if let Some(name) = rules.slow_only {
                return Err(format!(
                    "{name} in tokenizer_config.json is followed by one of transformers' two tokenizers and not by the \
                     other. {MAKE}; or remove {name}"
                ));
            }
            word_piece(bytes, rules)
        }
        _ => Err(match &rules.class {
            Some(class) => format!(
                "its tokenizer_class is {}, which does not cut text by {file} alone as BERT's or RoBERTa's does. {MAKE}",
                visible(class)
            ),
            None => format!("a model of its type does not cut text by {file} alone. {MAKE}"),
        }),
    }
}

/// `BertTokenizer`: one piece a line, its number is its id.
fn word_piece(bytes: &[u8], rules: &Rules) -> Result<Tokenizer, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| "vocab.txt is not UTF-8. Use the vocab.txt that came with the weights".to_owned())?;
    let ids: HashMap<&str, u32> = text.lines().enumerate().map(|(id, piece)| (piece, id as u32)).collect();
    let special = |slot: &str| {
        let token = &rules.needed(slot)?.content;
        if token.is_empty() {
            return Err(format!("its {slot} is empty. Correct it in tokenizer_config.json, or copy the file again"));
        }
        in_vocabulary(token, "vocab.txt", ids.get(token.as_str()))
    };
    let (cls, sep) = (special("cls_token")?, special("sep_token")?);
    let pieces = WordPiece::builder()
        .vocab(ids.iter().map(|(piece, id)| ((*piece).to_owned(), *id)).collect::<AHashMap<_, _>>())
        .unk_token(special("unk_token")?.0)
        .build()
        .map_err(|error| cause(&error))?;
    let mut tokenizer = Tokenizer::new(pieces);
    tokenizer.with_normalizer(Some(normalizer(true, rules))).map_err(|error| cause(&error))?;
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.with_post_processor(Some(BertProcessing::new(sep, cls)));
    Ok(tokenizer)
}

/// A special token with its id, which the vocabulary must have.
fn in_vocabulary(token: &str, file: &str, id: Option<&u32>) -> Result<(String, u32), String> {
    let absent = || {
        let token = visible(token);
        format!("{file} has no {token}, which this tokenizer needs. Use the {file} that came with the weights")
    };
    Ok((token.to_owned(), *id.ok_or_else(absent)?))
}

fn normalizer(clean_text: bool, rules: &Rules) -> BertNormalizer {
    let asked = &rules.normalizer;
    BertNormalizer::new(clean_text, asked.tokenize_chinese_chars, asked.strip_accents, asked.do_lower_case)
}

/// `RobertaTokenizer`. Bytes that a small vocabulary lacks are `<unk>`, as its Python form says.
fn byte_level(vocabulary: &[u8], merges: &[u8], rules: &Rules) -> Result<Tokenizer, String> {
    let again = "Copy or download it again";
    let ids: AHashMap<String, u32> = serde_json::from_slice(vocabulary)
        .map_err(|error| format!("vocab.json is no table of pieces and ids ({}). {again}", cause(&error)))?;
    let special = |slot: &str| {
        let token = &rules.needed(slot)?.content;
        in_vocabulary(token, "vocab.json", ids.get(token))
    };
    let (cls, sep) = (special("cls_token")?, special("sep_token")?);
    let unknown = rules.special("unk_token").map(|token| token.content.clone()).filter(|token| ids.contains_key(token));
    let text = String::from_utf8_lossy(merges);
    let lines = text
        .lines()
        .enumerate()
        .filter(|(number, line)| !(line.is_empty() || *number == 0 && line.starts_with("#version")));
    let pair = |(number, line): (usize, &str)| {
        let pair = line.split_once(' ').map(|(left, right)| (left.to_owned(), right.to_owned()));
        pair.ok_or_else(|| format!("merges.txt, line {}: not two pieces with a space between. {again}", number + 1))
    };
    let merges = lines.map(pair).collect::<Result<Vec<_>, _>>()?;
    let mut builder = BPE::builder().vocab_and_merges(ids, merges);
    if let Some(unknown) = unknown {
        builder = builder.unk_token(unknown);
    }
    let pieces = builder.build().map_err(|error| {
        format!("merges.txt and vocab.json do not fit together ({}). Copy or download both again", cause(&error))
    })?;
    let mut tokenizer = Tokenizer::new(pieces);
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(rules.add_prefix_space)));
    tokenizer.with_post_processor(Some(RobertaProcessing::new(sep, cls).add_prefix_space(rules.add_prefix_space)));
    Ok(tokenizer)
}

/// What transformers changes about a `tokenizer.json` by the files beside it: `BertTokenizerFast` puts its own
/// `do_lower_case`, `strip_accents` and `tokenize_chinese_chars` (or their defaults) in the place of a BERT normalizer's;
/// `PreTrainedTokenizerFast` does so with `add_prefix_space`, whose default is false.
pub(super) fn follow(inner: &mut Tokenizer, rules: &Rules) -> Result<(), String> {
    if let (Cuts::WordPiece, Some(NormalizerWrapper::BertNormalizer(old))) = (rules.cuts, inner.get_normalizer()) {
        let new = normalizer(old.clean_text, rules);
        inner.with_normalizer(Some(new)).map_err(|error| cause(&error))?;
    }
    if let Some(PreTokenizerWrapper::ByteLevel(old)) = inner.get_pre_tokenizer() {
        let new = old.add_prefix_space(rules.add_prefix_space);
        inner.with_pre_tokenizer(Some(new));
    }
    Ok(())
}

/// Adds the special tokens and those beside the vocabulary.
pub(super) fn add(inner: &mut Tokenizer, rules: &Rules, rows: usize) -> Result<(), String> {
    let known = inner.get_added_tokens_decoder();
    for (id, token) in &rules.added {
        // An older file is beside a tokenizer.json that has the same token already.
        if rules.added_by == "added_tokens.json" && known.contains_key(id) {
            continue;
        }
        let (file, name) = (rules.added_by, visible(&token.content));
        if *id as usize >= rows {
            return Err(format!(
                "{file} gives {name} the id {id}, but the embedding table has {rows} rows. Use the {file} that came with \
                 the weights"
            ));
        }
        inner.add_tokens([token.clone()]).map_err(|error| cause(&error))?;
        if let Some(other) = inner.token_to_id(&token.content).filter(|other| other != id) {
            return Err(format!(
                "{file} gives {name} the id {id}, but behind this vocabulary it is {other}. Use the {file} that came with \
                 the weights"
            ));
        }
    }
    let special: Vec<AddedToken> = rules.all_special().cloned().collect();
    for token in special {
        let added = inner.get_added_tokens_decoder();
        if added.values().any(|there| there.content == token.content) {
            continue;
        }
        // What no text needs may be named and have no row: it is not there.
        let next = added.keys().max().map_or(0, |most| *most as usize + 1).max(inner.get_vocab_size(false));
        if inner.token_to_id(&token.content).is_none() && next >= rows {
            if rules.additional.contains(&token) {
                return Err(format!(
                    "additional_special_tokens names {}, for which the embedding table ({rows} rows) has none. Use the \
                     tokenizer files that came with the weights",
                    visible(&token.content)
                ));
            }
            continue;
        }
        inner.add_special_tokens([token]).map_err(|error| cause(&error))?;
    }
    Ok(())
}

/// The id that stands for text without an entry; `unigram` is where a Unigram's file has it.
pub(super) fn unknown(inner: &Tokenizer, unigram: Option<u32>) -> Option<u32> {
    match inner.get_model() {
        ModelWrapper::WordPiece(model) => inner.token_to_id(&model.unk_token),
        ModelWrapper::WordLevel(model) => inner.token_to_id(&model.unk_token),
        ModelWrapper::BPE(model) => inner.token_to_id(model.unk_token.as_ref()?),
        ModelWrapper::Unigram(_) => unigram,
    }
}

/// The id that stands for nothing. Named by the files beside the vocabulary; else `pad_token_id` of config.json, if that is a
/// special token; else the padding of a `tokenizer.json`; else the mask; else unknown text.
pub(super) fn blank(
    inner: &Tokenizer,
    rules: &Rules,
    model: &Value,
    padding: Option<u32>,
    unknown: Option<u32>,
) -> Option<u32> {
    let named = |slot: &str| inner.token_to_id(&rules.special(slot)?.content);
    let added = inner.get_added_tokens_decoder();
    let special = |id: &u32| added.get(id).is_some_and(|token| token.special);
    let configured = || model.get("pad_token_id")?.as_u64().and_then(|id| u32::try_from(id).ok()).filter(special);
    named("pad_token").or_else(configured).or(padding).or_else(|| named("mask_token")).or(unknown)
}

/// How the pieces are written.
pub(super) fn writing(inner: &Tokenizer) -> Writing {
    let bytes = |part: &PreTokenizerWrapper| matches!(part, PreTokenizerWrapper::ByteLevel(_));
    let cut = match inner.get_pre_tokenizer() {
        Some(PreTokenizerWrapper::Sequence(parts)) => parts.as_ref().iter().any(bytes),
        Some(part) => bytes(part),
        None => false,
    };
    let normalized = match inner.get_normalizer() {
        Some(NormalizerWrapper::Sequence(parts)) => {
            parts.as_ref().iter().any(|part| matches!(part, NormalizerWrapper::ByteLevel(_)))
        }
        part => matches!(part, Some(NormalizerWrapper::ByteLevel(_))),
    };
    let fallback = match inner.get_model() {
        ModelWrapper::BPE(model) => model.byte_fallback,
        ModelWrapper::Unigram(model) => model.byte_fallback(),
        _ => false,
    };
    Writing { bytes: cut || normalized, fallback }
}
