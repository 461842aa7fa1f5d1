//! Classifiers side by side: what would run, curves while it runs, accuracies with intervals and what they say.

mod before;
mod differences;
mod reads;
mod recorded;
mod result;
mod running;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::bench::over_list;
use crate::app::{State, values};
use crate::bench::row::SandboxRun;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{Lane, Mode, RaceRequest, verdict};
use crate::lesson::Format;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};

pub(super) const ROW: ViewRow = ViewRow {
    about: "classifiers side by side on the same test sentences; Enter runs it",
    measures: &["as-set", "512", "2000", "all"],
    settings: &["readouts", "modes", "layer", "train", "test", "epochs", "top-layers", "both-models", "measure"],
    needs: &["readouts"],
    families: &[values::families::RACE, values::families::OFFER],
    offers_run: true,
    learns: true,
    lanes: true,
    sandbox: SandboxRun { train: Some(512), modes: &["frozen", "finetune"], top_layers: Some(2) },
    moves: |state, action| over_list(state, action, MOST_LINES),
    race: |state| state.race_of(&[state.race_layer()?], state.race_size()),
    ..ViewRow::of(View::Race, "race", Draw::Alone(draw), words)
};

/// More lines than any result of a race has.
const MOST_LINES: usize = 100;

pub(super) use before::before;
pub(super) use reads::picture;
pub(super) use running::{curves, running};
pub(super) use words::words;

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(request) = state.race_request() else { return super::card(&["The model loads."], theme, area, buf) };
    let caption = caption(&request);
    if let Some(run) = state.running() {
        return running(state, caption, run, theme, area, buf);
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

/// A lane with what it is called on the screen.
struct Named<'a> {
    label: String,
    model: usize,
    lane: &'a Lane,
}

/// How a lane learnt, behind its name, where lanes of both kinds stand together.
pub(super) fn how(lane: &Lane, both: bool) -> &'static str {
    match lane.mode.as_str() {
        "finetune" if both => ", tuned",
        "frozen" if both => ", frozen",
        _ => "",
    }
}

/// Both models' lanes, or the one's, by name: with its model's number where there are two, and how it learnt where
/// lanes of both kinds stand together. Baselines know no model and stand there once.
fn named<'a>(models: &[&'a [Lane]], two: bool) -> Vec<Named<'a>> {
    let both = models.iter().flat_map(|lanes| lanes.iter()).any(|lane| lane.mode == Mode::Finetune.name());
    let mut found = Vec::new();
    for (model, lanes) in models.iter().enumerate() {
        for lane in lanes.iter().filter(|lane| model == 0 || lane.mode != "baseline") {
            let name = verdict::name(&lane.readout);
            let numbered = verdict::numbered(&name, model, two && lane.mode != "baseline");
            found.push(Named { label: numbered + how(lane, both), model, lane });
        }
    }
    found
}

fn draw_lanes(models: &[&[Lane]], two: bool, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rows: Vec<Bar> = named(models, two)
        .into_iter()
        .map(|Named { label, model, lane }| Bar {
            label,
            value: lane.accuracy as f32,
            text: format!("{:.3}  {:.3}-{:.3}", lane.accuracy, lane.ci95[0], lane.ci95[1]),
            role: role_of(&lane.readout, model),
            interval: Some((lane.ci95[0] as f32, lane.ci95[1] as f32)),
            dots: match lane.by_seed.as_slice() {
                [_] => Vec::new(),
                seeds => seeds.iter().map(|seed| *seed as f32).collect(),
            },
        })
        .collect();
    bars::draw(area, buf, theme, &Bars { axis: true, ..Bars::new(&rows) });
}

/// The look of a lane of the second model: signs and numbers tell it apart, and another shade.
fn role_of(readout: &str, model: usize) -> Role {
    match (model, role(readout)) {
        (0, role) => role,
        (_, Role::Mean) => Role::Text,
        (_, Role::Cls) => Role::Label,
        (_, role) => role,
    }
}
