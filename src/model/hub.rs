//! Models by name: Hugging Face's hub and its standard cache.
//!
//! A hub is not trusted: `transfer` asks it, and takes a file's name, length and checksum from its first answer only;
//! `cache` gives a file its place when its content was checked; `address` decides who may see the token. Names and places
//! in the cache are `hf-hub`'s. Here are the environment, the choice of files, and how far a download is. The commands
//! are the caller.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::load::{self, Download, Files};
use super::tokenize;
use super::weights::{self, Weights};
use crate::files;

mod address;
mod cache;
mod error;
mod name;
mod transfer;

use cache::{Growing, Shelf};
use transfer::{Client, Known, Rest, Trouble};

pub use error::HubError;
pub use name::Name;

/// A server that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Fewer bytes in that time are nothing.
const SOMETHING: u64 = 1_000;

/// A longer token is none, in bytes.
const LONGEST_TOKEN: u64 = 4_096;

/// How often it is looked whether another process is done with a file.
const LOOK: Duration = Duration::from_millis(100);

/// Names that the files of a model may have, by what they are: the first that is there is taken.
const CONFIG: &[&str] = &["config.json"];
const TOKENIZER: &[&str] = &tokenize::FILES;
const WEIGHTS: &[&str] = &["model.safetensors", "pytorch_model.bin"];

/// The hub as the environment describes it.
#[derive(Clone)]
pub struct Hub {
    /// The cache: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or in `~/.cache/huggingface`.
    pub cache: PathBuf,
    /// `HF_ENDPOINT`, or Hugging Face's own.
    pub endpoint: String,
    /// `HF_TOKEN`, or the file `token` in `HF_HOME`.
    pub token: Option<String>,
    /// `HF_HUB_OFFLINE`: no connection is opened.
    pub offline: bool,
    /// How long a silent server is waited for.
    pub patience: Duration,
}

/// A model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, with `@REVISION` where that is not `main`.
    pub name: String,
    /// Bytes of its files.
    pub size: u64,
    /// Whether all files that are needed are there.
    pub whole: bool,
}

