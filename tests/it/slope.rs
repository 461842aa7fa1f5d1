//! The slope of the learner's own races: only figures of one model on the same sentences stand in one picture.

use clsroom::bench;
use clsroom::lesson::View;
use clsroom::lesson::progress::{Figure, Measured};

use crate::driver::{Driver, lab};
use crate::screens::to_view;

/// Measures both ends of a lane, each on so many sentences by a model with these weights.
fn measure(driver: &mut Driver, readout: &str, ends: [(usize, &str); 2]) {
    for (mode, (train, weights)) in ["last", "finetune"].into_iter().zip(ends) {
        for (what, value) in [("accuracy", 0.75), ("low", 0.73), ("high", 0.77)] {
            let measured = Measured {
                value: Figure::Number(value),
                train: Some(train),
                test: Some(2_035),
                model_sha256: weights.to_owned(),
                command: Some("clsroom race".to_owned()),
                ..Measured::default()
            };
            driver.state.progress.measured.insert(format!("race.{readout}.{mode}.{what}"), measured);
        }
    }
}

/// What the bench says.
fn said(driver: &Driver) -> String {
    bench::in_words(&driver.state).join("\n")
}

#[test]
fn ones_own_slope_has_lanes_of_one_model_on_the_same_sentences() {
    let weights = lab().facts().sha256.clone();
    let own = weights.as_str();
    let mut driver = Driver::new(80, 24);
    to_view(&mut driver, "08", View::Slope);
    driver.press("vvv");
    assert_eq!(driver.state.measure(), Some("yours"));
    assert!(!said(&driver).contains("frozen 75"), "nothing was measured");
    measure(&mut driver, "cls", [(512, own), (2_000, own)]);
    assert!(!said(&driver).contains("frozen 75"), "two sizes");
    measure(&mut driver, "cls", [(512, "another"), (512, "another")]);
    assert!(!said(&driver).contains("frozen 75"), "another model");
    measure(&mut driver, "cls", [(512, own), (512, own)]);
    measure(&mut driver, "mean", [(2_000, own), (2_000, own)]);
    let one = said(&driver);
    assert!(one.contains("512 training sentences") && one.contains("[CLS]: frozen 75.0 %"), "{one}");
    assert!(!one.contains("GlobalPooling: frozen"), "the other lane learned from other sentences: {one}");
    measure(&mut driver, "mean", [(512, own), (512, own)]);
    assert!(said(&driver).contains("GlobalPooling: frozen 75.0 %"), "{}", said(&driver));
}
