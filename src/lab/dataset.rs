//! Labelled sentences: the embedded sets of `lessons/data`, and other text in the same format.
//!
//! The races and the recorded heads read from here which sentences there are, which label each has, and which split it
//! belongs to. The rules are in [`Dataset::parse`]; origin and licence of the data are in `lessons/data/README.md`.

mod labelled;
pub mod order;
mod parse;

use sha2::{Digest, Sha256};

pub use labelled::Form;
pub use parse::DatasetError;
use parse::clean;

pub(super) use crate::wording::hex;
use crate::wording::{excerpt, listed};

/// The data set that the course is written for.
pub const MOVIES: &str = "movies";

/// The embedded sets: name and file.
const EMBEDDED: [(&str, &str); 2] = [
    (MOVIES, include_str!("../../lessons/data/movies.tsv")),
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

/// What each use is called.
const SPLITS: [(Split, &str); 3] = [(Split::Train, "train"), (Split::Validation, "validation"), (Split::Test, "test")];

/// One labelled sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The sentence as it stands in the file: white space and control characters too, which only drawing replaces.
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
    /// The same sentence again with another label.
    pub contradicting: usize,
    /// Without text.
    pub empty: usize,
    /// Without label.
    pub unlabelled: usize,
}

impl Dropped {
    fn counts(self) -> [(usize, &'static str); 5] {
        [
            (self.neutral, "rated too near to 0"),
            (self.repeated, "repeated"),
            (self.contradicting, "repeated with another label"),
            (self.empty, "empty"),
            (self.unlabelled, "without label"),
        ]
    }

    /// How many rows.
    fn rows(self) -> usize {
        self.counts().iter().map(|(count, _)| count).sum()
    }

    /// What was left out, to stand behind a count; empty where nothing was.
    fn in_brackets(self) -> String {
        let left = self.in_words();
        if left.is_empty() { left } else { format!(" (left out: {left})") }
    }

    /// How many and why; empty where nothing was left out.
    fn in_words(self) -> String {
        let told = self.counts().into_iter().filter(|(count, _)| *count > 0);
        told.map(|(count, why)| format!("{count} {why}")).collect::<Vec<_>>().join(", ")
    }
}

/// Labelled sentences in the order of their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    name: String,
    classes: Vec<String>,
    items: Vec<Item>,
    dropped: Dropped,
    sha256: String,
    /// What decides its figures: see [`Dataset::fingerprint`].
    fingerprint: String,
    /// How the file's bytes were read, where they were not UTF-8.
    encoding: Option<&'static str>,
    /// What was done with its labels, and what may not be meant.
    notes: Vec<String>,
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

/// So many classes are named in a summary.
const NAMED: usize = 20;

impl Dataset {
    fn new(name: String, classes: Vec<String>, items: Vec<Item>, dropped: Dropped, sha256: String) -> Self {
        let mut read = Sha256::new();
        let mut take = |text: &str| {
            read.update((text.len() as u64).to_le_bytes());
            read.update(text);
        };
        classes.iter().for_each(|class| take(class));
        for item in &items {
            take(&item.text);
            take(&format!("{} {:?}", item.label, item.split));
        }
        let fingerprint = hex(&read.finalize());
        Self { name, classes, items, dropped, sha256, fingerprint, encoding: None, notes: Vec::new() }
    }

