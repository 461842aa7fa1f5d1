//! A model that lies one level deeper or higher than the folder that was named.

use std::fs;
use std::path::{Path, PathBuf};

use super::{describes_a_model, json, names, option, shown};

const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// Models inside a folder.
pub(super) struct Inside {
    /// The one to give.
    best: PathBuf,
    /// Its name on the hub, where the folder tells it.
    name: Option<String>,
    /// How many others there are.
    others: usize,
}

impl Inside {
    /// Whether the one to give has weights.
    pub fn has_weights(&self) -> bool {
        WEIGHTS.iter().any(|name| self.best.join(name).exists())
    }

    /// What to do instead of naming the folder around it, which lacks something.
    pub fn in_words(&self, it: &str) -> String {
        let named = self.name.as_ref().map_or(String::new(), |name| format!(", or --model {name}"));
        if self.others > 0 {
            let count = crate::wording::counted(self.others + 1, "model");
            return format!("{it}; {count} lie inside. Give one of them, such as {}{named}", option(&self.best));
        }
        format!(
            "{it}; the model lies inside, in {}. Give that folder: {}{named}",
            shown(&self.best),
            option(&self.best)
        )
    }
}

fn has_config(folder: &Path) -> bool {
    folder.join("config.json").exists()
}

/// Folders inside this one by their names without a slash.
fn folders(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter_map(|name| name.strip_suffix('/').map(str::to_owned)).collect()
}

/// The models inside a folder, by the layouts in which they are saved.
pub(super) fn inside(folder: &Path) -> Option<Inside> {
    let one = |best: PathBuf| Some(Inside { best, name: None, others: 0 });
    if let Some(module) = module(folder) {
        return one(module);
    }
    let inner = folders(folder);
    if let Some(checkpoint) = newest_checkpoint(folder, &inner) {
        return one(checkpoint);
    }
    if let Some(snapshot) = snapshot(folder) {
        return Some(Inside { best: snapshot, name: hub_name(folder), others: 0 });
    }
    // The hub's cache, or the folder around it.
    for cache in [folder.to_path_buf(), folder.join("hub")] {
        let stored: Vec<(PathBuf, Option<String>)> = folders(&cache)
            .iter()
            .filter(|name| name.starts_with("models--"))
            .filter_map(|name| Some((snapshot(&cache.join(name))?, hub_name(&cache.join(name)))))
            .collect();
        let count = stored.len();
        if let Some((best, name)) = stored.into_iter().next() {
            return Some(Inside { best, name, others: count - 1 });
        }
    }
    let models: Vec<PathBuf> = inner
        .iter()
        .map(|name| folder.join(name))
        .filter(|inner| has_config(inner) && describes_a_model(&inner.join("config.json")))
        .collect();
    let count = models.len();
    models.into_iter().next().map(|best| Inside { best, name: None, others: count - 1 })
}

/// The module of a sentence-transformers folder that is the encoder: named by modules.json, or `0_Transformer`.
fn module(folder: &Path) -> Option<PathBuf> {
    let listed = json(&folder.join("modules.json"));
    let modules = listed.as_ref().and_then(|json| json.as_array()).into_iter().flatten();
    let named = modules
        .filter(|module| module.get("type").and_then(|kind| kind.as_str()).is_some_and(|k| k.ends_with("Transformer")))
        .find_map(|module| Some(module.get("path")?.as_str()?.to_owned()));
    let plain = |name: &String| !name.is_empty() && !name.contains("..") && !name.starts_with('/');
    let others = folders(folder).into_iter().filter(|name| name.starts_with("0_"));
    named.into_iter().chain(others).filter(plain).map(|name| folder.join(name)).find(|module| has_config(module))
}

/// The last of the checkpoints that transformers' Trainer saves.
fn newest_checkpoint(folder: &Path, inner: &[String]) -> Option<PathBuf> {
    let number = |name: &String| name.strip_prefix("checkpoint-")?.parse::<u64>().ok();
    let numbered = inner.iter().filter_map(|name| Some((number(name)?, folder.join(name))));
    numbered.filter(|(_, path)| has_config(path)).max_by_key(|(number, _)| *number).map(|(_, path)| path)
}

/// The snapshot of a model in the hub's cache: the one that `refs/main` names, or the newest.
fn snapshot(folder: &Path) -> Option<PathBuf> {
    let own = folder.file_name().is_some_and(|name| name == "snapshots");
    let around = if own { folder.parent()? } else { folder };
    let snapshots = around.join("snapshots");
    let main = crate::files::read_text(&around.join("refs/main"), 1_024).ok();
    let named = main.map(|main| main.trim().to_owned()).filter(|main| !main.is_empty() && !main.contains(['/', '.']));
    if let Some(named) = named.map(|main| snapshots.join(main)).filter(|path| has_config(path)) {
        return Some(named);
    }
    let paths = folders(&snapshots).into_iter().map(|name| snapshots.join(name)).filter(|path| has_config(path));
    paths.max_by_key(|path| fs::metadata(path).and_then(|known| known.modified()).ok())
}

/// `models--me--mine` is `me/mine` on the hub.
fn hub_name(folder: &Path) -> Option<String> {
    let stored = folder.file_name()?.to_str()?.strip_prefix("models--")?;
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    stored.chars().all(safe).then(|| stored.replacen("--", "/", 1))
}

/// The model that this folder is a part of.
pub(super) fn around(folder: &Path) -> Option<String> {
    let whole = folder.canonicalize().ok()?;
    let parent = whole.parent()?;
    let weights = WEIGHTS.iter().any(|name| parent.join(name).exists());
    (weights && has_config(parent)).then(|| {
        format!("this folder is one part of the model in {}. Give that folder: {}", shown(parent), option(parent))
    })
}
