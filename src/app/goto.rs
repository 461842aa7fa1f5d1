//! Going to a step of the lesson, or to a view of the sandbox, by a list.

use super::{Action, Effect, Key, Overlay, Screen, State, keymap, sandbox, walk};

/// Where the reader is in the list, and the digits typed so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Which entry.
    pub row: usize,
    /// Digits that name an entry by its number.
    pub typed: String,
}

impl State {
    /// What the list is of.
    #[must_use]
    pub fn index_title(&self) -> String {
        let lesson = |index: usize| self.course.lessons.get(index);
        match self.screen {
            Screen::Sandbox => "Views of the sandbox".to_owned(),
            Screen::Home { cursor: index } | Screen::Lesson { lesson: index, .. } => {
                lesson(index).map_or(String::new(), |lesson| format!("Steps of lesson {}: {}", lesson.id, lesson.title))
            }
        }
    }

    /// Its entries: titles of steps, or names of views.
    #[must_use]
    pub fn index(&self) -> Vec<String> {
        match self.screen {
            Screen::Sandbox => self.sandbox.names(),
            Screen::Home { cursor: index } | Screen::Lesson { lesson: index, .. } => {
                let steps = self.course.lessons.get(index).map_or(&[][..], |lesson| &lesson.steps);
                let titled = |step: &crate::lesson::Step| step.title.clone().unwrap_or_else(|| "(no title)".to_owned());
                steps.iter().map(titled).collect()
            }
        }
    }
}

/// Opens the list at the place on the screen.
pub(super) fn open(state: &mut State) {
    let row = match state.screen {
        Screen::Sandbox => state.sandbox.place().0,
        Screen::Lesson { step, .. } => step,
        Screen::Home { .. } => 0,
    };
    state.overlay = Some(Overlay::GoTo(Place { row, typed: String::new() }));
}

/// A key in the list.
pub(super) fn key(state: &mut State, mut place: Place, key: Key) -> Vec<Effect> {
    let count = state.index().len();
    let last = count.saturating_sub(1);
    if let Key::Char(digit @ '0'..='9') = key {
        place.typed.push(digit);
        // Digits that name nothing together begin a new number.
        let named = |typed: &str| typed.parse::<usize>().ok().filter(|number| (1..=count).contains(number));
        if named(&place.typed).is_none() {
            place.typed = digit.to_string();
        }
        match named(&place.typed) {
            Some(number) => place.row = number - 1,
            None => place.typed.clear(),
        }
        state.overlay = Some(Overlay::GoTo(place));
        return Vec::new();
    }
    place.typed.clear();
    match keymap::action(key) {
        Some(Action::Up | Action::Previous) => place.row = place.row.saturating_sub(1),
        Some(Action::Down | Action::Next) => place.row = (place.row + 1).min(last),
        Some(Action::TextBack | Action::First) => place.row = place.row.saturating_sub(10),
        Some(Action::TextOn | Action::Last) => place.row = (place.row + 10).min(last),
        Some(Action::Back | Action::GoTo) => return Vec::new(),
        Some(Action::Enter) => return go(state, place.row),
        _ => {}
    }
    state.overlay = Some(Overlay::GoTo(place));
    Vec::new()
}

fn go(state: &mut State, row: usize) -> Vec<Effect> {
    match state.screen {
        Screen::Sandbox => {
            sandbox::show_number(state, row);
            Vec::new()
        }
        Screen::Home { cursor: lesson } | Screen::Lesson { lesson, .. } => walk::open(state, lesson, row),
    }
}
