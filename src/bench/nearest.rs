//! The training sentences nearest to the learner's, by cosine, from `[CLS]` or `GlobalPooling`, at one layer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::aggregate::before;
use super::race::{running, whole};
use super::recorded::RecordedCurves;
use super::words::offered;
use super::{card, frame, in_way, measured_run, offer, said};
use crate::app::bench::over_list;
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::aggregate::KEPT;
use crate::lab::way::Way;
use crate::lab::{AggregateReport, AggregateRequest, NearestData, Request, command, verdict};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{fit, pad, put, span, wrap};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the training sentences nearest to the learner's; Enter runs it",
    measures: &["cls", "mean"],
    settings: &["sentence", "measure", "layer", "train", "test"],
    families: &[values::families::AGGREGATE, values::families::NEAREST],
    keys: &[Scope::Move, Scope::Layers],
    offers_run: true,
    run_name: "the measuring",
    moves: |state, action| over_list(state, action, KEPT),
    wants,
    ways: |_| &Way::ALL,
    prepares: |state| wants(state).pop(),
    run: |state| state.aggregate_request().map(Request::Aggregate),
    reads_the_course: |_| true,
    ..ViewRow::of(View::Nearest, "nearest", Draw::Alone(draw), words)
};

const CAPTION: &str = "which sentences lie nearest to yours?";

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.aggregate_request() else { return card(&["The model loads."], theme, area, buf) };
    if let Some(run) = state.running() {
        return running(state, CAPTION, run, theme, area, buf);
    }
    match (state.aggregate(), state.nearest(state.way())) {
        (Some(report), Some(data)) => result(state, report, data, theme, area, buf),
        (Some(report), None) if state.measured_before().is_some() => earlier(state, report, theme, area, buf),
        (Some(_), None) => card(&["Comparing with every training sentence."], theme, area, buf),
        (None, _) if recorded_curves(state, &request, theme, area, buf) => {}
        (None, _) => before(state, CAPTION, &request, theme, area, buf),
    }
}

/// How often the nearest sentence has the same label, as recorded, and what Enter does; `false` where there is no record.
fn recorded_curves(state: &State, request: &AggregateRequest, theme: &Theme, area: Rect, buf: &mut Buffer) -> bool {
    let recorded = RecordedCurves {
        file: "aggregate",
        what: ["nearest", "low", "high"],
        title: "test sentences whose nearest has the same label",
        readouts: &["cls", "mean"].map(str::to_owned),
        level: Some(("chance", "guessing")),
        train: request.train,
        enter: ["finds those nearest to yours here, among", "training sentences"],
    };
    recorded.draw(state, CAPTION, theme, area, buf)
}

/// What an earlier session measured; the sentences themselves were not kept.
fn earlier(state: &State, report: &AggregateReport, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let readout = state.measure().unwrap_or("cls");
    let last = report.lanes.iter().map(|lane| lane.layer).max().unwrap_or(0);
    let layer = state.cursor.layer.min(last);
    let lane = report.lanes.iter().find(|lane| lane.readout == readout && lane.layer == layer);
    let figures = lane.map_or(String::new(), |lane| {
        format!(
            "{}, layer {layer}: the nearest training sentence of a test sentence has the same label in {:.3}, at random in {:.3}.",
            verdict::name(readout),
            lane.nearest,
            report.chance
        )
    });
    let day = state.measured_before().unwrap_or_default();
    let again = "Press Enter to read the sentences again and to see those that lie nearest to yours.".to_owned();
    offer(CAPTION, &[format!("Measured here on {day}."), figures, again], theme, area, buf);
}

fn result(state: &State, report: &AggregateReport, data: &NearestData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let readout = state.measure().unwrap_or("cls");
    let last = data.lists.iter().map(|list| list.layer).max().unwrap_or(0);
    let layer = state.cursor.layer.min(last);
    let Some(list) = data.lists.iter().find(|list| list.readout == readout && list.layer == layer) else { return };
    let lane = report.lanes.iter().find(|lane| lane.readout == readout && lane.layer == layer);
    let name = verdict::name(readout);
    let foot = [
        said(
            lane.map_or(String::new(), |lane| {
                format!(
                    "test sentences: nearest has the same label in {:.3}, a random one in {:.3}",
                    lane.nearest, report.chance
                )
            }),
            theme.value(),
        ),
        measured_run(
            state,
            &format!("cosine with {} training sentences", whole(report.provenance.sentences[0])),
            theme,
        ),
        said("cosine: 1 the same direction; then its label; j k: read one whole", theme.dim()),
    ];
    let caption = format!("nearest to yours by {name}, layer {layer}{}", in_way(state));
    let body = frame(&caption, "[ ] layer   v vector", &foot, theme, area, buf);
    let width = usize::from(body.width);
    let own = fit(&data.sentence.text, width, theme.ascii);
    put(buf, body.x, body.y, body.width, &own, theme.heading());
    let at = state.cursor.offset.min(list.nearest.len().saturating_sub(1));
    let mut y = body.y + 2;
    for (index, neighbour) in list.nearest.iter().enumerate() {
        if y + 4 >= body.bottom() && index != at {
            continue;
        }
        let sign = if index == at { theme.glyphs().pointer } else { " " };
        let label = pad(&neighbour.label, 9, theme.ascii);
        let lead = format!("{sign} {:<8}  {label}  ", cosine(neighbour.cosine));
        let style = if index == at { theme.focus() } else { theme.value() };
        let x = put(buf, body.x, y, body.width, &lead, style);
        let room = body.right().saturating_sub(x);
        let text = fit(&neighbour.text, usize::from(room), theme.ascii);
        put(buf, x, y, room, &text, theme.text());
        y += 1;
    }
    if let Some(chosen) = list.nearest.get(at) {
        let whole = wrap(&[span(&chosen.text, theme.text(), theme)], width);
        lines(&whole, Rect { y: y + 1, height: body.bottom().saturating_sub(y + 1), ..body }, buf);
    }
}

/// Cosines near 1 differ in later digits.
fn cosine(value: f64) -> String {
    if value > 0.9995 { format!("{value:.6}") } else { format!("{value:.3}") }
}

fn words(state: &State) -> Option<Vec<String>> {
    let request = state.aggregate_request()?;
    let Some(data) = state.nearest(state.way()) else {
        let sentence = state.sentence();
        let command = command::aggregate(&request, state.facts.as_ref()?, Some(&sentence.text));
        return Some(offered("The training sentences whose vectors lie nearest to yours, by cosine.", &command));
    };
    let readout = state.measure().unwrap_or("cls");
    let last = data.lists.iter().map(|list| list.layer).max()?;
    let layer = state.cursor.layer.min(last);
    let list = data.lists.iter().find(|list| list.readout == readout && list.layer == layer)?;
    let mut said = vec![format!(
        "Nearest to \"{}\" by {}, layer {layer}{}, cosine and label:",
        data.sentence.text,
        verdict::name(readout),
        in_way(state)
    )];
    for (index, neighbour) in list.nearest.iter().enumerate() {
        said.push(format!("{}. {:.3}, {}: {}", index + 1, neighbour.cosine, neighbour.label, neighbour.text));
    }
    Some(said)
}

/// Only a run of this session has left sentences to compare with.
fn wants(state: &State) -> Vec<Request> {
    let measured = state.aggregate().is_some() && state.measured_before().is_none();
    let run = state.aggregate_request().filter(|_| measured);
    run.map(|run| Request::Nearest(state.sentence(), run)).into_iter().collect()
}
