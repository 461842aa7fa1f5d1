//! The sentence decoded from one vector: hits, misses, false alarms; and how well that goes on test sentences, by layer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::race::{picture, role, running, whole};
use super::recorded::RecordedCurves;
use super::words::{number, offered, recorded};
use super::{card, frame, kept_vectors, label_of, measured_run, paragraphs, said};
use crate::app::bench::over_layers;
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{DecodeData, Decoded, InversionReport, InvertRequest, RaceRequest, Request, command, verdict};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::text::{pad, wrap, wrap_hanging};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the sentence decoded from one vector; Enter fits the decoders",
    measures: &["cls", "mean", "sep"],
    settings: &["sentence", "measure", "layer", "train", "test"],
    families: &[values::families::DECODE],
    keys: &[Scope::Move, Scope::Layers],
    offers_run: true,
    run_name: "the fitting of the decoders",
    moves: over_layers,
    wants,
    run: |state| state.invert_request().map(Request::Invert),
    reads_the_course: |_| true,
    ..ViewRow::of(View::Decode, "decode", Draw::Alone(draw), words)
};

/// Cells for the lead of a line of pieces.
const LEAD: usize = 13;

const CAPTION: &str = "word pieces recovered from one vector";

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.invert_request() else { return card(&["The model loads."], theme, area, buf) };
    if let Some(run) = state.running() {
        return running(state, CAPTION, run, theme, area, buf);
    }
    match (state.inversion(), state.decoded()) {
        (Some(report), Some(data)) => result(state, report, Some(data), theme, area, buf),
        (Some(report), None) if state.measured_before().is_some() => result(state, report, None, theme, area, buf),
        (Some(_), None) => card(&["The decoders read the sentence."], theme, area, buf),
        (None, _) if recorded_curves(state, &request, theme, area, buf) => {}
        (None, _) => before(state, &request, theme, area, buf),
    }
}

/// The recorded curves of the decoders, and what Enter does; `false` where there are none.
fn recorded_curves(state: &State, request: &InvertRequest, theme: &Theme, area: Rect, buf: &mut Buffer) -> bool {
    let readouts: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
    let recorded = RecordedCurves {
        file: "inversion",
        what: ["precision", "low", "high"],
        title: "share of content pieces found in test sentences",
        readouts: &readouts,
        level: Some(("baseline", "by guessing")),
        train: request.train,
        enter: ["fits decoders here, on", "sentences, and decodes yours"],
    };
    recorded.draw(state, CAPTION, theme, area, buf)
}

fn before(state: &State, request: &InvertRequest, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let train = request.train.map_or(state.data[1], |most| most.min(state.data[1]));
    let test = request.test.map_or(state.data[3], |most| most.min(state.data[3]));
    let names: Vec<String> = request.readouts.iter().map(crate::lab::Readout::label).collect();
    let said = [
        format!(
            "A decoder for every layer and for {}: a linear map from the vector to the {} commonest word pieces.",
            names.join(", "),
            whole(crate::lab::inversion::pieces::KNOWN)
        ),
        format!(
            "It learns from {} sentences, makes its choice on {} others, and is tested on {} more. Then it decodes yours, which it has not seen.",
            whole(train),
            whole(state.data[2]),
            whole(test)
        ),
        format!("Press Enter to fit them.{} Space holds it, x stops it.", state.about()),
    ];
    let body = frame(CAPTION, "", &[], theme, area, buf);
    let lanes = RaceRequest::frozen(&request.data, request.readouts.clone());
    let mut shown = picture(state, &lanes, body.width, theme);
    shown.extend(paragraphs(&said, body.width, theme));
    lines(&shown, body, buf);
}

