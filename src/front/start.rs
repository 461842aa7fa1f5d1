//! From settings to a session: what is read before the first frame, and nothing more.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::Incoming;
use crate::app::settings::Settings as Shown;
use crate::app::{self, Key, Loaded, Msg, Screen, State, Teacher, runs};
use crate::cli::{Common, CourseWith, Crash};
use crate::commands::{Download, LoadedCourse, load_course, open_model, read_data};
use crate::config::{self, Settings};
use crate::lab::dataset::{Dataset, MOVIES, Split};
use crate::lab::record::Heads;
use crate::lab::{self, Event, Model};
use crate::lesson::parse::visible;
use crate::lesson::progress::{Keep, Progress, Store};
use crate::view::Theme;
use crate::worker::{Seat, Worker};

/// What all sessions of a process have in common: read once.
pub struct Shared {
    /// Lessons and records.
    pub loaded: Loaded,
    own: Option<Arc<Dataset>>,
    counts: [usize; 4],
    heads: Option<Heads>,
    settings: Settings,
    against: Option<String>,
}

/// A session before its model is there.
pub struct Begun {
    /// The course where the learner left off.
    pub state: State,
    /// Colours and signs.
    pub theme: Theme,
    /// Where progress is saved; `None` in a demonstration and without a home folder.
    pub store: Option<Box<dyn Keep>>,
    /// What is to be said first: about the file of progress, and about the learner's own sentences.
    pub said: Vec<String>,
    /// Fail on purpose.
    pub crash: Option<Crash>,
    shared: Arc<Shared>,
}

/// Reads course, progress and the learner's sentences; `shown` is what the settings overlay says of its settings.
///
/// # Errors
/// When one of them cannot be read.
pub fn begin(settings: &Settings, common: &Common, with: &CourseWith, looks: (Theme, Shown)) -> Result<Begun, String> {
    let shared = Arc::new(Shared::read(settings, with)?);
    let store = progress_file(settings.learner.as_deref()).filter(|_| !common.demo);
    let homeless = store.is_none() && !common.demo;
    let mut begun = shared.session(settings.learner.as_deref(), store, common, looks);
    if homeless {
        begun.said.insert(0, "There is no home folder, so progress is not saved.".to_owned());
    }
    Ok(begun)
}

impl Shared {
    /// Reads course and sentences.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn read(settings: &Settings, with: &CourseWith) -> Result<Self, String> {
        let mut loaded = load_course(settings.lessons.as_deref())?;
        let heads = loaded.heads.take();
        let own = with.data.as_deref().map(read_data).transpose()?.map(Arc::new);
        let counts = data_counts(own.as_deref())?;
        let (settings, against) = (settings.clone(), with.against.clone());
        Ok(Self { loaded: share(loaded), own, counts, heads, settings, against })
    }

    /// One learner's session, with the progress that is kept for them.
    pub fn session(
        self: &Arc<Self>,
        learner: Option<&str>,
        mut store: Option<Box<dyn Keep>>,
        common: &Common,
        (theme, shown): (Theme, Shown),
    ) -> Begun {
        let (progress, notice) = store.as_mut().map_or_else(|| (Progress::default(), None), |store| store.load());
        let (course, records) = (Arc::clone(&self.loaded.0), Arc::clone(&self.loaded.1));
        let mut state = State::new(course, records, self.counts, progress);
        state.learner = learner.map(str::to_owned);
        state.seed = if common.demo { 0 } else { runs::seed_of(learner) };
        state.teacher = Teacher { notes: common.teacher.notes, unlock: common.teacher.unlock };
        state.clock = !common.demo;
        state.reads_ahead = !common.demo && !common.no_read_ahead;
        state.settings = shown;
        if let Some(own) = &self.own {
            own.name().clone_into(&mut state.sentences);
            state.classes = own.classes().to_vec();
            own.sha256().clone_into(&mut state.data_sha256);
        }
        let said = notice.into_iter().chain(self.own.as_ref().map(|own| own.summary())).collect();
        Begun { state, theme, store, said, crash: common.crash, shared: Arc::clone(self) }
    }

    /// Whether the model is the one inside the program, of which the records are.
    #[must_use]
    pub fn has_records(&self) -> bool {
        self.settings.model.is_none()
    }

    /// The sentences that were given with `--data`.
    #[must_use]
    pub fn own(&self) -> Option<&Arc<Dataset>> {
        self.own.as_ref()
    }

    /// Starts the compute threads, which load the model. `download` hears how far a download is, and the function that
    /// tells the learners. One is enough for many sessions.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn worker(
        self: &Arc<Self>,
        mut download: impl FnMut(Download, &(dyn Fn(String) + Sync)) + Send + 'static,
    ) -> Result<Arc<Worker>, String> {
        let shared = Arc::clone(self);
        let threads = self.settings.threads.unwrap_or_else(config::default_threads);
        Worker::start(threads, move |tell| {
            let settings = &shared.settings;
            let mut open = |model: Option<&str>| {
                let bert = open_model(model, settings.max_length, &mut |far| download(far, tell))?;
                let model = Model::new(bert, shared.heads.as_ref()).keeping(config::vectors(settings));
                Ok::<_, String>(Arc::new(model))
            };
            let model = open(settings.model.as_deref())?;
            let other = shared.against.as_deref().map(|other| open(Some(other))).transpose()?;
            Ok(lab::Loaded { model, other: Arc::new(other.map(lab::Partner::from).unwrap_or_default()) })
        })
    }
}

