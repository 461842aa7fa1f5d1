//! Every kind of screen at two sizes and four colour depths: its text, and which styles it uses. The benches are in
//! `gallery`.
//!
//! A style is one line: the first text that has it, then foreground, background and attributes, at each depth where they
//! differ. So a lost accent or an invisible selection shows in the difference of a few lines.

use std::fmt::Write as _;

use clsroom::app::Key;
use clsroom::lesson::View;
use clsroom::lesson::progress::{Given, Progress};
use clsroom::view::{Depth, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Color;

use crate::driver::Driver;
use crate::screens::to_view;
use crate::svg;

/// The smallest screen, and one that shows text and bench side by side.
const SIZES: [(u16, u16); 2] = [(60, 18), (120, 36)];

/// A cell's style. The colours of a ramp are one word: there are dozens, and they move with a figure's last digits;
/// some maps have a snapshot of all of them.
fn style(cell: &Cell) -> String {
    if matches!(cell.bg, Color::Rgb(..) | Color::Indexed(_)) {
        return "ramp".to_owned();
    }
    let color = |color| if color == Color::Reset { "-".to_owned() } else { format!("{color:?}") };
    let attributes = if cell.modifier.is_empty() { String::new() } else { format!(" {:?}", cell.modifier) };
    format!("{} on {}{attributes}", color(cell.fg), color(cell.bg))
}

/// The styles of one screen drawn at every depth, in the order of their first cell.
fn styles(buffers: &[Buffer]) -> String {
    // The styles, the first run of cells that has them, and where that run goes on.
    let mut found: Vec<(Vec<String>, String, usize)> = Vec::new();
    for (index, cell) in buffers[0].content.iter().enumerate() {
        let styles: Vec<String> = buffers.iter().map(|buffer| style(&buffer.content[index])).collect();
        match found.iter_mut().find(|(known, ..)| *known == styles) {
            Some((_, text, next)) if *next == index && text.chars().count() < 20 => {
                text.push_str(cell.symbol());
                *next += 1;
            }
            Some((_, text, next)) if text.trim().is_empty() => {
                cell.symbol().clone_into(text);
                *next = index + 1;
            }
            Some(_) => {}
            None => found.push((styles, cell.symbol().to_owned(), index + 1)),
        }
    }
    let shown = found.iter().filter(|(_, text, _)| !text.trim().is_empty());
    shown.fold(String::new(), |mut out, (styles, text, _)| {
        let shown = if styles.iter().all(|style| *style == styles[0]) { &styles[..1] } else { styles };
        let _ = writeln!(out, "{}: {}", text.trim(), shown.join(" / "));
        out
    })
}

/// What is on the screen, at both sizes and every depth, as one snapshot.
pub fn snapshot(name: &str, driver: &mut Driver) {
    let mut out = String::new();
    for size in SIZES {
        driver.size = size;
        let mut text = String::new();
        let mut buffers = Vec::new();
        for depth in Depth::ALL.into_iter().rev() {
            driver.theme = Theme::new(depth, false);
            buffers.push(driver.buffer());
            let screen = driver.screen();
            if text.is_empty() || (screen != text && size == SIZES[0]) {
                // Again where colours became signs.
                let _ = writeln!(out, "=== {}x{}, {} ===\n{screen}", size.0, size.1, depth.name());
                text = screen;
            }
        }
        if size == SIZES[1] {
            let names = Depth::ALL.into_iter().rev().map(Depth::name).collect::<Vec<_>>().join(" / ");
            let _ = writeln!(out, "--- styles: {names} ---\n{}", styles(&buffers));
        }
    }
    driver.theme = Theme::new(Depth::TrueColor, false);
    for size in [(80, 24), (120, 36)] {
        driver.size = size;
        svg::write(name, &driver.buffer());
    }
    // Digits beyond the first decimal may differ from processor to processor; a marker's are kept.
    let filters = vec![
        (r"\[(\d\d)\.(\d+) ready\]", "[$1 $2 ready]"),
        (r"(\.\d)\d+", "${1}_"),
        (r"\[(\d\d) (\d+) ready\]", "[$1.$2 ready]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, {
        insta::assert_snapshot!(name, out);
    });
}

/// A new learner, who then presses keys; 80 columns, so that Tab leads from text to bench.
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
    assert!(driver.screen().lines().any(|line| line.contains('[') && line.contains("layer 6")), "{}", driver.screen());
}
