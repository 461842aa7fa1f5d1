//! One line at the end of a lesson: what does the learner think now?

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use tui_textarea::TextArea;

use super::{draw_editor, panel};
use crate::app::State;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{span, wrap};

/// Rows of the editor with its hint.
const EDITOR: u16 = 5;

pub(super) fn draw(
    state: &State,
    lesson: usize,
    editor: &TextArea<'static>,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) -> (u16, u16) {
    let question = state.course.lessons.get(lesson).map_or("", |lesson| lesson.question.as_str());
    let wide = usize::from(area.width.saturating_sub(8)).min(72);
    let asked: Vec<Line<'_>> = wrap(&[span(question, theme.heading(), theme)], wide);
    let inside = panel("What do you think now?", EDITOR + asked.len() as u16, theme, area, buf);
    let below = lines(&asked, inside, buf) + 1;
    let room = Rect { y: below, height: inside.bottom().saturating_sub(below), ..inside };
    draw_editor(editor, "One line for your notebook, in your own words.", theme, room, buf)
}
