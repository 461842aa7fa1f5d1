//! `clsroom race` with fine-tuned lanes, as a shell sees it: resumed, stopped, diverging, refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use clsroom::lab::race::pairs;
use clsroom::lab::{Lane, Margin, RaceReport, Rate, Verdict, record, stats};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const SMALL: &[&str] = &["--train", "64", "--test", "64", "--top-layers", "1", "--epochs", "1"];

fn race(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
    command.args(["race", "--mode", "finetune", "--format", "json"]);
    // A flag that is given again replaces the small one.
    let given = |flag: &str| more.contains(&flag);
    SMALL.chunks(2).filter(|pair| !given(pair[0])).for_each(|pair| {
        command.args(pair);
    });
    command.args(more).env("HOME", folder);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(output: &Output) -> RaceReport {
    record::read(&String::from_utf8_lossy(&output.stdout)).unwrap_or_else(|why| panic!("{why}: {}", said(output)))
}

#[test]
fn what_was_finished_is_not_run_again_and_comes_to_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run.json");
    let path = out.to_str().expect("a path");
    let whole = race(folder.path(), &["--readouts", "cls,mean", "--seeds", "2"]).output().expect("it starts");
    let whole = report(&whole);

    // Killed as soon as the first run is kept: no handler, no goodbye.
    let arguments = ["--readouts", "cls,mean", "--seeds", "2", "--out", path];
    let mut child = race(folder.path(), &arguments).stdout(Stdio::null()).spawn().expect("it starts");
    let part = folder.path().join("run.json.part");
    let deadline = Instant::now() + Duration::from_mins(2);
    while fs::read_to_string(&part).unwrap_or_default().is_empty() {
        assert!(Instant::now() < deadline, "no run was kept");
        std::thread::yield_now();
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(!out.exists());
    // A line that the kill cut off is left out.
    let kept = fs::read_to_string(&part).expect("kept runs");
    fs::write(&part, format!("{kept}\n{{\"race\": \"cut o")).expect("written");

    let resumed = race(folder.path(), &arguments).output().expect("it starts");
    assert!(resumed.status.success(), "{}", said(&resumed));
    let resumed = report(&resumed);
    assert_eq!(resumed.lanes.len(), 2);
    for (whole, resumed) in whole.lanes.iter().zip(&resumed.lanes) {
        assert_eq!((&whole.correct, &whole.seeds, &whole.curves), (&resumed.correct, &resumed.seeds, &resumed.curves));
    }
    assert_eq!(whole.pairs, resumed.pairs);
    assert!(!part.exists(), "nothing more to keep");
    let written = record::read(&fs::read_to_string(&out).expect("the record")).expect("a record");
    assert_eq!(written.lanes, resumed.lanes);
}

/// Runs with another limit of pieces read other texts: they are left where they are, and not mixed in.
#[test]
fn an_interrupted_race_takes_no_run_that_read_its_texts_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run.json");
    let path = out.to_str().expect("a path");
    let stopped = |length: &str| {
        let arguments = ["--readouts", "cls,mean,max,sep", "--seeds", "9", "--max-length", length, "--out", path];
        let mut child = race(folder.path(), &arguments).stdout(Stdio::null()).spawn().expect("it starts");
        let part = folder.path().join("run.json.part");
        let deadline = Instant::now() + Duration::from_mins(2);
        while fs::read_to_string(&part).unwrap_or_default().is_empty() {
            assert!(Instant::now() < deadline, "no run was kept");
            std::thread::yield_now();
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
    };
    stopped("8");
    let usual = ["--readouts", "cls"];
    let mixed = race(folder.path(), &[&usual[..], &["--out", path]].concat()).output().expect("it starts");
    let alone = race(folder.path(), &usual).output().expect("it starts");
    assert_eq!(report(&mixed).lanes[0].curves, report(&alone).lanes[0].curves);
    let written = record::read(&fs::read_to_string(&out).expect("the record")).expect("a record");
    assert!(written.provenance.key.is_some() && !written.provenance.command.contains("--max-length"));

    // The record of another limit is another record.
    let other = race(folder.path(), &[&usual[..], &["--max-length", "8", "--out", path]].concat()).output();
    assert!(said(&other.expect("it starts")).contains("run.json.old"));
    let written = record::read(&fs::read_to_string(&out).expect("the record")).expect("a record");
    assert!(written.provenance.command.contains("--max-length 8"), "{}", written.provenance.command);
}

#[test]
fn ctrl_c_keeps_what_is_finished_and_says_how_to_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.json");
    let arguments = ["--readouts", "cls,mean,max,sep", "--seeds", "9", "--out", path.to_str().expect("a path")];
    let child =
        race(folder.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let part = folder.path().join("run.json.part");
    let deadline = Instant::now() + Duration::from_mins(2);
    while fs::read_to_string(&part).unwrap_or_default().is_empty() {
        assert!(Instant::now() < deadline, "no run was kept");
        std::thread::yield_now();
    }
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("a signal");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("stopped") && said.contains("run.json.part"), "{said}");
    let report = report(&output);
    assert!(report.stopped && !report.lanes.is_empty(), "finished lanes are printed");
    assert!(part.exists() && !path.exists());
}

