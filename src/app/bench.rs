//! Where the learner is within a bench: piece, layer, head, operation, variant.

use std::sync::Arc;

use crate::bench::ViewRow;
use crate::lab::Request;
use crate::lab::way::{Space, Way};
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
    /// How vectors are prepared before they are compared.
    pub way: Way,
    /// What the cursor was on is opened.
    pub open: bool,
    /// It stands where the view begins on this sentence, or where the learner moved it.
    pub placed: bool,
}

impl Cursor {
    /// Where a bench begins, with a model of so many layers. Before the model is there, its own layers are not known:
    /// `update` places the cursor again when it comes.
    #[must_use]
    pub fn start(bench: Option<&Bench>, layers: Option<usize>) -> Self {
        let Some(bench) = bench else { return Self::default() };
        let variant =
            bench.measure.as_ref().and_then(|measure| bench.view.measures().iter().position(|known| known == measure));
        let row = bench.view.row();
        let lowest = row.first_shown.max(row.lowest_layer);
        let layer = bench.layer.zip(layers).map_or(lowest, |(layer, layers)| layer.number(layers));
        let head = bench.head.map_or(0, |head| head.saturating_sub(1));
        Self { variant: variant.unwrap_or(0), layer, head, ..Self::default() }
    }
}

impl State {
    /// Whether the view is a map from which `[CLS]` and `[SEP]` can be hidden.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.row().is_some_and(|row| (row.hides)(self))
    }

    /// The ways in which the bench can prepare vectors before it compares them, the plain one first.
    #[must_use]
    pub fn ways(&self) -> &'static [Way] {
        self.row().filter(|_| !self.shows_models()).map_or(&[], |row| (row.ways)(self))
    }

    /// The way in use.
    #[must_use]
    pub fn way(&self) -> Way {
        if self.ways().contains(&self.cursor.way) { self.cursor.way } else { Way::AsItIs }
    }

    /// What a bench asks for that prepares the states of a trace itself.
    pub(crate) fn space_request(&self) -> Option<Request> {
        (self.way() != Way::AsItIs).then(|| Request::Largest(self.sentence()))
    }

    /// How it prepares them, once that is known.
    pub(crate) fn space(&self) -> Option<Space> {
        match self.way() {
            Way::AsItIs => Some(Space::default()),
            way => {
                self.largest().map(|data| Space { way, index: data.coordinate.index, common: Arc::clone(&data.common) })
            }
        }
    }

    /// What is known about the bench's view.
    pub(crate) fn row(&self) -> Option<&'static ViewRow> {
        self.bench().map(|bench| bench.view.row())
    }

    /// The lowest layer that the bench shows.
    fn lowest_layer(&self) -> usize {
        // States, unlike attention, begin with the embeddings.
        if self.measure() == Some("vectors") { 0 } else { self.row().map_or(0, |row| row.lowest_layer) }
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

/// Puts the cursor on the piece at which the view begins, once the sentence's pass is there; see [`ViewRow::starts`].
pub(super) fn settle(state: &mut State) {
    let compares = state.other().is_some() && state.other_trace().is_none();
    if state.cursor.placed || state.trace().is_none() || compares {
        return;
    }
    let start = state.row().and_then(|row| (row.starts)(state));
    let cursor = &mut state.cursor;
    cursor.placed = true;
    if let Some((row, token)) = start {
        // In a list of pairs the row is the pair.
        (cursor.row, cursor.token, cursor.offset) = (row, token, row);
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
    state.cursor.placed = true;
    if action == Action::Hide {
        if state.hides() {
            state.cursor.hide = !state.cursor.hide;
            pieces::place(state);
        }
        return;
    }
    let ways = state.ways();
    if action == Action::Way {
        let at = ways.iter().position(|way| *way == state.way()).unwrap_or(0);
        state.cursor.way = ways.get((at + 1) % ways.len().max(1)).copied().unwrap_or_default();
        state.notice = Some(
            match (ways.len(), state.cursor.way) {
                (0, _) => "This bench compares no vectors.",
                (_, Way::AsItIs) => "All numbers count again.",
                (_, Way::Without) => "The largest number is left out. Values in the text count all numbers.",
                (_, Way::Centred) => {
                    "What sentences have in common is subtracted. Values in the text count all numbers."
                }
            }
            .to_owned(),
        );
        return;
    }
    let row = bench.view.row();
    if (row.moves)(state, action) {
        return;
    }
    let (layers, heads) = state.facts.as_ref().map_or((1, 1), |facts| (facts.layers, facts.heads));
    let lowest = state.lowest_layer();
    let cursor = &mut state.cursor;
    match action {
        Action::Variant if !row.measures.is_empty() => {
            let count = row.measures.len();
            cursor.variant = (cursor.variant + 1) % count;
            if row.lanes {
                let choice = RaceChoice { size: Some(cursor.variant), ..state.progress.race };
                state.notice = Some(format!(
                    "Size {} of {count}, for every race from now on: what another size found is kept, v goes on to it.",
                    cursor.variant + 1
                ));
                state.progress.set_race(choice, state.now);
            }
        }
        Action::More if row.lanes => cursor.lanes = (cursor.lanes + 1).min(runs::MORE.len()),
        Action::Less if row.lanes => cursor.lanes = cursor.lanes.saturating_sub(1),
        Action::LayerUp => cursor.layer = (cursor.layer + 1).min(layers),
        Action::LayerDown => cursor.layer = cursor.layer.saturating_sub(1).max(lowest),
        Action::HeadUp => cursor.head = (cursor.head + 1) % heads,
        Action::HeadDown => cursor.head = (cursor.head + heads - 1) % heads,
        Action::Left | Action::Up => pieces::column(state, false),
        Action::Right | Action::Down => pieces::column(state, true),
        _ => {}
    }
}

/// For a view's `moves`: up and down go over layers.
pub(crate) fn over_layers(state: &mut State, action: Action) -> bool {
    let (lowest, layers) = (state.lowest_layer(), state.layers().unwrap_or(1));
    let cursor = &mut state.cursor;
    match action {
        Action::Up => cursor.layer = cursor.layer.saturating_sub(1).max(lowest),
        Action::Down => cursor.layer = (cursor.layer + 1).min(layers),
        _ => return false,
    }
    true
}

/// The same: up and down go over the rows of a map of pieces by pieces.
pub(crate) fn over_rows(state: &mut State, action: Action) -> bool {
    let along = matches!(action, Action::Up | Action::Down);
    if along {
        pieces::row(state, action == Action::Down);
    }
    along
}

/// The same: up and down go over a list with so many entries.
pub(crate) fn over_list(state: &mut State, action: Action, entries: usize) -> bool {
    let offset = &mut state.cursor.offset;
    match action {
        Action::Up => *offset = offset.saturating_sub(1),
        Action::Down => *offset = (*offset + 1).min(entries.saturating_sub(1)),
        _ => return false,
    }
    true
}
