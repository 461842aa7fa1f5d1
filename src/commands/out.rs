//! The file that `--out` names: never somebody's notes written over, never the record of something else.

use std::path::{Path, PathBuf};

use super::write_file;
use crate::lab::dataset::Dataset;
use crate::lab::record::{self, Heads};
use crate::lab::{Provenance, RaceReport};

/// A file that cannot be written is known before the run, not after it.
///
/// # Errors
/// When there is no such folder, or what is there is no record; one sentence.
pub(super) fn writable(path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() && !path.is_dir() {
        replaceable(path)
    } else {
        Err(format!(
            "cannot write {}: {} is not a folder, or the name is one. Choose another place",
            path.display(),
            folder.display()
        ))
    }
}

/// Only what a run of clsroom wrote may be written over: not somebody's data or notes.
fn replaceable(path: &Path) -> Result<(), String> {
    if !path.is_file() {
        return Ok(());
    }
    let record = |text: &str| {
        let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
        json.is_some_and(|json| json.get("provenance").is_some() || Heads::read(text).is_ok())
    };
    match std::fs::read_to_string(path) {
        Ok(text) if text.is_empty() || record(&text) => Ok(()),
        _ => Err(format!(
            "{} is there and is no record of clsroom, so it is not written over. Choose another name, or move it away",
            path.display()
        )),
    }
}

/// The finished race that is recorded there, if there is one.
pub(super) fn race(path: &Path) -> Option<RaceReport> {
    let text = path.is_file().then(|| std::fs::read_to_string(path).ok())??;
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
    said(a) == said(b) && Dataset::names().any(|name| name == a.data)
}

/// Writes a record (`against`: how the other model's part was made). The record of something else that is there already
/// is kept under a name beside it, which is said.
///
/// # Errors
/// When a file cannot be moved or written; one sentence.
pub(super) fn write(path: &Path, made: &Provenance, against: Option<&Provenance>, text: &str) -> Result<(), String> {
    // Of a link the file behind it is written, and so kept.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    if path.is_file() && !repeats(path, made, against) {
        let kept = aside(path);
        std::fs::rename(path, &kept).map_err(|error| {
            format!(
                "{} holds the record of another run, which cannot be moved to {}: {error}. Choose another name",
                path.display(),
                kept.display()
            )
        })?;
        eprintln!("{} held the record of another run, which is now {}", path.display(), kept.display());
    }
    write_file(path, text)
}

/// Whether what is there says no more than the new record, or nothing.
fn repeats(path: &Path, made: &Provenance, against: Option<&Provenance>) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else { return false };
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let found = |at: &str| serde_json::from_value::<Provenance>(json.pointer(at)?.clone()).ok();
    let other = found("/against/report/provenance");
    let beside = match (&other, against) {
        (Some(found), Some(made)) => same(found, made),
        (found, made) => found.is_none() && made.is_none(),
    };
    text.is_empty() || (beside && found("/provenance").is_some_and(|found| same(&found, made)))
}

/// `FILE.old`, or with a number where that is taken.
fn aside(path: &Path) -> PathBuf {
    let named = |ending: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let names = std::iter::once(named(".old".to_owned())).chain((2..).map(|number| named(format!(".old.{number}"))));
    // A link that points nowhere is a name that is taken, too.
    let free = |name: &PathBuf| name.symlink_metadata().is_err();
    names.into_iter().find(free).unwrap_or_else(|| named(".old".to_owned()))
}
