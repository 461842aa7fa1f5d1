//! Whether a frozen probe reads the order of words, by layer: tasks in which both labels have the same words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::offer;
use super::probe::curve;
use super::race::{running, words as raced};
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::dataset::order::NAMES;
use crate::view::theme::Theme;

pub(super) const ROW: ViewRow = ViewRow {
    about: "whether a frozen probe reads the order of words: who does it, shuffled, swapped; Enter runs it",
    measures: &["subject", "shuffled", "swapped"],
    settings: &["readouts", "measure", "train", "test"],
    families: &[values::families::ORDER],
    offers_run: true,
    run_name: "the probes",
    reads_the_course: |_| true,
    race: |state| state.order_request(task(state)),
    ..ViewRow::of(View::Order, "order", Draw::Alone(draw), words)
};

/// What the probe has to tell, by the order of [`NAMES`].
const TASKS: [(&str, &str); 3] = [
    ("who does it: a person or an animal?", "\"The judge saw the pig.\" or \"The pig saw the judge.\""),
    ("the original or all words shuffled?", "A film sentence as it is, or its words in random order."),
    ("the original or two neighbours swapped?", "A film sentence as it is, or two neighbouring words exchanged."),
];

fn task(state: &State) -> usize {
    state.cursor.variant % NAMES.len()
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (caption, example) = TASKS[task(state)];
    if let Some(run) = state.running() {
        return running(caption, run, theme, area, buf);
    }
    if let Some(report) = state.race_report() {
        return curve(state, report, caption, theme, area, buf);
    }
    let said = [
        example.to_owned(),
        "Both answers have the same words, so counting words is right half of the time. A logistic regression reads frozen vectors, layer by layer.".to_owned(),
        format!("Press Enter to run it.{} v: another task. Space holds it, x stops it.", state.about()),
    ];
    offer(caption, &said, theme, area, buf);
}

fn words(state: &State) -> Option<Vec<String>> {
    let (caption, example) = TASKS[task(state)];
    let said = raced(state)?;
    Some([format!("The probe has to tell: {caption} {example}")].into_iter().chain(said).collect())
}
