//! A finished race looked at answer by answer: where the sentences lie, what a lane takes for what, whether it is right where it is
//! sure, and whether it errs where sentences are long.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::race::{before, how, role, running, whole};
use super::{card, frame, measured_run, said};
use crate::app::bench::over_list;
use crate::app::{State, values};
use crate::bench::row::SandboxRun;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::answered::{Group, LENGTHS, by_length, by_probability, calibration_error, taken_for};
use crate::lab::map::Cloud;
use crate::lab::{Lane, LaneAnswer, Mode, RaceReport, RaceRequest, Request, verdict};
use crate::lesson::Format;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::cloud::{self, Dots};
use crate::view::widgets::heatmap::{self, Heatmap, Side};
use crate::view::widgets::scale::Scale;

pub(super) const ROW: ViewRow = ViewRow {
    about: "a race answer by answer: as a cloud, what is taken for what, how sure, how long; Enter runs it",
    measures: &["cloud", "taken", "sure", "length"],
    settings: &["readouts", "modes", "layer", "train", "test", "epochs", "top-layers", "measure"],
    needs: &["readouts"],
    families: &[values::families::RACE, values::families::OFFER],
    offers_run: true,
    learns: true,
    sandbox: SandboxRun { train: Some(512), modes: &["frozen", "finetune"], top_layers: Some(2) },
    moves: |state, action| {
        let lanes = state.race_report().map_or(0, |report| lanes(report).len());
        over_list(state, action, lanes)
    },
    wants: |state| {
        let here = state.has_run_here() && matches!(shown(state), Shown::Cloud);
        here.then(|| Request::Ask(state.sentence())).into_iter().collect()
    },
    race,
    ..ViewRow::of(View::Answers, "answers", Draw::Alone(draw), words)
};

/// The race of the step, with the model in use alone.
fn race(state: &State) -> Option<RaceRequest> {
    let bench = state.bench()?;
    let request = state.race_of(&[state.race_layer()?], (bench.train, bench.top_layers))?;
    Some(RaceRequest { against: None, ..request })
}

/// The lanes whose answers are there.
fn lanes(report: &RaceReport) -> Vec<&Lane> {
    let known = |lane: &&Lane| lane.probabilities.len() == report.sentences.len() && !lane.probabilities.is_empty();
    report.lanes.iter().filter(known).collect()
}

/// "GlobalPooling, tuned"; how it learnt only where lanes of both kinds stand together.
fn name(report: &RaceReport, lane: &Lane) -> String {
    let both =
        [Mode::Frozen, Mode::Finetune].iter().all(|mode| report.lanes.iter().any(|lane| lane.mode == mode.name()));
    verdict::name(&lane.readout) + how(lane, both)
}

/// What of a lane the chosen measure shows.
enum Shown {
    Cloud,
    Taken,
    Sure,
    Length,
}

fn shown(state: &State) -> Shown {
    match state.measure() {
        Some("sure") => Shown::Sure,
        Some("length") => Shown::Length,
        Some("taken") => Shown::Taken,
        _ => Shown::Cloud,
    }
}

fn caption(shown: &Shown) -> &'static str {
    match shown {
        Shown::Cloud => "what it reads of many sentences, in two dimensions",
        Shown::Taken => "which label it gives to sentences of each label",
        Shown::Sure => "is it right as often as it is sure?",
        Shown::Length => "does it err where sentences are long?",
    }
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let shown = shown(state);
    let caption = caption(&shown);
    if let Some(run) = state.running() {
        return running(state, caption, run, theme, area, buf);
    }
    let Some(report) = state.race_report() else { return before(state, caption, theme, area, buf) };
    let lanes = lanes(report);
    let Some(lane) = lanes.get(state.cursor.offset.min(lanes.len().saturating_sub(1))) else {
        let day = state.measured_before().map_or_else(String::new, |day| format!("Measured here on {day}. "));
        let kept = format!("{day}The answers to the single sentences were not kept.");
        return card(&[&kept, "Press Enter to run the race again."], theme, area, buf);
    };
    match shown {
        Shown::Cloud => clouds(state, report, (&lanes, lane), theme, area, buf),
        Shown::Taken => taken(state, report, lane, theme, area, buf),
        Shown::Sure => curve(state, report, (&lanes, lane), &SURE, theme, area, buf),
        Shown::Length => curve(state, report, (&lanes, lane), &LONG, theme, area, buf),
    }
}

/// The last line: where the answers come from.
fn origin(state: &State, report: &RaceReport, lane: &Lane, theme: &Theme) -> Line<'static> {
    let seed = if lane.seeds.len() > 1 { ", first seed" } else { "" };
    let [train, _, test] = report.provenance.sentences;
    measured_run(state, &format!("{} training, {} test sentences{seed}; j k: a lane", whole(train), whole(test)), theme)
}

/// The narrowest window in which two clouds stand side by side.
const TWO: u16 = 56;

