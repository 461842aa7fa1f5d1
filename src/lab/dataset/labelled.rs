//! Reading a learner's own sentences: TSV, CSV or JSON lines, with any number of named classes.

mod advice;
mod columns;
mod json;
mod labels;
mod quotes;

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::parse::{clean, no_nul};
use super::{Dataset, DatasetError, Dropped, Item, SPLITS, Split, content_hash, hex, key, split};
use labels::Labels;

/// The longest sentence that a row may have, in bytes: as long as one that is typed.
const MOST_TEXT: usize = 400_000;

/// How a file of labelled sentences is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Tabs between columns, with quoted fields or without, as the whole file shows.
    Tsv,
    /// Commas between columns, quotes as in RFC 4180.
    Csv,
    /// One JSON object a line, as Hugging Face writes data sets.
    JsonLines,
}

impl Form {
    /// What stands between two columns.
    fn separator(self) -> u8 {
        if self == Self::Tsv { b'\t' } else { b',' }
    }

    /// What it is called.
    fn separators(self) -> &'static str {
        if self == Self::Tsv { "tabs" } else { "commas" }
    }
}

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
    let (rows, mut notes) = match form {
        Form::Tsv | Form::Csv => columns::read(&name, form, plain)?,
        Form::JsonLines => (json::read(&name, plain)?, Vec::new()),
    };
    let labels = Labels::of(rows.iter().map(|row| row.label.as_str()));
    let mut dropped = Dropped::default();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut kept: Vec<(Row, String)> = Vec::new();
    for row in rows {
        if row.text.len() > MOST_TEXT {
            let problem = format!(
                "the sentence has {} bytes, and at most {MOST_TEXT} are taken. BERT reads its first pieces alone: cut it there",
                row.text.len()
            );
            return Err(self::row(&name, row.line, problem));
        }
        if row.text.trim().is_empty() {
            dropped.empty += 1;
            continue;
        }
        let Some(class) = labels.class(&row.label) else {
            dropped.unlabelled += 1;
            continue;
        };
        if let Some(known) = seen.get(&key(&row.text)) {
            *(if *known == class { &mut dropped.repeated } else { &mut dropped.contradicting }) += 1;
        } else {
            seen.insert(key(&row.text), class.clone());
            kept.push((row, class));
        }
    }
    let own = !kept.is_empty() && kept.iter().all(|(row, _)| row.split.is_some());
    let classes = labels.ordered(kept.iter().map(|(_, class)| class.clone()).collect::<BTreeSet<_>>());
    if labels::is_scale(&classes, kept.len()) {
        return Err(DatasetError::Numbers { name, distinct: classes.len(), rows: kept.len() });
    }
    let places: HashMap<&str, usize> = classes.iter().enumerate().map(|(at, class)| (class.as_str(), at)).collect();
    let mut items = Vec::with_capacity(kept.len());
    for (row, class) in kept {
        let hash = content_hash(&row.text);
        let split = match &row.split {
            Some(word) => own_split(&name, row.line, word)?,
            None => split(&hash),
        };
        let label = places.get(class.as_str()).copied().unwrap_or_default(); // it is among them
        items.push(Item { text: row.text, label, split, hash });
    }
    hidden(&name, &classes, &items)?;
    let absent = |split: Split| items.iter().all(|item| item.split != split);
    if own && let Some((_, split)) = SPLITS.into_iter().find(|(split, _)| absent(*split)) {
        return Err(DatasetError::NoSplit { name, split, left: dropped.in_brackets() });
    }
    notes.extend(labels.notes(&classes));
    if labels::may_hide(&classes) {
        let count = items.iter().filter(|item| classes[item.label] == labels::HIDDEN).count();
        notes.push(format!(
            "careful: {count} have the label {}, which stands beside 0 as a class of its own; GLUE writes it where it hides a label, so leave these rows out unless it is a class",
            labels::HIDDEN
        ));
    }
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    Ok(Dataset::new(name, classes, items, dropped, sha256).noted(notes))
}

/// An error where a part has no labels: GLUE writes -1 in place of each.
fn hidden(name: &str, classes: &[String], items: &[Item]) -> Result<(), DatasetError> {
    let hides = |item: &&Item| classes[item.label] == labels::HIDDEN;
    let count = items.iter().filter(hides).count();
    // Exactly those of one part.
    let are = |split: Split| items.iter().all(|item| hides(&item) == (item.split == split));
    let part = match count {
        0 => None,
        _ if count == items.len() => Some("the file"),
        _ if are(Split::Test) => Some("the test split"),
        _ if are(Split::Validation) => Some("the validation split"),
        _ => None,
    };
    part.map_or(Ok(()), |part| Err(DatasetError::Hidden { name: name.to_owned(), part, count }))
}

/// A label or a column's name without what stands around it unseen.
fn tidy(field: &str) -> String {
    let unseen = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}' | '\u{2060}');
    field.trim_matches(unseen).to_owned()
}

/// A label as it is written; control characters as visible symbols.
fn label_of(field: &str) -> String {
    clean(&tidy(field))
}

fn own_split(name: &str, line: usize, word: &str) -> Result<Split, DatasetError> {
    match word.trim().to_lowercase().as_str() {
        "train" | "training" => Ok(Split::Train),
        "validation" | "valid" | "val" | "dev" => Ok(Split::Validation),
        "test" | "testing" => Ok(Split::Test),
        _ => Err(row(
            name,
            line,
            format!(
                "the split {:?} is not train, validation or test. Write one of these, or leave the column out",
                short(word)
            ),
        )),
    }
}

fn row(name: &str, line: usize, problem: String) -> DatasetError {
    DatasetError::Row { name: name.to_owned(), line, problem }
}

fn short(text: &str) -> String {
    clean(text).chars().take(40).collect()
}

#[cfg(test)]
mod tests;
