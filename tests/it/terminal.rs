//! The real binary in a pty: it opens, is walked, resizes, and leaves the terminal as it found it.

use std::collections::BTreeMap;
use std::fs;

use clsroom::commands::load_course;
use tempfile::TempDir;

use crate::checkpoint::Checkpoint;
use crate::pty::Terminal;

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn progress(home: &TempDir) -> String {
    fs::read_to_string(home.path().join(".local/share/clsroom/progress.json")).expect("progress was saved")
}

/// Walks a lesson from its first to its last step with `n` alone; returns how many steps it has.
fn walk(terminal: &mut Terminal, id: &str) -> usize {
    let mut step = 1;
    loop {
        terminal.wait_for(&format!("[{id}.{step} ready]"));
        let of = |word: &str| format!("step {step} of {word}");
        let screen = terminal.screen();
        let begin = screen.find(&of("")).expect("the header counts steps") + of("").len();
        let steps: usize =
            screen[begin..].split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number");
        terminal.send("n");
        if step == steps {
            terminal.wait_for("[thought ready]");
            terminal.send("\r");
            terminal.wait_for("[home ready]");
            return steps;
        }
        step += 1;
    }
}

/// Goes to the first step of a lesson whose bench offers a run.
fn to_offered_run(terminal: &mut Terminal, id: &str) {
    let mut step = 1;
    terminal.wait_for(&format!("[{id}.{step} ready]"));
    while !terminal.screen().contains("Enter run") {
        terminal.send("n");
        step += 1;
        terminal.wait_for(&format!("[{id}.{step} ready]"));
    }
}

#[test]
fn every_lesson_is_walked_with_a_sentence_of_ones_own_at_both_sizes() {
    walk_all(&[]);
}

#[cfg(feature = "bge")]
#[test]
fn every_lesson_is_walked_on_the_second_model_at_both_sizes() {
    walk_all(&["--model", "bge"]);
}

fn walk_all(arguments: &[&str]) {
    for size in [(80, 24), (120, 36)] {
        let home = home();
        let mut terminal = Terminal::start(home.path(), size, arguments);
        terminal.wait_for("[home ready]");
        terminal.send("e");
        terminal.wait_for("[editor ready]");
        terminal.send("\u{15}");
        terminal.send("Résumés of naïve 猫 fans are oddly moving\r");
        terminal.wait_for("[home ready]");
        terminal.wait_for("Your sentence: Résumés");
        let ids: Vec<String> =
            load_course(None).expect("the course is in order").course.lessons.into_iter().map(|l| l.id).collect();
        for (index, id) in ids.iter().enumerate() {
            terminal.send(&"k".repeat(12));
            terminal.send(&"j".repeat(index));
            terminal.send("\r");
            assert!(walk(&mut terminal, id) >= 5, "lesson {id} has steps");
        }
        terminal.wait_for(&format!("{0} of {0} done", ids.len()));
        terminal.send("q");
        assert_eq!(terminal.wait_for_end(), 0);
        terminal.assert_restored();
        assert!(progress(&home).contains("oddly moving"), "the sentence is kept");
    }
}

#[test]
fn it_resumes_where_the_learner_left_off() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "2"]);
    terminal.wait_for("[02.1 ready]");
    terminal.send("nn");
    terminal.wait_for("[02.3 ready]");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
    let mut again = Terminal::start(home.path(), (80, 24), &[]);
    again.wait_for("step 3 of");
    again.wait_for("[home ready]");
    again.send("\r");
    again.wait_for("[02.3 ready]");
}

#[test]
fn resizing_redraws_and_a_tiny_window_says_what_it_needs() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.resize(40, 10);
    terminal.wait_for("needs 60x18");
    terminal.resize(60, 18);
    terminal.wait_for("[01.1 ready]");
    terminal.resize(200, 60);
    terminal.wait_until("the wide screen", |screen| {
        screen.contains("[01.1 ready]") && screen.lines().any(|line| line.chars().count() > 120)
    });
    terminal.send("qq");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn keys_and_benches_answer_while_a_race_runs() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", "08"]);
    to_offered_run(&mut terminal, "08");
    terminal.send("1");
    terminal.wait_for("on this machine.");
    terminal.send("\r");
    terminal.wait_for("[race running]");
    terminal.send("q");
    terminal.wait_for("[leave ready]");
    terminal.send("\r");
    terminal.wait_for("[home ready]");
    terminal.send(&format!("{}\r", "k".repeat(12)));
    // Another lesson's benches run the model while the race goes on.
    terminal.wait_for("[01.1 ready]");
    terminal.send("nnn");
    terminal.wait_for("[01.4 ready]");
    terminal.send("x");
    terminal.wait_for("stopped");
    terminal.send("qq");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn a_bad_model_is_one_sentence_on_a_restored_terminal() {
    let home = home();
    let missing = home.path().join("no-such-model");
    let mut terminal = Terminal::start(home.path(), (80, 24), &["--model", &missing.display().to_string()]);
    assert_eq!(terminal.wait_for_end(), 1);
    terminal.assert_restored();
    assert!(terminal.screen().contains("clsroom: cannot read"), "{}", terminal.screen());
}

