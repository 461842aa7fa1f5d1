//! The notebook: four questions and two claims in a list, and below it the answer to the one under the cursor with its
//! figures as a picture; or, as its other measure, what became of the predictions.

mod predicted;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{frame, said};
use crate::app::bench::over_list;
use crate::app::notebook::QUESTIONS;
use crate::app::{Action, State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::Request;
use crate::lesson::Source;
use crate::lesson::notebook::{Answer, MARGIN, Picture, Point, Row, SHORT, Unit};
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::blocks;
use crate::view::widgets::scale::window;
use crate::view::widgets::text::{clean, fit, pad, put, span, wrap, wrap_hanging};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the answers to the four questions and the two claims, from what the learner measured",
    families: &[
        values::families::RACE,
        values::families::DECODE,
        values::families::ARRANGE,
        values::families::GRADIENT,
    ],
    measures: &["answers", "predictions"],
    settings: &["measure"],
    moves,
    wants: State::gap_requests,
    race: State::gap_race,
    run,
    reads_the_course: |_| true,
    ..ViewRow::of(View::Notebook, "notebook", Draw::Alone(draw), |state| Some(words(state)))
};

/// Lines from which the whole list stands above the answer, and lines that the answer has below that.
const ALL: u16 = 15;
const SPREAD: usize = 8;

/// Where the marks of predictions stand in a row of the list, and what is written above them.
const MARKS: u16 = 46;
const HEAD: &str = "you predicted";

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if predicted::is_shown(state) {
        return predicted::draw(state, theme, area, buf);
    }
    let answers = state.answers();
    let shown = state.asked();
    let here = answers.iter().filter(|answer| answer.is_measured()).count();
    let glyphs = theme.glyphs();
    let running = state.running().map(|running| {
        let progress = &running.progress;
        let share = progress.done * 100 / progress.total.max(1);
        said(format!("{} {} {share} % of the run", progress.what, glyphs.dot), theme.key())
    });
    let mut foot: Vec<Line<'_>> = running.into_iter().collect();
    let fill = if state.has_gap() && state.running().is_none() {
        format!("  {} Enter runs what is missing", glyphs.dot)
    } else {
        String::new()
    };
    let marks = format!("{} measured here  {} recorded{fill}", glyphs.measured, glyphs.recorded);
    foot.push(said(format!("{marks}  {} w writes it all", glyphs.dot), theme.label()));
    let right = format!("{here} of {} measured here", answers.len());
    let body = frame("six answers from your evidence", &right, &foot, theme, area, buf);
    // Where there is little room, the list gives way to the answer.
    let rows = if body.height >= ALL {
        QUESTIONS
    } else {
        usize::from(body.height).saturating_sub(SPREAD).clamp(1, QUESTIONS)
    };
    let list = Rect { height: body.height.min(rows as u16), ..body };
    let first = window(Some(shown), QUESTIONS, rows);
    for ((index, answer), row) in answers.iter().enumerate().skip(first).zip(list.rows()) {
        let strip = predicted::strip(&state.predicted(answer.lesson), theme);
        buf.set_line(row.x, row.y, &heading(index, answer, index == shown, theme), row.width);
        let wide = strip.width() as u16;
        if row.width > MARKS + wide {
            buf.set_line(row.x + MARKS, row.y, &strip, wide);
        }
    }
    if body.width > MARKS + HEAD.len() as u16 && body.y > area.y {
        put(buf, body.x + MARKS, body.y - 1, body.width - MARKS, HEAD, theme.label());
    }
    let below = list.height + 1;
    let rest = Rect { y: body.y + below, height: body.height.saturating_sub(below), ..body };
    spread(&answers[shown], state.bench_page, theme, rest, buf);
}

/// What an answer rests on, in a word.
fn evidence(answer: &Answer) -> &'static str {
    match (answer.gap.is_some(), answer.partly.is_some(), answer.points.is_empty()) {
        (false, false, _) => "measured",
        (false, true, _) => "in part",
        (true, _, false) => "recorded",
        (true, _, true) => "not yet",
    }
}

fn heading<'a>(index: usize, answer: &Answer, focus: bool, theme: &Theme) -> Line<'a> {
    let style = if focus { theme.focus() } else { theme.text() };
    let name = pad(&format!("{} {}", index + 1, SHORT[index]), 32, theme.ascii);
    let known = if answer.gap.is_none() { theme.good() } else { theme.label() };
    Line::from(vec![
        Span::styled(format!("{} ", if focus { theme.glyphs().pointer } else { " " }), theme.key()),
        Span::styled(name, style),
        Span::styled(format!("  {}", evidence(answer)), known),
    ])
}

/// The answer under the cursor: its sentence with its figures as pictures, and on the parts after that each figure in words.
fn spread(answer: &Answer, page: isize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let wide = usize::from(area.width);
    // The first sentence is the answer, the others say on what it rests.
    let (first, rest) = first_sentence(&answer.verdict);
    let verdict = wrap(&[span(first, theme.value(), theme), span(rest, theme.text(), theme)], wide);
    let details = details(answer, wide, theme);
    let room = usize::from(area.height);
    if room < 4 {
        return;
    }
    let parts = 1 + details.len().div_ceil(room - 1);
    let number = page.rem_euclid(parts as isize) as usize;
    let (text, after): (Vec<Line<'_>>, _) = if number == 0 {
        (verdict.into_iter().take(room - 1).collect(), "each figure with its interval")
    } else {
        let own = details.into_iter().skip((number - 1) * (room - 1)).take(room - 1).collect();
        (own, if number + 1 == parts { "the picture again" } else { "the next" })
    };
    let turn = format!("part {} of {parts}: J shows {after}", number + 1);
    lines(&text, area, buf);
    put(buf, area.x, area.bottom() - 1, area.width, &turn, theme.key());
    if number == 0 {
        let below = text.len() as u16;
        let free = Rect { y: area.y + below, height: area.height.saturating_sub(below + 1), ..area };
        pictures(&answer.pictures(), theme, free, buf);
    }
}

