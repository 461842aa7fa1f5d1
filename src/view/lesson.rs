//! A lesson's step: its text, and the bench beside it or on a page of its own.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::widgets::text::{fit, put, span, width, wrap};
use super::widgets::{blocks, progress};
use super::{WIDE, lines, question, resolver};
use crate::app::{Page, State, values};
use crate::lesson::{Block, Inline, Source, ValueRef};

/// Text is never wider than this.
const TEXT_WIDTH: u16 = 72;

pub(super) fn draw(
    state: &State,
    (lesson, step, page): (usize, usize, Page),
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let Some(entry) = state.course.lessons.get(lesson) else { return };
    draw_header(
        &format!("{} {}", entry.id, entry.title),
        step,
        entry.steps.len(),
        theme,
        Rect { height: 1, ..area },
        buf,
    );
    crate::bench::way(state, theme, Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: 1 }, buf);
    let body = Rect { x: area.x + 1, y: area.y + 2, width: area.width - 2, height: area.height - 2 };
    if state.bench().is_none() {
        draw_text(state, theme, Rect { x: body.x + 2, width: (body.width - 2).min(TEXT_WIDTH), ..body }, buf);
    } else if area.width >= WIDE {
        let text = (body.width * 2 / 5).min(TEXT_WIDTH);
        draw_text(state, theme, Rect { x: body.x + 1, width: text - 1, ..body }, buf);
        let bar = theme.glyphs().frame[1];
        for y in body.y..body.bottom() {
            put(buf, body.x + text + 1, y, 1, bar, if page == Page::Bench { theme.key() } else { theme.border() });
        }
        crate::bench::draw(state, theme, Rect { x: body.x + text + 3, width: body.width - text - 3, ..body }, buf);
    } else if page == Page::Text {
        draw_text(state, theme, Rect { x: body.x + 2, width: (body.width - 2).min(TEXT_WIDTH), ..body }, buf);
    } else {
        crate::bench::draw(state, theme, body, buf);
    }
}

fn draw_header(title: &str, step: usize, steps: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let right = format!("step {} of {steps}  ", step + 1);
    let bar = progress::line((step + 1) as f32 / steps as f32, "", 15, theme);
    let right_width = width(&right) as u16 + 16;
    let title = fit(title, usize::from(area.width.saturating_sub(right_width + 2)), theme.ascii);
    put(buf, area.x + 1, area.y, area.width - 2, &title, theme.title());
    put(buf, area.right() - right_width, area.y, right_width, &right, theme.dim());
    buf.set_line(area.right() - 16, area.y, &bar, 15);
}

/// Heading, text, the step's questions, and what the marks behind values mean.
fn draw_text(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(step) = state.step() else { return };
    let resolve = resolver(state);
    let mut text: Vec<Line<'_>> = Vec::new();
    if let Some(title) = step.title(state.embedded()) {
        text.push(Line::from(span(title, theme.heading(), theme)));
        text.push(Line::default());
    }
    let shown = state.text();
    text.extend(blocks::render(&shown, &resolve, usize::from(area.width), theme));
    let mut whole = Vec::new();
    for question in step.predict.iter().chain(&step.check) {
        text.push(Line::default());
        let first = text.len();
        let kind =
            if step.predict.as_ref() == Some(question) { question::Kind::Predict } else { question::Kind::Check };
        let wide = usize::from(area.width);
        text.extend(question::lines(state, question, kind, wide, theme));
        // With what is said to the answer, or at least the question with its options.
        whole.push(first..text.len());
        whole.push(first..first + question::asked(state, question, kind, wide, theme).len());
    }
    if state.teacher.notes {
        text.push(Line::default());
        text.push(Line::from(Span::styled("Notes for the teacher", theme.heading())));
        if step.notes.is_empty() {
            text.push(Line::from(Span::styled("This step has no speaker notes.", theme.text())));
        }
        text.extend(blocks::render(&step.notes, &resolve, usize::from(area.width), theme));
        let id = state.lesson().map_or("", |lesson| lesson.id.as_str());
        let said = format!("Everybody at this screen sees them. For you alone: clsroom notes {id}");
        text.extend(wrap(&[Span::styled(said, theme.dim())], usize::from(area.width)));
    }
    if waits_for_run(state, &shown) {
        text.push(Line::default());
        let said = format!("{} stands for what is not measured yet: Enter runs it.", theme.glyphs().ellipsis);
        text.extend(wrap(&[Span::styled(said, theme.dim())], usize::from(area.width)));
    }
    if shows_foreign_records(state, &shown) {
        text.push(Line::default());
        let said = "Recorded numbers belong to the model and the sentences that made them. These have none: benches that offer a run measure it here.";
        text.extend(wrap(&[Span::styled(said, theme.dim())], usize::from(area.width)));
    }
    let mut used = blocks::sources(&shown);
    used.extend(question::sources(state, step));
    let mut legend = blocks::legend(&used, theme);
    if has_terms(&shown) {
        let said = Span::styled(format!("{} in the glossary: g", blocks::term_sign(theme)), theme.label());
        match &mut legend {
            Some(line) => line.spans.extend([Span::raw("  "), said]),
            None => legend = Some(Line::from(said)),
        }
    }
    // A text that fits without the legend, or without the line before it, is not divided for them.
    let free = usize::from(area.height).checked_sub(text.len()).unwrap_or(usize::MAX);
    let legend = legend.filter(|_| free > 0);
    let legend_rows = if legend.is_some() { free.min(2) as u16 } else { 0 };
    let room = Rect { height: area.height.saturating_sub(legend_rows), ..area };
    lines(&part(text, &whole, usize::from(room.height), state.text_page, theme), room, buf);
    if let Some(legend) = legend {
        buf.set_line(area.x, area.bottom() - 1, &legend, area.width);
    }
}

