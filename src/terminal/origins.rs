//! Where each setting comes from, for the settings overlay.

use crate::app::settings::{Fixed, Settings as Shown};
use crate::cli::Common;
use crate::config::{self, Settings};
use crate::view::Theme;

/// All settings as the overlay shows them.
pub(super) fn settings(settings: &Settings, common: &Common, theme: &Theme) -> Shown {
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let number = |number: Option<usize>| number.map(|number| number.to_string());
    // What flags and environment left open comes from the file. Wrong values of the environment were refused before.
    let env = Settings::of_environment(&|name| std::env::var(name).ok()).unwrap_or_default();
    let threads = common.threads.is_some()
        || env.threads.is_some()
        || number(settings.threads) != Some(config::default_threads().to_string());
    let file =
        config::settings_path().map_or_else(|| "none: no home folder".to_owned(), |path| path.display().to_string());
    Shown {
        look: theme.look(!common.no_animation),
        fixed: vec![
            fixed(
                "learner",
                common.learner.is_some() || env.learner.is_some(),
                settings.learner.clone(),
                "the account's own",
            ),
            fixed("model", common.model.is_some() || env.model.is_some(), settings.model.clone(), "embedded"),
            fixed("lessons", common.lessons.is_some() || env.lessons.is_some(), path(&settings.lessons), "embedded"),
            fixed(
                "pieces read",
                common.max_length.is_some() || env.max_length.is_some(),
                number(settings.max_length),
                "128",
            ),
            fixed(
                "threads",
                common.threads.is_some() || env.threads.is_some(),
                number(settings.threads).filter(|_| threads),
                &config::default_threads().to_string(),
            ),
            Fixed { name: "settings file", value: file, from: "where it is looked for" },
        ],
    }
}

/// One setting: given on the command line or in the environment, in the file, or neither.
fn fixed(name: &'static str, given: bool, value: Option<String>, default: &str) -> Fixed {
    let from = match (given, value.is_some()) {
        (true, _) => "command line or environment",
        (false, true) => "settings file",
        (false, false) => "default",
    };
    Fixed { name, value: value.unwrap_or_else(|| default.to_owned()), from }
}
