//! Advisory locks on files beside the progress file. The system releases them when a process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

/// How long to wait for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// Not at all.
    None,
    /// Longer than any save takes.
    Some,
    /// The same, and then without the lock.
    Last,
}

/// Tries while waiting, and the pause between two.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// The lock, for as long as the file is kept; `None` where there can be none: a file system without locks, a folder that
/// cannot be written to (saving will say so).
///
/// # Errors
/// [`ErrorKind::WouldBlock`]: another process holds it and does not let go.
pub(super) fn acquire(path: &Path, patience: Patience) -> io::Result<Option<File>> {
    let Some(file) = open(path) else { return Ok(None) };
    let tries = if patience == Patience::None { 1 } else { TRIES };
    for attempt in 1..=tries {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if attempt < tries => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
    if patience == Patience::Last { Ok(None) } else { Err(ErrorKind::WouldBlock.into()) }
}

/// A lock that says "a session is open", and whether another session says so too.
pub(super) fn presence(path: &Path) -> (Option<File>, bool) {
    let Some(file) = open(path) else { return (None, false) };
    // Alone it could be had exclusively.
    let others = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
    let _ = file.unlock();
    // Another that has just started may be trying the same.
    let held = (0..TRIES).any(|_| {
        let held = file.try_lock_shared().is_ok();
        if !held {
            std::thread::sleep(PAUSE);
        }
        held
    });
    (held.then_some(file), others)
}

/// Opens a lock file, making it if need be; never anything that is no file, which might block.
fn open(path: &Path) -> Option<File> {
    if path.metadata().is_ok_and(|known| !known.is_file()) {
        return None;
    }
    let made = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    // Somebody else's file can be locked when it can be read.
    made.or_else(|_| File::open(path)).ok()
}
