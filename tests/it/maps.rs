//! Maps of heads and of pieces, through keys: moving, hiding, opening, long sentences, two sentences, attribution.

use clsroom::app::Key;
use clsroom::lab::Session;
use clsroom::lesson::View;
use clsroom::lesson::progress::Progress;
use clsroom::view::{Depth, Theme};
use std::sync::Arc;

use crate::driver::{Driver, lab};
use crate::pty::Terminal;
use crate::screens::{SIZES, to_view};

/// The colour of every cell: of a ramp from dark to light, and of one with two signs.
#[test]
fn maps_have_the_colours_of_their_numbers() {
    for (name, view, keys, depth) in [
        ("mixing", View::Mixing, "ll", Depth::TrueColor),
        ("mixing", View::Mixing, "ll", Depth::TwoFiftySix),
        ("difference", View::Difference, "vvvll", Depth::TrueColor),
    ] {
        let mut driver = Driver::with(80, 24, Theme::new(depth, false), Progress::default());
        to_view(&mut driver, "04", view);
        driver.press(keys);
        insta::with_settings!({filters => vec![(r"(\.\d)\d+", "${1}_")]}, {
            insta::assert_snapshot!(format!("{name}_styles_{depth:?}"), format!("{:?}", driver.buffer()));
        });
    }
}

#[test]
fn a_head_is_opened_from_all_heads_and_closed_again() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "03", View::Heads);
    let all = driver.screen();
    driver.press("jjlll");
    driver.key(Key::Enter);
    let open = driver.screen();
    assert!(open.contains("attention of one head") && open.contains("layer 3 [ ]  head 4 { }"), "{open}");
    driver.press("j");
    assert_eq!((driver.state.cursor.layer, driver.state.cursor.row), (3, 1), "j goes over rows now");
    driver.key(Key::Enter);
    driver.press("kkhhh");
    assert_eq!(driver.screen(), all);
    let mut seen = vec![all];
    for _ in 0..6 {
        driver.press("v");
        assert!(!seen.contains(&driver.screen()), "every variant is another");
        seen.push(driver.screen());
    }
    driver.press("v");
    assert_eq!(driver.screen(), seen[0]);
}

#[test]
fn special_tokens_are_hidden_and_it_is_said() {
    for (lesson, view) in [("03", View::Attention), ("03", View::Matrix), ("03", View::Heads), ("04", View::Mixing)] {
        for size in SIZES {
            let mut driver = Driver::new(size.0, size.1);
            to_view(&mut driver, lesson, view);
            let before = driver.screen();
            assert!(before.contains("z hide") || before.contains("1-9 answer"), "the footer offers it\n{before}");
            driver.press("z");
            let trace = driver.state.trace().expect("a trace").clone();
            assert_eq!(driver.state.shown().len(), trace.pieces.len() - 2);
            assert!(!trace.pieces[driver.state.cursor.token].special(), "the cursor is on what is shown");
            let screen = driver.screen();
            assert!(screen.contains("not rescaled") || view == View::Heads, "{screen}");
            let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("without [CLS]") || view == View::Attention, "{screen}");
            driver.press("hhhhhhkkkkkk");
            assert!(driver.state.cursor.token == 1 || !matches!(view, View::Matrix | View::Mixing));
            driver.press("zhhhhkkkk");
            driver.press(if view == View::Heads { "" } else { "jjjjkkkk" });
            assert!(!driver.screen().contains("not rescaled"));
        }
    }
}

/// Of a long sentence the masked word is on the screen when the text speaks of it, not the first columns.
#[test]
fn the_map_of_a_masked_word_begins_at_that_word() {
    let mut driver = Driver::new(80, 24);
    driver.open("07");
    driver.type_sentence(
        "My neighbour's old dog barks at every passing train, but never at me, and that has always been a mystery to us.",
    );
    while driver.state.bench().is_none_or(|bench| bench.measure.as_deref() != Some("masked")) {
        driver.press("n");
    }
    driver.press("2");
    let trace = driver.state.trace().expect("a pass").clone();
    let masked = driver.state.gradient().and_then(|data| data.masked).expect("a masked word").0;
    assert_eq!(driver.state.cursor.token, masked);
    driver.key(Key::Tab);
    let screen = driver.screen();
    assert!(screen.contains(&format!(" {}, layer 6", trace.pieces[masked].shown)), "{screen}");
}

/// Leaves of every lesson only the steps with this view, so that a long sentence need not go through the others.
fn only(driver: &mut Driver, view: View) {
    let mut course = (*driver.state.course).clone();
    for lesson in &mut course.lessons {
        if lesson.steps.iter().any(|step| step.bench.as_ref().is_some_and(|bench| bench.view == view)) {
            lesson.steps.retain(|step| step.bench.as_ref().is_some_and(|bench| bench.view == view));
            lesson.steps.iter_mut().filter_map(|step| step.bench.as_mut()).for_each(|bench| bench.sentence = None);
        }
    }
    driver.state.course = std::sync::Arc::new(course);
}

