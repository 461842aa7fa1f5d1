//! What one learner did and saw: steps reached, answers given, values measured. Time arrives as data: nothing here reads a clock.
//!
//! The front end loads it at start and saves it after each step and answer, through [`Keep`].

mod answer;
mod keep;
mod kept;
mod lock;
mod measured;
mod merge;
mod recall;
mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use answer::Given;
pub use keep::{Keep, Saved};
pub use kept::KeptRun;
pub use measured::{Figure, MOST as MOST_MEASURED, Measured};
pub use merge::Side;
pub use recall::Recall;
pub use store::{ProgressError, Store};

/// Version of the file's format that this program writes. 1 had no measurements; files of it are read as they are.
pub const FORMAT_VERSION: u32 = 2;
/// Longest learner's name, in characters and in bytes (a file's name has at most 255).
const MAX_NAME: (usize, usize) = (64, 200);

/// One learner's progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Version of the format.
    pub format_version: u32,
    /// The learner's own sentence, if one was typed.
    pub sentence: Option<String>,
    /// Per lesson id: where the learner is.
    pub lessons: BTreeMap<String, LessonProgress>,
    /// Per question id: what was answered.
    pub answers: BTreeMap<String, Given>,
    /// Values that were shown and that the notebook needs, by key (see `lesson::notebook`).
    pub measured: BTreeMap<String, Measured>,
    /// Per lesson id: what the learner wrote at its end.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub thoughts: BTreeMap<String, Thought>,
    /// Name of the shorter path that the learner chose.
    pub path: Option<String>,
    /// Lesson id and step (0-based) where the learner left off.
    pub last: Option<(String, usize)>,
    /// Which race the learner chose to run.
    #[serde(skip_serializing_if = "RaceChoice::is_usual")]
    pub race: RaceChoice,
    /// Long runs that ended, so that their benches show them again after a restart.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<String, KeptRun>,
    /// When what there is only one of was changed last.
    #[serde(skip_serializing_if = "Changed::is_empty")]
    pub changed: Changed,
}

/// What a learner wrote at the end of a lesson, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Thought {
    /// The line.
    pub text: String,
    /// When, in seconds since 1970 (UTC).
    pub at: Option<u64>,
}

/// Size and seed of the races, as the learner chose them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RaceChoice {
    /// Which of the sizes that `v` offers, counted from 0; absent: the lesson's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// The seed of fine-tuning; absent: the one that follows from the learner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl RaceChoice {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Times of changes, in seconds since 1970 (UTC). Absent in files of older programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Changed {
    /// Of [`Progress::sentence`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<u64>,
    /// Of [`Progress::path`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<u64>,
    /// Of [`Progress::last`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// Of [`Progress::race`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub race: Option<u64>,
}

impl Changed {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            format_version: FORMAT_VERSION,
            sentence: None,
            lessons: BTreeMap::new(),
            answers: BTreeMap::new(),
            measured: BTreeMap::new(),
            thoughts: BTreeMap::new(),
            path: None,
            last: None,
            race: RaceChoice::default(),
            runs: BTreeMap::new(),
            changed: Changed::default(),
        }
    }
}

/// Where a learner is in one lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LessonProgress {
    /// The step reached, 0-based.
    pub step: usize,
    /// Whether the last step has been seen.
    pub finished: bool,
    /// Whether a run that one of its benches offers was made.
    pub run: bool,
    /// When a step of it was opened last, in seconds since 1970 (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

impl Progress {
    /// The learner's own sentence changes.
    pub fn set_sentence(&mut self, sentence: Option<String>, now: Option<u64>) {
        (self.sentence, self.changed.sentence) = (sentence, now);
    }

    /// Another path is chosen, or the whole course.
    pub fn set_path(&mut self, path: Option<String>, now: Option<u64>) {
        (self.path, self.changed.path) = (path, now);
    }

    /// What is thought at the end of a lesson; an empty text takes it back.
    pub fn set_thought(&mut self, lesson: &str, text: String, now: Option<u64>) {
        let known = self.thoughts.get(lesson).map(|thought| thought.text.as_str());
        if text.is_empty() {
            self.thoughts.remove(lesson);
        } else if known != Some(text.as_str()) {
            self.thoughts.insert(lesson.to_owned(), Thought { text, at: now });
        }
    }

    /// Other races are chosen.
    pub fn set_race(&mut self, race: RaceChoice, now: Option<u64>) {
        (self.race, self.changed.race) = (race, now);
    }

    /// Keeps the report of a run; whether it could be kept.
    pub fn keep_run(&mut self, key: String, run: KeptRun) -> bool {
        kept::keep(&mut self.runs, key, run)
    }

    /// A step is opened.
    pub fn set_place(&mut self, lesson: String, step: usize, now: Option<u64>) {
        let known = self.lessons.entry(lesson.clone()).or_default();
        (known.step, known.at) = (step, now);
        (self.last, self.changed.last) = (Some((lesson, step)), now);
    }

    /// Forgets what was done in one lesson: its steps, its answers, and what it showed. Says how many answers those
    /// were.
    pub fn forget(&mut self, lesson: &str) -> usize {
        self.lessons.remove(lesson);
        self.thoughts.remove(lesson);
        let before = self.answers.len();
        self.answers.retain(|_, given| given.lesson != lesson);
        self.measured.retain(|_, measured| measured.lesson != lesson);
        self.runs.retain(|_, run| run.lesson != lesson);
        if self.last.take_if(|(id, _)| id == lesson).is_some() {
            self.changed.last = None;
        }
        before - self.answers.len()
    }
}

/// The name of a learner as part of a file's name: letters, digits, `-` and `_` are kept, at most 64 of them. Never
/// empty, never a path.
#[must_use]
pub fn sanitise_learner(name: &str) -> String {
    let mut kept = String::new();
    for c in name.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).take(MAX_NAME.0) {
        if kept.len() + c.len_utf8() <= MAX_NAME.1 {
            kept.push(c);
        }
    }
    if kept.is_empty() { "learner".to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_learners_name_is_never_a_path() {
        assert_eq!(sanitise_learner("Ann_Lee-2"), "Ann_Lee-2");
        assert_eq!(sanitise_learner("../../etc/passwd"), "etcpasswd");
        assert_eq!(sanitise_learner("zoë \u{1b}[2J"), "zoë2J");
        for empty in ["", "..", "/", "\0"] {
            assert_eq!(sanitise_learner(empty), "learner");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_fit_for_a_file(name in any::<String>()) {
            let kept = sanitise_learner(&name);
            prop_assert!(!kept.is_empty() && kept.len() <= 200 && kept.chars().count() <= 64);
            prop_assert!(!kept.contains(['/', '\\', '.', '\0', ':']));
        }
    }
}
