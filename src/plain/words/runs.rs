//! Runs other than races in words: a short training, decoders, question 1's measures, nearest sentences.

use super::number;
use crate::app::{State, values};
use crate::lab::record::Datum;
use crate::lab::{Decoded, LearnData, Request, command, verdict};

pub(super) fn learning(state: &State) -> Option<Vec<String>> {
    let Some(data) = state.learning() else {
        let Some(Request::Learn(request)) = crate::plain::waits(state) else { return None };
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

/// What a run that is not made here would do, and the command that does it.
fn offered(what: &str, command: &str) -> Vec<String> {
    vec![what.to_owned(), format!("Run this here: {command}")]
}

pub(super) fn decode(state: &State) -> Option<Vec<String>> {
    let request = state.invert_request()?;
    let (Some(report), Some(data)) = (state.inversion(), state.decoded()) else {
        let names: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
        let sentence = state.sentence();
        let command = command::invert(&request, state.facts.as_ref()?, Some(&sentence.text));
        let what = "Linear decoders name the word pieces of a sentence from one of its vectors, at every layer.";
        let mut said = recorded_decoders(state, &names);
        said.extend(offered(what, &command));
        return Some(said);
    };
    let readout = state.measure().unwrap_or("cls");
    let last = report.lanes.iter().map(|lane| lane.layer).max()?;
    let layer = state.cursor.layer.min(last);
    let decoded = data.decoded.iter().find(|decoded| decoded.readout == readout && decoded.layer == layer)?;
    let mut said = vec![format!("Word pieces got back from {}, layer {layer}:", verdict::name(readout))];
    said.extend(guesses(decoded, &data.content));
    said.push(format!(
        "Not known to any decoder: {}. Too common to count: {}.",
        list(&data.unknown),
        list(&data.common)
    ));
    said.push("Share of the content pieces of test sentences that is found:".to_owned());
    for lane in &report.lanes {
        let [low, high] = lane.ci95;
        said.push(format!(
            "{}, layer {}: {:.3}, 95 % interval {low:.3} to {high:.3}.",
            verdict::name(&lane.readout),
            lane.layer,
            lane.precision
        ));
    }
    said.push(format!("By guessing the commonest pieces: {:.3}.", report.baseline));
    Some(said)
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn guesses(decoded: &Decoded, content: &[String]) -> Vec<String> {
    let guess = |(piece, score): &(String, f32)| format!("{piece} {}", number(*score));
    let hits: Vec<String> = decoded.hits(content).map(guess).collect();
    let alarms: Vec<String> = decoded.alarms(content).map(guess).collect();
    let misses: Vec<String> = decoded.misses(content).cloned().collect();
    vec![
        format!("Found, {} of {}: {}.", hits.len(), content.len(), list(&hits)),
        format!("Missed: {}. Named wrongly: {}.", list(&misses), list(&alarms)),
    ]
}

/// How good the recorded decoders were.
fn recorded_decoders(state: &State, readouts: &[String]) -> Vec<String> {
    const FILE: &str = "inversion";
    if values::is_foreign(state, FILE) {
        return Vec::new();
    }
    let figure = |key: &str| match state.records.get(&format!("{FILE}.{key}")) {
        Some(Datum::Number(number)) => Some(*number),
        _ => None,
    };
    let mut said = Vec::new();
    for readout in readouts {
        let layers = 0..=state.facts.as_ref().map_or(0, |facts| facts.layers);
        let by_layer: Vec<String> = layers
            .filter_map(|layer| Some(format!("layer {layer} {:.3}", figure(&format!("{readout}.{layer}.precision"))?)))
            .collect();
        if !by_layer.is_empty() {
            said.push(format!("{}: {}.", verdict::name(readout), by_layer.join(", ")));
        }
    }
    if let (false, Some(train), Some(guessing)) = (said.is_empty(), figure("train"), figure("baseline")) {
        let head = "Recorded, share of the content pieces of test sentences that is found";
        said.insert(0, format!("{head}, {train} training sentences; by guessing {guessing:.3}:"));
    }
    said
}

pub(super) fn aggregate(state: &State) -> Option<Vec<String>> {
    let request = state.aggregate_request()?;
    let Some(report) = state.aggregate() else {
        let what = "Three measures of how well one vector stands for its sentence, at every layer: a probe fitted to the label, the cosine of two sentences drawn by lot, and whether the nearest training sentence has the same label.";
        return Some(offered(what, &command::aggregate(&request, state.facts.as_ref()?, None)));
    };
    let [train, _, test] = report.provenance.sentences;
    let mut said = vec![format!(
        "Measured here, on {train} training and {test} test sentences. Probe: its accuracy; pair: mean cosine of two sentences by lot; nearest: share whose nearest training sentence has the same label, which by lot is {:.3}.",
        report.chance
    )];
    for lane in &report.lanes {
        said.push(format!(
            "{}, layer {}: probe {:.3}, pair {:.3}, nearest {:.3}.",
            verdict::name(&lane.readout),
            lane.layer,
            lane.probe.accuracy,
            lane.random_cosine,
            lane.nearest
        ));
    }
    Some(said)
}

pub(super) fn nearest(state: &State) -> Option<Vec<String>> {
    let request = state.aggregate_request()?;
    let Some(data) = state.nearest() else {
        let sentence = state.sentence();
        let command = command::aggregate(&request, state.facts.as_ref()?, Some(&sentence.text));
        return Some(offered("The training sentences whose vectors lie nearest to yours, by cosine.", &command));
    };
    let readout = state.measure().unwrap_or("cls");
    let last = data.lists.iter().map(|list| list.layer).max()?;
    let layer = state.cursor.layer.min(last);
    let list = data.lists.iter().find(|list| list.readout == readout && list.layer == layer)?;
    let mut said = vec![format!(
        "Nearest to \"{}\" by {}, layer {layer}, cosine and label:",
        data.sentence.text,
        verdict::name(readout)
    )];
    for (index, neighbour) in list.nearest.iter().enumerate() {
        said.push(format!("{}. {:.3}, {}: {}", index + 1, neighbour.cosine, neighbour.label, neighbour.text));
    }
    Some(said)
}
