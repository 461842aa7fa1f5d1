//! Frozen at the left, fine-tuned at the right, a line for each lane: what training does to a gap; or the same two lanes by
//! the number of training sentences.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{card, frame, said};
use crate::app::bench::over_list;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::verdict;
use crate::lesson::notebook::Evidence;
use crate::lesson::{Format, Source};
use crate::view::theme::{Role, Theme};
use crate::view::widgets::blocks;
use crate::view::widgets::chart::{self, Chart, Series};

pub(super) const ROW: ViewRow = ViewRow {
    about: "frozen and fine-tuned side by side, a line for each lane: does training close a gap?",
    measures: &["full", "positions", "small", "yours", SIZES],
    settings: &["measure"],
    keys: &[],
    moves: |state, action| {
        let lanes = lanes(state).map_or(0, |race| race.lanes.len());
        over_list(state, action, lanes)
    },
    ..ViewRow::of(View::Slope, "slope", Draw::Alone(draw), words)
};

/// The measure that shows `[CLS]` and `GlobalPooling` by the number of training sentences, with the records that it reads,
/// from few sentences to all.
const SIZES: &str = "sizes";
const RECORDS: [&str; 3] = ["small", "positions", "full"];

/// One lane.
struct Slope {
    readout: String,
    /// Accuracy and the ends of its interval, frozen and fine-tuned.
    ends: [[f64; 3]; 2],
}

/// The lanes of one race, or of two of one size.
struct Slopes {
    lanes: Vec<Slope>,
    /// Training sentences.
    train: f64,
    /// How often counting words is right, without BERT.
    words: Option<f64>,
    source: Source,
}

/// The lanes that the chosen measure shows; `None` where there are none yet.
fn lanes(state: &State) -> Option<Slopes> {
    match state.measure()? {
        file if !["yours", SIZES].contains(&file) && !values::misleads(state, &format!("{file}.")) => {
            recorded(state, file)
        }
        // Records of another model would be taken for this one's.
        _ => measured(state),
    }
}

/// Of a record: every readout that it has in both modes, frozen after the last layer.
fn recorded(state: &State, file: &str) -> Option<Slopes> {
    let number = |key: &str| super::words::recorded(state, &format!("{file}.{key}"));
    let last = state.layers()?.to_string();
    let mut lanes: Vec<Slope> = Vec::new();
    for key in state.records.keys() {
        let Some((readout, _)) = key
            .strip_prefix(file)
            .and_then(|key| key.strip_prefix('.'))
            .and_then(|key| key.split_once(".finetune.accuracy"))
        else {
            continue;
        };
        let end = |mode: &str| {
            let of = |what: &str| number(&format!("{readout}.{mode}.{what}"));
            Some([of("accuracy")?, of("low")?, of("high")?])
        };
        if let (Some(frozen), Some(tuned)) = (end(&last), end("finetune")) {
            lanes.push(Slope { readout: readout.to_owned(), ends: [frozen, tuned] });
        }
    }
    let words = number("words.accuracy");
    finished(lanes, number("train")?, Source::Record).map(|found| Slopes { words, ..found })
}

/// Of the learner's own races, with the model in use: a frozen and a fine-tuned one on the same sentences.
fn measured(state: &State) -> Option<Slopes> {
    let evidence = Evidence { progress: &state.progress, course: &state.course, record: &|_| None };
    let weights = &state.facts.as_ref()?.sha256;
    // Only figures of one origin may be compared: of one model, on as many of the same sentences.
    let of = |readouts: &[&str]| {
        let ends = |readout: &&str| {
            ["last", "finetune"]
                .map(|mode| ["accuracy", "low", "high"].map(|what| format!("race.{readout}.{mode}.{what}")))
        };
        let keys: Vec<String> = readouts.iter().flat_map(ends).flatten().collect();
        let points = evidence.together(&keys.iter().map(String::as_str).collect::<Vec<_>>())?;
        let origin = points.first().map(|point| point.origin.clone())?;
        let numbers: Vec<f64> = points.iter().map(|point| point.number).collect::<Option<_>>()?;
        let lanes = readouts.iter().zip(numbers.as_chunks::<6>().0);
        let lane = |(readout, [a, b, c, d, e, f]): (&&str, &[f64; 6])| Slope {
            readout: (*readout).to_owned(),
            ends: [[*a, *b, *c], [*d, *e, *f]],
        };
        (origin.weights.as_ref() == Some(weights)).then(|| (lanes.map(lane).collect::<Vec<_>>(), origin.train))
    };
    let (lanes, train) = of(&["cls", "mean"]).or_else(|| of(&["cls"])).or_else(|| of(&["mean"]))?;
    finished(lanes, train? as f64, Source::Live)
}

