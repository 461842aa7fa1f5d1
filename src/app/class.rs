//! What a learner knows of the class that they are in: where it is, what it votes on, what it said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Effect, Overlay, Screen, State, facts, walk};
use crate::lesson::{Question, Step};

/// A step of the course.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Id of the lesson.
    pub lesson: String,
    /// The step, 0-based.
    pub step: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.lesson, self.step + 1)
    }
}

/// How a class answered a question: answers by option in the first vote, and in the second if there was one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Of each vote, how many said each option.
    pub votes: Vec<Vec<usize>>,
}

impl Tally {
    /// How many said an option in the last vote, and how many voted.
    #[must_use]
    pub fn said(&self, option: usize) -> (usize, usize) {
        let last = self.votes.last().map_or(&[][..], Vec::as_slice);
        (last.get(option).copied().unwrap_or(0), last.iter().sum())
    }
}

/// What the class tells a learner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The class is at this step.
    Call(Place),
    /// Everybody is taken to this step.
    Bring(Place),
    /// The class votes on this question, for the first time or again: its result waits.
    Vote(String, bool),
    /// The vote closes by itself at this time, in seconds since 1970.
    Limit(u64),
    /// The vote on this question is closed.
    Closed(String, Tally),
    /// The teacher says something.
    Said(String),
    /// Something has come out.
    News(String),
}

/// What a learner was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Where the class is.
    pub call: Option<Place>,
    /// The question that the class votes on.
    pub vote: Option<String>,
    /// How it answered, by question.
    pub tallies: BTreeMap<String, Tally>,
}

/// The question of a step on which a class can vote.
#[must_use]
pub fn question_of(step: &Step) -> Option<&Question> {
    step.predict.as_ref().or(step.check.as_ref())
}

impl State {
    /// The step on the screen.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        match self.screen {
            Screen::Lesson { step, .. } => self.lesson().map(|lesson| Place { lesson: lesson.id.clone(), step }),
            Screen::Home { .. } | Screen::Sandbox => None,
        }
    }

    /// Where the class is, if this learner is elsewhere.
    #[must_use]
    pub fn called_away(&self) -> Option<&Place> {
        self.class.call.as_ref().filter(|call| self.place().as_ref() != Some(*call))
    }

    /// Whether the class still votes on this question, so that its result is not shown.
    #[must_use]
    pub fn votes_on(&self, question: &Question) -> bool {
        self.class.vote.as_ref() == Some(&question.id)
    }

    /// Whether the class still votes on the step's question.
    #[must_use]
    pub fn votes_here(&self) -> bool {
        self.step().and_then(question_of).is_some_and(|question| self.votes_on(question))
    }
}

/// Takes what the class tells.
pub(super) fn hear(state: &mut State, note: Note) -> Vec<Effect> {
    match note {
        Note::Call(place) => state.class.call = Some(place),
        Note::Bring(place) => {
            state.class.call = Some(place.clone());
            // Words that are being written are not thrown away.
            let writes = matches!(state.overlay, Some(Overlay::Editor(..)));
            if !writes && state.place().as_ref() != Some(&place) {
                state.overlay = None;
                let effects = go(state, &place);
                let votes = if state.votes_here() { " It votes on this question." } else { "" };
                state.notice = Some(format!("The class is here now, at {place}.{votes} You can leave when you want."));
                return effects;
            }
        }
        Note::Vote(question, again) => {
            let here = state.step().and_then(question_of).is_some_and(|known| known.id == question);
            state.class.vote = Some(question);
            state.uncovered &= !here;
            if again && here {
                state.notice = Some("Vote again: another digit changes your answer.".to_owned());
            }
        }
        Note::Limit(until) => {
            let left = until.saturating_sub(state.now.unwrap_or(until));
            if left > 0 && state.class.vote.is_some() {
                state.notice = Some(format!("The vote closes in {left} s."));
            }
        }
        Note::Closed(question, tally) => {
            // What was said of an answer that can be changed holds no more.
            if state.votes_here() {
                state.notice = None;
            }
            state.class.vote = None;
            state.class.tallies.insert(question, tally);
            facts::settle(state);
            return vec![Effect::Save(state.progress.clone())];
        }
        Note::News(words) => state.notice = Some(words),
        Note::Said(words) => state.notice = Some(format!("Your teacher: {words}")),
    }
    Vec::new()
}

/// Goes to a step.
pub(super) fn go(state: &mut State, place: &Place) -> Vec<Effect> {
    let found = state.course.lessons.iter().position(|lesson| lesson.id == place.lesson);
    found.map_or_else(Vec::new, |lesson| walk::open(state, lesson, place.step))
}
