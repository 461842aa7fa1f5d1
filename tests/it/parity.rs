//! Our forward pass against `PyTorch`'s values and against candle-transformers.

use candle_core::Tensor;
use clsroom::model::{Batch, Bert, Edge, HiddenStates, Input, Intervention, Nothing, Trace, intervene, load, oracle};

use crate::reference::{bert, difference, ids, numbers, read};

const TOLERANCE: f32 = 1e-4;

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|t| t.to_vec1()).expect("f32 numbers")
}

fn row(tensor: &Tensor, index: usize) -> Vec<f32> {
    flat(&tensor.get(index).expect("a row"))
}

fn trace(bert: &Bert, input: &Input) -> Trace {
    let mut trace = Trace::default();
    bert.forward(&Batch::new(&[input]).expect("a batch"), &mut trace).expect("a pass");
    trace
}

/// Hidden states of one input under interventions.
fn hidden(input: &Input, interventions: &[Intervention]) -> Vec<Tensor> {
    let (input, edges) = intervene::apply(input, interventions, 6, 30_522).expect("it applies");
    let mut keep = HiddenStates::default();
    bert().forward(&Batch::new(&[&input]).expect("a batch").with_edges(edges), &mut keep).expect("a pass");
    keep.0
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()) as f32
}

#[test]
fn every_reference_input_agrees() {
    for case in read("trace.json")["cases"].as_array().expect("cases") {
        let text = case["text"].as_str().expect("a text");
        let encoding = bert().encode(text, case["pair"].as_str()).expect("it encodes");
        assert_eq!(encoding.input.input_ids, ids(&case["input_ids"]), "{text:?}");
        assert_eq!(encoding.input.token_type_ids, ids(&case["token_type_ids"]), "{text:?}");
        assert_eq!(serde_json::to_value(&encoding.tokens).expect("tokens"), case["tokens"], "{text:?}");
        let trace = trace(bert(), &encoding.input);
        for layer in 0..=6 {
            let states = trace.get(layer, "norm").expect("hidden states");
            let what = format!("{text:?}, layer {layer}");
            assert!(difference(&row(states, 0), &numbers(&case["cls_hidden"][layer])) < TOLERANCE, "{what}");
            let first8 = flat(&states.narrow(1, 0, 8).expect("8 columns"));
            assert!(difference(&first8, &numbers(&case["hidden_first8"][layer])) < TOLERANCE, "{what}");
            let norms = flat(&states.sqr().and_then(|t| t.sum(1)).and_then(|t| t.sqrt()).expect("norms"));
            assert!(difference(&norms, &numbers(&case["hidden_norm"][layer])) < TOLERANCE, "{what}");
            if layer > 0 {
                let attention = trace.get(layer, "probabilities").expect("attention");
                let from_cls = flat(&attention.narrow(1, 0, 1).expect("row 0"));
                assert!(difference(&from_cls, &numbers(&case["attention_from_cls"][layer - 1])) < TOLERANCE, "{what}");
                if !case["attention"].is_null() {
                    assert!(
                        difference(&flat(attention), &numbers(&case["attention"][layer - 1])) < TOLERANCE,
                        "{what}"
                    );
                }
            }
        }
        let cls = trace.get(6, "norm").and_then(|t| t.narrow(0, 0, 1)).expect("[CLS]");
        let pooled = bert().pool(&cls).expect("it runs").expect("a pooler");
        assert!(difference(&flat(&pooled), &numbers(&case["pooler_output"])) < TOLERANCE, "{text:?}");
    }
}

