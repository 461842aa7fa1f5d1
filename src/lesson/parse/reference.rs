//! `{{…}}`: references to values, the same inside prose and in a question's `measure`.

use super::problem::did_you_mean;
use crate::lesson::{Format, Inline, Source, ValueRef};

/// Most decimals that `{{… | N}}` may ask for.
const MOST_DECIMALS: u8 = 6;

/// Reads what stands between `{{` and `}}`: `key`, `key | 2`, `key | percent` or `key | points`.
///
/// A key that begins with `record.` is a recorded value, with `cite.` a citation, anything else is measured here.
///
/// # Errors
/// A sentence that says what is wrong, and what to write instead.
pub fn reference(text: &str) -> Result<ValueRef, (String, Option<String>)> {
    let (name, format) = match text.split_once('|') {
        None => (text.trim(), Format::Auto),
        Some((name, format)) => (name.trim(), self::format(format.trim())?),
    };
    let (source, key) = if let Some(key) = name.strip_prefix("record.") {
        (Source::Record, key)
    } else if let Some(key) = name.strip_prefix("cite.") {
        (Source::Cite, key)
    } else {
        (Source::Live, name)
    };
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"{}|\"\\`".contains(c);
    if key.is_empty() || key.split('.').any(str::is_empty) || !key.chars().all(fits) {
        let help = "a value is named like `cls.norm.last`, `record.frozen.cls.6.accuracy` or `cite.devlin-2019`";
        return Err((format!("`{}` is not the name of a value", clip(name)), Some(help.to_owned())));
    }
    Ok(ValueRef { source, key: key.to_owned(), format })
}

/// The format after `|`.
fn format(text: &str) -> Result<Format, (String, Option<String>)> {
    match text {
        "percent" => Ok(Format::Percent),
        "points" => Ok(Format::Points),
        _ => match text.parse::<u8>() {
            Ok(decimals) if decimals <= MOST_DECIMALS => Ok(Format::Decimals(decimals)),
            _ => {
                let help = did_you_mean(text, ["percent", "points"]).unwrap_or_else(|| {
                    format!("write a number of decimals (0 to {MOST_DECIMALS}), `percent` or `points` after `|`")
                });
                Err((format!("unknown format `{}`", clip(text)), Some(help)))
            }
        },
    }
}

/// The beginning of a text that is quoted in a message.
fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The name as a lesson writes it, with its `record.` or `cite.`.
#[must_use]
pub fn written(value: &ValueRef) -> String {
    match value.source {
        Source::Live => value.key.clone(),
        Source::Record => format!("record.{}", value.key),
        Source::Cite => format!("cite.{}", value.key),
    }
}

/// Cuts a run of text at its `{{…}}`; `plain` makes the pieces between. A mistake is reported with its byte offset in
/// `text`, and the text is kept as it stands.
pub(super) fn split(
    text: &str,
    plain: impl Fn(String) -> Inline,
    mut report: impl FnMut(usize, String, Option<String>),
) -> Vec<Inline> {
    let mut inlines = Vec::new();
    let push = |part: &str, inlines: &mut Vec<Inline>| {
        if !part.is_empty() {
            inlines.push(plain(part.to_owned()));
        }
    };
    let (mut kept, mut from) = (0, 0);
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        let Some(close) = text[open..].find("}}").map(|at| open + at) else {
            report(open, "`{{` is never closed".to_owned(), Some("end the value with `}}`".to_owned()));
            break;
        };
        from = close + 2;
        match reference(&text[open + 2..close]) {
            Ok(value) => {
                push(&text[kept..open], &mut inlines);
                inlines.push(Inline::Value(value));
                kept = from;
            }
            Err((message, help)) => report(open, message, help),
        }
    }
    push(&text[kept..], &mut inlines);
    inlines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_key_and_format_are_read() {
        let read = |text| reference(text).expect("a reference");
        let value = |source, key: &str, format| ValueRef { source, key: key.to_owned(), format };
        assert_eq!(read("cls.norm.last"), value(Source::Live, "cls.norm.last", Format::Auto));
        assert_eq!(read(" record.frozen.cls.6 | 2 "), value(Source::Record, "frozen.cls.6", Format::Decimals(2)));
        assert_eq!(read("cite.devlin|percent"), value(Source::Cite, "devlin", Format::Percent));
        assert_eq!(read("race.cls+mean-token:3.6.p|points").key, "race.cls+mean-token:3.6.p");
        assert_eq!(written(&read("record.a.b")), "record.a.b");
    }

    #[test]
    fn a_wrong_reference_says_what_to_write() {
        assert!(reference("").is_err());
        assert!(reference("record.").is_err());
        assert!(reference("a..b").is_err());
        assert!(reference("two words").is_err());
        assert_eq!(reference("a | percnt").expect_err("wrong").1.as_deref(), Some("did you mean `percent`?"));
        assert!(reference("a | 9").expect_err("wrong").1.is_some_and(|help| help.contains("0 to 6")));
    }

    #[test]
    fn text_is_cut_at_its_values() {
        let mut reports = Vec::new();
        let mut cut = |text| split(text, Inline::Text, |at, message, _| reports.push((at, message)));
        let found = cut("at {{cls.norm.1}}, then {{b c}} and {{d");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], Inline::Text("at ".to_owned()));
        assert_eq!(found[2], Inline::Text(", then {{b c}} and {{d".to_owned()));
        assert_eq!(reports.iter().map(|report| report.0).collect::<Vec<_>>(), [24, 36]);
    }
}
