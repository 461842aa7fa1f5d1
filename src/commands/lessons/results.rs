//! `clsroom lessons results`: every lane of the course's recorded races as one table, so that training sizes, lanes, frozen
//! and fine-tuned can be set beside each other.

use std::fmt::Write as _;
use std::path::Path;

use crate::lab::record;
use crate::lesson::library;

/// Comma-separated values: the columns of `race --format csv`, behind the record's name, its model and its data.
///
/// # Errors
/// When the course cannot be read.
pub(super) fn table(directory: Option<&Path>) -> Result<String, String> {
    let loaded = library::load(directory).map_err(|problems| {
        problems.first().map_or_else(|| "the course cannot be read".to_owned(), ToString::to_string)
    })?;
    let mut out = String::new();
    // Other records than races have no lanes.
    for (name, report) in loaded.results.iter().filter_map(|(name, text)| Some((name, record::read(text).ok()?))) {
        let (model, data) = (&report.provenance.model, &report.provenance.data);
        let table = record::csv(&report);
        let mut lines = table.lines();
        let header = lines.next().unwrap_or_default();
        // Writing to a String cannot fail.
        if out.is_empty() {
            let _ = writeln!(out, "record,model,data,{header}");
        }
        lines.for_each(|line| {
            let _ = writeln!(out, "{name},{model},{data},{line}");
        });
    }
    Ok(out)
}
