//! The commands without a screen, as a shell sees them.

use std::fs;
use std::process::{Command, Output};

use clsroom::model::load;
use serde_json::Value;

fn clsroom(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(arguments)
        .env("HOME", home.path())
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .expect("it starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn trace_gives_json_with_hugging_faces_names() {
    let output = clsroom(&["trace", "not bad at all", "--format", "json"]);
    assert!(output.status.success(), "{}", err(&output));
    let json: Value = serde_json::from_str(&out(&output)).expect("valid JSON");
    assert_eq!(json["tokens"], serde_json::json!(["[CLS]", "not", "bad", "at", "all", "[SEP]"]));
    assert_eq!(json["input_ids"].as_array().map(Vec::len), Some(6));
    let size = |value: &Value| value.as_array().map_or(0, Vec::len);
    assert_eq!(
        (size(&json["hidden_states"]), size(&json["hidden_states"][0]), size(&json["hidden_states"][0][0])),
        (7, 6, 384)
    );
    assert_eq!((size(&json["attentions"]), size(&json["attentions"][0]), size(&json["attentions"][0][0])), (6, 12, 6));
    assert_eq!(size(&json["pooler_output"]), 384);
    for readout in ["cls", "mean", "mean-content", "max", "sep"] {
        assert_eq!(size(&json["pooled"][readout]), 384, "{readout}");
    }
    let pair = clsroom(&["trace", "The cat sat on the mat.", "--pair", "It was asleep.", "--format", "json"]);
    let json: Value = serde_json::from_str(&out(&pair)).expect("valid JSON");
    assert_eq!(json["token_type_ids"].as_array().and_then(|ids| ids.last()), Some(&Value::from(1)));
}

#[test]
fn trace_for_people_names_pieces_layers_and_label() {
    let text = out(&clsroom(&["trace", "a gripping, funny and deeply humane film ."]));
    for expected in ["[CLS]", "gripping", "mixing ratio", "positive", "recorded"] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn a_hundred_thousand_characters_are_cut_and_said() {
    let long = "word ".repeat(20_000);
    let text = out(&clsroom(&["trace", &long]));
    assert!(
        text.contains("read: the first 128 of 20002 pieces, up to character 629"),
        "{}",
        &text[..300.min(text.len())]
    );
}

#[test]
fn race_gives_json_lanes_pairs_and_provenance() {
    let output = clsroom(&[
        "race",
        "--mode",
        "frozen",
        "--readouts",
        "cls,mean,majority",
        "--train",
        "200",
        "--test",
        "100",
        "--format",
        "json",
    ]);
    assert!(output.status.success(), "{}", err(&output));
    let json: Value = serde_json::from_str(&out(&output)).expect("valid JSON");
    let lane = &json["lanes"][0];
    assert_eq!(
        (&lane["readout"], &lane["mode"], &lane["layer"], &lane["n_test"]),
        (&"cls".into(), &"frozen".into(), &6.into(), &100.into())
    );
    assert!(
        lane["accuracy"].is_f64()
            && lane["ci95"].as_array().is_some_and(|ends| ends.len() == 2)
            && lane["seeds"].is_array()
    );
    let pair = &json["pairs"][0];
    for key in ["a", "b", "difference", "ci95", "p_value", "verdict"] {
        assert!(!pair[key].is_null(), "{key}");
    }
    assert_eq!(json["provenance"]["model"], "all-MiniLM-L6-v2");
    assert_eq!(err(&output), "", "no progress bar in a pipe");
}

#[test]
fn usage_errors_exit_2_and_failures_1_with_one_sentence() {
    assert_eq!(clsroom(&["race", "--no-such-flag"]).status.code(), Some(2));
    let unknown = clsroom(&["race", "--readouts", "cls,meen"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("mean"), "a near name is suggested: {}", err(&unknown));
    let layer = clsroom(&["race", "--layer", "9"]);
    assert_eq!((layer.status.code(), err(&layer).contains("there is no layer 9")), (Some(1), true), "{}", err(&layer));
    let lesson = clsroom(&["learn", "77"]);
    assert_eq!((lesson.status.code(), err(&lesson).contains("there is no lesson 77")), (Some(1), true));
}

#[test]
fn a_damaged_model_is_one_clear_sentence() {
    let (config, tokenizer, weights) = load::embedded_parts();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    fs::write(path.join("config.json"), config).expect("written");
    fs::write(path.join("tokenizer.json"), tokenizer).expect("written");
    fs::write(path.join("model.safetensors"), &weights[..weights.len() / 2]).expect("written");
    let model = path.display().to_string();
    for named in [model.clone(), path.join("model.safetensors").display().to_string()] {
        let output = clsroom(&["trace", "x", "--model", &named]);
        assert_eq!(output.status.code(), Some(1));
        let said = err(&output);
        assert!(said.contains("is not a whole safetensors file") && said.trim().lines().count() == 1, "{said}");
    }

    fs::write(path.join("config.json"), config.replace("\"bert\"", "\"gpt2\"")).expect("written");
    assert!(err(&clsroom(&["trace", "x", "--model", &model])).contains("this is a gpt2 model"));
    fs::write(path.join("config.json"), config.replace("\"num_attention_heads\": 12", "\"num_attention_heads\": 7"))
        .expect("written");
    assert!(err(&clsroom(&["trace", "x", "--model", &model])).contains("7 heads do not divide a hidden size of 384"));
}

#[test]
fn doctor_finds_everything_in_order() {
    let output = clsroom(&["doctor"]);
    let text = out(&output);
    for expected in [
        "weights: sha256",
        "parity with candle-transformers",
        "6991 train, 1044 validation, 2035 test",
        "model ready after",
        "first frame, drawn in memory, after",
        "paths:",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    // Times depend on how busy the machine is; nothing else may need a look.
    let looks: Vec<&str> = text.lines().filter(|line| line.starts_with("look") && !line.contains("budget")).collect();
    assert!(looks.is_empty(), "{looks:?}");
}

#[test]
fn trace_measures_more_when_asked_under_the_lessons_names() {
    let output = clsroom(&["trace", "--format", "json", "--also", "arrange,gradient,knockout", "--", "-a fine film."]);
    assert!(output.status.success(), "{}", err(&output));
    let json: Value = serde_json::from_str(&out(&output)).expect("valid JSON");
    let figures = &json["figures"];
    let moved = figures["arrange.carried.largest.6"].as_f64().expect("a number");
    assert!(moved > 0.0 && moved < 1e-4, "{moved}");
    assert_eq!(figures["gradient.cls.touched.6"], 1.0);
    assert_eq!(figures["gradient.cls.touched.1"].as_f64(), json["tokens"].as_array().map(|tokens| tokens.len() as f64));
    assert!(
        figures["knockout.effect"].as_f64().is_some_and(|effect| effect > 0.0) && figures["knockout.top"].is_string()
    );
    let text = out(&clsroom(&["trace", "--also", "arrange", "--", "-a fine film."]));
    assert!(text.contains("also measured here") && text.contains("arrange.cls-at-end.cosine.6"), "{text}");
}

#[test]
fn the_notebook_of_a_new_learner_says_what_to_do_and_writes_both_formats() {
    let output = clsroom(&["notebook"]);
    let text = out(&output);
    assert!(output.status.success(), "{}", err(&output));
    assert!(text.starts_with("# My \\[CLS\\] notebook"), "{text}");
    for expected in ["Why is it the first token?", "You have not measured this", "recorded", "clsroom race"] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.html");
    let written = clsroom(&["notebook", "--format", "html", "--out", &path.display().to_string()]);
    assert!(written.status.success(), "{}", err(&written));
    let html = fs::read_to_string(path).expect("a file");
    assert!(html.starts_with("<!doctype html>") && html.contains("</html>\n<!-- clsroom notebook "), "{html}");
    let nowhere = clsroom(&["notebook", "--out", "/nowhere/at/all.md"]);
    assert_eq!((nowhere.status.code(), err(&nowhere).contains("cannot write")), (Some(1), true));
}

#[test]
fn a_lesson_is_reset_for_one_learner() {
    let home = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .args(arguments)
            .env("HOME", home.path())
            .env_remove("XDG_DATA_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .output()
            .expect("it starts")
    };
    let file = home.path().join(".local/share/clsroom/learners/ann/progress.json");
    fs::create_dir_all(file.parent().expect("a parent")).expect("made");
    let progress = r#"{"format_version": 1, "lessons": {"01": {"step": 2}, "04": {"step": 1}},
        "answers": {"04-most": {"choice": 1, "lesson": "04"}, "01-unseen": {"choice": 0, "lesson": "01"}}}"#;
    fs::write(&file, progress).expect("written");
    let output = run(&["--learner", "ann", "--reset", "4"]);
    assert_eq!(out(&output), "Lesson 04 starts afresh: 1 answer forgotten.\n", "{}", err(&output));
    let left: Value = serde_json::from_str(&fs::read_to_string(&file).expect("a file")).expect("JSON");
    assert!(left["answers"]["04-most"].is_null() && left["lessons"]["04"].is_null(), "{left}");
    assert_eq!(left["answers"]["01-unseen"]["choice"], 0);
    assert!(out(&run(&["--learner", "ann", "--reset", "all"])).starts_with("Every lesson starts afresh: 1 answer"));
    let unknown = run(&["--reset", "77"]);
    assert_eq!((unknown.status.code(), err(&unknown).contains("there is no lesson 77")), (Some(1), true));
}

#[test]
fn more_than_two_classes_give_a_confusion_matrix_and_macro_f1() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kinds.csv");
    let kinds = ["red", "green", "blue"];
    let line = |number: usize| format!("\"a {} thing, number {number}\",{}\n", kinds[number % 3], kinds[number % 3]);
    let rows: String = (0..240).map(line).collect();
    fs::write(&path, format!("text,label\n{rows},red\nlost,\n")).expect("written");
    let data = path.display().to_string();
    let arguments = ["race", "--data", &data, "--readouts", "cls,words,majority"];
    let output = clsroom(&arguments);
    assert!(output.status.success(), "{}", err(&output));
    assert!(err(&output).contains("240 sentences of 3 classes (blue 80, green 80, red 80)"), "{}", err(&output));
    assert!(err(&output).contains("left out: 1 empty, 1 without label"), "{}", err(&output));
    assert!(out(&output).contains("macro-F1") && out(&output).contains("true \\ said"), "{}", out(&output));

    let output = clsroom(&[&arguments[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&out(&output)).expect("valid JSON");
    assert_eq!(json["classes"], serde_json::json!(["blue", "green", "red"]));
    let sum = |row: &Value| row.as_array().expect("a row").iter().filter_map(Value::as_u64).sum::<u64>();
    for lane in json["lanes"].as_array().expect("lanes") {
        let confusion = lane["confusion"].as_array().expect("a matrix");
        assert_eq!(confusion.iter().map(sum).sum::<u64>(), lane["n_test"].as_u64().expect("a count"));
        let right: u64 = (0..3).filter_map(|class| confusion[class][class].as_u64()).sum();
        let share = right as f64 / lane["n_test"].as_f64().expect("a count");
        assert!((share - lane["accuracy"].as_f64().expect("a share")).abs() < 1e-9, "{lane}");
        let f1 = lane["macro_f1"].as_f64().expect("a number");
        // The word that decides stands in every sentence; the commonest class alone has F1 for one class of three.
        assert!(if lane["readout"] == "majority" { f1 < 0.3 } else { f1 > 0.9 }, "{lane}");
    }
}

#[test]
fn bad_data_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let output = clsroom(&["race", "--data", &path.display().to_string()]);
        let said = err(&output);
        assert_eq!((output.status.code(), said.trim().lines().count()), (Some(1), 1), "{said}");
        said
    };
    let many =
        |row: &str| format!("text,label\n{}", (0..60).map(|n| row.replace('#', &n.to_string())).collect::<String>());
    assert!(refused("a.csv", many("s#,same\n").as_bytes()).contains("every sentence left is same"));
    assert!(refused("b.csv", b"text,kind\na,b\n").contains("no column named \"label\""));
    assert!(refused("c.csv", b"text,label\na,b\nc\n").contains("line 3"));
    assert!(refused("d.csv", b"text,label\n\"never closed,b\nc,d\n").contains("line 2"));
    assert!(refused("e.csv", b"text,label\na\0,b\n").contains("NUL byte"));
    assert!(refused("g.jsonl", b"{\"text\": \"a\", \"label\": 1}\n{\n").contains("line 2"));
    assert!(refused("h.csv", b"text,label,split\na,b,train\nc,d,never\n").contains("the split \"never\""));
    assert!(refused("i.xlsx", b"PK").contains("End its name in"));
}

#[test]
fn two_sentences_are_compared_layer_by_layer() {
    let beside =
        ["trace", "--format", "json", "--beside=the river broke its bank", "--word", "bank", "the bank lent money"];
    let output = clsroom(&beside);
    assert!(output.status.success(), "{}", err(&output));
    let json: Value = serde_json::from_str(&out(&output)).expect("valid JSON");
    let figures = &json["figures"];
    assert!((figures["compare.cls.0"].as_f64().expect("a number") - 1.0).abs() < 1e-6, "the same for every sentence");
    let word = |layer: usize| figures[format!("compare.word.{layer}")].as_f64().expect("a number");
    assert!(word(0) > word(6), "the two meanings part: {} {}", word(0), word(6));
    let output = clsroom(&["trace", "--beside", "a dog", "--word", "bank", "a cat"]);
    assert!(output.status.code() == Some(1) && err(&output).contains("not in both"), "{}", err(&output));
}
