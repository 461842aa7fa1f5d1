//! What a server could not write to its store before it ended: a file beside its keys, which the next server takes up.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::shelf::Changed;
use super::store::Line;
use crate::files;
use crate::wording::place;

/// A larger file is none of ours, in bytes.
const LARGEST: u64 = 1 << 28;

/// What is left to be written.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Left {
    /// Where it belongs, in words without a password.
    pub(super) store: String,
    pub(super) lines: Vec<Line>,
    pub(super) learners: Vec<Changed>,
}

/// The file of a class in this folder.
pub(super) fn path(folder: &Path, class: &str) -> PathBuf {
    folder.join(format!("left-{}.json", class.replace('/', "-")))
}

impl Left {
    /// What an earlier server left that wrote to this store.
    ///
    /// # Errors
    /// When there is a file that cannot be used: it holds what learners did.
    pub(super) fn read(path: &Path, store: &str) -> Result<Self, String> {
        let cannot = |why: String| {
            format!(
                "cannot use {}: {why}. It holds what an earlier server could not write; move it away to go on",
                place(path)
            )
        };
        match files::read(path, LARGEST) {
            Ok(json) => match serde_json::from_slice::<Self>(&json) {
                Ok(left) if left.store == store => Ok(left),
                Ok(left) => Err(cannot(format!("it belongs to {}", left.store))),
                Err(error) => Err(cannot(error.to_string())),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(cannot(error.to_string())),
        }
    }

    /// Leaves it for the next server; a sentence that says so.
    pub(super) fn write(&self, path: &Path) -> String {
        let json = serde_json::to_vec(self).map_err(|error| error.to_string());
        // An earlier file is part of this one, and stays until this one is whole; the folder is private.
        match json.and_then(|json| files::write_atomically(path, &json).map_err(|error| error.to_string())) {
            Ok(()) => format!("What it lacks is kept in {}: the next clsroom serve of this class adds it", place(path)),
            Err(why) => format!("What it lacks cannot be kept in {} either ({why}), and is lost", place(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_there_for_the_next_one_and_what_is_none_stops_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = path(folder.path(), "bert/open");
        assert!(Left::read(&at, "x").expect("nothing").lines.is_empty());
        let line =
            Line { host: 1, serial: 2, at: 3, learner: None, about: Some("q".to_owned()), entry: "{}".to_owned() };
        for count in 1..3 {
            let said =
                Left { store: "x".to_owned(), lines: vec![line.clone(); count], learners: Vec::new() }.write(&at);
            assert!(said.contains("left-bert-open.json"), "{said}");
            assert_eq!(Left::read(&at, "x").expect("read").lines, vec![line.clone(); count]);
        }
        assert!(Left::read(&at, "y").is_err_and(|why| why.contains("it belongs to x")));
        std::fs::write(&at, "{").expect("written");
        assert!(Left::read(&at, "x").is_err_and(|why| why.contains("move it away")));
    }
}
