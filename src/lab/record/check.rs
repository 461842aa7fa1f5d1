//! What a record's values can be: everything from a file is checked here before it reaches a screen.

use super::RecordError;
use crate::lab::race::own::NAME as OWN;
use crate::lab::{Lane, Pair, Provenance, RaceReport, Readout, Worth};

/// Longest text in a record, in bytes.
const LONGEST: usize = 4096;

type Checked = Result<(), RecordError>;

pub(super) fn report(report: &RaceReport) -> Checked {
    for (index, lane) in report.lanes.iter().enumerate() {
        self::lane(&format!("lanes[{index}]"), lane)?;
    }
    for (index, pair) in report.pairs.iter().enumerate() {
        self::pair(&format!("pairs[{index}]"), pair)?;
    }
    if let Some(cosine) = report.cls_mean_cosine {
        require((-1.0..=1.0).contains(&cosine), || "cls_mean_cosine".to_owned(), &cosine, "from -1 to 1")?;
    }
    if let Some(against) = &report.against {
        self::report(&against.report)?;
        for (index, pair) in against.pairs.iter().enumerate() {
            self::pair(&format!("against.pairs[{index}]"), pair)?;
        }
        for (index, gap) in against.gaps.iter().enumerate() {
            let at = format!("against.gaps[{index}]");
            readout(&format!("{at}.a"), &gap.a)?;
            readout(&format!("{at}.b"), &gap.b)?;
            text(&format!("{at}.mode"), &gap.mode)?;
            worth(&at, &gap.worth, 2.0)?;
        }
    }
    if let Some(majority) = report.majority {
        share("majority", majority)?;
    }
    report.classes.iter().try_for_each(|class| text("classes", class))?;
    if let Some(own) = &report.own {
        own.labels.iter().try_for_each(|label| text("own.labels", label))?;
    }
    for ended in &report.ended {
        readout("ended.readout", &ended.readout)?;
        text("ended.why", &ended.why)?;
    }
    provenance(&report.provenance)
}

pub(super) fn lane(at: &str, lane: &Lane) -> Checked {
    readout(&format!("{at}.readout"), &lane.readout)?;
    text(&format!("{at}.mode"), &lane.mode)?;
    share(&format!("{at}.accuracy"), lane.accuracy)?;
    interval(&format!("{at}.ci95"), lane.ci95, 0.0)?;
    require(lane.n_test > 0, || format!("{at}.n_test"), &lane.n_test, "at least 1")?;
    if let Some(c) = lane.c {
        strength(&format!("{at}.c"), c)?;
    }
    if let Some(validation) = lane.validation {
        share(&format!("{at}.validation"), validation)?;
    }
    if let Some(rate) = lane.rate {
        strength(&format!("{at}.rate"), rate)?;
    }
    for (seed, correct) in lane.correct.iter().enumerate() {
        let at = || format!("{at}.correct[{seed}]");
        require(correct.len() == lane.n_test, at, &correct.len(), "an answer for every test sentence")?;
    }
    for curve in &lane.curves {
        readout(&format!("{at}.curves"), &curve.readout)?;
        let known = curve.loss.iter().all(|loss| loss.is_finite());
        require(known, || format!("{at}.curves.loss"), &"a loss that is no number", "numbers")?;
    }
    for (c, accuracy) in &lane.grid {
        strength(&format!("{at}.grid"), *c)?;
        share(&format!("{at}.grid"), *accuracy)?;
    }
    Ok(())
}

fn pair(at: &str, pair: &Pair) -> Checked {
    readout(&format!("{at}.a"), &pair.a)?;
    readout(&format!("{at}.b"), &pair.b)?;
    text(&format!("{at}.mode"), &pair.mode)?;
    pair.mcnemar.iter().try_for_each(|p| share(&format!("{at}.mcnemar"), *p))?;
    worth(at, &pair.worth, 1.0)
}

/// What a difference of at most so much is worth: 1 between two lanes, 2 between two such differences.
fn worth(at: &str, worth: &Worth, most: f64) -> Checked {
    let part = |name: &str, value: f64, least: f64| {
        require((least..=most).contains(&value), || format!("{at}.{name}"), &value, "within the range of a difference")
    };
    part("difference", worth.difference, -most)?;
    worth.by_seed.iter().try_for_each(|value| part("by_seed", *value, -most))?;
    worth.ci95.iter().try_for_each(|end| part("ci95", *end, -most))?;
    require(worth.ci95[0] <= worth.ci95[1], || format!("{at}.ci95"), &worth.ci95[0], "two ascending numbers in range")?;
    let parts = worth.from_seeds.into_iter().map(|value| ("from_seeds", value));
    for (name, value) in parts.chain([("from_sentences", worth.from_sentences)]) {
        require(value.is_finite() && value >= 0.0, || format!("{at}.{name}"), &value, "0 or more")?;
    }
    share(&format!("{at}.p_value"), worth.p_value)?;
    part("smallest_visible", worth.smallest_visible, 0.0)
}

pub(super) fn provenance(provenance: &Provenance) -> Checked {
    let texts = [
        ("version", &provenance.version),
        ("command", &provenance.command),
        ("model", &provenance.model),
        ("model_sha256", &provenance.model_sha256),
        ("data", &provenance.data),
        ("data_sha256", &provenance.data_sha256),
    ];
    for (name, value) in texts {
        text(&format!("provenance.{name}"), value)?;
    }
    let maybe = [("tensors_sha256", &provenance.tensors_sha256), ("key", &provenance.key), ("date", &provenance.date)];
    for (name, value) in maybe {
        if let Some(value) = value {
            text(&format!("provenance.{name}"), value)?;
        }
    }
    if let Some(seconds) = provenance.seconds {
        let possible = seconds.is_finite() && seconds >= 0.0;
        require(possible, || "provenance.seconds".to_owned(), &seconds, "0 or more")?;
    }
    Ok(())
}

pub(super) fn readout(at: &str, name: &str) -> Checked {
    let known = name == OWN || name.parse::<Readout>().is_ok_and(|readout| readout.to_string() == name);
    let found: String = name.escape_debug().take(40).collect();
    require(known, || at.to_owned(), &found, "a readout's name")
}

pub(super) fn share(at: &str, value: f64) -> Checked {
    within(at, value, 0.0, "from 0 to 1")
}

pub(super) fn strength(at: &str, c: f64) -> Checked {
    require(c.is_finite() && c > 0.0, || at.to_owned(), &c, "a positive number")
}

pub(super) fn text(at: &str, value: &str) -> Checked {
    let shown = value.len() <= LONGEST && !value.chars().any(char::is_control);
    let found = || value.escape_debug().take(40).collect::<String>();
    require(shown, || at.to_owned(), &found(), "at most 4,096 bytes without control characters")
}

pub(super) fn interval(at: &str, [low, high]: [f64; 2], least: f64) -> Checked {
    let possible = low >= least && low <= high && high <= 1.0;
    require(possible, || at.to_owned(), &format!("[{low}, {high}]"), "two ascending numbers in range")
}

pub(super) fn within(at: &str, value: f64, least: f64, expected: &'static str) -> Checked {
    require(value >= least && value <= 1.0, || at.to_owned(), &value, expected)
}

pub(super) fn require(
    holds: bool,
    field: impl FnOnce() -> String,
    found: &dyn ToString,
    expected: &'static str,
) -> Checked {
    if holds { Ok(()) } else { Err(RecordError::Value { field: field(), found: found.to_string(), expected }) }
}
