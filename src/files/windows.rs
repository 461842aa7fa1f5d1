//! What Windows says about files.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind};
use std::os::windows::fs::{FileExt as _, symlink_file};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another program, such as a virus scanner, gets to close a file that is to be replaced.
const PAUSE: Duration = Duration::from_millis(50);

/// Opens a file for reading.
pub(super) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// What it is that is neither a file nor a folder.
pub(super) fn kind(_: FileType) -> &'static str {
    "a device"
}

/// Makes a symbolic link. Windows allows that only to administrators and in developer mode; without that permission the
/// file gets a second name.
pub(super) fn link(target: &Path, link: &Path) -> io::Result<()> {
    // Windows follows no link whose target has other separators than its own.
    let target: PathBuf = target.components().collect();
    symlink_file(&target, link).or_else(|_| {
        let folder = link.parent().unwrap_or(Path::new(""));
        fs::hard_link(folder.join(&target), link)
    })
}

/// The first `most` bytes of a name, in whole characters.
pub(super) fn beginning(name: &OsStr, most: usize) -> OsString {
    let name = name.to_string_lossy();
    name[..name.floor_char_boundary(most)].into()
}

/// Whether a process has this number. The standard library does not say; so files of killed processes stay for a day.
pub(super) fn alive(_: i32) -> bool {
    true
}

/// Locks keep others from reading here, so a file is unlocked before it gets its name.
pub(super) fn before_rename(file: &File) {
    let _ = file.unlock();
}

/// A file in a user's folder is that user's alone already.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
pub(super) fn hide(_: &File) -> io::Result<()> {
    Ok(())
}

/// Whether writing may begin again after this error: somebody removed the temporary, or has the old file open.
pub(super) fn try_again(error: &io::Error) -> bool {
    let held = error.kind() == ErrorKind::PermissionDenied;
    if held {
        std::thread::sleep(PAUSE);
    }
    held || error.kind() == ErrorKind::NotFound
}

/// Reads from this place of a file.
///
/// # Errors
/// When it cannot be read.
pub fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    file.seek_read(buffer, at)
}
