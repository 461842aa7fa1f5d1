//! The course map.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::theme::Theme;
use super::widgets::scale::{hidden, window};
use super::widgets::text::{fit, pad, put, span, width};
use crate::app::State;
use crate::lesson::Lesson;
use crate::lesson::notebook::{LESSONS, SHORT};
use crate::wording::counted;

pub(super) fn draw(state: &State, cursor: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let width = area.width - 2;
    let left = area.x + 1;
    let done = state
        .course
        .lessons
        .iter()
        .filter(|lesson| state.progress.lessons.get(&lesson.id).is_some_and(|known| known.finished))
        .count();
    let dot = theme.glyphs().dot;
    let who = match &state.learner {
        Some(name) => format!("learner: {} {dot} ", fit(name, MOST_OF_NAME, theme.ascii)),
        // A demonstration keeps nothing.
        None if state.clock => format!("no name {dot} "),
        None => String::new(),
    };
    let count = format!("{who}{done} of {} done", state.course.lessons.len());
    let cells = super::widgets::text::width(&count) as u16;
    put(buf, left, area.y, 8, "clsroom", theme.title());
    let model = fit(&model_line(state, theme), usize::from(width.saturating_sub(12 + cells)), theme.ascii);
    put(buf, left + 10, area.y, width - 10, &model, theme.dim());
    put(buf, area.right() - 1 - cells, area.y, cells, &count, theme.dim());

    let (mut x, mut y) = (left + 2, area.y);
    // A course of somebody's own may be about something else.
    let asked = LESSONS.iter().all(|id| state.course.lessons.iter().any(|lesson| lesson.id == *id));
    if asked {
        // Where rows are few, the foot needs this one more.
        let top = area.y + if area.height < ROOMY { 1 } else { 2 };
        put(buf, left, top, width, "Four questions and two claims", theme.heading());
        y = top + 1;
    }
    for question in SHORT.into_iter().filter(|_| asked) {
        if x + question.len() as u16 > area.right() - 1 {
            (x, y) = (left + 2, y + 1);
        }
        put(buf, x, y, area.right() - x, question, theme.text());
        x += question.len() as u16 + 3;
    }

    let list = Rect { x: left, y: y + 2, width, height: area.bottom().saturating_sub(y + 4) };
    let rows = usize::from(list.height);
    let first = window(Some(cursor), state.course.lessons.len(), rows);
    for (index, lesson) in state.course.lessons.iter().enumerate().skip(first).take(rows) {
        let row = Rect { y: list.y + (index - first) as u16, height: 1, ..list };
        draw_lesson(state, lesson, index == cursor, theme, row, buf);
    }
    let end = list.y + state.course.lessons.len().min(rows) as u16;
    let below = state.course.lessons.len().saturating_sub(first + rows);
    let glyphs = theme.glyphs();
    put(buf, left + 4, end, width - 4, &hidden(&[(glyphs.up, first), (glyphs.down, below)]), theme.dim());
    draw_foot(
        state,
        cursor,
        theme,
        Rect { x: left, y: end + 1, width, height: area.bottom().saturating_sub(end + 1) },
        buf,
    );
}

/// Rows from which the map has an empty one below its first line.
const ROOMY: u16 = 24;

/// Cells of a learner's name in the first line.
const MOST_OF_NAME: usize = 20;

/// Whose progress this is where nobody is named: nobody can tell two such learners on one account apart.
fn nameless(state: &State) -> Option<&'static str> {
    match state.learner.as_deref() {
        None if state.clock => Some("No learner's name is set: clsroom --learner NAME keeps your progress apart."),
        Some("guest") => Some("Everybody who gives no name is guest here, and shares this progress."),
        _ => None,
    }
}

/// Which lessons should come first and are not done yet: advice, never a lock.
fn advice(state: &State, lesson: &Lesson) -> Option<String> {
    let done = |id: &&String| state.progress.lessons.get(*id).is_some_and(|known| known.finished);
    let open: Vec<&str> = lesson.needs.iter().filter(|id| !done(id)).map(String::as_str).collect();
    (!open.is_empty()).then(|| format!("Easier after lesson {}. Nothing is locked.", open.join(" and ")))
}

/// The chosen path and how to choose another; nothing for a course without paths.
fn path_line(state: &State, theme: &Theme) -> Option<(String, ratatui::style::Style)> {
    let sum = |ids: &[String]| -> u16 {
        let minutes =
            state.course.lessons.iter().filter(|lesson| ids.contains(&lesson.id)).map(|lesson| lesson.minutes);
        minutes.sum()
    };
    let said = match state.path() {
        Some(path) => format!(
            "{} Path: {}, {} lessons, {} min. Press v for another.",
            theme.glyphs().bullet,
            path.name,
            path.lessons.len(),
            sum(&path.lessons)
        ),
        None if state.course.paths.is_empty() => return None,
        None => {
            let minutes: u16 = state.course.lessons.iter().map(|lesson| lesson.minutes).sum();
            format!("The whole course, {minutes} min. Press v for a shorter path.")
        }
    };
    Some((said, theme.dim()))
}

