//! Reading labelled sentences, and saying what is wrong with them and where.

use std::collections::HashSet;

use super::{Dataset, Dropped, Item, content_hash, hex, key, split};
use sha2::{Digest, Sha256};

use crate::wording::excerpt;

/// Ratings nearer to 0 than this are neither positive nor negative.
const NEUTRAL: f64 = 0.5;
/// Ratings run from minus this to this.
const EXTREME: f64 = 4.0;

/// The classes that ratings make, by their index.
const SIGNS: [&str; 2] = ["negative", "positive"];

/// What is wrong with a data set. Lines are counted from 1, the header included.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatasetError {
    /// No such set inside the program.
    #[error("there is no data set named {name:?}. There are: movies, products")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The first line does not name a column.
    #[error(
        "{name}, line 1: no column named {column:?}. The first line must name the columns, with tabs between: id, rating, text"
    )]
    Header {
        /// The data set.
        name: String,
        /// The missing column.
        column: &'static str,
    },
    /// A line with too few columns.
    #[error("{name}, line {line}: no column {column:?}. Columns are separated by tabs, as the first line names them")]
    Column {
        /// The data set.
        name: String,
        /// Which line.
        line: usize,
        /// The missing column.
        column: &'static str,
    },
    /// A rating that is not a number from -4 to 4.
    #[error("{name}, line {line}: the rating {found:?} is not a number from -4 to 4")]
    Rating {
        /// The data set.
        name: String,
        /// Which line.
        line: usize,
        /// What stands there (its beginning).
        found: String,
    },
    /// A line without a sentence.
    #[error("{name}, line {line}: the text is empty")]
    Text {
        /// The data set.
        name: String,
        /// Which line.
        line: usize,
    },
    /// A zero byte: not a text file.
    #[error("{name}, line {line}: there is a NUL byte, so this is not a plain text file. Save it as UTF-8 text")]
    Nul {
        /// The data set.
        name: String,
        /// Which line.
        line: usize,
    },
    /// The first line of a learner's own file does not name a column.
    #[error("{name}, line 1: no column named {column:?}, only {found}. {advice}")]
    Labelled {
        /// The data set.
        name: String,
        /// The missing column.
        column: &'static str,
        /// Those that are there, in words.
        found: String,
        /// What to do about it.
        advice: String,
    },
    /// Nothing is in a learner's own file.
    #[error("{name}: the file is empty. Write sentences with their labels into it")]
    Empty {
        /// The data set.
        name: String,
    },
    /// The file says itself what each sentence is for, and one use is missing.
    #[error(
        "{name}: no sentence left has the split {split:?}{left}. Give it to some of them, or leave out the column split"
    )]
    NoSplit {
        /// The data set.
        name: String,
        /// Which split.
        split: &'static str,
        /// What was left out, in brackets; empty where nothing was.
        left: String,
    },
    /// The labels to test with are not in the file.
    #[error(
        "{name}: all {count} labels of {part} are -1, which is how GLUE hides them: its test part has no labels. Leave these rows out, and take rows with labels in their place, such as those of its validation part"
    )]
    Hidden {
        /// The data set.
        name: String,
        /// Which part of it.
        part: &'static str,
        /// Sentences.
        count: usize,
    },
    /// A row of a learner's own file cannot be read.
    #[error("{name}, line {line}: {problem}")]
    Row {
        /// The data set.
        name: String,
        /// Which line.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A class that could not be learned.
    #[error(
        "{name}: no sentence of the class {:?} is in the train split. Add more of them, or leave the class out",
        excerpt(class)
    )]
    NoTraining {
        /// The data set.
        name: String,
        /// Its name.
        class: String,
    },
    /// Labels that are numbers of a scale.
    #[error(
        "{name}: its {rows} sentences have {distinct} different numbers as labels, as a scale has; clsroom learns classes, not numbers. Write a few classes as labels, such as low and high"
    )]
    Numbers {
        /// The data set.
        name: String,
        /// Different numbers.
        distinct: usize,
        /// Sentences.
        rows: usize,
    },
    /// All sentences have the same label.
    #[error(
        "{name}: every sentence left is {}, so there is nothing to tell apart. Add sentences with another label (ratings nearer to 0 than 0.5 are left out)",
        excerpt(only)
    )]
    OneClass {
        /// The data set.
        name: String,
        /// Which: the name of its class.
        only: String,
    },
    /// None is left.
    #[error("{name}: all {rows} rows were left out: {left}. Each must have a text and a label")]
    AllLeftOut {
        /// The data set.
        name: String,
        /// Rows.
        rows: usize,
        /// Why, in words.
        left: String,
    },
    /// No sentence falls into one of the splits.
    #[error("{name}: no sentence falls into the {split} split: {count} sentences are too few{left}. Add more")]
    TooFew {
        /// The data set.
        name: String,
        /// Which split.
        split: &'static str,
        /// Sentences left.
        count: usize,
        /// What was left out, in brackets; empty where nothing was.
        left: String,
    },
}

