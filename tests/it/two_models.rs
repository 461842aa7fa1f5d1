//! Two models side by side: in a race without a screen and on it, in the sandbox; and a checkpoint's own head beside the
//! lanes.

use std::fs;
use std::path::{Path, PathBuf};

use clsroom::app::{Key, Overlay};
use clsroom::commands::read_data;
use clsroom::lab::Session;
use clsroom::model::Bert;
use serde_json::Value;
use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::driver::Driver;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Sentences that are told apart by one word.
pub fn sentences(folder: &Path, labels: &[&str]) -> PathBuf {
    let data = folder.join("data.tsv");
    let line = |n: usize| format!("{} film number {n}\t{}\n", ["bad", "funny"][n % 2], labels[n % labels.len()]);
    fs::write(&data, format!("text\tlabel\n{}", (0..160).map(line).collect::<String>())).expect("written");
    data
}

/// Two models of other shapes; the first has a classification head, and its name is given here.
struct Pair {
    folder: tempfile::TempDir,
    lab: Arc<Session>,
    data: String,
}

fn pair(heads: &'static [&'static str]) -> Pair {
    let folder = folder();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    Checkpoint { labels: heads, prefix: "bert.", ..Checkpoint::default() }.write(&first);
    Checkpoint { layers: 3, hidden: 30, ..Checkpoint::default() }.write(&second);
    let open = |path: &Path| Session::alone(Bert::open(path, None).expect("it loads"), None);
    let lab: Arc<Session> = Arc::new(open(&first).beside(Arc::new(Arc::clone(open(&second).model()).into())));
    let data = sentences(folder.path(), &["negative", "positive"]).display().to_string();
    lab.add(read_data(&data).expect("sentences")).expect("a lab");
    Pair { folder, lab, data }
}

/// The sandbox's race with both models, asked for.
fn raced(pair: &Pair, size: (u16, u16)) -> Driver {
    let mut driver = Driver::on(&pair.lab, &pair.data, size);
    driver.press("o");
    while driver.state.bench().is_none_or(|bench| bench.view.name() != "race") {
        driver.press("n");
    }
    let screen = driver.screen();
    assert!(screen.contains("2 second") && screen.contains("Press Enter"), "{screen}");
    assert_eq!(screen.contains("the checkpoint brings along"), !pair.lab.facts().labels.is_empty(), "{screen}");
    driver.key(Key::Enter);
    driver
}

#[test]
fn two_models_are_compared_on_the_same_sentences() {
    let folder = folder();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    Checkpoint::default().write(&first);
    Checkpoint { layers: 1, hidden: 30, prefix: "bert.", ..Checkpoint::default() }.write(&second);
    let data = folder.path().join("data.tsv");
    let line = |n: usize| format!("{} film number {n}\t{}\n", ["bad", "funny"][n % 2], n % 2);
    fs::write(&data, format!("text\tlabel\n{}", (0..160).map(line).collect::<String>())).expect("written");
    let shown = |path: &Path| path.display().to_string();
    let run = |format: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .env("HOME", folder.path())
            .args(["race", "--model", &shown(&first), "--against", &shown(&second), "--data", &shown(&data)])
            .args(["--readouts", "cls,mean,words", "--format", format])
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let json: Value = serde_json::from_str(&run("json")).expect("valid JSON");
    let against = &json["against"];
    assert_eq!(
        (&json["provenance"]["model"], &against["report"]["provenance"]["model"]),
        (&"first".into(), &"second".into())
    );
    assert_ne!(json["provenance"]["model_sha256"], against["report"]["provenance"]["model_sha256"]);
    let pairs = against["pairs"].as_array().expect("pairs");
    let readouts: Vec<&Value> = pairs.iter().map(|pair| &pair["b"]).collect();
    assert_eq!(readouts, ["cls", "mean"], "the words alone know no model");
    for (lane, pair) in pairs.iter().enumerate() {
        let accuracy = |report: &Value| report["lanes"][lane]["accuracy"].as_f64().expect("a share");
        let difference = accuracy(&against["report"]) - accuracy(&json);
        assert!((pair["difference"].as_f64().expect("a number") - difference).abs() < 1e-9, "{pair}");
    }
    let text = run("text");
    assert!(
        text.contains("between the models") && text.contains("layer 2 of 1, 1 of 2: 2 [CLS] minus 1 [CLS]"),
        "{text}"
    );
}

