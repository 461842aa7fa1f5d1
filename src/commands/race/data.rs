//! The sentences of a race: an embedded set, or a file of the learner's own.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use encoding_rs::WINDOWS_1252;

use crate::lab::dataset::{Dataset, Form};

/// Larger files are not read, in bytes.
const LARGEST: u64 = 64 << 20;

/// The data set that is asked for by name or by path.
///
/// # Errors
/// When there is no such set or file, or it cannot be learnt from; one sentence.
pub fn read_data(asked: &str) -> Result<Dataset, String> {
    let path = Path::new(asked);
    if Dataset::names().any(|name| name == asked) || !path.exists() {
        return Dataset::embedded(asked).map_err(|error| format!("{error}, or a file that is there"));
    }
    let form = match path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
        Some("tsv" | "tab" | "txt") => Form::Tsv,
        Some("csv") => Form::Csv,
        Some("json" | "jsonl" | "ndjson") => Form::JsonLines,
        _ => return Err(format!("{asked}: what is in it is not known. End its name in .tsv, .csv or .jsonl")),
    };
    let unreadable = |error: std::io::Error| format!("cannot read {asked}: {error}. Check the path");
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{asked} is larger than {} MB. Use fewer sentences", LARGEST >> 20));
    }
    let (text, encoding) = decoded(bytes);
    Dataset::labelled(asked, form, &text).map(|dataset| dataset.read_as(encoding)).map_err(|error| error.to_string())
}

/// Bytes as text, and how they were read where it was not UTF-8: then Windows-1252, which spreadsheets write in the west.
fn decoded(bytes: Vec<u8>) -> (String, Option<&'static str>) {
    String::from_utf8(bytes).map_or_else(
        |error| (WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned(), Some("Windows-1252")),
        |text| (text, None),
    )
}
