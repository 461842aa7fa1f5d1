//! Sequences that are keys: arrows and editing keys with their modifiers, and keys that are sent as the number of their
//! character (`CSI u`, kitty's protocol, xterm's modifyOtherKeys). All others are answers of the terminal or unknown, and
//! do nothing.

use crate::app::Key;

/// Modifiers as terminals count them, less one.
#[derive(Clone, Copy)]
struct Modifiers(u32);

impl Modifiers {
    const SHIFT: u32 = 1;
    const CTRL: u32 = 4;
    /// Alt, Super, Hyper, Meta: no key of the program has them, and none is the bare key.
    const OTHER: u32 = 2 | 8 | 16 | 32;

    fn has(self, bits: u32) -> bool {
        self.0 & bits != 0
    }
}

/// The key of an arrow's, Home's or End's last letter.
pub(super) fn arrow(letter: u8) -> Option<Key> {
    Some(match letter {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'M' => Key::Enter, // of the keypad, after `Esc O`
        _ => return None,
    })
}

/// The key that a sequence `CSI parameters letter` is.
pub(super) fn key(parameters: &[u8], letter: u8) -> Option<Key> {
    let text = std::str::from_utf8(parameters).ok()?;
    let fields: Vec<Vec<Option<u32>>> =
        text.split(';').map(|field| field.split(':').map(|number| number.parse().ok()).collect()).collect();
    // Anything else than numbers is of an answer.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b';' || byte == b':') {
        return None;
    }
    let number = |field: usize, part: usize| fields.get(field).and_then(|parts| parts.get(part).copied().flatten());
    let modifiers = |field: usize| Modifiers(number(field, 0).unwrap_or(1).saturating_sub(1));
    let released = number(1, 1) == Some(3);
    if released || modifiers(1).has(Modifiers::OTHER) {
        return None;
    }
    match letter {
        b'A'..=b'D' | b'F' | b'H' if fields.len() <= 2 => arrow(letter),
        // rxvt ends them with ^, $ and @ when Ctrl and Shift are held.
        b'~' | b'^' | b'$' | b'@' => match number(0, 0)? {
            1 | 7 => Some(Key::Home),
            3 => Some(Key::Delete),
            4 | 8 => Some(Key::End),
            27 => character(number(2, 0)?, None, modifiers(1)),
            _ => None,
        },
        b'u' => character(number(0, 0)?, number(0, 1), modifiers(1)),
        _ => None,
    }
}

/// The key of a character's number; `shifted` is what it is with Shift, where the terminal says so.
fn character(number: u32, shifted: Option<u32>, modifiers: Modifiers) -> Option<Key> {
    const KEYPAD: std::ops::RangeInclusive<u32> = 57_399..=57_408;
    /// Kitty's numbers of keys without a character.
    const WITHOUT_CHARACTER: std::ops::RangeInclusive<u32> = 57_344..=63_743;
    let shift = modifiers.has(Modifiers::SHIFT);
    Some(match number {
        8 | 127 => Key::Backspace,
        9 if shift => return None,
        9 => Key::Tab,
        13 | 57_414 => Key::Enter,
        27 => Key::Esc,
        number if KEYPAD.contains(&number) => Key::Char(char::from_digit(number - KEYPAD.start(), 10)?),
        number if WITHOUT_CHARACTER.contains(&number) => return None,
        number => {
            let bare = char::from_u32(number).filter(|c| !c.is_control())?;
            match (modifiers.has(Modifiers::CTRL), shift) {
                (true, _) => Key::Ctrl(bare.to_ascii_lowercase()),
                (false, false) => Key::Char(bare),
                (false, true) => match shifted.and_then(char::from_u32).filter(|c| !c.is_control()) {
                    Some(shifted) => Key::Char(shifted),
                    None if bare.is_alphabetic() => Key::Char(bare.to_uppercase().next()?),
                    // xterm sends the character that was typed, and no key of a digit's may answer a question.
                    None if bare.is_ascii_digit() => return None,
                    None => Key::Char(bare),
                },
            }
        }
    })
}
