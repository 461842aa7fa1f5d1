//! Tokenizers of every kind that checkpoints bring along: what lies beside a vocabulary is followed as transformers does,
//! or refused by name. Ids are those of transformers 4.57 and 5.24 (`AutoTokenizer`) on the same files.

use std::fs;
use std::path::Path;

use clsroom::lab::head::shares;
use clsroom::lab::{
    Control, Outcome, PieceKind, Progress, RaceRequest, Readout, Request, Sentence, Session, TraceData,
};
use clsroom::lesson::{Answer, Format, Question, Source, ValueRef};
use clsroom::model::{Bert, ModelError};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::checkpoint::{Checkpoint, write};
use crate::driver::Driver;

/// A file by its name.
type File = (&'static str, Value);

/// A vocabulary with words of both cases.
const WORDS: [&str; 24] = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "film", "book", "is", "was", "not", "good", "bad",
    "dull", "bright", "new", "##s", ".", ",", "The", "Film", "[ent]", "x",
];

/// A checkpoint whose embedding table has `rows` rows, with nothing but `vocab.txt` of a tokenizer.
fn folder(rows: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Checkpoint { table: rows, ..Checkpoint::default() }.write(folder.path());
    write(folder.path(), "vocab.txt", &(WORDS.join("\n") + "\n"));
    fs::remove_file(folder.path().join("tokenizer_config.json")).expect("removed");
    folder
}

/// The same with other files beside it.
fn with(files: &[(&str, Value)]) -> tempfile::TempDir {
    let folder = folder(30);
    files.iter().for_each(|(name, json)| write(folder.path(), name, &json.to_string()));
    folder
}

fn open(folder: &Path) -> Result<Bert, String> {
    Bert::open(folder, None).map_err(|error: ModelError| error.to_string())
}

fn ids(bert: &Bert, text: &str) -> Vec<u32> {
    bert.encode(text, None).expect("it is read").input.input_ids
}

/// `clsroom trace --format json`.
fn traced(model: &Path, text: &[&str]) -> Value {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .env("HOME", model)
        .args(["trace", "--format", "json", "--model"])
        .arg(model)
        .args(text)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("valid JSON")
}

/// RoBERTa's configuration for the weights of the checkpoint helper, which have its names.
fn roberta(folder: &Path, model_type: &str) {
    let style = Checkpoint::default();
    let mut config = style.config();
    config["model_type"] = model_type.into();
    config["pad_token_id"] = 1.into();
    write(folder, "config.json", &config.to_string());
    fs::remove_file(folder.join("vocab.txt")).expect("removed");
    fs::remove_file(folder.join("tokenizer_config.json")).expect("removed");
}

fn special(id: u32, content: &str) -> Value {
    json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
           "special": true})
}

/// RoBERTa's tokenizer with a small byte-level vocabulary.
fn byte_level() -> Value {
    let names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
    let pieces = ["Ġ", "c", "a", "f", "Ã", "©", "Ġc", "n", "o", "t", "Ġn", "b", "d", "##", "s", "Ġb", "#"];
    let vocabulary: serde_json::Map<String, Value> =
        names.iter().chain(&pieces).enumerate().map(|(id, name)| ((*name).to_owned(), json!(id))).collect();
    let merges = ["Ġ c", "Ġ n", "Ġ b"];
    json!({
        "version": "1.0",
        "added_tokens": names.iter().enumerate().map(|(id, name)| special(id as u32, name)).collect::<Vec<_>>(),
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
                           "add_prefix_space": false},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": merges, "fuse_unk": false},
    })
}

/// XLM-R's: the Unigram of `SentencePiece` with its mark for spaces.
fn sentence_piece() -> Value {
    let names = ["<s>", "<pad>", "</s>", "<unk>"];
    let words = ["▁film", "▁not", "s", "▁", "f", "i", "l", "m", "b", "a", "d", "▁bad"];
    let vocabulary: Vec<Value> = names
        .iter()
        .map(|name| json!([name, 0.0]))
        .chain(words.iter().map(|word| json!([word, -(10.0 - word.chars().count() as f64)])))
        .collect();
    let around = |id: &str| json!({"SpecialToken": {"id": id, "type_id": 0}});
    let text = |id: &str| json!({"Sequence": {"id": id, "type_id": 0}});
    let token = |name: &str, id: u32| json!({"id": name, "ids": [id], "tokens": [name]});
    json!({
        "version": "1.0",
        "added_tokens": names.iter().enumerate().map(|(id, name)| special(id as u32, name)).collect::<Vec<_>>(),
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [around("<s>"), text("A"), around("</s>")],
            "pair": [around("<s>"), text("A"), around("</s>"), around("</s>"), text("B"), around("</s>")],
            "special_tokens": {"<s>": token("<s>", 0), "</s>": token("</s>", 2)},
        },
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary},
    })
}

