//! `clsroom models`, and how `--model NAME|PATH` becomes a model for every other command.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::print;
use crate::cli::Models;
use crate::config::Settings;
use crate::lab::Session;
use crate::model::embedded::{self, Embedded, MINILM};
pub use crate::model::load::Download;
use crate::model::load::{Files, POOLING};
use crate::model::weights::Weights;
use crate::model::{Bert, Family, ModelError, oracle};
use crate::wording::{counted, listed};

/// Opens what `--model` asks for: a folder, or a name on the hub, which is downloaded if it is not in the cache.
/// `report` hears in words how far a download is.
///
/// # Errors
/// When it cannot be found, downloaded or loaded; one sentence.
pub fn open_model(
    asked: Option<&str>,
    max_length: Option<usize>,
    report: &mut dyn FnMut(Download),
) -> Result<Bert, String> {
    let asked = asked.unwrap_or(MINILM.name);
    let bert = match embedded::find(asked) {
        Some(model) => model.open(max_length),
        None if is_path(asked) => Bert::open(Path::new(asked), max_length),
        None => {
            let (name, origin, files) = by_name(asked, report)?;
            Bert::from_files(&name, &origin, &files, max_length).map_err(|error| match error {
                // With its revision, as it was asked for.
                ModelError::Altered { path, .. } => ModelError::Altered { path, name: asked.to_owned() },
                other => other,
            })
        }
    };
    bert.map_err(|error| error.to_string())
}

impl Download {
    /// In words, for a line of the screen.
    #[must_use]
    pub fn in_words(&self) -> String {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let mut text = format!(
            "downloading {}: {:.1} of {:.1} MB",
            crate::wording::visible(&self.file),
            megabytes(self.done),
            megabytes(self.total)
        );
        if let Some(speed) = self.speed.filter(|speed| *speed > 0.0) {
            let seconds = (self.total.saturating_sub(self.done) as f64 / speed).ceil() as u64;
            let left = if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) };
            let _ = write!(text, ", {:.1} MB/s, {left} left", speed / 1e6);
        }
        text
    }
}

/// What is there, or is written like a path and not like a name, is a path.
fn is_path(asked: &str) -> bool {
    let path = Path::new(asked);
    path.exists() || path.is_absolute() || asked.starts_with(['.', '~']) || asked.matches('/').count() > 1
}

#[cfg(feature = "hub")]
fn by_name(name: &str, report: &mut dyn FnMut(Download)) -> Result<(String, String, Files), String> {
    use crate::model::hub::{Hub, Name};
    let said = |error: crate::model::hub::HubError| error.to_string();
    let (name, hub) = (Name::parse(name).map_err(said)?, Hub::from_env().map_err(said)?);
    let files = match hub.local(&name) {
        Some(files) => files,
        None => hub.fetch(&name, report).map_err(said)?,
    };
    Ok((name.repository.clone(), format!("hub, {}", name.revision), files))
}

#[cfg(not(feature = "hub"))]
fn by_name(name: &str, _: &mut dyn FnMut(Download)) -> Result<(String, String, Files), String> {
    Err(without_hub(name))
}

#[cfg(not(feature = "hub"))]
fn without_hub(name: &str) -> String {
    format!(
        "{} is no folder, and this clsroom was built without the hub. Give --model a folder, or build it with the feature hub",
        crate::wording::visible(name)
    )
}

/// How often a bar is drawn at least.
const TICK: Duration = Duration::from_millis(200);

/// A bar for downloads on a terminal; in a pipe one line a file.
pub fn shown_download() -> impl FnMut(Download) {
    let template = "{msg} {bar:24} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    let style = indicatif::ProgressStyle::with_template(template);
    let bar = super::bar().with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()));
    let mut file = String::new();
    move |download| {
        if download.file != file {
            file.clone_from(&download.file);
            bar.reset();
            bar.set_length(download.total);
            bar.set_message(crate::wording::visible(&file));
            if bar.is_hidden() {
                eprintln!("{}", Download { speed: None, ..download.clone() }.in_words());
            } else {
                // What is left is told anew while nothing comes, too.
                bar.enable_steady_tick(TICK);
            }
        }
        bar.set_length(download.total);
        bar.set_position(download.done);
        if download.done >= download.total {
            bar.finish_and_clear();
        }
    }
}

/// Lists, downloads or checks models.
///
/// # Errors
/// When a model cannot be had or is not in order.
pub fn models(settings: &Settings, command: Option<&Models>) -> Result<(), String> {
    match command {
        None | Some(Models::List) => list(),
        Some(Models::Pull { name }) => pull(name),
        Some(Models::Check { model }) => check(model, settings.max_length),
    }
}

#[cfg(feature = "hub")]
fn list() -> Result<(), String> {
    let hub = crate::model::hub::Hub::from_env().map_err(|error| error.to_string())?;
    let mut text = inside();
    for model in hub.list() {
        let state =
            if model.whole { size(model.size) } else { "incomplete: clsroom models pull completes it".to_owned() };
        let _ = writeln!(text, "{:<48} {state}", crate::wording::visible(&model.name));
    }
    let _ = writeln!(text, "\ncache: {}", hub.cache.display());
    print(&text)
}

/// The models inside the program, a line each.
fn inside() -> String {
    let line = |model: &&Embedded| format!("{:<48} embedded, --model {}\n", model.name, model.short);
    embedded::ALL.iter().map(line).collect()
}

