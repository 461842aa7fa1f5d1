//! The file that `--out` names: never somebody's notes written over, never the record of something else.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::files;
use crate::lab::dataset::Dataset;
use crate::lab::record::{self, Heads};
use crate::lab::{Provenance, RaceReport};
use crate::wording::place;

/// A place to write to, which was found fit before the run.
pub(super) struct Out {
    path: PathBuf,
    /// A pipe or device, which is written to as it is and not replaced; open from the beginning, so that its reader
    /// waits for the end.
    stream: Option<File>,
}

impl Out {
    /// A place for a record. A file that cannot be written is known before the run, not after it.
    ///
    /// # Errors
    /// When there is no such folder, what is there is no record, or nobody reads from the pipe; one sentence.
    pub fn for_record(path: &Path) -> Result<Self, String> {
        let is_record = |text: &str| {
            let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
            json.is_some_and(|json| json.get("provenance").is_some() || Heads::read(text).is_ok())
        };
        Self::of(path, "record", &is_record)
    }

    /// A place for what `ours` knows, and which is called `what`.
    ///
    /// # Errors
    /// As [`Self::for_record`].
    pub fn of(path: &Path, what: &str, ours: &dyn Fn(&str) -> bool) -> Result<Self, String> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() || path.is_dir() {
            return Err(format!(
                "cannot write {}: {} is not a folder, or the name is one. Choose another place",
                place(path),
                place(folder)
            ));
        }
        let stream = if is_stream(path) { Some(stream(path).map_err(|error| cannot(path, &error))?) } else { None };
        if stream.is_none() && path.is_file() {
            match files::read_text(path, record::LARGEST as u64) {
                Ok(text) if text.is_empty() || ours(&text) => {}
                _ => {
                    return Err(format!(
                        "{} is there and is no {what} of clsroom, so it is not written over. Choose another name, or \
                         move it away",
                        place(path)
                    ));
                }
            }
        }
        Ok(Self { path: path.to_path_buf(), stream })
    }

    /// The file; `None` for a pipe or device, beside which nothing can be kept.
    pub fn file(&self) -> Option<&Path> {
        if self.stream.is_none() { Some(&self.path) } else { None }
    }

    /// Writes. What is there already is kept under a name beside it, which is said, unless it `repeats` no more than
    /// what is written.
    ///
    /// # Errors
    /// When a file cannot be moved or written; one sentence.
    pub fn put(&self, text: &str, what: &str, repeats: &dyn Fn(&str) -> bool) -> Result<(), String> {
        if let Some(mut stream) = self.stream.as_ref() {
            return stream.write_all(text.as_bytes()).map_err(|error| cannot(&self.path, &error));
        }
        // Of a link the file behind it is written, and so kept.
        let path = &files::behind_links(&self.path);
        if path.is_file() {
            let there = files::read_text(path, record::LARGEST as u64).unwrap_or_else(|_| "?".to_owned());
            if !there.is_empty() && !repeats(&there) {
                let kept = aside(path).map_err(|error| {
                    format!(
                        "{} holds {what}, which cannot be kept beside it: {error}. Choose another name",
                        place(path)
                    )
                })?;
                eprintln!("{} held {what}, which is now {}", place(path), place(&kept));
            }
        }
        files::write_atomically(path, text.as_bytes()).map_err(|error| cannot(path, &error))
    }

    /// Writes a record (`against`: how the other model's part was made). The record of something else that is there
    /// already is kept under a name beside it.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn write(&self, made: &Provenance, against: Option<&Provenance>, text: &str) -> Result<(), String> {
        self.put(text, "the record of another run", &|there| repeats(there, made, against))
    }
}

fn cannot(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}. Choose another place", place(path))
}

/// Whether a path is written to as it is: a pipe, a device, or what a shell has opened already.
fn is_stream(path: &Path) -> bool {
    let opened = ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|there| path.starts_with(there));
    opened || std::fs::metadata(path).is_ok_and(|known| !known.is_file())
}

/// Opens a device for writing.
#[cfg(windows)]
fn stream(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).open(path)
}

/// Opens a pipe or a character device for writing. A pipe without a reader is not waited for.
#[cfg(unix)]
fn stream(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};

    use rustix::fs::OFlags;

    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_socket() || kind.is_block_device() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a file nor a pipe"));
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let opened = OpenOptions::new().append(true).custom_flags(flags).open(path);
    let file = opened.map_err(|error| {
        if kind.is_fifo() && error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) {
            io::Error::new(io::ErrorKind::NotConnected, "nobody reads from this pipe; start its reader first")
        } else {
            error
        }
    })?;
    // From here on its reader may take its time.
    let flags = rustix::fs::fcntl_getfl(&file)?;
    rustix::fs::fcntl_setfl(&file, flags - OFlags::NONBLOCK)?;
    Ok(file)
}

/// The finished race that is recorded there, if there is one.
pub(super) fn race(path: &Path) -> Option<RaceReport> {
    let text = files::read_text(path, record::LARGEST as u64).ok()?;
    record::read(&text).ok().filter(|report| !report.stopped && !report.lanes.is_empty())
}

/// Whether two records are of one run: by their keys. A record of an earlier version has none: then by command, weights,
/// sentences and version, where these sentences are the program's own, which are read as they always were.
pub(super) fn same(a: &Provenance, b: &Provenance) -> bool {
    if let (Some(a), Some(b)) = (&a.key, &b.key) {
        return a == b;
    }
    let said = |of: &Provenance| {
        let Provenance { version, command, model_sha256, data_sha256, .. } = of;
        [version, command, model_sha256, data_sha256].map(Clone::clone)
    };
    said(a) == said(b) && Dataset::is_inside(&a.data)
}

/// Whether what is there says no more than the new record.
fn repeats(there: &str, made: &Provenance, against: Option<&Provenance>) -> bool {
    let json: serde_json::Value = serde_json::from_str(there).unwrap_or_default();
    let found = |at: &str| serde_json::from_value::<Provenance>(json.pointer(at)?.clone()).ok();
    let other = found("/against/report/provenance");
    let beside = match (&other, against) {
        (Some(found), Some(made)) => same(found, made),
        (found, made) => found.is_none() && made.is_none(),
    };
    beside && found("/provenance").is_some_and(|found| same(&found, made))
}

/// Gives a file a second name that nothing has: `FILE.old`, or with a number.
fn aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..10_000 {
        let ending = if number == 1 { ".old".to_owned() } else { format!(".old.{number}") };
        let kept = files::with_ending(path, &ending);
        match std::fs::hard_link(path, &kept) {
            Ok(()) => return Ok(kept),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // A file system without links. A link that points nowhere is a name that is taken, too.
            Err(_) if kept.symlink_metadata().is_err() => return std::fs::rename(path, &kept).map(|()| kept),
            Err(_) => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "ten thousand are kept already"))
}
