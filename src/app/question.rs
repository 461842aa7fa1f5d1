//! Questions: which one is open, what was answered, and what the measurement says.

use super::values::{self, Number};
use super::{Effect, State, facts, runs};
use crate::lesson::progress::Given;
use crate::lesson::{Answer, Question, Source, ValueRef};

/// What is known about a question after an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The right option, once the measurement is there.
    pub right: Option<usize>,
    /// The measurement in words, for a measured answer.
    pub measured: Option<String>,
    /// Where the measurement is from.
    pub source: Option<Source>,
    /// The right option itself says the measured word, so that nobody needs to say it again.
    pub told_by_option: bool,
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

    /// Whether the question was answered and its result is not shown yet.
    #[must_use]
    pub fn can_change(&self, question: &Question) -> bool {
        let open = |given: &Given| given.correct.is_none() && self.judge(question).right.is_none();
        self.progress.answers.get(&question.id).is_some_and(open)
    }

    /// The right option, as far as it is known.
    #[must_use]
    pub fn judge(&self, question: &Question) -> Verdict {
        if self.votes_on(question) {
            return Verdict { right: None, measured: None, source: None, told_by_option: false };
        }
        let known = |value: &ValueRef| values::resolve(self, &self.own_measure(value));
        match &question.answer {
            Answer::Option(index) => {
                Verdict { right: Some(*index), measured: None, source: None, told_by_option: false }
            }
            Answer::Bands { value, bands } => {
                let value = known(value);
                let right = match value.number {
                    Number::Known(number) => Some(bands.iter().filter(|band| **band <= number).count()),
                    Number::None => None,
                };
                Verdict {
                    right,
                    measured: value.ready.then_some(value.text),
                    source: value.source,
                    told_by_option: false,
                }
            }
            Answer::Match { value, matches } => {
                let (key, live) = (value.key.clone(), value.source == Source::Live);
                let value = known(value);
                let is = |entry: &String| {
                    let other = || self.matched(&key, entry) == value.text;
                    entry == "*" || values::is_piece(self, &key, entry).filter(|_| live).unwrap_or_else(other)
                };
                let right = value.ready.then(|| matches.iter().position(|entries| entries.iter().any(is))).flatten();
                let options = self.options(question);
                // An option for one word says that word; one for several does not say which.
                let says = |entries: &[String]| matches!(entries, [word] if word != "*");
                let told_by_option =
                    right.is_some_and(|right| says(&matches[right]) || options.get(right) == Some(&value.text));
                Verdict { right, measured: value.ready.then_some(value.text), source: value.source, told_by_option }
            }
        }
    }

    /// The same; where nothing on the screen decides it now, as it was decided when it was measured.
    #[must_use]
    pub fn verdict(&self, question: &Question) -> Verdict {
        let now = self.judge(question);
        match self.progress.answers.get(&question.id) {
            Some(given) if now.right.is_none() && given.correct.is_some() && !self.votes_on(question) => Verdict {
                right: given.right.or_else(|| (given.correct == Some(true)).then_some(given.choice)),
                measured: given.measured.clone(),
                source: given.source,
                told_by_option: false,
            },
            _ => now,
        }
    }

    /// Where a record decides that another model made: the same figure of the race that this step's bench runs.
    fn own_measure(&self, value: &ValueRef) -> ValueRef {
        let foreign = value.source == Source::Record && values::misleads(self, &value.key);
        match value.key.split_once('.').filter(|_| foreign) {
            Some((_, key)) => {
                // The layer that was recorded is the last of that model.
                let part = |part: &str| if part.parse::<usize>().is_ok() { "last".to_owned() } else { part.to_owned() };
                let key = key.split('.').map(part).collect::<Vec<_>>().join(".");
                ValueRef { source: Source::Live, key: format!("race.{key}"), format: value.format }
            }
            None => value.clone(),
        }
    }

    /// In which order a recall question shows its options when it comes back: the place of the right one must not be what is
    /// remembered. Another order each time, never the lesson's own; `answered` when its answer of now is kept already.
    #[must_use]
    pub fn recall_order(&self, check: &Question, answered: bool) -> Vec<usize> {
        let times = self.progress.answers.get(&check.id).map_or(0, |given| given.recalls.len());
        let times = times.saturating_sub(usize::from(answered));
        let count = check.options.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|index| runs::hash(&format!("{} {times} {index}", check.id)));
        if order.is_sorted() {
            order.rotate_left(1);
        }
        order
    }

    /// Recall questions of earlier sessions: lesson and step of every check whose time has come.
    #[must_use]
    pub fn recall(&self) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (l, lesson) in self.course.lessons.iter().enumerate() {
            for (s, step) in lesson.steps.iter().enumerate() {
                let given = step.check.as_ref().and_then(|check| self.progress.answers.get(&check.id));
                // What the class votes on is not asked beside the vote.
                let voted = step.check.as_ref().is_some_and(|check| self.votes_on(check));
                if !voted && given.is_some_and(|given| given.waits(self.started)) {
                    found.push((l, s));
                }
            }
        }
        found
    }
}

/// Said to a digit after the result was shown.
pub(super) const STANDS: &str = "Your answer stands: the result has been shown.";

/// Which digits answer a question.
pub(super) fn answers_of(question: &Question) -> String {
    format!("This question has the answers 1 to {}.", question.options.len())
}

/// Takes an answer to the step's open question. Until its result is shown another digit changes it.
pub(super) fn answer(state: &mut State, choice: usize) -> Vec<Effect> {
    let Some(question) = state.question().cloned() else { return Vec::new() };
    let known = state.progress.answers.get(&question.id).cloned();
    let say = match &known {
        _ if choice >= question.options.len() => Some(answers_of(&question)),
        Some(_) if !state.can_change(&question) => Some(STANDS.to_owned()),
        Some(known) if known.choice == choice => Some(format!("{} is your answer already.", choice + 1)),
        _ => None,
    };
    if say.is_some() {
        state.notice = say;
        return Vec::new();
    }
    // What the answer was worth stands at the end of the text.
    state.text_page = -1;
    let lesson = state.lesson().map(|lesson| lesson.id.clone()).unwrap_or_default();
    let first = known.map(|known| known.first.unwrap_or(known.choice)).filter(|first| *first != choice);
    let given = Given { choice, first, lesson, at: state.now, ..Given::default() };
    state.progress.answers.insert(question.id.clone(), given);
    facts::settle(state);
    if state.can_change(&question) {
        let digit = choice + 1;
        let until = if state.votes_on(&question) { "the vote is closed" } else { "the result is shown" };
        state.notice = Some(format!("Your answer is {digit}. Until {until} another digit changes it."));
    }
    vec![Effect::Save(state.progress.clone())]
}
