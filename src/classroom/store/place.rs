//! A place for a class, as `--store` names it; never shown with a password.

use std::fmt;
use std::path::{Path, PathBuf};

use sqlx::any::AnyConnectOptions;

use crate::files;
use crate::lesson::parse::visible;
use crate::wording;

/// A place for a class.
#[derive(Clone, PartialEq, Eq)]
pub enum Where {
    /// A file of SQLite's.
    File(PathBuf),
    /// A PostgreSQL server, with a password perhaps.
    Server(String),
    /// Neither. What was given is not kept, for it may hold a password, too.
    Unclear,
}

impl From<&str> for Where {
    /// What is named by `sqlite:PATH` or `postgres://…`. It cannot fail: what refuses a value repeats it.
    fn from(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Self::Server(text.to_owned());
        }
        match text.strip_prefix("sqlite:") {
            // A path does not look like an address.
            Some(path) if !path.is_empty() && !path.contains("://") => Self::File(path.into()),
            _ => Self::Unclear,
        }
    }
}

impl fmt::Debug for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string())
    }
}

/// Without what a server's address holds of passwords.
impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", wording::place(path)),
            Self::Unclear => f.write_str("the store"),
            Self::Server(url) => {
                let address = url.split("://").nth(1).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
                let (authority, path) = address.split_once('/').unwrap_or((address, ""));
                // What has no user may be a user whose host was forgotten: nothing of it is shown.
                match authority.rsplit_once('@') {
                    Some((_, host)) => write!(f, "PostgreSQL at {}", visible(&format!("{host}/{path}"))),
                    None => f.write_str("a PostgreSQL server"),
                }
            }
        }
    }
}

/// How a file is opened. It is made first, so that nobody else can read it.
pub(super) fn of_file(path: &Path) -> Result<AnyConnectOptions, String> {
    let made = files::write_private(path, b"");
    if let Err(error) = made
        && error.kind() != std::io::ErrorKind::AlreadyExists
    {
        return Err(error.to_string());
    }
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    let path = path.to_str().ok_or("its path is not Unicode")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:\\".contains(c);
    let mut url = "sqlite://".to_owned();
    for c in path.chars() {
        if plain(c) {
            url.push(c);
        } else {
            let mut bytes = [0; 4];
            url.extend(c.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    url.parse().map_err(|error: sqlx::Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for url in [
            "postgres://ann:secret@db.example/class",
            "postgresql://ann:se%40cret@db.example:5433/class?password=secret",
        ] {
            let shown = format!("{:?}", Where::Server(url.to_owned()));
            assert!(shown.contains("db.example") && !shown.contains("cret"), "{shown}");
        }
        for unclear in [
            "POSTGRES://ann:secret@h/x",
            "postgres:/ann:secret@h/x",
            "mysql://ann:secret@h",
            "sqlite:",
            "sqlite:postgres://ann:secret@h/x",
        ] {
            assert_eq!(Where::from(unclear), Where::Unclear);
        }
        assert_eq!(Where::from("sqlite:a b?.sqlite"), Where::File("a b?.sqlite".into()));
        for url in ["postgres://ann:secret/class", "postgres://ann:secret", "postgres://h/x?user=u&password=my@secret"]
        {
            let shown = Where::Server(url.to_owned()).to_string();
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