fn result(
    state: &State,
    report: &InversionReport,
    data: Option<&DecodeData>,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let readout = state.measure().unwrap_or("cls");
    let last = report.lanes.iter().map(|lane| lane.layer).max().unwrap_or(0);
    let layer = state.cursor.layer.min(last);
    let lane = report.lanes.iter().find(|lane| lane.readout == readout && lane.layer == layer);
    let decoded = data.and_then(|data| {
        let found = data.decoded.iter().find(|decoded| decoded.readout == readout && decoded.layer == layer);
        found.map(|decoded| (data, decoded))
    });
    let name = verdict::name(readout);
    let score = lane.map_or(String::new(), |lane| {
        format!(
            "{name}, layer {layer}: {:.3} found ({:.3}-{:.3}); by guessing {:.3}",
            lane.precision, lane.ci95[0], lane.ci95[1], report.baseline
        )
    });
    let below = format!(
        "{} test sentences; {:.1} % of their content pieces are known{}",
        whole(report.provenance.sentences[2]),
        100.0 * report.coverage,
        kept_vectors(&report.provenance)
    );
    let under = format!(
        "guessing: always the commonest pieces {} the {} commonest are not scored",
        theme.glyphs().dot,
        report.common
    );
    let foot = [said(score, theme.value()), measured_run(state, &below, theme), said(under, theme.dim())];
    let body =
        frame(&format!("pieces recovered from {name}, layer {layer}"), "layer [ ]   v vector", &foot, theme, area, buf);
    let found = match decoded {
        Some((data, decoded)) => pieces(data, decoded, usize::from(body.width), theme),
        None if data.is_none() => {
            let words = "How well it went on test sentences was kept. Enter fits the decoders again and decodes yours.";
            wrap(&[Span::styled(words, theme.text())], usize::from(body.width))
        }
        None => Vec::new(),
    };
    // The curve by layer gives way to a long sentence, but not wholly.
    let room = body.height.saturating_sub(7).max(5);
    let y = lines(&found, Rect { height: body.height.min(room), ..body }, buf);
    curve(report, readout, last, theme, Rect { y: y + 1, height: body.bottom().saturating_sub(y + 1), ..body }, buf);
}

/// Hits, misses and false alarms in words, signs and colours.
fn pieces(data: &DecodeData, decoded: &Decoded, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let glyphs = theme.glyphs();
    let guess = |(piece, score): &(String, f32)| format!("{} {score:.2}", label_of(piece, theme));
    let list = |words: Vec<String>| if words.is_empty() { "none".to_owned() } else { words.join("  ") };
    let plain = |words: &[String]| list(words.iter().map(|piece| label_of(piece, theme)).collect());
    let hits: Vec<String> = decoded.hits(&data.content).map(guess).collect();
    let alarms: Vec<String> = decoded.alarms(&data.content).map(guess).collect();
    let misses: Vec<String> = decoded.misses(&data.content).map(|piece| label_of(piece, theme)).collect();
    let mut rows = Vec::new();
    let mut row = |lead: String, words: String, style: Style| {
        let lead = Span::styled(pad(&lead, LEAD, theme.ascii), theme.label());
        rows.extend(wrap_hanging(&[lead, Span::styled(words, style)], width, LEAD));
    };
    row(format!("{} {} of {}", glyphs.check, hits.len(), data.content.len()), list(hits), theme.good());
    row("- missed".to_owned(), list(misses), theme.text());
    row(format!("{} false", glyphs.cross), list(alarms), theme.bad());
    row("  not known".to_owned(), plain(&data.unknown), theme.dim());
    row("  too common".to_owned(), plain(&data.common), theme.dim());
    rows
}

fn curve(report: &InversionReport, shown: &str, last: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut names: Vec<&str> = Vec::new();
    report.lanes.iter().for_each(|lane| {
        if !names.contains(&lane.readout.as_str()) {
            names.push(&lane.readout);
        }
    });
    let of = |name: &str| {
        let lanes = report.lanes.iter().filter(|lane| lane.readout == name);
        lanes.map(|lane| (lane.layer as f32, lane.precision as f32)).collect::<Vec<_>>()
    };
    let points: Vec<Vec<(f32, f32)>> = names.iter().map(|name| of(name)).collect();
    let labels: Vec<String> = names.iter().map(|name| verdict::name(name)).collect();
    let series: Vec<Series<'_>> = names
        .iter()
        .enumerate()
        .map(|(at, name)| Series { name: &labels[at], points: &points[at], intervals: &[], role: role(name) })
        .collect();
    let most = points.iter().flatten().map(|point| point.1).fold(0.1, f32::max);
    let title = format!("share of content pieces found in test sentences (shown above: {})", verdict::name(shown));
    let chart = Chart {
        title: &title,
        series: &series,
        x: Some((0.0, last as f32)),
        y: Some((0.0, most * 1.05)),
        x_label: "layer (0: embeddings)",
        reference: Some((report.baseline as f32, "by guessing")),
        ..Chart::default()
    };
    chart::draw(area, buf, theme, &chart);
}

fn words(state: &State) -> Option<Vec<String>> {
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
    let mut said = vec![format!("Word pieces recovered from {}, layer {layer}:", verdict::name(readout))];
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
    let figure = |key: &str| recorded(state, &format!("{FILE}.{key}"));
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

/// Only a run of this session has left decoders.
fn wants(state: &State) -> Vec<Request> {
    let fitted = state.inversion().is_some() && state.measured_before().is_none();
    let run = state.invert_request().filter(|_| fitted);
    run.map(|run| Request::Decode(state.sentence(), run)).into_iter().collect()
}
