//! Recorded models side by side, by how each was tuned: what a frozen classifier reads from `[CLS]` and from `GlobalPooling`.

mod tuned;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{card, frame, said};
use crate::app::{Action, State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::record::Datum;
use crate::lesson::{Format, Source};
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::blocks;

pub(super) const ROW: ViewRow = ViewRow {
    about: "recorded models side by side, by how each was tuned",
    measures: &["gap", "accuracy", "nearest", "alike", "tuned"],
    settings: &["measure"],
    starts,
    moves,
    ..ViewRow::of(View::Histories, "histories", Draw::Alone(draw), words)
};

/// Caption, and what a row shows, of each measure.
const MEASURES: [(&str, &str); 5] = [
    (
        "GlobalPooling minus [CLS], frozen",
        "difference in points with the 95 % interval of its record; 0: equally often right",
    ),
    (
        "test sentences right, frozen, in %",
        "one row for each vector, with its 95 % interval; the upright line: words, without BERT",
    ),
    ("nearest training sentence has the same label, in %", "by cosine; nothing is fitted; with its 95 % interval"),
    (
        "cosine of [CLS] with GlobalPooling",
        "mean over test sentences; near 1 they point the same way, which a cosine hints at and does not show",
    ),
    (
        "what the tuning of each model read",
        "written out: the vectors that the loss of its last training read; dots: the others",
    ),
];

/// The measure that shows no figures.
const TUNED: usize = 4;

/// The model that a step's question is about: where accuracies are asked about the one that nobody tuned, else the one that
/// was tuned through `[CLS]`.
fn starts(state: &State) -> Option<(usize, usize)> {
    let asked = if state.measure() == Some("accuracy") { "not tuned" } else { "[CLS]" };
    let row = histories(state).iter().position(|history| history.through() == asked)?;
    Some((row, 0))
}

fn moves(state: &mut State, action: Action) -> bool {
    let last = histories(state).len().saturating_sub(1);
    let row = &mut state.cursor.row;
    match action {
        Action::Down => *row = (*row + 1).min(last),
        Action::Up => *row = row.saturating_sub(1),
        _ => return false,
    }
    true
}

/// What is recorded of one model.
struct History<'a> {
    state: &'a State,
    /// The record of its frozen race: `frozen@bge`.
    file: &'a str,
    /// Its last layer.
    layer: usize,
}

impl History<'_> {
    fn datum(&self, kind: &str, key: &str) -> Option<&Datum> {
        let file = self.file.strip_prefix("frozen").unwrap_or_default();
        self.state.records.get(&format!("{kind}{file}.{key}"))
    }

    fn number(&self, kind: &str, key: &str) -> Option<f64> {
        match self.datum(kind, key)? {
            Datum::Number(number) => Some(*number),
            Datum::Text(_) => None,
        }
    }

    fn text(&self, key: &str) -> &str {
        match self.datum("frozen", key) {
            Some(Datum::Text(text)) => text,
            _ => "?",
        }
    }

    /// GlobalPooling minus `[CLS]`: the difference and its interval.
    fn gap(&self) -> Option<[f64; 3]> {
        // A record with many lanes has wider intervals: where there is one of few, it is used.
        let of = |kind: &str, what: &str| self.number(kind, &format!("cls-mean.{}.{what}", self.layer));
        let all = |kind: &str| Some([of(kind, "difference")?, of(kind, "low")?, of(kind, "high")?]);
        all("full").or_else(|| all("frozen"))
    }

    /// A share and its interval, of one readout.
    fn share(&self, kind: &str, readout: &str, what: &str) -> Option<[f64; 3]> {
        let of = |what: &str| self.number(kind, &format!("{readout}.{}.{what}", self.layer));
        Some([of(what)?, of("low")?, of("high")?])
    }

    fn name(&self) -> &str {
        self.text("model").rsplit('/').next().unwrap_or_default()
    }

    /// The same in a word: "[CLS]".
    fn through(&self) -> &'static str {
        let tuned = self.tuned();
        tuned.strip_prefix("tuned through ").unwrap_or(tuned)
    }

    /// "tuned through [CLS]".
    fn tuned(&self) -> &'static str {
        values::tuned(self.text("model"))
    }
}

/// Every model with a recorded frozen race, the largest difference first.
fn histories(state: &State) -> Vec<History<'_>> {
    let mut found: Vec<History<'_>> = Vec::new();
    for key in state.records.keys() {
        let [file, "cls-mean", layer, "difference"] = key.split('.').collect::<Vec<_>>()[..] else { continue };
        let Some(layer) = layer.parse().ok().filter(|_| file == "frozen" || file.starts_with("frozen@")) else {
            continue;
        };
        match found.last_mut().filter(|last| last.file == file) {
            Some(last) => last.layer = last.layer.max(layer),
            None => found.push(History { state, file, layer }),
        }
    }
    found.retain(|history| history.gap().is_some());
    let gap = |history: &History<'_>| history.gap().map_or(0.0, |[gap, ..]| gap);
    found.sort_by(|a, b| gap(b).total_cmp(&gap(a)));
    found
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let measure = state.cursor.variant % MEASURES.len();
    let mut known = histories(state);
    known.retain(|history| measure == TUNED || !bars(history, measure).is_empty());
    let Some(chosen) = known.get(state.cursor.row.min(known.len().saturating_sub(1))) else {
        return card(&["This course has no recorded races to show."], theme, area, buf);
    };
    let at = state.cursor.row.min(known.len() - 1);
    let (caption, shown) = MEASURES[measure];
    let mut rows = Vec::new();
    let mut cursor = 0;
    for (index, history) in known.iter().enumerate() {
        if index == at {
            cursor = rows.len();
        }
        rows.extend(bars(history, measure));
    }
    let foot = [
        said(format!("{}: {}", chosen.name(), of_measure(chosen, measure)), theme.value()),
        said(shown, theme.text()),
        said(
            format!(
                "{} recorded; {}j k: a model",
                blocks::mark(Source::Record, theme),
                if [0, 3].contains(&measure) { "in brackets: what a model was tuned through; " } else { "" }
            ),
            theme.dim(),
        ),
    ];
    let body = frame(caption, "v measure", &foot, theme, area, buf);
    if measure == TUNED {
        lines(&tuned::blocks(state, &known, at, usize::from(body.width), theme), body, buf);
        return;
    }
    // A difference is read from nothing, a cosine from 0 to 1.
    let marks: Vec<f32> = match measure {
        0 => vec![0.0],
        1 => words_alone(chosen).map(|share| 100.0 * share as f32).into_iter().collect(),
        _ => Vec::new(),
    };
    let range = (measure == 3).then_some((0.0, 1.0));
    bars::draw(body, buf, theme, &Bars { axis: true, cursor: Some(cursor), range, marks: &marks, ..Bars::new(&rows) });
}

