//! `clsroom race`: classifiers side by side, without a screen.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use super::{bar, open_lab, print, write_file};
use crate::cli::{Race, RaceFormat};
use crate::config::Settings;
use crate::lab::dataset::Dataset;
use crate::lab::race::Fitted;
use crate::lab::record::{self, Heads, RecordedHead};
use crate::lab::{Control, Lab, Progress, RaceReport, RaceRequest, Readout, verdict};

/// Runs a race and prints its report.
///
/// # Errors
/// When a readout, layer or data set does not exist, or the run or a file fails.
pub fn race(settings: &Settings, asked: &Race) -> Result<(), String> {
    let readouts = asked
        .readouts
        .iter()
        .map(|name| name.parse::<Readout>().map_err(|error| error.to_string()))
        .collect::<Result<Vec<_>, _>>()?;
    let readouts = once(readouts);
    for path in asked.out.iter().chain(&asked.heads) {
        writable(path)?;
    }
    Dataset::embedded(&asked.data).map_err(|error| error.to_string())?;
    let lab = open_lab(settings, None)?;
    let layers = once(layers(&asked.layer, lab.facts().layers)?);
    let request = RaceRequest {
        data: asked.data.clone(),
        readouts,
        layers,
        train: asked.train,
        test: asked.test,
        seed: asked.seed,
    };
    let bar = bar();
    let report = |progress: Progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.what);
    };
    let started = Instant::now();
    let control = Control { report: &report, stop: &|| false };
    let result = lab.race(&request, &control).map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    let Some((mut report, fitted)) = result else { return Err("the run was stopped".to_owned()) };
    report.provenance.seconds = Some((started.elapsed().as_secs_f64() * 10.0).round() / 10.0);
    report.provenance.date = Some(today());
    if let Some(path) = &asked.out {
        write_file(path, &record::write(&report).map_err(|error| error.to_string())?)?;
    }
    if let Some(path) = &asked.heads {
        write_file(path, &heads(&lab, &report, &fitted)?)?;
    }
    match asked.format {
        RaceFormat::Text => print(&text(&report)),
        RaceFormat::Json => print(&record::write(&report).map_err(|error| error.to_string())?),
        RaceFormat::Csv => print(&record::csv(&report)),
    }
}

/// Each entry once, in the order given.
fn once<T: PartialEq>(entries: Vec<T>) -> Vec<T> {
    entries.into_iter().fold(Vec::new(), |mut kept, entry| {
        if !kept.contains(&entry) {
            kept.push(entry);
        }
        kept
    })
}

/// A file that cannot be written is known before the run, not after it.
fn writable(path: &Path) -> Result<(), String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() && !path.is_dir() {
        Ok(())
    } else {
        Err(format!(
            "cannot write {}: {} is not a folder, or the name is one. Choose another place",
            path.display(),
            folder.display()
        ))
    }
}

fn layers(asked: &str, last: usize) -> Result<Vec<usize>, String> {
    match asked {
        "last" => Ok(vec![last]),
        "all" => Ok((0..=last).collect()),
        list => list
            .split(',')
            .map(|layer| {
                layer
                    .trim()
                    .parse()
                    .map_err(|_| format!("{layer:?} is not a layer. Give a number from 0 to {last}, last, or all"))
            })
            .collect(),
    }
}

/// The fitted classifiers of `cls` and `mean` on the last layer, for lessons.
fn heads(lab: &Lab, report: &RaceReport, fitted: &[Fitted]) -> Result<String, String> {
    let last = lab.facts().layers;
    let heads: Vec<RecordedHead> = fitted
        .iter()
        .filter(|fitted| fitted.lane.layer == Some(last) && matches!(fitted.lane.readout.as_str(), "cls" | "mean"))
        .filter_map(|fitted| {
            Some(RecordedHead::new(fitted.lane.readout.clone(), last, fitted.lane.accuracy, fitted.head.as_ref()?))
        })
        .collect();
    if heads.is_empty() {
        return Err("there is no head to write: --heads needs cls or mean on the last layer".to_owned());
    }
    let (model_sha256, data_sha256) = (report.provenance.model_sha256.clone(), report.provenance.data_sha256.clone());
    let mut provenance = report.provenance.clone();
    provenance.command += " --heads FILE";
    Heads { model_sha256, data_sha256, heads, provenance }.write().map_err(|error| error.to_string())
}

/// The day, UTC, from seconds since 1970 (days to civil date after Howard Hinnant's algorithm).
fn today() -> String {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let days = (seconds / 86_400) as i64 + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn text(report: &RaceReport) -> String {
    let mut out = String::new();
    let provenance = &report.provenance;
    let [train, validation, test] = provenance.sentences;
    let _ = writeln!(
        out,
        "{} on {}: {train} training, {validation} validation, {test} test sentences\n",
        provenance.model, provenance.data
    );
    let _ = writeln!(
        out,
        "  {:<26} {:>5}  {:>8}  {:<15}  {:>7}  {:>10}",
        "readout", "layer", "accuracy", "95 % interval", "C", "validation"
    );
    for lane in &report.lanes {
        let layer = lane.layer.map_or("-".to_owned(), |layer| layer.to_string());
        let c = lane.c.map_or("-".to_owned(), |c| format!("{c}"));
        let validation = lane.validation.map_or("-".to_owned(), |share| format!("{share:.4}"));
        let [low, high] = lane.ci95;
        let interval = format!("{low:.4}-{high:.4}");
        let _ = writeln!(
            out,
            "  {:<26} {layer:>5}  {:>8.4}  {interval:<15}  {c:>7}  {validation:>10}",
            verdict::name(&lane.readout),
            lane.accuracy
        );
    }
    out.push('\n');
    for pair in &report.pairs {
        let layer = pair.layer.map_or(String::new(), |layer| format!("layer {layer}: "));
        let _ = writeln!(out, "{layer}{}", pair.in_words());
    }
    let _ = writeln!(
        out,
        "\nmade by: {} ({} s, {} threads)",
        provenance.command,
        provenance.seconds.unwrap_or(0.0),
        provenance.threads
    );
    out
}
