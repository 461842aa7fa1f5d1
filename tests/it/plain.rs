//! The course as linear text, and what is generated: man page and completions.

use std::fs;
use std::process::{Command, Output, Stdio};

use clsroom::commands::load_course;
use clsroom::lesson::View;

use crate::pty::Terminal;

fn clsroom(arguments: &[&str], term: &str) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", term)
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!home.path().join(".local").exists(), "a pipe saves nothing");
    output
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn the_whole_course_is_linear_text_with_results_in_words() {
    let text = text(&clsroom(&["--plain"], "xterm-256color"));
    let course = load_course(None).expect("the course is in order").course;
    let mut at = 0;
    for lesson in &course.lessons {
        for (number, step) in lesson.steps.iter().enumerate() {
            let title: String =
                step.title(true).unwrap_or_default().split_whitespace().take(3).collect::<Vec<_>>().join(" ");
            let wanted = format!("Step {} of {}. {title}", number + 1, lesson.steps.len());
            let found = text[at..].find(&wanted).unwrap_or_else(|| panic!("{}: {wanted} is missing", lesson.id));
            at += found;
        }
    }
    for wanted in [
        "becomes",                        // pieces
        "the probability of positive is", // label
        "mixing ratio",                   // mixing
        "[measured here]",
        "[recorded]",
        "The answer: ",
        "accuracy 0.", // a race, quoted
        "Run this race here: clsroom race --mode",
        "What it did to [CLS]",
    ] {
        assert!(text.contains(wanted), "{wanted:?} is missing");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "no line is wider than a terminal");
    assert!(!text.contains('\u{1b}') && !text.contains('█'), "no escape sequences, no drawing");
}

/// What is said at the bench of each view, on a sentence of two words.
const SAID: [(View, &str); 34] = [
    (View::Tokens, "becomes 4 pieces: [CLS] is id 101, fine is id"),
    (View::Whole, "becomes 4 pieces, and each a vector"),
    (View::Label, "the probability of positive is"),
    (View::Embedding, "the word's vector has length"),
    (View::Stepper, "Operation 1 of 90"),
    (View::Neighbours, "in the vocabulary, by cosine:"),
    (View::Mixing, "mixing ratio"),
    (View::Painted, "mixing ratio"),
    (View::Map, "The way of [CLS]: layer 0 at"),
    (View::Similarity, "Most alike:"),
    (View::Difference, "the largest differences:"),
    (View::Compare, "Layer 6: [CLS]"),
    (View::Arrange, "Words shuffled with their positions: cosine of [CLS] with its original 1.0000"),
    (View::Attention, "Its weights, largest first:"),
    (View::Matrix, "Each piece's two largest weights: [CLS] weighs"),
    (View::Threads, "looks at, most first:"),
    (View::Heads, "Layer 6, mean of 12 heads: [CLS]"),
    (View::Attribution, "They add to"),
    (View::Gradient, "After layer 6: 1 of 4 positions"),
    (View::Slope, "GlobalPooling: frozen"),
    (View::Rivals, "minus [CLS]:"),
    (View::Histories, "bge-small-en-v1.5: tuned through [CLS]"),
    (View::Notebook, "4. Can the original sequence be recovered from it?"),
    (View::Race, "Run this race here: clsroom race --mode frozen --readouts cls,mean --layer 6"),
    (View::Answers, "Run this race here: clsroom race --mode frozen --readouts cls,mean --layer 6"),
    (View::Probe, "--layer all"),
    (View::Learning, "A training of 60 steps, classifier on [CLS]"),
    (View::Decode, "clsroom invert --readouts cls,mean,sep --layer all --data movies -- 'fine film'"),
    (View::Aggregate, "Run this here: clsroom aggregate"),
    (View::Nearest, "clsroom aggregate --data movies -- 'fine film'"),
    (View::Largest, "Number 99 of [CLS], and the cosine of [CLS] with that of 32 film sentences"),
    (View::Received, "No [CLS], positions from 1:"),
    (View::Ranges, "Layers 1 to 6: 0."),
    (View::Order, "The probe has to tell: who does it: a person or an animal?"),
];

#[test]
fn every_view_has_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = "+++\ntitle = \"All\"\nminutes = 3\nquestion = \"All?\"\nsentence = \"fine film\"\n+++\n";
    let step = |(name, view): &(&str, View)| {
        let more = match view {
            View::Compare | View::Difference => "other = \"poor film\"\n",
            View::Race | View::Probe | View::Answers => "readouts = [\"cls\", \"mean\"]\n",
            _ => "",
        };
        format!("## {name}\n\nLook.\n\n```bench\nview = \"{name}\"\n{more}```\n")
    };
    let steps: Vec<String> = View::ALL.iter().map(step).collect();
    fs::write(folder.path().join("01-all.md"), format!("{head}\n{}", steps.join("\n---\n\n"))).expect("written");
    let text = text(&clsroom(&["--plain", "--lessons", &folder.path().display().to_string()], "xterm"));
    for (number, (name, view)) in View::ALL.iter().enumerate() {
        let of = |number: usize| format!("Step {} of {}.", number + 1, View::ALL.len());
        let from = text.find(&of(number)).unwrap_or_else(|| panic!("{name} is a step"));
        let to = text.find(&of(number + 1)).unwrap_or(text.len());
        let words = text[from..to].split_whitespace().collect::<Vec<_>>().join(" ");
        let (_, said) = SAID.iter().find(|(known, _)| known == view).unwrap_or_else(|| panic!("{name} has words"));
        assert!(words.contains(said), "{name}: {said:?} is not in {words}");
        assert!(!words.contains("nothing to show"), "{name}: {words}");
        // A drawing has runs of the same sign.
        assert!(!["####", "====", "....", "████"].iter().any(|drawn| words.contains(drawn)), "{name}: {words}");
    }
}

