//! Files that other people and programs can reach: what is read is a regular file of a known size, and what is written
//! is there as a whole or not at all.
//!
//! Everything that reads a file from outside (models, data, settings, lessons, progress) and everything that writes one
//! goes through here. A pipe or a device in place of a file is refused instead of being waited for.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use system::read_at;

/// What stands between a file's name and the number of the process that writes its temporary.
const MARK: &str = ".clsroom-tmp-";

/// The same in earlier versions, for progress files.
const EARLIER_MARK: &str = ".tmp-";

/// Most bytes of a file's name that its temporaries repeat: file systems allow 255.
const NAME: usize = 200;

/// A temporary whose process number is in use is left alone for so long: another program may have got the number.
const STALE: Duration = Duration::from_hours(24);

/// How often writing begins again when somebody removes its temporary.
const TRIES: usize = 5;

/// Whether writing failed because nobody reads any more. Windows has more than one name for that; one of them Rust's
/// library does not know.
#[must_use]
pub fn closed_pipe(error: &io::Error) -> bool {
    /// `ERROR_PIPE_NOT_CONNECTED`.
    const NOT_CONNECTED: i32 = 233;
    error.kind() == ErrorKind::BrokenPipe || (cfg!(windows) && error.raw_os_error() == Some(NOT_CONNECTED))
}

/// Opens a regular file for reading.
///
/// # Errors
/// When it cannot be opened, or is a folder, pipe, device or socket.
pub fn open(path: &Path) -> io::Result<File> {
    // The first look spares a device from being opened; the second is at what was opened.
    regular(&fs::metadata(path)?)?;
    let file = system::open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads a regular file of at most `most` bytes.
///
/// # Errors
/// As [`open`], and when it is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    if file.metadata()?.len() <= most {
        file.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 <= most {
            return Ok(bytes);
        }
    }
    let size = if most < 1_000_000 { format!("{} kB", most / 1_000) } else { format!("{} MB", most / 1_000_000) };
    Err(io::Error::new(ErrorKind::FileTooLarge, format!("it is larger than {size}")))
}

/// Reads a regular file of at most `most` bytes as text.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// An error that says what it is instead, unless it is a regular file.
fn regular(known: &fs::Metadata) -> io::Result<()> {
    let kind = known.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let (error, what) = match () {
        () if kind.is_dir() => (ErrorKind::IsADirectory, "a folder"),
        () => (ErrorKind::InvalidInput, system::kind(kind)),
    };
    Err(io::Error::new(error, format!("it is {what}, not a file")))
}

/// Writes a file by way of a temporary one beside it, so that a crash or a full disk leaves the old one or the new one,
/// never a part. Of a link the file behind it is replaced. What earlier, killed processes left behind is removed.
///
/// # Errors
/// When it cannot be written; the old file is unharmed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = &behind_links(path);
    remove_marked(path, &[MARK]);
    written(path, (bytes, false), |temporary| fs::rename(&temporary.path, path).map(|()| temporary.taken()))
}

/// Writes a file that is not there yet, as a whole.
///
/// # Errors
/// When it cannot be written; `AlreadyExists` when something has its name.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    place_new(path, bytes, false)
}

/// The same for what nobody but its owner may read.
///
/// # Errors
/// As [`write_new`].
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    place_new(path, bytes, true)
}

fn place_new(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    remove_marked(path, &[MARK]);
    written(path, (bytes, private), |temporary| match fs::hard_link(&temporary.path, path) {
        // Some file systems have no links: the name is taken first, then replaced.
        Err(error) if !matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::NotFound) => {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            fs::rename(&temporary.path, path).map(|()| temporary.taken())
        }
        linked => linked,
    })
}

