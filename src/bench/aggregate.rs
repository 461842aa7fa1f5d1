//! Question 1 by three measures side by side, `[CLS]` and `GlobalPooling`, by layer.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::race::{picture, running, whole};
use super::recorded::RecordedCurves;
use super::words::offered;
use super::{card, frame, in_way, kept_vectors, measured_run, paragraphs, said};
use crate::app::bench::over_layers;
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::way::Way;
use crate::lab::{AggregateLane, AggregateReport, AggregateRequest, RaceRequest, Readout, Request, command, verdict};
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::scale::window;

pub(super) const ROW: ViewRow = ViewRow {
    about: "how well one vector stands for its sentence: three measures by layer; Enter runs it",
    measures: &["probe", "pair", "nearest"],
    settings: &["measure", "layer", "train", "test"],
    families: &[values::families::AGGREGATE],
    keys: &[Scope::Move, Scope::Layers],
    offers_run: true,
    run_name: "the measuring",
    moves: over_layers,
    ways,
    run: |state| state.aggregate_request().map(Request::Aggregate),
    reads_the_course: |_| true,
    ..ViewRow::of(View::Aggregate, "aggregate", Draw::Alone(draw), words)
};

const CAPTION: &str = "does one vector stand for its sentence?";

/// Cells of the table, and two behind it.
const TABLE: u16 = 51;

/// The measures: their name in a lesson is `View::measures`; here their head in the table and what they are.
const MEASURES: [(&str, &str); 3] = [
    ("probe", "accuracy of a fitted probe on test sentences"),
    ("random pair", "mean cosine of two random sentences"),
    ("nearest", "test sentences whose nearest has the same label"),
];

/// The measure that stands beside each before a run.
const BESIDE: [usize; 3] = [1, 2, 1];

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.aggregate_request() else { return card(&["The model loads."], theme, area, buf) };
    if let Some(run) = state.running() {
        return running(state, CAPTION, run, theme, area, buf);
    }
    match state.aggregate() {
        Some(report) => result(state, report, theme, area, buf),
        None if recorded_curves(state, &request, theme, area, buf) => {}
        None => before(state, CAPTION, &request, theme, area, buf),
    }
}

/// The recorded curves of the measure beside those of another one, and what Enter does; `false` where there are none. How
/// crowded the vectors are stands beside what they are good for.
fn recorded_curves(state: &State, request: &AggregateRequest, theme: &Theme, area: Rect, buf: &mut Buffer) -> bool {
    let measure = state.cursor.variant.min(2);
    let readouts = ["cls", "mean"].map(str::to_owned);
    let [recorded, other] = [measure, BESIDE[measure]].map(|measure| RecordedCurves {
        file: "aggregate",
        what: [["probe", "", ""], ["cosine", "", ""], ["nearest", "low", "high"]][measure],
        title: MEASURES[measure].1,
        readouts: &readouts,
        level: (measure == 2).then_some(("chance", "guessing")),
        train: request.train,
        enter: ["measures it here, on", "training sentences"],
    });
    recorded.draw_beside(Some(&other), state, CAPTION, theme, area, buf)
}

/// What Enter would run.
pub(super) fn before(
    state: &State,
    caption: &str,
    request: &AggregateRequest,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let count = |most: Option<usize>, all: usize| whole(most.map_or(all, |most| most.min(all)));
    let body = frame(caption, "", &[], theme, area, buf);
    let both = RaceRequest::frozen(&request.data, vec![Readout::Cls, Readout::Mean]);
    let mut shown = picture(state, &both, body.width, theme);
    let said = [
        format!(
            "BERT reads {} training and {} test sentences, [CLS] and GlobalPooling at every layer.",
            count(request.train, state.data[1]),
            count(request.test, state.data[3])
        ),
        "Three measures: a probe fitted to the label, the cosine of two random sentences, and whether the nearest training sentence has the same label.".to_owned(),
        format!("Press Enter to run it.{} Space holds it, x stops it.", state.about()),
    ];
    shown.extend(paragraphs(&said, body.width, theme));
    lines(&shown, body, buf);
}

/// What a lane has of a measure, the cosine by vectors that are prepared in this way.
fn value(lane: &AggregateLane, measure: usize, way: Way) -> f64 {
    let prepared = match way {
        Way::AsItIs => None,
        Way::Without => lane.random_cosine_prepared.first(),
        Way::Centred => lane.random_cosine_prepared.get(1),
    };
    [lane.probe.accuracy, *prepared.unwrap_or(&lane.random_cosine), lane.nearest][measure.min(2)]
}

/// The cosine can be asked of prepared vectors where the run has measured it.
fn ways(state: &State) -> &'static [Way] {
    let measured = |report: &AggregateReport| report.lanes.iter().all(|lane| lane.random_cosine_prepared.len() == 2);
    let pair = state.measure() == Some("pair") && state.aggregate().is_some_and(|report| measured(report));
    if pair { &Way::ALL } else { &[] }
}

