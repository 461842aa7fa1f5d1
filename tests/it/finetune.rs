//! Fine-tuning against `PyTorch`, against itself with the lower layers cached, and at different numbers of threads.

use candle_core::{Device, Tensor};
use clsroom::lab::finetune::examples::{pack, prepare};
use clsroom::lab::finetune::{Example, Rates, Student};
use clsroom::lab::{Readout, gradient};
use clsroom::model::Nothing;
use serde_json::Value;

use crate::driver::lab;
use crate::reference::read;

/// All at the reference's one rate, without clipping and schedule.
const RATES: Rates = Rates { body: 5e-5, head: 5e-5, clip: None };

fn examples(reference: &Value, readout: &Readout, below: Option<usize>) -> Vec<Example> {
    let texts: Vec<(&str, usize)> = reference["texts"]
        .as_array()
        .expect("texts")
        .iter()
        .zip(reference["labels"].as_array().expect("labels"))
        .map(|(text, label)| (text.as_str().expect("a text"), label.as_u64().expect("a label") as usize))
        .collect();
    prepare(lab().bert(), &texts, readout, below, &mut |_| true).expect("examples").expect("not stopped")
}

/// `weight[i,j] = 0.02 sin(0.37 (384 i + j))`, bias 0.
fn head() -> Tensor {
    let weights: Vec<f32> = (0..2 * 384).map(|i| (0.02 * (0.37 * f64::from(i)).sin()) as f32).collect();
    Tensor::from_vec(weights, (2, 384), &Device::Cpu).expect("a head")
}

fn student(readout: &Readout, top_layers: Option<usize>) -> Student {
    Student::with_head(lab().bert(), readout, top_layers, &head()).expect("a student")
}

fn losses(mut student: Student, examples: &[Example], steps: usize) -> Vec<f32> {
    let all: Vec<&Example> = examples.iter().collect();
    (0..steps).map(|_| student.step(&all, RATES).expect("a step")).collect()
}

#[test]
fn ten_losses_agree_with_pytorch() {
    for reference in read("finetune.json").as_array().expect("records") {
        let readout: Readout = reference["readout"].as_str().expect("a readout").parse().expect("a readout");
        let found = losses(student(&readout, None), &examples(reference, &readout, None), 10);
        for (step, (found, expected)) in found.iter().zip(reference["losses"].as_array().expect("losses")).enumerate() {
            let expected = expected.as_f64().expect("a loss");
            assert!((f64::from(*found) - expected).abs() < 1e-3, "{readout}, step {step}: {found}, PyTorch {expected}");
        }
    }
}

/// A gradient of ours under Hugging Face's name and in its layout: q, k and v are one here, weights are transposed.
fn theirs(name: &str, ours: &[(String, Tensor)]) -> Tensor {
    let find = |name: &str| {
        let found = ours.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no gradient named {name}")).1.clone()
    };
    let part = ["query", "key", "value"].iter().position(|part| name.contains(&format!("self.{part}.")));
    let gradient = match part {
        Some(part) => {
            let fused = find(&["query", "key", "value"].iter().fold(name.to_owned(), |n, p| n.replace(p, "qkv")));
            let last = fused.rank() - 1;
            fused.narrow(last, part * 384, 384).expect("a part")
        }
        None => find(name),
    };
    if gradient.rank() == 2 && name.starts_with("encoder") {
        gradient.t().and_then(|g| g.contiguous()).expect("a matrix")
    } else {
        gradient
    }
}

#[test]
fn every_parameters_first_gradient_agrees_with_pytorch() {
    for reference in read("finetune.json").as_array().expect("records") {
        let readout: Readout = reference["readout"].as_str().expect("a readout").parse().expect("a readout");
        let all = examples(reference, &readout, None);
        let (_, ours) = student(&readout, None).gradients(&all.iter().collect::<Vec<_>>()).expect("gradients");
        let expected = reference["first_step_grad"].as_object().expect("gradients");
        assert!(expected.len() > 100);
        for (name, expected) in expected {
            let number = |value: &Value| value.as_f64().expect("a number");
            let norm = number(&expected["norm"]);
            let table =
                ["word", "position", "token_type"].iter().find(|table| name.contains(&format!("{table}_embed")));
            let gradient = match (table, name.contains("classifier") || name.starts_with("head")) {
                (Some(table), _) => theirs(table, &ours),
                (None, true) => theirs(if name.ends_with("bias") { "head.bias" } else { "head.weight" }, &ours),
                (None, false) => theirs(name, &ours),
            };
            let numbers: Vec<f32> = gradient.flatten_all().and_then(|g| g.to_vec1()).expect("numbers");
            let found = numbers.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
            let allowed = 1e-3 * norm + 1e-7;
            assert!((found - norm).abs() <= allowed, "{readout}, {name}: norm {found}, PyTorch {norm}");
            // The reference lists a table's first row, [PAD], which no batch of ours contains; of the others row 0 is used.
            if table.is_none_or(|table| *table != "word") {
                for (found, expected) in numbers.iter().zip(expected["first4"].as_array().expect("numbers")) {
                    let expected = number(expected);
                    assert!((f64::from(*found) - expected).abs() <= allowed, "{readout}, {name}: {found}, {expected}");
                }
            }
        }
    }
}