/// Megabytes, with a decimal where there are few.
#[cfg(feature = "hub")]
fn size(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 10.0 { format!("{megabytes:.1} MB") } else { format!("{megabytes:.0} MB") }
}

#[cfg(not(feature = "hub"))]
fn list() -> Result<(), String> {
    print(&inside())
}

#[cfg(feature = "hub")]
fn pull(name: &str) -> Result<(), String> {
    use crate::model::hub::{Hub, HubError, Name};
    let said = |error: HubError| error.to_string();
    let (name, hub) = (Name::parse(name).map_err(said)?, Hub::from_env().map_err(said)?);
    if let Some(files) = hub.local(&name).filter(|_| hub.offline) {
        let folder = files.weights.parent().unwrap_or(&hub.cache).display().to_string();
        return print(&format!("{name} is in {folder}; HF_HUB_OFFLINE forbids to look for a newer one\n"));
    }
    let files = hub.fetch(&name, &mut shown_download()).map_err(said)?;
    print(&format!("{name} is in {}\n", files.weights.parent().unwrap_or(&hub.cache).display()))
}

#[cfg(not(feature = "hub"))]
fn pull(name: &str) -> Result<(), String> {
    Err(without_hub(name))
}

/// Names that are told of weights that nothing reads.
const TOLD: usize = 6;

/// Weights of the file that the encoder does not use: layers beyond those of the configuration, and others.
fn unused(names: &[String], layers: usize) -> Vec<String> {
    let layer = |name: &str| name.strip_prefix("encoder.layer.")?.split('.').next()?.parse::<usize>().ok();
    let beyond: BTreeSet<usize> = names.iter().filter_map(|name| layer(name)).collect();
    let others: Vec<&str> = names.iter().filter(|name| layer(name).is_none()).map(String::as_str).collect();
    let mut said = Vec::new();
    if let (Some(first), Some(last)) = (beyond.first(), beyond.last()) {
        // Layers are counted from 1 for people, from 0 in names.
        said.push(format!(
            "not used: {} of the file, {} to {}: config.json says {layers}",
            counted(beyond.len(), "layer"),
            first + 1,
            last + 1
        ));
    }
    if !others.is_empty() {
        let named = listed(others.iter(), TOLD);
        said.push(format!("not used: {} of the file: {named}", counted(others.len(), "weight")));
    }
    said
}

/// Loads a model, says what it is, and compares it with the oracle where there is one.
fn check(asked: &str, max_length: Option<usize>) -> Result<(), String> {
    let said = |error: ModelError| error.to_string();
    let bert = open_model(Some(asked), max_length, &mut shown_download())?;
    let inside = embedded::find(asked);
    let files = match inside {
        Some(_) => None,
        None if is_path(asked) => Some(Files::at(Path::new(asked)).map_err(said)?),
        None => Some(by_name(asked, &mut shown_download())?.2),
    };
    let (config, known) = (bert.config().clone(), bert.facts().clone());
    let mut text = format!(
        "{} ({}): {}, {}, {}, {} numbers a vector, {} parameters\nweights: sha256 {}\n\
         tensors: sha256 {}, the same for every file that holds this encoder\n",
        known.name,
        known.origin,
        config.kind,
        counted(config.num_hidden_layers, "layer"),
        counted(config.num_attention_heads, "head"),
        config.hidden_size,
        known.parameters,
        known.sha256,
        known.tensors_sha256
    );
    let encoding = bert.encode("Not bad at all.", None).map_err(said)?;
    let _ = writeln!(text, "\"Not bad at all.\" is read as {}", encoding.shown.join(" "));
    let has = |there: bool| if there { "yes" } else { "no" };
    let lab = Session::alone(bert, None);
    let mut own = lab.facts().labels.join(", ");
    if let Some(note) = lab.facts().answers.note() {
        let _ = write!(own, " ({note})");
    }
    if let Some(why) = &known.unused_head {
        let _ = write!(own, "none, the head in the file is not used: {why}");
    }
    let _ = writeln!(
        text,
        "pooler: {}; own classes: {}",
        has(lab.bert().pooler().is_some()),
        if own.is_empty() { "none" } else { &own }
    );
    if let Some(read) = &known.pooling {
        let _ = writeln!(text, "sentence-transformers reads its sentence vector from {read} ({POOLING})");
    }
    for line in unused(&lab.bert().facts().unused, config.num_hidden_layers) {
        let _ = writeln!(text, "{line}");
    }
    // The oracle has no table of tasks.
    if config.family == Family::Bert && config.tasks.is_none() {
        let weights = match (&files, inside) {
            (Some(files), _) => Weights::open(&files.weights),
            (None, model) => Weights::parse(asked, model.unwrap_or(&MINILM).weights),
        };
        let oracle = weights.and_then(|weights| oracle::load(&config, &weights));
        let difference =
            oracle.and_then(|oracle| oracle::difference(lab.bert(), &oracle, &encoding.input)).map_err(said)?;
        let _ = writeln!(text, "parity with candle-transformers: differs by at most {difference:.1e} (allowed 1e-3)");
        if difference.is_nan() || difference > 1e-3 {
            print(&text)?;
            return Err(
                "this model does not run as candle-transformers runs it. Please report it with its name".to_owned()
            );
        }
    }
    print(&text)
}
