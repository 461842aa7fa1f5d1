//! A Windows console's records of keys as the bytes that a terminal sends for them. `windows.rs` reads the records; the
//! translation knows nothing of the system, and its tests run everywhere.

/// What a record says about a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    /// Pressed, not let go.
    pub down: bool,
    /// How often, where it is held down.
    pub times: u16,
    /// Half of a character, or all of it; 0 where it has none.
    pub unit: u16,
    /// The number of the key.
    pub code: u16,
    /// Alt is held.
    pub alt: bool,
    /// Ctrl is held.
    pub ctrl: bool,
}

/// Numbers of keys.
const BACKSPACE: u16 = 0x08;
const ALT: u16 = 0x12;
const SPACE: u16 = 0x20;
const DIGIT_TWO: u16 = 0x32;

/// Turns records into bytes.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The first half of a character that takes two records.
    half: Option<u16>,
}

impl Records {
    /// Takes one record.
    pub fn take(&mut self, key: Key, bytes: &mut Vec<u8>) {
        // Letting Alt go ends a character that was typed as a number.
        let typed_as_number = key.code == ALT && key.unit != 0;
        if !(key.down || typed_as_number) {
            return;
        }
        for _ in 0..key.times.max(1) {
            if key.unit == 0 {
                bytes.extend_from_slice(without_character(key));
            } else {
                self.character(key, bytes);
            }
        }
    }

    fn character(&mut self, key: Key, bytes: &mut Vec<u8>) {
        let units = self.half.take().into_iter().chain([key.unit]);
        let Some(Ok(character)) = char::decode_utf16(units).last() else {
            self.half = Some(key.unit);
            return;
        };
        // Alt and Ctrl together are AltGr, with which many keyboards type brackets.
        if key.alt && !key.ctrl && key.down && character != '\x1b' {
            bytes.push(0x1b);
        }
        // A terminal sends DEL for this key, and a console that speaks no sequences does not.
        let backspace = character == '\x08' && key.code == BACKSPACE && !key.ctrl;
        let character = if backspace { '\x7f' } else { character };
        bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The sequence of a key that has no character.
fn without_character(key: Key) -> &'static [u8] {
    match key.code {
        SPACE | DIGIT_TWO if key.ctrl => b"\0",
        _ if key.alt => b"",
        0x23 => b"\x1b[F",
        0x24 => b"\x1b[H",
        0x25 => b"\x1b[D",
        0x26 => b"\x1b[A",
        0x27 => b"\x1b[C",
        0x28 => b"\x1b[B",
        0x2e => b"\x1b[3~",
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UP: u16 = 0x26;

    fn pressed(unit: u16, code: u16) -> Key {
        Key { down: true, times: 1, unit, code, alt: false, ctrl: false }
    }

    fn bytes(keys: &[Key]) -> Vec<u8> {
        let (mut records, mut bytes) = (Records::default(), Vec::new());
        keys.iter().for_each(|key| records.take(*key, &mut bytes));
        bytes
    }

    #[test]
    fn keys_come_to_the_bytes_of_a_terminal() {
        let released = |key: Key| Key { down: false, ..key };
        let (a, up) = (pressed(0x61, 0x41), pressed(0, UP));
        assert_eq!(bytes(&[a, released(a), up, released(up)]), b"a\x1b[A");
        assert_eq!(bytes(&[Key { times: 3, ..a }]), b"aaa");
        assert_eq!(bytes(&[pressed(0x0d, 0x0d), pressed(0x1b, 0x1b), pressed(0x03, 0x43)]), b"\r\x1b\x03");
        assert_eq!(bytes(&[pressed(0x08, BACKSPACE)]), b"\x7f");
        assert_eq!(bytes(&[Key { ctrl: true, ..pressed(0x08, 0x48) }]), b"\x08", "Ctrl-H");
        assert_eq!(bytes(&[Key { ctrl: true, ..pressed(0, SPACE) }]), b"\0");
        assert_eq!(bytes(&[pressed(0, 0x10), pressed(0, 0x11), pressed(0, 0x70)]), b"", "Shift, Ctrl, F1");
    }

    #[test]
    fn characters_of_two_records_of_numbers_and_of_altgr_are_whole() {
        let units: Vec<Key> = "é😀".encode_utf16().map(|unit| pressed(unit, 0)).collect();
        assert_eq!(bytes(&units), "é😀".as_bytes());
        let number = Key { down: false, ..pressed(0xe9, ALT) };
        assert_eq!(bytes(&[number]), "é".as_bytes(), "Alt and digits of the keypad");
        let alt = Key { alt: true, ..pressed(0x61, 0x41) };
        assert_eq!(bytes(&[alt]), b"\x1ba");
        assert_eq!(bytes(&[Key { ctrl: true, alt: true, ..pressed(0x5b, 0x38) }]), b"[", "AltGr");
        assert_eq!(bytes(&[Key { alt: true, ..pressed(0, UP) }]), b"", "no key of the program");
        // The second half alone is nothing, and does not spoil what follows.
        assert_eq!(bytes(&[pressed(0xdc00, 0), pressed(0x61, 0x41)]), b"a");
    }

    #[test]
    fn sequences_that_the_console_sends_pass_as_they_are() {
        let sent: Vec<Key> = "\x1b[200~a\rb\x1b[201~".encode_utf16().map(|unit| pressed(unit, 0)).collect();
        assert_eq!(bytes(&sent), b"\x1b[200~a\rb\x1b[201~");
    }
}
