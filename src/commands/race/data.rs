//! The sentences of a race: an embedded set, or a file of the learner's own.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use encoding_rs::WINDOWS_1252;

use crate::lab::dataset::{Dataset, Form};

/// Larger files are not read, in bytes.
const LARGEST: u64 = 64 << 20;

/// The data set that is asked for by name or by path.
///
/// # Errors
/// When there is no such set or file, or it cannot be learnt from; one sentence.
pub fn read_data(asked: &str) -> Result<Dataset, String> {
    let path = Path::new(asked);
    if Dataset::names().any(|name| name == asked) || !path.exists() {
        return Dataset::embedded(asked).map_err(|error| format!("{error}, or a file that is there"));
    }
    let form = match path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
        Some("tsv" | "tab" | "txt") => Form::Tsv,
        Some("csv") => Form::Csv,
        Some("json" | "jsonl" | "ndjson") => Form::JsonLines,
        _ => return Err(format!("{asked}: what is in it is not known. End its name in .tsv, .csv or .jsonl")),
    };
    let unreadable = |error: std::io::Error| format!("cannot read {asked}: {error}. Check the path");
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{asked} is larger than {} MB. Use fewer sentences", LARGEST >> 20));
    }
    let (text, encoding) = decoded(bytes).map_err(|line| {
        format!("{asked}, line {line}: a byte is not UTF-8, though the file is otherwise. Save it as UTF-8 text")
    })?;
    Dataset::labelled(asked, form, &text).map(|dataset| dataset.read_as(encoding)).map_err(|error| error.to_string())
}

/// That a set is inside the program: `clsroom COMMAND` reads no others.
///
/// # Errors
/// When the name is a file's; one sentence. Names of nothing are the lab's to refuse.
pub fn embedded_only(command: &str, asked: &str) -> Result<(), String> {
    if Dataset::names().any(|name| name == asked) || !Path::new(asked).exists() {
        return Ok(());
    }
    let names: Vec<&str> = Dataset::names().collect();
    Err(format!(
        "clsroom {command} does not read {asked}: it reads {} only. Your own sentences are for clsroom race",
        names.join(" or ")
    ))
}

/// Bytes as text, and how they were read where it was not UTF-8: then Windows-1252, which spreadsheets write in the west.
///
/// # Errors
/// When some characters beyond ASCII are UTF-8 and others are not: the line of the first that is not.
fn decoded(bytes: Vec<u8>) -> Result<(String, Option<&'static str>), usize> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok((text, None)),
        Err(error) => error.into_bytes(),
    };
    if bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()) {
        return Err(bytes.utf8_chunks().next().map_or(0, |before| before.valid().matches('\n').count()) + 1);
    }
    Ok((WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned(), Some("Windows-1252")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_1252_is_guessed_only_where_nothing_is_utf_8() {
        assert_eq!(decoded("a\ncafé".into()), Ok(("a\ncafé".to_owned(), None)));
        assert_eq!(decoded(b"a\ncaf\xe9".to_vec()), Ok(("a\ncafé".to_owned(), Some("Windows-1252"))));
        let damaged = [b"text\n".as_slice(), "café\n".as_bytes(), b"caf\xe9\n"].concat();
        assert_eq!(decoded(damaged.clone()), Err(3));
        assert_eq!(decoded([b"\xe9\n".as_slice(), &damaged].concat()), Err(1));
    }

    #[test]
    fn a_file_is_not_for_commands_that_read_the_embedded_sets() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = embedded_only("invert", &file.path().display().to_string()).expect_err("a file");
        assert!(error.contains("clsroom invert does not read") && error.contains("movies or products only"), "{error}");
        assert_eq!([embedded_only("invert", "movies"), embedded_only("invert", "no such file")], [Ok(()), Ok(())]);
    }
}