/// A folder with RoBERTa's formulas and such a tokenizer.
fn with_tokenizer(model_type: &str, tokenizer: &Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Checkpoint::default().write(folder.path());
    roberta(folder.path(), model_type);
    write(folder.path(), "tokenizer.json", &tokenizer.to_string());
    folder
}

fn lab(folder: &Path) -> Arc<Session> {
    Arc::new(Session::alone(open(folder).expect("it loads"), None))
}

fn trace(lab: &Session, text: &str, pair: Option<&str>) -> std::sync::Arc<TraceData> {
    let sentence = Sentence { text: text.to_owned(), pair: pair.map(str::to_owned) };
    match lab.run(&Request::Trace(sentence), &Control::QUIET).expect("it runs") {
        Some(Outcome::Trace(data)) => data,
        _ => panic!("it was not stopped"),
    }
}

#[test]
fn what_lies_beside_a_vocabulary_is_followed() {
    let decoder = json!({
        "24": {"content": "[E1]", "lstrip": true, "rstrip": false, "normalized": false, "single_word": false,
               "special": true},
        "25": {"content": "Big", "lstrip": false, "rstrip": false, "normalized": true, "single_word": true,
               "special": false},
    });
    // Files, a text, the ids of AutoTokenizer.
    let cases: [(&[File], &str, &[u32]); 16] = [
        (&[], "The Film", &[2, 6, 7, 3]),
        (&[("tokenizer_config.json", json!({"do_lower_case": false}))], "The Film", &[2, 20, 21, 3]),
        (&[("added_tokens.json", json!({"[E1]": 24, "Big": 25}))], "the [E1] Big film", &[2, 6, 24, 25, 7, 3]),
        (&[("added_tokens.json", json!({"[E1]": 24, "Big": 25}))], "[e1] big", &[2, 24, 25, 3]),
        (
            &[
                ("tokenizer_config.json", json!({"added_tokens_decoder": decoder})),
                ("added_tokens.json", json!({"zz": 26})),
            ],
            "the [E1] Big film",
            &[2, 6, 24, 25, 7, 3],
        ),
        (
            &[
                ("tokenizer_config.json", json!({"added_tokens_decoder": decoder})),
                ("added_tokens.json", json!({"zz": 26})),
            ],
            "bigger big zz",
            &[2, 1, 25, 1, 3],
        ),
        (
            &[("special_tokens_map.json", json!({"additional_special_tokens": ["[ent]"]}))],
            "the [ent] Film",
            &[2, 6, 22, 7, 3],
        ),
        (
            &[("tokenizer_config.json", json!({"additional_special_tokens": ["[ent]"]}))],
            "[ENT] x",
            &[2, 1, 1, 1, 23, 3],
        ),
        (
            &[
                ("tokenizer_config.json", json!({"unk_token": "a"})),
                ("special_tokens_map.json", json!({"unk_token": "the"})),
            ],
            "qqq",
            &[2, 6, 3],
        ),
        (&[("tokenizer_config.json", json!({"mask_token": null}))], "[MASK] the", &[2, 1, 1, 1, 6, 3]),
        (&[("tokenizer_config.json", json!({"pad_token": null}))], "[PAD] the", &[2, 1, 1, 1, 6, 3]),
        (&[("tokenizer_config.json", json!({"mask_token": "<zz>"}))], "<zz> the", &[2, 24, 6, 3]),
        (&[("tokenizer_config.json", json!({"strip_accents": false}))], "the fílm", &[2, 6, 1, 3]),
        (&[], "the fílm", &[2, 6, 7, 3]),
        (
            &[("tokenizer_config.json", json!({"tokenizer_class": "BertTokenizerFast", "never_split": ["[CLS]"]}))],
            "the films",
            &[2, 6, 7, 17, 3],
        ),
        (
            &[(
                "tokenizer_config.json",
                json!({"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "basic"}),
            )],
            "The film",
            &[2, 20, 7, 3],
        ),
    ];
    for (files, text, expected) in cases {
        let folder = with(files);
        let bert = open(folder.path()).unwrap_or_else(|error| panic!("{files:?}: {error}"));
        assert_eq!(ids(&bert, text), expected, "{files:?} {text:?}");
    }
    let folder = with(&[("added_tokens.json", json!({"[E1]": 24, "[E2]": 25}))]);
    let json = traced(folder.path(), &["the [E1] film"]);
    assert_eq!(json["input_ids"], json!([2, 6, 24, 7, 3]));
    assert_eq!(json["tokens"], json!(["[CLS]", "the", "[E1]", "film", "[SEP]"]), "as it was added, not in lower case");
}

/// BERT's own tokenizer as a `tokenizer.json`, in either case.
fn word_piece(lowercase: bool) -> Value {
    let vocabulary: serde_json::Map<String, Value> =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    json!({
        "version": "1.0",
        "added_tokens": WORDS[..5].iter().enumerate().map(|(id, name)| special(id as u32, name)).collect::<Vec<_>>(),
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
                       "lowercase": lowercase},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    })
}

#[test]
fn what_lies_beside_a_tokenizer_file_is_followed() {
    let config = |json: Value| ("tokenizer_config.json", json);
    let token = json!({"24": {"content": "[E1]", "lstrip": false, "rstrip": false, "normalized": false,
                              "single_word": false, "special": true}});
    let cases: [(bool, File, &str, &[u32]); 8] = [
        (false, config(json!({"do_lower_case": true})), "the Film", &[2, 6, 7, 3]),
        (true, config(json!({"do_lower_case": false})), "the Film", &[2, 6, 21, 3]),
        (
            true,
            config(json!({"do_lower_case": false, "tokenizer_class": "PreTrainedTokenizerFast"})),
            "the Film",
            &[2, 6, 7, 3],
        ),
        (true, ("added_tokens.json", json!({"[E1]": 24})), "the [E1]", &[2, 6, 24, 3]),
        (true, config(json!({"added_tokens_decoder": token})), "the [E1]", &[2, 6, 24, 3]),
        (true, ("special_tokens_map.json", json!({"additional_special_tokens": ["[E1]"]})), "the [E1]", &[2, 6, 24, 3]),
        (true, config(json!({"never_split": ["[ent]"]})), "the [ent]", &[2, 6, 1, 1, 1, 3]),
        (true, ("sentence_bert_config.json", json!({"do_lower_case": true})), "The [SEP]", &[2, 6, 1, 1, 1, 3]),
    ];
    for (lowercase, file, text, expected) in cases {
        let folder = with(std::slice::from_ref(&file));
        write(folder.path(), "tokenizer.json", &word_piece(lowercase).to_string());
        let bert = open(folder.path()).unwrap_or_else(|error| panic!("{file:?}: {error}"));
        assert_eq!(ids(&bert, text), expected, "{file:?} {text:?}");
    }
    let folder = with_tokenizer("roberta", &byte_level());
    write(folder.path(), "tokenizer_config.json", &json!({"add_prefix_space": true}).to_string());
    assert_eq!(ids(&open(folder.path()).expect("it loads"), "ca ca"), [0, 11, 7, 11, 7, 2]);
}

#[test]
fn other_rules_are_refused_by_name_with_a_way_out() {
    let config = |json: Value| ("tokenizer_config.json", json);
    let class = |name: &str| config(json!({ "tokenizer_class": name }));
    let cases: [(&str, Value, &[&str]); 22] = [
        (
            "tokenizer_config.json",
            json!({"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab",
                   "subword_tokenizer_type": "wordpiece"}),
            &["mecab", "word_tokenizer_type"],
        ),
        ("tokenizer_config.json", json!({"word_tokenizer_type": "sudachi"}), &["sudachi"]),
        (
            "tokenizer_config.json",
            json!({"tokenizer_class": "BertJapaneseTokenizer", "subword_tokenizer_type": "character"}),
            &["character"],
        ),
        (
            "tokenizer_config.json",
            json!({"tokenizer_class": "BertJapaneseTokenizer", "do_word_tokenize": false}),
            &["nothing", "wordpiece"],
        ),
        class("BertweetTokenizer").tuple(&["BertweetTokenizer", "bpe.codes"]),
        class("PhobertTokenizer").tuple(&["PhobertTokenizer", "Vietnamese"]),
        class("CanineTokenizer").tuple(&["CanineTokenizer", "characters"]),
        class("XLMRobertaTokenizer").tuple(&["XLMRobertaTokenizer", "Make a tokenizer.json"]),
        class("SomethingTokenizer").tuple(&["SomethingTokenizer", "Make a tokenizer.json"]),
        class("RobertaTokenizer").tuple(&["vocab.json", "merges.txt"]),
        config(json!({"do_basic_tokenize": false})).tuple(&["do_basic_tokenize", "Make a tokenizer.json"]),
        config(json!({"never_split": ["[ent]"]})).tuple(&["never_split", "Make a tokenizer.json"]),
        config(json!({"cls_token": null})).tuple(&["cls_token is null in tokenizer_config.json"]),
        config(json!({"unk_token": null})).tuple(&["unk_token is null in tokenizer_config.json"]),
        config(json!({"mask_token": 7})).tuple(&["mask_token in tokenizer_config.json"]),
        config(json!({"do_lower_case": "yes"})).tuple(&["do_lower_case in tokenizer_config.json"]),
        config(json!({"auto_map": {"AutoTokenizer": ["code.Tokenizer", null]}})).tuple(&["auto_map"]),
        config(json!([])).tuple(&["tokenizer_config.json is no JSON object"]),
        ("added_tokens.json", json!({"[E1]": 30}), &["added_tokens.json gives [E1] the id 30", "has 30 rows"]),
        ("added_tokens.json", json!({"[E1]": 27}), &["added_tokens.json gives [E1] the id 27", "it is 24"]),
        ("added_tokens.json", json!({"[E1]": -1}), &["[E1] in added_tokens.json"]),
        ("sentence_bert_config.json", json!({"do_lower_case": 1}), &["do_lower_case in sentence_bert_config.json"]),
    ];
    for (name, json, expected) in cases {
        let folder = with(&[(name, json.clone())]);
        let error = open(folder.path()).err().unwrap_or_else(|| panic!("{name} {json} is refused"));
        assert!(expected.iter().all(|part| error.contains(part)), "{json}: {error}");
        assert!(!error.contains('\n') && !error.contains("untagged"), "{error}");
    }
    // A class that the model's own configuration names, and one that Python alone has beside a tokenizer.json.
    let folder = folder(30);
    let mut model = Checkpoint { table: 30, ..Checkpoint::default() }.config();
    model["tokenizer_class"] = "BertJapaneseTokenizer".into();
    write(folder.path(), "config.json", &model.to_string());
    write(folder.path(), "tokenizer_config.json", &json!({"word_tokenizer_type": "mecab"}).to_string());
    assert!(open(folder.path()).is_err_and(|error| error.contains("mecab")));
    write(folder.path(), "tokenizer_config.json", &json!({"tokenizer_class": "BertweetTokenizer"}).to_string());
    write(folder.path(), "tokenizer.json", &word_piece(true).to_string());
    assert!(open(folder.path()).is_err_and(|error| error.contains("remove tokenizer_class")));
    // No special token has a row that is not there.
    let folder = folder_without_rows();
    write(folder.path(), "special_tokens_map.json", &json!({"additional_special_tokens": ["[E1]"]}).to_string());
    assert!(open(folder.path()).is_err_and(|error| error.contains("additional_special_tokens names [E1]")));
    // SentencePiece alone.
    let folder = folder_without_rows();
    fs::remove_file(folder.path().join("vocab.txt")).expect("removed");
    write(folder.path(), "sentencepiece.bpe.model", "binary");
    assert!(
        open(folder.path())
            .is_err_and(|error| error.contains("sentencepiece.bpe.model") && error.contains("save_pretrained"))
    );
}

fn folder_without_rows() -> tempfile::TempDir {
    folder(WORDS.len())
}

/// A file and what its refusal says.
trait Tuple<'a> {
    fn tuple(self, expected: &'a [&'a str]) -> (&'static str, Value, &'a [&'a str]);
}

impl<'a> Tuple<'a> for (&'static str, Value) {
    fn tuple(self, expected: &'a [&'a str]) -> (&'static str, Value, &'a [&'a str]) {
        (self.0, self.1, expected)
    }
}

/// A RoBERTa with `vocab.json` and `merges.txt`.
pub fn write_merges(folder: &Path) {
    Checkpoint::default().write(folder);
    roberta(folder, "roberta");
    let vocabulary = json!({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "<mask>": 4, "Ġ": 5, "t": 6, "h": 7, "e": 8,
                            "th": 9, "the": 10});
    write(folder, "vocab.json", &vocabulary.to_string());
    write(folder, "merges.txt", "#version: 0.2\nt h\nth e\n");
}

#[test]
fn a_vocabulary_with_merges_is_read_as_roberta_does() {
    let folder = tempfile::tempdir().expect("a folder");
    write_merges(folder.path());
    let json = traced(folder.path(), &["the the", "--pair", " the"]);
    assert_eq!(json["input_ids"], json!([0, 10, 5, 10, 2, 2, 5, 10, 2]));
    let bert = open(folder.path()).expect("it loads");
    assert_eq!(ids(&bert, "the <mask>"), [0, 10, 4, 2], "the mask takes the space before it");
    assert_eq!(ids(&bert, "the cat"), [0, 10, 5, 3, 3, 6, 2], "RobertaTokenizer: what has no entry is <unk>");
    write(folder.path(), "tokenizer_config.json", &json!({"add_prefix_space": true}).to_string());
    assert_eq!(ids(&open(folder.path()).expect("it loads"), "the"), [0, 5, 10, 2]);
    write(folder.path(), "merges.txt", "#version: 0.2\nt h\nt x\n");
    assert!(open(folder.path()).is_err_and(|error| error.contains("merges.txt and vocab.json do not fit together")));
    write(folder.path(), "merges.txt", "nothing\n");
    assert!(open(folder.path()).is_err_and(|error| error.contains("merges.txt, line 1")));
    fs::remove_file(folder.path().join("merges.txt")).expect("removed");
    assert!(
        open(folder.path()).is_err_and(|error| error.contains("vocab.json and merges.txt, and one of them is missing"))
    );
}

#[test]
fn a_text_that_is_lowered_first_keeps_its_places() {
    let folder = with(&[
        ("tokenizer_config.json", json!({"do_lower_case": false})),
        ("sentence_bert_config.json", json!({"max_seq_length": 16, "do_lower_case": true})),
    ]);
    let json = traced(folder.path(), &["The Film"]);
    assert_eq!(json["input_ids"], json!([2, 6, 7, 3]));
    // İ has one byte more in lower case.
    let bert = open(folder.path()).expect("it loads");
    let encoding = bert.encode("İ The Film", None).expect("it is read");
    let last = encoding.offsets[encoding.offsets.len() - 2];
    assert_eq!(&"İ The Film"[last.0..last.1], "Film");
}

#[test]
fn kinds_of_pieces_are_decided_by_the_tokenizer_and_not_by_their_names() {
    use PieceKind::{Continuation, First, Separator, Word};
    let kinds = |trace: &TraceData| trace.pieces.iter().map(|piece| piece.kind).collect::<Vec<_>>();
    let shown = |trace: &TraceData| trace.pieces.iter().map(|piece| piece.shown.clone()).collect::<Vec<_>>();

    let folder = with_tokenizer("roberta", &byte_level());
    let lab = lab_of(&folder);
    let data = trace(&lab, "café not", Some("ca"));
    assert_eq!(
        kinds(&data),
        [
            First,
            Word,
            Continuation,
            Continuation,
            Continuation,
            Continuation,
            Word,
            Continuation,
            Continuation,
            Separator,
            Separator,
            Word,
            Continuation,
            Separator
        ]
    );
    assert_eq!(shown(&data), ["<s>", "c", "a", "f", "<C3>", "<A9>", "▁n", "o", "t", "</s>", "</s>", "c", "a", "</s>"]);
    // "</s>" and "##s" in a text are text: no separator was put there, and no word is continued.
    let data = trace(&lab, "a </s> ##s", None);
    let expected = [First, Word, Word, Word, Word, Word, Continuation, Word, Separator];
    assert_eq!(kinds(&data), expected, "{:?}", shown(&data));
    let (attention, last) = (&data.attentions[1][0], data.pieces.len() - 1);
    let sum =
        |column: usize| (0..attention.rows).map(|row| attention.at(row, column)).sum::<f32>() / attention.rows as f32;
    let found = shares(attention, &data.pieces);
    assert!((found.cls - sum(0)).abs() < 1e-6 && (found.sep - sum(last)).abs() < 1e-6 && found.cls > 0.0, "{found:?}");

    let folder = with_tokenizer("xlm-roberta", &sentence_piece());
    let data = trace(&lab_of(&folder), "not films bad", None);
    assert_eq!(shown(&data), ["<s>", "▁not", "▁film", "s", "▁bad", "</s>"]);
    assert_eq!(kinds(&data), [First, Word, Word, Continuation, Word, Separator]);

    // BERT's, with the names of its tokens in the text.
    let folder = with(&[]);
    let data = trace(&lab_of(&folder), "[CLS] films ##s [SEP]", None);
    assert_eq!(data.pieces.iter().map(|piece| piece.id).collect::<Vec<_>>(), [2, 2, 7, 17, 1, 1, 1, 3, 3]);
    assert_eq!(kinds(&data), [First, Word, Word, Continuation, Word, Word, Word, Word, Separator]);
}

fn lab_of(folder: &tempfile::TempDir) -> Arc<Session> {
    lab(folder.path())
}

#[test]
fn another_tokenizers_names_are_right_on_every_screen() {
    let folder = with_tokenizer("roberta", &byte_level());
    let lab = lab_of(&folder);
    let mut driver = Driver::on(&lab, "movies", (110, 30));
    driver.type_sentence("café not bad");
    driver.press("o");
    let screen = driver.screen();
    assert!(screen.contains("here [CLS] is written <s> and [SEP] </s>"), "{screen}");
    assert!(
        screen.contains("▁ is the space before a word") && screen.contains("▁n") && !screen.contains('Ġ'),
        "{screen}"
    );
    assert!(screen.contains("<C3> is one byte"), "{screen}");
    let value = |driver: &Driver, key: &str| {
        let value = ValueRef { source: Source::Live, key: key.to_owned(), format: Format::Auto };
        clsroom::app::values::resolve(&driver.state, &value).text
    };
    assert_eq!(value(&driver, "sentence.unseen"), "3", "all three words are cut");
    let head = &driver.state.trace().expect("a trace").attentions[0][0];
    let [first, last] = [0, head.cols - 1].map(|column| head.at(0, column));
    let near = |text: String, number: f32| {
        let shown: f32 = text.parse().expect("a number");
        assert!((shown - number).abs() < 0.001, "{text} {number}");
    };
    near(value(&driver, "attention.cls.1.1"), first);
    near(value(&driver, "attention.sep.1.1"), last);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .env("HOME", folder.path())
        .args(["trace", "café", "--model"])
        .arg(folder.path())
        .output()
        .expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("here [CLS] is written <s> and [SEP] </s>") && !text.contains('Ã'), "{text}");
    // BERT's own pieces need no note.
    assert!(trace(crate::driver::lab(), "unaffordable", None).writing().is_empty());
}

