//! What one learner did and saw: steps reached, answers given, values measured. Time arrives as data: nothing here reads a clock.
//!
//! The front end loads it at start and saves it after each step and answer, through [`Store`].

mod measured;
mod recall;
mod store;

use std::collections::BTreeMap;

use super::Source;
use serde::{Deserialize, Serialize};

pub use measured::{Figure, MOST as MOST_MEASURED, Measured};
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
    /// Name of the shorter path that the learner chose.
    pub path: Option<String>,
    /// Lesson id and step (0-based) where the learner left off.
    pub last: Option<(String, usize)>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            format_version: FORMAT_VERSION,
            sentence: None,
            lessons: BTreeMap::new(),
            answers: BTreeMap::new(),
            measured: BTreeMap::new(),
            path: None,
            last: None,
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
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Given {
    /// The option chosen, 0-based.
    pub choice: usize,
    /// Whether it was right; `None` until the measurement that decides is there.
    pub correct: Option<bool>,
    /// Id of the lesson that asked.
    pub lesson: String,
    /// When, in seconds since 1970 (UTC).
    pub at: Option<u64>,
    /// What the measurement was that decided, as it was shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
    /// Where that is from; absent where the program did not keep it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The sentence it was measured on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// How often the question has been asked again since and was answered right.
    pub recalled: u32,
    /// The latest of these answers, right or wrong, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recalls: Vec<Recall>,
}

impl Progress {
    /// Adds what another run of the program has saved meanwhile. Where both know something, `self` is right, except
    /// that a finished lesson stays finished and the later answer counts. The sentence is not taken over: a learner
    /// who went back to the lessons' own sentences would get the old one again.
    fn absorb(&mut self, other: Self) {
        for (id, theirs) in other.lessons {
            let ours = self.lessons.entry(id).or_insert(theirs);
            ours.finished |= theirs.finished;
            ours.run |= theirs.run;
        }
        for (id, theirs) in other.answers {
            match self.answers.get_mut(&id) {
                Some(ours) if ours.at.is_some() && theirs.at > ours.at => *ours = theirs,
                Some(_) => {}
                None => drop(self.answers.insert(id, theirs)),
            }
        }
        for (key, theirs) in other.measured {
            match self.measured.get_mut(&key) {
                Some(ours) if theirs.at > ours.at && ours.gives_way_to(&theirs) => *ours = theirs,
                Some(_) => {}
                None => drop(self.measured.insert(key, theirs)),
            }
        }
        self.last = self.last.take().or(other.last);
    }

    /// Forgets what was done in one lesson: its steps, its answers, and what it showed. Says how many answers those
    /// were.
    pub fn forget(&mut self, lesson: &str) -> usize {
        self.lessons.remove(lesson);
        let before = self.answers.len();
        self.answers.retain(|_, given| given.lesson != lesson);
        self.measured.retain(|_, measured| measured.lesson != lesson);
        self.last.take_if(|(id, _)| id == lesson);
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