#[test]
fn one_lesson_is_printed_by_its_number_and_an_unknown_one_is_refused() {
    let one = text(&clsroom(&["--plain", "4"], "xterm"));
    assert!(one.starts_with("Lesson 04:") && !one.contains("Lesson 02:"), "{}", &one[..200]);
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(["--plain", "77"])
        .stdin(Stdio::null())
        .output()
        .expect("starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no lesson 77"));
}

#[test]
fn a_dumb_terminal_and_a_pipe_get_plain_text_of_themselves() {
    assert!(text(&clsroom(&["learn", "01"], "xterm")).starts_with("Lesson 01:"));
    let home = tempfile::tempdir().expect("a folder");
    let env = [("TERM", "dumb")].into();
    let mut terminal = Terminal::start_with(home.path(), (80, 24), &["learn", "01"], &env);
    terminal.wait_for("Lesson 01:");
    terminal.wait_for("Enter for the next step");
    terminal.send("q\r");
    assert_eq!(terminal.wait_for_end(), 0);
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(!written.contains('\u{1b}'), "no escape sequences");
}

/// Lesson 04 looks at the same rows by four measures: each step says its own.
#[test]
fn every_measure_of_what_flows_in_has_its_own_words() {
    let lesson = text(&clsroom(&["--plain", "04"], "xterm")).replace('\n', " ");
    for words in ["share of each piece by norm", "Attention weights of", "Rollout of", "1 - cosine, when one edge"] {
        assert!(lesson.contains(words), "{words} is missing");
    }
}

#[test]
fn on_a_terminal_predictions_are_asked_and_kept() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(home.path(), (80, 50), &["--plain", "01"]);
    terminal.wait_for("Enter for the next step");
    terminal.send("z\r");
    terminal.wait_for("Please press Enter, or type q");
    terminal.send("\r");
    terminal.wait_for("Before you look");
    terminal.wait_for("Your answer");
    terminal.send("9\r");
    terminal.wait_for("Please type a number");
    terminal.send("1\r");
    terminal.wait_for("You said");
    terminal.wait_until("the next prompt", |screen| screen.trim_end().ends_with("to leave:"));
    terminal.send("q\r");
    assert_eq!(terminal.wait_for_end(), 0);
    let saved = fs::read_to_string(home.path().join(".local/share/clsroom/progress.json")).expect("progress was saved");
    assert!(saved.contains("\"choice\": 0"), "{saved}");
}

#[test]
fn the_man_page_names_every_option_and_command() {
    let page = text(&clsroom(&["manual"], "xterm"));
    assert!(page.contains(".TH clsroom 1"), "{}", &page[..200]);
    named(&<clsroom::cli::Cli as clap::CommandFactory>::command(), "clsroom", &page);
    for other in ["SEE ALSO", "(1)\n", "system: "] {
        assert!(!page.contains(other), "there are no other pages, and it holds for every system: {other}");
    }
    assert!(!page.contains("\\-\\-crash"), "what is for developers only stays out");
}

/// Every command that is shown, and each of its options.
fn named(command: &clap::Command, path: &str, page: &str) {
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
        let Some(long) = argument.get_long() else { continue };
        let written = format!("\\-\\-{}", long.replace('-', "\\-"));
        assert!(page.contains(&written), "{path} --{long} is missing");
    }
    for one in command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help") {
        let path = format!("{path} {}", one.get_name());
        assert!(page.contains(&format!(".SS {path}\n")), "{path} is missing");
        named(one, &path, page);
    }
}

#[test]
fn completions_are_scripts_that_their_shells_accept() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&clsroom(&["completions", shell], "xterm"));
        assert!(script.contains("--no-animation") || script.contains("no-animation"), "{shell}");
        if shell == "bash" {
            let file = tempfile::NamedTempFile::new().expect("a file");
            fs::write(file.path(), &script).expect("written");
            let checked = Command::new("bash").arg("-n").arg(file.path()).status().expect("bash");
            assert!(checked.success(), "bash reads its completions");
        }
    }
}

/// The text names keys of the screen; without one they do nothing, which is said once.
#[test]
fn what_keys_the_text_means_is_said_once() {
    let told = text(&clsroom(&["--plain", "01"], "xterm"));
    assert_eq!(told.matches("belong to the screen").count(), 1, "{told}");
}

/// The right option and the measured word are one: nobody needs to read "positive (positive)".
#[test]
fn an_answer_is_not_said_twice() {
    let told = text(&clsroom(&["--plain", "01"], "xterm"));
    assert!(told.contains("The answer: positive [measured here]."), "{told}");
}

/// `ssh HOST NAME` without `-t`, where sshd starts the program without a terminal.
#[test]
fn over_ssh_without_a_terminal_it_says_how_to_get_one() {
    let home = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .args(arguments)
            .env("HOME", home.path())
            .env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
            .stdin(std::process::Stdio::null())
            .output()
            .expect("it runs")
    };
    for arguments in [&[][..], &["--learner=ann"], &["learn", "01"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: no course");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(said.contains("ssh -t") && said.contains("clsroom --plain 01"), "{said}");
    }
    assert!(text(&run(&["--plain", "01"])).starts_with("Lesson 01:"));
}
