//! The recorded measures of question 1 (`lessons/results/aggregate.json`): reading, writing, and the keys under which
//! lessons quote them.

use std::collections::BTreeMap;

use super::{Datum, RecordError, check, parse, pretty};
use crate::lab::AggregateReport;

/// Reads a record.
///
/// # Errors
/// When it is too large, not JSON with the fields of [`AggregateReport`], or a value is out of its range.
pub fn read_aggregate(text: &str) -> Result<AggregateReport, RecordError> {
    let report = parse(text)?;
    check(&report)?;
    Ok(report)
}

/// Writes a record: indented JSON, with a newline at its end.
///
/// # Errors
/// When [`read_aggregate`] would not take it back.
pub fn write_aggregate(report: &AggregateReport) -> Result<String, RecordError> {
    check(report)?;
    pretty(report)
}

/// A record's values by key: `{readout}.{layer}.probe|cosine|nearest|low|high` (the last two the interval of
/// `nearest`), `chance`, `pairs`, and of its making `train`, `validation`, `test`, `date`, `command`.
#[must_use]
pub fn flatten_aggregate(report: &AggregateReport) -> BTreeMap<String, Datum> {
    let mut values = BTreeMap::new();
    let mut put = |key: String, number: f64| values.insert(key, Datum::Number(number));
    for lane in &report.lanes {
        let key = format!("{}.{}", lane.readout, lane.layer);
        put(format!("{key}.probe"), lane.probe.accuracy);
        put(format!("{key}.cosine"), lane.random_cosine);
        put(format!("{key}.nearest"), lane.nearest);
        put(format!("{key}.low"), lane.nearest_ci95[0]);
        put(format!("{key}.high"), lane.nearest_ci95[1]);
    }
    put("chance".to_owned(), report.chance);
    put("pairs".to_owned(), report.pairs as f64);
    super::of_provenance(&report.provenance, &mut values);
    values
}

fn check(report: &AggregateReport) -> Result<(), RecordError> {
    check::share("chance", report.chance)?;
    for (index, lane) in report.lanes.iter().enumerate() {
        let at = format!("lanes[{index}]");
        check::readout(&format!("{at}.readout"), &lane.readout)?;
        check::lane(&format!("{at}.probe"), &lane.probe)?;
        // Rounding can carry the cosine of equal vectors past 1 by its last digits.
        check::within(&format!("{at}.random_cosine"), lane.random_cosine.min(1.0), -1.0, "from -1 to 1")?;
        check::share(&format!("{at}.nearest"), lane.nearest)?;
        check::interval(&format!("{at}.nearest_ci95"), lane.nearest_ci95, 0.0)?;
        let whole = lane.same.len() == lane.probe.n_test;
        check::require(whole, || format!("{at}.same"), &lane.same.len(), "an answer for every test sentence")?;
    }
    check::provenance(&report.provenance)
}
