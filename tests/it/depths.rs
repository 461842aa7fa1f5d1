//! Every kind of screen at three sizes and four colour depths: its text once, and for each depth which styles it uses.
//! The benches are in `gallery`.
//!
//! A style is one line: foreground, background, attributes, how many cells, and the first text that has it. So a lost
//! accent or an invisible selection shows in the difference of a few lines.

use std::fmt::Write as _;

use clsroom::app::Key;
use clsroom::lesson::View;
use clsroom::lesson::progress::{Given, Progress};
use clsroom::view::{Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::driver::Driver;
use crate::screens::to_view;

pub const SIZES: [(u16, u16); 3] = [(60, 18), (80, 24), (120, 36)];

/// Styles in the order of their first cell.
fn styles(buffer: &Buffer) -> String {
    let mut found: Vec<(Style, usize, String, bool)> = Vec::new();
    for y in 0..buffer.area.height {
        let mut last = None;
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            let style = cell.style();
            let at = found.iter().position(|(known, ..)| *known == style).unwrap_or_else(|| {
                found.push((style, 0, String::new(), true));
                found.len() - 1
            });
            let (_, count, text, open) = &mut found[at];
            *count += 1;
            // The first run of it, at most twenty cells.
            if *open && text.chars().count() < 20 && (text.is_empty() || last == Some(at)) {
                text.push_str(cell.symbol());
            } else if !text.trim().is_empty() {
                *open = false;
            }
            last = Some(at);
        }
    }
    let mut out = String::new();
    for (style, count, text, _) in found.iter().filter(|(_, _, text, _)| !text.trim().is_empty()) {
        let color = |color: Option<ratatui::style::Color>| color.map_or("-".to_owned(), |color| format!("{color:?}"));
        let _ = writeln!(
            out,
            "{} on {} {:?} x{count}: {}",
            color(style.fg),
            color(style.bg),
            style.add_modifier,
            text.trim()
        );
    }
    out
}

/// Styles without how many cells have them, which changes with the size.
fn without_counts(styles: &str) -> Vec<String> {
    let count =
        |word: &&str| word.strip_prefix('x').is_some_and(|rest| rest.trim_end_matches(':').parse::<u32>().is_ok());
    styles.lines().map(|line| line.split(' ').filter(|word| !count(word)).collect::<Vec<_>>().join(" ")).collect()
}

/// What is on the screen, at every size and depth, as one snapshot.
pub fn snapshot(name: &str, driver: &mut Driver) {
    let mut out = String::new();
    let mut before = vec![String::new(); Depth::ALL.len()];
    for size in SIZES {
        driver.size = size;
        let mut text = String::new();
        for (depth, before) in Depth::ALL.into_iter().rev().zip(&mut before) {
            driver.theme = Theme::new(depth, false);
            let screen = driver.screen();
            if screen != text {
                // Again where colours became signs.
                let _ = writeln!(out, "=== {}x{}, {} ===\n{screen}\n", size.0, size.1, depth.name());
                text = screen;
            }
            // Ramps have dozens of styles that move with the last digits; some maps have a snapshot of all of them.
            let styles = styles(&driver.buffer());
            let shown = styles.lines().filter(|line| !line.contains(" on Rgb") && !line.contains(" on Indexed"));
            let shown: Vec<&str> = shown.collect();
            let shown = shown.join("\n");
            let said = if without_counts(&shown) == without_counts(before) { "as at the size before" } else { &shown };
            let _ = writeln!(out, "--- styles, {} ---\n{said}\n", depth.name());
            *before = shown;
        }
    }
    driver.theme = Theme::new(Depth::TrueColor, false);
    // Digits beyond the first decimal may differ from processor to processor; a marker's are kept.
    let filters = vec![
        (r"\[(\d\d)\.(\d+) ready\]", "[$1 $2 ready]"),
        (r"(\.\d)\d+", "${1}_"),
        (r" x\d+:", " xN:"),
        (r"\[(\d\d) (\d+) ready\]", "[$1.$2 ready]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, {
        insta::assert_snapshot!(name, out);
    });
}

