//! The standard cache on the disk: blobs that are named by their hashes, and snapshots that point to them.
//!
//! Names and places are `hf-hub`'s. A blob gets its name only when its content was checked; pointers and references are
//! replaced as a whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hf_hub::{Cache, CacheRepo, Repo, RepoType};

use super::transfer::Known;
use super::{Hub, Name};
use crate::files;
use crate::model::weights::sha256_of;

/// A longer reference is none, in bytes.
const LONGEST_REFERENCE: u64 = 1_024;

/// A file without a sha256 is fetched again by `pull` if it is no longer than this: then damage is found, too.
const SHORT: u64 = 32 << 20;

/// What was begun and not touched for so long will not be resumed.
const FORGOTTEN: Duration = Duration::from_hours(24 * 7);

/// One model's folder in the cache.
pub(super) struct Shelf {
    repository: CacheRepo,
    folder: PathBuf,
    reference: PathBuf,
    locks: PathBuf,
}

impl Shelf {
    pub fn of(hub: &Hub, name: &Name) -> Self {
        let revision = name.revision.clone();
        let repo = Repo::with_revision(name.repository.clone(), RepoType::Model, revision.clone());
        let folder = hub.cache.join(repo.folder_name());
        let locks = hub.cache.join(".locks").join(repo.folder_name());
        let reference = folder.join("refs").join(revision);
        Self { repository: Cache::new(hub.cache.clone()).repo(repo), folder, reference, locks }
    }

    /// The commit that the revision points to.
    fn commit(&self) -> Option<String> {
        let text = files::read_text(&self.reference, LONGEST_REFERENCE).ok()?;
        let commit = text.trim();
        let good = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        good.then(|| commit.to_owned())
    }

    /// The first of these files that is there for the revision.
    pub fn find(&self, names: &[&str]) -> Option<PathBuf> {
        let snapshot = self.repository.pointer_path(&self.commit()?);
        names.iter().map(|name| snapshot.join(name)).find(|path| path.exists())
    }

    /// Whether the revision points to a commit.
    pub fn is_begun(&self) -> bool {
        self.commit().is_some()
    }

    /// Lets the revision point to a commit.
    pub fn refer(&self, commit: &str) -> io::Result<()> {
        if self.commit().as_deref() == Some(commit) {
            return Ok(());
        }
        fs::create_dir_all(self.reference.parent().unwrap_or(&self.folder))?;
        files::write_atomically(&self.reference, commit.as_bytes())
    }

    /// Where a snapshot has a file.
    pub fn pointer(&self, known: &Known, file: &str) -> PathBuf {
        self.repository.pointer_path(&known.commit).join(file)
    }

    /// Where a file's content is kept.
    pub fn blob(&self, known: &Known) -> PathBuf {
        self.folder.join("blobs").join(&known.hash)
    }

    /// The file if it is there as the hub describes it: what has another length or checksum is not.
    pub fn checked(&self, known: &Known, file: &str) -> io::Result<Option<PathBuf>> {
        let pointer = self.pointer(known, file);
        if is_whole(&pointer, known) {
            return Ok(Some(pointer));
        }
        let blob = self.blob(known);
        if is_whole(&blob, known) {
            return self.point(known, file).map(Some);
        }
        Ok(None)
    }

    /// Lets the snapshot point to the blob.
    pub fn point(&self, known: &Known, file: &str) -> io::Result<PathBuf> {
        let pointer = self.pointer(known, file);
        fs::create_dir_all(pointer.parent().unwrap_or(&self.folder))?;
        // A file in a folder of the model lies as many levels deeper.
        let up = "../".repeat(2 + file.matches('/').count());
        files::link_atomically(&Path::new(&up).join("blobs").join(&known.hash), &pointer)?;
        Ok(pointer)
    }

    /// Takes the lock for a blob, which Hugging Face's own library takes too; `None` if another process has it.
    pub fn lock(&self, known: &Known) -> io::Result<Option<File>> {
        fs::create_dir_all(&self.locks)?;
        fs::create_dir_all(self.folder.join("blobs"))?;
        let path = self.locks.join(format!("{}.lock", known.hash));
        let file = own(OpenOptions::new().write(true).create(true).truncate(false)).open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            // A file system without locks: what is written is checked before it gets its name.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
        }
    }

    /// The blob that is about to be written.
    pub fn begin(&self, known: &Known) -> io::Result<Growing> {
        self.forget();
        let blob = self.blob(known);
        if known.sha256().is_none() {
            // Without a checksum nobody could tell whether its beginning is right.
            let temporary = files::Temporary::beside(&blob)?;
            let file = temporary.file.try_clone()?;
            return Ok(Growing { path: temporary.path.clone(), blob, file, temporary: Some(temporary) });
        }
        let path = files::with_ending(&blob, ".part");
        let file = own(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(&path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, format!("{} is not a file", path.display())));
        }
        Ok(Growing { path, blob, file, temporary: None })
    }

    /// Removes what was begun long ago, by whomever, and is of no use to anybody any more.
    fn forget(&self) {
        for entry in fs::read_dir(self.folder.join("blobs")).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let hash = name.to_str().and_then(|name| name.strip_suffix(".part")).unwrap_or_default();
            let ours = matches!(hash.len(), 40 | 64) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            let age = entry.metadata().and_then(|known| known.modified()).ok().and_then(|at| at.elapsed().ok());
            if ours && age.is_some_and(|age| age > FORGOTTEN) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Opens files of the cache: no link is followed, and a pipe is not waited for.
#[cfg(unix)]
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed())
}

/// Opens files of the cache: a link is opened itself, and is then no file.
#[cfg(windows)]
fn own(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
}

/// A blob that is being written.
pub(super) struct Growing {
    /// Where it is so far.
    pub path: PathBuf,
    blob: PathBuf,
    file: File,
    /// Removes it again, unless it is to be resumed.
    temporary: Option<files::Temporary>,
}

impl Growing {
    /// Bytes that are there.
    pub fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Cuts it to a length, and goes on from there.
    pub fn cut(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.file.seek(SeekFrom::Start(length)).map(drop)
    }

    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Whether it is what the hub described.
    pub fn is_right(&self, known: &Known) -> bool {
        is_right(&self.path, known)
    }

    /// Gives it its name.
    pub fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.blob)?;
        if let Some(mut temporary) = self.temporary {
            temporary.taken();
        }
        Ok(())
    }

    /// Removes it.
    pub fn discard(self) {
        // What cannot be removed is checked again before it is used.
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether a file that is there needs not be fetched.
fn is_whole(path: &Path, known: &Known) -> bool {
    (known.sha256().is_some() || known.size > SHORT) && is_right(path, known)
}

/// Whether a file has the length and, if the hub gives one, the checksum.
fn is_right(path: &Path, known: &Known) -> bool {
    let right = |mut file: File| {
        if file.metadata()?.len() != known.size {
            return Ok(false);
        }
        known.sha256().map_or(Ok(true), |expected| Ok(sha256_of(&mut file)? == expected))
    };
    files::open(path).and_then(right).unwrap_or(false)
}
