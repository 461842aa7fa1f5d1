//! From settings to a session: what is read before the first frame, and nothing more.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Session, leave, origins, run};
use crate::app::{self, Key, Loaded, Msg, Screen, State, Teacher, runs};
use crate::cli::{Common, CourseWith};
use crate::commands::{Download, LoadedCourse, Surroundings, load_course, open_model, read_data};
use crate::config::{self, Settings};
use crate::lab::Lab;
use crate::lab::dataset::{Dataset, MOVIES, Split};
use crate::lesson::parse::visible;
use crate::lesson::progress::{Progress, Store};
use crate::model::guard;
use crate::view::{self, CharFlag, ColorFlag, Theme};

/// Reports of panics go through color-eyre, after the terminal was given back.
///
/// # Errors
/// When a hook is installed already.
pub fn install_hooks() -> Result<(), String> {
    color_eyre::install().map_err(|error| format!("cannot install the error report: {error}"))?;
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // What becomes an error is not reported, and the screen stays as it is.
        if !guard::quiet() {
            leave();
            report(info);
        }
    }));
    Ok(())
}

/// Opens the course, at a lesson if one is named, with sentences and a second model of the learner's if they are given.
///
/// # Errors
/// When the course, the model or the terminal cannot be used.
pub fn learn(settings: &Settings, common: &Common, lesson: Option<&str>, with: &CourseWith) -> Result<(), String> {
    let loaded = load_course(settings.lessons.as_deref())?;
    let (mut store, progress, notice) = saved(settings, common);
    let notice = notice.or_else(|| another(store.as_mut(), settings.learner.as_deref()));
    let heads = loaded.heads.clone();
    let own = with.data.as_deref().map(read_data).transpose()?;
    let (course, records) = share(loaded);
    let mut state = State::new(course, records, data_counts(own.as_ref())?, progress);
    state.learner.clone_from(&settings.learner);
    state.seed = if common.demo { 0 } else { runs::seed_of(settings.learner.as_deref()) };
    state.teacher = Teacher { notes: common.teacher.notes, unlock: common.teacher.unlock };
    let theme = theme(settings, common);
    state.settings = origins::settings(settings, common, &theme);
    if let Some(own) = &own {
        own.name().clone_into(&mut state.sentences);
        state.classes = own.classes().to_vec();
        own.sha256().clone_into(&mut state.data_sha256);
    }
    state.clock = !common.demo;
    if let Some(lesson) = lesson {
        open_at(&mut state, lesson)?;
    }
    // Opening a lesson is a key, and a key ends what was said before.
    let summary = own.as_ref().map(Dataset::summary);
    let said: Vec<String> = notice.into_iter().chain(summary).collect();
    state.notice = (!said.is_empty()).then(|| said.join(" "));
    let (for_model, directory, against) = (settings.clone(), settings.lessons.clone(), with.against.clone());
    run(Session {
        state,
        theme,
        store,
        reload: Box::new(move || load_course(directory.as_deref()).map(share)),
        open: Box::new(move |tell| {
            let mut told = |download: Download| tell(download.in_words());
            let mut open = |model: Option<&str>| {
                let bert = open_model(model, for_model.max_length, &mut told)?;
                Ok::<_, String>(Lab::new(bert, heads.as_ref()))
            };
            let mut lab = open(for_model.model.as_deref())?;
            if let Some(against) = &against {
                lab = lab.beside(open(Some(against))?);
            }
            if let Some(own) = own {
                lab.add(own).map_err(|error| error.to_string())?;
            }
            Ok(lab)
        }),
        threads: settings.threads.unwrap_or_else(config::default_threads),
        crash: common.crash,
    })
}

/// Tells other sessions that one is open; a sentence if another is.
pub(crate) fn another(store: Option<&mut Store>, learner: Option<&str>) -> Option<String> {
    store?.open_session().then(|| {
        let whose = match learner {
            Some(name) => format!("Another session of {} is open.", visible(name)),
            None => "Another session is open on this account, and it has no learner's name either (--learner NAME \
                     keeps two people apart)."
                .to_owned(),
        };
        format!("{whose} What is done in either is kept; where both change the same, the later one counts.")
    })
}

