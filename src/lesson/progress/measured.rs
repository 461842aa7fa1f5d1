//! A value that was shown, kept with where it is from, so that a notebook can be written from it later.

use serde::{Deserialize, Serialize};

use crate::lesson::{Format, Source};

/// Most values that one learner's file keeps.
pub const MOST: usize = 500;

/// A value: a number or words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
}

impl Figure {
    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    /// Written by a format; words stay as they are.
    #[must_use]
    pub fn write(&self, format: Format) -> String {
        match self {
            Self::Number(number) => format.write(*number),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Default for Figure {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A value with where it is from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// The value.
    pub value: Figure,
    /// Measured here, recorded or cited.
    pub source: Source,
    /// The sentence it was measured on; absent for a race.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
    /// What `--model` named the model; absent for the one inside the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// What `--max-length` was, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The command of the run it is from; absent for what one sentence shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Training sentences of that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<usize>,
    /// Its test sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<usize>,
    /// sha256 of its labelled sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_sha256: Option<String>,
    /// Id of the lesson that showed it.
    pub lesson: String,
    /// The model's name.
    pub model: String,
    /// sha256 of its weights.
    pub model_sha256: String,
    /// When it was shown first, in seconds since 1970 (UTC).
    pub at: Option<u64>,
}

impl Measured {
    /// Whether `newer` takes this value's place: it says something else, and does not come from a smaller run of the
    /// same model. (A lesson that runs a small race does not take away what a large one showed.)
    #[must_use]
    pub fn gives_way_to(&self, newer: &Self) -> bool {
        let smaller = newer.model_sha256 == self.model_sha256 && newer.train < self.train;
        let same = Self { at: None, lesson: String::new(), ..self.clone() }
            == Self { at: None, lesson: String::new(), ..newer.clone() };
        !smaller && !same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_run_does_not_replace_a_large_one_but_another_model_does() {
        let run = |train, value, model: &str| Measured {
            value: Figure::Number(value),
            train: Some(train),
            model_sha256: model.to_owned(),
            ..Measured::default()
        };
        assert!(!run(2_000, 0.7, "a").gives_way_to(&run(512, 0.6, "a")));
        assert!(run(512, 0.6, "a").gives_way_to(&run(2_000, 0.7, "a")));
        assert!(run(2_000, 0.7, "a").gives_way_to(&run(512, 0.6, "b")));
        let later = Measured { at: Some(9), ..run(512, 0.6, "a") };
        assert!(!run(512, 0.6, "a").gives_way_to(&later), "the time it was first shown is kept");
        assert!(run(512, 0.6, "a").gives_way_to(&run(512, 0.61, "a")));
    }
}
