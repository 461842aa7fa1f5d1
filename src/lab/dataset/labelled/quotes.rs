//! Which quotes of a CSV or TSV file hold a field together, and which are characters of a text.
//!
//! A field is quoted when its first character is a quote; inside, two quotes are one, and separators and line ends are
//! characters. After the closing quote there is a separator, the end of the line, or the end of the file. In CSV every
//! field that begins with a quote is quoted. A TSV may be written either way, so [`in_tsv`] decides for the whole file.

use std::iter::Peekable;
use std::str::Bytes;

/// A quote that opens a field and is not closed at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// Where it is opened, counted from 1.
    pub line: usize,
    /// A backslash stands before the quote that comes too early.
    pub escaped: bool,
}

/// What the quotes of a file look like when every field that begins with one is quoted.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what was seen, independent of each other")]
struct Found {
    unclosed: Option<Unclosed>,
    /// Rows with a quoted field.
    rows: usize,
    /// Rows without one.
    plain_rows: usize,
    /// The first row has one.
    header: bool,
    /// Two quotes stand for one in some field.
    doubled: bool,
    /// A separator or a line end stands in some field.
    holds: bool,
    /// A line end does.
    lines: bool,
    /// Rows do not have as many fields as the first.
    uneven: bool,
}

/// The first quote that is not closed where its field ends, if there is one.
pub(super) fn not_closed(text: &str, separator: u8) -> Option<Unclosed> {
    look(text, separator).unclosed
}

/// How the quotes of a TSV file are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// They hold fields together.
    Quoted,
    /// They are characters like others. Where some fields look quoted all the same: why these are not.
    Plain(Option<Unclosed>),
}

/// How the quotes of a TSV file are read: pandas, spreadsheets and Python's csv module quote what needs it, data sets for
/// programs often quote nothing.
///
/// They are quoted fields when each one that is opened is closed at the end of its field and
/// - either the lines as they stand do not have the same number of fields, but the rows with quoted fields do,
/// - or no quoted field goes beyond its line, and something shows that quotes were added: one stands twice inside a
///   quoted field, the first line is quoted, or every row has a quoted field.
pub(super) fn in_tsv(text: &str) -> Reading {
    let found = look(text, b'\t');
    if found.unclosed.is_some() {
        return Reading::Plain(found.unclosed.filter(|_| found.doubled || found.holds));
    }
    let mut fields = text.lines().filter(|line| !line.is_empty()).map(|line| line.matches('\t').count());
    let first = fields.next();
    let even = fields.all(|count| Some(count) == first);
    let added = found.doubled || found.header || found.plain_rows == 0;
    let quoted = if even { !found.lines && added } else { !found.uneven };
    if found.rows + usize::from(found.header) > 0 && quoted { Reading::Quoted } else { Reading::Plain(None) }
}

/// One row under way.
#[derive(Default)]
struct Row {
    quoted: bool,
    fields: usize,
    bytes: usize,
}

fn look(text: &str, separator: u8) -> Found {
    let mut found = Found::default();
    let mut bytes = text.bytes().peekable();
    let (mut line, mut starts) = (1, true);
    let (mut row, mut first): (Row, Option<usize>) = (Row::default(), None);
    while let Some(byte) = bytes.next() {
        if starts && byte == b'"' {
            row.quoted = true;
            row.bytes += 1;
            if let Err(unclosed) = quoted_field(&mut bytes, separator, &mut line, &mut found) {
                found.unclosed = Some(unclosed);
                return found;
            }
            starts = false;
            continue;
        }
        match byte {
            b'\n' => {
                end(&mut found, &mut row, &mut first);
                line += 1;
            }
            byte => {
                row.fields += usize::from(byte == separator);
                row.bytes += usize::from(byte != b'\r');
            }
        }
        starts = byte == separator || matches!(byte, b'\r' | b'\n');
    }
    end(&mut found, &mut row, &mut first);
    found
}

/// Goes on behind a field whose opening quote was read.
fn quoted_field(
    bytes: &mut Peekable<Bytes<'_>>,
    separator: u8,
    line: &mut usize,
    found: &mut Found,
) -> Result<(), Unclosed> {
    let opened = *line;
    let mut before = b'"';
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => match bytes.peek() {
                Some(b'"') => {
                    bytes.next();
                    found.doubled = true;
                }
                None | Some(b'\r' | b'\n') => return Ok(()),
                Some(next) if *next == separator => return Ok(()),
                Some(_) => return Err(Unclosed { line: opened, escaped: before == b'\\' }),
            },
            b'\n' => {
                *line += 1;
                (found.holds, found.lines) = (true, true);
            }
            _ => found.holds |= byte == separator,
        }
        before = byte;
    }
    Err(Unclosed { line: opened, escaped: false })
}

/// Takes a row that has ended into account; an empty line is none.
fn end(found: &mut Found, row: &mut Row, first: &mut Option<usize>) {
    let row = std::mem::take(row);
    if row.bytes == 0 {
        return;
    }
    match first {
        None => {
            *first = Some(row.fields);
            found.header = row.quoted;
        }
        Some(fields) => {
            found.uneven |= *fields != row.fields;
            *(if row.quoted { &mut found.rows } else { &mut found.plain_rows }) += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_closed_at_the_end_of_its_field_or_not_at_all() {
        let open = |text: &str| not_closed(text, b',').map(|found| (found.line, found.escaped));
        assert_eq!(open("a,b\n\"x, \"\"y\"\"\n\",1\n\"\",\"z\"\r\nin\"side,2"), None);
        assert_eq!(open("a,b\n1,2\n\"x,1\n\"y,2\n"), Some((3, false)));
        assert_eq!(open("a,b\n\"he said \\\"no\\\"\",1\n"), Some((2, true)));
        assert_eq!(open("a,b\n\"x"), Some((2, false)));
    }

    #[test]
    fn the_quotes_of_a_tsv_are_read_by_one_rule() {
        for (text, quoted) in [
            ("text\tlabel\n\"a \"\"b\"\"\"\t0\nc\t1\n", true),
            ("text\tlabel\r\n\"a \"\"b\"\"\"\t0\r\nc\t1\r\n", true),
            ("text\tlabel\n\"a\nb\"\t0\nc\t1\n", true),
            ("text\tlabel\n\"a\tb\"\t0\nc\t1\n", true),
            ("\"text\"\t\"label\"\n\"a\"\t0\nc\t1\n", true),
            ("text\tlabel\n\"a\"\t0\n\"b\"\t1\n", true),
            // A sentence that is a quotation as a whole, among others.
            ("text\tlabel\n\"a\"\t0\nb\t1\n", false),
            // Two lone quotes, which would swallow a row that is whole as it stands.
            ("text\tlabel\n\"a\t0\nb 5\"\t1\n", false),
            ("text\tlabel\n\"a\t0\nb\t1\n", false),
            ("text\tlabel\na\t0\nb\t1\n", false),
            ("text\tlabel\n\"a\" he said\t0\nb\t1\n", false),
        ] {
            assert_eq!(in_tsv(text) == Reading::Quoted, quoted, "{text:?}");
        }
        let mixed = "text\tlabel\n\"a \"\"b\"\"\"\t0\n\"c\t1\n";
        assert_eq!(in_tsv(mixed), Reading::Plain(Some(Unclosed { line: 3, escaped: false })));
    }
}
