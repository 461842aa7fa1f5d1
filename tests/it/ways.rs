//! Cosines and shares without the number that outweighs the others, or centred: in every bench that compares vectors.

use clsroom::lab::largest::{largest, mean};
use clsroom::lab::way::Way;
use clsroom::lab::{Control, Outcome, Request, Sentence};
use clsroom::lesson::View;

use crate::driver::{Driver, lab};
use crate::reference::difference;
use crate::screens::to_view;

const TOLERANCE: f32 = 1e-5;

fn answer(request: &Request) -> Outcome {
    lab().run(request, &Control::QUIET).expect("it runs").expect("an answer")
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()) as f32
}

#[test]
fn a_comparison_of_prepared_vectors_agrees_with_one_by_hand() {
    let [first, second] = ["A fine film.", "The plot is thin, but the acting is wonderful."].map(Sentence::single);
    let traced = |sentence: &Sentence| {
        let Outcome::Trace(data) = answer(&Request::Trace(sentence.clone())) else { panic!("no trace") };
        data.hidden_states.clone()
    };
    let (one, two) = (traced(&first), traced(&second));
    let index = largest(&one).index;
    assert_eq!(index, 99, "the coordinate that everybody finds in this model");
    let Outcome::Largest(data) = answer(&Request::Largest(first.clone())) else { panic!("no coordinate") };
    let request = Request::Compare { first, second, word: None };
    for way in [Way::Without, Way::Centred] {
        let Outcome::Compare(found) = answer(&Request::Prepared(way, Box::new(request.clone()))) else {
            panic!("no comparison")
        };
        let by_hand: Vec<f32> = one
            .iter()
            .zip(&two)
            .zip(&data.common.cls)
            .map(|((one, two), mean)| {
                let [mut a, mut b] = [one.row(0).to_vec(), two.row(0).to_vec()];
                match way {
                    Way::Without => (a[index], b[index]) = (0.0, 0.0),
                    _ => [&mut a, &mut b].into_iter().for_each(|vector| {
                        vector.iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
                    }),
                }
                cosine(&a, &b)
            })
            .collect();
        // At layer 0 all [CLS] are one vector, and nothing is left of it.
        assert!(difference(&found.cls[1..], &by_hand[1..]) < TOLERANCE, "{way:?}: {:?} and {by_hand:?}", found.cls);
    }
    let Outcome::Compare(plain) = answer(&request) else { panic!("no comparison") };
    assert!(plain.cls[3] > 0.999, "all numbers: nearly one direction");
}

#[test]
fn what_sentences_have_in_common_is_their_mean() {
    let Outcome::Largest(data) = answer(&Request::Largest(Sentence::single("A film."))) else { panic!("no data") };
    assert_eq!((data.common.cls.len(), data.common.pieces.len()), (7, 7));
    let cosines = &data.cosines[2];
    assert!(cosines[6].abs() < 0.3 && data.cosines[0][6] > 0.6, "{:?}", data.cosines);
    assert_eq!(mean(&clsroom::lab::Matrix::new(2, 1, vec![1.0, 3.0])), [2.0]);
}

#[test]
fn a_key_prepares_the_vectors_of_every_bench_that_compares_some_and_leaves_the_values_of_the_text() {
    for (lesson, view, keys) in [
        ("02", View::Compare, ""),
        ("02", View::Similarity, ""),
        ("04", View::Mixing, ""),
        ("04", View::Mixing, "vvv"),
        ("04", View::Difference, "vvv"),
        ("04", View::Ranges, ""),
        ("06", View::Arrange, ""),
    ] {
        let mut driver = Driver::new(120, 36);
        driver.tell(clsroom::lab::Event::ModelReady(lab().facts()));
        to_view(&mut driver, lesson, view);
        driver.press(keys);
        let ways = driver.state.ways();
        assert!(ways.len() > 1 && ways[0] == Way::AsItIs, "{view:?}");
        let left = |line: &str| line.chars().take(45).collect::<String>();
        let text = |driver: &Driver| driver.screen().lines().map(left).collect::<Vec<String>>();
        let (before, words) = (text(&driver), clsroom::bench::in_words(&driver.state));
        for way in &ways[1..] {
            driver.press("y");
            assert_eq!(driver.state.way(), *way, "{view:?}");
            let says = match way {
                Way::Without => "without the largest",
                _ => "mean vector subtracted",
            };
            let screen = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(driver.state.missing().is_empty(), "{view:?}: {:?}", driver.state.missing());
            let said = clsroom::bench::in_words(&driver.state);
            assert!(screen.contains(says.split(' ').next().expect("a word")), "{view:?} {way:?}\n{screen}");
            assert_ne!(said, words, "{view:?} {way:?}");
            driver.press("?q");
            let shown = text(&driver);
            let kept = before.iter().zip(&shown).filter(|(a, b)| a == b).count();
            assert!(kept + 3 >= before.len(), "{view:?}: the text stays\n{before:#?}\n{shown:#?}");
        }
        driver.press("y");
        assert_eq!(driver.state.way(), Way::AsItIs);
        assert_eq!(clsroom::bench::in_words(&driver.state), words, "{view:?}: back again");
    }
}

#[test]
fn a_bench_that_compares_nothing_says_so() {
    let mut driver = Driver::new(120, 36);
    driver.tell(clsroom::lab::Event::ModelReady(lab().facts()));
    to_view(&mut driver, "01", View::Tokens);
    driver.press("y");
    assert!(driver.screen().contains("This bench compares no vectors."), "{}", driver.screen());
}