#[test]
fn the_gradient_at_every_layer_and_position_agrees_with_pytorch() {
    for reference in read("finetune.json").as_array().expect("records") {
        let readout: Readout = reference["readout"].as_str().expect("a readout").parse().expect("a readout");
        let all = examples(reference, &readout, None);
        let all: Vec<&Example> = all.iter().collect();
        let maps = gradient::norms(lab().bert(), &student(&readout, None), &all).expect("norms");
        for (layer, expected) in reference["first_step_hidden_grad_norm"].as_array().expect("layers").iter().enumerate()
        {
            for (text, expected) in expected.as_array().expect("texts").iter().enumerate() {
                let largest =
                    expected.as_array().expect("positions").iter().filter_map(Value::as_f64).fold(0.0, f64::max);
                for (position, found) in maps[text].row(layer).iter().enumerate() {
                    let expected = expected[position].as_f64().expect("a norm");
                    assert!(
                        (f64::from(*found) - expected).abs() <= 1e-3 * largest + 1e-7,
                        "{readout}, layer {layer}, text {text}, position {position}: {found}, PyTorch {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn where_one_row_is_read_the_last_layer_gives_that_row_alone_and_the_loss_is_that_of_all_rows() {
    let references = read("finetune.json");
    for readout in [Readout::Cls, Readout::Sep, Readout::Token(2), Readout::Random, Readout::ClsAtEnd] {
        let all = examples(&references[0], &readout, None);
        let all: Vec<&Example> = all.iter().collect();
        let student = student(&readout, Some(2));
        let hidden = lab().bert().forward(&pack(&all).expect("a batch"), &mut Nothing).expect("a pass");
        let whole: f32 = student.loss(&hidden, &all).and_then(|loss| loss.to_scalar()).expect("a loss");
        let (of_rows, _) = student.gradients(&all).expect("gradients");
        assert!((whole - of_rows).abs() < 1e-5, "{readout}: {whole}, of the rows alone {of_rows}");
    }
}

#[test]
fn with_cached_states_below_the_losses_are_the_same() {
    let references = read("finetune.json");
    for count in [1, 2, 6] {
        let whole = losses(student(&Readout::Cls, Some(count)), &examples(&references[0], &Readout::Cls, None), 4);
        let cached = examples(&references[0], &Readout::Cls, Some(6 - count));
        assert!(cached.iter().all(|example| example.below.is_some()));
        let cached = losses(student(&Readout::Cls, Some(count)), &cached, 4);
        assert!(whole.iter().zip(&cached).all(|(a, b)| (a - b).abs() < 1e-5), "{count}: {whole:?} {cached:?}");
        assert!(cached[3] < cached[0], "it learns: {cached:?}");
    }
}

#[test]
fn the_digits_do_not_depend_on_the_number_of_threads() {
    let references = read("finetune.json");
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| losses(student(&Readout::Mean, None), &examples(&references[0], &Readout::Mean, None), 4))
    };
    let bits = |losses: Vec<f32>| losses.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(at(1)), bits(at(3)));
}

#[test]
fn every_readout_learns_and_a_frozen_table_does_not_move() {
    let references = read("finetune.json");
    let all =
        "cls,mean,mean-content,max,sep,token:1,random,pooler,cls+mean,attention-weighted,cls-at-end,stand-in:banana";
    for name in all.split(',') {
        let readout: Readout = name.parse().expect("a readout");
        let examples = examples(&references[0], &readout, Some(4));
        let mut student = Student::new(lab().bert(), &readout, Some(2), 2, 1).expect("a student");
        let all: Vec<&Example> = examples.iter().collect();
        let rates = Rates { body: 5e-5, head: 1e-3, clip: Some(1.0) };
        let losses: Vec<f32> = (0..6).map(|_| student.step(&all, rates).expect("a step")).collect();
        assert!(losses[5] < losses[0], "{readout}: {losses:?}");
        let names: Vec<&str> = student.learner().names().collect();
        assert!(
            names.iter().all(|name| name.contains("layer.4") || name.contains("layer.5") || name.contains("pooler"))
        );
        let answers = student.probabilities(&examples, &|| false).expect("answers").expect("not stopped");
        assert!(answers.iter().all(|answer| (answer.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        // What is read without the graph is what the graph computes.
        let hidden = student.learner().forward(&pack(&all).expect("a batch"), None).expect("a pass").hidden;
        let read = student.learner().read(&pack(&all).expect("a batch"), None).expect("a pass");
        let furthest = (hidden - read).and_then(|d| d.abs()?.max_all()?.to_scalar::<f32>()).expect("a difference");
        assert!(furthest < 1e-5, "{readout}: {furthest}");
    }
}