impl Hub {
    /// The hub that the environment describes.
    ///
    /// # Errors
    /// When there is no home folder and no variable names a cache.
    pub fn from_env() -> Result<Self, HubError> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let home = set("HF_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(set("XDG_CACHE_HOME")?).join("huggingface")))
            .or_else(|| Some(etcetera::home_dir().ok()?.join(".cache").join("huggingface")));
        let cache = set("HF_HUB_CACHE").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join("hub")));
        let token = || files::read_text(&home.as_ref()?.join("token"), LONGEST_TOKEN).ok();
        let token = set("HF_TOKEN").or_else(token).map(|token| token.trim().to_owned());
        let yes = |value: String| matches!(value.to_uppercase().as_str(), "1" | "ON" | "YES" | "TRUE");
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        Ok(Self {
            cache: cache.ok_or(HubError::NoHome)?,
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: token.filter(|token| !token.is_empty()),
            offline: set("HF_HUB_OFFLINE").is_some_and(yes),
            patience: PATIENCE,
        })
    }

    /// The files of a model that is in the cache as a whole.
    #[must_use]
    pub fn local(&self, name: &Name) -> Option<Files> {
        let shelf = Shelf::of(self, name);
        Some(Files { config: shelf.find(CONFIG)?, tokenizer: shelf.find(TOKENIZER)?, weights: shelf.find(WEIGHTS)? })
    }

    /// All models in the cache, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Listed> {
        let folders = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
        let mut found = Vec::new();
        for folder in folders(&self.cache) {
            let stored = folder.file_name().to_string_lossy().into_owned();
            let Some(repository) = stored.strip_prefix("models--").map(|name| name.replacen("--", "/", 1)) else {
                continue;
            };
            for reference in folders(&folder.path().join("refs")) {
                let revision = reference.file_name().to_string_lossy().into_owned();
                let Ok(name) = Name::parse(&format!("{repository}@{revision}")) else { continue };
                let local = self.local(&name);
                let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |known| known.len());
                found.push(Listed {
                    name: name.to_string(),
                    size: local.iter().map(|f| size(&f.config) + size(&f.tokenizer) + size(&f.weights)).sum(),
                    // A file that another program began may be there under its name, cut off.
                    whole: local.is_some_and(|files| Weights::open(&files.weights).is_ok()),
                });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Downloads what is missing of a model, and what is there with another length or checksum than the hub gives. What
    /// was begun is resumed; nothing gets its name before it was checked, so the cache is usable whatever happens.
    ///
    /// # Errors
    /// When it cannot be had; the sentence says why and what to do.
    pub fn fetch(&self, name: &Name, report: &mut dyn FnMut(Download)) -> Result<Files, HubError> {
        if self.offline {
            return Err(HubError::Offline { name: name.to_string(), cache: self.cache.clone() });
        }
        let client = Client::new(self)?;
        let listed = client.files(name).map_err(|trouble| HubError::of(trouble, self, &client, name, None))?;
        // What the hub lists is compared with names that are known, and becomes no name here.
        let there =
            |names: &[&'static str]| names.iter().copied().find(|file| listed.iter().any(|listed| listed == file));
        let need = |names: &[&'static str]| {
            there(names).ok_or_else(|| HubError::Files { name: name.to_string(), missing: names.join(" or ") })
        };
        let (config, tokenizer, weights) = (need(CONFIG)?, need(TOKENIZER)?, need(WEIGHTS)?);
        let shelf = Shelf::of(self, name);
        let mut pull = Pull { hub: self, client, shelf, name, commit: None, report };
        let optional = tokenize::companions(tokenizer).iter().chain([&load::POOLING]);
        for beside in optional.filter_map(|name| there(&[*name])) {
            pull.file(beside, load::MOST_BYTES)?;
        }
        let files = Files {
            config: pull.file(config, load::MOST_BYTES)?,
            tokenizer: pull.file(tokenizer, load::MOST_BYTES)?,
            weights: pull.file(weights, weights::MOST_BYTES)?,
        };
        pull.refer()?;
        Ok(files)
    }
}

impl std::fmt::Debug for Hub {
    /// Without the token, and without the endpoint, in which a password can stand.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("cache", &self.cache).field("offline", &self.offline).finish_non_exhaustive()
    }
}

/// The files of one model on their way here.
struct Pull<'a> {
    hub: &'a Hub,
    client: Client,
    shelf: Shelf,
    name: &'a Name,
    /// The commit that all of them are of.
    commit: Option<String>,
    report: &'a mut dyn FnMut(Download),
}

