//! Why a file cannot be read as columns, and what to do about it: each cause by its name.

use super::{Form, short};
use crate::wording::{counted, listed};

/// So many columns are named when one is not found.
const NAMED: usize = 8;

/// What the texts are called in other data sets, the likeliest first.
const TEXTS: [&str; 24] = [
    "sentence",
    "sentences",
    "texts",
    "text_a",
    "text1",
    "sentence1",
    "review",
    "reviews",
    "content",
    "comment",
    "comments",
    "tweet",
    "document",
    "message",
    "body",
    "phrase",
    "utterance",
    "question",
    "premise",
    "description",
    "headline",
    "post",
    "input",
    "title",
];

/// What the labels are called in other data sets, the likeliest first.
const LABELS: [&str; 20] = [
    "labels",
    "target",
    "targets",
    "category",
    "class",
    "sentiment",
    "stars",
    "star_rating",
    "rating",
    "ratings",
    "score",
    "polarity",
    "intent",
    "topic",
    "emotion",
    "gold",
    "gold_label",
    "output",
    "tag",
    "y",
];

/// The separators that a file may have instead of its own, and what they are called.
const SEPARATORS: [(char, &str); 4] = [(',', "commas"), ('\t', "tabs"), (';', "semicolons (;)"), ('|', "bars (|)")];

/// What is wrong with the first line as a whole: another separator than the file's name promises.
pub(super) fn separator(form: Form, first: &str, second: &str) -> Option<String> {
    let own = char::from(form.separator());
    let plain = first.trim().trim_matches('"');
    if plain.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep=")) {
        let line = format!("{:?} is a line for Excel, which names the separator. Remove this line", short(plain));
        let other = plain.chars().nth(4).filter(|found| *found != own);
        let columns = other.map(|_| format!(", and separate the columns by {}", form.separators()));
        return Some(line + &columns.unwrap_or_default());
    }
    let columns = |line: &str, by: char| line.split(by).count();
    if columns(first, own) > 1 {
        return None;
    }
    let others = SEPARATORS.into_iter().filter(|(by, _)| *by != own);
    let by = |(by, _): &(char, &str)| columns(first, *by) > 1 && (second.is_empty() || columns(second, *by) > 1);
    let (by, called) = others.filter(by).max_by_key(|(by, _)| columns(first, *by))?;
    let what_to_do = match by {
        ',' => "End its name in .csv",
        '\t' => "End its name in .tsv",
        ';' => "Excel does so in much of Europe. Save it with commas or tabs between the columns",
        _ => "Save it with commas or tabs between the columns",
    };
    Some(format!("the columns are separated by {called}, not by {}. {what_to_do}", form.separators()))
}

/// A quote that is opened and not closed at the end of its field.
pub(super) fn unclosed(escaped: bool) -> &'static str {
    if escaped {
        "a backslash stands before a quote, which closes its text too early. Write a quote inside a quoted text twice, without a backslash"
    } else {
        "a quote is opened and not closed at the end of its field. Close it before the comma, and write a quote inside a quoted text twice"
    }
}

/// The columns of a first line in words: the first of them, where there are many.
pub(super) fn found(header: &[String]) -> String {
    listed(header.iter().map(|field| format!("{:?}", short(field))).collect::<Vec<_>>().iter(), NAMED)
}

/// What to do where the first line lacks a column.
pub(super) fn columns(form: Form, header: &[String]) -> String {
    let separator = char::from(form.separator());
    if let [one] = header
        && one.contains(separator)
    {
        return "The whole line stands between quotes. Take them away, in every line".to_owned();
    }
    let known = |field: &String| ["text", "label"].contains(&field.to_lowercase().as_str());
    let no_name = |field: &String| words(field) > 3 || field.parse::<f64>().is_ok();
    if !header.iter().any(known) && header.iter().any(no_name) {
        let names: Vec<&str> = match header {
            [one, other] if words(one) > words(other) => vec!["text", "label"],
            [_, _] => vec!["label", "text"],
            _ => vec!["text", "label"],
        };
        let line = names.join(&separator.to_string()).escape_debug().to_string();
        return format!("This looks like a sentence with its label, not like names: put a line {line} before it");
    }
    renamed(header.iter().map(String::as_str))
        .unwrap_or_else(|| "The first line must name the columns text and label".to_owned())
}