/// A lesson asks for `[CLS]` and `[SEP]`; what the tokenizer calls them does not make them another piece, and a text that
/// spells them out does not make them special.
#[test]
fn questions_about_special_tokens_are_judged_by_what_the_pieces_are() {
    let folder = with_tokenizer("roberta", &byte_level());
    let own = with(&[]);
    let mut seen = [0; 3];
    for (lab, text) in [(lab_of(&folder), "not a bad"), (lab_of(&own), "a [CLS] film [SEP] is")] {
        let mut driver = Driver::on(&lab, "movies", (110, 30));
        driver.type_sentence(text);
        driver.press("o");
        let data = std::sync::Arc::clone(driver.state.trace().expect("a trace"));
        for (layer, heads) in data.attentions.iter().enumerate() {
            for (head, attention) in heads.iter().enumerate() {
                let key = format!("attention.top.{}.{}", layer + 1, head + 1);
                let question = Question {
                    id: "test".to_owned(),
                    ask: "Which piece?".to_owned(),
                    options: ["itself", "[SEP]", "another piece"].map(str::to_owned).to_vec(),
                    answer: Answer::Match {
                        value: ValueRef { source: Source::Live, key, format: Format::Auto },
                        matches: ["[CLS]", "[SEP]", "*"].map(|word| vec![word.to_owned()]).to_vec(),
                    },
                    why: Vec::new(),
                    ask_others: None,
                    why_others: None,
                };
                let row = attention.row(0);
                let top = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).expect("a piece");
                let expected = if top == 0 { 0 } else { 2 - usize::from(top == row.len() - 1) };
                assert_eq!(driver.state.judge(&question).right, Some(expected), "{:?}", data.pieces[top]);
                seen[expected] += 1;
            }
        }
    }
    assert!(seen[2] > 0 && seen[0] + seen[1] > 0, "{seen:?}");
}

