//! The course as a state machine: [`State`], [`Msg`] in, [`Effect`]s out. Pure: no I/O, threads or clocks.
//!
//! A front end turns keys and worker events into messages, calls [`update`], carries the effects out, and has
//! `view::draw` show the state. Tests do the same without a terminal.

mod ahead;
pub mod bench;
pub mod class;
pub mod disagree;
pub mod editor;
mod facts;
pub mod goto;
mod heads;
mod history;
mod kept;
pub mod keymap;
pub mod notebook;
mod outcomes;
mod paths;
pub mod pieces;
mod play;
pub mod question;
pub mod results;
pub mod runs;
pub mod sandbox;
pub mod settings;
pub mod values;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use tui_textarea::TextArea;

use crate::lab::dataset::MOVIES;
use crate::lab::record::Datum;
use crate::lab::shown::RECORDED;
use crate::lab::{Event, ModelFacts, Request, Sentence};
use crate::lesson::progress::Progress;
use crate::lesson::{Bench, Block, Course, Lesson, Question, Step};
use crate::wording;

pub use bench::Cursor;
pub use keymap::{Action, Key};
pub use results::Results;

/// Everything the screen shows.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
pub struct State {
    /// The lessons.
    pub course: Arc<Course>,
    /// Recorded values by key.
    pub records: Arc<BTreeMap<String, Datum>>,
    /// Counts of the embedded data set: sentences, train, validation, test.
    pub data: [usize; 4],
    /// The data set that races and trainings read, by name.
    pub sentences: String,
    /// Their labels.
    pub classes: Vec<String>,
    /// sha256 of the learner's own sentences; empty for the course's.
    pub data_sha256: String,
    /// The model, once it is loaded.
    pub facts: Option<Arc<ModelFacts>>,
    /// The model that it is compared with, if there is one.
    pub against: Option<Arc<ModelFacts>>,
    /// What the learner did; saved.
    pub progress: Progress,
    /// Which screen.
    pub screen: Screen,
    /// What lies over it.
    pub overlay: Option<Overlay>,
    /// Where the learner is within the bench.
    pub cursor: Cursor,
    /// Outcomes that benches show.
    pub results: Results,
    /// One sentence at the bottom: what just happened.
    pub notice: Option<String>,
    /// Whether the mouse is on.
    pub mouse: bool,
    /// Whether the bench goes on by itself, at each beat.
    pub playing: bool,
    /// Seconds since 1970, as last told.
    pub now: Option<u64>,
    /// How fast the model reads on this machine.
    pub speed: runs::Speed,
    /// When this session began, as first told.
    pub started: Option<u64>,
    /// Questions of the notebook that have a gap, as last looked at.
    pub gaps: [bool; notebook::QUESTIONS],
    /// Questions of the notebook whose gap is being filled.
    pub filling: [bool; notebook::QUESTIONS],
    /// Settings, and where they come from.
    pub settings: settings::Settings,
    /// What a teacher asked for.
    pub teacher: Teacher,
    /// The learner's name, if one was given.
    pub learner: Option<String>,
    /// First seed of fine-tuned races, until the learner takes another; see [`runs::seed_of`].
    pub seed: u64,
    /// What the sandbox shows.
    pub sandbox: sandbox::Sandbox,
    /// What the class tells, where the learner is in one.
    pub class: class::Told,
    /// Whether times are shown; off in demonstrations, which look the same every time.
    pub clock: bool,
    /// Whether what is asked for next may be read before it is asked for.
    pub reads_ahead: bool,
    /// What is to be read ahead now.
    ahead: Option<Request>,
    /// Runs whose sentences were read ahead.
    read_ahead: Vec<Request>,
    /// Show a bench although its question is open.
    pub uncovered: bool,
    /// Which part of a text that does not fit; counts round.
    pub text_page: isize,
    /// The same of a bench that is a text: an answer leads to the end of a step's text, and moves no bench.
    pub bench_page: isize,
}

