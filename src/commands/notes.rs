//! `clsroom notes`: the speaker notes of a lesson as text, for a teacher's second screen or paper. Nobody else sees them.

use std::collections::BTreeMap;

use super::{LoadedCourse, load_course, print};
use crate::config::Settings;
use crate::lab::record::Datum;
use crate::lesson::parse::written;
use crate::lesson::{Block, Course, Inline, Lesson, Source, Step, ValueRef};

/// Columns of a line.
const WIDTH: usize = 72;

/// Prints the notes of one lesson, or of all.
///
/// # Errors
/// When the course cannot be read, or has no such lesson.
pub fn notes(settings: &Settings, lesson: Option<&str>) -> Result<(), String> {
    let LoadedCourse { course, records, .. } = load_course(settings.lessons.as_deref())?;
    let wanted = lesson.map(|lesson| format!("{lesson:0>2}"));
    let chosen: Vec<&Lesson> =
        course.lessons.iter().filter(|known| wanted.as_ref().is_none_or(|wanted| known.id == *wanted)).collect();
    if let (Some(lesson), true) = (lesson, chosen.is_empty()) {
        return Err(format!("there is no lesson {lesson}. clsroom lessons lists them"));
    }
    let text = Notes { course: &course, records: &records };
    print(&chosen.into_iter().map(|lesson| text.lesson(lesson)).collect::<Vec<_>>().join("\n"))
}

struct Notes<'a> {
    course: &'a Course,
    records: &'a BTreeMap<String, Datum>,
}

impl Notes<'_> {
    fn lesson(&self, lesson: &Lesson) -> String {
        let mut text = wrapped(&format!("Lesson {}: {} ({} minutes)", lesson.id, lesson.title, lesson.minutes), "");
        text.push_str(&wrapped(&lesson.question, ""));
        let steps = lesson.steps.iter().enumerate();
        text.extend(steps.map(|(index, step)| self.step(&format!("{}.{}", lesson.id, index + 1), step)));
        text
    }

    fn step(&self, number: &str, step: &Step) -> String {
        let mut text = format!("\n{number}  {}\n", step.title(true).unwrap_or_default());
        if let Some(predict) = &step.predict {
            text.push_str(&wrapped(&format!("Asks: {}", predict.ask), "    "));
        }
        for block in &step.notes {
            match block {
                Block::Paragraph(inlines) | Block::Quote(inlines) => {
                    text.push_str(&wrapped(&self.said(inlines), "    "));
                }
                Block::List { items, .. } => {
                    text.extend(items.iter().map(|item| wrapped(&format!("- {}", self.said(item)), "    ")));
                }
                Block::Code(code) => text.extend(code.lines().map(|line| format!("        {line}\n"))),
            }
        }
        if step.notes.is_empty() {
            text.push_str("    This step has no speaker notes.\n");
        }
        text
    }

    fn said(&self, inlines: &[Inline]) -> String {
        inlines.iter().map(|inline| inline.text().map_or_else(|value| self.value(value), str::to_owned)).collect()
    }

    /// A value as far as it is known without the learner's bench.
    fn value(&self, value: &ValueRef) -> String {
        match value.source {
            Source::Live => format!("(on the screen: {})", written(value)),
            Source::Record => match self.records.get(&value.key) {
                Some(Datum::Number(number)) => format!("{} (recorded)", value.format.write(*number)),
                Some(Datum::Text(text)) => format!("{text} (recorded)"),
                None => format!("(recorded: {})", written(value)),
            },
            Source::Cite => self.course.citations.get(&value.key).map_or_else(String::new, |citation| {
                let figure = citation.value.as_ref().map_or_else(String::new, |figure| format!("{figure} "));
                format!("{figure}({})", citation.source)
            }),
        }
    }
}

/// A paragraph in lines, each behind `margin`.
fn wrapped(paragraph: &str, margin: &str) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for word in paragraph.split_whitespace() {
        if !line.is_empty() && margin.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            text += margin;
            text += &line;
            text.push('\n');
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    text + &format!("{margin}{line}\n")
}
