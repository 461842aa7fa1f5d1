//! A lesson's step: its text, and the bench beside it or on a page of its own.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::theme::Theme;
use super::widgets::text::{clean, fit, put, width};
use super::widgets::{blocks, progress};
use super::{WIDE, bench, lines, question, resolver};
use crate::app::{Page, State};

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
        bench::draw(state, theme, Rect { x: body.x + text + 3, width: body.width - text - 3, ..body }, buf);
    } else if page == Page::Text {
        draw_text(state, theme, Rect { x: body.x + 2, width: (body.width - 2).min(TEXT_WIDTH), ..body }, buf);
    } else {
        bench::draw(state, theme, body, buf);
    }
}

fn draw_header(title: &str, step: usize, steps: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let right = format!("step {} of {steps}  ", step + 1);
    let bar = progress::line((step + 1) as f32 / steps as f32, "", 15, theme);
    let right_width = width(&right) as u16 + 16;
    let title = fit(&clean(title, theme.ascii), usize::from(area.width.saturating_sub(right_width + 2)), theme.ascii);
    put(buf, area.x + 1, area.y, area.width - 2, &title, theme.title());
    put(buf, area.right() - right_width, area.y, right_width, &right, theme.dim());
    buf.set_line(area.right() - 16, area.y, &bar, 15);
}

/// Heading, text, the step's questions, and what the marks behind values mean.
fn draw_text(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(step) = state.step() else { return };
    let resolve = resolver(state);
    let mut text: Vec<Line<'_>> = Vec::new();
    if let Some(title) = &step.title {
        text.push(Line::from(Span::styled(clean(title, theme.ascii).into_owned(), theme.heading())));
        text.push(Line::default());
    }
    text.extend(blocks::render(&step.blocks, &resolve, usize::from(area.width), theme));
    for question in step.predict.iter().chain(&step.check) {
        text.push(Line::default());
        let kind =
            if step.predict.as_ref() == Some(question) { question::Kind::Predict } else { question::Kind::Check };
        text.extend(question::lines(state, question, kind, usize::from(area.width), theme));
    }
    let mut used = blocks::sources(&step.blocks);
    used.extend(question::sources(state, step));
    let legend = blocks::legend(&used, theme);
    let legend_rows = if legend.is_some() { 2 } else { 0 };
    let room = Rect { height: area.height.saturating_sub(legend_rows), ..area };
    let needed = text.len() as u16;
    // What the step asks stands at its end: when the screen is short, that end is what must be seen.
    let skip = needed.saturating_sub(room.height);
    if skip > 0 {
        text.drain(..usize::from(skip + 1).min(text.len()));
        text.insert(
            0,
            Line::from(Span::styled(
                format!("{} the text begins above; a taller window shows it", theme.glyphs().up),
                theme.dim(),
            )),
        );
    }
    lines(&text, room, buf);
    if let Some(legend) = legend {
        buf.set_line(area.x, area.bottom() - 1, &legend, area.width);
    }
}