/// A text's first sentence, and what follows.
fn first_sentence(text: &str) -> (&str, &str) {
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.split_at(end)
}

/// The pictures that have room, one below the other.
fn pictures(all: &[Picture], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut y = area.y;
    for picture in all {
        let rows: Vec<Bar> = picture.rows.iter().map(|row| bar(picture.unit, row, theme)).collect();
        // All rows with their axis, and an empty line above where it is not the first.
        let height = rows.len() as u16 + 1;
        let begin = if y == area.y { y } else { y + 1 };
        let left = area.bottom().saturating_sub(begin);
        if left < height && y > area.y || left < 2 {
            break;
        }
        let margin = (MARGIN * 100.0) as f32;
        let marks = if picture.unit == Unit::Points { vec![-margin, 0.0, margin] } else { Vec::new() };
        let range = Some((scaled(picture.unit, picture.scale[0]), scaled(picture.unit, picture.scale[1])));
        let bars = Bars { rows: &rows, range, axis: left >= height, marks: &marks, ..Bars::new(&rows) };
        bars::draw(Rect { y: begin, height: height.min(left), ..area }, buf, theme, &bars);
        y = begin + height;
    }
}

/// A number of a picture as it is drawn: shares in percent, differences in points.
fn scaled(unit: Unit, value: f64) -> f32 {
    (if unit == Unit::Cosine { value } else { 100.0 * value }) as f32
}

fn bar(unit: Unit, row: &Row, theme: &Theme) -> Bar {
    let value = scaled(unit, row.value);
    let source = if row.measured { Source::Live } else { Source::Record };
    let ends = row.interval.map(|[low, high]| (scaled(unit, low), scaled(unit, high)));
    Bar {
        label: row.label.clone(),
        value,
        text: format!("{}{}", row.text, blocks::mark(source, theme)),
        role: match row.readout {
            "cls" => Role::Cls,
            "mean" => Role::Mean,
            _ => Role::Text,
        },
        // A figure without an interval is a point on the same scale.
        interval: Some(ends.unwrap_or((value, value))),
        dots: Vec::new(),
    }
}

/// The whole question, what is missing, and every figure with all that is said of it.
fn details<'a>(answer: &Answer, wide: usize, theme: &Theme) -> Vec<Line<'a>> {
    let mut text = wrap(&[span(answer.question, theme.value(), theme)], wide);
    if answer.gap.is_some() {
        let recorded = answer.points.iter().any(|point| point.origin.source == Source::Record);
        let said = if recorded { "Recorded" } else { "Not measured yet" };
        let todo = format!("{said}. To measure it: lesson {}, or Enter for {}.", answer.lesson, answer.short_run);
        text.extend(wrap(&[span(&todo, theme.key(), theme)], wide));
    }
    if let Some(partly) = &answer.partly {
        text.extend(wrap(&[span(partly, theme.key(), theme)], wide));
    }
    for point in &answer.points {
        text.extend(wrap_hanging(&figure(point, theme), wide, 2));
    }
    text
}

fn figure<'a>(point: &Point, theme: &Theme) -> Vec<Span<'a>> {
    let own = |text: &str| clean(text, theme.ascii).into_owned();
    let (source, known) = (point.origin.source, &point.origin.model);
    let other = known.as_ref().map_or_else(String::new, |model| format!(" (model {})", own(model)));
    let on = point
        .origin
        .sentence
        .as_ref()
        .map_or_else(String::new, |text| format!(", on \"{}\"", fit(&own(text), 24, theme.ascii)));
    let learned = point
        .origin
        .train
        .map_or_else(String::new, |train| format!(", {} training sentences", super::race::whole(train)));
    vec![
        Span::styled(format!("{} ", theme.glyphs().bullet), theme.label()),
        span(point.what, theme.text(), theme),
        Span::styled(": ", theme.text()),
        span(&point.value, theme.value(), theme),
        Span::styled(blocks::mark(source, theme), theme.label()),
        Span::styled(other, theme.dim()),
        Span::styled(learned, theme.dim()),
        Span::styled(on, theme.dim()),
    ]
}

/// Questions and claims with what answers them.
fn words(state: &State) -> Vec<String> {
    if predicted::is_shown(state) {
        return predicted::words(state);
    }
    let mut said = vec!["The answers, from what was measured:".to_owned()];
    for (index, answer) in state.answers().iter().enumerate() {
        said.push(format!("{}. {} {}", index + 1, answer.question, answer.verdict));
        let points = answer
            .points
            .iter()
            .map(|point| format!("- {}: {} [{}]", point.what, point.value, point.origin.in_words()));
        let points: Vec<String> = points.collect();
        if !points.is_empty() {
            said.push(points.join("\n"));
        }
        said.extend(answer.gap.clone().or_else(|| answer.partly.clone()));
    }
    said
}

fn moves(state: &mut State, action: Action) -> bool {
    let count = if predicted::is_shown(state) { predicted::asking(state).len() } else { QUESTIONS };
    let moved = over_list(state, action, count);
    if moved {
        state.bench_page = 0;
    }
    moved
}

fn run(state: &State) -> Option<Request> {
    state.gap_invert().map(Request::Invert).or_else(|| state.race_request().map(Request::Race))
}
