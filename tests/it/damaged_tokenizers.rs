//! Tokenizer files that lie: each is one sentence, in time and within memory, and never a panic.

use std::process::Command;
use std::time::{Duration, Instant};

use clsroom::model::Bert;
use serde_json::{Value, json};

use crate::checkpoint::{Checkpoint, write};
use crate::fuzz;

const NAMES: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

fn word_piece() -> Value {
    let token = |(id, name): (usize, &&str)| {
        json!({"id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
               "special": true})
    };
    let around = |id: &str, segment: u32| json!({"SpecialToken": {"id": id, "type_id": segment}});
    let text = |id: &str, segment: u32| json!({"Sequence": {"id": id, "type_id": segment}});
    let words = ["a", "film", "not", "##s", "bad"];
    let vocabulary: serde_json::Map<String, Value> =
        NAMES.iter().chain(&words).enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": NAMES.iter().enumerate().map(token).collect::<Vec<_>>(),
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
             "lowercase": true},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "BertPreTokenizer"},
            {"type": "Split", "pattern": {"String": "-"}, "behavior": "Isolated", "invert": false},
        ]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [around("[CLS]", 0), text("A", 0), around("[SEP]", 0)],
            "pair": [around("[CLS]", 0), text("A", 0), around("[SEP]", 0), text("B", 1), around("[SEP]", 1)],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

/// The same vocabulary as another model of the library.
fn with_model(model: Value, pre_tokenizer: Value) -> Value {
    let mut tokenizer = word_piece();
    tokenizer["normalizer"] = Value::Null;
    tokenizer["pre_tokenizer"] = pre_tokenizer;
    tokenizer["model"] = model;
    tokenizer
}

fn bpe() -> Value {
    let pieces = ["Ġ", "a", "b", "c", "Ġa", "ab"];
    let vocabulary: serde_json::Map<String, Value> =
        NAMES.iter().chain(&pieces).enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    with_model(
        json!({"type": "BPE", "vocab": vocabulary, "merges": ["Ġ a", "a b"], "unk_token": "[UNK]", "fuse_unk": false}),
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}),
    )
}

fn unigram() -> Value {
    let vocabulary: Vec<Value> =
        NAMES.iter().chain(&["▁", "▁a", "film", "s"]).map(|word| json!([word, -1.5])).collect();
    with_model(
        json!({"type": "Unigram", "unk_id": 1, "vocab": vocabulary}),
        json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}),
    )
}

/// The parts of a model around its tokenizer.
struct Parts {
    folder: tempfile::TempDir,
    config: String,
    weights: Vec<u8>,
}

fn parts() -> Parts {
    let folder = tempfile::tempdir().expect("a folder");
    let style = Checkpoint::default();
    style.write(folder.path());
    let weights = std::fs::read(folder.path().join("model.safetensors")).expect("read");
    Parts { folder, config: style.config().to_string(), weights }
}

impl Parts {
    fn open(&self, tokenizer: &[u8]) -> Result<Bert, String> {
        Bert::from_parts("a test", "a test", &self.config, tokenizer, &self.weights, None)
            .map_err(|error| error.to_string())
    }
}