    fn noted(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// One of the sets inside the program: `movies`, `products`, or one of [`order::NAMES`].
    ///
    /// # Errors
    /// When there is no such set.
    pub fn embedded(name: &str) -> Result<Self, DatasetError> {
        match EMBEDDED.iter().find(|(known, _)| *known == name) {
            Some((name, text)) => Self::parse(name, text),
            None if let Some(made) = order::dataset(name) => made,
            None => Err(DatasetError::Unknown { name: clean(name).chars().take(40).collect() }),
        }
    }

    /// Names of the sets inside the program that people wrote.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// Whether [`Self::embedded`] knows a set of this name.
    #[must_use]
    pub fn is_inside(name: &str) -> bool {
        Self::names().chain(order::NAMES).any(|known| known == name)
    }

    /// Reads tab-separated text whose first line names the columns `rating` (-4 to 4) and `text`; others are ignored.
    ///
    /// A rating above 0 is positive. Ratings nearer to 0 than 0.5 are dropped, then repeats (trimmed, lower case).
    /// `b = first byte of content_hash(text) % 10` gives the split: 0 and 1 test, 2 validation, the rest train; so it
    /// survives reordering.
    ///
    /// # Errors
    /// When a line cannot be read (with its number), all sentences have one label, or a split is empty.
    pub fn parse(name: &str, text: &str) -> Result<Self, DatasetError> {
        parse::parse(name, text)?.usable()
    }

    /// Reads a learner's own sentences: columns or keys `text` and `label`, and `split` (train, validation or test) if
    /// there is one; others are ignored. Without `split` the content decides, as in [`Dataset::parse`].
    ///
    /// Every label is a class of that name, ordered by name. Where all labels are numbers, equal ones are one class, classes
    /// are ordered by value, and words for nothing (nan, null, none, n/a) are no label; elsewhere they are classes, which is
    /// said. Rows without text or label and repeats are dropped and counted.
    ///
    /// # Errors
    /// When a line cannot be read (with its number), all sentences have one label, a split is empty, or a class has no
    /// sentence to train on.
    pub fn labelled(name: &str, form: Form, text: &str) -> Result<Self, DatasetError> {
        let dataset = labelled::read(name, form, text)?.usable()?;
        let train = dataset.counts(|item| item.split == Split::Train);
        match train.iter().position(|count| *count == 0) {
            Some(class) => Err(DatasetError::NoTraining { class: dataset.classes[class].clone(), name: dataset.name }),
            None => Ok(dataset),
        }
    }

    /// The same, read from a file whose bytes were not UTF-8: its encoding is said.
    #[must_use]
    pub fn read_as(self, encoding: Option<&'static str>) -> Self {
        Self { encoding, ..self }
    }

    /// How many sentences of each class are such.
    fn counts(&self, such: impl Fn(&Item) -> bool) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        self.items.iter().filter(|item| such(item)).for_each(|item| counts[item.label] += 1);
        counts
    }

    /// What was read and what was left out and why, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = self.counts(|_| true);
        let classes: Vec<String> =
            self.classes.iter().zip(counts).map(|(name, count)| format!("{} {count}", excerpt(name))).collect();
        let [train, validation, test] =
            [Split::Train, Split::Validation, Split::Test].map(|split| self.indices(split).len());
        let left = self.dropped.in_words();
        let notes = self.notes.iter().fold(String::new(), |said, note| said + "; " + note);
        format!(
            "{}{}: {} sentences of {} classes ({}); train {train}, validation {validation}, test {test}; left out: {}{notes}",
            self.name,
            self.encoding.map_or(String::new(), |encoding| format!(" (read as {encoding})")),
            self.items.len(),
            self.classes.len(),
            listed(classes.iter(), NAMED),
            if left.is_empty() { "none" } else { &left }
        )
    }

    /// Itself, if something can be learned from it.
    fn usable(self) -> Result<Self, DatasetError> {
        if let Some(first) = self.items.first()
            && self.items.iter().all(|item| item.label == first.label)
        {
            let only = self.classes[first.label].clone();
            return Err(DatasetError::OneClass { name: self.name, only });
        }
        let (rows, left) = (self.dropped.rows(), self.dropped.in_words());
        if self.items.is_empty() && rows > 0 {
            return Err(DatasetError::AllLeftOut { name: self.name, rows, left });
        }
        for (split, called) in SPLITS {
            if self.indices(split).is_empty() {
                let left = self.dropped.in_brackets();
                return Err(DatasetError::TooFew { name: self.name, split: called, count: self.items.len(), left });
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

    /// sha256 of what races learn from: classes, and the text, label and split of every sentence. Two files of the same
    /// name, or one that is read otherwise, have another.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
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

#[cfg(test)]
mod tests;
