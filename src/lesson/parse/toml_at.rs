//! TOML that stands inside a larger file. Every mistake is placed in the file and says what to write instead: curly
//! quotes, misspelt and missing keys, a text where a number is due.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Text, did_you_mean_or};
use crate::lesson::{Layer, View};

/// Mistakes of TOML's own grammar that are told about one block; one can cause many.
const MOST_BROKEN_LINES: usize = 20;

/// Advice where TOML itself is broken.
const LINE: &str = "write `name = value`: a text in quotes, a number in digits, a list in brackets, each name once";

/// What a key may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of texts, or of lists of texts.
    Words,
    /// A whole number.
    Count,
    /// A list of numbers.
    Numbers,
    /// Yes or no.
    Flag,
    /// A layer's number, or a word for it.
    Layer,
    /// The name of a view.
    View,
    /// Tables `[[…]]` with these keys.
    Tables(&'static [Key]),
}

/// A key of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    name: &'static str,
    shape: Shape,
    needed: bool,
}

/// A key that must be there.
pub(crate) const fn needed(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, needed: true }
}

/// A key that may be there.
pub(crate) const fn optional(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, needed: false }
}

/// The keys of the whole text.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keys {
    /// These.
    Of(&'static [Key]),
    /// Names that the author chooses, each a table with these keys.
    Named(&'static [Key]),
}

/// Reads the TOML in `range` of `text`.
///
/// # Errors
/// Every mistake, in the order of its place.
pub(crate) fn read<T: DeserializeOwned>(
    source: &Text<'_>,
    text: &str,
    range: Range<usize>,
    keys: Keys,
) -> Result<T, Vec<Problem>> {
    let part = text.get(range.clone()).unwrap_or("");
    let mut reader = Reader { source, part, start: range.start, problems: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(part);
    if errors.is_empty() {
        match keys {
            Keys::Of(keys) => reader.table(table.get_ref(), keys, None),
            Keys::Named(keys) => reader.named(table.get_ref(), keys),
        }
    } else {
        reader.grammar(&errors);
    }
    if !reader.problems.is_empty() {
        reader.problems.sort_by_key(|problem| (problem.line, problem.column));
        return Err(reader.problems);
    }
    toml::from_str(part).map_err(|error| {
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        let at = error.span().map_or(range.start, |span| range.start + span.start);
        vec![source.problem(at, message).with_help(LINE.to_owned())]
    })
}

struct Reader<'a> {
    source: &'a Text<'a>,
    part: &'a str,
    /// Where the part begins in the file.
    start: usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn tell(&mut self, at: usize, message: impl AsRef<str>, help: impl Into<Option<String>>) {
        self.problems.push(self.source.problem(self.start + at, message).with_help(help));
    }

    /// What TOML itself does not read: one mistake a line.
    fn grammar(&mut self, errors: &[toml::de::Error]) {
        let mut lines = Vec::new();
        let mut curly = false;
        let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start.min(self.part.len()));
        let mut errors: Vec<(usize, &toml::de::Error)> = errors.iter().map(|error| (place(error), error)).collect();
        errors.sort_by_key(|(at, _)| *at);
        for (at, error) in errors {
            let at = self.part.floor_char_boundary(at);
            let line = self.source.line(self.start + at);
            // What stands behind a list that is not closed is read as its elements.
            let follows = !lines.is_empty() && error.message().contains("array");
            if follows || lines.contains(&line) || lines.len() >= MOST_BROKEN_LINES {
                continue;
            }
            lines.push(line);
            if let Some((at, quote)) = curly_quote(self.part, at) {
                let message = format!("the curly quote {quote} does not begin or end a text here");
                self.tell(at, message, "write straight quotes: \"\u{2026}\"".to_owned());
                curly = true;
                continue;
            }
            // What stands behind such a quote is often read wrongly because of it.
            if curly {
                continue;
            }
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            // A word without quotes is taken for the beginning of `true` or `false`.
            let help = if message.starts_with("invalid boolean") {
                "a text stands in quotes, a number is written in digits"
            } else {
                LINE
            };
            self.tell(at, message, help.to_owned());
        }
    }

    fn named(&mut self, table: &DeTable<'_>, keys: &'static [Key]) {
        for (name, value) in table {
            match value.get_ref() {
                DeValue::Table(table) => self.table(table, keys, Some(name.span().start)),
                other => {
                    let message = format!("`{}` is {}, and a table is due", name.get_ref(), kind(other));
                    self.tell(name.span().start, message, format!("begin it with a line `[{}]`", name.get_ref()));
                }
            }
        }
    }

    /// `at` is where the table begins; `None` for the whole text, whose mistakes stand on the line that opens it.
    fn table(&mut self, table: &DeTable<'_>, keys: &'static [Key], at: Option<usize>) {
        let before = self.problems.len();
        for (name, value) in table {
            let written = name.get_ref().as_ref();
            if let Some(key) = keys.iter().find(|key| key.name == written) {
                self.value(key, value);
                continue;
            }
            let help = did_you_mean_or(written, "the names are", keys.iter().map(|key| key.name));
            self.tell(name.span().start, format!("unknown field `{written}`"), help);
        }
        // A key that seems to be missing may be one that is misspelt.
        let complete = self.problems.len() == before;
        for key in keys.iter().filter(|key| key.needed && complete) {
            if table.keys().all(|name| name.get_ref() != key.name) {
                let message = format!("missing field `{}`", key.name);
                let help = format!("add a line `{} = \u{2026}`", key.name);
                if let Some(at) = at {
                    self.tell(at, message, help);
                    continue;
                }
                let line = self.source.line(self.start.saturating_sub(1));
                self.problems.push(self.source.problem_at(line, line, "", message).with_help(help));
            }
        }
    }

    fn value(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        let (name, at, value) = (key.name, value.span().start, value.get_ref());
        match (key.shape, value) {
            (Shape::Count | Shape::Layer, DeValue::Integer(number)) if number.as_str().starts_with('-') => {
                let help = format!("write a whole number, such as `{name} = 1`");
                self.tell(at, format!("`{name}` cannot be below zero"), help);
            }
            (Shape::Layer, DeValue::String(word)) if Layer::named(word).is_none() => self.unknown_layer(word, at),
            (Shape::View, DeValue::String(name)) if View::ALL.iter().all(|(known, _)| known != name) => {
                let help = did_you_mean_or(name, "the views are", View::ALL.map(|(known, _)| known));
                self.tell(at, format!("unknown view `{name}`"), help);
            }
            (Shape::Text | Shape::Layer | Shape::View, DeValue::String(_))
            | (Shape::Count | Shape::Layer, DeValue::Integer(_))
            | (Shape::Flag, DeValue::Boolean(_)) => {}
            (Shape::Texts | Shape::Words | Shape::Numbers, DeValue::Array(items)) => {
                items.iter().for_each(|item| self.item(key, item));
            }
            (Shape::Tables(keys), DeValue::Array(items)) => {
                for item in items {
                    match item.get_ref() {
                        DeValue::Table(table) => self.table(table, keys, Some(item.span().start)),
                        other => {
                            let message = format!("`{name}` holds {}, and a table is due", kind(other));
                            self.tell(item.span().start, message, format!("begin each with a line `[[{name}]]`"));
                        }
                    }
                }
            }
            (shape, value) => self.wrong(name, shape, value, at),
        }
    }

    fn item(&mut self, key: &Key, item: &Spanned<DeValue<'_>>) {
        let (at, value) = (item.span().start, item.get_ref());
        match (key.shape, value) {
            (Shape::Numbers, DeValue::Integer(_) | DeValue::Float(_))
            | (Shape::Texts | Shape::Words, DeValue::String(_)) => {}
            (Shape::Words, DeValue::Array(words)) => {
                let key = Key { shape: Shape::Texts, ..*key };
                words.iter().for_each(|word| self.item(&key, word));
            }
            (Shape::Numbers, value) => {
                let help = match value {
                    DeValue::String(text) if text.trim().parse::<f64>().is_ok() => {
                        format!("write it without quotes: {}", text.trim())
                    }
                    _ => "write a number, such as 0.5".to_owned(),
                };
                self.tell(at, format!("`{}` lists {}, and a number is due", key.name, kind(value)), help);
            }
            (_, value) => {
                let written: String = self.part.get(item.span()).unwrap_or("").chars().take(40).collect();
                let help = format!("put it in quotes: \"{written}\"");
                self.tell(at, format!("`{}` lists {}, and a text is due", key.name, kind(value)), help);
            }
        }
    }

    fn wrong(&mut self, name: &str, shape: Shape, value: &DeValue<'_>, at: usize) {
        let (due, help) = match shape {
            Shape::Text | Shape::View => ("a text", format!("put it in quotes: `{name} = \"\u{2026}\"`")),
            Shape::Texts | Shape::Words => (
                "a list",
                match value {
                    DeValue::String(text) => format!("put it in brackets: `{name} = [\"{text}\"]`"),
                    _ => format!("write `{name} = [\"\u{2026}\"]`"),
                },
            ),
            Shape::Numbers => ("a list of numbers", format!("put them in brackets: `{name} = [0.5, 0.9]`")),
            Shape::Count | Shape::Layer => (
                "a whole number",
                match value {
                    DeValue::String(text) if text.trim().parse::<u32>().is_ok() => {
                        format!("write it without quotes: `{name} = {}`", text.trim())
                    }
                    _ => format!("write a whole number, such as `{name} = 1`"),
                },
            ),
            Shape::Flag => ("yes or no", format!("write `{name} = true` or `{name} = false`")),
            Shape::Tables(_) => ("a table", format!("begin each with a line `[[{name}]]`")),
        };
        self.tell(at, format!("`{name}` is {}, and {due} is due", kind(value)), help);
    }

    fn unknown_layer(&mut self, word: &str, at: usize) {
        if word.trim().parse::<u32>().is_ok() {
            let message = "`layer` is a text, and a whole number or a word is due";
            return self.tell(at, message, format!("write it without quotes: `layer = {}`", word.trim()));
        }
        let what = "a layer is a number, 0 the embeddings, or one of";
        let help = did_you_mean_or(word, what, Layer::WORDS.map(|(name, _)| name));
        self.tell(at, format!("unknown layer `{word}`"), help);
    }
}

/// What a value is, in words.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with decimals",
        DeValue::Boolean(_) => "`true` or `false` without quotes",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Quotes that word processors write.
const CURLY: [char; 9] =
    ['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{ab}', '\u{bb}'];

/// The curly quote that stands where a straight one is meant, on the line of byte `at`: the first outside of a text, or
/// the last of a text that is not closed.
fn curly_quote(part: &str, at: usize) -> Option<(usize, char)> {
    let start = part[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = part[start..].lines().next().unwrap_or("");
    let mut inside: Option<char> = None;
    let mut last = None;
    for (offset, c) in line.char_indices() {
        match inside {
            Some(quote) if c == quote => inside = None,
            None if c == '"' || c == '\'' => inside = Some(c),
            None if CURLY.contains(&c) => return Some((start + offset, c)),
            _ if CURLY.contains(&c) => last = Some((start + offset, c)),
            _ => {}
        }
    }
    last.filter(|_| inside.is_some())
}

/// The first curly quote of a text, for blocks that are typed or copied as they stand.
pub(super) fn first_curly_quote(text: &str) -> Option<(usize, char)> {
    text.char_indices().find(|(_, c)| CURLY.contains(c))
}
