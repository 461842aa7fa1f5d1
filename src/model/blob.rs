//! Weights in a hub's cache. The name of such a file is the sha256 of its content, so damage is noticed when it is used.
//! [`super::load`] is the caller.

use std::path::{Path, PathBuf};

use super::weights::{is_sha256, sha256_of};
use super::{Bert, ModelError};
use crate::files;

/// What came of loading these weights; an error if they changed since they were fetched, whatever else came of it.
///
/// # Errors
/// That of loading, or that the file's content has another checksum than its name.
pub(super) fn checked(weights: &Path, loaded: Result<Bert, ModelError>) -> Result<Bert, ModelError> {
    let Some(blob) = Blob::behind(weights) else { return loaded };
    let found = match &loaded {
        Ok(bert) => Some(bert.facts().sha256.clone()),
        Err(_) => files::open(&blob.path).and_then(|mut file| sha256_of(&mut file)).ok(),
    };
    match found {
        Some(found) if found != blob.sha256 => Err(ModelError::Altered { path: blob.path, name: blob.model }),
        _ => loaded,
    }
}

/// A file of the cache that has its checksum for a name.
struct Blob {
    /// Where it is.
    path: PathBuf,
    /// The checksum.
    sha256: String,
    /// The model, as `clsroom models pull` takes it.
    model: String,
}

impl Blob {
    /// The blob that a path leads to, through a snapshot's link or not.
    fn behind(path: &Path) -> Option<Self> {
        let path = path.canonicalize().ok()?;
        let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let sha256 = name(&path).filter(|name| is_sha256(name))?;
        let blobs = path.parent().filter(|folder| folder.ends_with("blobs"))?;
        let model = name(blobs.parent()?)?.strip_prefix("models--")?.replacen("--", "/", 1);
        Some(Self { path, sha256, model })
    }
}
