//! Keys in files: the host's own, the teacher's, and those that learners come with.

use std::io::ErrorKind;
use std::path::Path;

use russh::keys::ssh_key::authorized_keys::AuthorizedKeys;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::ssh_key::{HashAlg, LineEnding};
use russh::keys::{PrivateKey, PublicKey};

use super::names::Name;
use crate::files;
use crate::wording::place;

/// A larger file holds no keys, in bytes.
const LARGEST: u64 = 1 << 20;

/// The private key in a file, which is made if there is none.
///
/// # Errors
/// When it cannot be read, understood or made.
pub(super) fn private(path: &Path) -> Result<PrivateKey, String> {
    let cannot = |why: String| format!("cannot use the key in {}: {why}. Correct it, or move it away", place(path));
    match files::read(path, LARGEST) {
        Ok(text) => PrivateKey::from_openssh(text).map_err(|error| cannot(error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut seed = [0u8; 32];
            getrandom::fill(&mut seed).map_err(|error| cannot(error.to_string()))?;
            let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
            let text = key.to_openssh(LineEnding::LF).map_err(|error| cannot(error.to_string()))?;
            match files::write_private(path, text.as_bytes()) {
                // Another start was faster: its key counts.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => private(path),
                Err(error) => Err(cannot(error.to_string())),
                Ok(()) => Ok(key),
            }
        }
        Err(error) => Err(cannot(error.to_string())),
    }
}

/// The fingerprint of a key, as OpenSSH's client shows it.
pub(super) fn fingerprint(key: &PrivateKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// The public keys of those who teach: one a line of an `authorized_keys` file.
///
/// # Errors
/// When the file cannot be read, or a line is no key.
pub(super) fn teachers(path: &Path) -> Result<Vec<PublicKey>, String> {
    Ok(public(path)?.into_iter().map(|(key, _)| key).collect())
}

/// Learners by their public keys: one a line of an `authorized_keys` file, whose comment is the name.
///
/// # Errors
/// When the file cannot be read, a line is no key, or a key has no name.
pub(super) fn learners(path: &Path) -> Result<Vec<(PublicKey, Name)>, String> {
    let cannot = |why: String| format!("cannot use the keys in {}: {why}", place(path));
    let named = public(path)?.into_iter().enumerate().map(|(index, (key, comment))| {
        let which = format!("key {}", index + 1);
        // ann@laptop is what ssh-keygen writes.
        match Name::of(comment.split('@').next().unwrap_or_default()) {
            None => Err(cannot(format!("{which} has no comment, which would be the learner's name"))),
            Some(name) if name.is_teacher() => {
                Err(cannot(format!("{which} is named {name}, which is kept for the teacher")))
            }
            Some(name) => Ok((key, name)),
        }
    });
    named.collect()
}

/// The public keys of a file, with their comments.
fn public(path: &Path) -> Result<Vec<(PublicKey, String)>, String> {
    let cannot = |why: String| format!("cannot use the keys in {}: {why}", place(path));
    let text = files::read_text(path, LARGEST).map_err(|error| cannot(error.to_string()))?;
    let mut found = Vec::new();
    for entry in AuthorizedKeys::new(&text) {
        let which = format!("key {}", found.len() + 1);
        let entry = entry.map_err(|error| cannot(format!("{which} is none, or has options ({error})")))?;
        if entry.config_opts().iter().next().is_some() {
            return Err(cannot(format!("{which} has options, which are not followed here. Remove them")));
        }
        let key = entry.public_key().clone();
        if key.algorithm().is_rsa() {
            return Err(cannot(format!("{which} is an RSA key. ssh-keygen -t ed25519 makes one that can be used")));
        }
        let comment = key.comment().to_string();
        found.push((key, comment));
    }
    if found.is_empty() { Err(cannot("there are none".to_owned())) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_a_damaged_one_stops_the_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host_key");
        let made = private(&path).expect("a key");
        assert_eq!(fingerprint(&private(&path).expect("the same")), fingerprint(&made));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(&path, "no key").expect("written");
        assert!(private(&path).is_err_and(|why| why.contains("host_key")));
    }

    #[test]
    fn learners_are_named_by_the_comments_of_their_keys() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let line = |comment: &str| {
            let mut key = PrivateKey::from(Ed25519Keypair::from_seed(&[7; 32])).public_key().clone();
            key.set_comment(comment);
            key.to_openssh().expect("a line")
        };
        std::fs::write(&path, format!("{}\n\n{}\n", line("ann@laptop"), line("bob"))).expect("written");
        let names: Vec<String> =
            learners(&path).expect("two").into_iter().map(|(_, name)| name.as_str().to_owned()).collect();
        assert_eq!(names, ["ann", "bob"]);
        for wrong in [String::new(), line(""), line("teacher@x"), "ssh-ed25519 AAAA ann".to_owned()] {
            std::fs::write(&path, &wrong).expect("written");
            assert!(learners(&path).is_err(), "{wrong:?}");
        }
    }
}
