//! Single heads against the reference and against the pass they are read from: lesson 03 rests on these.

use clsroom::lab::head::{Head, entropy};
use clsroom::lab::{Control, Outcome, Request, Sentence, TraceData};

use crate::driver::lab;
use crate::reference::{difference, numbers, read};

fn trace(text: &str) -> std::sync::Arc<TraceData> {
    let Ok(Some(Outcome::Trace(trace))) = lab().run(&Request::Trace(Sentence::single(text)), &Control::QUIET) else {
        panic!("a trace")
    };
    trace
}

#[test]
fn rows_of_cls_agree_with_the_reference() {
    let cases = read("trace.json");
    let single = |case: &&serde_json::Value| case["pair"].is_null();
    for case in cases["cases"].as_array().expect("cases").iter().filter(single).take(4) {
        let text = case["text"].as_str().expect("a text");
        let trace = trace(text);
        for (index, heads) in case["attention_from_cls"].as_array().expect("layers").iter().enumerate() {
            for (number, row) in heads.as_array().expect("heads").iter().enumerate() {
                let head = Head::of(&trace, index + 1, number).expect("a head");
                assert!(difference(head.weights(0), &numbers(row)) < 1e-4, "{text:?}: {} {number}", index + 1);
            }
        }
    }
}

#[test]
fn a_row_is_rebuilt_from_query_key_and_value() {
    let trace = trace("A deeply humane film, not bad at all.");
    let count = trace.pieces.len();
    for layer in 1..=6 {
        for number in 0..12 {
            let head = Head::of(&trace, layer, number).expect("a head");
            let root = (head.size() as f32).sqrt();
            for row in 0..count {
                // softmax(q·k / sqrt(d)), from the vectors alone.
                let scores: Vec<f32> = (0..count).map(|key| head.dot(row, key) / root).collect();
                let total: f32 = scores.iter().map(|score| score.exp()).sum();
                for (key, score) in scores.iter().enumerate() {
                    assert!((score - head.score(row, key)).abs() < 1e-4);
                    assert!((score.exp() / total - head.weight(row, key)).abs() < 1e-5);
                    let products: f32 = head.products(row, key).iter().sum();
                    assert!((products - head.dot(row, key)).abs() < 1e-3);
                }
                // Weight times value, added up, is the context.
                let mut sum = vec![0f32; head.size()];
                for key in 0..count {
                    sum.iter_mut().zip(head.handed(row, key)).for_each(|(sum, part)| *sum += part);
                }
                assert!(difference(&sum, head.context(row)) < 1e-5);
                assert!(entropy(head.weights(row)) <= (count as f32).ln() + 1e-5);
            }
        }
    }
    assert!(Head::of(&trace, 0, 0).is_none() && Head::of(&trace, 7, 0).is_none());
    assert!(Head::of(&trace, 1, 12).is_none());
}