/// A verdict on lanes that learnt nothing comes with that warning: without a screen and on it.
#[test]
fn lanes_that_learnt_nothing_are_said_beside_the_verdict() {
    let folder = folder();
    let model = folder.path().join("model");
    Checkpoint::default().write(&model);
    // One text for every label: nothing can be learnt.
    let data = folder.path().join("same.tsv");
    let line = |n: usize| {
        format!("film {}\t{}\n", "so ".repeat(n % 7) + &n.to_string(), ["no", "yes"][usize::from(n.is_multiple_of(3))])
    };
    fs::write(&data, format!("text\tlabel\n{}", (0..240).map(line).collect::<String>())).expect("written");
    let run = |format: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .env("HOME", folder.path())
            .args(["race", "--readouts", "cls,mean", "--format", format, "--model"])
            .arg(&model)
            .arg("--data")
            .arg(&data)
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let json: Value = serde_json::from_str(&run("json")).expect("valid JSON");
    let majority = json["majority"].as_f64().expect("a share");
    assert!((0.5..0.9).contains(&majority), "{majority}");
    let accuracy = json["lanes"][0]["accuracy"].as_f64().expect("a share");
    assert!(accuracy <= majority, "{accuracy} and {majority}");
    let text = run("text");
    let warning = format!("one answer for everything is right on {majority:.3}");
    assert!(text.contains("Nothing learnt shows in [CLS]") && text.contains(&warning), "{text}");

    let lab: Arc<Session> = Arc::new(Session::alone(Bert::open(&model, None).expect("it loads"), None));
    let name = lab.add(read_data(&data.display().to_string()).expect("sentences")).expect("a lab");
    let mut driver = Driver::on(&lab, &name, (120, 40));
    driver.open("08");
    while driver.state.bench().is_none_or(|bench| bench.view.name() != "race") {
        driver.press("n");
    }
    driver.press("1");
    driver.key(Key::Enter);
    driver.finish_run();
    let screen = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("Nothing learnt shows in [CLS]"), "{screen}");
    // The notebook has its floor from any race.
    let floor = driver.state.progress.measured.get("race.majority.accuracy");
    assert!(floor.is_some(), "{:?}", driver.state.progress.measured.keys());
}

/// Opens the list of disagreements at two lanes and a kind that have some.
fn disagree(driver: &mut Driver) -> String {
    driver.press("d");
    for _ in 0..20 {
        for _ in 0..3 {
            if driver.screen().contains("label negative") || driver.screen().contains("label positive") {
                return driver.screen();
            }
            driver.press("v");
        }
        driver.press("l");
    }
    panic!("no two lanes disagree: {}", driver.screen());
}