/// Clouds of two lanes that learnt in the same way, the chosen one among them; in a narrow window the chosen one's alone.
fn clouds(
    state: &State,
    report: &RaceReport,
    (lanes, lane): (&[&Lane], &Lane),
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let beside: Vec<&Lane> =
        lanes.iter().copied().filter(|other| other.mode == lane.mode && other.cloud.is_some()).collect();
    let at = beside.iter().position(|other| std::ptr::eq(*other, lane));
    let shown =
        if area.width < TWO { vec![lane] } else { beside.chunks(2).nth(at.unwrap_or(0) / 2).unwrap_or(&[]).to_vec() };
    let signs: Vec<String> =
        report.classes.iter().enumerate().map(|(label, name)| format!("{} {name}", cloud::sign(label))).collect();
    let own = |lane: &Lane| place(state, lane);
    let yours = if own(lane).is_some() { format!("   {} yours", theme.glyphs().highlight) } else { String::new() };
    let foot = [
        said(nearest(state, report, lane), theme.value()),
        said(format!("{}{yours}", signs.join("   ")), theme.text()),
        said("two directions of largest variance; close here may be far apart in others", theme.text()),
        origin(state, report, lane, theme),
    ];
    let body = frame(caption(&Shown::Cloud), "v", &foot, theme, area, buf);
    let wide = body.width / shown.len().max(1) as u16;
    for (index, one) in shown.iter().enumerate() {
        let Some(cloud) = &one.cloud else { continue };
        let percent = cloud.plane.explained.iter().sum::<f32>() * 100.0;
        let pointer = if std::ptr::eq(*one, lane) && shown.len() > 1 { theme.glyphs().pointer } else { "" };
        let title = format!("{pointer} {}, {percent:.0} % of the variance", name(report, one));
        let labels: Vec<usize> = Cloud::chosen(report.sentences.len()).map(|at| report.sentences[at].class).collect();
        let dots = Dots {
            title: title.trim_start(),
            role: role(&one.readout),
            points: &cloud.points,
            labels: &labels,
            own: own(one),
        };
        let panel = Rect { x: body.x + index as u16 * wide, width: wide.saturating_sub(2), ..body };
        cloud::draw(panel, buf, theme, &dots);
    }
}

/// Where the learner's sentence lies in a lane's cloud.
fn place(state: &State, lane: &Lane) -> Option<[f32; 2]> {
    let said = state.lanes_say(&state.sentence().text)?;
    let this = |answer: &&LaneAnswer| answer.model == 0 && answer.readout == lane.readout && answer.mode == lane.mode;
    said.answers.iter().find(this)?.point
}

/// The dot that lies nearest to the learner's sentence, in words.
fn nearest(state: &State, report: &RaceReport, lane: &Lane) -> String {
    let (Some(cloud), Some([x, y])) = (&lane.cloud, place(state, lane)) else { return name(report, lane) };
    let apart = |point: &[f32; 2]| (point[0] - x).powi(2) + (point[1] - y).powi(2);
    let dots = cloud.points.iter().zip(Cloud::chosen(report.sentences.len()).map(|at| &report.sentences[at]));
    let found = dots.min_by(|one, other| apart(one.0).total_cmp(&apart(other.0)));
    found.map_or(String::new(), |(_, sentence)| {
        let label = report.classes.get(sentence.class).map_or("?", String::as_str);
        format!("{}, the dot nearest to yours: {label}, \"{}\"", name(report, lane), sentence.text)
    })
}

fn taken(state: &State, report: &RaceReport, lane: &Lane, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (shares, totals) = taken_for(&lane.probabilities, &report.sentences, report.classes.len());
    let scale = Scale::between(0.0, 1.0);
    let foot = [
        said(in_words(report, lane), theme.value()),
        said("a row: all test sentences of a label; a column: the answer; a row adds to 1", theme.text()),
        scale.legend(1, theme),
        origin(state, report, lane, theme),
    ];
    let right = format!("{}  v", name(report, lane));
    let body = frame(caption(&Shown::Taken), &right, &foot, theme, area, buf);
    let counts: Vec<f32> = totals.iter().map(|count| *count as f32).collect();
    let value = |row: usize, column: usize| shares.at(row, column);
    let map = Heatmap {
        scale,
        side: Some(Side { title: "sentences", values: &counts }),
        ..Heatmap::new(&report.classes, &report.classes, &value)
    };
    heatmap::draw(body, buf, theme, &map);
}

/// "[CLS]: 0.737 right; …": the commonest mistake of a lane.
fn in_words(report: &RaceReport, lane: &Lane) -> String {
    let classes = &report.classes;
    let (shares, totals) = taken_for(&lane.probabilities, &report.sentences, classes.len());
    let mistakes = (0..classes.len()).flat_map(|row| (0..classes.len()).map(move |column| (row, column)));
    let count = |(row, column): (usize, usize)| shares.at(row, column) * totals[row] as f32;
    let worst = mistakes
        .filter(|(row, column)| row != column && totals[*row] > 0)
        .max_by(|one, other| count(*one).total_cmp(&count(*other)))
        .filter(|at| count(*at) > 0.5);
    // The answers are those of the first seed.
    let accuracy = lane.by_seed.first().copied().unwrap_or(lane.accuracy);
    let right = format!("{}: {accuracy:.3} right", name(report, lane));
    worst.map_or(right.clone(), |(row, column)| {
        let (wrong, label, answer) = (whole(count((row, column)).round() as usize), &classes[row], &classes[column]);
        format!("{right}; most often wrong: {wrong} of {} {label} as {answer}", whole(totals[row]))
    })
}

