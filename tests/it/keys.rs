//! What a terminal sends, and what it must come to: one table of bytes, for the parser alone in chunks of every size, and
//! the same bytes on the real program.

use std::time::Duration;

use clsroom::app::Key;
use clsroom::terminal::keys::{Input, MOST_PASTED, Parser};
use proptest::prelude::*;

use crate::pty::Terminal;

/// What is behind the bytes of a row, in short.
pub enum Is {
    Keys(&'static [Key]),
    Pasted(&'static str),
}

use Is::{Keys, Pasted};
use Key::{Alt, Char, Ctrl, Enter, Esc};

/// What it is, its bytes, and what it comes to when nothing follows.
pub const TABLE: &[(&str, &[u8], Is)] = &[
    // Plain keys.
    ("letters", b"nq?", Keys(&[Char('n'), Char('q'), Char('?')])),
    ("Enter, Tab, Backspace", b"\r\t\x7f", Keys(&[Enter, Key::Tab, Key::Backspace])),
    ("Ctrl and a letter", b"\x03\x1a\x15\x08\n", Keys(&[Ctrl('c'), Ctrl('z'), Ctrl('u'), Ctrl('h'), Ctrl('j')])),
    ("Ctrl-Space", b"\0", Keys(&[Ctrl(' ')])),
    ("Ctrl and a sign has no meaning", b"\x1c\x1d\x1e\x1f", Keys(&[])),
    // Esc, and Alt, which is Esc and a key.
    ("Esc", b"\x1b", Keys(&[Esc])),
    ("Esc twice", b"\x1b\x1b", Keys(&[Esc, Esc])),
    ("Esc three times", b"\x1b\x1b\x1b", Keys(&[Esc, Esc, Esc])),
    ("Esc and n", b"\x1bn", Keys(&[Alt])),
    ("Esc and Enter", b"\x1b\r", Keys(&[Alt])),
    ("Esc and a digit", b"\x1b1", Keys(&[Alt])),
    ("Esc and a space", b"\x1b ", Keys(&[Alt])),
    ("Esc and Tab", b"\x1b\t", Keys(&[Alt])),
    ("Esc and Backspace", b"\x1b\x7f", Keys(&[Alt])),
    ("Esc and a letter that ASCII lacks", "\u{1b}é".as_bytes(), Keys(&[Alt])),
    ("Esc and Ctrl-C, which leaves whatever is before it", b"\x1b\x03", Keys(&[Alt, Ctrl('c')])),
    ("Esc, n and q", b"\x1bnq", Keys(&[Alt, Char('q')])),
    ("Esc, Esc and n", b"\x1b\x1bn", Keys(&[Esc, Alt])),
    ("Esc and what begins a sequence", b"\x1b[", Keys(&[Alt])),
    ("Esc and O", b"\x1bO", Keys(&[Alt])),
    ("Esc and what begins a text", b"\x1b]", Keys(&[Alt])),
    ("Esc and P", b"\x1bP", Keys(&[Alt])),
    ("Esc and an arrow, as rxvt sends Alt", b"\x1b\x1b[A", Keys(&[Alt])),
    ("the same of keypads", b"\x1b\x1bOA", Keys(&[Alt])),
    // Arrows and editing keys of all terminals.
    ("arrows", b"\x1b[A\x1b[B\x1b[C\x1b[D", Keys(&[Key::Up, Key::Down, Key::Right, Key::Left])),
    ("arrows of applications", b"\x1bOA\x1bOB\x1bOC\x1bOD", Keys(&[Key::Up, Key::Down, Key::Right, Key::Left])),
    ("Home, End", b"\x1b[H\x1b[F\x1bOH\x1bOF", Keys(&[Key::Home, Key::End, Key::Home, Key::End])),
    ("Home, End by number", b"\x1b[1~\x1b[4~\x1b[7~\x1b[8~", Keys(&[Key::Home, Key::End, Key::Home, Key::End])),
    ("Delete", b"\x1b[3~", Keys(&[Key::Delete])),
    ("Enter of the keypad", b"\x1bOM", Keys(&[Enter])),
    ("arrows with Shift and Ctrl", b"\x1b[1;2A\x1b[1;5D\x1b[1;6C", Keys(&[Key::Up, Key::Left, Key::Right])),
    ("keys with Shift and Ctrl of rxvt", b"\x1b[7$\x1b[8^\x1b[3@", Keys(&[Key::Home, Key::End, Key::Delete])),
    ("arrows with Alt are no arrows", b"\x1b[1;3A\x1b[1;4B\x1b[1;7C\x1b[1;9D\x1b[3;3~", Keys(&[])),
    ("function keys have no meaning", b"\x1bOP\x1bOS\x1b[15~\x1b[24~\x1b[1;2P\x1b[[A\x1b[[E", Keys(&[])),
    ("nor Insert and the pages, nor Tab backwards", b"\x1b[2~\x1b[5~\x1b[6~\x1b[Z", Keys(&[])),
    // Keys as numbers: CSI u, kitty, modifyOtherKeys.
    (
        "keys as numbers",
        b"\x1b[110u\x1b[13u\x1b[27u\x1b[9u\x1b[127u",
        Keys(&[Char('n'), Enter, Esc, Key::Tab, Key::Backspace]),
    ),
    ("Ctrl and a letter as a number", b"\x1b[99;5u\x1b[27;5;99~", Keys(&[Ctrl('c'), Ctrl('c')])),
    ("Shift and a letter", b"\x1b[97;2u\x1b[97:65;2u\x1b[47:63;2u", Keys(&[Char('A'), Char('A'), Char('?')])),
    ("Shift and a digit is not the digit", b"\x1b[49;2u", Keys(&[])),
    ("Alt and a letter is not the letter", b"\x1b[110;3u\x1b[27;3;110~\x1b[49;11u", Keys(&[])),
    ("Enter with Ctrl and Shift", b"\x1b[13;5u\x1b[13;2u", Keys(&[Enter, Enter])),
    ("kitty's press, repeat, release", b"\x1b[110;1:1u\x1b[110;1:2u\x1b[110;1:3u", Keys(&[Char('n'), Char('n')])),
    ("an arrow's release", b"\x1b[1;1:1A\x1b[1;1:3A", Keys(&[Key::Up])),
    ("CapsLock and NumLock change nothing", b"\x1b[110;65u\x1b[110;129u", Keys(&[Char('n'), Char('n')])),
    ("keys that are no characters", b"\x1b[57358u\x1b[57441;2u\x1b[57428u\x1b[3u", Keys(&[])),
    ("the keypad's digits and Enter", b"\x1b[57400u\x1b[57414u", Keys(&[Char('1'), Enter])),
    ("numbers that are no characters", b"\x1b[55296u\x1b[1114112u\x1b[99999999999u", Keys(&[])),
    // What terminals tell without being asked, or late.
    ("a colour", b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", Keys(&[])),
    ("a colour, ended by BEL", b"\x1b]10;rgb:ffff/ffff/ffff\x07", Keys(&[])),
    ("what was copied", b"\x1b]52;c;bnExMjM=\x1b\\", Keys(&[])),
    ("a name and version", b"\x1bP>|XTerm(379)\x1b\\", Keys(&[])),
    ("a setting", b"\x1bP1$r0 q\x1b\\", Keys(&[])),
    ("a capability", b"\x1bP1+r544e=787465726d\x1b\\", Keys(&[])),
    ("kitty's picture", b"\x1b_Gi=31;OK\x1b\\", Keys(&[])),
    ("a private message, and one of SOS", b"\x1b^1n2\x1b\\\x1bX1n2\x1b\\", Keys(&[])),
    ("a text with letters that ASCII lacks", "\u{1b}]0;é猫1n\u{1b}\\".as_bytes(), Keys(&[])),
    ("a text that is broken off", b"\x1b]11;rgb:1e\x18n\x1b]11;12\x1an", Keys(&[Char('n'), Char('n')])),
    ("an arrow ends a text", b"\x1b]11;rgb:1e\x1b[A", Keys(&[Key::Up])),
    ("Esc and a key end a text", b"\x1b]11;rgb:1e\x1bn", Keys(&[Alt])),
    ("Ctrl-C ends a text", b"\x1b]11;rgb:1e\x03", Keys(&[Ctrl('c')])),
    ("a place of the cursor", b"\x1b[24;80R\x1b[?24;80;1R", Keys(&[])),
    ("what the terminal is", b"\x1b[?62;22c\x1b[>41;379;0c\x1bP!|00000000\x1b\\", Keys(&[])),
    ("that it is well", b"\x1b[0n\x1b[?997;1n", Keys(&[])),
    ("a mode", b"\x1b[?2026;2$y\x1b[4;2$y", Keys(&[])),
    ("kitty's flags", b"\x1b[?1u", Keys(&[])),
    ("a size", b"\x1b[8;24;80t\x1b[4;600;800t\x1b[48;24;80;600;800t", Keys(&[])),
    ("focus", b"\x1b[I\x1b[O", Keys(&[])),
    ("the mouse", b"\x1b[<0;12;7M\x1b[<0;12;7m\x1b[<64;1;1M", Keys(&[])),
    ("the mouse of older terminals", b"\x1b[Mq1n\x1b[M #1\x1b[32;49;50M", Keys(&[])),
    ("a key of Windows", b"\x1b[78;49;110;1;0;1_", Keys(&[])),
    ("Esc, and a late answer behind it", b"\x1b\x1b]11;rgb:1\x1b\\\x1b\x1b[?1u", Keys(&[Esc, Esc])),
    ("a sequence in a sequence", b"\x1b[1;\x1b[A", Keys(&[Key::Up])),
    ("Ctrl-C in a sequence", b"\x1b[1;\x03", Keys(&[Ctrl('c')])),
    ("Enter in a sequence is not Enter", b"\x1b[1;\r", Keys(&[])),
    ("a sequence without end", b"\x1b[1;", Keys(&[])),
    ("a text without end", b"\x1b]11;rgb:1n", Keys(&[])),
    ("an end without a text", b"\x1b[201~", Keys(&[])),
    // Text.
    ("UTF-8", "é猫😀".as_bytes(), Keys(&[Char('é'), Char('猫'), Char('😀')])),
    ("bytes that are no UTF-8", b"\xff\xc0\xafn\x80", Keys(&[Char('n')])),
    ("a character that is cut", b"\xe7\x8cn", Keys(&[Char('n')])),
    ("a character without end", b"\xe7\x8c", Keys(&[])),
    ("half a pair, and too long", b"\xed\xa0\x80\xe0\x80\xafn", Keys(&[Char('n')])),
    ("Latin-1", b"\xe9n", Keys(&[Char('n')])),
    ("an arrow in eight bits, in UTF-8 and raw", b"\xc2\x9bA\x9bB", Keys(&[Key::Up, Key::Down])),
    (
        "a late colour in eight bits",
        b"\xc2\x9d11;rgb:1/2/3\xc2\x9cn\x9d11;rgb:1/2/3\x9cn",
        Keys(&[Char('n'), Char('n')]),
    ),
    ("what the terminal is, in eight bits", b"\x9b?1;2c\xc2\x9b?62;22c\x90>|XTerm(379)\x9c", Keys(&[])),
    ("a text of eight bits without end", b"\x9d11;rgb:1n", Keys(&[])),
    ("control characters of eight bits that begin nothing", b"\xc2\x85n\x84n", Keys(&[Char('n'), Char('n')])),
    // Pastes.
    ("a paste", b"\x1b[200~two\rlines\x1b[201~", Pasted("two\rlines")),
    ("an empty paste", b"\x1b[200~\x1b[201~", Pasted("")),
    ("a paste of what would be keys", b"\x1b[200~q\x03\x1b[A\x1b\x1b[201~", Pasted("q\u{3}\u{1b}[A\u{1b}")),
    ("a paste of nearly its end", b"\x1b[200~\x1b[201\x1b[20\x1b[201~", Pasted("\u{1b}[201\u{1b}[20")),
    ("a paste of another's beginning", b"\x1b[200~\x1b[200~a\x1b[201~", Pasted("\u{1b}[200~a")),
    ("a paste whose end does not come", b"\x1b[200~all of it\x1b[20", Pasted("all of it\u{1b}[20")),
    ("a paste that is no UTF-8", b"\x1b[200~a\xffb\x1b[201~", Pasted("a\u{fffd}b")),
    ("a paste with parameters is none", b"\x1b[200;1~", Keys(&[])),
];

/// All of it, chunk by chunk without a pause, and then silence.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Input> {
    let mut parser = Parser::default();
    let mut found: Vec<Input> = chunks.into_iter().flat_map(|chunk| parser.feed(chunk)).collect();
    if parser.patience().is_some() {
        found.extend(parser.give_up());
    }
    assert_eq!(parser.patience(), None, "silence ends everything");
    found
}

#[test]
fn every_row_of_the_table_comes_to_its_keys_however_it_is_cut() {
    for (what, bytes, is) in TABLE {
        let wanted: Vec<Input> = match is {
            Keys(keys) => keys.iter().copied().map(Input::Key).collect(),
            Pasted(text) => vec![Input::Paste((*text).to_owned())],
        };
        assert_eq!(read([*bytes]), wanted, "{what}");
        assert_eq!(read(bytes.chunks(1)), wanted, "{what}, byte by byte");
        for cut in 1..bytes.len() {
            assert_eq!(read([&bytes[..cut], &bytes[cut..]]), wanted, "{what}, cut behind byte {cut}");
        }
    }
}

#[test]
fn what_a_hand_can_type_waits_a_moment_and_the_rest_of_a_sequence_a_second() {
    for (bytes, least, most) in [
        (&b"\x1b"[..], 20, 200),
        (b"\x1b[", 20, 200),
        (b"\x1bO", 20, 200),
        (b"\x1b]", 20, 200),
        (b"\xe7", 20, 200),
        (b"\x1b[1;", 500, 2_000),
        (b"\x1b]11;", 500, 2_000),
        (b"\x1b[200~text", 2_000, 5_000),
    ] {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(bytes), [], "{bytes:?}");
        let waits = parser.patience().expect("it is unfinished").as_millis();
        assert!((least..=most).contains(&waits), "{bytes:?} waits {waits} ms");
    }
    let mut parser = Parser::default();
    parser.feed(b"n\x1b[A");
    assert_eq!(parser.patience(), None);
}

#[test]
fn a_paste_keeps_a_megabyte_and_no_more() {
    let mut parser = Parser::default();
    let mut found = parser.feed(b"\x1b[200~");
    for _ in 0..64 {
        found.extend(parser.feed(&vec![b'a'; 1 << 16]));
    }
    found.extend(parser.feed(b"\x1b[201~n"));
    let [Input::Paste(text), Input::Key(Char('n'))] = found.as_slice() else { panic!("a paste and a key") };
    assert_eq!(text.len(), MOST_PASTED);
}

/// Parts of sequences, so that many of them come near to being one.
fn part() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::sample::select(TABLE.iter().map(|(_, bytes, _)| bytes.to_vec()).collect::<Vec<_>>()),
        prop::sample::select(
            [&b"\x1b"[..], b"\x1b[", b"\x1bO", b"\x1b]", b"\x1bP", b"\x1b\\", b"200~", b"201~", b"1;5", b"\xe7", b"u"]
                .map(<[u8]>::to_vec)
                .to_vec()
        ),
        prop::collection::vec(any::<u8>(), 1..8),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_in_any_chunks_come_to_the_same_keys(
        parts in prop::collection::vec(part(), 1..12),
        cuts in prop::collection::vec(1usize..9, 1..40),
    ) {
        let bytes: Vec<u8> = parts.concat();
        let mut rest = bytes.as_slice();
        let mut chunks = Vec::new();
        for cut in cuts.iter().cycle() {
            let (chunk, left) = rest.split_at((*cut).min(rest.len()));
            chunks.push(chunk);
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(read(chunks), read([bytes.as_slice()]));
    }
}

/// The screen; blanks that were written are no other than cells that never were.
fn shown(terminal: &Terminal) -> String {
    terminal.screen().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// At the course map, at 80x24.
fn at_the_map(home: &tempfile::TempDir) -> Terminal {
    let mut terminal = Terminal::start(home.path(), (80, 24), &[]);
    terminal.wait_for("[home ready]");
    terminal
}

#[test]
fn esc_and_a_key_right_behind_it_close_what_is_open_and_are_not_the_key() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = at_the_map(&home);
    terminal.send("\r");
    terminal.wait_for("[01.1 ready]");
    for bytes in ["\u{1b}n", "\u{1b}\r", "\u{1b}1", "\u{1b}[", "\u{1b}O", "\u{1b}\u{1b}[A"] {
        terminal.send("e");
        terminal.wait_for("[editor ready]");
        terminal.send("kept out");
        terminal.wait_for("kept out");
        terminal.send(bytes);
        terminal.wait_for("The sentence was left as it was.");
        terminal.wait_for("[01.1 ready]");
        assert!(!terminal.screen().contains("kept out"), "{bytes:?}\n{}", terminal.screen());
    }
    for (key, marker) in [("?", "[help ready]"), ("s", "[settings ready]"), ("g", "[glossary ready]")] {
        terminal.send(key);
        terminal.wait_for(marker);
        terminal.send("\u{1b}n");
        terminal.wait_for("[01.1 ready]");
    }
    // On the map it does not end the program, as Esc alone does, and does nothing else either.
    terminal.send("q");
    terminal.wait_for("[home ready]");
    let before = shown(&terminal);
    terminal.send("\u{1b}q\u{1b}\r\u{1b}j\u{1b}e");
    terminal.send("?");
    terminal.wait_for("[help ready]");
    terminal.send("\u{1b}n");
    terminal.wait_for("[home ready]");
    assert_eq!(shown(&terminal), before);
    terminal.send("\u{1b}");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn what_a_terminal_tells_late_changes_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
    terminal.wait_for_frame_end();
    let before = shown(&terminal);
    for (what, bytes, is) in TABLE {
        if !matches!(is, Keys([])) || !bytes.starts_with(b"\x1b") || bytes.contains(&b'\r') {
            continue;
        }
        terminal.send_bytes(bytes);
        terminal.take_in(Duration::from_millis(20));
        assert_eq!(shown(&terminal), before, "{what}");
    }
    // Texts that come in two reads with a pause between them, longer than a hand's.
    for [first, rest] in [["\u{1b}]11;rgb:1e1e/1", "e1e/2e2e\u{1b}\\"], ["\u{1b}P>|XTer", "m(312)\u{1b}\\"]] {
        terminal.send(first);
        terminal.take_in(Duration::from_millis(300));
        terminal.send(rest);
        terminal.take_in(Duration::from_millis(20));
        assert_eq!(shown(&terminal), before, "{first:?}");
    }
    // What was sent has been read: the next key is answered.
    terminal.send("?");
    terminal.wait_for("[help ready]");
    terminal.send("?");
    terminal.wait_for("[01.2 ready]");
    assert_eq!(shown(&terminal), before);
}

#[test]
fn an_arrow_in_two_reads_is_an_arrow() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = at_the_map(&home);
    for (first, rest) in [("\u{1b}", "[B"), ("\u{1b}[", "B"), ("\u{1b}", "OB"), ("\u{1b}O", "B")] {
        terminal.send(first);
        // So that the two are not read together; the program would have drawn what it took for a key.
        terminal.take_in(Duration::from_millis(15));
        terminal.send(rest);
    }
    terminal.send("\r");
    terminal.wait_for("[05.1 ready]");
}

#[test]
fn an_unfinished_sequence_holds_up_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = at_the_map(&home);
    for unfinished in ["\u{1b}[<", "\u{1b}]11;rgb:1", "\u{1b}P1"] {
        terminal.send(unfinished);
        terminal.resize(120, 36);
        terminal.wait_until("the wide map", |screen| {
            screen.contains("[home ready]") && screen.lines().any(|line| line.chars().count() > 100)
        });
        terminal.resize(80, 24);
        terminal.wait_until("the narrow map", |screen| {
            screen.contains("[home ready]") && screen.lines().all(|line| line.chars().count() <= 80)
        });
        // Esc ends whatever it was, and a key is a key again.
        terminal.send("\u{1b}x");
        terminal.send("?");
        terminal.wait_for("[help ready]");
        terminal.send("?");
        terminal.wait_for("[home ready]");
    }
}

#[test]
fn a_paste_whose_end_never_comes_is_taken_after_a_while() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = at_the_map(&home);
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send("\u{15}\u{1b}[200~Nothing ends this");
    terminal.wait_for("Nothing ends this");
    terminal.send("\r");
    terminal.wait_for("Your sentence: Nothing ends this");
}
