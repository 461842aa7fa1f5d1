//! Rearranged pieces against the reference: lesson 06 rests on these.

use clsroom::lab::arrange::{ArrangeData, Change, arrange};
use clsroom::lab::way::AS_IT_IS;
use clsroom::lab::{LabError, Sentence};
use clsroom::model::ModelError;
use serde_json::Value;

use crate::reference::{bert, ids, read};

fn last(data: &ArrangeData, change: Change) -> (f32, f32) {
    let found = data.arrangements.iter().find(|arrangement| arrangement.change == change).expect("every change");
    (*found.cls_cosine.last().expect("a layer"), found.largest.iter().copied().fold(0.0, f32::max))
}

#[test]
fn arrangements_agree_with_the_reference() {
    for case in read("interventions.json")["cases"].as_array().expect("cases") {
        let text = case["text"].as_str().expect("a text");
        let order: Vec<usize> = ids(&case["permuted_with_positions"]["order"]).iter().map(|i| *i as usize).collect();
        let data = arrange(bert(), &Sentence::single(text), Some(&order), AS_IT_IS).expect("arranged");
        let (cosine, largest) = last(&data, Change::Carried);
        assert!(largest < 1e-5, "{text:?}: carried positions differ by {largest} in some layer");
        assert!((cosine - 1.0).abs() < 1e-5, "{text:?}: {cosine}");
        let near = |change: Change, expected: &Value| {
            let expected = expected.as_f64().expect("a cosine") as f32;
            let (cosine, largest) = last(&data, change);
            assert!((cosine - expected).abs() < 1e-4, "{text:?}: {change:?} {cosine}, reference {expected}");
            assert!(largest > 0.01, "{text:?}: {change:?} changes something");
        };
        near(Change::Shuffled, &case["permuted_without_positions"]["cls_cosine"]);
        near(Change::ClsAtEnd, &case["cls_at_end"]["cosine_with_normal"]);
        near(Change::NoPositions, &case["zero_positions"]["cls_cosine"]);
    }
}

#[test]
fn the_own_shuffle_works_on_any_sentence() {
    let long = "a word and ".repeat(200);
    for text in ["", "one", "two words", "Unbelievably, the café's naïve décor cost €30!", long.as_str()] {
        let data = arrange(bert(), &Sentence::single(text), None, AS_IT_IS).expect("arranged");
        let (_, largest) = last(&data, Change::Carried);
        assert!(largest < 1e-5, "{:?}: carried positions differ by {largest}", data.tokens);
    }
    let pair = Sentence { text: "the river bank".to_owned(), pair: Some("was steep and wet".to_owned()) };
    let data = arrange(bert(), &pair, None, AS_IT_IS).expect("arranged");
    assert!(last(&data, Change::Carried).1 < 1e-5, "segments travel with their pieces");
}

#[test]
fn refuses_what_is_not_an_order() {
    for order in [vec![0, 0, 1], vec![0], vec![9, 1, 2]] {
        let answer = arrange(bert(), &Sentence::single("word"), Some(&order), AS_IT_IS);
        assert!(matches!(answer, Err(LabError::Model(ModelError::Intervention(_)))), "{order:?}");
    }
}
