//! Files that stand in for the one that was wanted: a Git LFS pointer, a web page.

use std::path::Path;

use super::{ModelError, shown};

/// Refuses a file whose beginning shows that it is not the model's file itself but a Git LFS pointer, as `git clone`
/// leaves without git-lfs, or a web page that was saved in its place. `first`: its first kilobyte or all of it.
///
/// # Errors
/// When it is one of these.
pub fn refuse_stand_in(path: &Path, first: &[u8]) -> Result<(), ModelError> {
    let first = &first[..first.len().min(1_024)];
    let has = |part: &[u8]| first.windows(part.len()).any(|window| window == part);
    let begins = |part: &[u8]| first.get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part));
    let cause = if begins(b"version https://") && has(b"oid sha256:") {
        "this is a Git LFS pointer and not the file itself, as git clone leaves without git-lfs. Run git lfs pull in its \
         folder, or give --model the model's name on the hub"
    } else if begins(b"<!doctype html") || begins(b"<html") {
        "this is a web page and not the file itself. Download the file again, or give --model the model's name on the \
         hub"
    } else {
        return Ok(());
    };
    Err(ModelError::Format { origin: shown(path), cause: cause.to_owned() })
}

/// What a file is that should hold JSON and begins as no JSON does, where that can be told.
pub fn no_json(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    Some(match text {
        [] => "the file is empty",
        [0xef, 0xbb, 0xbf, ..] => "it begins with a byte order mark; save it as UTF-8 without one",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'{', 0, ..] | [0, ..] => "it is UTF-16; save it as UTF-8",
        // What was read as text has this sign in place of bytes that are none.
        [0xef, 0xbf, 0xbd, ..] => "it is not UTF-8; save it as UTF-8",
        [b'<', ..] => "it is XML or a web page, not JSON",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{no_json, refuse_stand_in};

    #[test]
    fn what_is_no_json_is_told_by_its_beginning() {
        for (bytes, part) in [
            (&b""[..], "empty"),
            (b" \n", "empty"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"{\0}\0", "UTF-16"),
            (b"<?xml version=\"1.0\"?><Error/>", "XML"),
        ] {
            assert!(no_json(bytes).is_some_and(|why| why.contains(part)), "{part}");
        }
        assert_eq!((no_json(b"{}"), no_json(b"[1]"), no_json(b"null")), (None, None, None));
    }

    #[test]
    fn pointers_and_web_pages_are_told_from_files() {
        let said = |bytes: &[u8]| refuse_stand_in(Path::new("f"), bytes).err().map(|error| error.to_string());
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 437951328\n";
        assert!(said(pointer.as_bytes()).is_some_and(|said| said.contains("git lfs pull")));
        let older = pointer.replace("git-lfs.github.com", "hawser.github.com");
        assert!(said(older.as_bytes()).is_some_and(|said| said.contains("Git LFS pointer")));
        assert!(said(b"<!DOCTYPE html><html>").is_some_and(|said| said.contains("web page")));
        for whole in ["", "version", "[PAD]\n[UNK]\n", "{\"version\": \"https://\"}", "version https://example.org\n"] {
            assert_eq!(said(whole.as_bytes()), None, "{whole:?}");
        }
    }
}
