//! English for counts and lists, and foreign text as messages quote it, for every part of the program.

pub mod time;

use std::fmt::Display;
use std::path::Path;

/// Most characters that a message quotes of a text that it did not write itself.
const EXCERPT: usize = 80;
/// Most characters of what a library says about such a text: it may quote it.
const CAUSE: usize = 240;
/// Most characters of a path, of which the end tells most.
const PLACE: usize = 160;
/// Most characters of a line of an error, and most of its lines.
const SENTENCE: (usize, usize) = (1_200, 2_000);

/// The rule behind every interval, p and verdict of a race, in short.
pub const RULE: &str = "Interval, p and verdict count the chance in the test sentences and, with several seeds, in the seeds; \
                        they are corrected for several comparisons. Equivalent: the interval and every seed lie within \
                        the margin.";

/// A prediction is neither right nor wrong where the interval of what was measured does not say; the figure follows.
pub const NOT_DECIDED: &str = "Not decided, for the interval reaches more than one answer";

/// "1 layer", "6 layers".
#[must_use]
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// "a, b and 3 more": the first `most` of some names.
#[must_use]
pub fn listed<T: AsRef<str>>(names: impl ExactSizeIterator<Item = T>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let mut said = String::new();
    for (index, name) in names.take(most).enumerate() {
        said.push_str(if index > 0 { ", " } else { "" });
        said.push_str(name.as_ref());
    }
    if more > 0 { format!("{said} and {more} more") } else { said }
}

/// A foreign text as a message quotes it: one line of at most 80 characters that no terminal obeys.
#[must_use]
pub fn excerpt(text: &str) -> String {
    shortened(text, EXCERPT)
}

/// What a library says, which may quote a foreign text at any length.
#[must_use]
pub fn cause(error: &impl Display) -> String {
    let said = error.to_string();
    shortened(&said.lines().map(str::trim_end).collect::<Vec<_>>().join(" "), CAUSE)
}

/// A path as a message names it: a very long one with its beginning and its end.
#[must_use]
pub fn place(path: &Path) -> String {
    let name = path.to_string_lossy();
    let length = name.chars().count();
    if length <= PLACE {
        return shortened(&name, PLACE);
    }
    let end: String = name.chars().skip(length - PLACE * 2 / 3).collect();
    format!("{}{}", shortened(&name, PLACE / 3), shortened(&end, PLACE))
}

/// An error as it is printed in the end, whatever it quotes: long lines are cut, and nothing in it steers the terminal.
#[must_use]
pub fn sentence(error: &str) -> String {
    let (characters, lines) = SENTENCE;
    let mut said: Vec<String> = error.lines().take(lines).map(|line| shortened(line, characters)).collect();
    if error.lines().nth(lines).is_some() {
        said.push("…".to_owned());
    }
    said.join("\n")
}

/// At most so many characters, with a mark where there are more; what a terminal would obey is made visible.
fn shortened(text: &str, most: usize) -> String {
    let mut rest = text.chars();
    let mut shown: String = rest.by_ref().take(most).map(visible_sign).collect();
    if rest.next().is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Foreign text with every sign that a terminal would obey made visible.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(visible_sign).collect()
}

/// A control character as its picture; one that turns the writing direction, or has no picture, as U+FFFD.
pub(crate) fn visible_sign(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_quoted_in_part_and_steers_nothing() {
        assert_eq!(excerpt("a label\n\u{1b}[2J\u{202e}"), "a label␊␛[2J\u{fffd}");
        assert_eq!(excerpt(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(excerpt(&"é".repeat(81)), format!("{}…", "é".repeat(79)));
        assert_eq!(cause(&"two\r\nlines"), "two lines");
        assert!(cause(&"x".repeat(1_000_000)).len() < 300);
        let long = format!("/{}/model.safetensors", "folder/".repeat(1_000));
        let said = place(Path::new(&long));
        assert!(said.starts_with("/folder/") && said.ends_with("/model.safetensors") && said.contains('…'), "{said}");
        assert!(said.chars().count() <= 165, "{said}");
        assert_eq!(place(Path::new("/tmp/a b")), "/tmp/a b");
        let said = sentence(&format!("first\n{}\n{}", "x".repeat(100_000), "a\n".repeat(100_000)));
        assert!(said.starts_with("first\nx") && said.len() < 10_000 && said.ends_with("\n…"), "{}", said.len());
    }

    #[test]
    fn counts_and_lists_are_english() {
        assert_eq!(
            [counted(1, "layer"), counted(0, "layer"), counted(6, "layer")],
            ["1 layer", "0 layers", "6 layers"]
        );
        let names = ["a", "b", "c"];
        assert_eq!(listed(names.iter(), 3), "a, b, c");
        assert_eq!(listed(names.iter(), 2), "a, b and 1 more");
        assert_eq!(listed(names[..0].iter(), 2), "");
    }
}
