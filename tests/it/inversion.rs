//! Decoders against `NumPy`'s figures and against themselves by another way; the record; the command.

use std::process::Command;

use clsroom::lab::inversion::{coverage, pairs, score};
use clsroom::lab::{Control, InversionReport, InvertRequest, Outcome, Readout, Request, Sentence, record, stats};

use crate::driver::lab;
use crate::reference::read;

fn request(layers: &[usize], limit: Option<usize>) -> InvertRequest {
    let readouts = vec![Readout::Cls, Readout::Mean, Readout::Sep];
    InvertRequest { data: "movies".to_owned(), readouts, layers: layers.to_vec(), train: limit, test: limit }
}

fn run(request: &InvertRequest) -> InversionReport {
    match lab().run(&Request::Invert(request.clone()), &Control::QUIET).expect("it runs") {
        Some(Outcome::Invert(report)) => (*report).clone(),
        _ => panic!("another outcome"),
    }
}

#[test]
fn precision_by_layer_agrees_with_the_reference() {
    let reference = read("inversion.json");
    let number = |name: &str| reference[name].as_f64().expect("a number");
    let report = run(&request(&[0, 1, 6], None));
    assert!((report.coverage - number("vocabulary_covers_of_test_content_pieces")).abs() < 1e-4, "{}", report.coverage);
    assert!((report.baseline - number("frequency_alone")).abs() < 1e-4, "{}", report.baseline);
    assert_eq!((report.known, report.common, report.lanes.len()), (3_000, 60, 9));
    for lane in &report.lanes {
        let expected = &reference[&lane.readout][lane.layer];
        let (test, lambda) = (expected["test"].as_f64().expect("a share"), expected["lambda"].as_f64().expect("λ"));
        let at = format!("{} layer {}: {} with {}", lane.readout, lane.layer, lane.precision, lane.lambda);
        assert!((lane.precision - test).abs() < 2e-3, "{at}, reference {expected}");
        // Neighbouring strengths may be equally good on validation.
        let lies =
            |wanted: f64| lane.grid.iter().find(|(known, _)| (known - wanted).abs() < 1e-9).expect("the same grid").1;
        assert!(lane.validation - lies(lambda) < 2e-3, "{at}, reference {expected}");
    }
}

/// The whole record lies within rounding of the reference, at every layer.
#[test]
fn recorded_figures_agree_with_the_reference_and_follow_from_the_recorded_counts() {
    let path = format!("{}/lessons/results/inversion.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the record");
    let report = record::read_inversion(&text).expect("a record");
    let reference = read("inversion.json");
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    close(report.baseline, score::mean(&score::shares(&report.by_frequency, &report.asked)));
    close(report.coverage, coverage(&report.asked, &report.content));
    assert_eq!((report.lanes.len(), report.asked.len()), (21, report.provenance.sentences[2]));
    for lane in &report.lanes {
        let shares = score::shares(&lane.found, &report.asked);
        close(lane.precision, score::mean(&shares));
        let (_, again) = stats::share(vec![shares]);
        close(lane.ci95[0], again[0]);
        close(lane.ci95[1], again[1]);
        let best = lane.grid.iter().map(|(_, score)| *score).fold(0.0, f64::max);
        close(lane.validation, best);
        let of_chosen = lane.grid.iter().find(|(lambda, _)| (lambda - lane.lambda).abs() < 1e-9).expect("in the grid");
        close(of_chosen.1, best);
        let expected = reference[&lane.readout][lane.layer]["test"].as_f64().expect("a share");
        assert!((lane.precision - expected).abs() < 2e-3, "{} {}", lane.readout, lane.layer);
    }
    let again = pairs(&report.lanes, &report.asked);
    assert_eq!(again.len(), report.pairs.len());
    for (again, pair) in again.iter().zip(&report.pairs) {
        assert_eq!((&again.a, &again.b, again.layer), (&pair.a, &pair.b, pair.layer));
        close(again.difference, pair.difference);
        close(again.ci95[0], pair.ci95[0]);
        close(again.ci95[1], pair.ci95[1]);
    }
}

