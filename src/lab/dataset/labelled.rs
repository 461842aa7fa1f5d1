//! Reading a learner's own sentences: TSV, CSV or JSON lines, with any number of named classes.

mod quotes;

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::parse::{clean, no_nul};
use super::{Dataset, DatasetError, Dropped, Item, SPLITS, Split, content_hash, hex, key, split};
use crate::wording::listed;

/// How a file of labelled sentences is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Tabs between columns, no quotes.
    Tsv,
    /// Commas between columns, quotes as in RFC 4180.
    Csv,
    /// One JSON object a line, as Hugging Face writes data sets.
    JsonLines,
}

/// So many columns are named when one is not found.
const NAMED: usize = 8;

/// One row as it stands in the file.
struct Row {
    line: usize,
    text: String,
    label: String,
    split: Option<String>,
}

/// The sentences of a file by the rules of [`Dataset::labelled`], not yet checked for being enough.
pub(super) fn read(name: &str, form: Form, text: &str) -> Result<Dataset, DatasetError> {
    let name = clean(name);
    no_nul(&name, text)?;
    let plain = text.trim_start_matches('\u{feff}');
    if plain.trim().is_empty() {
        return Err(DatasetError::Empty { name });
    }
    let rows = match form {
        Form::Tsv => columns(&name, plain, b'\t'),
        Form::Csv => columns(&name, plain, b','),
        Form::JsonLines => json(&name, plain),
    }?;
    let mut dropped = Dropped::default();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut kept = Vec::new();
    for row in rows {
        if row.text.trim().is_empty() {
            dropped.empty += 1;
        } else if row.label.is_empty() {
            dropped.unlabelled += 1;
        } else if let Some(label) = seen.get(&key(&row.text)) {
            *(if *label == row.label { &mut dropped.repeated } else { &mut dropped.contradicting }) += 1;
        } else {
            seen.insert(key(&row.text), row.label.clone());
            kept.push(row);
        }
    }
    let own = !kept.is_empty() && kept.iter().all(|row| row.split.is_some());
    let classes = classes(&kept);
    if is_scale(&classes, kept.len()) {
        return Err(DatasetError::Numbers { name, distinct: classes.len(), rows: kept.len() });
    }
    let mut items = Vec::with_capacity(kept.len());
    for row in kept {
        let text = clean(&row.text);
        let hash = content_hash(&text);
        let split = match &row.split {
            Some(word) => own_split(&name, row.line, word)?,
            None => split(&hash),
        };
        let label = classes.iter().position(|class| *class == row.label).unwrap_or_default(); // it is among them
        items.push(Item { text, label, split, hash });
    }
    let absent = |split: Split| items.iter().all(|item| item.split != split);
    if own && let Some((_, split)) = SPLITS.into_iter().find(|(split, _)| absent(*split)) {
        return Err(DatasetError::NoSplit { name, split });
    }
    Ok(Dataset { name, classes, items, dropped, sha256: hex(&Sha256::digest(text.as_bytes())), encoding: None })
}

/// From so many different numbers on, labels may be a scale.
const SCALE: usize = 10;

/// Whether the labels are numbers that are measured rather than names: many of them, with fractions or each for few
/// sentences.
fn is_scale(classes: &[String], rows: usize) -> bool {
    let numbers = classes.iter().all(|class| class.parse::<f64>().is_ok_and(f64::is_finite));
    let fractions = classes.iter().any(|class| class.parse::<i64>().is_err());
    numbers && classes.len() > SCALE && (fractions || classes.len() * 3 > rows)
}

/// The labels in order: by value when all are whole numbers, else by name.
fn classes(rows: &[Row]) -> Vec<String> {
    let mut classes: Vec<String> =
        rows.iter().map(|row| row.label.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    if classes.iter().all(|class| class.parse::<i64>().is_ok()) {
        classes.sort_by_key(|class| class.parse::<i64>().unwrap_or_default());
    }
    classes
}

fn own_split(name: &str, line: usize, word: &str) -> Result<Split, DatasetError> {
    match word.trim().to_lowercase().as_str() {
        "train" => Ok(Split::Train),
        "validation" | "valid" | "val" | "dev" => Ok(Split::Validation),
        "test" => Ok(Split::Test),
        _ => Err(row(name, line, format!("the split {:?} is not train, validation or test", short(word)))),
    }
}

fn columns(name: &str, text: &str, delimiter: u8) -> Result<Vec<Row>, DatasetError> {
    if delimiter == b','
        && let Some(line) = quotes::not_closed(text)
    {
        let problem = "a quote is opened and not closed at the end of its field. Close it before the comma, and write \
                       a quote inside a quoted text twice";
        return Err(row(name, line, problem.to_owned()));
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).quoting(delimiter == b',').from_reader(text.as_bytes());
    let broken = |error: &csv::Error| {
        let line = error.position().map_or(1, |at| at.line() as usize);
        row(name, line, "it has not as many columns as the first line. Quote texts that hold the separator".to_owned())
    };
    let header = reader.headers().map_err(|error| broken(&error))?.clone();
    let find = |column: &str| header.iter().position(|field| field.trim() == column);
    let must = |column: &'static str| {
        find(column).ok_or_else(|| DatasetError::Labelled { name: name.to_owned(), column, found: found(&header) })
    };
    let (at_text, at_label, at_split) = (must("text")?, must("label")?, find("split"));
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| broken(&error))?;
        let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
        rows.push(Row {
            line: record.position().map_or(1, |at| at.line() as usize),
            text: field(at_text),
            label: clean(field(at_label).trim()),
            split: at_split.map(field),
        });
    }
    Ok(rows)
}

/// The columns of a first line in words: the first of them, where there are many.
fn found(header: &csv::StringRecord) -> String {
    listed(header.iter().map(|field| format!("{:?}", short(field.trim()))).collect::<Vec<_>>().iter(), NAMED)
}

fn json(name: &str, text: &str) -> Result<Vec<Row>, DatasetError> {
    let mut rows = Vec::new();
    for (index, content) in text.lines().enumerate().filter(|(_, content)| !content.trim().is_empty()) {
        let line = index + 1;
        let Ok(Value::Object(object)) = serde_json::from_str(content) else {
            return Err(row(name, line, "this is not a JSON object. Write one object a line".to_owned()));
        };
        let Some(text) = object.get("text").and_then(Value::as_str) else {
            return Err(row(name, line, "there is no \"text\" that is a string".to_owned()));
        };
        let label = match object.get("label") {
            Some(Value::String(label)) => clean(label.trim()),
            Some(Value::Number(label)) => label.to_string(),
            Some(Value::Bool(label)) => label.to_string(),
            None | Some(Value::Null) => String::new(),
            Some(_) => return Err(row(name, line, "the \"label\" is neither a string nor a number".to_owned())),
        };
        let split = object.get("split").map(|split| split.as_str().map_or_else(|| split.to_string(), str::to_owned));
        rows.push(Row { line, text: text.to_owned(), label, split });
    }
    Ok(rows)
}

fn row(name: &str, line: usize, problem: String) -> DatasetError {
    DatasetError::Row { name: name.to_owned(), line, problem }
}

fn short(text: &str) -> String {
    clean(text).chars().take(40).collect()
}

#[cfg(test)]
mod tests;
