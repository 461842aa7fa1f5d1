//! Accuracy of a frozen probe by layer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::race::{before, role, running, whole, words};
use super::recorded::RecordedCurves;
use super::{frame, kept_vectors, measured_run, said};
use crate::app::{State, values};
use crate::bench::row::SandboxRun;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{Lane, RaceReport, RaceRequest};
use crate::view::theme::Theme;
use crate::view::widgets::chart::{self, Chart, Series};

pub(super) const ROW: ViewRow = ViewRow {
    about: "accuracy of frozen classifiers by layer; Enter runs it",
    settings: &["readouts", "train", "test"],
    needs: &["readouts"],
    families: &[values::families::RACE, values::families::OFFER],
    offers_run: true,
    learns: true,
    sandbox: SandboxRun { train: Some(2_000), ..SandboxRun::PLAIN },
    race,
    ..ViewRow::of(View::Probe, "probe", Draw::Alone(draw), words)
};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if let Some(run) = state.running() {
        return running(state, "reading each layer with a classifier of its own", run, theme, area, buf);
    }
    match state.race_report() {
        Some(report) => curve(state, report, CAPTION, theme, area, buf),
        None if recorded_curves(state, theme, area, buf) => {}
        None => before(state, CAPTION, theme, area, buf),
    }
}

/// The recorded curves of the readouts, and what Enter does; `false` where there are none.
fn recorded_curves(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) -> bool {
    let Some(request) = state.race_request() else { return false };
    let readouts: Vec<String> = request.readouts.iter().map(ToString::to_string).collect();
    let recorded = RecordedCurves {
        file: "frozen",
        what: ["accuracy", "low", "high"],
        title: "accuracy on test sentences",
        readouts: &readouts,
        level: Some(("majority.accuracy", "one answer")),
        train: request.train,
        enter: ["measures it here, on", "training sentences"],
    };
    recorded.draw(state, CAPTION, theme, area, buf)
}

const CAPTION: &str = "how well a frozen classifier reads each layer";

/// Accuracy by layer, a curve a readout.
pub(super) fn curve(state: &State, report: &RaceReport, caption: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut names: Vec<&str> =
        report.lanes.iter().filter(|lane| lane.layer.is_some()).map(|lane| lane.readout.as_str()).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    let of = |name: &str| {
        report.lanes.iter().filter(|lane| lane.readout == name && lane.layer.is_some()).collect::<Vec<&Lane>>()
    };
    let x = |lane: &Lane| lane.layer.unwrap_or(0) as f32;
    let points: Vec<Vec<(f32, f32)>> =
        names.iter().map(|name| of(name).iter().map(|lane| (x(lane), lane.accuracy as f32)).collect()).collect();
    let intervals: Vec<Vec<(f32, f32)>> = names
        .iter()
        .map(|name| of(name).iter().map(|lane| (lane.ci95[0] as f32, lane.ci95[1] as f32)).collect())
        .collect();
    let labels: Vec<String> = names.iter().map(|name| crate::lab::verdict::name(name)).collect();
    let series: Vec<Series<'_>> = names
        .iter()
        .enumerate()
        .map(|(index, readout)| Series {
            name: &labels[index],
            points: &points[index],
            intervals: &intervals[index],
            role: role(readout),
        })
        .collect();
    let (first, last) = (
        |lanes: &[&Lane]| lanes.first().map_or(0.0, |lane| lane.accuracy),
        |lanes: &[&Lane]| lanes.last().map_or(0.0, |lane| lane.accuracy),
    );
    let dot = format!(" {} ", theme.glyphs().dot);
    let numbers: Vec<String> = names
        .iter()
        .zip(&labels)
        .map(|(readout, label)| format!("{label} {:.3} to {:.3}", first(&of(readout)), last(&of(readout))))
        .collect();
    let level = report.majority.map_or(String::new(), |share| format!("; level: one answer for all, {share:.2}"));
    let below = format!(
        "{} training, {} test sentences{}",
        whole(report.provenance.sentences[0]),
        whole(report.provenance.sentences[2]),
        kept_vectors(&report.provenance)
    );
    let foot = [
        said(format!("layer 0 to last: {}", numbers.join(&dot)), theme.value()),
        said(format!("upright: 95 % intervals{level}"), theme.dim()),
        measured_run(state, &below, theme),
    ];
    let body = frame(caption, "", &foot, theme, area, buf);
    let reference = report.majority.map(|share| (share as f32, "one answer"));
    let chart = Chart {
        title: "accuracy on test sentences",
        series: &series,
        x_label: "layer (0: embeddings)",
        reference,
        ..Chart::default()
    };
    chart::draw(body, buf, theme, &chart);
}

fn race(state: &State) -> Option<RaceRequest> {
    let layers: Vec<usize> = (0..=state.layers()?).collect();
    let bench = state.bench()?;
    // A curve over layers is of one model.
    Some(RaceRequest { against: None, ..state.race_of(&layers, (bench.train, bench.top_layers))? })
}