/// Writes a temporary and has it `placed`; once more if somebody removed it meanwhile.
fn written(
    path: &Path,
    (bytes, private): (&[u8], bool),
    placed: impl Fn(&mut Temporary) -> io::Result<()>,
) -> io::Result<()> {
    let mut tries = 1..TRIES;
    loop {
        let mut temporary = Temporary::beside(path)?;
        if let Ok(known) = fs::metadata(path) {
            // What was private stays private. On a file system without permissions there is nothing to keep.
            let _ = temporary.file.set_permissions(known.permissions());
        }
        if private {
            system::hide(&temporary.file)?;
        }
        temporary.file.write_all(bytes)?;
        temporary.file.sync_all()?;
        system::before_rename(&temporary.file);
        match placed(&mut temporary) {
            Err(error) if system::try_again(&error) && tries.next().is_some() => {}
            result => return result,
        }
    }
}

/// A new file beside another, which is removed with this value unless it was taken. It is locked as long as it is open,
/// so that no other process takes it for one that was left behind.
#[derive(Debug)]
pub struct Temporary {
    /// Where it is.
    pub path: PathBuf,
    /// The file, open for writing.
    pub file: File,
    taken: bool,
}

impl Temporary {
    /// A temporary beside `path`, under a name that nothing else has.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn beside(path: &Path) -> io::Result<Self> {
        for number in 0..1_000 {
            let path = numbered(path, number);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    // Where there are no locks, the number of the process has to be enough.
                    let _ = file.try_lock();
                    return Ok(Self { path, file, taken: false });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(too_many())
    }

    /// It has been moved to its place, and is not removed.
    pub fn taken(&mut self) {
        self.taken = true;
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.taken {
            // What cannot be removed now is removed by a later writer.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes `path` a symbolic link to `target`, in place of what is there.
///
/// # Errors
/// When it cannot be made; what was there is unharmed.
pub fn link_atomically(target: &Path, path: &Path) -> io::Result<()> {
    remove_marked(path, &[MARK]);
    for number in 0..1_000 {
        let temporary = numbered(path, number);
        match system::link(target, &temporary) {
            Ok(()) => match fs::rename(&temporary, path) {
                // Somebody removed it meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                result => {
                    return result.inspect_err(|_| {
                        let _ = fs::remove_file(&temporary);
                    });
                }
            },
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(too_many())
}

/// Removes the temporaries of a file that processes which are gone left beside it. For folders that are clsroom's own:
/// the names that earlier versions used are among them.
pub fn remove_stale_temporaries(path: &Path) {
    remove_marked(&behind_links(path), &[MARK, EARLIER_MARK]);
}

fn remove_marked(path: &Path, marks: &[&str]) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder that cannot be listed has nothing to be removed from.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let process = name
            .as_encoded_bytes()
            .strip_prefix(stem(path).as_encoded_bytes())
            .and_then(|rest| marks.iter().find_map(|mark| rest.strip_prefix(mark.as_bytes())))
            .and_then(process);
        if let Some(process) = process
            && is_stale(&entry.path(), process)
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// One of the names that this process gives to temporaries of a file.
fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = stem(path);
    name.push(format!("{MARK}{}-{number}", std::process::id()));
    path.with_file_name(name)
}

fn too_many() -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, "a thousand temporary files are there already")
}

/// The part of a file's name that its temporaries begin with.
fn stem(path: &Path) -> OsString {
    system::beginning(path.file_name().unwrap_or_default(), NAME)
}

/// The process in `PROCESS-NUMBER`.
fn process(ending: &[u8]) -> Option<i32> {
    let (process, number) = std::str::from_utf8(ending).ok()?.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(process) && digits(number)).then(|| process.parse().ok())?
}

/// Whether nobody writes to a temporary any more.
fn is_stale(path: &Path, process: i32) -> bool {
    let Ok(file) = open(path) else { return false };
    if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
        return false;
    }
    let alive = system::alive(process);
    // In a container the numbers begin anew, so an own number says nothing.
    let own = u32::try_from(process).is_ok_and(|process| process == std::process::id());
    let age = file.metadata().and_then(|known| known.modified()).ok().and_then(|at| at.elapsed().ok());
    !alive || own || age.is_some_and(|age| age > STALE)
}