/// Where progress is kept, what is there, and what to say about it. A demonstration neither reads nor writes it.
pub(crate) fn saved(settings: &Settings, common: &Common) -> (Option<Store>, Progress, Option<String>) {
    if common.demo {
        return (None, Progress::default(), None);
    }
    match config::progress_path(settings.learner.as_deref()).map(Store::new) {
        None => (None, Progress::default(), Some("There is no home folder, so progress is not saved.".to_owned())),
        Some(mut store) => {
            let (progress, notice) = store.load();
            (Some(store), progress, notice)
        }
    }
}

/// What `doctor` cannot find out itself.
///
/// # Errors
/// When the embedded data is damaged.
pub fn surroundings(settings: &Settings, common: &Common) -> Result<Surroundings, String> {
    let started = Instant::now();
    let theme = theme(settings, common);
    if let Ok(loaded) = load_course(settings.lessons.as_deref()) {
        let (course, records) = share(loaded);
        let state = State::new(course, records, data_counts(None)?, Progress::default());
        let area = Rect::new(0, 0, 120, 36);
        view::draw_into(&state, &theme, area, &mut Buffer::empty(area));
    }
    Ok(Surroundings {
        first_frame: started.elapsed(),
        size: crossterm::terminal::size().ok(),
        colours: theme.depth.name().to_owned(),
        unicode: !theme.ascii,
        own_model: settings.model.is_some(),
    })
}

fn share(loaded: LoadedCourse) -> Loaded {
    (Arc::new(loaded.course), Arc::new(loaded.records))
}

/// Index of a lesson by its number, with or without a leading zero.
pub(crate) fn at_lesson(state: &State, lesson: &str) -> Result<usize, String> {
    let wanted = format!("{lesson:0>2}");
    let found = state.course.lessons.iter().position(|known| known.id == wanted);
    found.ok_or_else(|| format!("there is no lesson {lesson}. clsroom lessons lists them"))
}

/// Whether to speak in plain text: asked for, or there is nothing to draw on.
///
/// # Errors
/// With what to do, where a learner came over SSH and forgot `-t`: nobody asked for the whole course as text.
pub fn speaks(common: &Common) -> Result<bool, String> {
    if common.plain.is_some() {
        return Ok(true);
    }
    let (reads, draws) = (std::io::stdin().is_terminal(), std::io::stdout().is_terminal());
    let remote = std::env::var_os("SSH_CONNECTION").is_some_and(|value| !value.is_empty());
    if remote && !reads && !draws {
        return Err("ssh gave this session no terminal to draw on: ssh -t HOST NAME does.\n\
                    For the lessons as text, ask for them: clsroom --plain 01 for one, clsroom --plain for all."
            .to_owned());
    }
    Ok(!draws || std::env::var("TERM").is_ok_and(|term| term == "dumb"))
}

fn open_at(state: &mut State, lesson: &str) -> Result<(), String> {
    let cursor = at_lesson(state, lesson)?;
    state.screen = Screen::Home { cursor };
    app::update(state, Msg::Key(Key::Enter));
    Ok(())
}

/// Sentences in all, and by split, of the learner's own data or the embedded ones.
pub(crate) fn data_counts(own: Option<&Dataset>) -> Result<[usize; 4], String> {
    let dataset = match own {
        Some(own) => own.clone(),
        None => Dataset::embedded(MOVIES).map_err(|error| error.to_string())?,
    };
    let [train, validation, test] =
        [Split::Train, Split::Validation, Split::Test].map(|split| dataset.indices(split).len());
    Ok([dataset.items().len(), train, validation, test])
}

fn theme(settings: &Settings, common: &Common) -> Theme {
    let env = |name: &str| std::env::var(name).ok();
    let color = settings.color.and_then(|color| color.name().parse::<ColorFlag>().ok());
    let chars = match (common.ascii, common.unicode, settings.ascii) {
        (true, ..) => Some(CharFlag::Ascii),
        (_, true, _) => Some(CharFlag::Unicode),
        (_, _, Some(ascii)) => Some(if ascii { CharFlag::Ascii } else { CharFlag::Unicode }),
        _ => None,
    };
    Theme::new(view::depth(color, &env), view::ascii(chars, &env))
}
