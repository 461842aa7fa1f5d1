//! Races and probes in words: what was run here, or the recorded run that comes nearest.

use crate::app::{State, values};
use crate::lab::dataset::MOVIES;
use crate::lab::record::Datum;
use crate::lab::{Lane, Mode, Pair, RaceReport, RaceRequest, verdict};
use crate::shell;

pub(super) fn race(state: &State) -> Option<Vec<String>> {
    if let Some(report) = state.race_report() {
        return Some(raced(report));
    }
    let request = state.race_request()?;
    let mut said = quoted(state, &request);
    let lanes: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
    let modes: Vec<&str> = request.modes.iter().map(|mode| mode.name()).collect();
    let model = state.facts.as_ref().map_or(String::new(), |facts| facts.as_option());
    let lanes = shell::word(&lanes.join(","));
    let mut command = format!("clsroom race{model} --readouts {lanes} --mode {}", modes.join(","));
    if let Some(against) = &request.against {
        command.push_str(" --against ");
        command.push_str(&shell::word(against));
    }
    if request.data != MOVIES {
        command.push_str(" --data ");
        command.push_str(&shell::word(&request.data));
    }
    if request.layers.len() > 1 {
        command += " --layer all";
    }
    if let Some(train) = request.train {
        command.push_str(" --train ");
        command.push_str(&train.to_string());
    }
    if let Some(layers) = request.recipe.top_layers {
        command.push_str(" --top-layers ");
        command.push_str(&layers.to_string());
    }
    said.push(format!("Run this race here: {command}"));
    Some(said)
}

fn raced(report: &RaceReport) -> Vec<String> {
    let mut said = vec![format!("Measured here, on {} test sentences:", report.provenance.sentences[2])];
    let two = report.against.is_some();
    for (number, report) in report.both().enumerate() {
        if two {
            said.push(format!("Model {}, {}:", number + 1, report.provenance.model));
        }
        said.extend(lanes(report, number, two));
    }
    if let Some(against) = &report.against {
        said.push("Between the models:".to_owned());
        said.extend(against.pairs.iter().map(Pair::between));
    }
    said
}

fn lanes(report: &RaceReport, number: usize, two: bool) -> Vec<String> {
    let named = |readout: &str| verdict::numbered(&verdict::name(readout), number, two);
    let lane = |lane: &Lane| {
        let layer = lane.layer.map_or(String::new(), |layer| format!(", layer {layer}"));
        format!(
            "{}, {}{layer}: accuracy {:.3}, 95 % interval {:.3} to {:.3}.",
            named(&lane.readout),
            lane.mode,
            lane.accuracy,
            lane.ci95[0],
            lane.ci95[1]
        )
    };
    let pairs = report.pairs.iter().map(|pair| pair.in_words_of(&named(&pair.a), &named(&pair.b)));
    let own = report.own.as_ref().and_then(|own| own.in_words(&report.classes));
    report.lanes.iter().map(lane).chain(report.unlearnt(|lane| named(&lane.readout))).chain(pairs).chain(own).collect()
}

/// The recorded run that comes nearest: one with these lanes, learning so, on a number of sentences most like it.
fn quoted(state: &State, request: &RaceRequest) -> Vec<String> {
    let number = |key: &str| match state.records.get(key) {
        Some(Datum::Number(number)) => Some(*number),
        _ => None,
    };
    // Records are of the embedded sentences.
    if state.sentences != MOVIES {
        return Vec::new();
    }
    let mut files: Vec<&str> =
        state.records.keys().filter_map(|key| key.split_once('.').map(|(file, _)| file)).collect();
    files.dedup();
    // Another model's figures would mislead.
    files.retain(|file| !values::is_foreign(state, file));
    let mut said = Vec::new();
    for mode in &request.modes {
        let lane_key = |file: &str, lane: &str, layer: usize| match (lane, mode) {
            ("words" | "majority", _) => format!("{file}.{lane}"),
            (_, Mode::Finetune) => format!("{file}.{lane}.{}", mode.name()),
            (_, Mode::Frozen) => format!("{file}.{lane}.{layer}"),
        };
        let whole = |file: &&&str| {
            request.layers.iter().all(|layer| {
                request
                    .readouts
                    .iter()
                    .all(|lane| number(&format!("{}.accuracy", lane_key(file, &lane.to_string(), *layer))).is_some())
            })
        };
        let wanted = request.train.unwrap_or(state.data[1]) as f64;
        let off = |file: &str| number(&format!("{file}.train")).map_or(f64::MAX, |train| (train - wanted).abs());
        let Some(file) = files.iter().filter(whole).min_by(|a, b| off(a).total_cmp(&off(b))) else { continue };
        let date = match state.records.get(&format!("{file}.date")) {
            Some(Datum::Text(date)) => format!(" on {date}"),
            _ => String::new(),
        };
        let train = number(&format!("{file}.train")).unwrap_or(0.0);
        said.push(format!("Recorded{date}, {}, {train} training sentences:", mode.name()));
        for layer in &request.layers {
            for lane in &request.readouts {
                let key = lane_key(file, &lane.to_string(), *layer);
                let at = if request.layers.len() > 1 { format!(", layer {layer}") } else { String::new() };
                let figure = |what: &str| number(&format!("{key}.{what}")).unwrap_or(f64::NAN);
                said.push(format!(
                    "{}{at}: accuracy {:.3}, 95 % interval {:.3} to {:.3}.",
                    lane.label(),
                    figure("accuracy"),
                    figure("low"),
                    figure("high")
                ));
            }
        }
    }
    said
}
