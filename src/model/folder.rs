//! What a folder that `--model` names holds, when it is not a model that runs here: each kind as one sentence that says
//! what is there and what to do. [`super::load::Files::at`] is the caller.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::ModelError;
use crate::wording::visible;
use crate::{files, shell};

mod formats;
mod nearby;
mod pooling;
mod stand_in;

pub use pooling::{POOLING, pooling};
pub use stand_in::{no_json, refuse_stand_in};

/// Entries of a folder that are looked at.
const MOST: usize = 10_000;

/// A longer JSON file beside a model is not looked into.
const MOST_BYTES: u64 = 4 << 20;

/// A path as it is meant: `~` is the home folder where a shell has not said so already, a slash at the end changes
/// nothing.
pub fn meant(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().collect();
    match plain.strip_prefix("~") {
        Ok(rest) if !plain.exists() => etcetera::home_dir().map_or_else(|_| plain.clone(), |home| home.join(rest)),
        _ => plain,
    }
}

/// Says why a folder is not a model, when its configuration is missing or describes none, or its weights are missing.
/// `weights`: the weights that were found or named.
///
/// # Errors
/// When something else than a model is there; what cannot be told apart is left to the one who reads the files.
pub fn check(folder: &Path, weights: &Path) -> Result<(), ModelError> {
    if let Some(error) = refuse_broken_link(folder) {
        return Err(error);
    }
    if !folder.is_dir() {
        return Ok(());
    }
    let config = folder.join("config.json");
    for file in [&config, weights] {
        if let Some(error) = refuse_broken_link(file) {
            return Err(error);
        }
    }
    let (described, there) = (describes_a_model(&config), weights.exists());
    if (described && there) || (config.exists() && there && nearby::inside(folder).is_none()) {
        return Ok(());
    }
    let fail = |cause: String| Err(ModelError::Format { origin: shown(folder), cause });
    if let Some(cause) = adapter(folder) {
        return fail(cause);
    }
    if let Some(near) = nearby::inside(folder).filter(|near| !described || near.has_weights()) {
        return fail(near.in_words(match (config.exists(), described) {
            (false, _) => "it has no config.json",
            (true, false) => "its config.json describes no model",
            (true, true) => "it has no weights",
        }));
    }
    if !there && let Some(cause) = formats::in_words(folder) {
        return fail(cause);
    }
    if !described && let Some(cause) = nearby::around(folder) {
        return fail(cause);
    }
    match (config.exists(), there) {
        (true, true) => Ok(()),
        (false, _) => fail(missing(folder, "config.json")),
        (true, false) => fail(missing(folder, "model.safetensors")),
    }
}

/// Says why a file is not the weights of a model, by its name.
///
/// # Errors
/// When it is of a kind that is not read.
pub fn check_file(path: &Path) -> Result<(), ModelError> {
    let named = path.file_name().is_some_and(|name| is_adapter(&name.to_string_lossy()));
    let folder = path.parent().filter(|_| named);
    folder
        .and_then(adapter)
        .or_else(|| formats::of_file(path))
        .map_or(Ok(()), |cause| Err(ModelError::Format { origin: shown(path), cause }))
}

/// A link that leads nowhere.
pub fn refuse_broken_link(path: &Path) -> Option<ModelError> {
    let target = fs::read_link(path).ok().filter(|_| !path.exists())?;
    Some(ModelError::Format {
        origin: shown(path),
        cause: format!(
            "this is a link to {}, which is not there. Copy or download the file itself to that place",
            shown(&target)
        ),
    })
}

/// One file as `--model` would name it.
fn option(path: &Path) -> String {
    format!("--model {}", shell::word(&path.display().to_string()))
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}

/// Names in a folder, in order; folders among them end in a slash.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MOST);
    let name = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        Some(if entry.path().is_dir() { name + "/" } else { name })
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names
}

/// A small JSON file, if it is one.
pub(super) fn json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&files::read(path, MOST_BYTES).ok()?).ok()
}

/// Whether a configuration has any field of an encoder: sentence-transformers and others have a `config.json` too.
/// One that cannot be read is taken for a model's, so that its own fault is told.
fn describes_a_model(config: &Path) -> bool {
    let fields = ["model_type", "hidden_size", "dim", "vocab_size", "architectures"];
    match json(config) {
        Some(json) => fields.iter().any(|field| json.get(field).is_some()),
        None => config.exists(),
    }
}

/// Whether a file is called as the weights of an adapter are.
fn is_adapter(name: &str) -> bool {
    name.starts_with("adapter_model.")
}

/// An adapter has only what was changed of a model; of which, its configuration says, if that is there.
fn adapter(folder: &Path) -> Option<String> {
    let path = folder.join("adapter_config.json");
    if !path.exists() && !names(folder).iter().any(|name| is_adapter(name)) {
        return None;
    }
    let json = json(&path).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| json.get(name)?.as_str()).map(|t| short(&visible(t)));
    let base = text(&["base_model_name_or_path", "model_name"]);
    let of = base.as_deref().unwrap_or("another model");
    let kind = text(&["peft_type"]).map_or(String::new(), |kind| format!(" ({kind})"));
    Some(format!(
        "this is an adapter of {of}{kind}, which holds only what was changed of it. Merge the two first, in Python with \
         peft: PeftModel.from_pretrained(model, {:?}).merge_and_unload().save_pretrained(\"merged\"), and give --model \
         merged",
        shown(folder)
    ))
}

fn short(text: &str) -> String {
    if text.chars().count() > 100 { text.chars().take(99).chain(['…']).collect() } else { text.to_owned() }
}

/// Nothing tells what this folder is: what is missing, and what is there.
fn missing(folder: &Path, file: &str) -> String {
    let names = names(folder);
    if let Some(other) = names.iter().find(|name| name.eq_ignore_ascii_case(file) && *name != file) {
        return format!("it has {} where {file} is expected: rename it, capitals matter", visible(other));
    }
    let there = match names.len() {
        0 => "it is empty".to_owned(),
        _ => format!("it holds {}", visible(&crate::wording::listed(names.iter().map(|name| short(name)), 5))),
    };
    let or = if file == "config.json" { "" } else { " or pytorch_model.bin" };
    format!(
        "it has no {file}{or}; {there}. Give --model a folder with config.json, tokenizer.json or vocab.txt, and \
         model.safetensors or pytorch_model.bin"
    )
}