/// How often counting words is right, without BERT: the same sentences for every model.
fn words_alone(history: &History<'_>) -> Option<f64> {
    history.number("frozen", "words.accuracy")
}

/// The rows of one model.
fn bars(history: &History<'_>, measure: usize) -> Vec<Bar> {
    let name = format!("{} ({})", history.name(), history.through());
    let share = |kind: &str, what: &str| -> Vec<Bar> {
        let of = |(readout, label, role): (&str, String, Role)| {
            let [value, low, high] = history.share(kind, readout, what)?;
            let percent = [value, low, high].map(|share| 100.0 * share);
            Some(whisker(label, percent, values::write(value, Format::Percent), role))
        };
        let lanes = [
            ("cls", format!("{}: [CLS]", history.name()), Role::Cls),
            ("mean", "GlobalPooling".to_owned(), Role::Mean),
        ];
        lanes.into_iter().filter_map(of).collect()
    };
    match measure {
        0 => history
            .gap()
            .map(|[gap, low, high]| {
                let points = [gap, low, high].map(|value| value * 100.0);
                whisker(name, points, values::write(gap, Format::Points), Role::Mean)
            })
            .into_iter()
            .collect(),
        1 => share("frozen", "accuracy"),
        2 => share("aggregate", "nearest"),
        _ => history
            .number("frozen", "cosine")
            .map(|cosine| Bar {
                label: name,
                value: cosine as f32,
                text: values::write(cosine, Format::Decimals(3)),
                role: Role::Cls,
                ..Bar::default()
            })
            .into_iter()
            .collect(),
    }
}

fn whisker(label: String, [value, low, high]: [f64; 3], text: String, role: Role) -> Bar {
    Bar { label, value: value as f32, text, role, interval: Some((low as f32, high as f32)), dots: Vec::new() }
}

/// What the measure says of one model.
fn of_measure(history: &History<'_>, measure: usize) -> String {
    let both = |kind: &str, what: &str| {
        let percent = |readout: &str| {
            let share = history.share(kind, readout, what);
            share.map_or("?".to_owned(), |[value, ..]| values::write(value, Format::Percent))
        };
        format!("[CLS] {}, GlobalPooling {}", percent("cls"), percent("mean"))
    };
    match measure {
        1 => format!("{}; {}", history.tuned(), both("frozen", "accuracy")),
        2 => format!("{}; {}", history.tuned(), both("aggregate", "nearest")),
        3 => history.number("frozen", "cosine").map_or_else(String::new, |cosine| {
            format!("{}; cosine {}", history.tuned(), values::write(cosine, Format::Decimals(3)))
        }),
        TUNED => history.tuned().to_owned(),
        // How often each is right is asked of a later measure.
        _ => {
            let [gap, low, high] =
                history.gap().unwrap_or([f64::NAN; 3]).map(|value| values::write(value, Format::Points));
            let verdict = history.text(&format!("cls-mean.{}.verdict", history.layer));
            format!("{}; difference {gap} ({low} to {high}), {verdict}", history.tuned())
        }
    }
}

/// Everything of one model, in a sentence.
fn detail(history: &History<'_>) -> String {
    let percent =
        |value: Option<[f64; 3]>| value.map_or("?".to_owned(), |[value, ..]| values::write(value, Format::Percent));
    let [gap, low, high] = history.gap().unwrap_or([f64::NAN; 3]).map(|value| values::write(value, Format::Points));
    let cosine = history.number("frozen", "cosine").map_or_else(String::new, |cosine| {
        format!("; cosine of the two {}", values::write(cosine, Format::Decimals(2)))
    });
    format!(
        "{}; [CLS] {}, GlobalPooling {}, difference {gap} ({low} to {high}), {}{cosine}",
        history.tuned(),
        percent(history.share("frozen", "cls", "accuracy")),
        percent(history.share("frozen", "mean", "accuracy")),
        history.text(&format!("cls-mean.{}.verdict", history.layer)),
    )
}

fn words(state: &State) -> Option<Vec<String>> {
    let known = histories(state);
    let lines: Vec<String> = known
        .iter()
        .map(|history| {
            let nearest =
                match (history.share("aggregate", "cls", "nearest"), history.share("aggregate", "mean", "nearest")) {
                    (Some([cls, ..]), Some([mean, ..])) => format!(
                        "; nearest has the same label: [CLS] {}, GlobalPooling {}",
                        values::write(cls, Format::Percent),
                        values::write(mean, Format::Percent)
                    ),
                    _ => String::new(),
                };
            format!("{}: {}{nearest}. [recorded]", history.name(), detail(history))
        })
        .collect();
    (!lines.is_empty()).then_some(lines)
}
