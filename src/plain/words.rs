//! What a bench shows, in words. Figures are measured here unless they say otherwise.

use crate::app::{State, values};
use crate::lab::arrange::Change;
use crate::lab::record::Datum;
use crate::lab::{LearnData, Matrix, Mode, RaceReport, RaceRequest, Request, TraceData, verdict};
use crate::lesson::{Format, View};
use crate::view::{self, Depth, Theme};

/// Neighbours that are named.
const NEIGHBOURS: usize = 5;

/// The bench of the step on the screen, as paragraphs.
pub(super) fn bench(state: &State) -> Vec<String> {
    let Some(bench) = state.bench() else { return Vec::new() };
    if let Some(failure) = state.failure() {
        return vec![failure.to_owned()];
    }
    let found = match (bench.view, state.trace()) {
        (View::Race | View::Probe, _) => race(state),
        (View::Learning, _) => learning(state),
        (View::Arrange, _) => arrange(state),
        (View::Compare, _) => compare(state),
        (View::Tokens, Some(trace)) => Some(tokens(trace)),
        (View::Label, Some(trace)) => label(trace),
        (View::Embedding, Some(trace)) => embedding(state, trace),
        (View::Stepper, Some(trace)) => stepper(state, trace),
        (View::Mixing, Some(trace)) => mixing(trace),
        (View::Map, Some(trace)) => Some(map(trace)),
        (View::Neighbours, Some(_)) => neighbours(state),
        (View::Gradient, Some(_)) => gradient(state),
        _ => None,
    };
    let mut said = found.unwrap_or_else(|| drawn(state));
    if let Some(cut) = state.trace().and_then(|trace| trace.cut.as_ref()) {
        said.push(format!("Read: the first {} of {} pieces, up to character {}.", cut.kept, cut.total, cut.at_char));
    }
    said
}

/// A bench that has no words of its own is printed as it is drawn.
fn drawn(state: &State) -> Vec<String> {
    let rows = view::bench_as_text(state, &Theme::new(Depth::None, true), 72, 20);
    vec![format!("The bench:\n{rows}")]
}

fn number(value: f32) -> String {
    values::write(f64::from(value), Format::Decimals(2))
}

fn sentence(trace: &TraceData) -> String {
    let text: String = trace.sentence.text.chars().take(200).collect();
    format!("\"{text}\"")
}

fn tokens(trace: &TraceData) -> Vec<String> {
    let pieces: Vec<String> = trace.pieces.iter().map(|piece| format!("{} is id {}", piece.text, piece.id)).collect();
    vec![format!("The sentence {} becomes {} pieces: {}.", sentence(trace), pieces.len(), pieces.join(", "))]
}

fn label(trace: &TraceData) -> Option<Vec<String>> {
    let mut said = vec![format!("For the sentence {}, recorded classifiers say:", sentence(trace))];
    for label in &trace.labels {
        let answer = if label.positive >= 0.5 { "positive" } else { "negative" };
        said.push(format!(
            "From the vector of {}: {answer}, the probability of positive is {} (0.5 is undecided).",
            verdict::name(&label.readout),
            number(label.positive)
        ));
    }
    (!trace.labels.is_empty()).then_some(said)
}

fn length(matrix: &Matrix, row: usize) -> String {
    number(matrix.row(row).iter().map(|value| value * value).sum::<f32>().sqrt())
}

fn embedding(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let at = state.cursor.token.min(trace.pieces.len().checked_sub(1)?);
    Some(vec![format!(
        "The {} numbers of piece {}, {}: the word's vector has length {}, the position's {}, the segment's {}; their sum {}, and after LayerNorm {}.",
        trace.word.cols,
        at + 1,
        trace.pieces[at].text,
        length(&trace.word, at),
        length(&trace.position, at),
        length(&trace.segment, at),
        length(&trace.sum, at),
        length(trace.hidden_states.first()?, at)
    )])
}

fn stepper(state: &State, trace: &TraceData) -> Option<Vec<String>> {
    let operation = trace.operations.get(state.cursor.operation)?;
    let place = operation.layer.map_or(String::new(), |layer| format!("layer {layer}, "));
    let mut said = vec![format!(
        "Operation {} of {}, {place}{}: {}. {}. Shapes: {}.",
        state.cursor.operation + 1,
        trace.operations.len(),
        operation.block,
        operation.name,
        operation.formula,
        operation.shapes
    )];
    said.push(operation.why.to_owned());
    if let Some(effect) = operation.effects.first() {
        said.push(format!(
            "What it did to [CLS]: length {} became {}; moved by {}, cosine {}.",
            number(effect.norm_before),
            number(effect.norm_after),
            number(effect.moved),
            number(effect.cosine)
        ));
    }
    Some(said)
}

/// The token other than `[CLS]` that has most of a row.
fn most(trace: &TraceData, row: &[f32]) -> Option<(String, f32)> {
    let token = (1..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]))?;
    Some((trace.pieces.get(token)?.text.clone(), row[token]))
}

fn mixing(trace: &TraceData) -> Option<Vec<String>> {
    let mut said = vec![format!("What flows into [CLS], layer by layer, for {}:", sentence(trace))];
    for (row, ratio) in trace.mixing.ratio.iter().enumerate() {
        let (by_norm, share) = most(trace, trace.mixing.norm.row(row))?;
        let (by_attention, weight) = most(trace, trace.mixing.raw.row(row))?;
        said.push(format!(
            "Layer {}: mixing ratio {}. Most by norm from {by_norm}, share {}; most attention to {by_attention}, weight {}.",
            row + 1,
            number(*ratio),
            number(share),
            number(weight)
        ));
    }
    Some(said)
}

