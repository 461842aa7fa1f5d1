//! Recorded inversions (`lessons/results/inversion.json`): reading, writing, and the keys under which lessons quote them.

use std::collections::BTreeMap;

use super::{Datum, RecordError, check, parse, pretty};
use crate::lab::{InversionLane, InversionReport};

/// Reads a record.
///
/// # Errors
/// When it is too large, not JSON with the fields of [`InversionReport`], or a value is out of its range.
pub fn read_inversion(text: &str) -> Result<InversionReport, RecordError> {
    let report = parse(text)?;
    check(&report)?;
    Ok(report)
}

/// Writes a record: indented JSON, with a newline at its end.
///
/// # Errors
/// When [`read_inversion`] would not take it back.
pub fn write_inversion(report: &InversionReport) -> Result<String, RecordError> {
    check(report)?;
    pretty(report)
}

/// A record's values by key: `{readout}.{layer}.precision|low|high|lambda`, `{readout}.best` (the layer that gives back
/// most, of equals the lowest), `{a}-{b}.{layer}.difference|low|high`, `baseline`, `coverage`, `known`, `common`, and of its making `train`, `validation`, `test`, `date`, `command`.
#[must_use]
pub fn flatten_inversion(report: &InversionReport) -> BTreeMap<String, Datum> {
    let mut values = BTreeMap::new();
    let mut put = |key: String, number: f64| values.insert(key, Datum::Number(number));
    for lane in &report.lanes {
        let key = format!("{}.{}", lane.readout, lane.layer);
        put(format!("{key}.precision"), lane.precision);
        put(format!("{key}.low"), lane.ci95[0]);
        put(format!("{key}.high"), lane.ci95[1]);
        put(format!("{key}.lambda"), lane.lambda);
    }
    for lane in &report.lanes {
        let beats = |other: &&InversionLane| other.readout == lane.readout && other.layer != lane.layer;
        let others = || report.lanes.iter().filter(beats);
        let best = others().all(|other| (lane.precision, other.layer) >= (other.precision, lane.layer));
        if best && others().next().is_some() {
            put(format!("{}.best", lane.readout), lane.layer as f64);
        }
    }
    for pair in &report.pairs {
        let key = format!("{}-{}.{}", pair.a, pair.b, pair.layer);
        put(format!("{key}.difference"), pair.difference);
        put(format!("{key}.low"), pair.ci95[0]);
        put(format!("{key}.high"), pair.ci95[1]);
    }
    put("baseline".to_owned(), report.baseline);
    put("coverage".to_owned(), report.coverage);
    put("known".to_owned(), report.known as f64);
    put("common".to_owned(), report.common as f64);
    super::of_provenance(&report.provenance, &mut values);
    values
}

fn check(report: &InversionReport) -> Result<(), RecordError> {
    check::share("baseline", report.baseline)?;
    check::share("coverage", report.coverage)?;
    let sentences = report.asked.len();
    for (name, counts) in [("content", &report.content), ("by_frequency", &report.by_frequency)] {
        let same = counts.len() == sentences;
        check::require(same, || name.to_owned(), &counts.len(), "a count for every test sentence")?;
    }
    for (index, lane) in report.lanes.iter().enumerate() {
        let at = format!("lanes[{index}]");
        check::readout(&format!("{at}.readout"), &lane.readout)?;
        check::strength(&format!("{at}.lambda"), lane.lambda)?;
        check::share(&format!("{at}.validation"), lane.validation)?;
        check::share(&format!("{at}.precision"), lane.precision)?;
        check::interval(&format!("{at}.ci95"), lane.ci95, 0.0)?;
        for (lambda, score) in &lane.grid {
            check::strength(&format!("{at}.grid"), *lambda)?;
            check::share(&format!("{at}.grid"), *score)?;
        }
        let possible = lane.found.len() == sentences && lane.found.iter().zip(&report.asked).all(|(f, n)| f <= n);
        let found = || format!("{at}.found");
        check::require(possible, found, &lane.found.len(), "for every test sentence at most what was asked")?;
    }
    for (index, pair) in report.pairs.iter().enumerate() {
        let at = format!("pairs[{index}]");
        check::readout(&format!("{at}.a"), &pair.a)?;
        check::readout(&format!("{at}.b"), &pair.b)?;
        check::within(&format!("{at}.difference"), pair.difference, -1.0, "from -1 to 1")?;
        check::interval(&format!("{at}.ci95"), pair.ci95, -1.0)?;
    }
    check::provenance(&report.provenance)
}
