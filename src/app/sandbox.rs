//! The sandbox: every view on any sentence or pair, outside the course, with undo.

use super::editor::{self, Purpose};
use super::{Action, Effect, Screen, State, bench, results, walk};
use crate::lesson::{Bench, View};

/// The second sentence until one is typed.
const SECOND: &str = "Not a film that I would call good.";

/// Changes that can be taken back.
const KEPT: usize = 100;

/// What the sandbox shows.
pub struct Sandbox {
    /// The view; its `other` is the second sentence.
    pub bench: Bench,
    /// Both sentences are read as one input, `[CLS] first [SEP] second [SEP]`.
    pub paired: bool,
    /// The other model's pass stands beside this one's.
    pub models: bool,
    /// Whether that other model is the program's own, which the learner brought with a key: it takes part in runs only while
    /// it is shown.
    pub brought: bool,
    /// Where `q` leads.
    back: Screen,
    undo: Vec<Before>,
}

/// What a change replaced.
struct Before {
    first: Option<String>,
    second: Option<String>,
    paired: bool,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self {
            bench: bench_of(View::Tokens, SECOND.to_owned()),
            paired: false,
            models: false,
            brought: false,
            back: Screen::Home { cursor: 0 },
            undo: Vec::new(),
        }
    }
}

impl Sandbox {
    /// The second sentence.
    #[must_use]
    pub fn second(&self) -> &str {
        self.bench.other.as_deref().unwrap_or_default()
    }

    fn views(&self) -> Vec<View> {
        views().filter(|view| !self.models || view.row().two_models).collect()
    }

    /// Names of the views.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.views().into_iter().map(|view| view.name().to_owned()).collect()
    }

    /// Which of the views it is, counted from 0, and how many there are.
    #[must_use]
    pub fn place(&self) -> (usize, usize) {
        let views = self.views();
        (views.iter().position(|view| *view == self.bench.view).unwrap_or(0), views.len())
    }
}

impl State {
    /// Whether the sandbox shows two models side by side.
    #[must_use]
    pub fn shows_models(&self) -> bool {
        self.screen == Screen::Sandbox && self.sandbox.models
    }

    /// The name of the other model, there or to be brought.
    #[must_use]
    pub fn other_model(&self) -> Option<&str> {
        let partner = || self.facts.as_ref()?.partner.as_deref();
        self.against.as_ref().map(|other| other.name.as_str()).or_else(partner)
    }

    /// Whether the step's bench is for both models.
    #[must_use]
    pub fn wants_both(&self) -> bool {
        self.bench().is_some_and(|bench| bench.both_models)
    }

    /// What `--against` names the other model, where it takes part in runs.
    pub(super) fn rival(&self) -> Option<String> {
        let asked = self.shows_models() || self.wants_both();
        self.against.as_ref().filter(|_| !self.sandbox.brought || asked).map(|other| other.argument())
    }
}

/// Every view that a sentence can be put into: all but the notebook and recorded models.
fn views() -> impl Iterator<Item = View> {
    View::ALL.into_iter().map(|(_, view)| view).filter(|view| !matches!(view, View::Notebook | View::Histories))
}

/// A view with settings for trying things out: small runs, frozen and fine-tuned.
fn bench_of(view: View, second: String) -> Bench {
    let run = &view.row().sandbox;
    Bench {
        readouts: vec!["cls".to_owned(), "mean".to_owned()],
        train: run.train,
        modes: run.modes.iter().map(|mode| (*mode).to_owned()).collect(),
        top_layers: run.top_layers,
        other: Some(second),
        ..Bench::new(view)
    }
}

/// Opens it on the view that was on the screen, or where it was left.
pub(super) fn open(state: &mut State) {
    let sandbox = &mut state.sandbox;
    sandbox.back = state.screen.clone();
    let view = match state.screen {
        Screen::Lesson { lesson, step, .. } => {
            state.course.lessons.get(lesson).and_then(|l| l.steps.get(step)?.bench.as_ref()).map(|bench| bench.view)
        }
        _ => None,
    };
    state.screen = Screen::Sandbox;
    let known = state.sandbox.views();
    let view = view.filter(|view| known.contains(view)).unwrap_or(state.sandbox.bench.view);
    show(state, view);
}

/// Shows the view with this number, counted from 0.
pub(super) fn show_number(state: &mut State, number: usize) {
    if let Some(view) = state.sandbox.views().get(number).copied() {
        show(state, view);
    }
}

fn show(state: &mut State, view: View) {
    state.sandbox.bench = bench_of(view, state.sandbox.second().to_owned());
    let token = state.cursor.token;
    bench::begin(state);
    state.cursor.token = token;
    results::place(state);
}

/// Remembers how things are before they change.
pub(super) fn remember(state: &mut State) {
    if state.screen != Screen::Sandbox {
        return;
    }
    let sandbox = &mut state.sandbox;
    sandbox.undo.push(Before {
        first: state.progress.sentence.clone(),
        second: sandbox.bench.other.clone(),
        paired: sandbox.paired,
    });
    if sandbox.undo.len() > KEPT {
        sandbox.undo.remove(0);
    }
}

pub(super) fn act(state: &mut State, action: Action) -> Vec<Effect> {
    let views = state.sandbox.views();
    let (at, count) = state.sandbox.place();
    match action {
        Action::Models if state.other_model().is_none() => {
            state.notice = Some("There is one model. clsroom --against NAME|PATH puts another beside it.".to_owned());
        }
        Action::Models => {
            state.sandbox.models = !state.sandbox.models;
            let view = state.sandbox.bench.view;
            show(state, if !state.sandbox.models || view.row().two_models { view } else { View::Mixing });
        }
        Action::Next => show(state, views[(at + 1) % count]),
        Action::Previous => show(state, views[(at + count - 1) % count]),
        Action::Second => {
            let text = state.sandbox.second().to_owned();
            editor::open(state, Purpose::Second, &text);
        }
        Action::Pair => {
            remember(state);
            state.sandbox.paired = !state.sandbox.paired;
            results::place(state);
        }
        Action::Undo => return undo(state),
        Action::Back if bench::close(state) => {}
        Action::Back => {
            if state.results.running.is_some() {
                state.notice = Some("The run goes on; x on the course map stops it.".to_owned());
            }
            state.screen = state.sandbox.back.clone();
            bench::begin(state);
            results::place(state);
        }
        Action::Answer(_) | Action::SwitchPage => {}
        action => return walk::in_bench(state, action),
    }
    Vec::new()
}

/// Takes another second sentence; an empty one is the usual one again.
pub(super) fn take_second(state: &mut State, text: String) {
    remember(state);
    state.sandbox.bench.other = Some(if text.is_empty() { SECOND.to_owned() } else { text });
    results::place(state);
}

fn undo(state: &mut State) -> Vec<Effect> {
    let Some(before) = state.sandbox.undo.pop() else {
        state.notice = Some("Nothing is left to take back.".to_owned());
        return Vec::new();
    };
    state.progress.set_sentence(before.first, state.now);
    state.sandbox.bench.other = before.second;
    state.sandbox.paired = before.paired;
    results::place(state);
    state.notice = Some("Taken back.".to_owned());
    vec![Effect::Save(state.progress.clone())]
}
