//! The progress file: JSON that is never lost to a crash, a full disk, a second running copy, garbage or a newer
//! version. A file that cannot be understood is kept aside, never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{FORMAT_VERSION, MOST_MEASURED, Progress};
use crate::lesson::parse::visible;

/// Largest progress file that is read, in bytes.
const MAX_BYTES: u64 = 4_000_000;

/// Progress could not be saved. What is in memory is unharmed, and so is the file.
#[derive(Debug, thiserror::Error)]
#[error("your progress could not be saved to {}: {source}; {}", visible(&path.display().to_string()), advice(source))]
pub struct ProgressError {
    /// The file that was to be written.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// What to do about an error while saving.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make its directory writable; until then your progress lasts only as long as this session"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "free some space; what was saved before is still there"
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "something else has the name of its directory; move it away"
        }
        _ => "until this is repaired your progress lasts only as long as this session",
    }
}

/// What stands in a progress file.
enum Found {
    /// There is no file.
    Nothing,
    /// Progress that this version understands.
    Good(Box<Progress>),
    /// Something else; the text says what, to follow "The progress file".
    Foreign(&'static str),
}

/// The part of a progress file that every version has.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// Reads and writes one learner's progress file.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
}

impl Store {
    /// A store for the file at `path`, which need not exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The progress, and a sentence for the learner if the file could not be used. Such a file is kept under another
    /// name beside the new one.
    #[must_use]
    pub fn load(&self) -> (Progress, Option<String>) {
        let what = match look(&self.path) {
            Ok(Found::Nothing) => return (Progress::default(), None),
            Ok(Found::Good(progress)) => return (*progress, None),
            Ok(Found::Foreign(what)) => what.to_owned(),
            Err(error) => format!("cannot be read ({error})"),
        };
        let file = visible(&self.path.display().to_string());
        let notice = match set_aside(&self.path) {
            Ok(kept) => {
                let kept = visible(&kept.display().to_string());
                format!("The progress file {file} {what}. It is kept as {kept}, and a new one is begun.")
            }
            Err(error) => format!(
                "The progress file {file} {what}, and it cannot be moved aside ({error}). It is left as it is; \
                 nothing is saved until you move it."
            ),
        };
        (Progress::default(), Some(notice))
    }

    /// Saves: writes a temporary file in the same directory, then renames it, so that there is always one whole file.
    /// What another running copy saved meanwhile is kept, and a file that is not ours to overwrite is set aside first.
    ///
    /// # Errors
    /// The file cannot be written; the message names cause and remedy.
    pub fn save(&self, progress: &Progress) -> Result<(), ProgressError> {
        self.try_save(progress, true).map_err(|source| ProgressError { path: self.path.clone(), source })
    }

    /// Saves exactly this: what was forgotten on purpose does not come back from the file.
    ///
    /// # Errors
    /// As [`Self::save`].
    pub fn replace(&self, progress: &Progress) -> Result<(), ProgressError> {
        self.try_save(progress, false).map_err(|source| ProgressError { path: self.path.clone(), source })
    }

