//! Words of a command line as a shell must be given them.

/// A text as one word of a POSIX shell; in quotes only where it needs them.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./@:,+=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_are_quoted_where_they_need_it() {
        assert_eq!(word("BAAI/bge-small-en-v1.5@main"), "BAAI/bge-small-en-v1.5@main");
        assert_eq!(word("my data/it's.tsv"), r"'my data/it'\''s.tsv'");
        assert_eq!(word(""), "''");
    }
}
