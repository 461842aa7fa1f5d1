//! Rows of a file of JSON lines.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Row, advice, label_of, row, short};
use crate::lab::dataset::DatasetError;
use crate::wording::listed;

/// So many keys are named when one is not found.
const NAMED: usize = 8;

pub(super) fn read(name: &str, text: &str) -> Result<Vec<Row>, DatasetError> {
    if text.trim_start().starts_with('[') {
        let problem = "the file is one JSON array. Write one object a line instead: pandas does with \
                       to_json(…, orient=\"records\", lines=True)";
        return Err(row(name, 1, problem.to_owned()));
    }
    let mut rows = Vec::new();
    for (index, content) in text.lines().enumerate().filter(|(_, content)| !content.trim().is_empty()) {
        let line = index + 1;
        let content = content.trim_start_matches('\u{feff}');
        let object = match serde_json::from_str(content) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(row(name, line, not_an_object(content, None))),
            Err(error) => return Err(row(name, line, not_an_object(content, Some(&error)))),
        };
        let Some(found) = value(&object, "text") else {
            let keys = object.keys().map(|key| format!("{:?}", short(key))).collect::<Vec<_>>();
            let advice = advice::renamed(object.keys().map(String::as_str))
                .unwrap_or_else(|| "Call the sentence text, and its class label".to_owned());
            let problem = format!("there is no \"text\", only {}. {advice}", listed(keys.iter(), NAMED));
            return Err(row(name, line, problem));
        };
        let text = match found {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Number(_) | Value::Bool(_) => found.to_string(),
            Value::Array(_) | Value::Object(_) => {
                let problem = "the \"text\" is not a string. Write the sentence as one string";
                return Err(row(name, line, problem.to_owned()));
            }
        };
        let label = match value(&object, "label") {
            Some(Value::String(label)) => label_of(label),
            // Two of many digits may be the same number to a computer: they stay as they are written.
            Some(Value::Number(number)) if number.is_f64() => written(content, "label").unwrap_or_default(),
            Some(label @ (Value::Number(_) | Value::Bool(_))) => label.to_string(),
            None | Some(Value::Null) => String::new(),
            Some(_) => return Err(row(name, line, "the \"label\" is neither a string nor a number".to_owned())),
        };
        let split = match value(&object, "split") {
            Some(Value::String(split)) => Some(split.clone()),
            None | Some(Value::Null) => None,
            Some(other) => Some(other.to_string()),
        };
        rows.push(Row { line, text, label, split });
    }
    if let (Some(first), true) = (rows.first(), rows.iter().all(|row| row.label.is_empty())) {
        let object: Map<String, Value> =
            text.lines().nth(first.line - 1).and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default();
        if let (None, Some(advice)) = (value(&object, "label"), advice::renamed(object.keys().map(String::as_str))) {
            return Err(row(name, first.line, format!("there is no \"label\". {advice}")));
        }
    }
    Ok(rows)
}

/// The value of a key, or of the only one that is the same in other case.
fn value<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    named(object.iter(), key)
}

fn named<'a, V>(mut entries: impl Iterator<Item = (&'a String, &'a V)> + Clone, key: &str) -> Option<&'a V> {
    let mut alike = entries.clone().filter(|(name, _)| name.to_lowercase() == key);
    let only = alike.next().filter(|_| alike.next().is_none());
    entries.find(|(name, _)| *name == key).or(only).map(|(_, value)| value)
}

/// A value of an object as it is written.
fn written(content: &str, key: &str) -> Option<String> {
    let object: BTreeMap<String, Box<RawValue>> = serde_json::from_str(content).ok()?;
    named(object.iter(), key).map(|value| value.get().to_owned())
}

fn not_an_object(content: &str, error: Option<&serde_json::Error>) -> String {
    let error = error.map(ToString::to_string).unwrap_or_default();
    if error.contains("hex escape") {
        return "it has half of a character: \\ud800 to \\udfff stand for one only in pairs. Write the text again, in Python with \
                text.encode(\"utf-8\", \"replace\").decode()"
            .to_owned();
    }
    if error.contains("number out of range") {
        return "one of its numbers is too large to be one. Write it in quotes".to_owned();
    }
    let word = |word: &str| content.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    let cause = if ["NaN", "Infinity"].into_iter().any(word) {
        "NaN and Infinity are no JSON: write null"
    } else {
        "Write one object a line"
    };
    format!("this is not a JSON object. {cause}")
}