#[test]
fn maps_of_128_pieces_scroll_to_every_corner() {
    for (lesson, view) in [
        ("02", View::Similarity),
        ("03", View::Attention),
        ("03", View::Matrix),
        ("03", View::Heads),
        ("04", View::Attribution),
    ] {
        for size in SIZES {
            let mut driver = Driver::new(size.0, size.1);
            only(&mut driver, view);
            driver.type_sentence(&"unheard of words ".repeat(60));
            to_view(&mut driver, lesson, view);
            if view == View::Heads {
                driver.key(Key::Enter);
            }
            driver.press(&"jl".repeat(130));
            let screen = driver.screen();
            let (row, token) = (driver.state.cursor.row, driver.state.cursor.token);
            assert_eq!((row, token), (if view == View::Attribution { 0 } else { 127 }, 127));
            if matches!(view, View::Attention | View::Attribution) {
                assert!(screen.contains("128 of 128") && screen.contains("[SEP]"), "{screen}");
                continue;
            }
            assert!(screen.contains("row 128 of 128") && screen.contains("more"), "{screen}");
            let pair = if view == View::Similarity { "[SEP] and [SEP]" } else { "[SEP] -> [SEP]" };
            assert_eq!(screen.matches(pair).count(), 1, "the cell under the cursor is said\n{screen}");
        }
    }
}

#[test]
fn two_sentences_stand_side_by_side_in_every_measure() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "04", View::Difference);
    let mut seen = Vec::new();
    for name in ["norm-based share", "raw attention", "attention rollout", "how far A and B are apart"] {
        let screen = driver.screen();
        assert!(screen.contains(name) && !seen.contains(&screen), "{screen}");
        assert!(screen.contains("A  A deeply humane film.") && screen.contains("B  A deeply stupid film."), "{screen}");
        seen.push(screen);
        driver.press("v");
    }
    assert_eq!(driver.screen(), seen[0]);
    assert!(seen[0].contains("▸ humane"), "it opens where they differ: {}", seen[0]);
    // The difference on a line is that of its two shares.
    driver.press("kkkkkkjjj");
    let (first, second) = (driver.state.trace().expect("A"), driver.state.other_trace().expect("B"));
    let (a, b) = (first.mixing.norm.at(5, 3), second.mixing.norm.at(5, 3));
    assert!(
        driver.screen().contains(&format!(
            "A {} {a:.3} · B {} {b:.3} · B - A {:+.3}",
            first.pieces[3].text,
            second.pieces[3].text,
            b - a
        )),
        "{}",
        driver.screen()
    );
    // Sentences of different length: what one lacks is a dot, and every line can be reached.
    let other = "unheard of words ".repeat(60);
    let mut course = (*driver.state.course).clone();
    for bench in course.lessons.iter_mut().flat_map(|l| &mut l.steps).filter_map(|step| step.bench.as_mut()) {
        if bench.view == View::Difference {
            bench.other = Some(other.clone());
        }
    }
    driver.state.course = std::sync::Arc::new(course);
    driver.press(&"j".repeat(140));
    let screen = driver.screen();
    assert!(screen.contains("128 of 128") && screen.contains("[SEP]"), "{screen}");
    driver.press("vvv");
    assert!(driver.screen().contains("128 of 128"), "{}", driver.screen());
    driver.press("z");
    assert!(driver.screen().contains("126 of 126"), "{}", driver.screen());
}

#[test]
fn an_attribution_shows_what_its_parts_add_to() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "04", View::Attribution);
    // It opens at a word: to the first line, and down from there.
    driver.press("1kkkkkkkkjjj");
    let data = driver.state.attribution().expect("an attribution").clone();
    let trace = driver.state.trace().expect("a trace").clone();
    let screen = driver.screen();
    let sum: f32 = data.integrated.iter().sum();
    assert!(
        screen.contains(&format!("integrated: {sum:+.3} = logit {:+.3} less {:+.3}", data.logit, data.baseline)),
        "{screen}"
    );
    assert!(screen.contains(&format!("gap {:+.3}", data.gap())), "{screen}");
    assert!((data.logit - data.baseline - sum - data.gap()).abs() < 1e-5 && data.gap().abs() < 0.1);
    let label = trace.labels.iter().find(|label| label.readout == "cls").expect("a recorded head");
    assert!((label.parts.iter().sum::<f32>() + label.bias - data.logit).abs() < 1e-3, "the head's own logit");
    assert!(
        screen.contains(&format!("grad {:+.3} · integrated {:+.3} ·", data.gradient[3], data.integrated[3])),
        "{screen}"
    );
    let judged = driver.state.question().and_then(|question| driver.state.judge(question).right);
    assert!(judged.is_some(), "the prediction is judged by what was measured");
    driver.press("z");
    assert!(driver.screen().contains("without [CLS] and [SEP]"), "{}", driver.screen());
    // A model without a recorded head has no answer to explain, and offers to fit one.
    driver.lab = Arc::new(Session::alone(lab().bert().clone(), None));
    driver.type_sentence("another film");
    assert!(driver.screen().contains("Press Enter to fit two here"), "{}", driver.screen());
}

#[test]
fn lesson_03_is_walked_in_a_real_terminal() {
    for (columns, rows) in SIZES {
        let home = tempfile::tempdir().expect("a folder");
        let mut terminal = Terminal::start(home.path(), (columns, rows), &[]);
        terminal.wait_for("[home ready]");
        terminal.send("jj\r");
        terminal.wait_for("[03.1 ready]");
        if columns < 100 {
            terminal.send("\t");
        }
        terminal.wait_for("attention of one head");
        terminal.send("z");
        terminal.wait_for("not rescaled");
        for step in 2..=11 {
            terminal.send("n");
            terminal.wait_for(&format!("[03.{step} ready]"));
        }
        terminal.send("n");
        terminal.wait_for("[thought ready]");
        terminal.send("\r");
        terminal.wait_for("Lesson 03 is done.");
        terminal.send("\u{3}");
        assert_eq!(terminal.wait_for_end(), 0);
        terminal.assert_restored();
    }
}