impl Pull<'_> {
    /// One file: from the cache if it is there and right, else from the hub.
    fn file(&mut self, file: &str, most: u64) -> Result<PathBuf, HubError> {
        let known = self.client.known(self.name, file).map_err(|trouble| self.failed(trouble, file))?;
        if known.size > most {
            let (file, name) = (file.to_owned(), self.name.to_string());
            return Err(HubError::Large { file, name, size: known.size, most });
        }
        if self.commit.get_or_insert_with(|| known.commit.clone()) != &known.commit {
            let cause = "the model changed while it was fetched. Try again".to_owned();
            return Err(self.failed(Trouble::Answer(cause), file));
        }
        if let Some(path) = self.shelf.checked(&known, file).map_err(|error| self.disk(&error))? {
            return Ok(path);
        }
        let _lock = self.lock(&known, file)?;
        // Another process may have fetched it meanwhile.
        if let Some(path) = self.shelf.checked(&known, file).map_err(|error| self.disk(&error))? {
            return Ok(path);
        }
        if !self.shelf.is_begun() {
            // So that the list of models shows what was begun.
            self.refer()?;
        }
        self.download(&known, file)?;
        self.shelf.point(&known, file).map_err(|error| self.disk(&error))
    }

    /// Lets the revision point to what was fetched.
    fn refer(&self) -> Result<(), HubError> {
        self.commit.as_ref().map_or(Ok(()), |commit| self.shelf.refer(commit)).map_err(|error| self.disk(&error))
    }

    /// The lock for a file's content. As long as another process makes progress with it, that process is waited for.
    fn lock(&mut self, known: &Known, file: &str) -> Result<std::fs::File, HubError> {
        let part = files::with_ending(&self.shelf.blob(known), ".part");
        let (mut done, mut since) = (0, Instant::now());
        loop {
            if let Some(lock) = self.shelf.lock(known).map_err(|error| self.disk(&error))? {
                return Ok(lock);
            }
            let now = std::fs::metadata(&part).map_or(0, |there| there.len());
            if now != done {
                (done, since) = (now, Instant::now());
                (self.report)(Download { file: file.to_owned(), done, total: known.size, speed: None });
            } else if since.elapsed() > self.hub.patience {
                return Err(HubError::Busy { name: self.name.to_string() });
            }
            std::thread::sleep(LOOK);
        }
    }

    fn download(&mut self, known: &Known, file: &str) -> Result<(), HubError> {
        let mut growing = self.shelf.begin(known).map_err(|error| self.disk(&error))?;
        let mut at = growing.length().map_err(|error| self.disk(&error))?;
        if at > known.size {
            at = 0;
        }
        loop {
            let (resumed, mut fits) = (at > 0, true);
            if at < known.size || !resumed {
                growing.cut(at).map_err(|error| self.disk(&error))?;
                match self.client.rest(self.name, file, known, at).map_err(|trouble| self.failed(trouble, file))? {
                    Rest::FromTheStart => {
                        at = 0;
                        continue;
                    }
                    Rest::Bytes(mut body) => {
                        fits = self.receive(&mut body.as_reader(), &mut growing, known, file, at)?;
                    }
                }
            }
            if fits && growing.is_right(known) {
                return growing.finish().map_err(|error| self.disk(&error));
            }
            // What was resumed may have been begun wrongly: once more from the beginning.
            if !resumed {
                growing.discard();
                return Err(HubError::Checksum { file: file.to_owned(), name: self.name.to_string() });
            }
            at = 0;
        }
    }

    /// Writes what comes, and never more than was announced: whether that was all.
    fn receive(
        &mut self,
        body: &mut dyn std::io::Read,
        growing: &mut Growing,
        known: &Known,
        file: &str,
        from: u64,
    ) -> Result<bool, HubError> {
        let mut progress = Download { file: file.to_owned(), done: from, total: known.size, speed: None };
        (self.report)(progress.clone());
        let began = Instant::now();
        // When it was last seen that something comes, and how much there was then.
        let (mut seen, mut there) = (began, from);
        let mut buffer = vec![0; 1 << 16];
        // One byte more than is left, so that a body without an end is noticed.
        let mut body = body.take(known.size - from + 1);
        loop {
            let count = body.read(&mut buffer).map_err(|error| self.failed(Trouble::Transfer(error.into()), file))?;
            if count == 0 && progress.done < known.size {
                let cause = "the connection ended".to_owned();
                return Err(HubError::Broken { file: file.to_owned(), cause });
            }
            progress.done += count as u64;
            if count == 0 || progress.done > known.size {
                return Ok(count == 0);
            }
            growing.add(&buffer[..count]).map_err(|error| self.disk(&error))?;
            if progress.done - there >= SOMETHING {
                (seen, there) = (Instant::now(), progress.done);
            } else if seen.elapsed() > self.hub.patience && progress.done < known.size {
                return Err(self.failed(Trouble::Transfer(ureq::Error::Timeout(ureq::Timeout::RecvBody)), file));
            }
            let seconds = began.elapsed().as_secs_f64();
            progress.speed = (seconds > 0.5).then(|| (progress.done - from) as f64 / seconds);
            (self.report)(progress.clone());
        }
    }

    fn failed(&self, trouble: Trouble, file: &str) -> HubError {
        HubError::of(trouble, self.hub, &self.client, self.name, Some(file))
    }

    fn disk(&self, error: &std::io::Error) -> HubError {
        HubError::Cache { cache: self.hub.cache.clone(), cause: error.to_string() }
    }
}
