//! Recorded runs: writing, reading and distrusting them, and the keys under which lessons quote them.
//!
//! `clsroom race --out` writes what [`write()`] gives; `app::values` resolves recorded values from [`flatten`]. A record
//! may have been edited or cut off, so [`read`] believes nothing. Recorded probe heads are in [`Heads`].

mod aggregate;
pub mod bits;
mod check;
pub mod counts;
mod csv;
mod heads;
mod inversion;

use std::collections::BTreeMap;
use std::fmt;

pub use aggregate::{flatten_aggregate, read_aggregate, write_aggregate};
pub use csv::csv;
pub use heads::{Heads, RecordedHead};
pub use inversion::{flatten_inversion, read_inversion, write_inversion};

use super::{Mode, Provenance, RaceReport};

/// Larger files are not read, in bytes: a record of every readout at every layer has less than a hundredth of this.
pub const LARGEST: usize = 16 << 20;

/// One value of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Too large to be one.
    #[error("the record is larger than {} MB, which no record is. Make it again with clsroom race --out", LARGEST >> 20)]
    TooLarge,
    /// Not JSON of this shape.
    #[error("this is not a whole record: {cause}. Make it again with clsroom race --out")]
    Malformed {
        /// What the parser said, with line and column.
        cause: String,
    },
    /// As it was written when verdicts did not count seeds.
    #[error(
        "the record is of an older form: its verdicts leave out what comes from other seeds. Make it again with {command} --out FILE"
    )]
    Old {
        /// The command that it names.
        command: String,
    },
    /// A value that cannot be.
    #[error(
        "the record cannot be right: {field} is {found}, but must be {expected}. Make it again with clsroom race --out"
    )]
    Value {
        /// Where it stands: `lanes[2].accuracy`.
        field: String,
        /// What stands there.
        found: String,
        /// What could.
        expected: &'static str,
    },
}

/// Reads a record.
///
/// # Errors
/// When it is too large, not JSON with the fields of [`RaceReport`], or a value is out of its range.
pub fn read(text: &str) -> Result<RaceReport, RecordError> {
    let report: RaceReport = parse(text).map_err(|error| old(text).unwrap_or(error))?;
    check::report(&report)?;
    Ok(report)
}

/// Writes a record: indented JSON, with a newline at its end.
///
/// # Errors
/// When [`read`] would not take it back, for instance because a number is not finite.
pub fn write(report: &RaceReport) -> Result<String, RecordError> {
    check::report(report)?;
    pretty(report)
}

/// A record's values by key.
///
/// For a lane with a layer `{readout}.{layer}.accuracy|low|high|c`, without `{readout}.accuracy|low|high`; for a pair
/// `{a}-{b}.{layer}.difference|low|high|p|verdict|smallest`, without a layer the same less `{layer}.`. Fine-tuned lanes
/// have `finetune` in the layer's place, and `rate` instead of `c`. `majority.accuracy` is there
/// without its lane, too: the commonest label's share of the test sentences; so is `cosine`, of `[CLS]` and mean. And `train`, `validation`, `test` (sentences),
/// `seeds`, `date`, `command`, `data_sha256`. What a record does not have, has no key.
#[must_use]
pub fn flatten(report: &RaceReport) -> BTreeMap<String, Datum> {
    let mut values = BTreeMap::new();
    let mut put = |key: String, datum: Datum| values.insert(key, datum);
    for lane in &report.lanes {
        let key = prefix(&lane.readout, &lane.mode, lane.layer);
        put(format!("{key}.accuracy"), Datum::Number(lane.accuracy));
        put(format!("{key}.low"), Datum::Number(lane.ci95[0]));
        put(format!("{key}.high"), Datum::Number(lane.ci95[1]));
        if let (Some(majority), Some(_)) = (report.majority, lane.layer) {
            put(format!("{key}.above"), Datum::Number(lane.accuracy - majority));
        }
        if let (Some(c), Some(_)) = (lane.c, lane.layer) {
            put(format!("{key}.c"), Datum::Number(c));
        }
        if let Some(rate) = lane.rate {
            put(format!("{key}.rate"), Datum::Number(rate));
        }
    }
    for pair in &report.pairs {
        let key = prefix(&format!("{}-{}", pair.a, pair.b), &pair.mode, pair.layer);
        let worth = &pair.worth;
        put(format!("{key}.difference"), Datum::Number(worth.difference));
        put(format!("{key}.low"), Datum::Number(worth.ci95[0]));
        put(format!("{key}.high"), Datum::Number(worth.ci95[1]));
        put(format!("{key}.p"), Datum::Number(worth.p_value));
        put(format!("{key}.verdict"), Datum::Text(worth.verdict.name().to_owned()));
        put(format!("{key}.smallest"), Datum::Number(worth.smallest_visible));
        if worth.by_seed.len() > 1 {
            for (seed, difference) in worth.by_seed.iter().enumerate() {
                put(format!("{key}.seed-{seed}"), Datum::Number(*difference));
            }
        }
    }
    if let Some(majority) = report.majority {
        values.entry("majority.accuracy".to_owned()).or_insert(Datum::Number(majority));
    }
    if let Some(cosine) = report.cls_mean_cosine {
        values.insert("cosine".to_owned(), Datum::Number(cosine));
    }
    of_provenance(&report.provenance, &mut values);
    values
}