#[test]
fn a_test_sentence_is_decoded_as_it_was_scored() {
    let request = request(&[1, 6], Some(64));
    let report = run(&request);
    let dataset = lab().dataset("movies").expect("the data");
    let test = dataset.subset(request.train, request.test).test;
    for place in [0, 20, 63] {
        let sentence = Sentence::single(dataset.items()[test[place]].text.clone());
        let Some(Outcome::Decode(data)) =
            lab().run(&Request::Decode(sentence, request.clone()), &Control::QUIET).expect("decoded")
        else {
            panic!("another outcome")
        };
        assert_eq!(data.content.len(), report.asked[place]);
        assert_eq!(data.content.len() + data.unknown.len(), report.content[place]);
        for (decoded, lane) in data.decoded.iter().zip(&report.lanes) {
            assert_eq!((&decoded.readout, decoded.layer), (&lane.readout, lane.layer));
            assert_eq!(decoded.hits(&data.content).count(), lane.found[place], "{} {}", lane.readout, lane.layer);
            assert_eq!(decoded.guesses.len(), data.content.len());
            assert_eq!(decoded.alarms(&data.content).count(), decoded.misses(&data.content).count());
        }
    }
}

#[test]
fn it_stops_when_told_and_refuses_what_cannot_be() {
    let stopped = Control { report: &|_| {}, stop: &|| true };
    let few = InvertRequest { data: "products".to_owned(), ..request(&[0], Some(16)) };
    assert!(lab().run(&Request::Invert(few.clone()), &stopped).expect("no error").is_none());
    for (request, expected) in [
        (InvertRequest { layers: vec![7], ..few.clone() }, "no layer 7"),
        (InvertRequest { train: Some(0), ..few.clone() }, "--train"),
        (InvertRequest { readouts: Vec::new(), ..few.clone() }, "at least one"),
        (InvertRequest { readouts: vec![Readout::Words], ..few.clone() }, "no vector"),
        (InvertRequest { data: "poems".to_owned(), ..few.clone() }, "poems"),
    ] {
        let error = lab().run(&Request::Invert(request), &Control::QUIET).expect_err("refused").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let never = Request::Decode(Sentence::single("a film"), InvertRequest { train: Some(3), ..few });
    assert!(lab().run(&never, &Control::QUIET).is_err(), "nothing was fitted for that");
}

#[test]
fn the_command_prints_writes_and_decodes() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("run.json");
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        command.args(["invert", "--train", "48", "--test", "32", "--data", "products", "--readouts", "cls"]).args(more);
        command.env("HOME", folder.path()).output().expect("it starts")
    };
    let said = run(&["a good camera \u{1b}[31m", "--out", out.to_str().expect("a path")]);
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(
        text.contains("by guessing") && text.contains("false alarm") && text.contains("made by: clsroom invert"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "control characters are not passed on");
    let record = record::read_inversion(&std::fs::read_to_string(&out).expect("the record")).expect("a record");
    assert_eq!(record.provenance.sentences[0], 48);
    assert!(record.provenance.date.is_some() && record.provenance.seconds.is_some());
    let json = run(&["a good camera", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(json["decoded"]["decoded"][0]["guesses"].is_array() && json["lanes"][0]["precision"].is_number());
    let refused = run(&["--out", "/nowhere/at/all/run.json"]);
    assert_eq!(refused.status.code(), Some(1));
}

#[test]
fn an_edited_record_is_refused() {
    let report = run(&request(&[6], Some(32)));
    let text = record::write_inversion(&report).expect("written");
    assert!(record::read_inversion(&text).is_ok());
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    value["lanes"][0]["precision"] = 1.5.into();
    assert!(record::read_inversion(&value.to_string()).expect_err("refused").to_string().contains("precision"));
    let cut = text.replacen("\"asked\": \"", "\"asked\": \"-3 ", 1);
    assert!(record::read_inversion(&cut).is_err());
}