#[test]
fn without_colour_and_in_ascii_everything_still_says_what_it_is() {
    let home = home();
    let env = BTreeMap::from([("NO_COLOR", "1"), ("LC_ALL", "C")]);
    let mut terminal = Terminal::start_with(home.path(), (80, 24), &["learn", "04"], &env);
    terminal.wait_for("[04.1 ready]");
    assert!(terminal.screen().is_ascii(), "{}", terminal.screen());
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    for sequence in written.split("\u{1b}[").skip(1) {
        let Some((styles, _)) =
            sequence.split_once('m').filter(|(styles, _)| styles.chars().all(|c| "0123456789;".contains(c)))
        else {
            continue;
        };
        // 39 and 49 take a colour away.
        let colour = |style: &str| matches!(style.parse(), Ok(30..=38 | 40..=48 | 90..=107));
        assert!(!styles.split(';').any(colour), "a colour is written: {styles}m");
    }
}

#[test]
fn a_megabyte_pasted_is_taken_and_its_cut_is_said() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &[]);
    terminal.wait_for("[home ready]");
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send(&format!("\u{1b}[200~{}the end\u{1b}[201~", "word ".repeat(200_000)));
    terminal.send("\r");
    terminal.wait_for("[home ready]");
    terminal.wait_for("Your sentence: word");
    terminal.send("\r");
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("Read: the first 128 of");
    terminal.send("qq");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn a_paste_outside_a_text_field_does_nothing() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("\u{1b}[200~qqnnnn\u{3}\u{1b}[201~");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
}

#[test]
fn the_mouse_is_off_until_m_turns_it_on() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &[]);
    terminal.wait_for("[home ready]");
    assert!(!terminal.mouse());
    terminal.send("M");
    terminal.wait_while("the mouse is off", |terminal| !terminal.mouse());
    terminal.send("M");
    terminal.wait_while("the mouse is on", Terminal::mouse);
}

#[test]
fn lessons_are_read_again_while_the_program_runs() {
    let home = home();
    let folder = tempfile::tempdir().expect("a folder");
    let lesson = |sentence: &str| {
        let head =
            format!("+++\ntitle = \"Mine\"\nminutes = 3\nquestion = \"Mine?\"\nsentence = \"{sentence}\"\n+++\n");
        let text = format!("{head}\n## One\n\nLook.\n\n```bench\nview = \"tokens\"\n```\n");
        fs::write(folder.path().join("05-mine.md"), text).expect("written");
    };
    lesson("a first sentence");
    let mut terminal =
        Terminal::start(home.path(), (120, 36), &["learn", "5", "--lessons", &folder.path().display().to_string()]);
    terminal.wait_for("[05.1 ready]");
    terminal.wait_for("first");
    lesson("quite another one");
    terminal.send("R");
    terminal.wait_for("another");
    terminal.wait_for("[05.1 ready]");
    fs::write(folder.path().join("05-mine.md"), "no head").expect("written");
    terminal.send("R");
    terminal.wait_for("05-mine.md:1:1");
    terminal.wait_for("another");
}

