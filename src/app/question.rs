//! Questions: which one is open, what was answered, and what the measurement says.

use super::values::{self, Number};
use super::{Effect, Screen, State, facts, runs};
use crate::lesson::progress::Given;
use crate::lesson::{Answer, Question, Source, ValueRef};

/// What is known about a question after an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Verdict {
    /// The right option, once the measurement is there.
    pub right: Option<usize>,
    /// The measurement in words, for a measured answer; with its interval where that does not decide.
    pub measured: Option<String>,
    /// The measurement is there, and its interval reaches more than one answer.
    pub undecided: bool,
    /// Where the measurement is from.
    pub source: Option<Source>,
    /// The right option itself says the measured word, so that nobody needs to say it again.
    pub told_by_option: bool,
}

impl Verdict {
    /// Whether its result can be shown: an option is right, or the measurement decides for none.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.right.is_some() || self.undecided
    }
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

    /// What the predictions of this lesson from a step on ask about, as far as they have no answer yet.
    fn open_predictions(&self, from: usize) -> impl Iterator<Item = &ValueRef> {
        let steps = self.lesson().filter(|_| !self.teacher.unlock).map_or(&[][..], |lesson| &lesson.steps);
        let predictions = steps.iter().skip(from).filter_map(|step| step.predict.as_ref());
        let open = predictions.filter(|question| !self.progress.answers.contains_key(&question.id));
        open.filter_map(|question| match &question.answer {
            Answer::Bands { value, .. } | Answer::Match { value, .. } => Some(value),
            Answer::Option(_) => None,
        })
    }

    /// Whether a step of this lesson asks what this value will be, and has no answer yet: a picture before it leaves it open.
    #[must_use]
    pub fn still_asks(&self, key: &str) -> bool {
        self.open_predictions(0).any(|value| value.key == key)
    }

    /// Whether a later step of this lesson asks how a readout does against `[CLS]`, tuned or frozen, and has no answer yet.
    #[must_use]
    pub fn asks_later(&self, readout: &str, tuned: bool) -> bool {
        let Screen::Lesson { step, .. } = self.screen else { return false };
        let of = format!(".cls-{readout}.");
        self.open_predictions(step + 1)
            .any(|value| value.key.contains(&of) && value.key.contains(".finetune.") == tuned)
    }

    /// Whether the prediction of this step can still be changed: then what is recorded of its result stays back until the run.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        let predict = self.step().and_then(|step| step.predict.as_ref());
        !self.uncovered && predict.is_some_and(|question| self.can_change(question))
    }

    /// Whether the question was answered and its result is not shown yet.
    #[must_use]
    pub fn can_change(&self, question: &Question) -> bool {
        let open = |given: &Given| given.correct.is_none() && !self.verdict(question).is_known();
        self.progress.answers.get(&question.id).is_some_and(open)
    }

    /// The right option, as far as it is known.
    #[must_use]
    pub fn judge(&self, question: &Question) -> Verdict {
        if self.votes_on(question) {
            return Verdict::default();
        }
        let known = |value: &ValueRef| values::resolve(self, &self.own_measure(value));
        match &question.answer {
            Answer::Option(index) => Verdict { right: Some(*index), ..Verdict::default() },
            Answer::Bands { value, bands } => {
                let asked = self.own_measure(value);
                let value = values::resolve(self, &asked);
                let band = |number: f64| bands.iter().filter(|band| **band <= number).count();
                let right = match value.number {
                    Number::Known(number) => Some(band(number)),
                    Number::None => None,
                };
                let measured = value.ready.then_some(value.text);
                match (self.interval(&asked), measured) {
                    // An answer is right where the whole interval says so: a figure may lie anywhere in it.
                    (Some([low, high]), Some(measured)) if band(low.0) != band(high.0) => Verdict {
                        measured: Some(format!("{measured}, interval {} to {}", low.1, high.1)),
                        undecided: true,
                        source: value.source,
                        ..Verdict::default()
                    },
                    (_, measured) => Verdict { right, measured, source: value.source, ..Verdict::default() },
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
                let measured = value.ready.then_some(value.text);
                Verdict { right, measured, source: value.source, told_by_option, ..Verdict::default() }
            }
        }
    }

    /// The same; where nothing on the screen decides it now, as it was decided when it was measured.
    #[must_use]
    pub fn verdict(&self, question: &Question) -> Verdict {
        let now = self.judge(question);
        let known = |given: &&Given| given.correct.is_some() || given.measured.is_some() && now.measured.is_none();
        let kept = self.progress.answers.get(&question.id).filter(known);
        match kept.filter(|_| now.right.is_none() && !self.votes_on(question)) {
            Some(given) => Verdict {
                right: given.right.or_else(|| (given.correct == Some(true)).then_some(given.choice)),
                measured: given.measured.clone(),
                undecided: given.correct.is_none(),
                source: given.source,
                told_by_option: false,
            },
            None => now,
        }
    }

    /// The 95 % interval of a difference, its ends as numbers and as they are written.
    fn interval(&self, value: &ValueRef) -> Option<[(f64, String); 2]> {
        let of = value.key.strip_suffix(".difference")?;
        let end = |which: &str| {
            let found = values::resolve(self, &ValueRef { key: format!("{of}.{which}"), ..value.clone() });
            if let Number::Known(number) = found.number { Some((number, found.text)) } else { None }
        };
        Some([end("low")?, end("high")?])
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
