//! Rules for a step's text: short enough to stand beside a bench, and no number typed by hand.

use crate::lesson::Inline;

/// Most words in a step; authors aim at about 70.
pub(super) const MOST_WORDS: usize = 90;

/// Units that make a number a claim about a measurement.
const UNITS: [&str; 7] = ["%", "percent", "points", "ms", "MB", "seconds", "sentences"];

/// Words that a learner reads; a value counts as one.
pub(super) fn words(inlines: &[Inline]) -> usize {
    let joined: String = inlines.iter().map(|inline| said(inline, "x")).collect();
    joined.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// A number with a unit in a paragraph that shows no value and cites nothing; numbers in `code` are examples.
pub(super) fn typed_number(inlines: &[Inline]) -> Option<String> {
    if inlines.iter().any(|inline| matches!(inline, Inline::Value(_))) {
        return None;
    }
    let text: String =
        inlines.iter().map(|inline| if matches!(inline, Inline::Code(_)) { "`" } else { said(inline, "") }).collect();
    let mut rest = text.as_str();
    let mut inside_word = false;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() && !inside_word {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && !".,".contains(c)).unwrap_or(rest.len());
            let after = rest[digits..].trim_start_matches(|c: char| c.is_whitespace() || c == '-');
            let unit = if after.starts_with('%') {
                1
            } else {
                after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len())
            };
            if UNITS.contains(&&after[..unit]) {
                return Some(rest[..rest.len() - after.len() + unit].to_owned());
            }
            rest = &rest[digits..];
            inside_word = false;
        } else {
            inside_word = c.is_alphanumeric();
            rest = &rest[c.len_utf8()..];
        }
    }
    None
}

/// The text of an inline, `value` in place of a value.
fn said<'a>(inline: &'a Inline, value: &'a str) -> &'a str {
    match inline {
        Inline::Text(text) | Inline::Strong(text) | Inline::Emphasis(text) | Inline::Code(text) => text,
        Inline::Value(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    fn found(words: &str) -> Option<String> {
        typed_number(&[text(words)])
    }

    #[test]
    fn numbers_with_a_unit_are_found() {
        assert_eq!(found("It reached 81.5 %, they say.").as_deref(), Some("81.5 %"));
        assert_eq!(found("By 2\u{a0}points").as_deref(), Some("2\u{a0}points"));
        assert_eq!(found("10,605 sentences").as_deref(), Some("10,605 sentences"));
        assert_eq!(found("45MB").as_deref(), Some("45MB"));
        assert_eq!(typed_number(&[text("about "), Inline::Strong("9".into()), text(" ms")]).as_deref(), Some("9 ms"));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for words in ["layer 3, 12 heads", "two sentences", "in 2019.", "F1 points", "5 pointsman", "1, 2", ""] {
            assert_eq!(found(words), None, "{words}");
        }
        assert_eq!(typed_number(&[text("for example "), Inline::Code("12 %".into())]), None);
        assert_eq!(typed_number(&[Inline::Code("12".into()), text(" %")]), None);
    }

    #[test]
    fn words_are_what_is_read() {
        assert_eq!(
            words(&[text("The "), Inline::Code("[CLS]".into()), text("-vector – is "), Inline::Emphasis("one".into())]),
            4
        );
    }
}