/// Whether a term of the glossary is marked in the text.
fn has_terms(blocks: &[Block]) -> bool {
    blocks.iter().flat_map(Block::runs).flatten().any(|inline| matches!(inline, Inline::Term { .. }))
}

/// Whether the text shows values of a run that was not made yet.
fn waits_for_run(state: &State, blocks: &[Block]) -> bool {
    let open = |value: &ValueRef| value.source == Source::Live && !values::resolve(state, value).ready;
    state.running().is_none() && state.run_request().is_some() && shown_values(blocks).any(open)
}

/// Whether the text refers to records of another model.
fn shows_foreign_records(state: &State, blocks: &[Block]) -> bool {
    shown_values(blocks).any(|value| value.source == Source::Record && values::misleads(state, &value.key))
}

/// All values in a step's text.
fn shown_values(blocks: &[Block]) -> impl Iterator<Item = &ValueRef> {
    blocks.iter().flat_map(Block::runs).flatten().filter_map(|inline| inline.text().err())
}

/// The part of a text that is shown when it does not fit: as many lines as there is room for, and how to see the rest.
/// Lines that belong together (`whole`) are not torn apart where they fit into one part.
pub(crate) fn part<'a>(
    text: Vec<Line<'a>>,
    whole: &[Range<usize>],
    room: usize,
    page: isize,
    theme: &Theme,
) -> Vec<Line<'a>> {
    if text.len() <= room || room < 3 {
        return text;
    }
    let height = room - 1;
    let parts = parts(text.len(), whole, height);
    let number = page.rem_euclid(parts.len() as isize) as usize;
    let shown = parts[number].clone();
    let last = number + 1 == parts.len();
    let (count, all) = (number + 1, parts.len());
    let said = if last {
        format!("part {count} of {all}: J shows the first")
    } else {
        let follows = parts[number + 1].clone();
        let asks = whole.iter().any(|range| range.start >= shown.end && follows.contains(&range.start));
        let what = if asks { "question" } else { "next" };
        format!("part {count} of {all}: J shows the {what} ({} more)", text.len() - shown.end)
    };
    let mut rows: Vec<Line<'a>> = text.into_iter().skip(shown.start).take(shown.len()).collect();
    rows.push(Line::from(Span::styled(said, theme.key())));
    rows
}

/// Where a text of so many lines is divided.
fn parts(lines: usize, whole: &[Range<usize>], height: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    while start + height < lines {
        let full = start + height;
        let torn = |range: &&Range<usize>| {
            start < range.start && range.start < full && full < range.end && range.len() <= height
        };
        let end = whole.iter().find(torn).map_or(full, |range| range.start);
        parts.push(start..end);
        start = end;
    }
    // The last part is full as well: it begins earlier rather than end early.
    parts.push(lines.saturating_sub(height).min(start)..lines);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_divided_without_gaps_and_what_belongs_together_stays_so_where_it_fits() {
        for lines in 1..60usize {
            for height in 2..20usize {
                for from in 0..lines {
                    for to in from + 1..=lines {
                        let parts = parts(lines, std::slice::from_ref(&(from..to)), height);
                        assert_eq!((parts[0].start, parts[parts.len() - 1].end), (0, lines));
                        assert!(parts.iter().all(|part| !part.is_empty() && part.len() <= height), "{parts:?}");
                        assert!(parts.windows(2).all(|pair| pair[1].start <= pair[0].end), "{parts:?}");
                        let fits = to - from <= height;
                        let together = parts.iter().any(|part| part.start <= from && to <= part.end);
                        assert!(!fits || together, "{from}..{to} of {lines} in {parts:?}");
                    }
                }
            }
        }
    }
}
