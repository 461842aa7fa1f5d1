//! What Linux and macOS say about files.

use std::ffi::{OsStr, OsString};
use std::fs::{File, FileType};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, FileTypeExt as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// Opens a file for reading without waiting for a pipe's writer.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

/// What it is that is neither a file nor a folder.
pub(super) fn kind(kind: FileType) -> &'static str {
    match () {
        () if kind.is_fifo() => "a pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

/// Makes a symbolic link.
pub(super) fn link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// The first `most` bytes of a name.
pub(super) fn beginning(name: &OsStr, most: usize) -> OsString {
    OsStr::from_bytes(&name.as_bytes()[..name.len().min(most)]).to_owned()
}

/// Whether a process has this number.
pub(super) fn alive(process: i32) -> bool {
    let known = |process| rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH);
    rustix::process::Pid::from_raw(process).is_some_and(known)
}

/// Nothing has to be done before a file that was written is renamed.
pub(super) fn before_rename(_: &File) {}

/// Lets nobody but its owner read a file.
pub(super) fn hide(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

/// Whether writing may begin again after this error: somebody removed the temporary.
pub(super) fn try_again(error: &io::Error) -> bool {
    error.kind() == ErrorKind::NotFound
}

/// Reads from this place of a file.
///
/// # Errors
/// When it cannot be read.
pub fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    file.read_at(buffer, at)
}
