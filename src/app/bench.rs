//! Where the learner is within a bench: piece, layer, head, operation, variant.

use crate::lab::aggregate;
use crate::lesson::progress::RaceChoice;
use crate::lesson::{Bench, View};

use super::{Action, State, pieces, runs};

/// More than any view has columns, so that a movement without an end ends.
const MOST_STEPS: usize = 2_000;

/// The cursor of a bench; every view uses the parts it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// Index of a piece; in a map of pieces by pieces, the column.
    pub token: usize,
    /// Index of the piece that asks: the row of an attention map.
    pub row: usize,
    /// Layer, 0 the embeddings.
    pub layer: usize,
    /// Head, 0-based.
    pub head: usize,
    /// Index of an operation.
    pub operation: usize,
    /// Index into the view's measures.
    pub variant: usize,
    /// First column or dimension shown, or the row of a list.
    pub offset: usize,
    /// Lanes that were added to a race.
    pub lanes: usize,
    /// `[CLS]` and `[SEP]` are left out of a map.
    pub hide: bool,
    /// What the cursor was on is opened.
    pub open: bool,
}

impl Cursor {
    /// Where a bench begins, with a model of so many layers. Before the model is there, its own layers are not known:
    /// `update` places the cursor again when it comes.
    #[must_use]
    pub fn start(bench: Option<&Bench>, layers: Option<usize>) -> Self {
        let Some(bench) = bench else { return Self::default() };
        let variant =
            bench.measure.as_ref().and_then(|measure| bench.view.measures().iter().position(|known| known == measure));
        let lowest = match bench.view {
            View::Stepper => 1,
            view => first_layer(view),
        };
        let layer = bench.layer.zip(layers).map_or(lowest, |(layer, layers)| layer.number(layers));
        let head = bench.head.map_or(0, |head| head.saturating_sub(1));
        Self { variant: variant.unwrap_or(0), layer, head, ..Self::default() }
    }
}

/// The lowest layer that a view shows.
fn first_layer(view: View) -> usize {
    usize::from(matches!(view, View::Mixing | View::Attention | View::Matrix | View::Heads | View::Difference))
}

impl State {
    /// Whether the view is a map from which `[CLS]` and `[SEP]` can be hidden.
    #[must_use]
    pub fn hides(&self) -> bool {
        match self.bench().map(|bench| bench.view) {
            Some(View::Heads) => self.cursor.open || self.cursor.variant == 0,
            view => {
                matches!(view, Some(View::Mixing | View::Attention | View::Matrix))
                    || matches!(view, Some(View::Similarity | View::Attribution | View::Difference))
            }
        }
    }

    /// Whether Enter opens what the cursor is on.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.bench().is_some_and(|bench| bench.view == View::Heads) && !self.covered()
    }
}

/// Closes what Enter opened, if anything is open; going back closes it first.
pub(super) fn close(state: &mut State) -> bool {
    state.opens() && std::mem::take(&mut state.cursor.open)
}

/// Puts the cursor where the bench begins; a race has the size that the learner chose last.
pub(super) fn begin(state: &mut State) {
    state.cursor = Cursor::start(state.bench(), state.layers());
    let sizes = View::Race.measures().len();
    if let Some(size) = state.progress.race.size.filter(|size| state.takes_lanes() && *size < sizes) {
        state.cursor.variant = size;
    }
}

/// Moves in one direction until nothing moves any more.
pub(super) fn to_the_end(state: &mut State, towards: Action) {
    let mut before = state.cursor;
    for _ in 0..MOST_STEPS {
        step(state, towards);
        if std::mem::replace(&mut before, state.cursor) == state.cursor {
            break;
        }
    }
}