fn model_line(state: &State, theme: &Theme) -> String {
    match (&state.facts, &state.results.model_failure) {
        (Some(facts), _) => {
            let dot = theme.glyphs().dot;
            format!("{} {dot} {} {dot} {}", facts.name, counted(facts.layers, "layer"), facts.origin)
        }
        (None, Some(_)) => "no model".to_owned(),
        (None, None) => state.results.model_loading.clone().unwrap_or_else(|| "loading the model".to_owned()),
    }
}

fn draw_lesson(state: &State, lesson: &Lesson, focus: bool, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let glyphs = theme.glyphs();
    let known = state.progress.lessons.get(&lesson.id);
    let (sign, note) = match known {
        Some(known) if known.finished && !known.run && lesson.offers_run() => {
            (glyphs.half, format!("done, not run, {} min", lesson.minutes))
        }
        Some(known) if known.finished => (glyphs.check, format!("done, {} min", lesson.minutes)),
        Some(known) => (
            glyphs.half,
            format!(
                "step {} of {}, {} min",
                (known.step + 1).min(lesson.steps.len()),
                lesson.steps.len(),
                lesson.minutes
            ),
        ),
        None => (" ", format!("{} min", lesson.minutes)),
    };
    // Lessons of the chosen path carry a sign; the others step back.
    let on_path = state.path().map(|path| path.lessons.contains(&lesson.id));
    let note = match on_path {
        Some(true) => format!("{} {note}", glyphs.bullet),
        Some(false) => format!("  {note}"),
        None => note,
    };
    let pointer = if focus { glyphs.pointer } else { " " };
    let title_width = usize::from(area.width).saturating_sub(34);
    let title = pad(&lesson.title, title_width, theme.ascii);
    let style = match (focus, on_path) {
        (true, _) => theme.focus(),
        (false, Some(false)) => theme.dim(),
        (false, _) => theme.text(),
    };
    put(buf, area.x, area.y, 2, pointer, theme.key());
    put(buf, area.x + 2, area.y, 2, sign, theme.good());
    let end = put(buf, area.x + 4, area.y, area.width - 4, &format!("{}  {title}", lesson.id), style);
    put(buf, end + 2, area.y, area.right().saturating_sub(end + 2), &note, theme.dim());
}

/// The question of the lesson under the cursor, the learner's sentence, and waiting recall questions.
fn draw_foot(state: &State, cursor: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut rows: Vec<(String, ratatui::style::Style)> = Vec::new();
    if let Some(failure) = &state.results.model_failure {
        rows.push((failure.clone(), theme.bad()));
    }
    if let Some(lesson) = state.course.lessons.get(cursor) {
        rows.push((lesson.question.clone(), theme.value()));
        rows.extend(advice(state, lesson).map(|said| (said, theme.dim())));
    }
    let waiting = state.recall().len();
    if waiting > 0 {
        let text = if waiting == 1 {
            "A recall question is waiting: press c.".to_owned()
        } else {
            format!("{waiting} recall questions are waiting: press c.")
        };
        rows.push((text, theme.key()));
    }
    rows.extend(path_line(state, theme));
    match &state.progress.sentence {
        Some(sentence) => {
            let room = usize::from(area.width) * 2;
            let beginning: String = sentence.chars().take(room + 1).collect();
            rows.push((fit(&format!("Your sentence: {beginning}"), room, theme.ascii), theme.dim()));
        }
        None => rows.push(("Press e to use a sentence of your own in every lesson.".to_owned(), theme.dim())),
    }
    rows.extend(nameless(state).map(|said| (said.to_owned(), theme.dim())));
    let mut y = area.y;
    for (text, style) in rows {
        let wrapped = super::text::wrap(&[span(&text, style, theme)], usize::from(area.width));
        let room = usize::from(area.bottom().saturating_sub(y)).min(3);
        for (index, line) in wrapped.iter().take(room).enumerate() {
            buf.set_line(area.x, y, line, area.width);
            if index + 1 == room && wrapped.len() > room {
                // What is cut is said.
                let sign = theme.glyphs().ellipsis;
                put(buf, area.right() - width(sign) as u16, y, width(sign) as u16, sign, style);
            }
            y += 1;
        }
    }
}
