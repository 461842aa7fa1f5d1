//! Races and probes in words: what was run here, or a recorded run of the same recipe.

use crate::app::{State, values};
use crate::bench::words::recorded;
use crate::lab::dataset::MOVIES;
use crate::lab::record::Datum;
use crate::lab::{Gap, Lane, Mode, ModelFacts, Pair, RaceReport, RaceRequest, command, verdict};

pub(in crate::bench) fn words(state: &State) -> Option<Vec<String>> {
    if let Some(report) = state.race_report() {
        return Some(raced(report));
    }
    let request = state.race_request()?;
    let mut said = quoted(state, &request);
    let facts = state.facts.as_ref()?;
    said.push(format!("Run this race here: {}", command::race(&request, facts)));
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
    said.push(verdict::RULE.to_owned());
    if let Some(against) = &report.against {
        said.push("Between the models:".to_owned());
        said.extend(against.pairs.iter().map(Pair::between));
        said.extend(against.gaps.iter().map(Gap::in_words));
        said.extend(report.cosines());
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
    let warnings = report.unlearnt(|lane| named(&lane.readout)).into_iter().chain(report.behind(|l| named(&l.readout)));
    report.lanes.iter().map(lane).chain(warnings).chain(pairs).chain(own).collect()
}

/// The options of a race's command on which the figures of a lane depend, in order; those of fine-tuning only where BERT
/// learns. Which lanes and layers run beside it does not change them.
fn recipe(command: &str, mode: Mode) -> Vec<&str> {
    const OTHERS: [&str; 3] = ["mode", "readouts", "layer"];
    const TUNING: [&str; 5] = ["epochs", "steps", "seeds", "lr", "top-layers"];
    let name = |option: &str| option.split([' ', '=']).next().unwrap_or_default().to_owned();
    let counts = |option: &&str| {
        let name = name(option);
        !OTHERS.contains(&name.as_str()) && (mode == Mode::Finetune || !TUNING.contains(&name.as_str()))
    };
    let mut options: Vec<&str> = command.split(" --").skip(1).filter(counts).collect();
    options.sort_unstable();
    options
}

/// The recorded figures of these lanes, where a race with the very same recipe was recorded.
fn quoted(state: &State, request: &RaceRequest) -> Vec<String> {
    let number = |key: &str| recorded(state, key);
    // Records are of the embedded sentences.
    if state.sentences != MOVIES {
        return Vec::new();
    }
    let mut files: Vec<&str> =
        state.records.keys().filter_map(|key| key.split_once('.').map(|(file, _)| file)).collect();
    files.dedup();
    // Another model's figures would mislead.
    files.retain(|file| !values::is_foreign(state, file));
    let Some(facts) = &state.facts else { return Vec::new() };
    // The model inside the program under another name is the same.
    let wanted = command::race(request, &ModelFacts { asked: None, ..(**facts).clone() });
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
        let same = |file: &&&str| match state.records.get(&format!("{file}.command")) {
            Some(Datum::Text(command)) => recipe(command, *mode) == recipe(&wanted, *mode),
            _ => false,
        };
        let Some(file) = files.iter().filter(same).find(whole) else { continue };
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
