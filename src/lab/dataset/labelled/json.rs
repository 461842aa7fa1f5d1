//! Rows of a file of JSON lines.

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
        let Ok(Value::Object(object)) = serde_json::from_str(content.trim_start_matches('\u{feff}')) else {
            return Err(row(name, line, not_an_object(content)));
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
    object.get(key).or_else(|| {
        let mut alike = object.iter().filter(|(name, _)| name.to_lowercase() == key);
        alike.next().filter(|_| alike.next().is_none()).map(|(_, value)| value)
    })
}

fn not_an_object(content: &str) -> String {
    let word = |word: &str| content.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
    let cause = if ["NaN", "Infinity"].into_iter().any(word) {
        "NaN and Infinity are no JSON: write null"
    } else {
        "Write one object a line"
    };
    format!("this is not a JSON object. {cause}")
}
