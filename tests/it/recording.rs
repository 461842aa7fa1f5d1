//! `demo.tape`: its commands are those of vhs 0.11, and its keys, replayed against the real binary in a terminal of the
//! tape's size, bring up every marker it waits for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::own_data::few;
use crate::pty::Terminal;

/// What a tape does.
#[derive(Debug, Clone, PartialEq)]
enum Command {
    Header(Vec<String>),
    Env(String, String),
    Type(String),
    Keys(&'static str, usize),
    Wait(String),
    /// Waits until the line of the cursor is the shell's prompt and nothing else.
    WaitPrompt,
    Viewer,
}

/// Settings that vhs 0.11 knows.
const SETTINGS: &[&str] = &[
    "Shell",
    "FontFamily",
    "FontSize",
    "Framerate",
    "PlaybackSpeed",
    "Height",
    "LetterSpacing",
    "TypingSpeed",
    "LineHeight",
    "Padding",
    "Theme",
    "LoopOffset",
    "Width",
    "BorderRadius",
    "Margin",
    "MarginFill",
    "WindowBar",
    "WindowBarSize",
    "CursorBlink",
    "WaitTimeout",
    "WaitPattern",
];

fn tape() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("demo.tape")).expect("demo.tape is there")
}

/// The text between quotation marks of any of vhs's three kinds, or one bare word.
fn quoted(text: &str) -> String {
    let text = text.trim();
    let mark = text.chars().next().filter(|mark| "\"'`".contains(*mark));
    match mark {
        Some(mark) => text[1..].strip_suffix(mark).unwrap_or_else(|| panic!("{text} is not closed")).to_owned(),
        None => text.to_owned(),
    }
}

/// A pattern of plain characters as those characters; `\[` and `\]` are the only ones that need escaping here.
fn literal(pattern: &str) -> String {
    let inside = pattern.trim().strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).expect("/pattern/");
    let text = inside.replace("\\[", "[").replace("\\]", "]");
    assert!(text.is_ascii() && !text.contains(['*', '+', '?', '(', '|', '^', '$', '\\']), "{pattern} is not plain");
    text
}

/// A time such as `600ms` or `3s`, in milliseconds.
fn time(text: &str) -> u64 {
    let (number, unit) = text.strip_suffix("ms").map_or((text.trim_end_matches('s'), 1_000), |number| (number, 1));
    number.parse::<f64>().map_or_else(|_| panic!("{text} is no time"), |number| (number * f64::from(unit)) as u64)
}

fn parse(line: &str) -> Command {
    let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
    let (name, speed) = word.split_once('@').map_or((word, None), |(name, speed)| (name, Some(speed)));
    assert!(speed.is_none_or(|speed| time(speed) > 0), "{line}");
    let repeat = || rest.parse().unwrap_or(1);
    match name {
        "Output" | "Require" => Command::Header(vec![name.to_owned(), quoted(rest)]),
        "Set" => {
            let (setting, value) = rest.split_once(' ').expect("Set NAME VALUE");
            assert!(SETTINGS.contains(&setting), "{setting} is no setting of vhs 0.11");
            Command::Header(vec!["Set".to_owned(), setting.to_owned(), quoted(value)])
        }
        "Env" => {
            let (name, value) = rest.split_once(' ').expect("Env NAME VALUE");
            Command::Env(name.to_owned(), quoted(value))
        }
        "Type" => Command::Type(quoted(rest)),
        "Enter" => Command::Keys("\r", repeat()),
        "Tab" => Command::Keys("\t", repeat()),
        "Escape" => Command::Keys("\u{1b}", repeat()),
        "Space" => Command::Keys(" ", repeat()),
        "Ctrl+C" => Command::Keys("\u{3}", 1),
        "Wait+Screen" => Command::Wait(literal(rest)),
        // vhs takes the blanks at the end of a line away.
        "Wait+Line" => {
            assert_eq!(rest, r"/^\$$/", "the prompt is all that is waited for in one line");
            Command::WaitPrompt
        }
        "Hide" | "Show" => Command::Viewer,
        "Sleep" => {
            time(rest);
            Command::Viewer
        }
        _ => panic!("{line:?} is not among the commands that this tape may use"),
    }
}

