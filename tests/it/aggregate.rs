//! Question 1's measures against a slow computation of the same, pair by pair.

use std::process::Command;

use clsroom::lab::aggregate::{KEPT, PAIRS, SEED, draw, mean_cosine};
use clsroom::lab::dataset::Dataset;
use clsroom::lab::race::Kept;
use clsroom::lab::{
    AggregateReport, AggregateRequest, Control, Matrix, Outcome, RaceRequest, Readout, Request, Sentence, features,
    record, stats,
};

use crate::driver::lab;

fn request() -> AggregateRequest {
    AggregateRequest { data: "movies".to_owned(), train: Some(96), test: Some(48) }
}

fn run() -> AggregateReport {
    match lab().run(&Request::Aggregate(request()), &Control::QUIET).expect("it runs") {
        Some(Outcome::Aggregate(report)) => (*report).clone(),
        _ => panic!("another outcome"),
    }
}

/// The definition, term by term, in f64.
fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let (mut product, mut first, mut second) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        product += f64::from(*a) * f64::from(*b);
        first += f64::from(*a).powi(2);
        second += f64::from(*b).powi(2);
    }
    product / (first.sqrt() * second.sqrt())
}

#[test]
fn the_measures_agree_with_a_slow_computation_and_with_the_race() {
    let report = run();
    let dataset = Dataset::embedded("movies").expect("the data");
    let subset = dataset.subset(request().train, request().test);
    let read = |indices: &[usize], lane: &(Readout, usize)| -> (Matrix, Vec<usize>) {
        let texts: Vec<&str> = indices.iter().map(|index| dataset.items()[*index].text.as_str()).collect();
        let found = features::extract(lab().bert(), &texts, std::slice::from_ref(lane), &mut |_, _| true);
        let matrix = found.expect("features").expect("not stopped").remove(lane).expect("the lane");
        (matrix, indices.iter().map(|index| dataset.items()[*index].label).collect())
    };
    let race = RaceRequest {
        layers: (0..=6).collect(),
        train: request().train,
        test: request().test,
        ..RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Mean])
    };
    let (race, _) = lab().race(&race, &Control::QUIET, &Kept::NOTHING).expect("a race").expect("not stopped");
    assert_eq!(report.lanes.len(), 14);
    assert_eq!(report.pairs, PAIRS);
    for lane in &report.lanes {
        let readout: Readout = lane.readout.parse().expect("a readout");
        let beside = race.lanes.iter().find(|other| other.readout == lane.readout && other.layer == Some(lane.layer));
        assert_eq!(Some(&lane.probe), beside, "the probe is the race's");
        if ![0, 3, 6].contains(&lane.layer) {
            continue;
        }
        let key = (readout, lane.layer);
        let ((train, train_labels), (test, test_labels)) = (read(&subset.train, &key), read(&subset.test, &key));
        let drawn = draw(test.rows, PAIRS, SEED);
        let sum: f64 = drawn.iter().map(|(a, b)| cosine(test.row(*a), test.row(*b))).sum();
        let expected = sum / drawn.len() as f64;
        assert!((lane.random_cosine - expected).abs() < 1e-5, "{key:?}: {} {expected}", lane.random_cosine);
        if key == (Readout::Cls, 0) {
            assert!((lane.random_cosine - 1.0).abs() < 1e-6, "[CLS] is the same for every sentence at layer 0");
            continue; // all are equally near, so which is nearest is rounding
        }
        let same = (0..test.rows).filter(|row| {
            let nearest = (0..train.rows)
                .max_by(|a, b| {
                    let to = |other: usize| cosine(train.row(other), test.row(*row));
                    to(*a).total_cmp(&to(*b))
                })
                .expect("a sentence");
            train_labels[nearest] == test_labels[*row]
        });
        let expected = same.count() as f64 / test.rows as f64;
        assert!((lane.nearest - expected).abs() < 1e-9, "{key:?}: {} {expected}", lane.nearest);
        assert!(lane.nearest_ci95[0] <= lane.nearest && lane.nearest <= lane.nearest_ci95[1]);
    }
    let share =
        |labels: &[usize], class: usize| labels.iter().filter(|l| **l == class).count() as f64 / labels.len() as f64;
    let key = (Readout::Mean, 0);
    let (train, test) = (read(&subset.train, &key).1, read(&subset.test, &key).1);
    let expected: f64 = (0..2).map(|class| share(&train, class) * share(&test, class)).sum();
    assert!((report.chance - expected).abs() < 1e-12);
}