    fn try_save(&self, progress: &Progress, merge: bool) -> io::Result<()> {
        // A link (a home kept elsewhere) stays a link: its target is replaced.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let mut whole = Progress { format_version: FORMAT_VERSION, ..progress.clone() };
        match look(&path)? {
            Found::Good(theirs) if merge => whole.absorb(*theirs),
            Found::Nothing | Found::Good(_) => {}
            Found::Foreign(_) => drop(set_aside(&path)?),
        }
        let mut json = serde_json::to_vec_pretty(&whole).map_err(io::Error::other)?;
        json.push(b'\n');
        let (temporary, mut file) = temporary(&path)?;
        let written = file.write_all(&json).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // The half-written file is of no use; if it cannot be removed either, the first error says enough.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

/// What stands in the file; an error if it is there but cannot be read.
fn look(path: &Path) -> io::Result<Found> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return Ok(Found::Foreign("is not a file")),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Found::Foreign("is far too large"));
    }
    // The version first: a newer format may differ in everything else.
    match serde_json::from_slice::<Version>(&bytes) {
        Ok(version) if version.format_version > FORMAT_VERSION => {
            return Ok(Found::Foreign("was written by a newer version of clsroom"));
        }
        Ok(_) => {}
        Err(_) => return Ok(Found::Foreign("does not hold progress (it may be damaged)")),
    }
    Ok(match serde_json::from_slice::<Progress>(&bytes) {
        Ok(mut progress) => {
            progress.sentence = progress.sentence.as_deref().map(visible);
            while progress.measured.len() > MOST_MEASURED {
                progress.measured.pop_last();
            }
            Found::Good(Box::new(progress))
        }
        Err(_) => Found::Foreign("does not hold progress (it may be damaged)"),
    })
}

/// Renames a file to `NAME.broken-N` with the first N that is free, and says where it went.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..10_000 {
        let kept = beside(path, &format!("broken-{number}"));
        if fs::symlink_metadata(&kept).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            fs::rename(path, &kept)?;
            return Ok(kept);
        }
    }
    Err(io::Error::other("too many broken files are kept already"))
}

