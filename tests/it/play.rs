//! Space plays a bench: it goes from layer to layer, or from operation to operation, and stops by itself.

use std::time::Duration;

use clsroom::app::{Msg, update};
use clsroom::lesson::View;

use crate::driver::Driver;
use crate::pty::Terminal;
use crate::screens::to_view;

fn beat(driver: &mut Driver) {
    let effects = update(&mut driver.state, Msg::Beat);
    assert!(effects.is_empty(), "a beat asks for nothing: {effects:?}");
}

#[test]
fn it_goes_to_the_end_and_from_the_start_again() {
    for (lesson, view) in
        [("01", View::Stepper), ("03", View::Threads), ("04", View::Painted), ("04", View::Mixing), ("04", View::Map)]
    {
        let mut driver = Driver::new(80, 24);
        to_view(&mut driver, lesson, view);
        let place = |driver: &Driver| (driver.state.cursor.layer, driver.state.cursor.operation);
        driver.press(" ");
        assert_eq!(driver.state.marker().as_deref(), Some("[playing]"), "{view:?}");
        let mut seen = vec![place(&driver)];
        while driver.state.playing {
            beat(&mut driver);
            assert_ne!(seen.last(), Some(&place(&driver)), "{view:?}: each beat shows something new");
            seen.push(place(&driver));
            assert!(seen.len() < 200, "{view:?} ends");
        }
        assert!(seen.len() > 2, "{view:?}: {seen:?}");
        assert!(driver.state.marker().is_some_and(|marker| marker.contains("ready")), "{view:?}");
        let end = place(&driver);
        beat(&mut driver);
        assert_eq!(place(&driver), end, "a late beat does nothing");
        driver.press(" ");
        assert!(place(&driver) < end && driver.state.playing, "{view:?}: from the start again");
    }
}

#[test]
fn any_key_stops_it_and_space_does_no_more_than_that() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "04", View::Painted);
    driver.press(" ");
    beat(&mut driver);
    let layer = driver.state.cursor.layer;
    driver.press(" ");
    assert!(!driver.state.playing && driver.state.cursor.layer == layer);
    driver.press(" l");
    assert!(!driver.state.playing);
    driver.press(" n");
    assert!(!driver.state.playing, "another step does not play");
}

#[test]
fn without_animation_the_end_is_shown_at_once() {
    let mut driver = Driver::new(80, 24);
    driver.state.settings.look.animation = false;
    to_view(&mut driver, "04", View::Painted);
    driver.press(" ");
    assert!(!driver.state.playing);
    assert_eq!(Some(driver.state.cursor.layer), driver.state.layers());
}

#[test]
fn what_has_no_layers_says_that_it_cannot_be_played() {
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "01", View::Tokens);
    driver.press(" ");
    assert!(!driver.state.playing && driver.screen().contains("nothing to play"), "{}", driver.screen());
}

#[test]
fn a_real_terminal_plays_and_is_quiet_afterwards() {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", "04"]);
    terminal.wait_for("[04.1 ready]");
    terminal.send("1");
    terminal.wait_for("layer 1 [ ]");
    terminal.send(" ");
    terminal.wait_for("[playing]");
    terminal.wait_for("layer 6 [ ]");
    terminal.wait_for("[04.1 ready]");
    terminal.wait_for_frame_end();
    assert_eq!(terminal.bytes_within(Duration::from_secs(1)), 0);
}