#[test]
fn the_nearest_sentences_are_in_order_and_leave_out_the_sentence_itself() {
    run();
    let dataset = Dataset::embedded("movies").expect("the data");
    let first = dataset.items()[dataset.subset(request().train, request().test).train[0]].text.clone();
    for text in [first.clone(), "a warm and funny film".to_owned(), String::new()] {
        let nearest = Request::Nearest(Sentence::single(text.clone()), request());
        let Some(Outcome::Nearest(data)) = lab().run(&nearest, &Control::QUIET).expect("compared") else {
            panic!("another outcome")
        };
        assert_eq!(data.lists.len(), 14);
        for list in &data.lists {
            assert_eq!(list.nearest.len(), KEPT);
            assert!(list.nearest.is_sorted_by(|a, b| a.cosine >= b.cosine));
            assert!(list.nearest.iter().all(|other| other.text != text && !other.label.is_empty()));
        }
    }
    let other = AggregateRequest { train: Some(400), data: "products".to_owned(), ..request() };
    assert!(lab().run(&Request::Nearest(Sentence::single("x"), other), &Control::QUIET).is_err(), "never run");
}

#[test]
fn it_stops_when_told() {
    let stopped = Control { report: &|_| {}, stop: &|| true };
    assert!(lab().run(&Request::Aggregate(request()), &stopped).expect("no error").is_none());
}

#[test]
fn the_command_prints_all_three() {
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        command
            .args(["aggregate", "--train", "48", "--test", "32", "--data", "products"])
            .args(more)
            .output()
            .expect("it starts")
    };
    let said = run(&["a good camera"]);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    for word in ["probe", "random pair", "nearest by [CLS], layer 6", "made by: clsroom aggregate"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("aggregate.json").display().to_string();
    let json = run(&["--format", "json", "--out", &out]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(json["lanes"][13]["random_cosine"].is_number() && json["nearest"].is_null());
    let record = record::read_aggregate(&std::fs::read_to_string(&out).expect("the record")).expect("a record");
    assert_eq!(record.provenance.command, "clsroom aggregate --train 48 --test 32 --data products");
    assert!(record.provenance.date.is_some() && record.provenance.seconds.is_some());
    assert_eq!(run(&["--out", "/nowhere/at/all/run.json"]).status.code(), Some(1));
    let refused = Command::new(env!("CARGO_BIN_EXE_clsroom")).args(["aggregate", "--data", "poems"]).output();
    assert_eq!(refused.expect("it starts").status.code(), Some(1));
}

/// Every recorded figure follows from the recorded answers, and the cosines come out again.
#[test]
fn recorded_figures_follow_from_the_recorded_answers() {
    let path = format!("{}/lessons/results/aggregate.json", env!("CARGO_MANIFEST_DIR"));
    let report = record::read_aggregate(&std::fs::read_to_string(path).expect("the record")).expect("a record");
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    assert_eq!(report.lanes.len(), 14, "two readouts at seven layers");
    for lane in &report.lanes {
        let hits = lane.same.iter().filter(|same| **same).count();
        close(lane.nearest, hits as f64 / lane.same.len() as f64);
        let [low, high] = stats::wilson(hits, lane.same.len());
        close(lane.nearest_ci95[0], low);
        close(lane.nearest_ci95[1], high);
        let right = lane.probe.correct[0].iter().filter(|right| **right).count();
        close(lane.probe.accuracy, right as f64 / lane.probe.n_test as f64);
    }
    // The vectors of all test sentences once more; of the training sentences none are needed.
    let dataset = Dataset::embedded("movies").expect("the data");
    let subset = dataset.subset(None, None);
    let texts: Vec<&str> = subset.test.iter().map(|index| dataset.items()[*index].text.as_str()).collect();
    let wanted = [(Readout::Cls, 3), (Readout::Cls, 6), (Readout::Mean, 6)];
    let found = features::extract(lab().bert(), &texts, &wanted, &mut |_, _| true).expect("passes").expect("all");
    for key in &wanted {
        let lane = report.lanes.iter().find(|lane| (lane.readout == key.0.to_string()) && lane.layer == key.1);
        let lane = lane.expect("the lane");
        let cosine = mean_cosine(&found[key], &draw(texts.len(), report.pairs, report.provenance.seed));
        assert!((lane.random_cosine - cosine).abs() < 1e-5, "{key:?}: {} {cosine}", lane.random_cosine);
    }
}

#[test]
fn an_edited_record_is_refused() {
    let text = record::write_aggregate(&run()).expect("written");
    assert!(record::read_aggregate(&text).is_ok());
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["lanes"][0]["random_cosine"] = (-1.5).into();
    assert!(record::read_aggregate(&value.to_string()).expect_err("refused").to_string().contains("random_cosine"));
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["lanes"][0]["same"] = "4:f".into();
    assert!(record::read_aggregate(&value.to_string()).expect_err("refused").to_string().contains("same"));
}
