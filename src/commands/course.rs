//! A course with the records it points to, read and checked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::lab::record::{self, Datum, Heads, flatten};
use crate::lab::{Readout, steps};
use crate::lesson::parse::Problem;
use crate::lesson::vocabulary::{LIVE, Vocabulary};
use crate::lesson::{Course, check, library};

/// Layers of the embedded model, for which courses are written.
const LAYERS: usize = 6;
/// Its attention heads in a layer.
const HEADS: usize = 12;

/// A course, its recorded values and its recorded heads.
pub struct LoadedCourse {
    /// The lessons.
    pub course: Course,
    /// Recorded values by `FILE.key`.
    pub records: BTreeMap<String, Datum>,
    /// Recorded probe heads.
    pub heads: Option<Heads>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Reads a course (the embedded one, or a folder's) and checks it.
///
/// # Errors
/// When it cannot be read at all; lesser mistakes are in [`LoadedCourse::problems`].
pub fn read_course(directory: Option<&Path>) -> Result<LoadedCourse, Vec<Problem>> {
    let loaded = library::load(directory)?;
    let mut records = BTreeMap::new();
    let mut heads = None;
    let mut problems = Vec::new();
    for (name, text) in &loaded.results {
        let file = format!("results/{name}.json");
        if name == "heads" {
            match Heads::read(text) {
                Ok(read) => heads = Some(read),
                Err(error) => problems.push(Problem::whole(&file, error.to_string())),
            }
        } else {
            // What stands behind an @ names the model.
            let found =
                match name.split('@').next().unwrap_or_default() {
                    "aggregate" => record::read_aggregate(text)
                        .map(|report| (record::flatten_aggregate(&report), report.provenance)),
                    "inversion" => record::read_inversion(text)
                        .map(|report| (record::flatten_inversion(&report), report.provenance)),
                    _ => record::read(text).map(|report| (flatten(&report), report.provenance)),
                };
            match found {
                Ok((found, provenance)) => {
                    records.insert(format!("{name}.model_sha256"), Datum::Text(provenance.model_sha256));
                    if let Some(tensors) = provenance.tensors_sha256 {
                        records.insert(format!("{name}.tensors_sha256"), Datum::Text(tensors));
                    }
                    records.extend(found.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
                }
                Err(error) => problems.push(Problem::whole(&file, error.to_string())),
            }
        }
    }
    let vocabulary = vocabulary(records.keys().cloned().collect());
    problems.extend(check::course(&loaded.course, &loaded.sources, &vocabulary));
    Ok(LoadedCourse { course: loaded.course, records, heads, problems })
}

/// Reads a course for the screen.
///
/// # Errors
/// When anything is wrong with it: the first mistake with file, line and column, and how many more there are.
pub fn load_course(directory: Option<&Path>) -> Result<LoadedCourse, String> {
    let loaded = read_course(directory).map_err(|problems| first(&problems))?;
    if loaded.problems.is_empty() { Ok(loaded) } else { Err(first(&loaded.problems)) }
}

fn first(problems: &[Problem]) -> String {
    let more = match problems.len() {
        0 | 1 => String::new(),
        many => format!("\nand {} more; clsroom lessons check lists them all", many - 1),
    };
    problems.first().map_or_else(String::new, |problem| format!("{problem}{more}"))
}

/// What a lesson may name.
pub(super) fn vocabulary(records: BTreeSet<String>) -> Vocabulary {
    let named = Readout::plain().map(ToString::to_string);
    Vocabulary {
        live: LIVE.iter().map(|(pattern, _)| *pattern).collect(),
        readouts: named.chain(["token:".to_owned(), "stand-in:".to_owned()]).collect(),
        layers: LAYERS,
        heads: HEADS,
        records,
        operations: steps::names(),
    }
}
