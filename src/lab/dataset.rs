//! Labelled sentences: the embedded sets of `lessons/data`, and other text in the same format.
//!
//! The races and the recorded heads read from here which sentences there are, which label each has, and which split it
//! belongs to. The rules are in [`Dataset::parse`]; origin and licence of the data are in `lessons/data/README.md`.

mod parse;

use sha2::{Digest, Sha256};

pub use parse::DatasetError;
use parse::clean;

/// The embedded sets: name and file.
const EMBEDDED: [(&str, &str); 2] = [
    ("movies", include_str!("../../lessons/data/movies.tsv")),
    ("products", include_str!("../../lessons/data/products.tsv")),
];

/// What a sentence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Split {
    /// Heads are fitted on it.
    Train,
    /// Strength, layer and rate are chosen on it.
    Validation,
    /// Looked at once, at the end.
    Test,
}

/// One labelled sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The sentence as written.
    pub text: String,
    /// Its class: an index into [`Dataset::classes`].
    pub label: usize,
    /// What it is for.
    pub split: Split,
    /// [`content_hash`] of the text.
    pub hash: [u8; 32],
}

/// What was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped {
    /// Rated too near to 0.
    pub neutral: usize,
    /// The same sentence again.
    pub repeated: usize,
}

/// Labelled sentences in the order of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    name: String,
    classes: Vec<String>,
    items: Vec<Item>,
    dropped: Dropped,
    sha256: String,
}

/// Indices into [`Dataset::items`], ascending.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subset {
    /// To fit on.
    pub train: Vec<usize>,
    /// To choose on.
    pub validation: Vec<usize>,
    /// To test on.
    pub test: Vec<usize>,
}

impl Dataset {
    /// One of the sets inside the program: `movies` or `products`.
    ///
    /// # Errors
    /// When there is no such set.
    pub fn embedded(name: &str) -> Result<Self, DatasetError> {
        match EMBEDDED.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Self::parse(name, text),
            None => Err(DatasetError::Unknown { name: clean(name).chars().take(40).collect() }),
        }
    }

    /// Names of the sets inside the program.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// Reads tab-separated text whose first line names the columns `rating` (-4 to 4) and `text`; others are ignored.
    ///
    /// A rating above 0 is positive. Ratings nearer to 0 than 0.5 are dropped, then repeats (trimmed, lower case).
    /// `b = first byte of content_hash(text) % 10` gives the split: 0 and 1 test, 2 validation, the rest train; so it
    /// survives reordering. Control characters are replaced by visible symbols.
    ///
    /// # Errors
    /// When a line cannot be read (with its number), all sentences have one label, or a split is empty.
    pub fn parse(name: &str, text: &str) -> Result<Self, DatasetError> {
        parse::parse(name, text)?.usable()
    }

    /// Itself, if something can be learned from it.
    fn usable(self) -> Result<Self, DatasetError> {
        if let Some(first) = self.items.first()
            && self.items.iter().all(|item| item.label == first.label)
        {
            let only = self.classes[first.label].clone();
            return Err(DatasetError::OneClass { name: self.name, only });
        }
        for (split, called) in [(Split::Train, "train"), (Split::Validation, "validation"), (Split::Test, "test")] {
            if self.indices(split).is_empty() {
                return Err(DatasetError::TooFew { name: self.name, split: called, count: self.items.len() });
            }
        }
        Ok(self)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the classes, by the index that [`Item::label`] gives.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The sentences, in the order of the file.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What was left out.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// sha256 of the file, 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Indices of one split, ascending.
    #[must_use]
    pub fn indices(&self, split: Split) -> Vec<usize> {
        (0..self.items.len()).filter(|index| self.items[*index].split == split).collect()
    }

    /// At most so many sentences of train and test: those with the smallest hashes, so that the choice is the same
    /// whatever the order of the file, and a smaller choice is part of a larger one. Validation stays whole.
    #[must_use]
    pub fn subset(&self, train: Option<usize>, test: Option<usize>) -> Subset {
        Subset {
            train: self.first(Split::Train, train),
            validation: self.indices(Split::Validation),
            test: self.first(Split::Test, test),
        }
    }

    fn first(&self, split: Split, limit: Option<usize>) -> Vec<usize> {
        let mut indices = self.indices(split);
        if let Some(limit) = limit.filter(|limit| *limit < indices.len()) {
            indices.sort_by_key(|index| self.items[*index].hash);
            indices.truncate(limit);
            indices.sort_unstable();
        }
        indices
    }
}

/// sha256 of the text, trimmed and lower-cased: decides its split and its place in a subset.
#[must_use]
pub fn content_hash(text: &str) -> [u8; 32] {
    Sha256::digest(key(text).as_bytes()).into()
}

fn key(text: &str) -> String {
    text.trim().to_lowercase()
}

fn split(hash: &[u8; 32]) -> Split {
    match hash[0] % 10 {
        0 | 1 => Split::Test,
        2 => Split::Validation,
        _ => Split::Train,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests;