/// What a teacher asked for on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Teacher {
    /// Show the speaker notes.
    pub notes: bool,
    /// Show benches without a prediction.
    pub unlock: bool,
}

/// The screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// Course map; the lesson under the cursor.
    Home {
        /// Index into the course's lessons.
        cursor: usize,
    },
    /// One step of one lesson.
    Lesson {
        /// Index into the course's lessons.
        lesson: usize,
        /// Index into its steps.
        step: usize,
        /// Which side has the keys (and, when narrow, is shown).
        page: Page,
    },
    /// Every view on any sentence.
    Sandbox,
}

/// The two sides of a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The text.
    Text,
    /// The bench.
    Bench,
}

/// A course and the recorded values it points to.
pub type Loaded = (Arc<Course>, Arc<BTreeMap<String, Datum>>);

/// What lies over a screen.
pub enum Overlay {
    /// The keys, scrolled down by so many lines.
    Help(u16),
    /// The glossary, scrolled down by so many lines.
    Glossary(u16),
    /// The steps of a lesson, or the views of the sandbox.
    GoTo(goto::Place),
    /// The step's lines of code, scrolled down by so many lines.
    Code(u16),
    /// The settings; which row.
    Settings(usize),
    /// The sentence editor, and what the sentence is for.
    Editor(editor::Purpose, Box<TextArea<'static>>),
    /// Recall questions waiting: lesson and step of each, and the choice made for the first.
    Recall(Vec<(usize, usize)>, Option<usize>),
    /// A run is going on: leave it?
    Leave,
    /// The test sentences on which two lanes of the bench's race disagree.
    Disagree(disagree::Place),
}

/// What happens to the program.
pub enum Msg {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// What a compute thread tells.
    Worker(Event),
    /// The lessons were read again: the course, or what is wrong with it.
    Course(Result<Loaded, String>),
    /// The time, in seconds since 1970.
    Time(u64),
    /// While the bench plays: it goes on.
    Beat,
    /// Something to say, such as a failed save.
    Notice(String),
    /// What the class tells.
    Class(class::Note),
}

impl From<Event> for Msg {
    fn from(event: Event) -> Self {
        Self::Worker(event)
    }
}

/// What the front end is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Find out how fast the model reads here, for [`Event::Speed`].
    MeasureSpeed,
    /// Read what this run will need while nothing else is to be done; `None`: nothing.
    ReadAhead(Option<Request>),
    /// Hand this to the worker.
    Submit(u64, Request),
    /// Give this up.
    Cancel(u64),
    /// Hold this where it is, or let it go on.
    Pause(u64, bool),
    /// Save what the learner did.
    Save(Progress),
    /// Read the lessons again.
    Reload,
    /// Write the notebook to a file and say where.
    Export,
    /// Draw with these colours and signs from now on.
    Look(settings::Look),
    /// Turn the mouse on or off.
    Mouse(bool),
    /// Stop the process until it is continued.
    Suspend,
    /// Leave.
    Quit,
}

impl State {
    /// The state before anything happened; `progress` decides where the learner left off.
    #[must_use]
    pub fn new(
        course: Arc<Course>,
        records: Arc<BTreeMap<String, Datum>>,
        data: [usize; 4],
        progress: Progress,
    ) -> Self {
        let last = progress.last.as_ref().and_then(|(id, _)| course.lessons.iter().position(|lesson| lesson.id == *id));
        Self {
            course,
            records,
            data,
            sentences: MOVIES.to_owned(),
            classes: RECORDED.map(str::to_owned).to_vec(),
            data_sha256: String::new(),
            facts: None,
            against: None,
            progress,
            screen: Screen::Home { cursor: last.unwrap_or(0) },
            overlay: None,
            cursor: Cursor::default(),
            results: Results::default(),
            notice: None,
            mouse: false,
            playing: false,
            now: None,
            speed: runs::Speed::Unknown,
            started: None,
            gaps: [false; notebook::QUESTIONS],
            filling: [false; notebook::QUESTIONS],
            settings: settings::Settings::default(),
            teacher: Teacher::default(),
            learner: None,
            seed: 0,
            sandbox: sandbox::Sandbox::default(),
            class: class::Told::default(),
            clock: true,
            reads_ahead: false,
            ahead: None,
            read_ahead: Vec::new(),
            uncovered: false,
            text_page: 0,
            bench_page: 0,
        }
    }