/// `[CLS]` first, then the others by where they end.
fn finished(mut lanes: Vec<Slope>, train: f64, source: Source) -> Option<Slopes> {
    let key = |lane: &Slope| (lane.readout != "cls", lane.readout != "mean", -lane.ends[1][0]);
    lanes.sort_by(|a, b| key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal));
    (!lanes.is_empty()).then_some(Slopes { lanes, train, words: None, source })
}

/// A line of the picture by size: what it is called, its look, and share and interval for each size.
struct Grown {
    name: &'static str,
    role: Role,
    ends: [[f64; 3]; RECORDS.len()],
}

/// The four lines by size, with the training sentences of each size; `None` for another model than the recorded one.
fn grown(state: &State) -> Option<([f64; RECORDS.len()], Vec<Grown>)> {
    let last = state.layers()?.to_string();
    let number = |file: &str, key: &str| {
        let own = !values::misleads(state, &format!("{file}."));
        own.then(|| super::words::recorded(state, &format!("{file}.{key}"))).flatten()
    };
    let sizes = RECORDS.map(|file| number(file, "train"));
    let line = |name, role, readout: &str, mode: &str| {
        let ends = RECORDS
            .map(|file| ["accuracy", "low", "high"].map(|what| number(file, &format!("{readout}.{mode}.{what}"))));
        let ends: Vec<[f64; 3]> =
            ends.into_iter().map(|[value, low, high]| Some([value?, low?, high?])).collect::<Option<_>>()?;
        Some(Grown { name, role, ends: ends.try_into().ok()? })
    };
    let lines = [
        line("[CLS] tuned", Role::Cls, "cls", "finetune"),
        line("pooling tuned", Role::Mean, "mean", "finetune"),
        line("pooling frozen", Role::Dim, "mean", &last),
        line("[CLS] frozen", Role::Dim, "cls", &last),
    ];
    let sizes: Vec<f64> = sizes.into_iter().collect::<Option<_>>()?;
    Some((sizes.try_into().ok()?, lines.into_iter().collect::<Option<_>>()?))
}

