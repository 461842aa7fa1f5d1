//! Drives the real app without a terminal: keys in, screens out, experiments answered at once by the real lab.

use std::sync::{Arc, Mutex, OnceLock};

use clsroom::app::{self, Effect, Key, Msg, State};
use clsroom::commands::load_course;
use clsroom::lab::{Control, Event, Outcome, Progress as Progressed, Request, Session};
use clsroom::lesson::View;
use clsroom::lesson::progress::Progress;
use clsroom::model::Bert;
use clsroom::view::{self, Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The embedded model with its recorded heads, loaded once for all tests.
pub fn lab() -> &'static Arc<Session> {
    static LAB: OnceLock<Arc<Session>> = OnceLock::new();
    LAB.get_or_init(|| {
        let heads = load_course(None).expect("the course is in order").heads;
        Arc::new(Session::alone(Bert::embedded(None).expect("the embedded model loads"), heads.as_ref()))
    })
}

/// A learner at a screen.
pub struct Driver {
    pub state: State,
    pub theme: Theme,
    pub size: (u16, u16),
    /// Answers requests.
    pub lab: Arc<Session>,
    /// Effects that are not requests, in order.
    pub effects: Vec<Effect>,
    /// Requests for long runs, which are answered only when asked to.
    pub waiting: Vec<Effect>,
    /// What is done to every outcome on its way to the app, if anything.
    pub through: Option<Box<dyn Fn(Outcome) -> Outcome>>,
    /// How many keys were pressed.
    pub keys: usize,
}

/// The outcome of a training, which runs the first time that a test asks for it.
fn learnt(request: &Request, run: impl FnOnce() -> Outcome) -> Outcome {
    static LEARNT: Mutex<Vec<(Request, Outcome)>> = Mutex::new(Vec::new());
    let mut known = LEARNT.lock().expect("a list");
    if let Some((_, outcome)) = known.iter().find(|(asked, _)| asked == request) {
        return outcome.clone();
    }
    let outcome = run();
    known.push((request.clone(), outcome.clone()));
    outcome
}

