//! TOML that stands inside a larger file: mistakes are placed in the file, and a misspelt key is recognised.

use std::ops::Range;

use serde::de::DeserializeOwned;

use super::problem::{Problem, Text, did_you_mean};

/// Reads the TOML in `range` of `text`; `keys` are the names that may be meant by an unknown one.
pub(crate) fn read<T: DeserializeOwned>(
    source: &Text<'_>,
    text: &str,
    range: Range<usize>,
    keys: &[&str],
) -> Result<T, Problem> {
    let part = text.get(range.clone()).unwrap_or("");
    toml::from_str(part).map_err(|error| {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let span = error.span().filter(|_| !message.starts_with("missing field"));
        let Some(span) = span else {
            // About the table as a whole: placed on the line that opens the block.
            let line = source.line(range.start.saturating_sub(1));
            return source.problem_at(line, line, "", message).with_help(missing(error.message()));
        };
        let word = part.get(span.clone()).unwrap_or("").trim_matches('"');
        let unknown = message.starts_with("unknown field");
        // A word without quotes is taken for the beginning of `true` or `false`.
        let help = match message.as_str() {
            _ if unknown => did_you_mean(word, keys.iter().copied()),
            said if said.starts_with("invalid boolean") => {
                Some("a text stands in quotes, a number is written in digits".to_owned())
            }
            _ => None,
        };
        source.problem(range.start + span.start, message).with_help(help)
    })
}

/// Advice for a key that is not there.
fn missing(message: &str) -> Option<String> {
    message.split('`').nth(1).map(|key| format!("add a line `{key} = …`"))
}