/// What training does, the more sentences it has: the tuned lines rise above the frozen ones and meet.
fn draw_grown(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) -> bool {
    let Some((sizes, lines)) = grown(state) else { return false };
    let mark = blocks::mark(Source::Record, theme);
    let foot = [
        said("tuned: all layers learn; frozen: a classifier on the last layer", theme.text()),
        said("upright lines: 95 % intervals of the two tuned lanes", theme.text()),
        said(format!("{mark} recorded; test sentences right"), theme.dim()),
    ];
    let body = frame("the more sentences to learn from", "v race", &foot, theme, area, buf);
    let percent = |share: f64| (100.0 * share) as f32;
    let points: Vec<Vec<(f32, f32)>> = lines
        .iter()
        .map(|line| line.ends.iter().enumerate().map(|(size, [value, ..])| (size as f32, percent(*value))).collect())
        .collect();
    let intervals: Vec<Vec<(f32, f32)>> = lines
        .iter()
        .map(|line| line.ends.iter().map(|[_, low, high]| (percent(*low), percent(*high))).collect())
        .collect();
    let series: Vec<Series<'_>> = lines
        .iter()
        .zip(points.iter().zip(&intervals))
        .map(|(line, (points, intervals))| Series {
            name: line.name,
            points,
            intervals: if line.role == Role::Dim { &[] } else { intervals },
            role: line.role,
        })
        .collect();
    let names = sizes.map(|size| values::write(size, Format::Auto));
    let chart = Chart {
        title: "test sentences right, in %",
        series: &series,
        x: Some((0.0, (RECORDS.len() - 1) as f32)),
        x_names: &names.each_ref().map(String::as_str),
        x_label: "training sentences",
        ..Chart::default()
    };
    chart::draw(body, buf, theme, &chart);
    true
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if state.measure() == Some(SIZES) && draw_grown(state, theme, area, buf) {
        return;
    }
    let Some(race) = lanes(state) else {
        return card(
            &[
                "Nothing to show yet: this picture needs a frozen and a fine-tuned race on equally many sentences.",
                "v shows another one.",
            ],
            theme,
            area,
            buf,
        );
    };
    let at = state.cursor.offset.min(race.lanes.len() - 1);
    let chosen = &race.lanes[at];
    let train = values::write(race.train, Format::Auto);
    let mark = blocks::mark(race.source, theme);
    let foot = [
        said(in_words(chosen), theme.value()),
        said("upright lines: 95 % intervals", theme.text()),
        said(
            format!("{mark} {}; test sentences right, after the last layer; j k: a lane", race.source.in_words()),
            theme.dim(),
        ),
    ];
    let body = frame(&format!("{train} training sentences, frozen and fine-tuned"), "v race", &foot, theme, area, buf);
    let names: Vec<String> = race.lanes.iter().map(|lane| verdict::name(&lane.readout)).collect();
    let percent = |share: f64| (100.0 * share) as f32;
    let points: Vec<[(f32, f32); 2]> =
        race.lanes.iter().map(|lane| [(0.0, percent(lane.ends[0][0])), (1.0, percent(lane.ends[1][0]))]).collect();
    let intervals: Vec<[(f32, f32); 2]> =
        race.lanes.iter().map(|lane| lane.ends.map(|[_, low, high]| (percent(low), percent(high)))).collect();
    let series: Vec<Series<'_>> = race
        .lanes
        .iter()
        .enumerate()
        .map(|(index, lane)| Series {
            name: &names[index],
            points: &points[index],
            // Whiskers of the lane that is asked about, and of those that it is compared with.
            intervals: if index == at || lane.readout == "cls" { &intervals[index] } else { &[] },
            role: match lane.readout.as_str() {
                "cls" => Role::Cls,
                "mean" => Role::Mean,
                _ if index == at => Role::Value,
                _ => Role::Dim,
            },
        })
        .collect();
    let chart = Chart {
        title: "test sentences right, in %",
        series: &series,
        x: Some((0.0, 1.0)),
        x_names: &["frozen", "fine-tuned"],
        reference: race.words.map(|words| (percent(words), "words, no BERT")),
        ..Chart::default()
    };
    chart::draw(body, buf, theme, &chart);
}

/// "[CLS]: frozen 65.2 % (63.1 to 67.2), fine-tuned …".
fn in_words(lane: &Slope) -> String {
    let [frozen, tuned] = lane.ends.map(|end| {
        let [value, low, high] = end.map(|share| values::write(share, Format::Percent));
        format!("{value} ({low} to {high})")
    });
    format!("{}: frozen {frozen}, fine-tuned {tuned}", verdict::name(&lane.readout))
}

/// The lines by size, each with its figures.
fn grown_in_words(state: &State) -> Option<Vec<String>> {
    let (sizes, lines) = grown(state)?;
    let sizes = sizes.map(|size| values::write(size, Format::Auto));
    let first = format!("Test sentences right with {} training sentences, recorded:", sizes.join(", "));
    let line = |line: &Grown| {
        let shares = line.ends.map(|[value, low, high]| {
            let [value, low, high] = [value, low, high].map(|share| values::write(share, Format::Percent));
            format!("{value} ({low} to {high})")
        });
        format!("{}: {}.", line.name, shares.join(", "))
    };
    Some(std::iter::once(first).chain(lines.iter().map(line)).collect())
}

fn words(state: &State) -> Option<Vec<String>> {
    if let Some(said) = (state.measure() == Some(SIZES)).then(|| grown_in_words(state)).flatten() {
        return Some(said);
    }
    let race = lanes(state)?;
    let train = values::write(race.train, Format::Auto);
    let first =
        format!("Test sentences right, after the last layer, {train} training sentences, {}:", race.source.in_words());
    Some(std::iter::once(first).chain(race.lanes.iter().map(|lane| format!("{}.", in_words(lane)))).collect())
}
