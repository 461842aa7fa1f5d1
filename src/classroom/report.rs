//! What a session tells the class: where its learner is, and what they answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hall::Attendance;
use crate::app::State;
use crate::app::class::{Place, question_of};
use crate::class::Msg;

/// Tells the class where a learner is and what they answer.
pub(super) struct Report {
    attendance: Arc<Attendance>,
    at: Option<Place>,
    /// Answers that the class knows, by question.
    answers: Option<BTreeMap<String, usize>>,
    /// Questions on which the class has voted while this learner was at them.
    voted: BTreeSet<String>,
}

impl Report {
    pub(super) fn new(attendance: Arc<Attendance>) -> Self {
        Self { attendance, at: None, answers: None, voted: BTreeSet::new() }
    }

    /// Looks at what has changed since the last time.
    pub(super) fn look(&mut self, state: &State) {
        // What was answered in earlier sessions is told when the class votes on it.
        let answers = &state.progress.answers;
        let known = || answers.iter().map(|(id, given)| (id.clone(), given.choice)).collect();
        let told = self.answers.get_or_insert_with(known);
        let at = state.place();
        if at != self.at {
            self.at.clone_from(&at);
            self.attendance.tell(|session, name| Msg::At(session, name, at));
        }
        let Some(question) = state.step().and_then(question_of) else { return };
        let Some(choice) = state.given(question) else { return };
        let new = told.insert(question.id.clone(), choice) != Some(choice);
        let votes = state.votes_on(question) && self.voted.insert(question.id.clone());
        if new || votes {
            self.attendance.tell(|_, name| Msg::Answered(name, question.id.clone(), choice));
        }
    }
}
