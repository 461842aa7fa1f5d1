//! Probe accuracies on the movie sentences against scikit-learn's.

use clsroom::lab::dataset::Dataset;
use clsroom::lab::race::Kept;
use clsroom::lab::{Control, RaceRequest, Readout, Verdict, features, probe};

use crate::driver::lab;
use crate::reference::read;

#[test]
fn accuracies_agree_with_scikit_learn() {
    let reference = read("probe.json");
    let names: Vec<&String> = reference["readouts"].as_object().expect("readouts").keys().collect();
    let readouts: Vec<Readout> = names.iter().map(|name| name.parse().expect("a readout")).collect();
    let dataset = Dataset::embedded("movies").expect("the data");
    let subset = dataset.subset(None, None);
    let wanted: Vec<(Readout, usize)> =
        readouts.iter().flat_map(|readout| (0..=6).map(|layer| (readout.clone(), layer))).collect();
    let splits = [&subset.train, &subset.validation, &subset.test].map(|split| {
        let texts: Vec<&str> = split.iter().map(|index| dataset.items()[*index].text.as_str()).collect();
        let labels: Vec<usize> = split.iter().map(|index| dataset.items()[*index].label).collect();
        let found =
            features::extract(lab().bert(), &texts, &wanted, &mut |_, _| true).expect("features").expect("not stopped");
        (found, labels)
    });
    let [(train, train_labels), (validation, validation_labels), (test, test_labels)] = splits;
    let share = |correct: &[bool]| correct.iter().filter(|right| **right).count() as f64 / correct.len() as f64;
    for lane in &wanted {
        let expected = &reference["readouts"][lane.0.to_string()][lane.1];
        let (c, accuracy) = (expected["C"].as_f64().expect("C"), expected["test"].as_f64().expect("an accuracy"));
        let head = probe::fit(&train[lane], &train_labels, c, &|| false).expect("a fit");
        let found = share(&head.correct(&test[lane], &test_labels));
        assert!(
            (found - accuracy).abs() <= 0.006,
            "{} layer {} with C {c}: {found:.4}, scikit-learn {accuracy}",
            lane.0,
            lane.1
        );
        let chosen =
            probe::choose_c(&train[lane], &train_labels, &validation[lane], &validation_labels, &probe::GRID, &|| {
                false
            })
            .expect("a choice");
        let found = share(&chosen.head.correct(&test[lane], &test_labels));
        assert!(
            (found - accuracy).abs() <= 0.015,
            "{} layer {} with C {} chosen: {found:.4}, scikit-learn {accuracy}",
            lane.0,
            lane.1,
            chosen.c
        );
    }
}

#[test]
fn a_small_race_runs_and_a_stopped_one_keeps_what_it_computed() {
    let request = RaceRequest {
        layers: vec![0],
        train: Some(64),
        test: Some(64),
        ..RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Mean, Readout::Majority])
    };
    let (report, _) = lab().race(&request, &Control::QUIET, &Kept::NOTHING).expect("a race").expect("not stopped");
    assert_eq!(report.lanes.len(), 3);
    let cls = &report.lanes[0];
    assert_eq!((cls.readout.as_str(), cls.layer, cls.n_test), ("cls", Some(0), 64));
    // At layer 0 nothing of [CLS] varies, so its probe answers like the majority.
    assert!((cls.accuracy - report.lanes[2].accuracy).abs() < 1e-9);
    assert!(
        report
            .pairs
            .iter()
            .all(|pair| pair.worth.ci95[0] <= pair.worth.difference && pair.worth.difference <= pair.worth.ci95[1])
    );
    assert!(
        report.pairs.iter().any(|pair| pair.worth.verdict != Verdict::Equivalent),
        "64 sentences show no equivalence"
    );

    let stopped = Control { report: &|_| {}, stop: &|| true };
    assert!(
        lab().race(&RaceRequest { test: Some(32), ..request }, &stopped, &Kept::NOTHING).expect("no error").is_none()
    );
}
