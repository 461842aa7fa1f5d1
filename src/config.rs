//! Settings: flags > environment > TOML file > defaults; and where files live (XDG).

pub mod values;

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::files;
use crate::vectors::{self, Disk};
use crate::wording::place;

pub use values::Color;

/// What flags, environment and settings file may say; all of it optional. [`values`] reads each of them, wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// A model: its name on the hub, or its folder; the embedded one when absent.
    pub model: Option<String>,
    /// Folder of a course; the embedded one when absent.
    pub lessons: Option<PathBuf>,
    /// Name of the learner.
    pub learner: Option<String>,
    /// Compute threads.
    pub threads: Option<usize>,
    /// Pieces that are read of a text.
    pub max_length: Option<usize>,
    /// Megabytes that kept vectors may take; 0 keeps none.
    pub cache_mb: Option<usize>,
    /// `auto`, `never`, `16`, `256` or `truecolor`.
    pub color: Option<Color>,
    /// Plain ASCII instead of Unicode signs.
    pub ascii: Option<bool>,
}

/// Larger settings files are refused before they are read.
const MOST_BYTES: u64 = 1 << 20;

impl Settings {
    /// Fills what `self` leaves open from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            model: self.model.or(other.model),
            lessons: self.lessons.or(other.lessons),
            learner: self.learner.or(other.learner),
            threads: self.threads.or(other.threads),
            max_length: self.max_length.or(other.max_length),
            cache_mb: self.cache_mb.or(other.cache_mb),
            color: self.color.or(other.color),
            ascii: self.ascii.or(other.ascii),
        }
    }

    /// Reads the settings file; one that is not there is empty.
    ///
    /// # Errors
    /// When it is there but cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self, String> {
        let fail =
            |cause: String| format!("cannot use the settings file {}: {cause}. Correct or remove it", place(path));
        // A link that leads nowhere is no file either; one that leads to itself is a mistake.
        if std::fs::metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        let text = files::read_text(path, MOST_BYTES).map_err(|error| fail(error.to_string()))?;
        values::of_file(&text).map_err(fail)
    }

    /// What the environment says; a variable that is empty or blank says nothing.
    ///
    /// # Errors
    /// When a variable has a value that its setting cannot have.
    pub fn of_environment(env: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        values::of_environment(env)
    }
}

/// Where the settings file is looked for.
#[must_use]
pub fn settings_path() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("clsroom").join("config.toml"))
}

/// The home folder, if there is one.
#[must_use]
pub fn home() -> Option<PathBuf> {
    etcetera::home_dir().ok()
}

/// Where a learner's progress is kept; `None` without a home directory.
#[must_use]
pub fn progress_path(learner: Option<&str>) -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.data_dir().join("clsroom");
    Some(match learner {
        Some(name) => {
            folder.join("learners").join(crate::lesson::progress::sanitise_learner(name)).join("progress.json")
        }
        None => folder.join("progress.json"),
    })
}

/// Where a class of `clsroom serve` keeps its keys and its learners' progress; `None` without a home directory.
#[must_use]
pub fn class_folder(class: &str) -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("clsroom").join("classes").join(crate::lesson::progress::sanitise_learner(class)))
}

/// Where vectors are kept that were computed here; `None` without a home folder, or where none are to be kept.
#[must_use]
pub fn vectors(settings: &Settings) -> Option<Disk> {
    let most = settings.cache_mb.map_or(vectors::USUAL, |megabytes| megabytes as u64 * 1_000_000);
    let base = etcetera::choose_base_strategy().ok().filter(|_| most > 0)?;
    Some(Disk::new(base.cache_dir().join("clsroom").join("vectors"), most))
}

/// Compute threads when nothing is said: one a core.
#[must_use]
pub fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