/// The sentences of a file by the rules of [`Dataset::parse`], not yet checked for being enough.
pub(super) fn parse(name: &str, text: &str) -> Result<Dataset, DatasetError> {
    let name = clean(name);
    no_nul(&name, text)?;
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let columns = Columns::find(&name, lines.next().map_or("", |(_, line)| line))?;
    let mut seen = HashSet::new();
    let mut items = Vec::new();
    let mut dropped = Dropped::default();
    for (index, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let (rating, text) = columns.read(&name, index + 1, line)?;
        if rating.abs() < NEUTRAL {
            dropped.neutral += 1;
        } else if seen.insert(key(text)) {
            let hash = content_hash(text);
            items.push(Item { text: text.to_owned(), label: usize::from(rating > 0.0), split: split(&hash), hash });
        } else {
            dropped.repeated += 1;
        }
    }
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    Ok(Dataset::new(name, SIGNS.map(str::to_owned).to_vec(), items, dropped, sha256))
}

/// An error at the first zero byte.
pub(super) fn no_nul(name: &str, text: &str) -> Result<(), DatasetError> {
    text.find('\0').map_or(Ok(()), |at| {
        Err(DatasetError::Nul { name: name.to_owned(), line: text[..at].matches('\n').count() + 1 })
    })
}

/// Where the columns are.
struct Columns {
    rating: usize,
    text: usize,
}

impl Columns {
    fn find(name: &str, header: &str) -> Result<Self, DatasetError> {
        let find = |column: &'static str| {
            let at = header.split('\t').position(|field| field.trim() == column);
            at.ok_or_else(|| DatasetError::Header { name: name.to_owned(), column })
        };
        Ok(Self { rating: find("rating")?, text: find("text")? })
    }

    fn read<'a>(&self, name: &str, line: usize, row: &'a str) -> Result<(f64, &'a str), DatasetError> {
        let field = |at: usize, column: &'static str| {
            row.split('\t').nth(at).ok_or_else(|| DatasetError::Column { name: name.to_owned(), line, column })
        };
        let (rating, text) = (field(self.rating, "rating")?, field(self.text, "text")?);
        if text.trim().is_empty() {
            return Err(DatasetError::Text { name: name.to_owned(), line });
        }
        match rating.trim().parse::<f64>() {
            Ok(rating) if rating.abs() <= EXTREME => Ok((rating, text)),
            _ => {
                let found = clean(rating).chars().take(40).collect();
                Err(DatasetError::Rating { name: name.to_owned(), line, found })
            }
        }
    }
}

/// A name or label with control characters as visible symbols (U+2400 block), and marks that turn the writing direction as
/// U+FFFD: a file must not be able to steer the terminal that shows it. Not for texts: the model reads them as they are.
pub(super) fn clean(text: &str) -> String {
    let visible = |c: char| match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    text.chars().map(visible).collect()
}
