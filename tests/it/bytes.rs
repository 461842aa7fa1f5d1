//! What a session writes: nothing while idle, whole frames, and no more bytes than a slow line can take.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use crate::pty::Terminal;

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Clock ticks that a process has used, all its threads together.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    fields[11].parse::<u64>().expect("a number") + fields[12].parse::<u64>().expect("a number")
}

#[test]
fn idle_it_writes_nothing_and_uses_no_processor() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", "04"]);
    terminal.wait_for("[04.1 ready]");
    terminal.send("1");
    terminal.wait_for("norm-based share");
    // Knock-outs are computed after the marker; their answer is the last frame.
    terminal.send("vvv");
    terminal.wait_for("knock-out");
    terminal.wait_for("[04.1 ready]");
    terminal.wait_for_frame_end();
    let before = ticks(terminal.pid());
    assert_eq!(terminal.bytes_within(Duration::from_secs(3)), 0);
    let used = ticks(terminal.pid()) - before;
    assert!(used <= 3, "{used} hundredths of a second in three seconds: more than 1 %");
}

/// Sends keys, waits for the marker and the frame's end; says how many bytes that took.
fn cost(terminal: &mut Terminal, keys: &str, marker: &str) -> usize {
    terminal.wait_for_frame_end();
    let before = terminal.written.len();
    terminal.send(keys);
    terminal.wait_for_more_than(before);
    terminal.wait_for(marker);
    terminal.wait_for_frame_end();
    terminal.written.len() - before
}

const WORDS: &str = "nobody here will forget how the old actor walked into that cold river and sang while his three \
                     friends laughed at every bad line of a film they had made in one week";

/// A session at 120x36 in a lesson, with a sentence of so many pieces, `[CLS]` and `[SEP]` counted.
fn session(home: &TempDir, lesson: &str, pieces: usize) -> Terminal {
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", lesson]);
    let ready = format!("[{lesson}.1 ready]");
    terminal.wait_for(&ready);
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    // Words of one piece each, in place of what was there.
    let words: Vec<&str> = WORDS.split(' ').cycle().take(pieces - 2).collect();
    terminal.send(&format!("\u{15}{}\r", words.join(" ")));
    terminal.wait_for(&ready);
    terminal
}

#[test]
fn pages_maps_and_steps_keep_to_their_budgets() {
    let home = home();
    let at_most = |what: &str, bytes: usize, kibibytes: usize| {
        println!("{what}: {bytes} bytes of {kibibytes} KB");
        assert!(bytes <= kibibytes * 1024, "{what}: {bytes} bytes");
        assert!(bytes > 100, "{what}: something was drawn");
    };

    let mut terminal = session(&home, "01", 24);
    at_most("a page of text", cost(&mut terminal, "n", "[01.2 ready]"), 16);

    // The sandbox gives the whole screen to the view of the step: from a page of text to a map is all of it.
    let mut terminal = session(&home, "04", 24);
    let map = cost(&mut terminal, "o", "[sandbox ready]");
    at_most("a map of 24 pieces x 6 layers", map, 48);
    assert!(terminal.screen().contains("norm-based share"), "{}", terminal.screen());
    for (what, key) in [("a step to the right", "l"), ("a step down", "j")] {
        let step = cost(&mut terminal, key, "[sandbox ready]");
        at_most(what, step, 4);
        assert!(4 * step < map, "{what}: {step} bytes, hardly less than the whole map's {map}");
    }

    let mut terminal = session(&home, "03", 128);
    at_most("a map that fills the screen", cost(&mut terminal, "o", "[sandbox ready]"), 128);
    assert!(terminal.screen().contains("attention of one head"), "{}", terminal.screen());
    at_most("all of its cells anew", cost(&mut terminal, "}", "[sandbox ready]"), 128);
}

#[test]
fn between_taking_over_and_giving_back_there_are_only_whole_frames() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (100, 30), &["learn", "04"]);
    terminal.wait_for("[04.1 ready]");
    for keys in ["l", "v", "?", "?", "n", "p"] {
        terminal.send(keys);
    }
    terminal.wait_for("[04.1 ready]");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    let mut rest = terminal.written.as_slice();
    let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|part| part == what);
    let mut frames = 0;
    let enter = at(rest, BEGIN).expect("a frame");
    assert!(rest[..enter].starts_with(b"\x1b[?1049h") && rest[..enter].ends_with(b"\x1b[?2004h"), "taken over first");
    while let Some(begin) = at(rest, BEGIN) {
        if frames > 0 {
            assert_eq!(begin, 0, "nothing is written between frames");
        } else {
            rest = &rest[begin..];
        }
        let end = at(rest, END).expect("every frame ends");
        assert!(at(&rest[BEGIN.len()..end], BEGIN).is_none(), "no frame within a frame");
        rest = &rest[end + END.len()..];
        frames += 1;
    }
    assert!(frames >= 3, "{frames} frames");
    assert!(rest.windows(8).any(|part| part == b"\x1b[?1049l"), "given back last");
}

#[test]
fn progress_of_a_run_is_drawn_ten_times_a_second_at_most_and_hardly_without_animation() {
    let frames = |arguments: &[&str]| {
        let home = home();
        let mut terminal = Terminal::start(home.path(), (80, 24), &[&["learn", "08"], arguments].concat());
        let mut step = 1;
        terminal.wait_for("[08.1 ready]");
        while !terminal.screen().contains("Enter run") {
            terminal.send("n");
            step += 1;
            terminal.wait_for(&format!("[08.{step} ready]"));
        }
        terminal.send("1\r");
        terminal.wait_for("[race running]");
        // How fast the model reads is measured first; only then the run tells how far it is, beside the text.
        terminal.send("\t");
        terminal.wait_for("BERT reads sentence");
        terminal.wait_for_frame_end();
        let before = terminal.written.len();
        terminal.take_in(Duration::from_secs(2));
        terminal.written[before..].windows(BEGIN.len()).filter(|part| *part == BEGIN).count()
    };
    let moving = frames(&[]);
    assert!((1..=21).contains(&moving), "{moving} frames in two seconds");
    let still = frames(&["--no-animation"]);
    assert!(still <= 2, "{still} frames in two seconds without animation");
}
