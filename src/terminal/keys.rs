//! Bytes of a terminal as keys and pastes: a state machine without a clock, for the local terminal and for a network.
//!
//! [`Parser::feed`] takes bytes in chunks of any size and gives the same keys however they are cut. What is unfinished
//! waits for its rest: [`Parser::patience`] says how long, and after that time without a byte the front end calls
//! [`Parser::give_up`]. Nothing here blocks, panics or keeps more than [`MOST_PASTED`] bytes.
//!
//! It is our own because parsers of a program's output (vte) have neither pastes nor a lone Esc and take Enter for a part
//! of the sequence before it, and parsers of keys (crossterm, termina) type the rest of every sequence that they do not
//! know, which answers questions and opens overlays.

mod csi;

use std::time::Duration;

use crate::app::Key;

/// Bytes of one paste that are kept: more than a sentence may have, however its characters are written.
pub const MOST_PASTED: usize = 1 << 20;

/// Bytes of one sequence's parameters that are kept. No key needs as many.
const MOST_PARAMETERS: usize = 64;

/// How long a lone Esc waits for the rest of a sequence. Long enough for an arrow whose bytes a busy line sends apart,
/// too short for a hand.
const KEY: Duration = Duration::from_millis(100);

/// How long a sequence that is more than a hand can type waits for its rest.
const SEQUENCE: Duration = Duration::from_secs(1);

/// The same for a paste.
const PASTE: Duration = Duration::from_secs(3);

/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

const ESC: u8 = 0x1b;
const CTRL_C: u8 = 0x03;
/// The end of a text, in eight bits.
const ST: u8 = 0x9c;

/// What a terminal sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// A paste in brackets, invalid UTF-8 replaced.
    Paste(String),
}

/// Where the parser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Within {
    /// Between keys.
    #[default]
    Ground,
    /// A character of so many bytes that has begun; whether it is typed or belongs to Alt.
    Character(usize, bool),
    /// After Esc.
    Escape,
    /// After `Esc [`; its parameters are held.
    Csi,
    /// After `Esc O`.
    Ss3,
    /// After `Esc [ [`: a function key of the Linux console, one byte more.
    Console,
    /// A mouse report of the old kind: so many bytes more, whichever they are.
    Mouse(u8),
    /// OSC, DCS, APC, PM, SOS: whether anything but its introducer has come.
    Text(bool),
    /// Esc within such a text: its end, if a backslash follows.
    TextEscape,
    /// A paste; so many bytes of its end have come.
    Paste(usize),
}

/// Turns bytes into keys.
#[derive(Debug, Default)]
pub struct Parser {
    within: Within,
    /// Another Esc stands before the sequence.
    twice: bool,
    /// The sequence began with a control character of eight bits, which no hand types.
    eight_bits: bool,
    /// Parameters, a character's bytes or a paste.
    held: Vec<u8>,
    found: Vec<Input>,
}

