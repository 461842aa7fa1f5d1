//! What a piece is and how it is written for people.

use tokenizers::Tokenizer;

/// What a piece is to the model. Decided by the tokenizer's special tokens and offsets, never by how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub enum Kind {
    /// The token that the tokenizer puts before a text: BERT's `[CLS]`, RoBERTa's `<s>`.
    First,
    /// A token that it puts behind a text or between two: BERT's `[SEP]`, RoBERTa's `</s>`.
    Separator,
    /// A piece of the text that begins a word.
    #[default]
    Word,
    /// A piece of the text that continues the word of the piece before it.
    Continuation,
}

impl Kind {
    /// Whether the tokenizer put it there.
    #[must_use]
    pub fn is_special(self) -> bool {
        matches!(self, Self::First | Self::Separator)
    }
}

/// Stands for a space in pieces that carry it, as `SentencePiece` writes it.
pub const SPACE: char = '\u{2581}';

/// Kinds of the pieces of an encoding; `texts` are those that its offsets point into.
pub(super) fn kinds(encoding: &tokenizers::Encoding, texts: [&str; 2], shown: &[String]) -> Vec<Kind> {
    let sequences = encoding.get_sequence_ids();
    let (words, offsets) = (encoding.get_word_ids(), encoding.get_offsets());
    let mut kinds = Vec::with_capacity(words.len());
    // The piece before this one in the same word, and whether the word has had a letter yet.
    let mut open: Option<(usize, bool)> = None;
    for index in 0..words.len() {
        if encoding.get_special_tokens_mask().get(index) == Some(&1) {
            kinds.push(if index == 0 { Kind::First } else { Kind::Separator });
            open = None;
            continue;
        }
        let letters = shown[index].chars().any(|c| c != SPACE);
        let text = texts[sequences.get(index).copied().flatten().unwrap_or(0).min(1)];
        let joined = open.filter(|(before, _)| {
            words[index].is_some()
                && words[index] == words[*before]
                && sequences.get(index) == sequences.get(*before)
                && !apart(text, offsets[*before], offsets[index])
        });
        kinds.push(if joined.is_some_and(|(_, begun)| begun) { Kind::Continuation } else { Kind::Word });
        open = Some((index, letters || joined.is_some_and(|(_, begun)| begun)));
    }
    kinds
}

/// Whether white space lies between the first letters of two neighbours. Tokenizers differ in whether a piece's range
/// holds the space before it, and some take a whole text for one word.
fn apart(text: &str, before: (usize, usize), here: (usize, usize)) -> bool {
    let letter = |(start, end): (usize, usize)| {
        let range = text.get(start..end).unwrap_or_default();
        start + (range.len() - range.trim_start().len())
    };
    let between = text.get(letter(before)..letter(here).max(letter(before))).unwrap_or_default();
    between.contains(char::is_whitespace)
}

/// How a tokenizer writes its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Writing {
    /// Every byte of a piece is one character of the byte-level alphabet (GPT-2's).
    pub bytes: bool,
    /// A byte that no piece holds is a piece such as `<0xC3>`.
    pub fallback: bool,
}

impl Writing {
    /// A piece as the text that it stands for: a space is [`SPACE`], a byte that is no whole character `<C3>`.
    pub fn shown(self, tokenizer: &Tokenizer, id: u32, token: &str) -> String {
        if let Some(added) = tokenizer.get_added_vocabulary().get_added_tokens_decoder().get(&id) {
            return crate::wording::visible(&added.content);
        }
        if let Some(byte) = token.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>')).filter(|_| self.fallback)
        {
            return format!("<{byte}>");
        }
        if self.bytes { decoded(token) } else { crate::wording::visible(token) }
    }
}

/// The text behind characters of the byte-level alphabet.
fn decoded(token: &str) -> String {
    let mut bytes = Vec::with_capacity(token.len());
    for c in token.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            // Not of this alphabet: it stands for itself.
            None => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                ' ' => text.push(SPACE),
                c if c.is_ascii_control() => text.push_str(&hex(c as u8)),
                c => text.push_str(&crate::wording::visible(c.encode_utf8(&mut [0; 4]))),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&hex(*byte));
        }
    }
    text
}

fn hex(byte: u8) -> String {
    format!("<{byte:02X}>")
}

/// GPT-2's alphabet: bytes that print are themselves, the others count up from U+0100.
fn byte_of(c: char) -> Option<u8> {
    let prints = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if let Some(byte) = u8::try_from(u32::from(c)).ok().filter(|byte| prints(*byte)) {
        return Some(byte);
    }
    let place = u32::from(c).checked_sub(0x100)? as usize;
    (0..=u8::MAX).filter(|byte| !prints(*byte)).nth(place)
}

#[cfg(test)]
mod tests {
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;

    use super::*;

    #[test]
    fn the_byte_alphabet_is_the_crates_own() {
        let mut ours: Vec<u8> = ByteLevel::alphabet().into_iter().filter_map(byte_of).collect();
        ours.sort_unstable();
        assert_eq!(ours, (0..=u8::MAX).collect::<Vec<_>>());
        assert_eq!(byte_of('映'), None);
    }

    #[test]
    fn pieces_are_written_as_their_text() {
        assert_eq!(decoded("ĠcafÃ©"), "▁café");
        assert_eq!(decoded("Ã"), "<C3>");
        assert_eq!(decoded("©Ġ"), "<A9>▁");
        assert_eq!(decoded("Ċ"), "<0A>");
        assert_eq!(decoded("映"), "映");
    }
}