/// What each damaged file is, and what its sentence says.
#[expect(clippy::too_many_lines, reason = "a table")]
fn damaged() -> Vec<(&'static str, Value, &'static str)> {
    let changed = |what: &dyn Fn(&mut Value)| {
        let mut tokenizer = word_piece();
        what(&mut tokenizer);
        tokenizer
    };
    let doubling = json!({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"});
    let nested =
        (0..40).fold(json!({"type": "Lowercase"}), |inner, _| json!({"type": "Sequence", "normalizers": [inner]}));
    let charsmap = |map: &str| json!({"type": "Precompiled", "precompiled_charsmap": map});
    vec![
        (
            "BERT's processor with an id beyond the table",
            changed(&|t| {
                t["post_processor"] = json!({"type": "BertProcessing", "sep": ["[SEP]", 5_000], "cls": ["[CLS]", 2]});
            }),
            "the id 5000",
        ),
        (
            "a template with an id beyond the table",
            changed(&|t| {
                t["post_processor"]["special_tokens"]["[CLS]"]["ids"] = json!([999_999]);
            }),
            "the id 999999",
        ),
        (
            "a template that forgets the second text",
            changed(&|t| {
                t["post_processor"]["pair"] = json!([{"Sequence": {"id": "A", "type_id": 0}}]);
            }),
            "only one of two texts",
        ),
        (
            "thirty normalizers that double a text",
            changed(&|t| {
                t["normalizer"]["normalizers"] = json!(vec![doubling.clone(); 30]);
            }),
            "too many parts",
        ),
        (
            "twelve normalizers that double a text",
            changed(&|t| {
                t["normalizer"]["normalizers"] = json!(vec![doubling.clone(); 12]);
            }),
            "4096 times longer",
        ),
        (
            "a normalizer that replaces by a megabyte",
            changed(&|t| {
                t["normalizer"] = json!({"type": "Replace", "pattern": {"Regex": "."}, "content": "a".repeat(1 << 20)});
            }),
            "replaces a pattern by",
        ),
        ("forty sequences in each other", changed(&|t| t["normalizer"] = nested.clone()), "too many parts"),
        ("an empty charsmap", changed(&|t| t["normalizer"] = charsmap("")), "precompiled_charsmap is damaged"),
        (
            "a charsmap that is longer than it is",
            changed(&|t| {
                t["normalizer"] = charsmap("8P///wAAAAAAAAAAAAAAAAAAAAA=");
            }),
            "precompiled_charsmap is damaged",
        ),
        (
            "parts of length 0",
            changed(&|t| t["pre_tokenizer"] = json!({"type": "FixedLength", "length": 0})),
            "length 0",
        ),
        ("an unknown normalizer", changed(&|t| t["normalizer"] = json!({"type": "Surprise"})), "Surprise"),
        (
            "a vocabulary beyond the table",
            changed(&|t| t["model"]["vocab"]["zebra"] = json!(4_000_000_000u32)),
            "embedding table",
        ),
        (
            "words of a million letters",
            changed(&|t| t["model"]["max_input_chars_per_word"] = json!(1_000_000)),
            "1000000 letters",
        ),
        (
            "forty special tokens",
            changed(&|t| {
                t["post_processor"]["special_tokens"]["[CLS]"]["ids"] = json!(vec![2; 40]);
            }),
            "special tokens around a text",
        ),
        ("no vocabulary", changed(&|t| t["model"]["vocab"] = Value::Null), "no vocabulary"),
        (
            "a piece that is longer than a stack is deep",
            {
                let mut t = unigram();
                t["model"]["vocab"][8][0] = json!("s".repeat(300_000));
                t
            },
            "a piece of 300000 bytes",
        ),
        (
            "random merges",
            {
                let mut t = bpe();
                t["model"]["dropout"] = json!(0.5);
                t
            },
            "at random",
        ),
        (
            "merges of pieces that are not there",
            {
                let mut t = bpe();
                t["model"]["merges"] = json!(["Ġ a", "z z"]);
                t
            },
            "tokenizer",
        ),
        (
            "merges into an id beyond the vocabulary",
            {
                let mut t = bpe();
                t["model"]["vocab"]["ab"] = json!(400_000_000);
                t
            },
            "embedding table",
        ),
        (
            "an unknown piece that is not there",
            {
                let mut t = unigram();
                t["model"]["unk_id"] = json!(77);
                t
            },
            "tokenizer",
        ),
    ]
}

#[test]
fn each_damaged_tokenizer_is_one_sentence() {
    let parts = parts();
    for good in [word_piece(), bpe(), unigram()] {
        parts.open(good.to_string().as_bytes()).unwrap_or_else(|error| panic!("the undamaged one loads: {error}"));
    }
    for (what, tokenizer, expected) in damaged() {
        let began = Instant::now();
        let error = parts.open(tokenizer.to_string().as_bytes()).err().unwrap_or_else(|| panic!("{what} is refused"));
        assert!(error.contains(expected) && !error.contains('\n'), "{what}: {error}");
        assert!(began.elapsed() < Duration::from_secs(10), "{what}");
    }
}

/// A whole process, with a limit on its memory: exit code 1, one sentence, no report of a panic.
#[test]
fn a_damaged_tokenizer_ends_a_command_with_one_sentence() {
    let parts = parts();
    for (what, tokenizer, _) in damaged() {
        write(parts.folder.path(), "tokenizer.json", &tokenizer.to_string());
        let command = format!("ulimit -v 4000000; exec {} trace --model . a", env!("CARGO_BIN_EXE_clsroom"));
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(parts.folder.path())
            .env("HOME", parts.folder.path())
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {said}");
        assert!(said.lines().count() == 1 && !said.contains("panicked"), "{what}: {said}");
    }
}

const WORDS: [&str; 40] = [
    "[CLS]",
    "[SEP]",
    "[UNK]",
    "A",
    "B",
    "Sequence",
    "SpecialToken",
    "BertNormalizer",
    "Lowercase",
    "Strip",
    "StripAccents",
    "NFKC",
    "Nmt",
    "Precompiled",
    "Replace",
    "Prepend",
    "ByteLevel",
    "Metaspace",
    "Split",
    "Punctuation",
    "Digits",
    "FixedLength",
    "Whitespace",
    "CharDelimiterSplit",
    "UnicodeScripts",
    "BertProcessing",
    "RobertaProcessing",
    "TemplateProcessing",
    "WordPiece",
    "BPE",
    "Unigram",
    "WordLevel",
    "Isolated",
    "MergedWithNext",
    "Contiguous",
    "",
    "é",
    "▁",
    "type",
    "ids",
];

#[test]
fn fuzz_tokenizers() {
    let parts = parts();
    let good = [word_piece(), bpe(), unigram()];
    let mut read = 0;
    fuzz::each(1_500, |random| {
        let original = random.of(&good).clone();
        let damaged = if random.below(3) == 0 {
            fuzz::bytes(original.to_string().as_bytes(), random)
        } else {
            fuzz::json(&original, &WORDS, random).to_string().into_bytes()
        };
        fuzz::keep(&damaged);
        match parts.open(&damaged) {
            // What is still whole must read texts, or say why not.
            Ok(bert) => {
                read += 1;
                for (text, pair) in [("a film, not bad - é 映 \u{1f600}  ab", None), ("a", Some("films"))] {
                    if let Ok(encoding) = bert.encode(text, pair) {
                        let rows = bert.config().vocab_size;
                        assert!(encoding.input.input_ids.iter().all(|id| (*id as usize) < rows));
                        assert!(encoding.offsets.iter().all(|range| range.0 <= range.1));
                    }
                }
            }
            Err(error) => assert!(!error.is_empty() && !error.contains('\n'), "{error}"),
        }
    });
    assert!(read > 0, "some changes do no harm");
}
