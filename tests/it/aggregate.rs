//! Question 1's measures against a slow computation of the same, pair by pair.

use std::process::Command;

use clsroom::lab::aggregate::{KEPT, PAIRS, SEED, draw};
use clsroom::lab::dataset::Dataset;
use clsroom::lab::race::Kept;
use clsroom::lab::{
    AggregateReport, AggregateRequest, Control, Matrix, Outcome, RaceRequest, Readout, Request, Sentence, features,
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
    let json = run(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(json["lanes"][13]["random_cosine"].is_number() && json["nearest"].is_null());
    let refused = Command::new(env!("CARGO_BIN_EXE_clsroom")).args(["aggregate", "--data", "poems"]).output();
    assert_eq!(refused.expect("it starts").status.code(), Some(1));
}
