//! The shorter paths through the course: which is chosen, and what comes next on it.

use super::{Effect, State};
use crate::lesson::Path;

impl State {
    /// The path that the learner chose; `None` is the whole course.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        let name = self.progress.path.as_ref()?;
        self.course.paths.iter().find(|path| path.name == *name)
    }
}

/// The next path: the whole course, then each of the shorter ones.
pub(super) fn next(state: &mut State) -> Vec<Effect> {
    let paths = &state.course.paths;
    let now = state.path().and_then(|path| paths.iter().position(|known| known == path));
    let next = paths.get(now.map_or(0, |now| now + 1)).map(|path| path.name.clone());
    state.progress.set_path(next, state.now);
    vec![Effect::Save(state.progress.clone())]
}

/// The lesson that waits after this one, as an index into the course: the next of the path, or of the course.
pub(super) fn after(state: &State, lesson: usize) -> usize {
    let lessons = &state.course.lessons;
    let on_path = |index: &usize| {
        state.path().is_none_or(|path| lessons.get(*index).is_some_and(|lesson| path.lessons.contains(&lesson.id)))
    };
    (lesson + 1..lessons.len()).find(on_path).unwrap_or_else(|| (lesson + 1).min(lessons.len().saturating_sub(1)))
}
