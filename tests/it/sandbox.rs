//! The sandbox: every view on any sentence or pair, with undo, reached by keys.

use clsroom::app::Screen;
use clsroom::lesson::View;

use crate::driver::Driver;
use crate::screens::{SIZES, at_both_sizes};

/// Types into the editor that `key` opens.
fn type_with(driver: &mut Driver, key: &str, text: &str) {
    driver.press(key);
    assert_eq!(driver.state.marker().as_deref(), Some("[editor ready]"));
    driver.key(clsroom::app::Key::Ctrl('u'));
    driver.press(text);
    driver.key(clsroom::app::Key::Enter);
}

#[test]
fn every_view_is_there_on_a_sentence_of_ones_own() {
    for (width, height) in SIZES {
        let mut driver = Driver::new(width, height);
        driver.press("o");
        type_with(&mut driver, "e", "Nobody ever leaves this town");
        let mut seen = Vec::new();
        for _ in 0..driver.state.sandbox.place().1 {
            assert_eq!(driver.state.marker().as_deref(), Some("[sandbox ready]"), "{:?}", driver.state.bench());
            let view = driver.state.bench().expect("a bench").view;
            let screen = driver.screen();
            assert!(screen.contains(view.name()) && screen.contains("Nobody ever leaves"), "{view:?}\n{screen}");
            seen.push(view);
            driver.press("n");
        }
        let (count, first) = (seen.len(), seen[0]);
        assert_eq!(driver.state.bench().map(|bench| bench.view), Some(first), "n goes round");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
        assert_eq!(count + 2, View::ALL.len(), "all but the notebook and recorded models");
        driver.press("q");
        assert!(matches!(driver.state.screen, Screen::Home { .. }));
    }
}

#[test]
fn a_pair_is_read_as_one_input_and_changes_are_taken_back() {
    let mut driver = Driver::new(120, 36);
    driver.press("o");
    type_with(&mut driver, "e", "one two");
    type_with(&mut driver, "E", "three four five");
    let pieces = |driver: &Driver| driver.state.trace().expect("a trace").pieces.len();
    assert_eq!(pieces(&driver), 4, "[CLS] one two [SEP]");
    driver.press("b");
    assert_eq!(pieces(&driver), 8, "and three four five [SEP]");
    assert!(driver.screen().contains("read as one input"), "{}", driver.screen());
    driver.press("u");
    assert_eq!(pieces(&driver), 4);
    driver.press("u");
    assert!(!driver.screen().contains("three four"), "the second sentence is the one before");
    driver.press("u");
    assert!(!driver.screen().contains("one two"), "and so is the first");
    driver.press("u");
    assert!(driver.screen().contains("Nothing is left"), "{}", driver.screen());
}

#[test]
fn it_opens_on_the_view_of_the_step_and_leads_back_to_it() {
    at_both_sizes("sandbox_difference", |driver| {
        driver.press("o");
        type_with(driver, "e", "a warm little film");
        while driver.state.bench().is_some_and(|bench| bench.view != View::Difference) {
            driver.press("n");
        }
    });
    let mut driver = Driver::new(80, 24);
    driver.open("04");
    driver.press("o");
    assert_eq!(driver.state.bench().map(|bench| bench.view), Some(View::Painted));
    assert!(!driver.state.covered(), "no question covers it");
    at_both_sizes("sandbox_painted", |driver| {
        driver.open("04");
        driver.press("o");
    });
    driver.press("o");
    assert_eq!(driver.state.marker().as_deref(), Some("[04.1 ready]"));
}
