//! Classifiers side by side: what would run, curves while it runs, accuracies with intervals and what they say.

mod before;
mod result;
mod running;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{State, values};
use crate::lab::{Lane, Mode, RaceRequest, verdict};
use crate::lesson::Format;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};

pub(super) use before::before;
pub(super) use running::{curves, running};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.race_request() else { return super::card(&["The model loads."], theme, area, buf) };
    let caption = caption(&request);
    if let Some(run) = state.running() {
        return running(caption, run, theme, area, buf);
    }
    match state.race_report() {
        Some(report) => result::result(state, caption, report, theme, area, buf),
        None => before(state, caption, theme, area, buf),
    }
}

fn caption(request: &RaceRequest) -> &'static str {
    match request.modes.as_slice() {
        [Mode::Finetune] => "classifiers side by side, BERT fine-tuned",
        [Mode::Frozen] => "classifiers side by side, BERT frozen",
        _ => "classifiers side by side, BERT frozen and fine-tuned",
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

/// A count with its thousands apart.
pub(super) fn whole(count: usize) -> String {
    values::write(count as f64, Format::Auto)
}

/// The lane's name; how it learnt is said where lanes of both kinds stand together.
fn label(lane: &Lane, both: bool) -> String {
    let name = verdict::name(&lane.readout);
    match lane.mode.as_str() {
        "finetune" if both => format!("{name}, tuned"),
        "frozen" if both => format!("{name}, frozen"),
        _ => name,
    }
}

fn draw_lanes(lanes: &[Lane], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let both = lanes.iter().any(|lane| lane.mode == Mode::Finetune.name());
    let rows: Vec<Bar> = lanes
        .iter()
        .map(|lane| Bar {
            label: label(lane, both),
            value: lane.accuracy as f32,
            text: format!("{:.3}  {:.3}-{:.3}", lane.accuracy, lane.ci95[0], lane.ci95[1]),
            role: role(&lane.readout),
            interval: Some((lane.ci95[0] as f32, lane.ci95[1] as f32)),
        })
        .collect();
    bars::draw(area, buf, theme, &Bars { axis: true, ..Bars::new(&rows) });
}