/// A curve of shares over groups of sentences.
struct Curves {
    shown: Shown,
    groups: fn(&Lane, &RaceReport) -> Vec<Group>,
    x_label: &'static str,
    /// The line on which share and probability are equal.
    even: bool,
}

const SURE: Curves = Curves {
    shown: Shown::Sure,
    groups: |lane, report| by_probability(&lane.probabilities, &report.sentences),
    x_label: "probability of the given answer, in %",
    even: true,
};

const LONG: Curves = Curves {
    shown: Shown::Length,
    groups: |lane, report| by_length(&lane.probabilities, &report.sentences),
    x_label: "words of the sentence, mean of a group",
    even: false,
};

fn curve(
    state: &State,
    report: &RaceReport,
    (lanes, lane): (&[&Lane], &Lane),
    curves: &Curves,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let of = |lane: &Lane| (curves.groups)(lane, report);
    let groups = of(lane);
    let (low, high) = (groups.first().map_or(0.0, |group| group.at), groups.last().map_or(1.0, |group| group.at));
    let note = if curves.even {
        format!(
            "faint line: right as often as sure; mean distance from it (calibration error) {:.3}",
            calibration_error(&groups)
        )
    } else {
        format!("groups: up to {} words, then longer", LENGTHS.map(|words| words.to_string()).join(", "))
    };
    let foot = [
        said(about(report, lane, curves), theme.value()),
        said(note, theme.text()),
        said("upright: 95 % intervals", theme.dim()),
        origin(state, report, lane, theme),
    ];
    let body = frame(caption(&curves.shown), "v", &foot, theme, area, buf);
    let names: Vec<String> = lanes.iter().map(|lane| name(report, lane)).collect();
    let all: Vec<Vec<Group>> = lanes.iter().map(|lane| of(lane)).collect();
    let percent = |share: f64| (100.0 * share) as f32;
    let at = |group: &Group| if curves.even { percent(group.at) } else { group.at as f32 };
    let points: Vec<Vec<(f32, f32)>> =
        all.iter().map(|groups| groups.iter().map(|group| (at(group), percent(group.right))).collect()).collect();
    let intervals: Vec<(f32, f32)> =
        groups.iter().map(|group| (percent(group.ci95[0]), percent(group.ci95[1]))).collect();
    let diagonal = [low, high].map(|at| (percent(at), percent(at)));
    let mut series: Vec<Series<'_>> = lanes
        .iter()
        .enumerate()
        .map(|(index, other)| {
            let chosen = std::ptr::eq(*other, lane);
            let look = if chosen || other.mode == lane.mode { role(&other.readout) } else { Role::Dim };
            let intervals: &[(f32, f32)] = if chosen { &intervals } else { &[] };
            Series { name: &names[index], points: &points[index], intervals, role: look }
        })
        .collect();
    if curves.even {
        series.push(Series { name: "as sure", points: &diagonal, intervals: &[], role: Role::Dim });
    }
    let chart = Chart { title: "right, in %", series: &series, x_label: curves.x_label, ..Chart::default() };
    chart::draw(body, buf, theme, &chart);
}

/// The ends of a lane's curve.
fn about(report: &RaceReport, lane: &Lane, curves: &Curves) -> String {
    let groups = (curves.groups)(lane, report);
    let end = |group: Option<&Group>| {
        group.map_or(String::new(), |group| {
            let right = values::write(group.right, Format::Percent);
            let at = if curves.even {
                format!("sure at {}", values::write(group.at, Format::Percent))
            } else {
                format!("with {:.0} words", group.at)
            };
            format!("{at}: {right} right of {}", whole(group.count))
        })
    };
    format!("{}: {}; {}", name(report, lane), end(groups.first()), end(groups.last()))
}

fn words(state: &State) -> Option<Vec<String>> {
    let Some(report) = state.race_report() else { return super::race::words(state) };
    let shown = shown(state);
    let mut told =
        vec![format!("Measured here, on {} test sentences: {}", report.provenance.sentences[2], caption(&shown))];
    for lane in lanes(report) {
        told.push(match shown {
            Shown::Cloud => {
                let share = lane.cloud.as_ref().map_or(0.0, |cloud| cloud.plane.explained.iter().sum::<f32>());
                let share = values::write(f64::from(share), Format::Percent);
                format!("{}; the plane has {share} of the variance.", nearest(state, report, lane))
            }
            Shown::Taken => format!("{}.", in_words(report, lane)),
            Shown::Sure => {
                let error = calibration_error(&(SURE.groups)(lane, report));
                format!("{}; calibration error {error:.3}.", about(report, lane, &SURE))
            }
            Shown::Length => format!("{}.", about(report, lane, &LONG)),
        });
    }
    Some(told)
}