#[test]
fn the_table_of_two_models_says_whose_lane_it_is() {
    let pair = pair(&["negative", "positive"]);
    let path = |name: &str| pair.folder.path().join(name).display().to_string();
    let run = |more: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .env("HOME", pair.folder.path())
            .args(["race", "--model", &path("first"), "--against", &path("second"), "--data", &pair.data])
            .args(more)
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let table = run(&["--readouts", "cls,mean", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|field| field == name).unwrap_or_else(|| panic!("{name}: {table}"));
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    let lanes: Vec<(&str, &str)> = rows.iter().map(|row| (&row[at("model")], &row[at("readout")])).collect();
    assert_eq!(lanes, [("first", "cls"), ("first", "mean"), ("first", "own"), ("second", "cls"), ("second", "mean")]);
    let number = |row: usize, name: &str| rows[row][at(name)].parse::<f64>().expect("a number");
    let difference = number(3, "accuracy") - number(0, "accuracy");
    assert!((number(3, "between_difference") - difference).abs() < 1e-9, "{table}");
    assert_eq!(&rows[0][at("between_difference")], "");

    // The command of a record gives the record again.
    let json: Value = serde_json::from_str(&run(&["--format", "json"])).expect("valid JSON");
    let command = json["provenance"]["command"].as_str().expect("a command");
    let words: Vec<&str> = command.split(' ').skip(1).chain(["--format", "json"]).collect();
    let again = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .env("HOME", pair.folder.path())
        .args(&words)
        .output()
        .expect("it starts");
    assert!(again.status.success(), "{command}: {}", String::from_utf8_lossy(&again.stderr));
    let again: Value = serde_json::from_slice(&again.stdout).expect("valid JSON");
    assert_eq!(again["lanes"], json["lanes"], "{command}");
    assert_eq!(again["against"]["pairs"], json["against"]["pairs"], "{command}");
}

#[test]
fn two_models_race_on_the_screen() {
    let pair = pair(&[]);
    let mut driver = raced(&pair, (120, 36));
    let mut seen = Vec::new();
    driver.run_with_progress(|screen| seen.push(screen));
    let both =
        |screen: &&String| screen.contains("1 [CLS]") && screen.contains("2 [CLS]") && screen.contains("loss in");
    assert!(
        seen.iter().any(|screen| both(&screen)),
        "the curves of both are seen together: {}",
        seen.last().expect("one")
    );
    let screen = driver.screen();
    for part in ["1 [CLS], frozen", "2 [CLS], frozen", "1 [CLS], tuned", "2 [CLS], tuned", "1: first", "2: second"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    // Nothing is learnt by models of random numbers, and the lesson's own question comes before the models.
    let flat = |driver: &Driver| driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut said = String::new();
    for _ in 0..90 {
        said.push_str(&flat(&driver));
        driver.press("j");
    }
    driver.press(&"k".repeat(99));
    let at = |part: &str| said.find(part).unwrap_or_else(|| panic!("{part}: {said}"));
    assert!(at("1 GlobalPooling minus 1 [CLS]") < at("2 [CLS], tuned minus 1 [CLS], tuned"));
    assert!(at("2 GlobalPooling minus 2 [CLS]") < at("2 [CLS], tuned minus 1 [CLS], tuned"));
    assert!(at("2 [CLS], tuned minus 1 [CLS], tuned") < at("The second less the first"), "the gaps come last");
    assert!(said.contains("Cosine of [CLS] and GlobalPooling in one sentence"), "{said}");
    let report = driver.state.race_report().expect("a report").clone();
    let command = &report.provenance.command;
    assert!(command.contains("/first --against ") && command.contains("/second "), "{command}");

    // The run without a screen comes to the same.
    let words: Vec<&str> = command.split(' ').skip(1).chain(["--format", "json"]).collect();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .env("HOME", pair.folder.path())
        .args(&words)
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("valid JSON");
    let accuracies = |lanes: &Value| -> Vec<f64> {
        lanes.as_array().expect("lanes").iter().map(|lane| lane["accuracy"].as_f64().expect("a share")).collect()
    };
    let of = |report: &clsroom::lab::RaceReport| report.lanes.iter().map(|lane| lane.accuracy).collect::<Vec<_>>();
    assert_eq!(of(&report), accuracies(&json["lanes"]), "{command}");
    let against = &report.against.as_ref().expect("the other").report;
    assert_eq!(of(against), accuracies(&json["against"]["report"]["lanes"]), "{command}");

    // Where they disagree: two lanes of one model first, then the same lane of both.
    driver.press("d");
    let first = driver.screen();
    assert!(first.contains("1 [CLS]") && first.contains("1 GlobalPooling") && first.contains("of 24"), "{first}");
    driver.press("l");
    assert!(matches!(&driver.state.overlay, Some(Overlay::Disagree(place)) if place.pair == 1));
    assert_ne!(driver.screen(), first);
    driver.press("hvq");
    driver.press("t");
    driver.press(" funny");
    let screen = driver.screen();
    for part in ["1 [CLS]", "2 [CLS]", "1 GlobalPooling", "2 GlobalPooling", "positive", "[ask ready]"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
}

/// Two models without classifiers: the bench that shows their answers fits them.
#[test]
fn classifiers_of_both_models_are_fitted_where_their_answers_stand() {
    let pair = pair(&[]);
    let mut driver = Driver::on(&pair.lab, &pair.data, (110, 32));
    driver.press("oa");
    while driver.state.bench().is_none_or(|bench| bench.view.name() != "label") {
        driver.press("n");
    }
    let screen = driver.screen();
    assert!(screen.contains("No classifier is known for 1: first"), "{screen}");
    assert!(screen.contains("Press Enter to fit classifiers"), "{screen}");
    driver.key(Key::Enter);
    assert!(driver.screen().contains("classifiers on both models, fitted here"), "{}", driver.screen());
    driver.finish_run();
    let screen = driver.screen();
    for part in ["1 [CLS], fitted here", "2 [CLS], fitted here", "1 GlobalPooling", "2 GlobalPooling"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    assert!(!screen.contains("No classifier") && !screen.contains("Press Enter"), "{screen}");
}

#[test]
fn stopped_while_the_second_model_runs_the_first_ones_lanes_are_kept() {
    let pair = pair(&[]);
    let mut driver = raced(&pair, (80, 24));
    driver.stop_run_when(|progress| progress.first.is_some());
    let report = driver.state.race_report().expect("a report");
    assert!(report.stopped && report.lanes.len() == 4, "{} lanes", report.lanes.len());
    assert!(driver.screen().contains("1 [CLS]") || driver.screen().contains("[CLS], tuned"), "{}", driver.screen());
}

#[test]
fn a_checkpoints_own_head_stands_beside_the_lanes() {
    let pair = pair(&["NEGATIVE", "POSITIVE"]);
    let mut driver = raced(&pair, (120, 36));
    driver.finish_run();
    let report = driver.state.race_report().expect("a report").clone();
    let own = report.lanes.iter().find(|lane| lane.readout == "own").expect("a lane");
    // Its accuracy, from the answers one by one.
    let head = report.own.as_ref().expect("a head");
    assert!(head.matched && head.labels == ["NEGATIVE", "POSITIVE"]);
    let right = report.sentences.iter().zip(&head.answers).filter(|(s, a)| (a[1] > a[0]) == (s.class == 1)).count();
    assert!((own.accuracy - right as f64 / report.sentences.len() as f64).abs() < 1e-9);
    assert!(driver.screen().contains("1 its own head"), "{}", driver.screen());
    let screen = disagree(&mut driver);
    assert!(screen.contains("1 its own head 0."), "{screen}");
    driver.press("q");
    driver.press("t");
    driver.press("!");
    let screen = driver.screen();
    assert!(screen.contains("1 its own head 0.") && screen.contains("TIVE"), "{screen}");
}

#[test]
fn a_head_with_other_labels_has_no_lane_and_says_why() {
    let pair = pair(&["sport", "news", "music"]);
    let mut driver = raced(&pair, (120, 36));
    driver.finish_run();
    let report = driver.state.race_report().expect("a report");
    assert!(report.lanes.iter().all(|lane| lane.readout != "own"));
    let mut said = String::new();
    for _ in 0..90 {
        said.push_str(&driver.screen());
        driver.press("j");
    }
    assert!(said.contains("has the labels sport, news, music"), "{said}");
    let screen = disagree(&mut driver);
    assert!(screen.contains("1 its own head 0."), "{screen}");
}

#[test]
fn the_sandbox_puts_two_models_side_by_side() {
    let pair = pair(&["bad", "good"]);
    let mut driver = Driver::on(&pair.lab, "movies", (120, 36));
    driver.press("oa");
    driver.type_sentence("Not a bad film");
    let screen = driver.screen();
    assert!(screen.contains("two models read it") && screen.contains("Both read the same"), "{screen}");
    assert!(screen.contains("1: first, 2 layers") && screen.contains("2: second, 3 layers"), "{screen}");
    assert!(screen.contains("[sandbox ready]"), "{screen}");
    driver.press("n");
    let screen = driver.screen();
    assert!(screen.contains("into [CLS], two models") && screen.contains("2 and 3 layers"), "{screen}");
    driver.press("n");
    assert!(driver.screen().contains("1 its own head"), "{}", driver.screen());
    driver.press("n");
    assert!(driver.screen().contains("2 minus 1"), "{}", driver.screen());
    driver.press("vvv");
    assert!(driver.screen().contains("they cannot be compared"), "{}", driver.screen());
    driver.press("a");
    assert!(!driver.screen().contains("two models"), "{}", driver.screen());
}

#[test]
fn two_models_of_one_shape_have_a_difference() {
    let folder = folder();
    let open = |name: &str, older_names: bool| {
        let path = folder.path().join(name);
        Checkpoint { older_names, ..Checkpoint::default() }.write(&path);
        Session::alone(Bert::open(&path, None).expect("it loads"), None)
    };
    let lab: Arc<Session> = Arc::new(open("one", false).beside(Arc::new(Arc::clone(open("two", true).model()).into())));
    let mut driver = Driver::on(&lab, "movies", (120, 36));
    driver.press("oan");
    let screen = driver.screen();
    assert!(screen.contains("2 minus 1 +0.000") && screen.contains(" 2 minus 1  0 "), "{screen}");
}

#[test]
fn plain_text_reads_own_sentences_and_a_second_model() {
    let pair = pair(&[]);
    let path = |name: &str| pair.folder.path().join(name).display().to_string();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .env("HOME", pair.folder.path())
        .args(["learn", "08", "--model", &path("first"), "--against", &path("second"), "--data", &pair.data, "--plain"])
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("160 sentences of 2 classes"), "{text}");
    assert!(text.contains("--against ") && text.contains("--data "), "{text}");
    assert!(!text.contains("Recorded on"), "records are of another model: {text}");
}

#[test]
fn what_belongs_to_the_course_is_not_ignored_before_a_command() {
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .env("HOME", folder().path())
            .args(arguments)
            .output()
            .expect("it starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = run(&["--data", "mine.tsv", "race"]);
    assert!(code == Some(1) && said.contains("--data belongs behind the command"), "{said}");
    let (code, said) = run(&["--plain", "01", "--data", "missing.tsv"]);
    assert!(code == Some(1) && said.contains("missing.tsv"), "{said}");
}

#[test]
fn the_notebook_names_a_model_so_that_a_command_finds_it() {
    let pair = pair(&[]);
    let mut driver = Driver::on(&pair.lab, "movies", (80, 24));
    driver.open("04");
    driver.press("1");
    let first = pair.folder.path().join("first").display().to_string();
    let measured = &driver.state.progress.measured;
    assert!(!measured.is_empty() && measured.values().all(|value| value.asked.as_deref() == Some(&*first)));
    let document = clsroom::commands::notebook::document(
        &driver.state.progress,
        &driver.state.course,
        &driver.state.records,
        None,
    );
    let text = document.markdown();
    assert!(text.contains(&format!("--model {first} ")), "{text}");
}