fn commands(tape: &str) -> Vec<Command> {
    tape.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(parse).collect()
}

fn setting(commands: &[Command], name: &str) -> Option<String> {
    commands.iter().find_map(|command| match command {
        Command::Header(words) if words.first().is_some_and(|word| word == "Set") && words[1] == name => {
            Some(words[2].clone())
        }
        _ => None,
    })
}

#[test]
fn the_tape_keeps_to_the_grammar() {
    let tape = tape();
    let commands = commands(&tape);
    let body = commands.iter().position(|command| !matches!(command, Command::Header(_))).expect("a body");
    assert!(commands[body..].iter().all(|command| !matches!(command, Command::Header(_))), "the header comes first");
    let outputs =
        |word: &str| commands.iter().any(|command| matches!(command, Command::Header(words) if words[0] == word));
    assert!(outputs("Output") && outputs("Require"));
    let framerate: u32 = setting(&commands, "Framerate").and_then(|rate| rate.parse().ok()).expect("a frame rate");
    assert!(framerate <= 20);
    // Env ends the header, so it stands after Hide, which keeps it out of the picture.
    let lines: Vec<&str> = tape.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let at = |word: &str| lines.iter().position(|line| line.starts_with(word));
    assert!(at("Hide") < at("Env COLORTERM"), "COLORTERM is set, after Hide");
    // Whatever is typed into the shell, is typed when its prompt is there; a program's keys, when its screen is.
    for (index, command) in commands.iter().enumerate() {
        let shell = matches!(command, Command::Type(text) if text.contains("clsroom") || text.starts_with("clear"));
        let before = commands[..index].iter().rev().find(|other| !matches!(other, Command::Viewer | Command::Env(..)));
        // What `clear` leaves is the prompt again, and the terminal keeps what is typed until then.
        let ready = matches!(before, Some(Command::WaitPrompt | Command::Keys("\r", _)));
        assert!(!shell || ready, "nothing waits for the shell before {command:?}");
    }
    let wanted: u64 = lines.iter().filter_map(|line| line.strip_prefix("Sleep ")).map(time).sum();
    assert!((25_000..=60_000).contains(&wanted), "the viewer is shown {wanted} ms, without typing");
    assert!(commands.iter().any(|command| *command == Command::Wait("[race done]".to_owned())), "it ends in a verdict");
    assert_eq!(commands.last(), Some(&Command::Wait(" icanon".to_owned())), "it looks whether the terminal is sane");
}

/// Columns and rows that vhs 0.11 makes with `DejaVu Sans Mono` at size 20: xterm.js takes whole cells of 12.05 x 24 pixels,
/// and keeps 15 pixels at the right for a scrollbar.
fn cells(width: f64, height: f64, padding: f64) -> (u16, u16) {
    (((width - 2.0 * padding - 15.0) / 12.05) as u16, ((height - 2.0 * padding) / 24.0) as u16)
}

#[test]
fn sizes_in_pixels_are_those_that_vhs_was_seen_to_make() {
    assert_eq!(cells(1_500.0, 900.0, 20.0), (119, 35));
    assert_eq!(cells(1_030.0, 632.0, 20.0), (80, 24));
}

#[test]
fn the_guide_lists_every_marker_that_a_recording_can_wait_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/classroom.md")).expect("the guide");
    let source = fs::read_to_string(root.join("src/app.rs")).expect("the source");
    let mut markers = 0;
    for line in source.lines().filter(|line| line.contains("ready]\"")) {
        for marker in line.split('"').filter(|word| word.starts_with('[') && !word.contains('{')) {
            assert!(guide.contains(&format!("`{marker}`")), "{marker} is not in docs/classroom.md");
            markers += 1;
        }
    }
    assert!(markers >= 8, "{markers} markers were found");
    for run in ["race", "training", "decoding", "measuring"] {
        for state in ["running", "paused", "done"] {
            assert!(guide.contains(&format!("`[{run} {state}]`")), "[{run} {state}] is not in docs/classroom.md");
        }
    }
}

