//! Playing: the bench goes by itself from layer to layer, or from operation to operation. A clock that the front end has beats
//! while it plays; any key stops it, and the last picture stays.

use super::keymap::Scope;
use super::{Action, State, bench};

/// Goes on after a beat; at the end it stops.
pub(super) fn beat(state: &mut State) {
    state.playing = state.playing && advance(state) && !at_the_end(state);
}

/// Begins to play; from the start again where the bench is at its end. Without animation the end is shown at once.
pub(super) fn play(state: &mut State) {
    let Some((back, on)) = directions(state) else {
        state.notice = Some("There is nothing to play here: this bench has no layers to go through.".to_owned());
        return;
    };
    if at_the_end(state) {
        bench::to_the_end(state, back);
    }
    if state.settings.look.animation {
        state.playing = true;
    } else {
        bench::to_the_end(state, on);
    }
}

impl State {
    /// Whether the bench can be played: it has layers or operations.
    #[must_use]
    pub fn plays(&self) -> bool {
        directions(self).is_some()
    }
}

/// What goes back and what goes on in the bench.
fn directions(state: &State) -> Option<(Action, Action)> {
    let row = state.bench()?.view.row();
    let takes = |scope| !state.covered() && row.takes(scope);
    if takes(Scope::Stepper) {
        Some((Action::OperationBack, Action::OperationOn))
    } else {
        takes(Scope::Layers).then_some((Action::LayerDown, Action::LayerUp))
    }
}

/// One step on; `false` where there is none.
fn advance(state: &mut State) -> bool {
    let Some((_, on)) = directions(state) else { return false };
    let before = state.cursor;
    bench::step(state, on);
    state.cursor != before
}

fn at_the_end(state: &mut State) -> bool {
    let before = state.cursor;
    let more = advance(state);
    state.cursor = before;
    !more
}
