//! Classifiers side by side: accuracies with intervals, and what the difference says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{frame, lines, measured, said};
use crate::app::results::Running;
use crate::app::{State, values};
use crate::lab::verdict::name;
use crate::lab::{Lane, RaceReport, Readout};
use crate::lesson::Format;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::progress;
use crate::view::widgets::text::{to_ascii, wrap};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let caption = "classifiers side by side, BERT frozen";
    if let Some(run) = state.results.running.as_ref().filter(|run| Some(&run.request) == state.race_request().as_ref())
    {
        return running(caption, run, theme, area, buf);
    }
    match state.race_report() {
        Some(report) => result(caption, report, theme, area, buf),
        None => before(state, caption, theme, area, buf),
    }
}

/// A readout's look.
pub(super) fn role(readout: &str) -> Role {
    match readout {
        "cls" => Role::Cls,
        "mean" => Role::Mean,
        "majority" | "words" => Role::Dim,
        _ => Role::Label,
    }
}

/// What Enter would do.
pub(super) fn before(state: &State, caption: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.race_request() else { return super::card(&["The model loads."], theme, area, buf) };
    let body = frame(caption, "", &[], theme, area, buf);
    let [_, train, validation, test] = state.data;
    let train = request.train.map_or(train, |most| most.min(train));
    let names: Vec<String> = request.readouts.iter().map(Readout::label).collect();
    let paragraphs = [
        format!("Lanes: {}.", names.join(", ")),
        format!(
            "Each lane reads every sentence in its own way. A logistic regression learns from {train} sentences, its strength is chosen on {validation} others, and it is tested on {test} more."
        ),
        "Press Enter to run it. x stops it; what was computed is kept.".to_owned(),
    ];
    let mut text: Vec<Line<'_>> = Vec::new();
    for paragraph in &paragraphs {
        text.extend(wrap(&[Span::styled(paragraph.clone(), theme.text())], usize::from(body.width).min(72)));
        text.push(Line::default());
    }
    lines(&text, body, buf);
}

/// How far a run is, with the lanes that are finished.
pub(super) fn running(caption: &str, run: &Running, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame(
        caption,
        "",
        &[said("x stops; you can go on with the lessons while it runs", theme.dim())],
        theme,
        area,
        buf,
    );
    let progress = &run.progress;
    let share = progress.done as f32 / progress.total.max(1) as f32;
    let elapsed = run.elapsed.as_secs();
    // Known well enough after a twentieth of the way.
    let left = (share > 0.05).then(|| (run.elapsed.as_secs_f32() * (1.0 - share) / share).ceil() as u64);
    let time = left.map_or_else(|| clock(elapsed), |left| format!("{}, about {} left", clock(elapsed), clock(left)));
    let text = [
        said(progress.what.clone(), theme.text()),
        progress::line(share, &time, usize::from(body.width).min(72), theme),
    ];
    let y = lines(&text, body, buf);
    let list = Rect { y: y + 1, height: body.bottom().saturating_sub(y + 1), ..body };
    draw_lanes(&progress.lanes, theme, list, buf);
}

/// A count with its thousands apart.
pub(super) fn whole(count: usize) -> String {
    values::write(count as f64, Format::Auto)
}

fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn draw_lanes(lanes: &[Lane], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rows: Vec<Bar> = lanes
        .iter()
        .map(|lane| Bar {
            label: name(&lane.readout),
            value: lane.accuracy as f32,
            text: format!("{:.3}  {:.3}-{:.3}", lane.accuracy, lane.ci95[0], lane.ci95[1]),
            role: role(&lane.readout),
            interval: Some((lane.ci95[0] as f32, lane.ci95[1] as f32)),
        })
        .collect();
    bars::draw(area, buf, theme, &Bars { axis: true, ..Bars::new(&rows) });
}

fn result(caption: &str, report: &RaceReport, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let [train, _, test] = report.provenance.sentences;
    let layer = report.lanes.iter().find_map(|lane| lane.layer).map_or(String::new(), |layer| format!("layer {layer}"));
    let foot = [
        said("dot: accuracy on test sentences; whiskers: 95 % interval", theme.dim()),
        measured(&format!("{} training, {} test sentences, the same for every lane", whole(train), whole(test)), theme),
    ];
    let body = frame(caption, &layer, &foot, theme, area, buf);
    let rows = report.lanes.len() as u16 + 2;
    draw_lanes(&report.lanes, theme, Rect { height: rows.min(body.height), ..body }, buf);
    let mut text: Vec<Line<'_>> = Vec::new();
    for pair in &report.pairs {
        let words = pair.in_words();
        let words = if theme.ascii { to_ascii(&words).into_owned() } else { words };
        text.extend(wrap(&[Span::styled(words, theme.value())], usize::from(body.width).min(72)));
    }
    lines(&text, Rect { y: body.y + rows + 1, height: body.height.saturating_sub(rows + 1), ..body }, buf);
}
