//! Questions: which one is open, what was answered, and what the measurement says.

use super::values::{self, Number};
use super::{Effect, State};
use crate::lesson::progress::Given;
use crate::lesson::{Answer, Question};

/// What is known about a question after an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The right option, once the measurement is there.
    pub right: Option<usize>,
    /// The measurement in words, for a measured answer.
    pub measured: Option<String>,
}

impl State {
    /// The question that digits answer: the first open one of the step, otherwise its last.
    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        let step = self.step()?;
        let both = || step.predict.iter().chain(&step.check);
        both().find(|question| !self.progress.answers.contains_key(&question.id)).or_else(|| both().last())
    }

    /// What was answered.
    #[must_use]
    pub fn given(&self, question: &Question) -> Option<usize> {
        self.progress.answers.get(&question.id).map(|given| given.choice)
    }

    /// The right option, as far as it is known.
    #[must_use]
    pub fn judge(&self, question: &Question) -> Verdict {
        let known = |value| values::resolve(self, value);
        match &question.answer {
            Answer::Option(index) => Verdict { right: Some(*index), measured: None },
            Answer::Bands { value, bands } => {
                let value = known(value);
                let right = match value.number {
                    Number::Known(number) => Some(bands.iter().filter(|band| **band <= number).count()),
                    Number::None => None,
                };
                Verdict { right, measured: value.ready.then_some(value.text) }
            }
            Answer::Match { value, matches } => {
                let value = known(value);
                let right = value
                    .ready
                    .then(|| matches.iter().position(|entry| entry == "*" || *entry == value.text))
                    .flatten();
                Verdict { right, measured: value.ready.then_some(value.text) }
            }
        }
    }

    /// Recall questions of earlier sessions: lesson and step of every check that was answered and not yet recalled.
    #[must_use]
    pub fn recall(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (l, lesson) in self.course.lessons.iter().enumerate() {
            for (s, step) in lesson.steps.iter().enumerate() {
                let waits = |question: &Question| {
                    self.progress
                        .answers
                        .get(&question.id)
                        .is_some_and(|given| given.recalled == 0 && self.earlier(given))
                };
                if step.check.as_ref().is_some_and(waits) {
                    found.push((l, s));
                }
            }
        }
        found
    }

    /// Whether an answer is from before this session.
    fn earlier(&self, given: &Given) -> bool {
        match (self.started, given.at) {
            (Some(started), Some(at)) => at < started,
            _ => true,
        }
    }
}

/// Takes an answer to the step's open question. The first answer counts; later ones change nothing.
pub(super) fn answer(state: &mut State, choice: usize) -> Vec<Effect> {
    let Some(question) = state.question().cloned() else { return Vec::new() };
    if choice >= question.options.len() || state.progress.answers.contains_key(&question.id) {
        return Vec::new();
    }
    // What the answer was worth stands at the end of the text.
    state.text_page = -1;
    let correct = state.judge(&question).right.map(|right| right == choice);
    let lesson = state.lesson().map(|lesson| lesson.id.clone()).unwrap_or_default();
    state.progress.answers.insert(question.id, Given { choice, correct, lesson, at: state.now, recalled: 0 });
    vec![Effect::Save(state.progress.clone())]
}