fn map(trace: &TraceData) -> Vec<String> {
    let points = &trace.map.points;
    let [x, y] = trace.map.explained;
    let mut said = vec![format!(
        "All positions through the layers, in two dimensions that carry {} and {} of the variance. The way of [CLS]:",
        values::write(f64::from(x), Format::Percent),
        values::write(f64::from(y), Format::Percent)
    )];
    let way: Vec<String> = points
        .iter()
        .enumerate()
        .filter_map(|(layer, row)| row.first().map(|p| format!("layer {layer} at {}, {}", number(p[0]), number(p[1]))))
        .collect();
    said.push(format!("{}.", way.join("; ")));
    said
}

fn neighbours(state: &State) -> Option<Vec<String>> {
    let data = state.neighbours()?;
    let near: Vec<String> =
        data.cosine.iter().take(NEIGHBOURS).map(|(word, cosine)| format!("{word} {}", number(*cosine))).collect();
    Some(vec![format!("Nearest to {} in the vocabulary, by cosine: {}.", data.piece, near.join(", "))])
}

fn compare(state: &State) -> Option<Vec<String>> {
    let data = state.compare()?;
    let mut said = vec![format!(
        "Two sentences, \"{}\" and \"{}\", by cosine after each layer:",
        data.first.text, data.second.text
    )];
    for (layer, cls) in data.cls.iter().enumerate() {
        let word = match (&data.word, data.word_cosine.get(layer)) {
            (Some((word, ..)), Some(cosine)) => format!(", \"{word}\" {}", number(*cosine)),
            _ => String::new(),
        };
        let mean = data.mean.get(layer).map_or(String::new(), |mean| format!(", GlobalPooling {}", number(*mean)));
        said.push(format!("Layer {layer}: [CLS] {}{word}{mean}.", number(*cls)));
    }
    Some(said)
}

fn gradient(state: &State) -> Option<Vec<String>> {
    let data = state.gradient()?;
    let mut said = Vec::new();
    for (readout, map) in &data.maps {
        said.push(format!("Where the loss of a classifier on {} touches:", verdict::name(readout)));
        for layer in (0..map.rows).rev() {
            let row = map.row(layer);
            let touched = row.iter().filter(|norm| **norm > 0.0).count();
            let share = row.first()? / row.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            said.push(format!(
                "After layer {layer}: {touched} of {} positions; {} of the length lies on [CLS].",
                map.cols,
                values::write(f64::from(share), Format::Percent)
            ));
        }
    }
    Some(said)
}

fn arrange(state: &State) -> Option<Vec<String>> {
    let data = state.arranged()?;
    let mut said = vec!["The same pieces in other arrangements, after the last layer:".to_owned()];
    for arrangement in &data.arrangements {
        let name = match arrangement.change {
            Change::Carried => "Words shuffled with their positions",
            Change::Shuffled => "Words shuffled, positions counted anew",
            Change::ClsAtEnd => "[CLS] moved to the end",
            Change::NoPositions => "No positions at all",
        };
        said.push(format!(
            "{name}: cosine of [CLS] with its original {:.4}, largest change of any number {}.",
            arrangement.cls_cosine.last()?,
            values::write(f64::from(*arrangement.largest.last()?), Format::Auto)
        ));
    }
    Some(said)
}

fn learning(state: &State) -> Option<Vec<String>> {
    let Some(data) = state.learning() else {
        let Some(Request::Learn(request)) = super::waits(state) else { return None };
        return Some(vec![format!(
            "A training of {} steps, head on {}. It is not run here; the course on a screen runs it, and so does --plain on a terminal.",
            request.steps,
            request.readout.label()
        )]);
    };
    Some(trained(data))
}

fn trained(data: &LearnData) -> Vec<String> {
    let turned: Vec<String> =
        data.drift.iter().enumerate().skip(1).map(|(layer, by)| format!("layer {layer} {by:.3}")).collect();
    let loss = |value: Option<&f32>| value.map_or(String::new(), |value| number(*value));
    vec![format!(
        "After {} steps the loss went from {} to {}. [CLS] turned, 1 minus cosine: {}.",
        data.curve.loss.len(),
        loss(data.curve.loss.first()),
        loss(data.curve.loss.last()),
        turned.join(", ")
    )]
}

fn race(state: &State) -> Option<Vec<String>> {
    if let Some(report) = state.race_report() {
        return Some(raced(report));
    }
    let request = state.race_request()?;
    let mut said = quoted(state, &request);
    let lanes: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
    let modes: Vec<&str> = request.modes.iter().map(|mode| mode.name()).collect();
    let mut command = format!("clsroom race --readouts {} --mode {}", lanes.join(","), modes.join(","));
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
    for lane in &report.lanes {
        let layer = lane.layer.map_or(String::new(), |layer| format!(", layer {layer}"));
        said.push(format!(
            "{}, {}{layer}: accuracy {:.3}, 95 % interval {:.3} to {:.3}.",
            verdict::name(&lane.readout),
            lane.mode,
            lane.accuracy,
            lane.ci95[0],
            lane.ci95[1]
        ));
    }
    said.extend(report.pairs.iter().map(crate::lab::Pair::in_words));
    said
}

/// The recorded run that comes nearest: one with these lanes, learning so, on a number of sentences most like it.
fn quoted(state: &State, request: &RaceRequest) -> Vec<String> {
    let number = |key: &str| match state.records.get(key) {
        Some(Datum::Number(number)) => Some(*number),
        _ => None,
    };
    let mut files: Vec<&str> =
        state.records.keys().filter_map(|key| key.split_once('.').map(|(file, _)| file)).collect();
    files.dedup();
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
