//! The local front end's start: hooks, colours, and whether there is a screen at all.

use std::io::IsTerminal as _;
use std::time::Instant;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{leave, origins, power, run, system};
use crate::app::State;
use crate::cli::{Common, CourseWith};
use crate::commands::{Surroundings, load_course};
use crate::config::Settings;
use crate::front::start::{self, data_counts, share};
use crate::lesson::progress::Progress;
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
    let theme = theme(settings, common);
    let shown = origins::settings(settings, common, &theme);
    let mut begun = start::begin(settings, common, with, (theme, shown))?;
    begun.state.reads_ahead &= !power::on_battery();
    begun.tell_others();
    if let Some(lesson) = lesson {
        begun.open_at(lesson)?;
    }
    // Opening a lesson is a key, and a key ends what was said before.
    begun.state.notice = (!begun.said.is_empty()).then(|| begun.said.join(" "));
    run(begun)
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

fn theme(settings: &Settings, common: &Common) -> Theme {
    let env = |name: &str| std::env::var(name).ok().or_else(|| system::variable(name));
    let color = settings.color.and_then(|color| color.name().parse::<ColorFlag>().ok());
    let chars = match (common.ascii, common.unicode, settings.ascii) {
        (true, ..) => Some(CharFlag::Ascii),
        (_, true, _) => Some(CharFlag::Unicode),
        (_, _, Some(ascii)) => Some(if ascii { CharFlag::Ascii } else { CharFlag::Unicode }),
        _ => None,
    };
    Theme::new(view::depth(color, &env), view::ascii(chars, &env))
}