fn result(state: &State, report: &AggregateReport, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (measure, way) = (state.cursor.variant.min(2), state.way());
    let last = report.lanes.iter().map(|lane| lane.layer).max().unwrap_or(0);
    let layer = state.cursor.layer.min(last);
    let find =
        |readout: &str, layer: usize| report.lanes.iter().find(|lane| lane.readout == readout && lane.layer == layer);
    let interval = |readout: &str| {
        let lane = find(readout, layer)?;
        let [low, high] = if measure == 0 { lane.probe.ci95 } else { lane.nearest_ci95 };
        (measure != 1).then(|| format!(" ({low:.3}-{high:.3})"))
    };
    // Cosines near 1 differ in later digits.
    let places = if measure == 1 { 5 } else { 3 };
    let number = |readout: &str| {
        find(readout, layer).map_or_else(String::new, |lane| format!("{:.places$}", value(lane, measure, way)))
    };
    let figures = format!(
        "layer {layer}: [CLS] {}{}, GlobalPooling {}{}",
        number("cls"),
        interval("cls").unwrap_or_default(),
        number("mean"),
        interval("mean").unwrap_or_default()
    );
    let summary = format!(
        "{} training, {} test sentences, {} pairs{}",
        whole(report.provenance.sentences[0]),
        whole(report.provenance.sentences[2]),
        whole(report.pairs),
        kept_vectors(&report.provenance)
    );
    let foot = [
        said(figures, theme.value()),
        measured_run(state, &summary, theme),
        said(format!("nearest: by cosine, in training; random labels agree in {:.3}", report.chance), theme.dim()),
    ];
    let caption = format!("{}{}", MEASURES[measure].1, in_way(state));
    let body = frame(&caption, "[ ] layer   v measure", &foot, theme, area, buf);
    // Where not all layers fit, those around the cursor do.
    let rows = usize::from(body.height.saturating_sub(2));
    let first = window(Some(layer), last + 1, rows);
    let shown = first..(first + rows).min(last + 1);
    let y = lines(&table(way, report, measure, layer, shown, theme), body, buf);
    let below = Rect { y: y + 1, height: body.bottom().saturating_sub(y + 1), ..body };
    let beside = Rect { x: body.x + TABLE, width: body.width.saturating_sub(TABLE), ..body };
    if below.height >= 9 {
        curve(way, report, measure, last, theme, below, buf);
    } else if beside.width >= 26 {
        curve(way, report, measure, last, theme, beside, buf);
    }
}

/// Layers below each other, measures side by side; the measure and layer under the cursor stand out.
fn table(
    way: Way,
    report: &AggregateReport,
    measure: usize,
    layer: usize,
    shown: Range<usize>,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut head = vec![Span::raw("       ")];
    let mut names = vec![Span::styled("layer  ", theme.label())];
    for (index, (name, _)) in MEASURES.iter().enumerate() {
        let style = if index == measure { theme.heading() } else { theme.label() };
        head.push(Span::styled(format!("{name:<15}"), style));
        names.push(Span::styled("[CLS]  ", theme.cls()));
        names.push(Span::styled("Pooling ", theme.mean()));
    }
    let mut rows = vec![Line::from(head), Line::from(names)];
    for at in shown {
        let here = at == layer;
        let sign = if here { theme.glyphs().pointer } else { " " };
        let mut row = vec![Span::styled(format!("{sign} {at:<5}"), if here { theme.focus() } else { theme.text() })];
        for index in 0..MEASURES.len() {
            for (readout, room) in [("cls", 7), ("mean", 8)] {
                let lane = report.lanes.iter().find(|lane| lane.readout == readout && lane.layer == at);
                let text = lane.map_or("-".to_owned(), |lane| format!("{:.3}", value(lane, index, way)));
                let style = if here && index == measure { theme.value() } else { theme.text() };
                row.push(Span::styled(format!("{text:<room$}"), style));
            }
        }
        rows.push(Line::from(row));
    }
    rows
}

fn curve(way: Way, report: &AggregateReport, measure: usize, last: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let points = |readout: &str| {
        let lanes = report.lanes.iter().filter(|lane| lane.readout == readout);
        lanes.map(|lane| (lane.layer as f32, value(lane, measure, way) as f32)).collect::<Vec<_>>()
    };
    let (cls, mean) = (points("cls"), points("mean"));
    let series = [
        Series { name: "[CLS]", points: &cls, role: Role::Cls, ..Series::default() },
        Series { name: "GlobalPooling", points: &mean, role: Role::Mean, ..Series::default() },
    ];
    let reference = (measure == 2).then_some((report.chance as f32, "guessing"));
    let chart = Chart {
        title: MEASURES[measure].0,
        series: &series,
        x: Some((0.0, last as f32)),
        y: (measure == 1).then_some((0.0, 1.0)),
        x_label: "layer (0: embeddings)",
        reference,
        ..Chart::default()
    };
    chart::draw(area, buf, theme, &chart);
}

fn words(state: &State) -> Option<Vec<String>> {
    let request = state.aggregate_request()?;
    let Some(report) = state.aggregate() else {
        let what = "Three measures of how well one vector stands for its sentence, at every layer: a probe fitted to the label, the cosine of two random sentences, and whether the nearest training sentence has the same label.";
        return Some(offered(what, &command::aggregate(&request, state.facts.as_ref()?, None)));
    };
    let [train, _, test] = report.provenance.sentences;
    let mut said = vec![format!(
        "Measured here, on {train} training and {test} test sentences. Probe: its accuracy; pair: mean cosine of two random sentences{}; nearest: share whose nearest training sentence has the same label; guessing gets {:.3}.",
        in_way(state),
        report.chance
    )];
    for lane in &report.lanes {
        said.push(format!(
            "{}, layer {}: probe {:.3}, pair {:.3}, nearest {:.3}.",
            verdict::name(&lane.readout),
            lane.layer,
            lane.probe.accuracy,
            value(lane, 1, state.way()),
            lane.nearest
        ));
    }
    Some(said)
}