impl Begun {
    /// Starts the compute threads for this session alone: see [`Shared::worker`].
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn worker(
        &self,
        download: impl FnMut(Download, &(dyn Fn(String) + Sync)) + Send + 'static,
    ) -> Result<Arc<Worker>, String> {
        self.shared.worker(download)
    }

    /// Takes a seat for this learner at compute threads that run already.
    ///
    /// # Panics
    /// On a compute thread, on purpose, with `--crash worker`; the panic is caught and becomes an error.
    #[must_use]
    pub fn seat(&self, worker: &Arc<Worker>, sender: Sender<Incoming>) -> Seat {
        let crash = self.crash;
        worker.seat(self.shared.own.clone(), move |event| {
            assert!(crash != Some(Crash::Worker) || !matches!(event, Event::Done(..)), "asked for by --crash worker");
            let _ = sender.send(Incoming::Worker(event));
        })
    }

    /// Opens a lesson by its number.
    ///
    /// # Errors
    /// When there is none with this number.
    pub fn open_at(&mut self, lesson: &str) -> Result<(), String> {
        let cursor = at_lesson(&self.state, lesson)?;
        self.state.screen = Screen::Home { cursor };
        app::update(&mut self.state, Msg::Key(Key::Enter));
        Ok(())
    }

    /// Tells other sessions that one is open; what is to be said if another is.
    pub fn tell_others(&mut self) {
        if self.store.as_mut().is_some_and(|store| store.open_session()) {
            let whose = match &self.state.learner {
                Some(name) => format!("Another session of {} is open.", visible(name)),
                None => "Another session is open on this account, and it has no learner's name either (--learner NAME \
                         keeps two people apart)."
                    .to_owned(),
            };
            let rule = "What is done in either is kept; where both change the same, the later one counts.";
            self.said.insert(0, format!("{whose} {rule}"));
        }
    }

    /// Reads the lessons again.
    pub fn reload(&self) -> impl Fn() -> Result<Loaded, String> + use<> {
        let folder: Option<PathBuf> = self.shared.settings.lessons.clone();
        move || load_course(folder.as_deref()).map(share)
    }
}

/// Where a learner's progress is kept on this account; `None` without a home folder.
fn progress_file(learner: Option<&str>) -> Option<Box<dyn Keep>> {
    config::progress_path(learner).map(|path| Box::new(Store::new(path)) as Box<dyn Keep>)
}

/// A course and its records, for a [`State`].
#[must_use]
pub fn share(loaded: LoadedCourse) -> Loaded {
    (Arc::new(loaded.course), Arc::new(loaded.records))
}

/// Index of a lesson by its number, with or without a leading zero.
///
/// # Errors
/// When there is none with this number.
pub fn at_lesson(state: &State, lesson: &str) -> Result<usize, String> {
    let wanted = format!("{lesson:0>2}");
    let found = state.course.lessons.iter().position(|known| known.id == wanted);
    found.ok_or_else(|| format!("there is no lesson {lesson}. clsroom lessons lists them"))
}

/// Sentences in all, and by split, of the learner's own data or the embedded ones.
///
/// # Errors
/// When the embedded data is damaged.
pub fn data_counts(own: Option<&Dataset>) -> Result<[usize; 4], String> {
    let dataset = match own {
        Some(own) => own.clone(),
        None => Dataset::embedded(MOVIES).map_err(|error| error.to_string())?,
    };
    let [train, validation, test] =
        [Split::Train, Split::Validation, Split::Test].map(|split| dataset.indices(split).len());
    Ok([dataset.items().len(), train, validation, test])
}