/// The baseline of an attribution is the vocabulary's padding, its mask, its unknown piece, or zeros.
#[test]
fn an_attribution_needs_no_padding_piece() {
    let without = |names: &[&str]| {
        let mut tokenizer = byte_level();
        let config: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        tokenizer["added_tokens"] = json!([special(0, "<s>"), special(2, "</s>")]);
        let folder = with_tokenizer("roberta", &tokenizer);
        let mut model: Value =
            serde_json::from_slice(&fs::read(folder.path().join("config.json")).expect("read")).expect("JSON");
        model["pad_token_id"] = 1.into();
        write(folder.path(), "config.json", &model.to_string());
        write(folder.path(), "tokenizer_config.json", &Value::Object(config).to_string());
        folder
    };
    for (names, blank) in
        [(&[][..], Some("<pad>")), (&["pad_token"][..], Some("<mask>")), (&["pad_token", "mask_token"][..], None)]
    {
        let folder = without(names);
        let lab = lab_of(&folder);
        let request = RaceRequest {
            layers: vec![2],
            train: Some(64),
            test: Some(64),
            ..RaceRequest::frozen("movies", vec![Readout::Cls])
        };
        lab.run(&Request::Race(request), &Control::QUIET).expect("a race").expect("it is not stopped");
        let outcome = lab.run(&Request::Attribution(Sentence::single("not bad")), &Control::QUIET).expect("it runs");
        let Some(Outcome::Attribution(data)) = outcome else { panic!("an attribution") };
        assert_eq!(data.blank.as_deref(), blank);
        let moved = data.logit - data.baseline;
        // Where all vectors are zeros, LayerNorm has no length to divide by and 32 steps say little.
        let gap = data.gap().abs();
        assert!(moved.is_finite() && (blank.is_none() || gap < 0.05 + 0.1 * moved.abs()), "{gap} {moved}");
        let said = blank.map_or("with zeros for all words".to_owned(), |blank| format!("with all words {blank}"));
        assert_eq!(data.compared(), said);
    }
}

