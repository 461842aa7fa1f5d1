//! The progress file: JSON that is never lost to a crash, a full disk, a second running copy, garbage or a newer
//! version. A file that cannot be understood is kept aside, never overwritten.
//!
//! Several sessions of one learner may be open at once, some of them for days. Each writes only what it changed since it
//! read or wrote the file last (`merge`), while it holds a lock beside the file; the system releases the lock of a
//! process that is killed. What cannot be written is tried again at the next save.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::lock::{self, Patience};
use super::merge::Side;
use super::{Keep, Progress, Saved};
use crate::files;
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
        ErrorKind::WouldBlock => {
            "another running clsroom of yours holds it and does not let go; it is tried again when you go on"
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

/// Where saving is; tests end it there, as a kill does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Locked,
    Read,
    Written,
}

/// Times that a save begins anew because the file changed under it: only where locks do not work.
const ATTEMPTS: usize = 5;

/// Reads and writes one learner's progress file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// What this session knows to be saved.
    side: Side,
    /// The last save had to wait for the lock in vain.
    stuck: bool,
    /// Tells other sessions that this one is open, for as long as it is.
    presence: Option<File>,
}

impl Store {
    /// A store for the file at `path`, which need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), side: Side::default(), stuck: false, presence: None }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn save_with(&mut self, progress: &Progress, now: Option<u64>, patience: Patience) -> Result<Saved, ProgressError> {
        if self.side.knows(progress) {
            return Ok(Saved::default());
        }
        let saved = self.try_save(progress, now, patience, &mut |_| true);
        self.stuck = saved.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        saved.map_err(|source| ProgressError { path: self.path.clone(), source })
    }

    /// The file behind links (a home kept elsewhere): its locks are beside it.
    fn target(&self) -> PathBuf {
        files::behind_links(&self.path)
    }

    /// `goes_on` is told each stage; where it says no, everything is left as it is, as by a kill.
    fn try_save(
        &mut self,
        progress: &Progress,
        now: Option<u64>,
        patience: Patience,
        goes_on: &mut dyn FnMut(Stage) -> bool,
    ) -> io::Result<Saved> {
        let killed = || io::Error::from(ErrorKind::Interrupted);
        let path = self.target();
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let _lock = lock::acquire(&files::with_ending(&path, ".lock"), patience)?;
        if !goes_on(Stage::Locked) {
            return Err(killed());
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            let before = stamp(&path);
            let (theirs, ours_alone) = match look(&path)? {
                Found::Good(theirs) => (*theirs, false),
                Found::Nothing => (Progress::default(), false),
                // Nothing of it can be used: what this session knew of it is put in its place.
                Found::Foreign(_) => {
                    set_aside(&path)?;
                    (self.side.base().clone(), true)
                }
            };
            if !goes_on(Stage::Read) {
                return Err(killed());
            }
            let others = !ours_alone && self.side.differs(&theirs);
            let whole = self.side.with(progress, theirs.clone(), now);
            if ours_alone || !whole.is_like(&theirs) {
                let mut json = serde_json::to_vec_pretty(&whole).map_err(io::Error::other)?;
                json.push(b'\n');
                // Without a lock, or after having been stopped while holding it, the file may be another by now.
                if !ours_alone && stamp(&path) != before && attempt < ATTEMPTS {
                    continue;
                }
                files::write_atomically(&path, &json)?;
            }
            self.side = Side::new(progress.clone(), whole);
            if !goes_on(Stage::Written) {
                return Err(killed());
            }
            return Ok(Saved { others });
        }
    }
}

impl Keep for Store {
    /// A file that cannot be used is kept under another name beside the new one.
    fn load(&mut self) -> (Progress, Option<String>) {
        files::remove_stale_temporaries(&self.path);
        let what = match look(&self.path) {
            Ok(Found::Nothing) => return (Progress::default(), None),
            Ok(Found::Good(progress)) => {
                self.side = Side::of(&progress);
                return (*progress, None);
            }
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

    fn open_session(&mut self) -> bool {
        let path = self.target();
        let (presence, others) = lock::presence(&files::with_ending(&path, ".open"));
        self.presence = presence;
        others
    }

    /// Writes a temporary file in the same directory, then renames it, so that there is always one whole file. What others
    /// saved meanwhile stays; where nothing was changed nothing is written. A file that is not ours to overwrite is set
    /// aside first.
    fn save(&mut self, progress: &Progress, now: Option<u64>) -> Result<Saved, ProgressError> {
        // A learner does not wait at each key for a process that was stopped.
        let patience = if self.stuck { Patience::None } else { Patience::Some };
        self.save_with(progress, now, patience)
    }

    /// Where another process holds the lock and does not let go, it is done without it.
    fn save_at_last(&mut self, progress: &Progress, now: Option<u64>) -> Result<Saved, ProgressError> {
        self.save_with(progress, now, Patience::Last)
    }
}

/// What tells one state of a file from the next.
fn stamp(path: &Path) -> impl PartialEq + use<> {
    fs::metadata(path).ok().map(|known| (known.modified().ok(), known.len()))
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
    files::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Ok(Found::Foreign("is far too large"));
    }
    Ok(Progress::read(&bytes).map_or_else(Found::Foreign, |progress| Found::Good(Box::new(progress))))
}

/// Renames a file to `NAME.broken-N` with the first N that is free, and says where it went.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..10_000 {
        let kept = files::with_ending(path, &format!(".broken-{number}"));
        match fs::symlink_metadata(&kept) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                fs::rename(path, &kept)?;
                return Ok(kept);
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many broken files are kept already"))
}

#[cfg(test)]
mod tests;
