//! A race looked at answer by answer: what stands there follows from the lanes' own answers, and a sentence of one's own lies where
//! the same sentence of the test lies.

use std::sync::{Arc, OnceLock};

use clsroom::app::Key;
use clsroom::bench;
use clsroom::lab::answered::{by_length, by_probability, taken_for};
use clsroom::lab::map::Cloud;
use clsroom::lab::{Control, Mode, Outcome, RaceReport, RaceRequest, Readout, Recipe, Request, Sentence, Session};
use clsroom::lesson::View;

use crate::driver::{Driver, lab};
use crate::screens::to_view;

fn request() -> RaceRequest {
    let recipe = Recipe { top_layers: Some(1), epochs: 1, least_steps: 0, ..Recipe::default() };
    RaceRequest {
        train: Some(96),
        test: Some(64),
        modes: vec![Mode::Frozen, Mode::Finetune],
        recipe,
        layers: vec![lab().facts().layers],
        ..RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Mean])
    }
}

/// The race, run once for all tests, and the session that keeps its lanes.
fn raced() -> &'static (Session, Arc<RaceReport>) {
    static RACED: OnceLock<(Session, Arc<RaceReport>)> = OnceLock::new();
    RACED.get_or_init(|| {
        let session = Session::alone(lab().bert().clone(), None);
        let Ok(Some(Outcome::Race(report))) = session.run(&Request::Race(request()), &Control::QUIET) else {
            panic!("a race");
        };
        (session, report)
    })
}

#[test]
fn a_sentence_lies_where_it_lay_in_the_test() {
    let (session, report) = raced();
    assert_eq!(report.lanes.len(), 4);
    for sentence in [0, 17, 63] {
        let text = report.sentences[sentence].text.clone();
        let Ok(Some(Outcome::Ask(said))) = session.run(&Request::Ask(Sentence::single(text)), &Control::QUIET) else {
            panic!("answers");
        };
        for lane in &report.lanes {
            let cloud = lane.cloud.as_ref().expect("a cloud");
            assert_eq!(cloud.points.len(), 64.min(Cloud::MOST));
            let same =
                |answer: &&clsroom::lab::LaneAnswer| (&answer.readout, &answer.mode) == (&lane.readout, &lane.mode);
            let own = said.answers.iter().find(same).and_then(|answer| answer.point).expect("a place");
            for axis in [0, 1] {
                let apart = (own[axis] - cloud.points[sentence][axis]).abs();
                assert!(apart < 2e-3, "{} {}: {apart}", lane.readout, lane.mode);
            }
        }
    }
    // What was learnt moved the sentences.
    let of = |mode: &str| report.lanes.iter().find(|lane| lane.readout == "cls" && lane.mode == mode).expect("a lane");
    let [frozen, tuned] = ["frozen", "finetune"].map(|mode| &of(mode).cloud.as_ref().expect("a cloud").points);
    assert!(frozen.iter().zip(tuned.iter()).any(|(a, b)| (a[0] - b[0]).abs() > 0.01));
}

#[test]
fn groups_hold_each_answer_once() {
    let (_, report) = raced();
    for lane in &report.lanes {
        let right = lane.correct[0].iter().filter(|right| **right).count();
        for groups in
            [by_probability(&lane.probabilities, &report.sentences), by_length(&lane.probabilities, &report.sentences)]
        {
            assert_eq!(groups.iter().map(|group| group.count).sum::<usize>(), 64);
            let sum: f64 = groups.iter().map(|group| group.right * group.count as f64).sum();
            assert!((sum - right as f64).abs() < 1e-9, "{}", lane.readout);
        }
        let (taken, totals) = taken_for(&lane.probabilities, &report.sentences, 2);
        let sum: f32 = (0..2).map(|class| taken.at(class, class) * totals[class] as f32).sum();
        assert!((sum - right as f32).abs() < 1e-3, "{}", lane.readout);
    }
}

#[test]
fn each_measure_says_something_of_each_lane() {
    let mut driver = Driver::new(80, 24);
    driver.lab = Arc::new(Session::alone(lab().bert().clone(), None));
    to_view(&mut driver, "08", View::Answers);
    assert!(driver.screen().contains("Press Enter to run it"), "{}", driver.screen());
    driver.key(Key::Enter);
    driver.finish_run();
    assert!(driver.screen().contains("yours"), "{}", driver.screen());
    let said = bench::in_words(&driver.state).join("\n");
    assert!(said.contains("the dot nearest to yours"), "{said}");
    for (keys, words) in [("v", "most often wrong"), ("v", "calibration error"), ("v", "words:")] {
        driver.press(keys);
        let said = bench::in_words(&driver.state).join("\n");
        assert!(said.contains(words), "{words}: {said}");
        assert!(said.contains("[CLS]") && said.contains("GlobalPooling"), "{said}");
    }
}
