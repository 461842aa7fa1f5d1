//! `clsroom doctor`: is everything as it should be, and what to do if not.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{load_course, open_lab, print};
use crate::config::{self, Settings};
use crate::files::Temporary;
use crate::lab::dataset::{Dataset, Split};
use crate::model::embedded::MINILM;
use crate::model::oracle;
use crate::wording::counted;

/// What only the front end can tell.
pub struct Surroundings {
    /// Columns and rows, when there is a terminal.
    pub size: Option<(u16, u16)>,
    /// Colour depth in words.
    pub colours: String,
    /// Whether Unicode is drawn.
    pub unicode: bool,
    /// How long it takes from nothing to a first frame.
    pub first_frame: Duration,
    /// Whether `--model` was given: then there is no oracle to compare with.
    pub own_model: bool,
}

/// How a finding is to be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// Slower than the budget: worth knowing, nothing to mend.
    Slow,
    Bad,
}

/// One finding.
struct Finding {
    verdict: Verdict,
    what: String,
    do_next: &'static str,
}

fn good(what: String) -> Finding {
    Finding { verdict: Verdict::Good, what, do_next: "" }
}

fn check(holds: bool, what: String, do_next: &'static str) -> Finding {
    Finding { verdict: if holds { Verdict::Good } else { Verdict::Bad }, what, do_next }
}

/// A time against its budget.
fn timed(what: &str, took: Duration, budget: u64) -> Finding {
    let verdict = if took < Duration::from_millis(budget) { Verdict::Good } else { Verdict::Slow };
    let do_next = "a slow machine, or a busy one: everything still works";
    Finding { verdict, what: format!("{what} after {took:.1?} (budget {budget} ms)"), do_next }
}

/// Checks model, data, parity with the oracle, course, terminal and paths.
///
/// # Errors
/// When something is wrong that keeps the course from working.
pub fn doctor(settings: &Settings, surroundings: &Surroundings) -> Result<(), String> {
    let mut findings = model(settings, surroundings.own_model);
    findings.extend(data());
    findings.push(match load_course(settings.lessons.as_deref()) {
        Ok(loaded) => {
            good(format!("course: {} lessons, {} recorded values", loaded.course.lessons.len(), loaded.records.len()))
        }
        Err(error) => check(false, format!("course: {error}"), "correct the lesson, or leave --lessons out"),
    });
    findings.push(timed("first frame, drawn in memory,", surroundings.first_frame, 50));
    findings.push(match surroundings.size {
        None => good("terminal: none here; the course needs one, trace and race do not".to_owned()),
        Some((columns, rows)) => {
            check(columns >= 60 && rows >= 18, format!("terminal: {columns}x{rows}"), "make the window at least 60x18")
        }
    });
    findings.push(good(format!(
        "colours: {}; characters: {}",
        surroundings.colours,
        if surroundings.unicode { "Unicode" } else { "ASCII" }
    )));
    findings.push(paths(settings));
    findings.push(good(super::cache::about(settings)));

    let mut text = String::new();
    for finding in &findings {
        let sign = match finding.verdict {
            Verdict::Good => "ok  ",
            Verdict::Slow => "slow",
            Verdict::Bad => "look",
        };
        let _ = writeln!(text, "{sign}  {}", finding.what);
        if finding.verdict != Verdict::Good {
            let _ = writeln!(text, "      {}", finding.do_next);
        }
    }
    let bad = findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count();
    print(&text)?;
    if bad == 0 {
        Ok(())
    } else {
        Err(format!("{bad} of {} findings need a look; what to do stands below each", findings.len()))
    }
}

fn model(settings: &Settings, own: bool) -> Vec<Finding> {
    let started = Instant::now();
    let lab = match open_lab(settings, None) {
        Ok(lab) => lab,
        Err(error) => {
            return vec![check(false, format!("model: {error}"), "leave --model out to use the embedded one")];
        }
    };
    let took = started.elapsed();
    let facts = lab.facts();
    let mut findings = vec![good(format!(
        "model: {} ({}), {}, {}, {} parameters",
        facts.name,
        facts.origin,
        counted(facts.layers, "layer"),
        counted(facts.heads, "head"),
        facts.parameters
    ))];
    if let Some(read) = &facts.pooling {
        findings.push(good(format!("pooling: sentence-transformers reads its sentence vector from {read}")));
    }
    findings.push(timed("model ready", took, 400));
    if own {
        findings.push(good(format!("weights: sha256 {}", facts.sha256)));
        return findings;
    }
    findings.push(check(
        facts.sha256 == MINILM.sha256,
        format!("weights: sha256 {}", facts.sha256),
        "the program is damaged: build it again",
    ));
    let texts = ["not bad at all", "a gripping, funny and deeply humane film ."];
    let parity = oracle::embedded().and_then(|oracle| {
        texts.iter().try_fold(0f32, |most, text| {
            Ok(most.max(oracle::difference(lab.bert(), &oracle, &lab.bert().encode(text, None)?.input)?))
        })
    });
    findings.push(match parity {
        Ok(difference) => check(
            difference < 1e-4,
            format!("parity with candle-transformers: differs by at most {difference:.1e} (allowed 1e-4)"),
            "please report it with your processor's name",
        ),
        Err(error) => check(false, format!("parity: {error}"), "please report it"),
    });
    findings
}

fn data() -> Vec<Finding> {
    let expected = [("movies", Some([6_991, 1_044, 2_035])), ("products", None)];
    let one = |(name, split): (&str, Option<[usize; 3]>)| match Dataset::embedded(name) {
        Err(error) => check(false, format!("data: {error}"), "the program is damaged: build it again"),
        Ok(dataset) => {
            let found = [Split::Train, Split::Validation, Split::Test].map(|split| dataset.indices(split).len());
            let what = format!(
                "data: {name}, {} train, {} validation, {} test, sha256 {}",
                found[0],
                found[1],
                found[2],
                dataset.sha256()
            );
            check(split.is_none_or(|split| split == found), what, "the program is damaged: build it again")
        }
    };
    expected.into_iter().map(one).collect()
}

fn paths(settings: &Settings) -> Finding {
    let shown = |path: Option<PathBuf>| path.map_or_else(|| "none".to_owned(), |path| path.display().to_string());
    let progress = config::progress_path(settings.learner.as_deref());
    let what = format!("paths: settings {}, progress {}", shown(config::settings_path()), shown(progress.clone()));
    let writable = progress.as_ref().and_then(|path| path.parent()).is_some_and(|folder| {
        // A probe file, because permissions alone do not tell of read-only file systems.
        let probe = || Temporary::beside(&folder.join("progress.json"));
        std::fs::create_dir_all(folder).and_then(|()| probe()).is_ok()
    });
    let advice = if cfg!(windows) {
        "progress cannot be saved there: set APPDATA to a folder you can write to"
    } else {
        "progress cannot be saved there: set HOME or XDG_DATA_HOME to a folder you can write to"
    };
    check(writable, what, advice)
}