fn of_provenance(provenance: &Provenance, values: &mut BTreeMap<String, Datum>) {
    let mut put = |key: &str, datum: Datum| values.insert(key.to_owned(), datum);
    for (key, count) in ["train", "validation", "test"].into_iter().zip(provenance.sentences) {
        put(key, Datum::Number(count as f64));
    }
    if let Some(recipe) = &provenance.recipe {
        put("seeds", Datum::Number(recipe.seeds as f64));
        // Absent where all layers learned.
        if let Some(layers) = recipe.top_layers {
            put("top_layers", Datum::Number(layers as f64));
        }
    }
    if let Some(date) = &provenance.date {
        put("date", Datum::Text(date.clone()));
    }
    put("command", Datum::Text(provenance.command.clone()));
    put("model", Datum::Text(provenance.model.clone()));
    put("data_sha256", Datum::Text(provenance.data_sha256.clone()));
}

fn prefix(name: &str, mode: &str, layer: Option<usize>) -> String {
    match layer {
        Some(_) if mode == Mode::Finetune.name() => format!("{name}.{mode}"),
        Some(layer) => format!("{name}.{layer}"),
        None => name.to_owned(),
    }
}

/// Whether it is a record of the form before seeds counted in verdicts.
fn old(text: &str) -> Option<RecordError> {
    #[derive(serde::Deserialize)]
    struct Old {
        pairs: Vec<OldPair>,
        provenance: Named,
    }
    #[derive(serde::Deserialize)]
    struct OldPair {
        #[serde(rename = "p_values")]
        _each: Vec<f64>,
    }
    #[derive(serde::Deserialize)]
    struct Named {
        command: String,
    }
    let Old { pairs, provenance } = serde_json::from_str(text).ok()?;
    let command = crate::wording::visible(&provenance.command).chars().take(400).collect();
    (!pairs.is_empty()).then_some(RecordError::Old { command })
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, RecordError> {
    if text.len() > LARGEST {
        return Err(RecordError::TooLarge);
    }
    serde_json::from_str(text).map_err(malformed)
}

fn pretty<T: serde::Serialize>(value: &T) -> Result<String, RecordError> {
    let mut text = serde_json::to_string_pretty(value).map_err(malformed)?;
    text.push('\n');
    Ok(text)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn malformed(error: serde_json::Error) -> RecordError {
    RecordError::Malformed { cause: crate::wording::cause(&error) }
}

impl fmt::Display for Datum {
    /// The number as short as it can be read back, or the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.pad(text),
        }
    }
}

#[cfg(test)]
mod tests;
