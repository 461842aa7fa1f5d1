//! What keeps a learner's progress: a file on their own computer, the store of a class over a network.

use serde::Deserialize;

use super::merge::same;
use super::{FORMAT_VERSION, MOST_MEASURED, Progress, ProgressError};

/// What keeps one learner's progress for a session.
pub trait Keep: Send {
    /// The progress, and a sentence for the learner if what was kept could not be used.
    fn load(&mut self) -> (Progress, Option<String>);

    /// Says that a session is open, until this is dropped; whether another one is.
    fn open_session(&mut self) -> bool;

    /// Saves what was changed since the last save. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When it cannot be saved; the message names cause and remedy. It is tried again at the next save.
    fn save(&mut self, progress: &Progress, now: Option<u64>) -> Result<Saved, ProgressError>;

    /// Saves for the last time.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn save_at_last(&mut self, progress: &Progress, now: Option<u64>) -> Result<Saved, ProgressError>;
}

/// What saving found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saved {
    /// Another session has changed what is kept since this one looked last.
    pub others: bool,
}

/// The part of kept progress that every version has.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

impl Progress {
    /// Progress from JSON.
    ///
    /// # Errors
    /// What it is instead, to follow "The progress file".
    pub fn read(json: &[u8]) -> Result<Self, &'static str> {
        // The version first: a newer format may differ in everything else.
        let version = serde_json::from_slice::<Version>(json);
        match (version, serde_json::from_slice::<Self>(json)) {
            (Ok(version), _) if version.format_version > FORMAT_VERSION => {
                Err("was written by a newer version of clsroom")
            }
            (Ok(_), Ok(mut progress)) => {
                while progress.measured.len() > MOST_MEASURED {
                    progress.measured.pop_last();
                }
                Ok(progress)
            }
            _ => Err("does not hold progress (it may be damaged)"),
        }
    }

    /// Whether two states differ at most in when a place was visited or a setting confirmed.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        same(self, other)
    }
}
