//! A model's name on the hub.

use std::fmt;

use super::HubError;

/// `OWNER/NAME` or `NAME`, and a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// `bert-base-uncased`, `BAAI/bge-small-en-v1.5`.
    pub repository: String,
    /// A branch, a tag or a commit; `main` unless given.
    pub revision: String,
}

impl Name {
    /// Reads `NAME` or `NAME@REVISION`. Both become parts of paths and addresses, so only harmless characters pass.
    ///
    /// # Errors
    /// When it is no such name.
    pub fn parse(text: &str) -> Result<Self, HubError> {
        let (repository, revision) = text.split_once('@').unwrap_or((text, "main"));
        let word = |word: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !word.is_empty() && word.len() <= 96 && word.chars().all(plain) && !word.starts_with('.') && word != ".."
        };
        let good = repository.split('/').count() <= 2
            && repository.split('/').all(word)
            && !repository.contains("--")
            && revision.split('/').all(word);
        if good {
            Ok(Self { repository: repository.to_owned(), revision: revision.to_owned() })
        } else {
            Err(HubError::Name(text.to_owned()))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.revision.as_str() {
            "main" => f.write_str(&self.repository),
            revision => write!(f, "{}@{revision}", self.repository),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn names_with_and_without_owner_and_revision() {
        let parts = |text: &str| Name::parse(text).map(|name| (name.repository, name.revision)).ok();
        let some = |repository: &str, revision: &str| Some((repository.to_owned(), revision.to_owned()));
        assert_eq!(parts("bert-base-uncased"), some("bert-base-uncased", "main"));
        assert_eq!(parts("BAAI/bge-small-en-v1.5@refs/pr/1"), some("BAAI/bge-small-en-v1.5", "refs/pr/1"));
        for bad in ["", "a/b/c", "../x", "a/../b", "a b", "x@", "x@../y", "a\u{1b}[2J", "/x", "x/", "a?b", "a--b"] {
            assert_eq!(parts(bad), None, "{bad:?}");
        }
        assert_eq!(Name::parse("a/b@v1").expect("a name").to_string(), "a/b@v1");
    }
}