#[test]
fn a_run_that_cannot_be_kept_is_said_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run.json");
    fs::create_dir(folder.path().join("run.json.part")).expect("a folder in the way");
    let output = race(folder.path(), &["--readouts", "cls", "--out", out.to_str().expect("a path")])
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("run.json.part") && said.lines().count() == 1, "{said}");
}

/// Sentences about four things, enough for every split.
fn sentences(folder: &Path, name: &str, classes: usize) -> String {
    let things = ["the dog barks", "the sun is hot", "a train leaves", "bread is baked"];
    let rows: Vec<String> = (0..160)
        .map(|i| format!("{} number {i},{}", things[i % classes], ["dog", "sun", "train", "bread"][i % classes]))
        .collect();
    let path = folder.join(name);
    fs::write(&path, format!("text,label\n{}\n", rows.join("\n"))).expect("written");
    path.to_str().expect("a path").to_owned()
}

#[test]
fn sentences_of_ones_own_are_learnt_whatever_the_number_of_classes() {
    let folder = tempfile::tempdir().expect("a folder");
    for classes in [2, 4] {
        let data = sentences(folder.path(), "mine.csv", classes);
        let arguments = ["--readouts", "mean", "--data", &data, "--epochs", "4", "--train", "999"];
        let output = race(folder.path(), &arguments).output().expect("it starts");
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains(&format!("160 sentences of {classes} classes")), "{}", said(&output));
        let report = report(&output);
        assert!(report.lanes[0].accuracy > 0.9, "{classes} classes: {}", report.lanes[0].accuracy);
        assert!(report.provenance.command.contains("mine.csv"));
    }
}

#[test]
fn data_that_cannot_be_learnt_from_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    for (data, expected) in [
        (sentences(folder.path(), "one.csv", 1), "label"),
        (write("few.csv", b"text,label\ngood,1\nbad,0\n"), "few.csv"),
        (write("column.csv", b"sentence,label\ngood,1\n"), "text"),
        (write("quote.csv", b"text,label\n\"good,1\nbad,0\n"), "quote.csv"),
        (write("nul.tsv", b"text\tlabel\ngo\0od\t1\n"), "NUL"),
        (write("what.bin", b"text"), ".csv"),
        ("nothing-there.csv".to_owned(), "movies"),
    ] {
        let output = race(folder.path(), &["--data", &data]).output().expect("it starts");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{data}: {said}");
        assert!(said.contains(expected) && said.lines().count() == 1, "{data}: {said}");
    }
}

