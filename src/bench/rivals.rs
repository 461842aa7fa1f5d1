//! Recorded rivals of `[CLS]`: each one's difference with its interval, beside nothing at all and the margin of "equivalent".

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::race::{role, whole};
use super::words::recorded;
use super::{card, frame, said};
use crate::app::bench::over_list;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::record::Datum;
use crate::lab::{Margin, Verdict, verdict};
use crate::lesson::{Format, Source};
use crate::view::theme::Theme;
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::blocks;

pub(super) const ROW: ViewRow = ViewRow {
    about: "recorded readouts against [CLS]: difference, interval and margin",
    measures: &["tuned", "frozen", ALL],
    settings: &["measure", "readouts"],
    moves: |state, action| over_list(state, action, rivals(state).len()),
    ..ViewRow::of(View::Rivals, "rivals", Draw::Alone(draw), words)
};

/// The measure that shows the frozen readouts on all sentences.
const ALL: &str = "frozen-all";

/// The record with the most readouts in both modes; that of all sentences, frozen.
fn file(state: &State) -> &'static str {
    if state.measure() == Some(ALL) { "frozen" } else { "positions" }
}

fn is_frozen(state: &State) -> bool {
    state.measure() != Some("tuned")
}

/// One readout against `[CLS]`.
struct Rival<'a> {
    readout: &'a str,
    /// The difference and its interval, in points.
    points: [f64; 3],
    /// The difference that each seed found, in points, where there are several.
    seeds: Vec<f32>,
    verdict: &'a str,
}

/// `finetune`, or the last layer.
fn mode(state: &State) -> Option<String> {
    if is_frozen(state) { state.layers().map(|last| last.to_string()) } else { Some("finetune".into()) }
}

/// What a key `FILE.cls-NAME.MODE.difference` begins.
fn rival<'a>(state: &'a State, key: &'a str, mode: &str) -> Option<Rival<'a>> {
    let readout = key
        .strip_prefix(file(state))?
        .strip_prefix(".cls-")?
        .strip_suffix(".difference")?
        .strip_suffix(mode)?
        .strip_suffix('.')?;
    let number = |what: &str| recorded(state, &format!("{}.cls-{readout}.{mode}.{what}", file(state)));
    let seeds = (0..).map_while(|seed| number(&format!("seed-{seed}"))).map(|share| (100.0 * share) as f32).collect();
    let points = [number("difference")?, number("low")?, number("high")?].map(|share| 100.0 * share);
    match state.records.get(&format!("{}.cls-{readout}.{mode}.verdict", file(state)))? {
        Datum::Text(verdict) => Some(Rival { readout, points, seeds, verdict }),
        Datum::Number(_) => None,
    }
}

/// The readouts that the record has beside `[CLS]`, the best first.
fn rivals(state: &State) -> Vec<Rival<'_>> {
    let Some(mode) = mode(state).filter(|_| !values::misleads(state, &format!("{}.", file(state)))) else {
        return Vec::new();
    };
    // A step may ask for a few of them only: others are asked about later.
    let wanted = state.bench().map(|bench| bench.readouts.as_slice()).unwrap_or_default();
    let mut found: Vec<Rival<'_>> = state.records.keys().filter_map(|key| rival(state, key, &mode)).collect();
    found.retain(|rival| wanted.is_empty() || wanted.iter().any(|readout| readout == rival.readout));
    found.sort_by(|one, other| other.points[0].total_cmp(&one.points[0]));
    found
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let rivals = rivals(state);
    let at = state.cursor.offset.min(rivals.len().saturating_sub(1));
    let Some(chosen) = rivals.get(at) else {
        return card(&["No such races are recorded for this model."], theme, area, buf);
    };
    let rows: Vec<Bar> = rivals
        .iter()
        .map(|rival| {
            let [value, low, high] = rival.points.map(|points| points as f32);
            Bar {
                label: verdict::name(rival.readout),
                value,
                text: format!("{} {}", values::write(rival.points[0] / 100.0, Format::Points), short(rival.verdict)),
                role: role(rival.readout),
                interval: Some((low, high)),
                dots: rival.seeds.clone(),
            }
        })
        .collect();
    let margin = Margin::default().points() as f32;
    let count = |key: &str| recorded(state, &format!("{}.{key}", file(state))).map_or(0, |number| number as usize);
    let mark = blocks::mark(Source::Record, theme);
    let frozen = is_frozen(state);
    let seeds =
        if frozen { String::new() } else { format!("; {} one of {} seeds", theme.glyphs().seed, count("seeds")) };
    let foot = [
        said(in_words(chosen), theme.value()),
        said(
            format!("lines at 0 and at {margin} points to both sides: the margin of \"equivalent\"; whiskers: 95 %"),
            theme.text(),
        ),
        said(
            // A frozen race has nothing random in it.
            format!("{mark} recorded, {} training sentences{seeds}; j k: a readout", whole(count("train"))),
            theme.dim(),
        ),
    ];
    let how = if frozen { "frozen" } else { "fine-tuned" };
    let body = frame(&format!("each minus [CLS], {how}, in points"), "v", &foot, theme, area, buf);
    let marks = [-margin, 0.0, margin];
    bars::draw(body, buf, theme, &Bars { axis: true, cursor: Some(at), marks: &marks, ..Bars::new(&rows) });
}

/// A verdict in a word, beside its number.
fn short(verdict: &str) -> &str {
    if verdict == Verdict::TooLittleData.name() { "too little data" } else { verdict }
}

/// "[SEP] minus [CLS]: -1.4 points, -2.6 points to -0.3 points, worse".
fn in_words(rival: &Rival<'_>) -> String {
    let [difference, low, high] = rival.points.map(|points| values::write(points / 100.0, Format::Points));
    format!("{} minus [CLS]: {difference}, {low} to {high}, {}", verdict::name(rival.readout), rival.verdict)
}

fn words(state: &State) -> Option<Vec<String>> {
    state.layers()?;
    let rivals = rivals(state);
    let lines: Vec<String> = rivals.iter().map(|rival| format!("{}. [recorded]", in_words(rival))).collect();
    let none = || vec!["No such races are recorded for this model.".to_owned()];
    Some(if lines.is_empty() { none() } else { lines })
}