impl Parser {
    /// Takes what was read; gives what it came to.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Input> {
        bytes.iter().for_each(|byte| self.byte(*byte));
        std::mem::take(&mut self.found)
    }

    /// How long to wait for the rest of what is unfinished; `None` when nothing is.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        match self.within {
            Within::Ground => None,
            Within::Csi | Within::Ss3 if !self.held.is_empty() => Some(SEQUENCE),
            Within::Character(..) | Within::Escape | Within::Csi | Within::Ss3 | Within::Text(false) => Some(KEY),
            Within::Console | Within::Mouse(_) | Within::Text(true) | Within::TextEscape => Some(SEQUENCE),
            Within::Paste(_) => Some(PASTE),
        }
    }

    /// Nothing came in that time: what is unfinished is what it is so far.
    pub fn give_up(&mut self) -> Vec<Input> {
        match self.within {
            Within::Escape => self.lone_escape(),
            Within::Paste(matched) => self.end_paste(matched),
            _ => self.cut_short(),
        }
        self.ground();
        std::mem::take(&mut self.found)
    }

    fn byte(&mut self, byte: u8) {
        match self.within {
            Within::Ground => self.key_of(byte),
            Within::Character(length, typed) => self.character(byte, length, typed),
            Within::Paste(matched) => self.pasted(byte, matched),
            Within::Mouse(left) if byte != ESC => {
                self.within = if left > 1 { Within::Mouse(left - 1) } else { Within::Ground };
            }
            Within::TextEscape if byte == b'\\' => self.ground(),
            // Within a text, any escape but its end ends it too, and is itself.
            Within::Escape | Within::TextEscape => self.after_escape(byte),
            Within::Text(_) => match byte {
                ESC => self.within = Within::TextEscape,
                CTRL_C => self.interrupted(byte),
                // BEL ends it as xterm does, CAN and SUB break it off.
                0x07 | 0x18 | 0x1a => self.ground(),
                ST if self.eight_bits => self.ground(),
                _ => self.within = Within::Text(true),
            },
            Within::Csi | Within::Ss3 | Within::Console | Within::Mouse(_) => self.in_sequence(byte),
        }
    }

    /// A byte of a sequence that ends with a letter.
    fn in_sequence(&mut self, byte: u8) {
        match (byte, self.within) {
            (ESC, _) => {
                self.cut_short();
                self.ground();
                self.within = Within::Escape;
            }
            (0x00..=0x1f | 0x7f.., _) => self.interrupted(byte),
            (_, Within::Console) => self.complete(None),
            (0x20..=0x3f, _) if !(byte == b'$' && self.is_number()) => {
                if self.held.len() < MOST_PARAMETERS {
                    self.held.push(byte);
                }
            }
            (_, Within::Ss3) => self.complete(csi::arrow(byte).filter(|_| self.held.len() < MOST_PARAMETERS)),
            (b'[', _) if self.held.is_empty() => self.within = Within::Console,
            (b'M', _) if self.held.is_empty() => self.within = Within::Mouse(3),
            (b'~', _) if self.held == b"200" => {
                if self.twice {
                    self.found.push(Input::Key(Key::Esc));
                }
                self.ground();
                self.within = Within::Paste(0);
            }
            _ => {
                let whole = self.held.len() < MOST_PARAMETERS;
                self.complete(csi::key(&self.held, byte).filter(|_| whole));
            }
        }
    }

    /// Whether the parameters are one number: then `$` ends a sequence of rxvt, in which it stands for Shift.
    fn is_number(&self) -> bool {
        self.within == Within::Csi && !self.held.is_empty() && self.held.iter().all(u8::is_ascii_digit)
    }

    /// A sequence has ended: with a key, or with something that is none.
    fn complete(&mut self, key: Option<Key>) {
        let key = match (self.twice, key) {
            (true, Some(_)) => Some(Key::Alt),
            // Esc, and behind it what the terminal told of itself.
            (true, None) => Some(Key::Esc),
            (false, key) => key,
        };
        self.found.extend(key.map(Input::Key));
        self.ground();
    }

    /// A byte that no sequence has: what was begun is over, and Ctrl-C is still Ctrl-C.
    fn interrupted(&mut self, byte: u8) {
        self.cut_short();
        self.ground();
        if byte == CTRL_C || byte >= 0x80 {
            self.key_of(byte);
        }
    }

    /// A sequence without its end. `Esc [` alone may have been typed: then it is Esc with a key.
    fn cut_short(&mut self) {
        let typed = match self.within {
            Within::Csi | Within::Ss3 => self.held.is_empty(),
            Within::Text(more) => !more,
            _ => false,
        };
        if self.twice {
            self.found.push(Input::Key(Key::Esc));
        } else if typed && !self.eight_bits {
            self.found.push(Input::Key(Key::Alt));
        }
    }

    fn lone_escape(&mut self) {
        let times = if self.twice { 2 } else { 1 };
        self.found.extend(std::iter::repeat_n(Input::Key(Key::Esc), times));
    }

    fn after_escape(&mut self, byte: u8) {
        self.eight_bits = false;
        self.within = match byte {
            ESC if self.twice => {
                self.found.push(Input::Key(Key::Esc));
                Within::Escape
            }
            ESC => {
                self.twice = true;
                Within::Escape
            }
            b'[' => Within::Csi,
            b'O' => Within::Ss3,
            b']' | b'P' | b'_' | b'^' | b'X' => {
                if std::mem::take(&mut self.twice) {
                    self.found.push(Input::Key(Key::Esc));
                }
                Within::Text(false)
            }
            _ => return self.with_key(byte),
        };
    }

    /// Esc, and a key right behind it.
    fn with_key(&mut self, byte: u8) {
        if self.twice {
            self.found.push(Input::Key(Key::Esc));
        }
        self.found.push(Input::Key(Key::Alt));
        self.ground();
        match byte {
            CTRL_C => self.key_of(byte),
            0x80.. => self.begin_character(byte, false),
            _ => {}
        }
    }

    /// A byte between sequences.
    fn key_of(&mut self, byte: u8) {
        let key = match byte {
            ESC => return self.within = Within::Escape,
            b'\r' => Key::Enter,
            b'\t' => Key::Tab,
            0x7f => Key::Backspace,
            0x00 => Key::Ctrl(' '),
            0x01..=0x1a => Key::Ctrl(char::from(byte - 1 + b'a')),
            0x1c..=0x1f => return,
            0x20..=0x7e => Key::Char(char::from(byte)),
            0x80.. => return self.begin_character(byte, true),
        };
        self.found.push(Input::Key(key));
    }

    fn begin_character(&mut self, byte: u8, typed: bool) {
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0x9f if typed => return self.control(byte),
            // No character begins so: a terminal that does not speak UTF-8.
            _ => return,
        };
        self.held.push(byte);
        self.within = Within::Character(length, typed);
    }

    fn character(&mut self, byte: u8, length: usize, typed: bool) {
        if !(0x80..=0xbf).contains(&byte) {
            self.ground();
            return self.key_of(byte);
        }
        self.held.push(byte);
        if self.held.len() == length {
            let found = std::str::from_utf8(&self.held).ok().and_then(|text| text.chars().next());
            self.ground();
            match found.filter(|_| typed) {
                Some(c @ '\u{80}'..='\u{9f}') => self.control(c as u8),
                found => self.found.extend(found.map(|c| Input::Key(Key::Char(c)))),
            }
        }
    }

    /// A control character of eight bits: some begin a sequence, the others mean nothing here.
    fn control(&mut self, byte: u8) {
        self.within = match byte {
            0x9b => Within::Csi,
            0x8f => Within::Ss3,
            0x90 | 0x98 | 0x9d..=0x9f => Within::Text(true),
            _ => return,
        };
        self.eight_bits = true;
    }

    fn pasted(&mut self, byte: u8, matched: usize) {
        if byte == PASTE_END[matched] {
            if matched + 1 == PASTE_END.len() {
                self.end_paste(0);
                self.ground();
            } else {
                self.within = Within::Paste(matched + 1);
            }
            return;
        }
        self.keep_pasted(&PASTE_END[..matched]);
        // Esc stands only at the beginning of the end.
        let begins = byte == ESC;
        if !begins {
            self.keep_pasted(&[byte]);
        }
        self.within = Within::Paste(usize::from(begins));
    }

    fn keep_pasted(&mut self, bytes: &[u8]) {
        let room = MOST_PASTED - self.held.len();
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_paste(&mut self, matched: usize) {
        self.keep_pasted(&PASTE_END[..matched]);
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned();
        self.found.push(Input::Paste(text));
    }

    fn ground(&mut self) {
        self.within = Within::Ground;
        self.twice = false;
        self.eight_bits = false;
        self.held.clear();
    }
}
