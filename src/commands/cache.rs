//! `clsroom cache`: vectors that were computed on this machine and are kept for the next run.

use super::print;
use crate::cli::Cache;
use crate::config::{self, Settings};
use crate::vectors::Taken;
use crate::wording::{counted, place};

/// Says how much the kept vectors take, or takes them away.
///
/// # Errors
/// When a file cannot be removed.
pub fn cache(settings: &Settings, command: Option<Cache>) -> Result<(), String> {
    match (config::vectors(settings), command) {
        (Some(disk), Some(Cache::Clear)) => {
            let taken = disk.clear().map_err(|error| {
                format!("cannot take away the vectors in {}: {error}. Remove that folder by hand", place(disk.folder()))
            })?;
            print(&format!("Taken away: {}.\n", size(taken)))
        }
        _ => print(&format!("{}\n", about(settings))),
    }
}

/// What is kept and where, in a line.
pub(super) fn about(settings: &Settings) -> String {
    match config::vectors(settings) {
        Some(disk) => format!("computed vectors: {} in {}", size(disk.taken()), place(disk.folder())),
        None => "computed vectors: none are kept (cache-mb is 0, or there is no home folder)".to_owned(),
    }
}

/// "3 files, 41.5 MB".
fn size(taken: Taken) -> String {
    format!("{}, {:.1} MB", counted(taken.sheets, "file"), taken.bytes as f64 / 1e6)
}
