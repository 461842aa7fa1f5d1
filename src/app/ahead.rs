//! Reading ahead: while a learner reads the steps before a run on a frozen BERT, its sentences are read.

use super::{Effect, Screen, State, bench};
use crate::lab::{Request, ahead};

/// How many steps before its own a run is read ahead.
const STEPS: usize = 3;

/// What is to be read from now on, where that has changed. Never on the map or in the sandbox.
pub(super) fn look(state: &mut State) -> Option<Effect> {
    if !state.reads_ahead || state.facts.is_none() {
        return None;
    }
    let wanted = wanted(state);
    (wanted != state.ahead).then(|| {
        state.ahead.clone_from(&wanted);
        Effect::ReadAhead(wanted)
    })
}

/// The next such run that this lesson offers, if it comes soon, was not made, and none is under way.
fn wanted(state: &mut State) -> Option<Request> {
    let Screen::Lesson { lesson, step, page } = state.screen.clone() else { return None };
    if state.results.running.is_some() {
        return None;
    }
    let steps = state.course.lessons.get(lesson)?.steps.len();
    let here = (state.screen.clone(), state.cursor);
    let found = (step..steps.min(step + 1 + STEPS)).find_map(|later| {
        if later != step {
            state.screen = Screen::Lesson { lesson, step: later, page };
            bench::begin(state);
        }
        let run = state.run_request().filter(|request| ahead::reads(request) && !state.has_run());
        run.filter(|request| !state.was_read_ahead(request))
    });
    (state.screen, state.cursor) = here;
    found
}

impl State {
    /// Whether the sentences of a run were read ahead.
    pub(super) fn was_read_ahead(&self, request: &Request) -> bool {
        self.read_ahead.contains(request)
    }
}
