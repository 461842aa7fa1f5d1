//! Models by name: Hugging Face's hub and its standard cache, through the `hf-hub` crate.
//!
//! The crate looks names up, follows redirects, resumes and keeps the cache. Ours are `HF_HUB_CACHE`, `HF_HUB_OFFLINE`,
//! the checksum, the choice of files, and a sentence for everything that goes wrong. The commands are the caller.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};
use sha2::{Digest, Sha256};

use super::load::Files;
use super::weights::{Weights, hex};

mod error;
mod name;

pub use error::HubError;
pub use name::Name;

/// A server that sends nothing for so long is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Names that the files of a model may have, by what they are: the first that is there is taken.
const CONFIG: &[&str] = &["config.json"];
const TOKENIZER: &[&str] = &["tokenizer.json", "vocab.txt"];
const WEIGHTS: &[&str] = &["model.safetensors", "pytorch_model.bin"];
/// Read beside a `vocab.txt`.
const RULES: &str = "tokenizer_config.json";

/// The hub as the environment describes it.
#[derive(Debug, Clone)]
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

/// How far a download is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Which file.
    pub file: String,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// Bytes a second since it began; none in its first moments.
    pub speed: Option<f64>,
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
            .or_else(|| Some(etcetera::home_dir().ok()?.join(".cache/huggingface")));
        let cache = set("HF_HUB_CACHE").map(PathBuf::from).or_else(|| Some(home.as_ref()?.join("hub")));
        let token = || std::fs::read_to_string(home.as_ref()?.join("token")).ok();
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
        let cache = Cache::new(self.cache.clone()).repo(name.repo());
        let find = |names: &[&str]| names.iter().find_map(|file| cache.get(file));
        Some(Files { config: find(CONFIG)?, tokenizer: find(TOKENIZER)?, weights: find(WEIGHTS)? })
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

    /// Downloads what is missing of a model. What was begun is resumed; what has the wrong size or checksum is removed,
    /// so that the cache is usable whatever happens.
    ///
    /// # Errors
    /// When it cannot be had; the sentence says why and what to do.
    pub fn fetch(&self, name: &Name, report: &mut dyn FnMut(Progress)) -> Result<Files, HubError> {
        if self.offline {
            return Err(HubError::Offline { name: name.to_string(), cache: self.cache.clone() });
        }
        let cache = Cache::new(self.cache.clone());
        let api = ApiBuilder::from_cache(cache)
            .with_endpoint(self.endpoint.clone())
            .with_token(self.token.clone())
            .with_progress(false)
            .build();
        let api = api.map_err(|error| HubError::of(&error, self, name, None))?;
        // The crate has no time limits, so it works on a thread of its own, which is left behind when it is silent.
        let (sender, told) = channel();
        let (hub, asked) = (self.clone(), name.clone());
        std::thread::spawn(move || {
            let result = hub.download(&api, &asked, &sender);
            // Nobody listens when the wait was given up.
            let _ = sender.send(Told::End(result));
        });
        let mut current = Progress { file: String::new(), done: 0, total: 0, speed: None };
        let (mut began, mut first) = (Instant::now(), 0);
        loop {
            match told.recv_timeout(self.patience) {
                Ok(Told::Alive) => {}
                Ok(Told::Begin(file, total)) => {
                    current = Progress { file, done: 0, total, speed: None };
                    (began, first) = (Instant::now(), 0);
                }
                Ok(Told::Bytes(count)) => {
                    // What an earlier run left comes as the first count and says nothing of the speed.
                    if current.done == 0 {
                        first = count;
                    }
                    current.done += count;
                    let seconds = began.elapsed().as_secs_f64();
                    current.speed = (seconds > 0.5).then(|| (current.done - first) as f64 / seconds);
                    report(current.clone());
                }
                Ok(Told::End(result)) => return result,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(HubError::Silent { endpoint: self.endpoint.clone(), seconds: self.patience.as_secs() });
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(HubError::Answer {
                        endpoint: self.endpoint.clone(),
                        cause: "it makes no sense".into(),
                    });
                }
            }
        }
    }

    fn download(&self, api: &Api, name: &Name, sender: &Sender<Told>) -> Result<Files, HubError> {
        let repo = api.repo(name.repo());
        let info = repo.info().map_err(|error| HubError::of(&error, self, name, None))?;
        let _ = sender.send(Told::Alive);
        let there = |names: &[&'static str]| {
            names.iter().copied().find(|file| info.siblings.iter().any(|sibling| sibling.rfilename == *file))
        };
        let need = |names: &[&'static str]| {
            there(names).ok_or_else(|| HubError::Files { name: name.to_string(), missing: names.join(" or ") })
        };
        let (config, tokenizer, weights) = (need(CONFIG)?, need(TOKENIZER)?, need(WEIGHTS)?);
        let get = |file: &str| self.file(api, &repo, name, file, sender);
        if tokenizer == "vocab.txt" && there(&[RULES]).is_some() {
            get(RULES)?;
        }
        Ok(Files { config: get(config)?, tokenizer: get(tokenizer)?, weights: get(weights)? })
    }

    /// One file: from the cache if it is there, else from the hub.
    fn file(
        &self,
        api: &Api,
        repo: &ApiRepo,
        name: &Name,
        file: &str,
        sender: &Sender<Told>,
    ) -> Result<PathBuf, HubError> {
        let fail = |error: ApiError| HubError::of(&error, self, name, Some(file));
        let cache = Cache::new(self.cache.clone()).repo(name.repo());
        let known = api.metadata(&repo.url(file)).map_err(fail)?;
        let _ = sender.send(Told::Alive);
        // Both become names in the cache.
        let safe = |text: &str| {
            !text.is_empty() && text.len() <= 128 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !safe(known.etag()) || !safe(known.commit_hash()) {
            let cause = format!("the ETag or commit of {file} is not one");
            return Err(HubError::Answer { endpoint: self.endpoint.clone(), cause });
        }
        let pointer = cache.pointer_path(known.commit_hash()).join(file);
        if std::fs::metadata(&pointer).is_ok_and(|there| there.len() == known.size() as u64) {
            cache.create_ref(known.commit_hash()).map_err(|error| fail(error.into()))?;
            return Ok(pointer);
        }
        let blob = cache.blob_path(known.etag());
        let part = blob.with_extension("part");
        let begun = std::fs::metadata(&part).map_or(0, |there| there.len());
        if begun >= known.size() as u64 {
            remove(&part);
        }
        for resumed in [begun > 0, false] {
            // A pointer to nothing or to something else would be kept by the crate.
            remove(&pointer);
            let path = repo.download_with_progress(file, Teller(sender.clone())).map_err(fail)?;
            let right = std::fs::metadata(&path).is_ok_and(|there| there.len() == known.size() as u64)
                && (known.etag().len() != 64 || sha256(&path).is_ok_and(|sum| sum == known.etag()));
            if right {
                return Ok(path);
            }
            remove(&path);
            remove(&blob);
            // What was resumed may have been begun wrongly: once more from the beginning.
            if !resumed {
                break;
            }
        }
        Err(HubError::Checksum { file: file.to_owned(), name: name.to_string() })
    }
}

/// What the thread that downloads tells.
enum Told {
    Alive,
    Begin(String, u64),
    Bytes(u64),
    End(Result<Files, HubError>),
}

struct Teller(Sender<Told>);

impl hf_hub::api::Progress for Teller {
    fn init(&mut self, size: usize, filename: &str) {
        let _ = self.0.send(Told::Begin(filename.to_owned(), size as u64));
    }

    fn update(&mut self, size: usize) {
        let _ = self.0.send(Told::Bytes(size as u64));
    }

    fn finish(&mut self) {}
}

/// Removes a file that may not be there.
fn remove(path: &Path) {
    // What cannot be removed is found out by the next step.
    let _ = std::fs::remove_file(path);
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

impl Name {
    fn repo(&self) -> Repo {
        Repo::with_revision(self.repository.clone(), RepoType::Model, self.revision.clone())
    }
}
