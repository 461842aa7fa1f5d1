//! `clsroom race`: classifiers side by side, without a screen.

mod data;
mod part;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub(super) use data::embedded_only;
pub use data::{parse_data, read_data};
use part::Part;

use super::out::{self, Out};
use super::running::date;
use super::{bar, open_lab, print, shown_on};
use crate::cli::{Race, RaceFormat};
use crate::config::Settings;
use crate::lab::dataset::Dataset;
use crate::lab::race::{Fitted, Kept, beside, expected};
use crate::lab::record::{self, Heads, RecordedHead};
use crate::lab::{Control, RaceReport, RaceRequest, Rate, Readout, Recipe, Session};

/// Runs a race and prints its report.
///
/// # Errors
/// When a readout, layer or data set does not exist, or the run or a file fails.
pub fn race(settings: &Settings, asked: &Race) -> Result<(), String> {
    let readouts = readouts(&asked.readouts)?;
    let place = |path: &Option<PathBuf>| path.as_deref().map(Out::for_record).transpose();
    let (out, heads_out) = (place(&asked.out)?, place(&asked.heads)?);
    let kept = out.as_ref().and_then(Out::file);
    let data = read_data(&asked.data)?;
    if !Dataset::is_inside(data.name()) {
        eprintln!("{}", data.summary());
    }
    let stop = stop_flag()?;
    let (lab, request) = prepare(settings, asked, readouts.clone(), &data)?;
    if let Some(why) = &lab.bert().facts().unused_head {
        eprintln!("the model's own classifier is not used: {why}");
    }
    if let Some((path, report)) = complete(settings, asked, kept, &lab, &request, &data) {
        eprintln!(
            "{} is the complete record of this race, so nothing was run. To run it anew, move that file away",
            path.display()
        );
        return show(asked, &report);
    }
    let Contest { lab, mut report, fitted, part } = contest(lab, &request, kept, &stop)?;
    if let Some(place) = &heads_out {
        let heads = heads(&lab, &report, &fitted)?;
        place.write(&heads.provenance, None, &heads.write().map_err(|error| error.to_string())?)?;
    }
    // Two models need not be in memory together.
    drop((lab, fitted));
    if let (Some(other), false) = (&asked.against, report.stopped) {
        let settings = Settings { model: Some(other.clone()), ..settings.clone() };
        let alone = Race { against: None, ..asked.clone() };
        let (lab, request) = prepare(&settings, &alone, readouts, &data)?;
        let other = contest(lab, &request, kept, &stop)?.report;
        report.stopped = other.stopped;
        report.against = Some(Box::new(beside(&report, other, asked.margin)));
    }
    if let (Some(place), false) = (&out, report.stopped) {
        let other = report.against.as_ref().map(|against| &against.report.provenance);
        place.write(&report.provenance, other, &record::write(&report).map_err(|error| error.to_string())?)?;
        part.iter().for_each(Part::remove);
    }
    show(asked, &report)?;
    if let Some(problem) = part.as_ref().and_then(Part::problem) {
        return Err(problem);
    }
    if report.lanes.is_empty() && !report.ended.is_empty() {
        return Err("no lane was finished: each ended early, as said above. Try a smaller --lr".to_owned());
    }
    if report.stopped { Err(stopped(part.as_ref())) } else { Ok(()) }
}

fn show(asked: &Race, report: &RaceReport) -> Result<(), String> {
    match asked.format {
        RaceFormat::Text => print(&text::text(report)),
        RaceFormat::Json => print(&record::write(report).map_err(|error| error.to_string())?),
        RaceFormat::Csv => print(&record::csv(report)),
    }
}

/// What an earlier run of this very race wrote, where it is to be written again. Heads are in no record: whoever asks for
/// them gets a run.
fn complete<'a>(
    settings: &Settings,
    asked: &Race,
    out: Option<&'a Path>,
    lab: &Session,
    request: &RaceRequest,
    data: &Dataset,
) -> Option<(&'a Path, RaceReport)> {
    let path = out.filter(|_| asked.heads.is_none())?;
    let found = out::race(path)?;
    let same = out::same(&found.provenance, &expected(data, request, &lab.facts()));
    // The name of the other model does not say that its weights are still the same.
    let against = match (&found.against, &asked.against) {
        (Some(against), Some(other)) if same => {
            let settings = Settings { model: Some(other.clone()), ..settings.clone() };
            let alone = Race { against: None, ..asked.clone() };
            let (other, request) = prepare(&settings, &alone, request.readouts.clone(), data).ok()?;
            out::same(&against.report.provenance, &expected(data, &request, &other.facts()))
        }
        (found, asked) => found.is_none() && asked.is_none(),
    };
    (same && against).then_some((path, found))
}

/// A race with one model.
struct Contest {
    lab: Session,
    report: RaceReport,
    fitted: Arc<Vec<Fitted>>,
    part: Option<Part>,
}