#[test]
fn replayed_the_tape_finds_every_marker() {
    let commands = commands(&tape());
    let number = |name: &str| setting(&commands, name).and_then(|value| value.parse::<f64>().ok()).expect("a number");
    assert_eq!((number("FontSize"), number("LetterSpacing"), number("LineHeight")), (20.0, 0.0, 1.0));
    assert_eq!(setting(&commands, "FontFamily").as_deref(), Some("DejaVu Sans Mono"));
    let (columns, rows) = cells(number("Width"), number("Height"), number("Padding"));
    assert_eq!((columns, rows), (80, 24), "the size that the tape names");
    // A few pixels less, or one more, which fonts differ by, make no column or row of difference.
    for pixels in [-6.0, 0.9] {
        assert_eq!(cells(number("Width") + pixels, number("Height") + pixels, number("Padding")), (80, 24));
    }

    let home = tempfile::tempdir().expect("a folder");
    let folder = Path::new(env!("CARGO_BIN_EXE_clsroom")).parent().expect("a folder").display().to_string();
    let path = format!("{folder}:/usr/bin:/bin");
    let mut env: BTreeMap<&str, &str> = BTreeMap::new();
    for command in &commands {
        if let Command::Env(name, value) = command {
            env.insert(name, value);
        }
    }
    env.insert("PATH", &path);
    let shell = format!("/bin/{}", setting(&commands, "Shell").expect("a shell"));
    // As vhs starts it. At its prompt the shell itself would have pastes in brackets.
    let plain = home.path().join("inputrc");
    fs::write(&plain, "set enable-bracketed-paste off\n").expect("written");
    let plain = plain.display().to_string();
    env.insert("INPUTRC", &plain);
    let arguments = ["--noprofile", "--norc", "--login", "+o", "history"];
    let mut terminal = Terminal::start_program(home.path(), (columns, rows), &shell, &arguments, &env);
    for command in &commands {
        match command {
            // Key by key, as vhs types, but without its pauses: it may only be faster.
            Command::Type(text) => text.chars().for_each(|key| terminal.send(&key.to_string())),
            Command::Keys(keys, times) => (0..*times).for_each(|_| terminal.send(keys)),
            Command::Wait(marker) => terminal.wait_for(marker),
            Command::WaitPrompt => {
                terminal.wait_while("the prompt is not there", |terminal| terminal.current_line().trim_end() != "$");
            }
            Command::Header(_) | Command::Env(..) | Command::Viewer => {}
        }
        if *command == Command::Wait("[race done]".to_owned()) {
            let screen = terminal.screen();
            assert!(screen.contains("95 % interval") || screen.contains("95 %"), "a verdict is shown\n{screen}");
            assert!(!screen.contains("left"), "no clock\n{screen}");
        }
    }
    terminal.assert_screen_restored();
    assert!(!home.path().join(".local").exists(), "a demonstration saves nothing");
}

#[test]
fn a_demonstration_is_the_same_every_time() {
    let run = || {
        let home = tempfile::tempdir().expect("a folder");
        // On fewer sentences than the course's, for time.
        let data = few(home.path(), 900).display().to_string();
        let mut terminal = Terminal::start(home.path(), (120, 36), &["--demo", "learn", "08", "--data", &data]);
        for step in 1..=3 {
            terminal.wait_for(&format!("[08.{step} ready]"));
            if step < 3 {
                terminal.send("n");
            }
        }
        terminal.send("2v\r");
        terminal.wait_for("[race running]");
        assert!(!terminal.screen().contains(" left"), "no clock\n{}", terminal.screen());
        terminal.wait_for("[race done]");
        terminal.wait_for_frame_end();
        // The emulator tells blanks that were written from cells that never were.
        terminal.screen().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(run(), run());
}