/// Moves within the bench; what does not fit the view does nothing.
pub(super) fn step(state: &mut State, action: Action) {
    let Some(bench) = state.bench().cloned() else { return };
    if action == Action::Hide {
        if state.hides() {
            state.cursor.hide = !state.cursor.hide;
            pieces::place(state);
        }
        return;
    }
    // In maps of pieces by pieces, up and down go over rows; in one row of attention, over what it looks at.
    let matrix =
        matches!(bench.view, View::Matrix | View::Similarity) || bench.view == View::Heads && state.cursor.open;
    let vectors = state.measure() == Some("vectors");
    match (action, bench.view) {
        (Action::Up | Action::Down, _) if matrix => return pieces::row(state, action == Action::Down),
        (Action::Left | Action::Right, View::Difference) => return pieces::pair(state, action == Action::Right),
        (Action::Up | Action::Down, View::Difference) if !vectors => {
            return pieces::pair(state, action == Action::Down);
        }
        (Action::Left | Action::Right, View::Attention) => return pieces::row(state, action == Action::Right),
        _ => {}
    }
    let (layers, heads) = state.facts.as_ref().map_or((1, 1), |facts| (facts.layers, facts.heads));
    let first_layer = if vectors { 0 } else { first_layer(bench.view) };
    let operations = state.trace().map_or(1, |trace| trace.operations.len());
    let by_layer = vectors || bench.view == View::Mixing || bench.view == View::Heads && !state.cursor.open;
    let cursor = &mut state.cursor;
    match action {
        Action::Variant if !bench.view.measures().is_empty() => {
            let count = bench.view.measures().len();
            cursor.variant = (cursor.variant + 1) % count;
            if bench.view == View::Race {
                let choice = RaceChoice { size: Some(cursor.variant), ..state.progress.race };
                state.notice = Some(format!(
                    "Size {} of {count}, for every race from now on: what another size found is kept, v goes on to it.",
                    cursor.variant + 1
                ));
                state.progress.set_race(choice, state.now);
            }
        }
        Action::More if bench.view == View::Race => cursor.lanes = (cursor.lanes + 1).min(runs::MORE.len()),
        Action::Less if bench.view == View::Race => cursor.lanes = cursor.lanes.saturating_sub(1),
        Action::Up | Action::Down if bench.view == View::Notebook => {
            let last = super::notebook::QUESTIONS - 1;
            let offset = cursor.offset;
            cursor.offset = if action == Action::Down { (offset + 1).min(last) } else { offset.saturating_sub(1) };
            state.text_page = 0;
        }
        Action::Up if bench.view == View::Race => cursor.offset = cursor.offset.saturating_sub(1),
        Action::Down if bench.view == View::Race => cursor.offset = (cursor.offset + 1).min(99),
        Action::Up if bench.view == View::Nearest => cursor.offset = cursor.offset.saturating_sub(1),
        Action::Down if bench.view == View::Nearest => cursor.offset = (cursor.offset + 1).min(aggregate::KEPT - 1),
        Action::Up if bench.view == View::Aggregate => cursor.layer = cursor.layer.saturating_sub(1),
        Action::Down if bench.view == View::Aggregate => cursor.layer = (cursor.layer + 1).min(layers),
        Action::Up if bench.view == View::Decode => cursor.layer = cursor.layer.saturating_sub(1),
        Action::Down if bench.view == View::Decode => cursor.layer = (cursor.layer + 1).min(layers),
        Action::Up if bench.view == View::Gradient => cursor.layer = cursor.layer.saturating_sub(1),
        Action::Down if bench.view == View::Gradient => cursor.layer = (cursor.layer + 1).min(layers),
        Action::LayerUp if bench.view == View::Stepper => jump_layer(state, true),
        Action::LayerDown if bench.view == View::Stepper => jump_layer(state, false),
        Action::LayerUp => cursor.layer = (cursor.layer + 1).min(layers),
        Action::LayerDown => cursor.layer = cursor.layer.saturating_sub(1).max(first_layer),
        Action::HeadUp => cursor.head = (cursor.head + 1) % heads,
        Action::HeadDown => cursor.head = (cursor.head + heads - 1) % heads,
        Action::OperationOn => cursor.operation = (cursor.operation + 1).min(operations - 1),
        Action::OperationBack => cursor.operation = cursor.operation.saturating_sub(1),
        Action::Up if by_layer => cursor.layer = cursor.layer.saturating_sub(1).max(first_layer),
        Action::Down if by_layer => cursor.layer = (cursor.layer + 1).min(layers),
        Action::Left if by_layer && bench.view == View::Heads => cursor.head = cursor.head.saturating_sub(1),
        Action::Right if by_layer && bench.view == View::Heads => cursor.head = (cursor.head + 1).min(heads - 1),
        Action::Left | Action::Right if bench.view == View::Stepper => {
            let width = state
                .trace()
                .and_then(|trace| trace.operations.get(state.cursor.operation))
                .and_then(|op| op.values.first())
                .map_or(0, |m| m.cols);
            let offset = state.cursor.offset;
            state.cursor.offset = if action == Action::Right {
                (offset + 4).min(width.saturating_sub(4))
            } else {
                offset.saturating_sub(4)
            };
        }
        Action::Left | Action::Up => pieces::column(state, false),
        Action::Right | Action::Down => pieces::column(state, true),
        _ => {}
    }
}

/// In the stepper, a layer key goes to the same operation of the next layer.
fn jump_layer(state: &mut State, up: bool) {
    let Some(trace) = state.trace().cloned() else { return };
    let Some(now) = trace.operations.get(state.cursor.operation) else { return };
    let same = |index: &usize| {
        let other = &trace.operations[*index];
        other.name == now.name && (other.block == now.block || now.layer.is_none())
    };
    let found = if up {
        (state.cursor.operation + 1..trace.operations.len()).find(same)
    } else {
        (0..state.cursor.operation).rev().find(same)
    };
    if let Some(index) = found {
        state.cursor.operation = index;
    }
}
