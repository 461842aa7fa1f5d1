//! Sentences of the learner's own: what the model reads of a file, which figures come of it, and what is said about it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use clsroom::app::{Effect, Key, Msg};
use serde_json::{Value, json};

use crate::driver::{Driver, lab};

fn clsroom(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(arguments)
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A race on a file of this content, as JSON.
fn race(name: &str, content: &[u8], more: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("written");
    let path = path.display().to_string();
    let output = clsroom(folder.path(), &[&["race", "--format", "json", "--data", &path], more].concat());
    assert!(output.status.success(), "{name}: {}", said(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Remarks whose middle part decides their label, the parts with something between them; each row by `row`.
fn remarks(between: &str, row: impl Fn(&str, &str, &str) -> String) -> String {
    let words = ["dreadful", "lovely", "terrible", "excellent"];
    let split = |number: usize| ["train", "train", "test", "train", "validation"][number / 2 % 5];
    let one = |number: usize| {
        let parts = [
            format!("Heard in town, day {number}"),
            words[number % 4].to_owned(),
            format!("Seat {number}, paper cover."),
        ];
        row(&parts.join(between), ["bad", "good"][number % 2], split(number))
    };
    (0..140).map(one).collect()
}

#[test]
fn line_ends_and_tabs_in_a_text_are_white_space_to_the_model() {
    let csv = |between: &str| {
        let rows = remarks(between, |text, label, split| format!("\"{text}\",{label},{split}\n"));
        race("mine.csv", format!("text,label,split\n{rows}").as_bytes(), &["--readouts", "cls,words"])["lanes"].take()
    };
    let spaces = csv(" ");
    assert!(spaces[0]["accuracy"].as_f64().expect("a share") > 0.9, "{spaces}");
    for between in ["\n", "\t", "\r\n", " \u{a0}", "\u{200b} \u{1} "] {
        assert_eq!(csv(between), spaces, "{between:?} is read as a space is");
    }
    let lines =
        remarks("\n", |text, label, split| json!({ "text": text, "label": label, "split": split }).to_string() + "\n");
    assert_eq!(race("mine.jsonl", lines.as_bytes(), &["--readouts", "cls,words"])["lanes"], spaces);
    let tsv = remarks("\n", |text, label, split| format!("\"{text}\"\t{label}\t{split}\n"));
    let tsv = format!("text\tlabel\tsplit\n{tsv}");
    assert_eq!(race("mine.tsv", tsv.as_bytes(), &["--readouts", "cls,words"])["lanes"], spaces);
}

#[test]
fn the_pieces_of_a_text_with_a_line_end_are_those_with_a_space() {
    let pieces = |text: &str| lab().bert().encode(text, None).expect("encoded").tokens;
    let home = tempfile::tempdir().expect("a folder");
    let traced = |text: &str| {
        let output = clsroom(home.path(), &["trace", text, "--format", "json"]);
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["tokens"].clone()
    };
    let plain = pieces("day 3 excellent Seat");
    assert_eq!(plain, ["[CLS]", "day", "3", "excellent", "seat", "[SEP]"]);
    for text in
        ["day 3\nexcellent\nSeat", "\u{feff}day 3\r\nexcellent\tSeat\n", "day\u{a0}3 ex\u{200b}cellent\u{85} Seat"]
    {
        assert_eq!((pieces(text), traced(text)), (plain.clone(), json!(plain)), "{text:?}");
    }
}

/// From the editor and from the progress file a sentence reaches the model as it was written, and is drawn in one line.
#[test]
fn a_sentence_is_cleaned_where_it_is_drawn_and_nowhere_else() {
    let mut driver = Driver::new(120, 36);
    driver.open("01");
    driver.type_sentence("so\u{a0}good\r\nday 3\tand\u{2028}more");
    assert_eq!(driver.state.progress.sentence.as_deref(), Some("so\u{a0}good day 3\tand more"));
    driver.press("n");
    assert!(!driver.screen().contains(['\t', '\r']), "{}", driver.screen());

    // Kept by an earlier version or by hand.
    let mut driver = Driver::new(120, 36);
    driver.state.progress.sentence = Some("day 3\nexcellent\u{1b}[31m\tseat".to_owned());
    driver.open("01");
    driver.press("n");
    let tokens: Vec<String> =
        driver.state.trace().expect("traced").pieces.iter().map(|piece| piece.text.clone()).collect();
    assert_eq!(tokens, ["[CLS]", "day", "3", "excellent", "[", "31", "##m", "seat", "[SEP]"]);
    driver.press("e");
    assert!(driver.screen().contains("day 3␊excellent␛[31m␉seat"), "{}", driver.screen());
    driver.key(Key::Enter);
    assert!(driver.effects.iter().any(|effect| matches!(effect, Effect::Save(kept)
        if kept.sentence.as_deref() == Some("day 3\nexcellent\u{1b}[31m\tseat"))));
    driver.tell(Msg::Paste("outside a text field".to_owned()));
}

/// The mean over the classes that occur in truths or answers, as scikit-learn's `f1_score(average="macro")`.
fn reference_macro_f1(confusion: &[Vec<f64>]) -> f64 {
    let column = |class: usize| confusion.iter().map(|row| row[class]).sum::<f64>();
    let mut scores = Vec::new();
    for (class, row) in confusion.iter().enumerate() {
        let (occurs, answered, right) = (row.iter().sum::<f64>(), column(class), row[class]);
        if occurs == 0.0 && answered == 0.0 {
            continue;
        }
        let precision = if answered == 0.0 { 0.0 } else { right / answered };
        let recall = if occurs == 0.0 { 0.0 } else { right / occurs };
        let sum = precision + recall;
        scores.push(if sum == 0.0 { 0.0 } else { 2.0 * precision * recall / sum });
    }
    scores.iter().sum::<f64>() / scores.len() as f64
}

#[test]
fn macro_f1_is_over_the_classes_that_occur_or_are_answered() {
    // "mixed" is trained on, and occurs in no test sentence.
    let words = [("dreadful", "neg"), ("lovely", "pos"), ("dreadful and lovely", "mixed")];
    let row = |number: usize| {
        let split = ["train", "validation", "test"][number / 3 % 3];
        let (word, label) = words[if split == "train" { number % 3 } else { number % 2 }];
        format!("the show was {word} on day {number},{label},{split}\n")
    };
    let csv = format!("text,label,split\n{}", (0..180).map(row).collect::<String>());
    let report = race("three.csv", csv.as_bytes(), &["--readouts", "cls,words,majority"]);
    for lane in report["lanes"].as_array().expect("lanes") {
        let confusion: Vec<Vec<f64>> = serde_json::from_value(lane["confusion"].clone()).expect("a matrix");
        let (f1, accuracy) =
            (lane["macro_f1"].as_f64().expect("a number"), lane["accuracy"].as_f64().expect("a share"));
        assert!((f1 - reference_macro_f1(&confusion)).abs() < 1e-12, "{lane}");
        assert!(accuracy < 1.0 || (f1 - 1.0).abs() < 1e-12, "right on every test sentence: {lane}");
    }
    let sure = report["lanes"].as_array().expect("lanes").iter().find(|lane| lane["accuracy"] == 1.0);
    assert!(sure.is_some(), "a lane is right on all: {report}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("three.csv");
    fs::write(&path, &csv).expect("written");
    let output = clsroom(folder.path(), &["race", "--readouts", "words", "--data", &path.display().to_string()]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("macro-F1 1.0000 over the 2 of 3 classes that occur or are answered"), "{text}");
}

#[test]
fn files_that_are_no_text_with_columns_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes, expected) in [
        (
            "a.csv",
            b"PK\x03\x04\x14\0\x06\0[Content_Types].xml".as_slice(),
            "a.csv is an Excel workbook. Save its sheet",
        ),
        ("b.xlsx", b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", "b.xlsx is an Excel workbook"),
        ("c.csv", b"PAR1\x15\x04", "c.csv is a Parquet file"),
        ("d.csv", b"[{\"text\": \"a\", \"label\": 1}]", "d.csv holds a JSON array. Write one object a line"),
        ("e.tsv", b"{\"text\": \"a\", \"label\": 1}\n", "e.tsv holds JSON"),
        ("f.json", b"[\n{\"text\": \"a\", \"label\": 1}]", "f.json, line 1: the file is one JSON array"),
        ("g.csv", b"\xff\xfet\0e\0x\0", "g.csv, line 1: no column named \"text\", only \"tex\""),
        ("h.csv", b"\xff\xfe\0\xd8", "h.csv is damaged UTF-16 text"),
        ("i.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Get it with git lfs pull"),
        ("j.csv", b"", "j.csv: the file is empty"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let output = clsroom(folder.path(), &["race", "--data", &path.display().to_string()]);
        let said = said(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains(expected), "{name}: {said}");
    }
    let output = clsroom(folder.path(), &["race", "--data", &folder.path().display().to_string()]);
    assert!(said(&output).contains("is a folder. Give one file"), "{}", said(&output));
}

/// What a spreadsheet saves as "Unicode text".
#[test]
fn utf_16_is_read_and_said() {
    let row = |number: usize| format!("café {number}\t{}\r\n", ["good", "bad"][number % 2]);
    let rows: String = (0..80).map(row).collect();
    let bytes: Vec<u8> = format!("\u{feff}text\tlabel\r\n{rows}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.txt");
    fs::write(&path, bytes).expect("written");
    let output = clsroom(folder.path(), &["race", "--readouts", "majority", "--data", &path.display().to_string()]);
    assert!(
        said(&output).contains("(read as UTF-16): 80 sentences of 2 classes (bad 40, good 40)"),
        "{}",
        said(&output)
    );
}
