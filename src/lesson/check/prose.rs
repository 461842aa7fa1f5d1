//! Rules for a step's text: short enough to stand beside a bench, and no number typed by hand.

use crate::lesson::Inline;

/// Most words in a step; authors aim at about 70.
pub(super) const MOST_WORDS: usize = 90;

/// Units that make a number a claim about a measurement.
const UNITS: &str = "% percent point points ms s second seconds minutes kB KB MB GB sentence sentences times";

/// Words that a learner reads; a value counts as one.
pub(super) fn words(inlines: &[Inline]) -> usize {
    let joined: String = inlines.iter().map(|inline| inline.text().unwrap_or("x")).collect();
    joined.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// Numbers with a unit, and numbers with decimals, in sentences that show no value and cite nothing; numbers in `code`
/// are examples.
pub(super) fn typed_numbers(inlines: &[Inline]) -> Vec<String> {
    let part = |inline: &Inline| match inline {
        Inline::Code(_) => "`".to_owned(),
        inline => inline.text().unwrap_or(VALUE).to_owned(),
    };
    let text: String = inlines.iter().map(part).collect();
    sentences(&text).filter(|sentence| !sentence.contains(VALUE)).flat_map(typed_in).collect()
}

/// Stands for a value in a sentence; control characters in a lesson's own text are made visible when it is read.
const VALUE: &str = "\u{1}";

/// The sentences of a paragraph: they end at a full stop, question or exclamation mark before a space.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = |at: usize| text[at..].starts_with(['.', '?', '!']) && text[at + 1..].starts_with(char::is_whitespace);
    let mut from = 0;
    let cuts: Vec<usize> = text.char_indices().map(|(at, _)| at).filter(|at| ends(*at)).map(|at| at + 1).collect();
    cuts.into_iter().chain([text.len()]).map(move |to| {
        let sentence = &text[from..to];
        from = to;
        sentence
    })
}

/// The numbers with a unit or with decimals.
fn typed_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut inside_word = false;
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() && !inside_word {
            let digits = rest.find(|c: char| !c.is_ascii_digit() && !".,".contains(c)).unwrap_or(rest.len());
            let after = rest[digits..].trim_start_matches(|c: char| c.is_whitespace() || c == '-');
            let unit = if after.starts_with('%') {
                1
            } else if after.starts_with("per cent") {
                "per cent".len()
            } else {
                after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len())
            };
            if UNITS.split(' ').any(|known| known == &after[..unit]) || &after[..unit] == "per cent" {
                found.push(rest[..rest.len() - after.len() + unit].to_owned());
            } else if is_decimal(&rest[..digits]) {
                found.push(rest[..digits].trim_end_matches(['.', ',']).to_owned());
            }
            rest = &rest[digits..];
            inside_word = false;
        } else {
            inside_word = c.is_alphanumeric();
            rest = &rest[c.len_utf8()..];
        }
    }
    found
}

/// Whether it is one number with digits behind its point: `0.69`, neither `3.` nor the section `2.1.4`.
fn is_decimal(number: &str) -> bool {
    let number = number.trim_end_matches(['.', ',']);
    number.split_once('.').is_some_and(|(_, after)| !after.is_empty() && after.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Inline {
        Inline::Text(text.to_owned())
    }

    fn found(words: &str) -> Option<String> {
        first(&[text(words)])
    }

    fn first(inlines: &[Inline]) -> Option<String> {
        typed_numbers(inlines).into_iter().next()
    }

    #[test]
    fn numbers_with_a_unit_are_found() {
        assert_eq!(found("It reached 81.5 %, they say.").as_deref(), Some("81.5 %"));
        assert_eq!(found("By 2\u{a0}points").as_deref(), Some("2\u{a0}points"));
        assert_eq!(found("10,605 sentences").as_deref(), Some("10,605 sentences"));
        assert_eq!(found("right in 84 per cent").as_deref(), Some("84 per cent"));
        assert_eq!(found("45MB").as_deref(), Some("45MB"));
        assert_eq!(first(&[text("about "), Inline::Strong("9".into()), text(" ms")]).as_deref(), Some("9 ms"));
        assert_eq!(found("Five of them. Then 12 seconds! So it is").as_deref(), Some("12 seconds"));
        assert_eq!(found("A loss of 0.69.").as_deref(), Some("0.69"));
        assert_eq!(typed_numbers(&[text("5 seconds, 8 % and 0.5, again 9 ms.")]), ["5 seconds", "8 %", "0.5", "9 ms"]);
    }

    #[test]
    fn a_value_speaks_for_its_own_sentence_only() {
        let value = || Inline::Value(crate::lesson::parse::reference("model.layers").expect("a reference"));
        assert_eq!(first(&[text("It is "), value(), text(", not 50 %.")]), None);
        let apart = [text("It is "), value(), text(". Others reach 50 %.")];
        assert_eq!(first(&apart).as_deref(), Some("50 %"));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for words in [
            "layer 3, 12 heads",
            "two sentences",
            "in 2019.",
            "F1 points",
            "5 pointsman",
            "1, 2",
            "section 2.1.4",
            "10,605",
            "",
        ] {
            assert_eq!(found(words), None, "{words}");
        }
        assert_eq!(first(&[text("for example "), Inline::Code("12 %".into())]), None);
        assert_eq!(first(&[Inline::Code("12".into()), text(" %")]), None);
    }

    #[test]
    fn words_are_what_is_read() {
        assert_eq!(
            words(&[text("The "), Inline::Code("[CLS]".into()), text("-vector – is "), Inline::Emphasis("one".into())]),
            4
        );
    }
}
