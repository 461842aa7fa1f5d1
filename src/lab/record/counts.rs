//! Small whole numbers as one line of text, so that a record can keep one for every test sentence.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// The numbers with a space between.
///
/// # Errors
/// When the serializer fails.
pub fn serialize<S: Serializer>(counts: &[usize], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

/// See [`serialize`].
///
/// # Errors
/// When something else than whole numbers stands there.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = |word: &str| word.parse::<u16>().map(usize::from);
    text.split_whitespace()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|_| D::Error::custom("counts must be whole numbers with a space between"))
}
