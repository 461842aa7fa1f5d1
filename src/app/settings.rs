//! Settings that can be changed while the program runs, and those that cannot with where they come from.

use super::{Action, Effect, Overlay, State};

/// Names of the colour depths, in the order of `Look::colours`.
pub const COLOURS: [&str; 4] = ["never", "16", "256", "truecolor"];

/// How the screen looks: what the front end is told when it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Index into [`COLOURS`].
    pub colours: usize,
    /// ASCII signs only.
    pub ascii: bool,
    /// A run's progress moves.
    pub animation: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { colours: COLOURS.len() - 1, ascii: false, animation: true }
    }
}

/// A setting that cannot be changed while the program runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Where it comes from: `command line or environment`, `settings file`, `default`.
    pub from: &'static str,
}

/// All settings of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// How the screen looks now.
    pub look: Look,
    /// The others.
    pub fixed: Vec<Fixed>,
}

/// Settings that can be changed, in the order of their rows.
pub const ROWS: [&str; 4] = ["colours", "signs", "animation", "mouse"];

/// A key in the overlay, whose cursor is at a row.
pub(super) fn key(state: &mut State, row: usize, action: Option<Action>) -> Vec<Effect> {
    let next = match action {
        Some(Action::Down) => (row + 1).min(ROWS.len() - 1),
        Some(Action::Up) => row.saturating_sub(1),
        Some(Action::Back | Action::Settings) => return Vec::new(),
        _ => row,
    };
    state.overlay = Some(Overlay::Settings(next));
    let forth = match action {
        Some(Action::Enter | Action::Right | Action::Pause | Action::Variant) => true,
        Some(Action::Left) => false,
        _ => return Vec::new(),
    };
    let look = &mut state.settings.look;
    match row {
        0 => look.colours = (look.colours + if forth { 1 } else { COLOURS.len() - 1 }) % COLOURS.len(),
        1 => look.ascii = !look.ascii,
        2 => look.animation = !look.animation,
        _ => {
            state.mouse = !state.mouse;
            return vec![Effect::Mouse(state.mouse)];
        }
    }
    vec![Effect::Look(*look)]
}
