//! Raw, rollout and norm-based values of `[CLS]`'s row against the reference.

use clsroom::lab::{Control, Outcome, Request, Sentence};

use crate::driver::lab;
use crate::reference::{difference, numbers, read};

#[test]
fn all_measures_agree_with_the_reference() {
    for case in read("interventions.json")["cases"].as_array().expect("cases") {
        let text = case["text"].as_str().expect("a text");
        let sentence = Sentence::single(text);
        let Ok(Some(Outcome::Trace(trace))) = lab().run(&Request::Trace(sentence.clone()), &Control::QUIET) else {
            panic!("a trace")
        };
        let mixing = &trace.mixing;
        for (found, name) in [
            (&mixing.raw.data, "raw_of_cls"),
            (&mixing.rollout.data, "rollout_of_cls"),
            (&mixing.norm.data, "norm_share_of_cls"),
            (&mixing.ratio, "mixing_ratio_of_cls"),
        ] {
            assert!(difference(found, &numbers(&case[name])) < 1e-4, "{text:?}: {name}");
        }
        let Ok(Some(Outcome::Knockout(data))) = lab().run(&Request::Knockout(sentence), &Control::QUIET) else {
            panic!("knock-outs")
        };
        let expected = numbers(&case["knockout_cosine_distance"]["values"]);
        let found: Vec<f32> = (0..6).flat_map(|layer| data.cosine_distance.row(layer)[1..].to_vec()).collect();
        assert!(difference(&found, &expected) < 1e-4, "{text:?}: knock-out");
    }
}

#[test]
fn layer_0_of_cls_is_the_same_for_every_sentence() {
    let request = |first: &str, second: &str| Request::Compare {
        first: Sentence::single(first),
        second: Sentence::single(second),
        word: None,
    };
    for (first, second) in
        [("not bad at all", "We sat on the bank of the river."), ("", "Unbelievably, the café's naïve décor cost €30!")]
    {
        let Ok(Some(Outcome::Compare(data))) = lab().run(&request(first, second), &Control::QUIET) else {
            panic!("a comparison")
        };
        assert!((data.cls[0] - 1.0).abs() < 1e-6);
        assert!(data.cls[6] < 0.9, "and no longer after the layers");
    }
}