impl Driver {
    /// A new learner on the course map, model loaded.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with(width, height, Theme::new(Depth::TrueColor, false), Progress::default())
    }

    /// The same with other models and, for races, other sentences.
    pub fn on(lab: &Arc<Session>, sentences: &str, (width, height): (u16, u16)) -> Self {
        let mut driver = Self::new(width, height);
        driver.lab = Arc::clone(lab);
        sentences.clone_into(&mut driver.state.sentences);
        driver.state.classes = lab.dataset(sentences).expect("sentences").classes().to_vec();
        if let Some(other) = lab.other().expect("a session in order") {
            driver.tell(Event::OtherReady(other.facts()));
        }
        driver.tell(Event::ModelReady(lab.facts()));
        driver
    }

    pub fn with(width: u16, height: u16, theme: Theme, progress: Progress) -> Self {
        let loaded = load_course(None).expect("the course is in order");
        let state =
            State::new(Arc::new(loaded.course), Arc::new(loaded.records), [10_070, 6_991, 1_044, 2_035], progress);
        let mut driver = Self {
            state,
            theme,
            size: (width, height),
            lab: Arc::clone(lab()),
            effects: Vec::new(),
            waiting: Vec::new(),
            through: None,
            keys: 0,
        };
        driver.tell(Event::ModelReady(lab().facts()));
        driver
    }

    /// Applies a message and answers every quick request it leads to.
    pub fn tell(&mut self, msg: impl Into<Msg>) {
        let effects = app::update(&mut self.state, msg.into());
        self.answer(effects);
    }

    /// Answers quick requests, and those that follow; the others wait.
    pub fn answer(&mut self, mut effects: Vec<Effect>) {
        while !effects.is_empty() {
            let mut next = Vec::new();
            for effect in effects {
                match effect {
                    Effect::Submit(_, ref request) if request.is_long() => self.waiting.push(effect),
                    Effect::Submit(ticket, request) => {
                        let msg = match self.lab.run(&request, &Control::QUIET) {
                            Ok(Some(outcome)) => Event::Done(ticket, self.changed(outcome)),
                            Ok(None) => Event::Cancelled(ticket),
                            Err(error) => Event::Failed(ticket, error.to_string()),
                        };
                        next.extend(app::update(&mut self.state, msg.into()));
                    }
                    other => self.effects.push(other),
                }
            }
            effects = next;
        }
    }

    /// Answers the long run that waits.
    pub fn finish_run(&mut self) {
        let Some(Effect::Submit(ticket, request)) = self.waiting.pop() else { panic!("no run was asked for") };
        let run = || self.lab.run(&request, &Control::QUIET).expect("the run works").expect("it is not stopped");
        // A training leaves nothing behind and is the same every time: once is enough for all tests.
        let shared = matches!(request, Request::Learn(_)) && Arc::ptr_eq(&self.lab, lab());
        let outcome = if shared { learnt(&request, run) } else { run() };
        self.done(ticket, outcome);
    }

    /// Hands an outcome over.
    pub fn done(&mut self, ticket: u64, outcome: Outcome) {
        let outcome = self.changed(outcome);
        self.tell(Event::Done(ticket, outcome));
    }

    fn changed(&self, outcome: Outcome) -> Outcome {
        match &self.through {
            Some(through) => through(outcome),
            None => outcome,
        }
    }

    /// Answers the long run that waits, telling its progress; `see` gets the screen after each step.
    pub fn run_with_progress(&mut self, mut see: impl FnMut(String)) {
        let (told, outcome, ticket) = self.run_waiting(&|_| false);
        for progress in told {
            self.tell(Event::Progress(ticket, progress, std::time::Duration::from_secs(5)));
            see(self.screen());
        }
        self.tell(Event::Done(ticket, outcome.expect("it is not stopped")));
    }

    /// Stops the long run that waits as soon as its progress is so.
    pub fn stop_run_when(&mut self, when: impl Fn(&Progressed) -> bool + Sync) {
        let (_, outcome, ticket) = self.run_waiting(&when);
        self.tell(outcome.map_or(Event::Cancelled(ticket), |outcome| Event::Done(ticket, outcome)));
    }

    fn run_waiting(&mut self, stop: &(dyn Fn(&Progressed) -> bool + Sync)) -> (Vec<Progressed>, Option<Outcome>, u64) {
        let Some(Effect::Submit(ticket, request)) = self.waiting.pop() else { panic!("no run was asked for") };
        let told = std::sync::Mutex::new(Vec::new());
        let report = |progress: Progressed| told.lock().expect("a list").push(progress);
        let stop = || told.lock().expect("a list").last().is_some_and(stop);
        let outcome = self.lab.run(&request, &Control { report: &report, stop: &stop }).expect("the run works");
        (told.into_inner().expect("a list"), outcome, ticket)
    }

    /// Few sentences for every run of the course, so that it takes a moment.
    pub fn shorten_runs(&mut self, train: usize, test: usize) {
        let mut course = (*self.state.course).clone();
        let steps = course.lessons.iter_mut().flat_map(|lesson| &mut lesson.steps);
        for bench in steps.filter_map(|step| step.bench.as_mut()) {
            (bench.train, bench.test) = match bench.view {
                View::Decode => (Some(256), Some(64)),
                _ => (Some(train), Some(test)),
            };
        }
        self.state.course = Arc::new(course);
    }

    /// Presses plain keys, one a character.
    pub fn press(&mut self, keys: &str) {
        keys.chars().for_each(|key| self.key(Key::Char(key)));
    }

    /// A test that waits for a screen which never comes fails, and says where it is, instead of pressing keys for ever.
    pub fn key(&mut self, key: Key) {
        const MOST: usize = 20_000;
        self.keys += 1;
        assert!(self.keys < MOST, "{MOST} keys did not lead there:\n{}", self.screen());
        self.tell(Msg::Key(key));
    }

    /// Replaces the sentence by way of the editor.
    pub fn type_sentence(&mut self, text: &str) {
        self.press("e");
        self.key(Key::Ctrl('u'));
        self.tell(Msg::Paste(text.to_owned()));
        self.key(Key::Enter);
    }

    /// Opens a lesson by its id, from wherever the learner is; Esc first, because q is a letter in a text field.
    pub fn open(&mut self, id: &str) {
        const MOST: usize = 16;
        let home = |driver: &Self| matches!(driver.state.screen, app::Screen::Home { .. });
        for leave in [Key::Esc, Key::Char('q')].into_iter().cycle().take(MOST) {
            if home(self) {
                break;
            }
            self.key(leave);
        }
        assert!(home(self), "no way to the map from here:\n{}", self.screen());
        let index = self.state.course.lessons.iter().position(|lesson| lesson.id == id).expect("the lesson exists");
        self.state.screen = app::Screen::Home { cursor: index };
        self.key(Key::Enter);
    }

    /// The screen as a buffer.
    pub fn buffer(&self) -> Buffer {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buffer = Buffer::empty(area);
        view::draw_into(&self.state, &self.theme, area, &mut buffer);
        buffer
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let rows = (0..buffer.area.height).map(|y| {
            let row: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
            row.trim_end().to_owned()
        });
        rows.collect::<Vec<_>>().join("\n")
    }
}