#[test]
fn interventions_agree() {
    for case in read("interventions.json")["cases"].as_array().expect("cases") {
        let text = case["text"].as_str().expect("a text");
        let input = bert().encode(text, None).expect("it encodes").input;
        let length = input.len();
        let plain = hidden(&input, &[]);
        let cls = row(&plain[6], 0);

        let values = &case["knockout_cosine_distance"]["values"];
        for layer in 1..=6 {
            for from in 1..length {
                let cut = Intervention::Cut(Edge { layer, from, to: 0 });
                let distance = 1.0 - cosine(&cls, &row(&hidden(&input, &[cut])[6], 0));
                let expected = values[layer - 1][from - 1].as_f64().expect("a number") as f32;
                assert!((distance - expected).abs() < TOLERANCE, "{text:?}: cut {from} in layer {layer}");
            }
        }

        let order: Vec<usize> = ids(&case["permuted_with_positions"]["order"]).iter().map(|i| *i as usize).collect();
        let place = order.iter().position(|old| *old == 0).expect("[CLS] is somewhere");
        let carried = hidden(&input, &[Intervention::Permute { order: order.clone(), carry_positions: true }]);
        for (now, before) in order.iter().enumerate() {
            assert!(difference(&row(&carried[6], now), &row(&plain[6], *before)) < 1e-5, "{text:?}: carried positions");
        }
        let recounted = hidden(&input, &[Intervention::Permute { order, carry_positions: false }]);
        let vector = row(&recounted[6], place);
        assert!(
            difference(&vector[..8], &numbers(&case["permuted_without_positions"]["cls_vector_first8"])) < TOLERANCE
        );

        let at_end = hidden(&input, &[Intervention::ClsAtEnd]);
        for (layer, states) in at_end.iter().enumerate() {
            let expected = numbers(&case["cls_at_end"]["cls_hidden_first8"][layer]);
            assert!(difference(&row(states, length - 1)[..8], &expected) < TOLERANCE, "{text:?}: [CLS] at the end");
        }
        let zeroed = hidden(&input, &[Intervention::ZeroPositions]);
        let expected = numbers(&case["zero_positions"]["cls_vector_first8"]);
        assert!(difference(&row(&zeroed[6], 0)[..8], &expected) < TOLERANCE, "{text:?}: positions zeroed");
    }
}

#[test]
fn the_oracle_agrees_and_a_batch_equals_its_sentences() {
    let oracle = oracle::embedded().expect("the oracle loads");
    let texts = [
        "",
        "not bad at all",
        "a gripping, funny and deeply humane film .",
        "Unbelievably, the café's naïve décor cost €30!",
    ];
    let inputs: Vec<Input> = texts.iter().map(|text| bert().encode(text, None).expect("it encodes").input).collect();
    let packed = Batch::new(&inputs.iter().collect::<Vec<_>>()).expect("a batch");
    let together = bert().forward(&packed, &mut Nothing).expect("a pass");
    for (input, rows) in inputs.iter().zip(&packed.sequences) {
        assert!(oracle::difference(bert(), &oracle, input).expect("both run") < TOLERANCE);
        let alone = bert().forward(&Batch::new(&[input]).expect("a batch"), &mut Nothing).expect("a pass");
        let among = together.narrow(0, rows.start, rows.len()).expect("its rows");
        assert!(difference(&flat(&alone), &flat(&among)) < 1e-5);
    }
}

#[test]
fn one_changed_weight_is_noticed() {
    let (config, tokenizer, weights) = load::embedded_parts();
    let mut damaged = weights.to_vec();
    // The sign of one number of the last layer's output matrix, which lies near the end of the file.
    let place = damaged.len() - 400_001;
    damaged[place] ^= 0x80;
    let changed = Bert::from_parts("changed", "a test", config, tokenizer, &damaged, None).expect("it still loads");
    assert_ne!(changed.facts().sha256, bert().facts().sha256);
    let input = bert().encode("the movie was surprisingly good", None).expect("it encodes").input;
    let oracle = oracle::embedded().expect("the oracle loads");
    let difference = oracle::difference(&changed, &oracle, &input).expect("both run");
    assert!(difference > TOLERANCE, "one flipped sign moved the result by {difference}");
}