    /// The lesson on the screen.
    #[must_use]
    pub fn lesson(&self) -> Option<&Lesson> {
        match self.screen {
            Screen::Lesson { lesson, .. } => self.course.lessons.get(lesson),
            Screen::Home { .. } | Screen::Sandbox => None,
        }
    }

    /// The step on the screen.
    #[must_use]
    pub fn step(&self) -> Option<&Step> {
        match self.screen {
            Screen::Lesson { lesson, step, .. } => self.course.lessons.get(lesson)?.steps.get(step),
            Screen::Home { .. } | Screen::Sandbox => None,
        }
    }

    /// Layers of the model, once it is loaded.
    #[must_use]
    pub fn layers(&self) -> Option<usize> {
        self.facts.as_ref().map(|facts| facts.layers)
    }

    /// Whether what the course is written for is in use: the model inside the program, or the same weights from elsewhere,
    /// and, where the step's bench learns from sentences, those of the course.
    #[must_use]
    pub fn embedded(&self) -> bool {
        let known = |facts: &ModelFacts| facts.asked.is_none() || values::made_records(self, facts);
        !self.reads_others() && self.facts.as_deref().is_none_or(known)
    }

    /// Whether the step's bench learns from other sentences than those of which the records speak.
    #[must_use]
    pub fn reads_others(&self) -> bool {
        let learns = |bench: &Bench| bench.view.row().learns;
        self.sentences != MOVIES && self.bench().is_some_and(learns)
    }

    /// The blocks of the step's text that are true of the model in use.
    #[must_use]
    pub fn text(&self) -> Vec<Block> {
        self.step().map(|step| step.shown(self.embedded()).into_iter().cloned().collect()).unwrap_or_default()
    }

    /// The bench on the screen.
    #[must_use]
    pub fn bench(&self) -> Option<&Bench> {
        if self.screen == Screen::Sandbox { Some(&self.sandbox.bench) } else { self.step()?.bench.as_ref() }
    }