/// Where writing to this path ends: the file behind links, which need not be there.
#[must_use]
pub fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    // As many links as the system follows.
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    path
}

/// A path with an ending behind its name: `a.json` and `.old` give `a.json.old`.
#[must_use]
pub fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Fills the buffer from this place of a file.
///
/// # Errors
/// When it cannot be read or ends before.
pub fn read_exact_at(file: &File, mut buffer: &mut [u8], mut at: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match read_at(file, buffer, at) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                buffer = &mut buffer[count..];
                at += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

// What they look at (pipes, devices, modes, process numbers) is Unix.
#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// A process number that nothing has: of a process that ended.
    fn gone() -> u32 {
        let mut child = std::process::Command::new("true").spawn().expect("a process");
        child.wait().expect("it ends");
        child.id()
    }

    #[test]
    fn only_regular_files_of_a_known_size_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let said = |path: &Path, most| read(path, most).expect_err("refused").to_string();
        fs::write(at("file"), "text").expect("written");
        assert_eq!(read(&at("file"), 4).expect("read"), b"text");
        assert_eq!(said(&at("file"), 3), "it is larger than 0 kB");
        nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        assert_eq!(said(&at("pipe"), 9), "it is a pipe, not a file");
        assert_eq!(said(folder.path(), 9), "it is a folder, not a file");
        assert_eq!(said(Path::new("/dev/zero"), 9), "it is a device, not a file");
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("a socket");
        assert_eq!(said(&at("socket"), 9), "it is a socket, not a file");
        // Such a file says that it is empty.
        assert!(read(Path::new("/proc/self/status"), 10).is_err());
        fs::write(at("file"), [0xff]).expect("written");
        assert_eq!(read_text(&at("file"), 4).expect_err("refused").to_string(), "it is not UTF-8 text");
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_link_and_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::os::unix::fs::symlink("file", &link).expect("a link");
        write_atomically(&link, b"one").expect("written through a link to nothing");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("private");
        write_atomically(&link, b"two").expect("written");
        assert_eq!(fs::read(&file).expect("read"), b"two");
        assert_eq!(names(folder.path()), ["file", "link"]);
        assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(write_new(&file, b"three").expect_err("taken").kind(), ErrorKind::AlreadyExists);
        write_new(&folder.path().join("w".repeat(300)), b"x").expect_err("too long a name");
        write_new(&folder.path().join("w".repeat(250)), b"x").expect("a long name");
        assert_eq!((fs::read(&file).expect("read"), names(folder.path()).len()), (b"two".to_vec(), 3));
    }

    #[test]
    fn temporaries_of_processes_that_are_gone_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("progress.json");
        let (gone, alive, own) = (gone(), std::os::unix::process::parent_id(), std::process::id());
        let kept = [
            format!("progress.json.clsroom-tmp-{alive}-0"),
            format!("progress.json.clsroom-tmp-{gone}"),
            format!("progress.json.clsroom-tmp-{gone}-0.txt"),
            format!("progress.json.tmp-{gone}-0"),
            format!("other.json.clsroom-tmp-{gone}-0"),
            "progress.json.broken-1".to_owned(),
            "progress.partial".to_owned(),
        ];
        let left = [format!("progress.json.clsroom-tmp-{gone}-0"), format!("progress.json.clsroom-tmp-{own}-7")];
        for name in kept.iter().chain(&left) {
            fs::write(folder.path().join(name), "").expect("written");
        }
        // One that this process writes right now.
        let writing = Temporary::beside(&file).expect("a temporary");
        write_atomically(&file, b"{}").expect("written");
        let there = names(folder.path());
        assert!(left.iter().all(|name| !there.contains(name)), "{there:?}");
        assert!(kept.iter().all(|name| there.contains(name)) && writing.path.exists(), "{there:?}");
        remove_stale_temporaries(&file);
        assert!(!folder.path().join(&kept[3]).exists(), "an earlier version's");
        drop(writing);
        assert_eq!(names(folder.path()).len(), kept.len());
    }
}