#[test]
fn leaving_the_program_while_a_run_goes_on_asks_first() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "02"]);
    to_offered_run(&mut terminal, "02");
    terminal.send("1\r");
    terminal.wait_for("[race running]");
    terminal.send("q");
    terminal.wait_for("[leave ready]");
    terminal.send("\r");
    terminal.wait_for("[home ready]");
    terminal.send("q");
    terminal.wait_for("Leaving the program ends it");
    terminal.send("x");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn the_tour_is_walked_on_another_model() {
    let home = home();
    let folder = home.path().join("tiny-cased");
    let style = Checkpoint { prefix: "bert.", older_names: true, cased: true, ..Checkpoint::default() };
    Checkpoint { labels: &["dull", "gripping"], ..style }.write(&folder);
    let model = folder.display().to_string();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["--model", &model]);
    terminal.wait_for("[home ready]");
    terminal.wait_for("tiny-cased");
    let ids: Vec<String> = load_course(None).expect("a course").course.lessons.into_iter().map(|l| l.id).collect();
    for id in ["01", "04", "08"] {
        let place = ids.iter().position(|known| known == id).expect("the lesson is there");
        terminal.send(&"k".repeat(12));
        terminal.send(&"j".repeat(place));
        terminal.send("\r");
        assert!(walk(&mut terminal, id) >= 5, "lesson {id} has steps");
    }
    terminal.send("q");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn control_characters_in_a_models_name_are_shown_not_obeyed() {
    let home = home();
    let folder = home.path().join("re\u{1b}[31md\u{7}");
    Checkpoint::default().write(&folder);
    let mut terminal = Terminal::start(home.path(), (80, 24), &["--model", &folder.display().to_string()]);
    terminal.wait_for("[home ready]");
    terminal.send("\r");
    terminal.wait_for("[01.1 ready]");
    terminal.send("s");
    terminal.wait_for("[settings ready]");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(!written.contains("re\u{1b}[31md") && !written.contains('\u{7}'), "it is obeyed");
    // In an error, too.
    let missing = home.path().join("no\u{1b}[31mne").display().to_string();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["trace", "x", "--model", &missing]);
    assert_eq!(terminal.wait_for_end(), 1);
    assert!(!terminal.written.contains(&0x1b), "{}", terminal.screen());
}

#[test]
fn a_file_of_ones_own_is_raced_on_the_screen() {
    let home = home();
    let file = home.path().join("kinds.tsv");
    let kinds = ["red", "green", "blue"];
    let line = |number: usize| format!("a {} thing, number {number}\t{}\n", kinds[number % 3], kinds[number % 3]);
    fs::write(&file, format!("text\tlabel\n{}", (0..240).map(line).collect::<String>())).expect("written");
    let data = file.display().to_string();
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", "08", "--data", &data]);
    to_offered_run(&mut terminal, "08");
    terminal.send("1\r");
    terminal.wait_for("[race done]");
    terminal.wait_for("macro-F1");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
}

#[test]
fn a_terminal_without_a_size_is_drawn_on_at_80x24_or_as_the_environment_says() {
    let home = home();
    let widest = |terminal: &Terminal| terminal.screen().lines().map(|line| line.chars().count()).max();
    let lines = |terminal: &Terminal| terminal.screen().trim_end().lines().count();
    let mut terminal = Terminal::start(home.path(), (0, 0), &["--demo"]);
    terminal.wait_for("[home ready]");
    assert!(widest(&terminal) <= Some(80) && lines(&terminal) == 24, "{}", terminal.screen());
    let env = BTreeMap::from([("COLUMNS", "100"), ("LINES", "30")]);
    let mut terminal = Terminal::start_with(home.path(), (0, 0), &["--demo"], &env);
    terminal.wait_for("[home ready]");
    assert!(widest(&terminal) > Some(80) && lines(&terminal) == 30, "{}", terminal.screen());
    // Once it has one, that is used.
    terminal.resize(60, 18);
    terminal.wait_until("60x18", |screen| screen.contains("[home ready]") && screen.trim_end().lines().count() == 18);
}

#[test]
fn a_demonstration_takes_settings_from_the_command_line_alone() {
    let home = home();
    let folder = home.path().join(".config/clsroom");
    fs::create_dir_all(&folder).expect("a folder");
    let settings = "model = \"/nowhere\"\nlessons = \"/nowhere\"\nlearner = \"ann\"\ncolor = \"never\"\nascii = true\n";
    fs::write(folder.join("config.toml"), settings).expect("written");
    let env =
        BTreeMap::from([("CLSROOM_MODEL", "/nowhere"), ("CLSROOM_LESSONS", "/nowhere"), ("CLSROOM_LEARNER", "bob")]);
    let mut terminal = Terminal::start_with(home.path(), (80, 24), &["--demo", "learn", "01"], &env);
    terminal.wait_for("[01.1 ready]");
    assert!(!terminal.screen().is_ascii(), "{}", terminal.screen());
    assert!(String::from_utf8_lossy(&terminal.written).contains("38;5;"), "colours");
    let mut terminal = Terminal::start_with(home.path(), (80, 24), &["--demo", "--ascii", "learn", "01"], &env);
    terminal.wait_for("[01.1 ready]");
    assert!(terminal.screen().is_ascii(), "{}", terminal.screen());
}