    /// The variant of the view that is shown, by its name in lessons.
    #[must_use]
    pub fn measure(&self) -> Option<&'static str> {
        self.bench()?.view.measures().get(self.cursor.variant).copied()
    }

    /// The sentence that benches use: the bench's own, the learner's, or the lesson's.
    #[must_use]
    pub fn sentence(&self) -> Sentence {
        let own = self.bench().and_then(|bench| bench.sentence.clone());
        let default = || self.lesson().or(self.course.lessons.first()).map(|lesson| lesson.sentence.clone());
        let text = own.or_else(|| self.progress.sentence.clone()).or_else(default).unwrap_or_default();
        let paired = self.screen == Screen::Sandbox && self.sandbox.paired;
        Sentence { text, pair: paired.then(|| self.sandbox.second().to_owned()) }
    }

    /// Whether the bench waits for the learner's prediction.
    #[must_use]
    pub fn covered(&self) -> bool {
        let predict = self.step().and_then(|step| step.predict.as_ref());
        let waits = |question: &Question| !self.uncovered && !self.progress.answers.contains_key(&question.id);
        predict.is_some_and(|question| self.votes_on(question) || !self.teacher.unlock && waits(question))
    }

    /// The ASCII marker of the screen, once everything on it is there; recordings and tests wait for it.
    #[must_use]
    pub fn marker(&self) -> Option<String> {
        match &self.overlay {
            Some(Overlay::Help(_)) => return Some("[help ready]".to_owned()),
            Some(Overlay::Settings(_)) => return Some("[settings ready]".to_owned()),
            Some(Overlay::GoTo(_)) => return Some("[index ready]".to_owned()),
            Some(Overlay::Glossary(_)) => return Some("[glossary ready]".to_owned()),
            Some(Overlay::Code(_)) => return Some("[code ready]".to_owned()),
            Some(Overlay::Editor(editor::Purpose::Thought(_), _)) => return Some("[thought ready]".to_owned()),
            Some(Overlay::Editor(editor::Purpose::Lanes, _)) => {
                return self.missing().is_empty().then(|| "[ask ready]".to_owned());
            }
            Some(Overlay::Editor(..)) => return Some("[editor ready]".to_owned()),
            Some(Overlay::Recall(..)) => return Some("[recall ready]".to_owned()),
            Some(Overlay::Leave) => return Some("[leave ready]".to_owned()),
            Some(Overlay::Disagree(..)) => return Some("[disagree ready]".to_owned()),
            None => {}
        }
        match self.screen {
            Screen::Home { .. } => {
                (self.facts.is_some() || self.results.model_failure.is_some()).then(|| "[home ready]".to_owned())
            }
            Screen::Lesson { .. } | Screen::Sandbox => {
                let what = match self.run_request() {
                    Some(Request::Learn(_)) => "training",
                    Some(Request::Invert(_)) => "decoding",
                    Some(Request::Aggregate(_)) => "measuring",
                    _ => "race",
                };
                if let Some(running) = self.running() {
                    return Some(format!("[{what} {}]", if running.paused { "paused" } else { "running" }));
                }
                if self.waits() {
                    return Some(format!("[{what} waiting]"));
                }
                if !self.covered() && self.has_run_here() && !self.shows_notebook() && self.missing().is_empty() {
                    return Some(format!("[{what} done]"));
                }
                if self.playing {
                    return Some("[playing]".to_owned());
                }
                // Knock-outs take longest and stand on the screen only when they are the measure shown.
                let shown =
                    |request: &Request| !matches!(request, Request::Knockout(_)) || self.measure() == Some("knockout");
                let there = !self.missing().iter().any(shown);
                let complete = there && (self.facts.is_some() || self.results.model_failure.is_some());
                complete.then(|| match (&self.screen, self.lesson()) {
                    (Screen::Lesson { step, .. }, Some(lesson)) => format!("[{}.{} ready]", lesson.id, step + 1),
                    _ => "[sandbox ready]".to_owned(),
                })
            }
        }
    }
}

/// Applies one message; the effects are for the front end to carry out, in order.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let shows = matches!(msg, Msg::Key(_) | Msg::Worker(Event::Done(..)));
    let mut effects = match msg {
        Msg::Key(key) => walk::key(state, key),
        Msg::Paste(text) => {
            if let Some(Overlay::Editor(_, editor)) = &mut state.overlay {
                editor::paste(editor, &text);
            }
            Vec::new()
        }
        Msg::Worker(event) => {
            results::receive(state, event);
            Vec::new()
        }
        Msg::Time(now) => {
            state.now = Some(now);
            state.started.get_or_insert(now);
            Vec::new()
        }
        Msg::Beat => {
            play::beat(state);
            Vec::new()
        }
        Msg::Notice(notice) => {
            state.notice = Some(wording::sentence(&notice));
            Vec::new()
        }
        Msg::Class(note) => class::hear(state, note),
        Msg::Course(loaded) => {
            walk::reload(state, loaded);
            Vec::new()
        }
    };
    // A lesson may name a layer that this model does not have.
    if let Some(facts) = &state.facts {
        state.cursor.layer = state.cursor.layer.min(facts.layers);
        state.cursor.head = state.cursor.head.min(facts.heads.saturating_sub(1));
    }
    bench::settle(state);
    notebook::look_for_gaps(state);
    effects.extend(results::ask(state));
    effects.extend(runs::ask_speed(state));
    effects.extend(ahead::look(state));
    let new = shows && facts::keep(state);
    if std::mem::take(&mut state.results.unsaved) || new {
        notebook::look_for_gaps(state);
        effects.push(Effect::Save(state.progress.clone()));
    }
    effects
}