/// A new learner, who then presses keys; 80 columns, so that text and bench are two pages.
fn at_every_size(name: &str, go: impl Fn(&mut Driver)) {
    let mut driver = Driver::new(80, 24);
    go(&mut driver);
    snapshot(name, &mut driver);
}

#[test]
fn home_at_every_size_and_depth() {
    at_every_size("home", |driver| driver.press("j"));
    at_every_size("home_path", |driver| driver.press("vv"));
}

#[test]
fn a_lessons_text_at_every_size_and_depth() {
    at_every_size("text", |driver| driver.open("02"));
    at_every_size("terms", |driver| {
        driver.open("08");
        driver.press("nn");
    });
}

#[test]
fn a_question_before_and_after_its_answer_at_every_size_and_depth() {
    let question = |driver: &mut Driver| {
        driver.open("02");
        while driver.state.step().is_some_and(|step| step.predict.is_none()) {
            driver.press("n");
        }
    };
    at_every_size("predict", question);
    at_every_size("predicted", |driver| {
        question(driver);
        driver.press("1");
    });
    at_every_size("covered", |driver| {
        question(driver);
        driver.key(Key::Tab);
    });
}

#[test]
fn overlays_at_every_size_and_depth() {
    at_every_size("help", |driver| driver.press("?"));
    at_every_size("settings", |driver| driver.press("sj"));
    at_every_size("glossary", |driver| {
        driver.open("08");
        driver.press("g");
    });
    at_every_size("editor", |driver| {
        driver.type_sentence("an uneven 猫 film");
        driver.press("e");
    });
    at_every_size("leave", |driver| {
        to_view(driver, "08", View::Race);
        driver.key(Key::Enter);
        driver.press("q");
    });
}

#[test]
fn the_sandbox_at_every_size_and_depth() {
    at_every_size("sandbox", |driver| driver.press("onn"));
    at_every_size("sandbox_second", |driver| driver.press("oE"));
    at_every_size("sandbox_pair", |driver| driver.press("ob"));
}

#[test]
fn a_recall_question_at_every_size_and_depth() {
    let recall = |driver: &mut Driver| {
        let check = driver.state.course.lessons[0].steps.iter().find_map(|step| step.check.clone()).expect("a check");
        driver.state.progress.answers.insert(check.id, Given::default());
        driver.press("c");
    };
    at_every_size("recall", recall);
    at_every_size("recalled", |driver| {
        recall(driver);
        driver.press("1");
    });
}

#[test]
fn a_cut_sentence_and_a_failure_at_every_size_and_depth() {
    at_every_size("cut", |driver| {
        driver.type_sentence(&"word ".repeat(200));
        to_view(driver, "01", View::Tokens);
    });
    at_every_size("failure", |driver| {
        let why = "cannot read model.safetensors: no such file. Check the path that --model names".to_owned();
        driver.tell(clsroom::lab::Event::ModelFailed(why));
        to_view(driver, "01", View::Tokens);
    });
}

#[test]
fn selection_and_focus_need_no_colour() {
    let mut driver = Driver::with(80, 24, Theme::new(Depth::None, true), Progress::default());
    let row = |driver: &Driver| {
        let buffer = driver.buffer();
        let reversed =
            buffer.content.iter().position(|cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED));
        reversed.map(|index| index / usize::from(buffer.area.width))
    };
    let first = row(&driver).expect("the lesson under the cursor is reversed");
    driver.press("j");
    assert_eq!(row(&driver), Some(first + 1), "and it moves with the cursor");
    assert!(driver.screen().lines().nth(first + 1).is_some_and(|line| line.contains('>')), "{}", driver.screen());
    // In a map the cell under the cursor stands in brackets.
    to_view(&mut driver, "04", View::Mixing);
    assert!(driver.screen().lines().any(|line| line.contains('[') && line.contains("layer 1")), "{}", driver.screen());
}
