//! Sentences of the learner's own: what the model reads of a file, which figures come of it, and what is said about it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clsroom::app::{Effect, Key, Msg};
use clsroom::commands::parse_data;
use clsroom::config::Settings;
use clsroom::lab::dataset::{Dataset, Item};
use clsroom::lesson::View;
use serde_json::{Value, json};

use crate::driver::{Driver, lab};
use crate::fuzz;

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

/// The first film sentences of the course, as a file with splits of its own.
pub fn few(folder: &Path, count: usize) -> PathBuf {
    let movies = Dataset::embedded("movies").expect("sentences");
    let line = |(number, item): (usize, &Item)| {
        format!("{}\t{}\t{}\n", item.text, item.label, ["train", "validation", "test"][number % 3])
    };
    let rows: String = movies.items().iter().take(count).enumerate().map(line).collect();
    let path = folder.join("few.tsv");
    fs::write(&path, format!("text\tlabel\tsplit\n{rows}")).expect("written");
    path
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

/// Damaged files of every form: read or refused in one line, never a panic, never without end.
#[test]
fn fuzz_data_files_are_read_or_refused() {
    let rows = |row: &dyn Fn(usize) -> String| (0..90).map(row).collect::<Vec<_>>().concat();
    let (label, split) = (["0", "1.0", "nan", "-1"], ["train", "validation", "test"]);
    let csv = rows(&|n| format!("\"day {n}, \"\"é\"\"\nmore\",{},{}\r\n", label[n % 4], split[n % 3]));
    let tsv = rows(&|n| format!("\"day {n}\tand \"\"more\"\"\"\t{}\t{}\n", label[n % 4], split[n % 3]));
    let lines = rows(&|n| format!("{{\"text\": \"day\\n{n}\", \"label\": {}, \"split\": \"test\"}}\n", n % 3));
    let wide: Vec<u8> = format!("\u{feff}text\tlabel\n{tsv}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = [
        ("a.csv", format!("text,label,split\n{csv}").into_bytes()),
        ("b.tsv", format!("text\tlabel\tsplit\n{tsv}").into_bytes()),
        ("c.jsonl", lines.into_bytes()),
        ("d.txt", wide),
    ];
    fuzz::each(1_500, |random| {
        let (name, bytes) = random.of(&files);
        match parse_data(name, fuzz::bytes(bytes, random)) {
            Ok(data) => assert!(!data.summary().is_empty() && !data.items().is_empty()),
            Err(why) => assert!(!why.contains('\n') && why.starts_with(&name[..5]), "{why:?}"),
        }
    });
}

#[test]
fn fuzz_settings_files_are_read_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config.toml");
    let whole =
        "# mine\nmodel = \"a/b\"\nlearner = \"ann\"\nthreads = 2\nmax-length = 64\ncolor = \"never\"\nascii = true\n";
    fs::write(&path, whole).expect("written");
    assert!(Settings::read(&path).is_ok_and(|read| read.threads == Some(2)));
    fuzz::each(400, |random| {
        fs::write(&path, fuzz::bytes(whole.as_bytes(), random)).expect("written");
        if let Err(why) = Settings::read(&path) {
            assert!(why.contains("config.toml") && !why.contains('\n'), "{why:?}");
        }
    });
}

/// Settings are checked alike wherever they stand; an empty variable says nothing.
#[test]
fn settings_are_checked_in_the_file_and_in_the_environment() {
    let home = tempfile::tempdir().expect("a folder");
    let file = home.path().join(".config/clsroom/config.toml");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        command.args(arguments).env("HOME", home.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_DATA_HOME");
        command.envs(variables.iter().copied()).output().expect("it starts")
    };
    for (text, expected) in [
        ("color = \"nevr\"", "config.toml: line 1: color = \"nevr\": it must be one of auto, never"),
        ("threads = 100000", "threads = 100000: it must be a whole number from 1 to 512"),
        ("max-length = 0", "max-length = 0: it must be a whole number from 3"),
        ("lessons = \"/not/there\"", "there is no such folder"),
        ("model = \"\"", "it must not be empty"),
        ("\nthreads 2", "line 2, column 9: "),
        ("thread = 2", "(did you mean threads?)"),
    ] {
        fs::write(&file, text).expect("written");
        let output = run(&[], &["lessons"]);
        let said = said(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{text}: {said}");
        assert!(said.contains(expected), "{text}: {said}");
    }
    fs::write(&file, "max-length = 64\ncolor = 256\n").expect("written");
    let empty = ["MODEL", "LESSONS", "LEARNER", "THREADS", "MAX_LENGTH", "COLOR"].map(|name| format!("CLSROOM_{name}"));
    for value in ["", " \t"] {
        let empty: Vec<(&str, &str)> = empty.iter().map(|name| (name.as_str(), value)).collect();
        let output = run(&empty, &["trace", "good"]);
        assert!(output.status.success(), "{}", said(&output));
    }
    let output = run(&[("CLSROOM_THREADS", "100000")], &["trace", "good"]);
    assert!(said(&output).contains("variable CLSROOM_THREADS is \"100000\": it must be a whole number from 1 to 512"));
    assert_eq!(output.status.code(), Some(1));
    for wrong in [["--threads", "100000"], ["--max-length", "2"], ["--model", ""], ["--learner", " "]] {
        let output = run(&[], &[&wrong[..], &["trace", "good"]].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", said(&output));
    }
}

/// Benches whose figures are of the course's sentences say so where the learner brought others.
#[test]
fn a_bench_on_the_courses_sentences_says_so() {
    let row = |number: usize| format!("a {} bus on day {number},{}\n", ["late", "prompt"][number % 2], number % 2);
    let csv = format!("text,label\n{}", (0..90).map(row).collect::<Vec<_>>().concat());
    let name = lab().add(parse_data("buses.csv", csv.into_bytes()).expect("data")).expect("added");
    let mut driver = Driver::on(lab(), &name, (120, 36));
    driver.state.teacher.unlock = true;
    let whose = "On the course's film sentences, not on yours";
    let (mut said, mut silent) = (Vec::new(), Vec::new());
    for lesson in ["01", "05", "08", "10"] {
        driver.open(lesson);
        let steps = driver.state.lesson().map_or(0, |lesson| lesson.steps.len());
        for _ in 1..steps {
            if let Some(view) = driver.state.bench().map(|bench| bench.view) {
                (if driver.screen().contains(whose) { &mut said } else { &mut silent }).push(view);
            }
            driver.press("n");
        }
    }
    for view in [View::Label, View::Aggregate, View::Nearest, View::Decode] {
        assert!(said.contains(&view) && !silent.contains(&view), "{view:?}");
    }
    assert!(silent.contains(&View::Race) && !said.contains(&View::Race), "a race reads one's own");
    let mut usual = Driver::new(120, 36);
    usual.open("05");
    assert!(!usual.screen().contains(whose));

    let folder = tempfile::tempdir().expect("a folder");
    let rows: String = (0..90).map(row).collect();
    fs::write(folder.path().join("buses.csv"), format!("text,label\n{rows}")).expect("written");
    let path = folder.path().join("buses.csv").display().to_string();
    let output = clsroom(folder.path(), &["--plain", "05", "--data", &path]);
    assert!(String::from_utf8_lossy(&output.stdout).contains(whose));
}
