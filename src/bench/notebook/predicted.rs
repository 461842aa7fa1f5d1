//! What became of the predictions: a mark for each, lesson by lesson, and below those of the lesson under the cursor in words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::State;
use crate::app::notebook::{PREDICTIONS, Predicted};
use crate::bench::{frame, said};
use crate::lesson::Lesson;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::scale::window;
use crate::view::widgets::text::{pad, span, wrap_hanging};

/// Cells of a lesson's name.
const NAME: usize = 34;

/// Lines that the words below the list have at least.
const WORDS: usize = 5;

pub(super) fn is_shown(state: &State) -> bool {
    state.measure() == Some(PREDICTIONS)
}

/// The lessons that ask for predictions.
pub(super) fn asking(state: &State) -> Vec<&Lesson> {
    let asks = |lesson: &&Lesson| lesson.steps.iter().any(|step| step.predict.is_some());
    state.course.lessons.iter().filter(asks).collect()
}

/// The mark of a prediction, with its look.
fn mark<'a>(predicted: Predicted, theme: &Theme) -> Span<'a> {
    let glyphs = theme.glyphs();
    match predicted {
        Predicted::Not => Span::styled(glyphs.dot, theme.dim()),
        Predicted::Open => Span::styled("?", theme.text()),
        Predicted::Right => Span::styled(glyphs.check, theme.good()),
        Predicted::Otherwise => Span::styled(glyphs.cross, theme.bad()),
    }
}

/// A lesson's marks, one beside the other.
pub(super) fn strip<'a>(all: &[Predicted], theme: &Theme) -> Line<'a> {
    let marks = all.iter().flat_map(|predicted| [mark(*predicted, theme), Span::raw(" ")]);
    Line::from(marks.collect::<Vec<_>>())
}

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let lessons = asking(state);
    let chosen = state.cursor.offset.min(lessons.len().saturating_sub(1));
    let glyphs = theme.glyphs();
    let legend = format!(
        "{} as you said  {} otherwise  ? not decided  {} not predicted",
        glyphs.check, glyphs.cross, glyphs.dot
    );
    let foot = [said(legend, theme.label()), said("j k: a lesson; v: the answers", theme.dim())];
    let (made, decided, right) = state.predictions();
    let count = format!("{right} of {decided} as you said, {made} made");
    let body = frame("what became of your predictions", &count, &foot, theme, area, buf);
    let room = lessons.len().min(usize::from(body.height).saturating_sub(WORDS).max(1));
    let first = window(Some(chosen), lessons.len(), room);
    for (line, (place, lesson)) in lessons.iter().enumerate().skip(first).take(room).enumerate() {
        let here = place == chosen;
        let style = if here { theme.focus() } else { theme.text() };
        let mut row = vec![
            Span::styled(format!("{} ", if here { glyphs.pointer } else { " " }), theme.key()),
            Span::styled(pad(&format!("{} {}", lesson.id, lesson.title), NAME, theme.ascii), style),
            Span::raw("  "),
        ];
        row.extend(strip(&state.predicted(&lesson.id), theme).spans);
        buf.set_line(body.x, body.y + line as u16, &Line::from(row), body.width);
    }
    let below = room as u16 + 1;
    let rest = Rect { y: body.y + below, height: body.height.saturating_sub(below), ..body };
    let mut text = Vec::new();
    if let Some(lesson) = lessons.get(chosen) {
        for (predicted, told) in state.predicted(&lesson.id).into_iter().zip(told(state, lesson)) {
            let words = span(&told, theme.text(), theme);
            text.extend(wrap_hanging(&[mark(predicted, theme), Span::raw(" "), words], usize::from(rest.width), 2));
        }
    }
    if text.len() > usize::from(rest.height) && rest.height > 0 {
        text.truncate(usize::from(rest.height) - 1);
        text.push(said("the rest is in the file that w writes", theme.dim()));
    }
    lines(&text, rest, buf);
}

/// Each prediction that a lesson asks for in words, in its order.
fn told(state: &State, lesson: &Lesson) -> Vec<String> {
    let asked = lesson.steps.iter().filter_map(|step| step.predict.as_ref());
    asked
        .map(|question| {
            let Some(given) = state.progress.answers.get(&question.id) else {
                return format!("{} You did not say.", question.ask);
            };
            let own = question.options.get(given.choice).map_or("an option that is gone", String::as_str);
            let came =
                given.measured.as_ref().map_or_else(String::new, |measured| format!(" It came out: {measured}."));
            format!("{} You said: {own}.{came}", question.ask)
        })
        .collect()
}

/// The lessons with the outcome of each prediction.
pub(super) fn words(state: &State) -> Vec<String> {
    let (made, decided, right) = state.predictions();
    let mut said = vec![format!("What became of the predictions: {made} made, {decided} decided, {right} as said.")];
    for lesson in asking(state) {
        let outcomes = state.predicted(&lesson.id).into_iter().zip(told(state, lesson));
        let outcomes = outcomes.map(|(predicted, told)| {
            let word = match predicted {
                Predicted::Not => "not predicted",
                Predicted::Open => "not decided",
                Predicted::Right => "as said",
                Predicted::Otherwise => "otherwise",
            };
            format!("- {word}: {told}")
        });
        said.push(format!("{} {}\n{}", lesson.id, lesson.title, outcomes.collect::<Vec<_>>().join("\n")));
    }
    said
}
