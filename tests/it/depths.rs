//! Every kind of screen at three sizes and four colour depths: its text once, and for each depth which styles it uses.
//!
//! A style is one line: foreground, background, attributes, how many cells, and the first text that has it. So a lost
//! accent or an invisible selection shows in the difference of a few lines.

use std::fmt::Write as _;

use clsroom::app::{Key, Screen};
use clsroom::lesson::View;
use clsroom::lesson::progress::{Given, Progress};
use clsroom::view::{Depth, Theme};
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use crate::driver::Driver;

const SIZES: [(u16, u16); 3] = [(60, 18), (80, 24), (120, 36)];

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

fn snapshot(name: &str, go: impl Fn(&mut Driver)) {
    for (width, height) in SIZES {
        let mut out = String::new();
        let mut text = String::new();
        for depth in Depth::ALL.into_iter().rev() {
            let progress =
                Progress { answers: [("01-recall".to_owned(), Given::default())].into(), ..Progress::default() };
            let mut driver = Driver::with(width, height, Theme::new(depth, false), progress);
            go(&mut driver);
            let screen = driver.screen();
            if screen != text {
                let _ = writeln!(out, "{screen}\n");
                text = screen;
            }
            // Ramps have dozens of styles that move with the last digits; a map's styles have a snapshot of their own.
            let styles = styles(&driver.buffer());
            let shown: Vec<&str> =
                styles.lines().filter(|line| !line.contains(" on Rgb") && !line.contains(" on Indexed")).collect();
            let _ = writeln!(out, "== {} ==\n{}\n", depth.name(), shown.join("\n"));
        }
        insta::with_settings!({filters => vec![(r"(\.\d)\d+", "${1}_"), (r" x\d+:", " xN:")]}, {
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), out);
        });
    }
}

/// The first step of a lesson whose bench shows this view, uncovered.
fn to_view(driver: &mut Driver, lesson: &str, view: View) {
    driver.open(lesson);
    while driver.state.bench().is_none_or(|bench| bench.view != view) {
        driver.press("n");
        assert!(matches!(driver.state.screen, Screen::Lesson { .. }), "lesson {lesson} shows {view:?}");
    }
    if driver.state.covered() {
        driver.key(Key::Enter);
    }
    if driver.size.0 < 100 {
        driver.key(Key::Tab);
    }
}

#[test]
fn home_at_every_size_and_depth() {
    snapshot("home", |driver| driver.press("j"));
}

#[test]
fn a_lessons_text_at_every_size_and_depth() {
    snapshot("text", |driver| driver.open("02"));
}

#[test]
fn a_bench_at_every_size_and_depth() {
    snapshot("bench", |driver| {
        to_view(driver, "04", View::Mixing);
        driver.press("ll");
    });
}

#[test]
fn help_and_editor_at_every_size_and_depth() {
    snapshot("help", |driver| driver.press("?"));
    snapshot("editor", |driver| {
        driver.type_sentence("an uneven 猫 film");
        driver.press("e");
    });
}

#[test]
fn a_recall_question_at_every_size_and_depth() {
    snapshot("recall", |driver| {
        let check = driver.state.course.lessons[0].steps.iter().find_map(|step| step.check.clone()).expect("a check");
        driver.state.progress.answers.insert(check.id, Given::default());
        driver.press("c");
    });
}

#[test]
fn a_race_before_it_runs_at_every_size_and_depth() {
    snapshot("race", |driver| to_view(driver, "08", View::Race));
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
