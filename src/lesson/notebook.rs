//! The learner's notebook: what was predicted and what came out, the four answers and those to two claims with the figures they rest on, and
//! what was measured besides. Written from stored progress alone, so it can be written again at any time.
//!
//! [`FACTS`] names the values that the screen keeps for it, [`answers()`] draws the conclusions from them, and
//! [`write()`] puts everything into a [`Document`], which prints as Markdown or HTML. Every figure says where it is from
//! and which command gives it again.

mod again;
pub mod answers;
mod claims;
mod document;
mod evidence;
mod facts;
mod picture;

pub use crate::wording::time::{day, moment};
pub use again::{beside, trace};
pub use answers::{Answer, LESSONS, QUESTIONS, ROUNDING, SHORT, answers};
pub use claims::MARGIN;
pub use document::{Document, Part, Run};
pub use document::{at, sheet};
pub use evidence::{Evidence, Origin, Point};
pub use facts::{FACTS, Fact};
pub use picture::{Picture, Row, Unit};

use std::collections::BTreeSet;

use super::progress::{Given, Progress};
use super::{Answer as Decider, Course, Question, Source};
use crate::wording::{NOT_DECIDED, RULE, listed};

/// Writes the whole notebook; `now` is the time in seconds since 1970.
#[must_use]
pub fn write(evidence: &Evidence<'_>, learner: Option<&str>, now: Option<u64>) -> Document {
    let mut document = Document::new("My [CLS] notebook");
    let by = learner.map_or(String::new(), |learner| format!(" by {learner}"));
    let when = now.map_or(String::new(), |now| format!(", {}", moment(now)));
    document.text(vec![Run::plain(format!(
        "Written{by} with clsroom {}{when}. Figures say where they are from: measured here (in a session of this \
         learner), recorded (by a run that anyone can repeat), or cited. Below each figure of an \
         answer stands the command that gives it again.",
        env!("CARGO_PKG_VERSION")
    ))]);
    document.text(vec![Run::plain(measured_with(evidence))]);
    four_answers(evidence, &mut document);
    predictions(evidence, &mut document);
    besides(evidence, &mut document);
    document
}

/// Models and system behind what was measured here.
fn measured_with(evidence: &Evidence<'_>) -> String {
    let known = evidence.progress.measured.values().filter(|measured| !measured.model.is_empty());
    let models: BTreeSet<String> = known
        .map(|measured| {
            let weights: String = measured.model_sha256.chars().take(12).collect();
            if weights.is_empty() {
                measured.model.clone()
            } else {
                format!("{} (sha256 {weights}…)", measured.model)
            }
        })
        .collect();
    if models.is_empty() {
        return "Nothing was measured yet: all figures are recorded.".to_owned();
    }
    let models = listed(models.iter(), 4);
    format!("Measured with {models}; this file was written on {} ({}).", std::env::consts::OS, std::env::consts::ARCH)
}

fn four_answers(evidence: &Evidence<'_>, document: &mut Document) {
    document.heading("Four questions and two claims");
    let answers = answers(evidence);
    if answers.iter().flat_map(|answer| &answer.points).any(|point| point.value.contains("interval")) {
        document.text(vec![Run::plain(RULE)]);
    }
    for (index, answer) in answers.iter().enumerate() {
        document.smaller(&format!("{}. {}", index + 1, answer.question));
        document.text(vec![Run::strong(&answer.verdict)]);
        document.parts.extend(answer.pictures().into_iter().map(Part::Picture));
        for point in &answer.points {
            document.point(point);
        }
        if let Some(missing) = answer.gap.as_ref().or(answer.partly.as_ref()) {
            document.text(vec![Run::plain(missing)]);
        }
        if let Some(thought) = evidence.progress.thoughts.get(answer.lesson) {
            let when = thought.at.map_or_else(String::new, |at| format!(" ({})", day(at)));
            let own = format!("My own words after lesson {}{when}: ", answer.lesson);
            document.text(vec![Run::plain(own), Run::strong(&thought.text)]);
        }
    }
}