/// A new file beside `path` that no other running copy uses.
fn temporary(path: &Path) -> io::Result<(PathBuf, File)> {
    let mut last = io::Error::from(ErrorKind::AlreadyExists);
    for number in 0..100 {
        let temporary = beside(path, &format!("tmp-{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::progress::{Figure, Given, LessonProgress, Measured, Recall};

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().expect("a directory");
        let store = Store::new(directory.path().join("deep/er/progress.json"));
        (directory, store)
    }

    fn put(store: &Store, text: &str) {
        fs::create_dir_all(store.path().parent().expect("a parent")).expect("made");
        fs::write(store.path(), text).expect("written");
    }

    fn names(store: &Store) -> Vec<String> {
        let entries = fs::read_dir(store.path().parent().expect("a parent")).expect("a directory");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("an entry").file_name().into_string().expect("a name")).collect();
        names.sort();
        names
    }

    fn some_progress() -> Progress {
        let given = Given {
            choice: 2,
            correct: Some(true),
            lesson: "04".to_owned(),
            at: Some(7),
            recalled: 1,
            source: Some(crate::lesson::Source::Record),
            measured: Some("movie".to_owned()),
            sentence: Some("A film.".to_owned()),
            recalls: vec![Recall { at: Some(9), choice: 2, right: true }],
        };
        let measured = Measured {
            value: Figure::Number(0.7),
            lesson: "04".to_owned(),
            at: Some(8),
            sentence: Some("A film.".to_owned()),
            ..Measured::default()
        };
        Progress {
            sentence: Some("A film.".to_owned()),
            lessons: [("04".to_owned(), LessonProgress { step: 3, finished: false, run: false })].into(),
            answers: [("mix-top".to_owned(), given)].into(),
            measured: [("mixing.ratio.last".to_owned(), measured)].into(),
            last: Some(("04".to_owned(), 3)),
            ..Progress::default()
        }
    }

    #[test]
    fn what_is_saved_is_loaded_and_nothing_else_is_left_behind() {
        let (_directory, store) = store();
        assert_eq!(store.load(), (Progress::default(), None));
        store.save(&some_progress()).expect("saved");
        store.save(&some_progress()).expect("saved again");
        assert_eq!(store.load(), (some_progress(), None));
        assert_eq!(names(&store), ["progress.json"]);
    }

    #[test]
    fn a_file_of_the_first_version_is_read_and_written_as_the_second() {
        let (_directory, store) = store();
        let first = r#"{"format_version": 1, "sentence": "A film.", "lessons": {"04": {"step": 3, "finished": true}},
            "answers": {"04-most": {"choice": 1, "correct": true, "lesson": "04", "at": 7, "recalled": 1}},
            "last": ["04", 3]}"#;
        put(&store, first);
        let (progress, notice) = store.load();
        assert_eq!((notice, progress.measured.len(), progress.answers["04-most"].choice), (None, 0, 1));
        store.save(&progress).expect("saved");
        let written = fs::read_to_string(store.path()).expect("a file");
        assert!(written.contains("\"format_version\": 2"), "{written}");
        assert_eq!(store.load().0.answers, progress.answers);
    }

    #[test]
    fn what_was_forgotten_does_not_come_back() {
        let (_directory, store) = store();
        store.save(&some_progress()).expect("saved");
        let mut progress = store.load().0;
        assert_eq!(progress.forget("04"), 1);
        store.replace(&progress).expect("saved");
        let (left, _) = store.load();
        assert!(left.lessons.is_empty() && left.answers.is_empty() && left.measured.is_empty() && left.last.is_none());
        assert_eq!(left.sentence.as_deref(), Some("A film."), "the sentence is not the lesson's");
    }

    #[test]
    fn garbage_is_kept_aside_each_time_under_a_new_name() {
        let (_directory, store) = store();
        for garbage in ["{", "[1, 2]", "", "{\"format_version\": 1, \"lessons\": 5}", "\u{0}\u{1}"] {
            put(&store, garbage);
            let (progress, notice) = store.load();
            assert_eq!(progress, Progress::default());
            assert!(notice.is_some_and(|notice| notice.contains("is kept as")));
        }
        assert_eq!(names(&store).len(), 5);
        assert_eq!(fs::read_to_string(beside(store.path(), "broken-1")).expect("kept"), "{");
    }

    #[test]
    fn a_newer_file_is_kept_aside_at_load_and_at_save() {
        let (_directory, store) = store();
        let newer = "{\"format_version\": 9, \"lessons\": [\"another shape\"]}";
        put(&store, newer);
        assert!(store.load().1.is_some_and(|notice| notice.contains("newer version")));
        put(&store, newer);
        store.save(&some_progress()).expect("saved");
        assert_eq!(names(&store), ["progress.json", "progress.json.broken-1", "progress.json.broken-2"]);
        assert_eq!(fs::read_to_string(beside(store.path(), "broken-2")).expect("kept"), newer);
        assert_eq!(store.load().0, some_progress());
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let (_directory, store) = store();
        put(&store, "");
        File::options().write(true).open(store.path()).expect("open").set_len(MAX_BYTES + 1).expect("grown");
        assert!(store.load().1.is_some_and(|notice| notice.contains("too large")));
    }

    #[test]
    fn two_running_copies_lose_nothing() {
        let (_directory, store) = store();
        let other = Progress {
            lessons: [
                ("04".to_owned(), LessonProgress { step: 1, finished: true, run: false }),
                ("08".to_owned(), LessonProgress::default()),
            ]
            .into(),
            ..Progress::default()
        };
        store.save(&other).expect("saved");
        store.save(&some_progress()).expect("saved");
        let (both, _) = store.load();
        assert_eq!(both.lessons["04"], LessonProgress { step: 3, finished: true, run: false });
        assert!(both.lessons.contains_key("08") && both.answers.contains_key("mix-top"));
    }

    #[test]
    fn saving_where_nothing_can_be_written_says_why() {
        let (directory, _) = store();
        fs::write(directory.path().join("file"), "in the way").expect("written");
        let error =
            Store::new(directory.path().join("file/progress.json")).save(&Progress::default()).expect_err("refused");
        assert!(error.to_string().contains("could not be saved to"), "{error}");
        assert!(error.to_string().contains("move it away"), "{error}");
        let full = ProgressError { path: "p".into(), source: ErrorKind::StorageFull.into() };
        assert!(full.to_string().contains("free some space"), "{full}");
    }
}