#[test]
fn a_rate_that_diverges_ends_its_lane_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = race(folder.path(), &["--readouts", "cls,majority", "--lr", "1e30"]).output().expect("it starts");
    assert!(output.status.success(), "{}", said(&output));
    let report = report(&output);
    assert_eq!(report.lanes.len(), 1, "the other lane goes on");
    assert!(report.ended[0].why.contains("smaller --lr"), "{}", report.ended[0].why);
    let alone = race(folder.path(), &["--readouts", "cls", "--lr", "1e30"]).output().expect("it starts");
    assert_eq!(alone.status.code(), Some(1), "nothing was finished");
    assert!(said(&alone).contains("rate 1e30") || !alone.stdout.is_empty(), "{}", said(&alone));
}

#[test]
fn only_records_are_written_over_and_devices_are_written_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let quick = ["race", "--mode", "frozen", "--readouts", "majority", "--train", "64", "--test", "64"];
    let to = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        command.args(quick).arg("--out").arg(out).env("HOME", folder.path()).output().expect("it starts")
    };
    let notes = folder.path().join("notes.json");
    fs::write(&notes, "my thesis").expect("written");
    let refused = to(&notes);
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("is no record of clsroom"), "{}", said(&refused));
    assert_eq!(fs::read_to_string(&notes).expect("still there"), "my thesis");
    let (record, link) = (folder.path().join("run.json"), folder.path().join("link.json"));
    assert!(to(&record).status.success());
    std::os::unix::fs::symlink(&record, &link).expect("a link");
    assert!(to(&link).status.success(), "a record may be made again");
    assert!(link.is_symlink() && record::read(&fs::read_to_string(&record).expect("text")).is_ok());
    let null = to(Path::new("/dev/null"));
    assert!(null.status.success() && !Path::new("/dev/null").is_file(), "{}", said(&null));
}

/// Another race never replaces a record; the same one is not run twice.
#[test]
fn a_record_of_another_race_is_kept_and_a_complete_one_is_not_run_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run.json");
    let run = |seed: &str, lanes: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        command.args(["race", "--readouts", lanes, "--train", "64", "--test", "64", "--seed", seed]);
        command.arg("--out").arg(&out).env("HOME", folder.path()).output().expect("it starts")
    };
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("it is there");
    assert!(run("1", "majority,words").status.success());
    let first = text("run.json");

    let again = run("1", "majority,words");
    assert!(again.status.success() && said(&again).contains("nothing was run"), "{}", said(&again));
    assert!(said(&again).contains("move that file away") && !again.stdout.is_empty());
    assert_eq!(text("run.json"), first, "untouched");

    let other = run("2", "majority,words");
    assert!(other.status.success() && said(&other).contains("run.json.old"), "{}", said(&other));
    assert_eq!(text("run.json.old"), first);
    assert_ne!(text("run.json"), first);
    let second = text("run.json");
    assert!(run("2", "words").status.success());
    assert_eq!((text("run.json.old"), text("run.json.old.2")), (first, second), "no kept record is written over");
    let read = record::read(&text("run.json")).expect("a record");
    assert_eq!(read.lanes.len(), 1);
}

/// As many classes as the data has, also in the short training of lesson 07.
#[test]
fn a_short_training_learns_every_class_of_ones_own_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = clsroom::commands::read_data(&sentences(folder.path(), "four.csv", 4)).expect("data");
    let lab = clsroom::lab::Session::alone(crate::driver::lab().bert().clone(), None);
    let data = lab.add(data).expect("added");
    let sentence = clsroom::lab::Sentence::single("the dog barks");
    let request = clsroom::lab::LearnRequest { data, readout: clsroom::lab::Readout::Cls, steps: 2, sentence, seed: 0 };
    let outcome = lab.run(&clsroom::lab::Request::Learn(request), &clsroom::lab::Control::QUIET).expect("it learns");
    let Some(clsroom::lab::Outcome::Learn(learnt)) = outcome else { panic!("another outcome") };
    let chance = 4_f32.ln();
    assert!((learnt.curve.loss[0] - chance).abs() < 0.2, "{} is near ln 4", learnt.curve.loss[0]);
}