/// Predictions in the order of the course, then answers whose question the course does not have (any more).
fn predictions(evidence: &Evidence<'_>, document: &mut Document) {
    let progress = evidence.progress;
    document.heading("What I predicted, and what came out");
    let mut told = false;
    for lesson in &evidence.course.lessons {
        let asked: Vec<&Question> = lesson.steps.iter().filter_map(|step| step.predict.as_ref()).collect();
        let given: Vec<(&Question, &Given)> =
            asked.into_iter().filter_map(|question| Some((question, progress.answers.get(&question.id)?))).collect();
        // Of a lesson about a question they stand there.
        let thought = progress.thoughts.get(&lesson.id).filter(|_| !LESSONS.contains(&lesson.id.as_str()));
        if given.is_empty() && thought.is_none() {
            continue;
        }
        document.smaller(&format!("Lesson {}: {}", lesson.id, lesson.title));
        for (question, given) in given {
            document.item(prediction(question, given));
            told = true;
        }
        if let Some(thought) = thought {
            let when = thought.at.map_or_else(String::new, |at| format!(" {}", day(at)));
            let asked = format!("At the end I was asked: {} Now I think: ", lesson.question);
            document.item(vec![Run::plain(asked), Run::strong(&thought.text), Run::plain(when)]);
            told = true;
        }
    }
    wrong(evidence, document);
    if !told {
        document.text(vec![Run::plain("Nothing yet. A lesson asks before it shows a result; a digit answers.")]);
    }
    checks(evidence.course, progress, document);
}

/// What came out otherwise than predicted, in one place: these are the ones to think about.
fn wrong(evidence: &Evidence<'_>, document: &mut Document) {
    let answers = &evidence.progress.answers;
    let asked = evidence.course.lessons.iter().flat_map(|lesson| lesson.steps.iter().map(move |step| (lesson, step)));
    let wrong: Vec<(&str, &Question)> = asked
        .filter_map(|(lesson, step)| Some((lesson.id.as_str(), step.predict.as_ref()?)))
        .filter(|(_, question)| answers.get(&question.id).is_some_and(|given| given.correct == Some(false)))
        .collect();
    if wrong.is_empty() {
        return;
    }
    document.smaller("What came out otherwise");
    for (lesson, question) in wrong {
        document.item(vec![Run::plain(format!("Lesson {lesson}: ")), Run::plain(&question.ask)]);
    }
}

fn prediction(question: &Question, given: &Given) -> Vec<Run> {
    let option = |index: usize| question.options.get(index).map_or("an option that is gone", String::as_str);
    // A record may decide as well as a run; for another model the run decides where the course has a record.
    let asked = match &question.answer {
        Decider::Bands { value, .. } | Decider::Match { value, .. } => value.source,
        Decider::Option(_) => Source::Live,
    };
    let from = given.source.unwrap_or(asked).in_words();
    let outcome = match (given.correct, &given.measured) {
        (Some(true), Some(measured)) => format!(" Correct ({measured}, {from})."),
        (Some(true), None) => " Correct.".to_owned(),
        (Some(false), Some(measured)) => format!(" It came out otherwise: {measured}, {from}."),
        (Some(false), None) => " It came out otherwise.".to_owned(),
        (None, Some(measured)) => {
            format!(" {NOT_DECIDED} ({measured}, {from}).")
        }
        (None, None) => " Not measured yet: run the bench of that step.".to_owned(),
    };
    let mut runs = vec![Run::plain(&question.ask), Run::plain(" I said: "), Run::strong(option(given.choice))];
    if let Some(first) = given.first {
        runs.push(Run::plain(format!(" (at first: {})", option(first))));
    }
    runs.push(Run::plain(format!(".{outcome}")));
    if let Some(sentence) = &given.sentence {
        runs.push(Run::plain(format!(" On the sentence “{sentence}”.")));
    }
    runs.extend(given.at.map(|at| Run::plain(format!(" {}", day(at)))));
    runs
}

/// How the recall questions went, in one line a lesson.
fn checks(course: &Course, progress: &Progress, document: &mut Document) {
    let mut lines = Vec::new();
    for lesson in &course.lessons {
        let checks = lesson.steps.iter().filter_map(|step| step.check.as_ref());
        let given: Vec<&Given> = checks.filter_map(|check| progress.answers.get(&check.id)).collect();
        let right = given.iter().filter(|given| given.correct == Some(true)).count();
        let again: u32 = given.iter().map(|given| given.recalled).sum();
        if !given.is_empty() {
            let again = if again > 0 { format!(", recalled later {again} times") } else { String::new() };
            lines.push(format!("Lesson {}: {right} of {} right at first{again}", lesson.id, given.len()));
        }
    }
    if !lines.is_empty() {
        document.smaller("Recall questions");
        lines.into_iter().for_each(|line| document.item(vec![Run::plain(line)]));
    }
}

/// Measurements that no answer rests on.
fn besides(evidence: &Evidence<'_>, document: &mut Document) {
    let points: Vec<Point> =
        FACTS.iter().filter(|fact| fact.besides).filter_map(|fact| evidence.measured(fact.key)).collect();
    if points.is_empty() {
        return;
    }
    document.heading("Also measured");
    points.iter().for_each(|point| document.point(point));
}

#[cfg(test)]
mod tests;
