//! The sentences of a race: an embedded set, or a file of the learner's own.

mod kind;

use std::io::ErrorKind;
use std::path::Path;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::files;
use crate::lab::dataset::{Dataset, Form};
use crate::wording::place;

/// Larger files are not read, in bytes.
const LARGEST: u64 = 64 << 20;

/// The data set that is asked for by name or by path.
///
/// # Errors
/// When there is no such set or file, or it cannot be learnt from; one sentence.
pub fn read_data(asked: &str) -> Result<Dataset, String> {
    let path = Path::new(asked);
    if Dataset::is_inside(asked) || !path.exists() {
        return Dataset::embedded(asked).map_err(|error| format!("{error}, or a file that is there"));
    }
    let named = place(path);
    if path.is_dir() {
        return Err(format!("{named} is a folder. Give one file of sentences with their labels"));
    }
    if !path.is_file() {
        return Err(format!(
            "{named} is no file but a pipe or a device, and a run must be repeatable from what it names. Save the \
             sentences to a file first, such as mine.csv"
        ));
    }
    let bytes = files::read(path, LARGEST).map_err(|error| match error.kind() {
        ErrorKind::FileTooLarge => format!("{named} is larger than {} MB. Use fewer sentences", LARGEST >> 20),
        _ => format!("cannot read {named}: {error}. Check the path"),
    })?;
    parse_data(asked, bytes)
}

/// The sentences in a file's bytes; the ending of its name says how they are written.
///
/// # Errors
/// When they cannot be learnt from; one sentence.
pub fn parse_data(name: &str, bytes: Vec<u8>) -> Result<Dataset, String> {
    if let Some(kind) = kind::of(&bytes) {
        return Err(format!("{name} is {kind}"));
    }
    let form = match Path::new(name).extension().and_then(|end| end.to_str()).map(str::to_lowercase).as_deref() {
        Some("tsv" | "tab" | "txt") => Form::Tsv,
        Some("csv") => Form::Csv,
        Some("json" | "jsonl" | "ndjson") => Form::JsonLines,
        _ => return Err(format!("{name}: what is in it is not known. End its name in .tsv, .csv or .jsonl")),
    };
    let (text, encoding) = decoded(bytes).map_err(|problem| format!("{name}{problem}"))?;
    if form != Form::JsonLines && text.trim_start().starts_with("{\"") {
        return Err(format!("{name} holds JSON. If it has one object a line, end its name in .jsonl"));
    }
    if form != Form::JsonLines && text.trim_start().starts_with('[') && text.contains("{\"") {
        return Err(format!("{name} holds a JSON array. Write one object a line, and end its name in .jsonl"));
    }
    Dataset::labelled(name, form, &text).map(|dataset| dataset.read_as(encoding)).map_err(|error| error.to_string())
}

/// That a set is inside the program: `clsroom COMMAND` reads no others.
///
/// # Errors
/// When the name is a file's; one sentence. Names of nothing are the lab's to refuse.
pub fn embedded_only(command: &str, asked: &str) -> Result<(), String> {
    if Dataset::is_inside(asked) || !Path::new(asked).exists() {
        return Ok(());
    }
    let names: Vec<&str> = Dataset::names().collect();
    Err(format!(
        "clsroom {command} does not read {asked}: it reads {} only. Your own sentences are for clsroom race",
        names.join(" or ")
    ))
}

/// Bytes as text, and how they were read where it was not UTF-8: UTF-16, which spreadsheets write as "Unicode text", or
/// Windows-1252, which they write in the west.
///
/// # Errors
/// When some characters beyond ASCII are UTF-8 and others are not, or UTF-16 is damaged; what to say behind the name.
fn decoded(bytes: Vec<u8>) -> Result<(String, Option<&'static str>), String> {
    // Without the mark at its beginning, UTF-16 is known by the zero bytes of its first letters.
    let (wide, called) = match bytes.as_slice() {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Err(" is in UTF-32. Save it as UTF-8 text".to_owned());
        }
        [0xff, 0xfe, ..] | [1..=127, 0, 1..=255, 0, ..] => (UTF_16LE, "UTF-16"),
        [0xfe, 0xff, ..] | [0, 1..=127, 0, 1..=255, ..] => (UTF_16BE, "UTF-16"),
        _ => (WINDOWS_1252, "Windows-1252"),
    };
    if wide != WINDOWS_1252 {
        let (text, damaged) = wide.decode_with_bom_removal(&bytes);
        return if damaged {
            Err(format!(" is damaged {called} text. Save it as UTF-8 text"))
        } else {
            Ok((text.into_owned(), Some(called)))
        };
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, None)),
        Err(error) => error.into_bytes(),
    };
    if bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()) {
        let line = bytes.utf8_chunks().next().map_or(0, |before| before.valid().matches('\n').count()) + 1;
        return Err(format!(", line {line}: a byte is not UTF-8, though the file is otherwise. Save it as UTF-8 text"));
    }
    Ok((WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(), Some(called)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_1252_is_guessed_only_where_nothing_is_utf_8() {
        assert_eq!(decoded("a\ncafé".into()), Ok(("a\ncafé".to_owned(), None)));
        assert_eq!(decoded(b"a\ncaf\xe9".to_vec()), Ok(("a\ncafé".to_owned(), Some("Windows-1252"))));
        let damaged = [b"text\n".as_slice(), "café\n".as_bytes(), b"caf\xe9\n"].concat();
        assert!(decoded(damaged.clone()).is_err_and(|said| said.starts_with(", line 3:")));
        assert!(decoded([b"\xe9\n".as_slice(), &damaged].concat()).is_err_and(|said| said.starts_with(", line 1:")));
    }

    #[test]
    fn utf_16_is_read_with_its_mark_or_without_and_damage_is_said() {
        let text = "text\tlabel\ncafé\t1\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [
            little.clone(),
            big.clone(),
            [&[0xff, 0xfe], little.as_slice()].concat(),
            [&[0xfe, 0xff], big.as_slice()].concat(),
        ] {
            assert_eq!(decoded(bytes), Ok((text.to_owned(), Some("UTF-16"))));
        }
        assert!(decoded([&[0xff, 0xfe], &little[..7]].concat()).is_err_and(|said| said.contains("damaged UTF-16")));
        assert!(decoded(vec![0xff, 0xfe, 0, 0, b't', 0, 0, 0]).is_err_and(|said| said.contains("UTF-32")));
    }

    #[test]
    fn a_file_is_not_for_commands_that_read_the_embedded_sets() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = embedded_only("invert", &file.path().display().to_string()).expect_err("a file");
        assert!(error.contains("clsroom invert does not read") && error.contains("movies or products only"), "{error}");
        assert_eq!([embedded_only("invert", "movies"), embedded_only("invert", "no such file")], [Ok(()), Ok(())]);
    }
}
