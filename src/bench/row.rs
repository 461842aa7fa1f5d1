//! What is known about one view, in one place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::View;
use crate::app::keymap::Scope;
use crate::app::values::families::Family;
use crate::app::{Action, State};
use crate::lab::way::Way;
use crate::lab::{RaceRequest, Request, TraceData};
use crate::view::theme::Theme;

/// How a bench is drawn.
pub(crate) enum Draw {
    /// By what it asked for itself.
    Alone(fn(&State, &Theme, Rect, &mut Buffer)),
    /// By the trace of the sentence too; until that is there, a card stands in its place.
    Traced(fn(&State, &TraceData, &Theme, Rect, &mut Buffer)),
}

/// The run that the sandbox offers.
pub(crate) struct SandboxRun {
    /// Training sentences.
    pub train: Option<usize>,
    /// How its lanes learn.
    pub modes: &'static [&'static str],
    /// How many upper layers learn.
    pub top_layers: Option<usize>,
}

impl SandboxRun {
    /// No limits.
    pub const PLAIN: Self = Self { train: None, modes: &[], top_layers: None };
}

/// One view.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub(crate) struct ViewRow {
    /// Which.
    pub view: View,
    /// The name that a lesson writes.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    /// Variants that `measure` may name and `v` steps through.
    pub measures: &'static [&'static str],
    /// Settings that change it, besides `view`.
    pub settings: &'static [&'static str],
    /// Settings without which it shows nothing.
    pub needs: &'static [&'static str],
    /// Families of values that a step beside it may quote, besides those that every step has.
    pub families: &'static [Family],
    /// Groups of keys that do something here.
    pub keys: &'static [Scope],
    /// The lowest layer that it shows.
    pub lowest_layer: usize,
    /// The layer that it shows first, where its step names none.
    pub first_shown: usize,
    /// `+` and `-` add and remove lanes, and the size is the learner's for all such benches.
    pub lanes: bool,
    /// It learns from the sentences in use, not from those of the course.
    pub learns: bool,
    /// It shows the result of a run over many sentences.
    pub offers_run: bool,
    /// What its run is called.
    pub run_name: &'static str,
    /// The classifiers that it looks into, by readout.
    pub looks_into: &'static [&'static str],
    /// A classifier that the checkpoint brings along stands in for them.
    pub own_head: bool,
    /// Two models can stand side by side in it.
    pub two_models: bool,
    /// The run that the sandbox offers.
    pub sandbox: SandboxRun,
    /// Whether the course's sentences are behind its figures even where others are in use.
    pub reads_the_course: fn(&State) -> bool,
    /// Whether `[CLS]` and `[SEP]` can be hidden from it.
    pub hides: fn(&State) -> bool,
    /// In which ways it can prepare vectors before it compares them, the plain one first.
    pub ways: fn(&State) -> &'static [Way],
    /// What it asks for about prepared vectors, where the worker prepares them.
    pub prepares: fn(&State) -> Option<Request>,
    /// The row and the piece on which the cursor starts, by the sentence; `None`: the first.
    pub starts: fn(&State) -> Option<(usize, usize)>,
    /// Moves the cursor; `false` leaves a key to what it does in every bench.
    pub moves: fn(&mut State, Action) -> bool,
    /// What it asks the worker for, besides the trace.
    pub wants: fn(&State) -> Vec<Request>,
    /// The race that it offers.
    pub race: fn(&State) -> Option<RaceRequest>,
    /// The run that it offers.
    pub run: fn(&State) -> Option<Request>,
    /// How it is drawn.
    pub draw: Draw,
    /// What it says in words.
    pub words: fn(&State) -> Option<Vec<String>>,
}

impl ViewRow {
    /// A view of one sentence, over whose pieces the cursor moves.
    pub const fn of(view: View, name: &'static str, draw: Draw, words: fn(&State) -> Option<Vec<String>>) -> Self {
        Self {
            view,
            name,
            about: "",
            measures: &[],
            settings: &[],
            needs: &[],
            families: &[],
            keys: &[Scope::Move],
            lowest_layer: 0,
            first_shown: 0,
            lanes: false,
            learns: false,
            offers_run: false,
            run_name: "the race",
            looks_into: &[],
            own_head: false,
            two_models: false,
            sandbox: SandboxRun::PLAIN,
            reads_the_course: |_| false,
            hides: |_| false,
            ways: |_| &[],
            prepares: |_| None,
            starts: |_| None,
            moves: |_, _| false,
            wants: |_| Vec::new(),
            race: |_| None,
            run: |state| state.race_request().map(Request::Race),
            draw,
            words,
        }
    }

    /// Whether keys of a group do something here.
    pub fn takes(&self, keys: Scope) -> bool {
        self.keys.contains(&keys)
    }

    /// Whether it shows the sentence that the learner typed, and not many others.
    pub fn of_one_sentence(&self) -> bool {
        self.settings.contains(&"sentence")
    }
}
