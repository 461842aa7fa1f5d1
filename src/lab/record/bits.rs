//! Right and wrong answers as hexadecimal digits, four sentences a digit: small enough to keep with a record, so that
//! anyone can compute its figures again.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// `2035:f3a…`: how many, and the digits; the first sentence is the highest bit of the first digit.
///
/// # Errors
/// When the serializer fails.
pub fn serialize<S: Serializer>(bits: &[bool], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&write(bits))
}

/// See [`serialize`].
///
/// # Errors
/// When digits are missing or are none.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<bool>, D::Error> {
    let text = String::deserialize(deserializer)?;
    read(&text).ok_or_else(|| D::Error::custom("answers must be a count, a colon and a digit for every four"))
}

pub(super) fn write(bits: &[bool]) -> String {
    let digit = |four: &[bool]| {
        let value = (0..4).fold(0, |value, at| value << 1 | u32::from(four.get(at).copied().unwrap_or(false)));
        char::from_digit(value, 16).unwrap_or('0')
    };
    format!("{}:{}", bits.len(), bits.chunks(4).map(digit).collect::<String>())
}

pub(super) fn read(text: &str) -> Option<Vec<bool>> {
    let (count, digits) = text.split_once(':')?;
    let count: usize = count.parse().ok()?;
    if digits.len() != count.div_ceil(4) {
        return None;
    }
    let mut bits = Vec::with_capacity(count);
    for digit in digits.chars() {
        let value = digit.to_digit(16)?;
        bits.extend((0..4).map(|at| value >> (3 - at) & 1 == 1));
    }
    let rest = bits.split_off(count);
    (!rest.contains(&true)).then_some(bits)
}

/// The same for several seeds.
pub mod lists {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// A list of what [`super::serialize`] writes.
    ///
    /// # Errors
    /// When the serializer fails.
    pub fn serialize<S: Serializer>(lists: &[Vec<bool>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(lists.iter().map(|bits| super::write(bits)))
    }

    /// See [`serialize`].
    ///
    /// # Errors
    /// As [`super::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<bool>>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let read = |text: &String| super::read(text).ok_or_else(|| D::Error::custom("answers are not whole"));
        texts.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bits in proptest::collection::vec(any::<bool>(), 0..70)) {
            prop_assert_eq!(read(&write(&bits)), Some(bits));
        }
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for text in ["", "4", "4:", "4:f0", "5:f", "x:f", "4:g", "2:f", "99999999999999999999:f"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