#[test]
fn a_recipe_that_cannot_be_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    for (more, expected) in [
        (&["--lr", "fast"][..], "5e-5"),
        (&["--lr", "0"], "5e-5"),
        (&["--epochs", "0"], "epoch"),
        (&["--top-layers", "7"], "from 1 to 6"),
        (&["--train", "0"], "--train"),
        (&["--readouts", "stand-in:antidisestablishmentarianism"], "not one piece"),
        (&["--out", "/nowhere/at/all/run.json"], "/nowhere/at/all"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        command.args(["race", "--mode", "finetune"]).args(more).env("HOME", folder.path());
        let output = command.output().expect("it starts");
        let said = said(&output);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{more:?}: {said}");
        assert!(said.contains(expected), "{more:?}: {said}");
    }
}

/// Every figure of every recorded race follows from the answers in it.
#[test]
fn recorded_figures_follow_from_the_recorded_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons/results");
    let mut races = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("records") {
        let path = entry.expect("a record").path();
        let text = fs::read_to_string(&path).expect("text");
        let Ok(report) = record::read(&text) else { continue };
        races.insert(path.file_stem().expect("a name").to_string_lossy().into_owned());
        // Those of an older recipe took the best of three rates, whatever lay beyond.
        let recipe = report.provenance.recipe.as_ref();
        if recipe.is_some_and(|recipe| recipe.rate == Rate::Auto && recipe.least_steps > 0) {
            let inside = |lane: &Lane| {
                let rates = lane.grid.iter().map(|(rate, _)| *rate);
                let (least, most) = (rates.clone().fold(1.0, f64::min), rates.fold(0.0, f64::max));
                lane.rate.is_some_and(|rate| least < rate && rate < most)
            };
            let tuned = report.lanes.iter().filter(|lane| lane.mode == "finetune");
            assert!(tuned.clone().all(inside), "{}: the best rate lies inside the grid", path.display());
        }
        assert_eq!(report.behind(|lane| lane.readout.clone()), None, "{}", path.display());
        for lane in &report.lanes {
            let right = |seed: &Vec<bool>| seed.iter().filter(|right| **right).count() as f64 / seed.len() as f64;
            assert!(!lane.correct.is_empty(), "{}: {} has no answers", path.display(), lane.readout);
            let by_seed: Vec<f64> = lane.correct.iter().map(right).collect();
            let mean = by_seed.iter().sum::<f64>() / by_seed.len() as f64;
            assert!((mean - lane.accuracy).abs() < 1e-12, "{}: {}", path.display(), lane.readout);
            let (_, interval) = stats::accuracy(&lane.correct);
            assert!((interval[0] - lane.ci95[0]).abs() + (interval[1] - lane.ci95[1]).abs() < 1e-12);
            let best = lane.grid.iter().map(|(_, accuracy)| *accuracy).fold(0.0, f64::max);
            assert!(lane.validation.is_none_or(|validation| (validation - best).abs() < 1e-12), "the best was chosen");
        }
        let again = pairs(&report.lanes, report.pairs.first().map_or_else(Margin::default, |pair| pair.worth.margin));
        assert_eq!(again.len(), report.pairs.len());
        for (again, recorded) in again.iter().zip(&report.pairs) {
            assert_eq!(
                (&again.a, &again.b, &again.mode, again.worth.verdict),
                (&recorded.a, &recorded.b, &recorded.mode, recorded.worth.verdict)
            );
            let (again, recorded) = (&again.worth, &recorded.worth);
            if recorded.verdict == Verdict::Equivalent {
                let outside = |seed: &f64| seed.abs() >= recorded.margin.share();
                assert!(!recorded.by_seed.iter().any(outside), "{}: {recorded:?}", path.display());
            }
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{}: {a} {b}", path.display());
            close(again.difference, recorded.difference);
            close(again.p_value, recorded.p_value);
            close(again.ci95[0], recorded.ci95[0]);
            close(again.ci95[1], recorded.ci95[1]);
        }
    }
    for stem in ["frozen", "frozen@bert-base", "frozen@bge", "frozen@e5", "full", "positions", "products", "small"] {
        assert!(races.contains(stem), "{stem}.json is a record that can be read");
    }
}
