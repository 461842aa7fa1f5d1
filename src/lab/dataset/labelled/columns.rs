//! Rows of a CSV or TSV file.

use super::quotes::{self, Reading};
use super::{Form, Row, advice, label_of, row, tidy};
use crate::lab::dataset::DatasetError;

/// The rows of a file with the given separator, and what is to be said about how it was read.
pub(super) fn read(name: &str, form: Form, text: &str) -> Result<(Vec<Row>, Vec<String>), DatasetError> {
    let separator = form.separator();
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    if let Some((index, first)) = lines.next()
        && let Some(problem) = advice::separator(form, first, lines.next().map_or("", |(_, line)| line))
    {
        return Err(row(name, index + 1, problem));
    }
    let mut notes = Vec::new();
    let quoting = match form {
        Form::Tsv => match quotes::in_tsv(text) {
            Reading::Quoted => true,
            Reading::Plain(unclosed) => {
                notes.extend(unclosed.map(|found| {
                    format!("its quotes are read as characters, because the one on line {} is not closed", found.line)
                }));
                false
            }
        },
        _ => match quotes::not_closed(text, separator) {
            Some(found) => return Err(row(name, found.line, advice::unclosed(found.escaped).to_owned())),
            None => true,
        },
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .quoting(quoting)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let broken = |error: &csv::Error| {
        row(name, error.position().map_or(1, |at| at.line() as usize), format!("it cannot be read ({error})"))
    };
    let header = match records.next() {
        Some(first) => first.map_err(|error| broken(&error))?,
        None => csv::StringRecord::new(),
    };
    let header: Vec<String> = header.iter().map(tidy).collect();
    let find = |column: &'static str| column_of(name, &header, column);
    let missing = |column: &'static str| DatasetError::Labelled {
        name: name.to_owned(),
        column,
        found: advice::found(&header),
        advice: advice::columns(form, &header),
    };
    let must = |column: &'static str| find(column)?.ok_or_else(|| missing(column));
    let (at_text, at_label, at_split) = (must("text")?, must("label")?, find("split")?);
    let mut rows = Vec::new();
    for record in records {
        let record = record.map_err(|error| broken(&error))?;
        let line = record.position().map_or(1, |at| at.line() as usize);
        if record.len() != header.len() {
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let raw = text.lines().nth(line - 1).unwrap_or_default();
            let quotes = notes.first().map(String::as_str);
            return Err(row(name, line, advice::fields(form, raw, &record, header.len(), quotes)));
        }
        let field = |at: usize| record.get(at).unwrap_or_default();
        rows.push(Row {
            line,
            text: field(at_text).to_owned(),
            label: label_of(field(at_label)),
            split: at_split.map(|at| field(at).to_owned()),
        });
    }
    if let Some(problem) = advice::strange_quotes(&rows.iter().map(|row| row.text.as_str())) {
        return Err(row(name, rows.first().map_or(1, |row| row.line), problem.to_owned()));
    }
    Ok((rows, notes))
}

/// Where a column is: by its name, or by its name in other case where that is clear.
fn column_of(name: &str, header: &[String], column: &'static str) -> Result<Option<usize>, DatasetError> {
    let twice = || {
        let problem = format!("more than one column is named {column:?}. Leave one of them so, and rename the others");
        Err(row(name, 1, problem))
    };
    let at = |fits: &dyn Fn(&String) -> bool| {
        let places: Vec<usize> = (0..header.len()).filter(|at| fits(&header[*at])).collect();
        places
    };
    let exact = at(&|field| field == column);
    let places = if exact.is_empty() { at(&|field| field.to_lowercase() == column) } else { exact };
    match places.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => twice(),
    }
}
