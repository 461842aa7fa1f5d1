//! The notebook: four questions and two claims, the answer to the one under the cursor with its figures, and what is missing.

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
use crate::lesson::notebook::{Answer, Point};
use crate::view::lesson::part;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::blocks;
use crate::view::widgets::text::{clean, fit, span, wrap, wrap_hanging};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the answers to the four questions and the two claims, from what the learner measured",
    families: &[
        values::families::RACE,
        values::families::DECODE,
        values::families::ARRANGE,
        values::families::GRADIENT,
    ],
    moves,
    wants: State::gap_requests,
    race: State::gap_race,
    run,
    reads_the_course: |_| true,
    ..ViewRow::of(View::Notebook, "notebook", Draw::Alone(draw), |state| Some(words(state)))
};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
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
    foot.push(said(marks, theme.label()));
    foot.push(said("w writes all of it, with the command behind each figure, to a file", theme.dim()));
    let right = format!("{here} of {} measured here", answers.len());
    let body = frame("the answers, from what you measured and what is recorded", &right, &foot, theme, area, buf);
    let wide = usize::from(body.width);
    let mut text: Vec<Line<'_>> = Vec::new();
    let mut first = 0;
    for (index, answer) in answers.iter().enumerate() {
        text.push(heading(index, answer, index == shown, wide, theme));
        if index == shown {
            first = text.len() - 1;
            text.extend(spread(answer, wide, theme));
        }
    }
    // When not all fits, the question under the cursor comes first, and `J` shows the rest.
    let room = usize::from(body.height);
    if text.len() > room {
        text.drain(..first);
    }
    lines(&part(text, &[], room, state.bench_page, theme), body, buf);
}

fn heading<'a>(index: usize, answer: &Answer, focus: bool, wide: usize, theme: &Theme) -> Line<'a> {
    let glyphs = theme.glyphs();
    let sign = match (answer.is_measured(), answer.points.is_empty()) {
        (true, _) => glyphs.check,
        (false, false) => glyphs.half,
        (false, true) => " ",
    };
    let style = if focus { theme.focus() } else { theme.text() };
    Line::from(vec![
        Span::styled(format!("{} ", if focus { glyphs.pointer } else { " " }), theme.key()),
        Span::styled(format!("{sign} "), theme.good()),
        Span::styled(fit(&format!("{} {}", index + 1, answer.question), wide.saturating_sub(4), theme.ascii), style),
    ])
}

/// The answer below its question.
fn spread<'a>(answer: &Answer, wide: usize, theme: &Theme) -> Vec<Line<'a>> {
    let inside = wide.saturating_sub(4);
    let mut text = wrap(&[span(&answer.verdict, theme.value(), theme)], inside);
    if answer.gap.is_some() {
        let recorded = answer.points.iter().any(|point| point.origin.source == Source::Record);
        let said = if recorded { "Recorded" } else { "Not measured yet" };
        let todo = format!("{said}. To measure it: lesson {}, or Enter for {}.", answer.lesson, answer.short_run);
        text.extend(wrap(&[span(&todo, theme.key(), theme)], inside));
    }
    if let Some(partly) = &answer.partly {
        text.extend(wrap(&[span(partly, theme.key(), theme)], inside));
    }
    for point in &answer.points {
        text.extend(wrap_hanging(&figure(point, theme), inside, 2));
    }
    for line in &mut text {
        line.spans.insert(0, Span::raw("    "));
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
    let moved = over_list(state, action, QUESTIONS);
    if moved {
        state.bench_page = 0;
    }
    moved
}

fn run(state: &State) -> Option<Request> {
    state.gap_invert().map(Request::Invert).or_else(|| state.race_request().map(Request::Race))
}