/// What a model lacks is found out before the first sentence is read.
#[test]
fn a_race_that_cannot_end_does_not_begin() {
    let folder = with(&[]);
    let quiet = Control { report: &|progress: Progress| panic!("it began: {}", progress.what), stop: &|| false };
    let race = |readouts: &[&str], against: Option<&str>| RaceRequest {
        against: against.map(str::to_owned),
        ..RaceRequest::frozen("movies", readouts.iter().map(|name| name.parse().expect("a readout")).collect())
    };
    let refused = |lab: &Session, request| {
        lab.run(&Request::Race(request), &quiet).err().map(|error| error.to_string()).expect("it is refused")
    };
    let error = refused(&lab_of(&folder), race(&["cls", "stand-in:banana"], None));
    assert!(error.contains("\"banana\" is not one piece") && error.contains("such as film"), "{error}");
    // The other model's vocabulary is asked too.
    let own = tempfile::tempdir().expect("a folder");
    Checkpoint::default().write(own.path());
    let both = Session::alone(open(own.path()).expect("it loads"), None)
        .beside(Arc::new(Arc::new(clsroom::lab::Model::new(open(folder.path()).expect("it loads"), None)).into()));
    let error = refused(&both, race(&["cls", "stand-in:banana"], Some("other")));
    assert!(error.contains("\"banana\" is not one piece"), "{error}");
    let headless = tempfile::tempdir().expect("a folder");
    Checkpoint { pooler: false, ..Checkpoint::default() }.write(headless.path());
    let error = refused(&lab_of(&headless), race(&["cls", "pooler"], None));
    assert!(error.contains("has no pooler"), "{error}");
    // A byte-level vocabulary has its words behind a space.
    let folder = with_tokenizer("roberta", &byte_level());
    let error = refused(&lab_of(&folder), race(&["stand-in:zebra"], None));
    assert!(error.contains("Try a word that is, such as"), "{error}");
    let bert = open(folder.path()).expect("it loads");
    assert_eq!(bert.word_id("c"), Some(6));
}
