//! Commands that the program tells people to type.

use std::fmt::Write as _;

/// Pieces of a text that are read when nothing is said: commands need not name them.
pub const USUAL_LENGTH: usize = 128;

/// A command of this program, put together for somebody to type.
#[derive(Debug, Clone)]
pub struct Line(String);

impl Line {
    /// A command on a model: what `--model` names it (`None` for the one inside the program), and what `--max-length` was.
    #[must_use]
    pub fn of_model(command: &str, model: Option<&str>, max_length: Option<usize>) -> Self {
        let mut line = Self(format!("clsroom {command}"));
        line.optional("--model", model);
        let length = max_length.filter(|length| *length != USUAL_LENGTH).map(|length| length.to_string());
        line.optional("--max-length", length.as_deref());
        line
    }

    /// Adds an option with its value.
    pub fn option(&mut self, name: &str, value: &str) {
        // A value may begin as an option does.
        let between = if value.starts_with('-') { '=' } else { ' ' };
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {name}{between}{}", word(value));
    }

    /// The same, if there is a value.
    pub fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.option(name, value);
        }
    }

    /// The whole command; a sentence stands behind all options, because it may begin as one does.
    #[must_use]
    pub fn finish(self, sentence: Option<&str>) -> String {
        match sentence {
            Some(sentence) => format!("{} -- {}", self.0, quoted(sentence)),
            None => self.0,
        }
    }
}

/// A text as one word of a command line, in quotes only where it needs them.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./@:,+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A text as one word of a POSIX shell; with control characters in it, as bash, ksh and zsh write them.
#[must_use]
pub fn quoted(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(out, "\\x{byte:02x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::{quoted, word};

    #[test]
    fn words_are_quoted_where_they_need_it() {
        assert_eq!(word("BAAI/bge-small-en-v1.5@main"), "BAAI/bge-small-en-v1.5@main");
        assert_eq!(word("my data/it's.tsv"), r"'my data/it'\''s.tsv'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn a_text_is_one_word_of_a_shell() {
        assert_eq!(quoted("it's $HOME `id`"), r"'it'\''s $HOME `id`'");
        assert_eq!(quoted("a\u{1b}'\\b"), r"$'a\x1b\'\\b'");
    }
}
