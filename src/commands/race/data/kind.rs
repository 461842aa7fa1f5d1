//! Files that are no text with columns, by their first bytes, whatever they are called.

/// What such a file is and what to do with it, to stand behind "NAME is "; `None` where it may be text.
pub(super) fn of(bytes: &[u8]) -> Option<String> {
    let begins = |with: &[u8]| bytes.starts_with(with);
    let holds = |what: &[u8]| bytes.windows(what.len()).take(1 << 16).any(|part| part == what);
    let save = "Save its sheet as CSV (UTF-8)";
    let pandas = "With pandas: read it and write it with to_csv(FILE, index=False)";
    let (what, advice) = if begins(b"PK\x03\x04") {
        if holds(b"vnd.oasis.opendocument") {
            ("an OpenDocument sheet", save)
        } else if holds(b"xl/") || holds(b"[Content_Types].xml") {
            ("an Excel workbook", save)
        } else {
            ("a zip archive", "Unpack it")
        }
    } else if begins(&[0xd0, 0xcf, 0x11, 0xe0]) {
        ("an old Excel workbook", save)
    } else if begins(b"PAR1") {
        ("a Parquet file", pandas)
    } else if begins(b"ARROW1") {
        ("an Arrow file", pandas)
    } else if begins(b"SQLite format 3\0") {
        ("an SQLite database", pandas)
    } else if begins(&[0x1f, 0x8b]) || begins(b"BZh") || begins(b"\xfd7zXZ") || begins(&[0x28, 0xb5, 0x2f, 0xfd]) {
        ("compressed", "Unpack it")
    } else if begins(&[0x80, 2]) || begins(&[0x80, 3]) || begins(&[0x80, 4]) || begins(&[0x80, 5]) {
        ("a Python pickle", pandas)
    } else if begins(b"%PDF") {
        ("a PDF document", "Copy its text into a file with the columns text and label")
    } else if begins(b"version https://git-lfs") {
        ("a Git LFS pointer, not the file itself", "Get it with git lfs pull")
    } else if is_page(bytes) {
        ("a web page", "Download the file itself (on a hub or GitHub: raw)")
    } else {
        return None;
    };
    Some(format!("{what}. {advice}"))
}

fn is_page(bytes: &[u8]) -> bool {
    let start: Vec<u8> = bytes.trim_ascii_start().iter().take(14).map(u8::to_ascii_lowercase).collect();
    start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn files_are_known_by_their_first_bytes() {
        for (bytes, expected) in [
            (b"PK\x03\x04....[Content_Types].xml".as_slice(), "an Excel workbook. Save"),
            (b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument sheet"),
            (b"PK\x03\x04....readme", "a zip archive. Unpack"),
            (b"\xd0\xcf\x11\xe0\xa1", "an old Excel workbook"),
            (b"PAR1\x15", "a Parquet file"),
            (b"\x1f\x8b\x08", "compressed. Unpack"),
            (b"\x80\x04\x95", "a Python pickle"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:", "git lfs pull"),
            (b"\n<!DOCTYPE html><html>", "a web page"),
        ] {
            assert!(of(bytes).is_some_and(|said| said.contains(expected)), "{expected}");
        }
        for text in ["text,label\n", "PK are two letters,1\n", "a <html> page,1\n", "", "\u{80}\n"] {
            assert_eq!(of(text.as_bytes()), None, "{text:?}");
        }
    }
}