/// Which columns or keys look like the text and the label under other names.
pub(super) fn renamed<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    let has = |column: &str| names.iter().any(|name| name.to_lowercase() == column);
    let like = |column: &'static str, known: &[&str]| {
        if has(column) {
            return None;
        }
        let named = |other: &&str| names.iter().find(|name| name.to_lowercase() == **other);
        let partly = || names.iter().find(|name| name.to_lowercase().contains(column));
        let name = known.iter().find_map(named).or_else(partly)?;
        Some(format!("{:?} to {column}", short(name)))
    };
    let found: Vec<String> = [like("text", &TEXTS), like("label", &LABELS)].into_iter().flatten().collect();
    (!found.is_empty()).then(|| format!("Rename {}", found.join(" and ")))
}

fn words(field: &str) -> usize {
    field.split_whitespace().count()
}

/// A row that has not as many fields as the first line; `quotes`: how they were read, where that is worth saying.
pub(super) fn fields(form: Form, raw: &str, record: &csv::StringRecord, wanted: usize, quotes: Option<&str>) -> String {
    let separator = char::from(form.separator());
    let counts = format!("it has {} where the first line has {wanted}", counted(record.len(), "field"));
    let more = record.iter().skip(wanted);
    let between = |open: char, close: char| {
        let fields = || raw.split(separator).map(str::trim);
        fields().any(|field| field.starts_with(open)) && fields().any(|field| field.ends_with(close))
    };
    let other = between('\'', '\'') || between('\u{2018}', '\u{2019}') || between('\u{201c}', '\u{201d}');
    let space = raw.split(separator).any(|field| field.starts_with(' ') && field.trim_start().starts_with('"'));
    let cause = if record.len() > wanted && more.clone().all(|field| field.trim().is_empty()) {
        let one = if record.len() == wanted + 1 { "one" } else { "some" };
        format!("It ends with {one} too many of its {}. Remove what is behind the last field", form.separators())
    } else if form == Form::Csv && space {
        "A space stands before a quote, so the quote does not open its field. Remove the spaces behind the commas"
            .to_owned()
    } else if form == Form::Csv && record.len() > wanted && other {
        "Only straight double quotes (\") hold a text together. Write them instead of its other quotes".to_owned()
    } else if record.len() < wanted {
        format!("Columns are separated by {}; give every row all of them", form.separators())
    } else if let Some(quotes) = quotes {
        format!("A text holds a tab, and {quotes}. Close that quote")
    } else if form == Form::Tsv {
        "A text holds a tab. Write a space instead, or put the text between double quotes".to_owned()
    } else {
        "Put each text that holds a comma between double quotes".to_owned()
    };
    format!("{counts}. {cause}")
}

/// Quotes around every text that do not hold it together: they would be read as part of it.
pub(super) fn strange_quotes<'a>(texts: &(impl Iterator<Item = &'a str> + Clone)) -> Option<&'static str> {
    let mut some = texts.clone().filter(|text| !text.trim().is_empty()).take(2);
    some.next().and(some.next())?;
    let all = |fits: &dyn Fn(&str) -> bool| texts.clone().filter(|text| !text.trim().is_empty()).all(fits);
    let between = |text: &str, open: char, close: char| {
        text.len() > open.len_utf8() && text.starts_with(open) && text.ends_with(close)
    };
    if all(&|text| text.starts_with(' ') && between(text.trim(), '"', '"')) {
        return Some(
            "a space stands before the quote of every text, so the quotes do not hold it together. Remove the spaces behind the separators",
        );
    }
    if all(&|text| between(text.trim(), '\'', '\'')) {
        return Some("every text stands between single quotes, which hold nothing together. Write double quotes");
    }
    None
}