/// The race that a command line asks for, of a model with so many layers.
///
/// # Errors
/// When a readout, a layer or the rate is none; one sentence.
pub fn race_request(asked: &Race, last: usize) -> Result<RaceRequest, String> {
    let request = RaceRequest {
        data: asked.data.clone(),
        readouts: readouts(&asked.readouts)?,
        layers: once(layers(&asked.layer, last)?),
        train: asked.train,
        test: asked.test,
        seed: asked.seed,
        margin: asked.margin,
        modes: once(asked.mode.iter().map(|mode| (*mode).into()).collect()),
        recipe: recipe(asked)?,
        against: asked.against.clone(),
    };
    Ok(request.settled(last))
}

/// Readouts by their names, each once.
pub(super) fn readouts(names: &[String]) -> Result<Vec<Readout>, String> {
    let read = |name: &String| name.parse::<Readout>().map_err(|error| error.to_string());
    Ok(once(names.iter().map(read).collect::<Result<_, _>>()?))
}

/// The model and what it is to run.
fn prepare(
    settings: &Settings,
    asked: &Race,
    readouts: Vec<Readout>,
    data: &Dataset,
) -> Result<(Session, RaceRequest), String> {
    let lab = open_lab(settings, None)?;
    let data = lab.add(data.clone()).map_err(|error| error.to_string())?;
    let request = RaceRequest { readouts, ..race_request(asked, lab.facts().layers)? };
    let request = RaceRequest { data, ..request };
    Ok((lab, request))
}

/// Runs it; finished runs are kept beside `out`, if this is a file.
fn contest(lab: Session, request: &RaceRequest, out: Option<&Path>, stop: &Arc<AtomicBool>) -> Result<Contest, String> {
    let bar = bar();
    let report = shown_on(&bar);
    let started = Instant::now();
    let control = Control { report: &report, stop: &|| stop.load(Ordering::Relaxed) };
    let part = out.map(|out| Part::open(out, &lab, request)).transpose()?;
    let kept = Kept {
        find: &|readout, seed| part.as_ref()?.find(readout, seed),
        keep: &|run| part.iter().for_each(|part| part.keep(run)),
        one_by_one: true,
    };
    let result = lab.race(request, &control, &kept).map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    let Some((mut report, fitted)) = result else { return Err(stopped(part.as_ref())) };
    date(&mut report.provenance, started.elapsed().as_secs_f64());
    Ok(Contest { lab, report, fitted, part })
}

/// How lanes are to be fine-tuned.
fn recipe(asked: &Race) -> Result<Recipe, String> {
    let rate = match asked.lr.as_str() {
        "auto" => Rate::Auto,
        number => Rate::Fixed(
            number.parse().map_err(|_| format!("{number:?} is not a rate. Give a number such as 5e-5, or auto"))?,
        ),
    };
    let usual = Recipe::default();
    let least_steps = match (asked.steps, asked.epochs) {
        (Some(steps), _) => steps,
        // Whoever says how often means just that.
        (None, Some(_)) => 0,
        (None, None) => usual.least_steps,
    };
    let epochs = asked.epochs.unwrap_or(usual.epochs);
    Ok(Recipe { epochs, least_steps, seeds: asked.seeds, rate, top_layers: asked.top_layers, ..usual })
}

/// Set by the first Ctrl-C or SIGTERM; the second ends the program at once.
pub(super) fn stop_flag() -> Result<Arc<AtomicBool>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // In this order: at the second signal the flag is set already.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    }
    Ok(stop)
}

fn stopped(part: Option<&Part>) -> String {
    match part.map(Part::path) {
        Some(None) => "the run was stopped before anything was finished; the same command begins again".to_owned(),
        Some(Some(path)) => format!(
            "the run was stopped; what was finished is kept in {}. The same command goes on from there",
            crate::wording::place(&path)
        ),
        None => "the run was stopped; with --out FILE, what is finished is kept and the same command goes on from it"
            .to_owned(),
    }
}

/// Each entry once, in the order given.
pub(super) fn once<T: PartialEq>(entries: Vec<T>) -> Vec<T> {
    entries.into_iter().fold(Vec::new(), |mut kept, entry| {
        if !kept.contains(&entry) {
            kept.push(entry);
        }
        kept
    })
}

pub(super) fn layers(asked: &str, last: usize) -> Result<Vec<usize>, String> {
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
fn heads(lab: &Session, report: &RaceReport, fitted: &[Fitted]) -> Result<Heads, String> {
    let last = lab.facts().layers;
    let heads: Vec<RecordedHead> = fitted
        .iter()
        .filter(|fitted| fitted.lane.layer == Some(last) && matches!(fitted.lane.readout.as_str(), "cls" | "mean"))
        .filter_map(|fitted| {
            // With more than two classes there is no single head that lessons could show.
            let [head] = fitted.heads.as_slice() else { return None };
            Some(RecordedHead::new(fitted.lane.readout.clone(), last, fitted.lane.accuracy, head))
        })
        .collect();
    if heads.is_empty() {
        return Err("there is no head to write: --heads needs cls or mean, frozen, on the last layer, and two classes"
            .to_owned());
    }
    let (model_sha256, data_sha256) = (report.provenance.model_sha256.clone(), report.provenance.data_sha256.clone());
    let mut provenance = report.provenance.clone();
    provenance.command += " --heads FILE";
    Ok(Heads { model_sha256, data_sha256, heads, provenance })
}

/// The day, UTC.
pub(super) fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    crate::lesson::notebook::day(since.map_or(0, |since| since.as_secs()))
}
