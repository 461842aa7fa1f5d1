//! Relatives of BERT and their classification heads, against the formulas of transformers written out in candle's plain
//! operations on weights that never went through our loader.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use candle_core::{Device, Tensor};
use clsroom::lab::finetune::Student;
use clsroom::lab::finetune::examples::prepare;
use clsroom::lab::{Answers, Control, Outcome, Readout, Request, Sentence, Session};
use clsroom::model::{Batch, Bert, HiddenStates};
use serde_json::{Value, json};

use crate::checkpoint::{Checkpoint, write};
use crate::reference::difference;

const TEXT: &str = "Not a bad film, was it?";

type Weights = HashMap<String, Tensor>;

/// From a weight's name to its stored name.
type Naming = dyn Fn(&str) -> String;

fn made(shape: &[usize], seed: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|i| (0.4 * (seed + 0.7 * i as f64).sin()) as f32).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).expect("a tensor")
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|t| t.to_vec1()).expect("f32 numbers")
}

/// Writes a checkpoint with these weights; what `name` makes of a weight's name is its stored name.
fn save(folder: &Path, style: &Checkpoint, weights: &Weights, config: &Value, name: impl Fn(&str) -> String) {
    style.write(folder);
    let stored: Weights = weights.iter().map(|(own, tensor)| (name(own), tensor.clone())).collect();
    candle_core::safetensors::save(&stored, folder.join("model.safetensors")).expect("written");
    write(folder, "config.json", &config.to_string());
}

fn dense(weights: &Weights, x: &Tensor, name: &str) -> candle_core::Result<Tensor> {
    x.matmul(&weights[&format!("{name}.weight")].t()?)?.broadcast_add(&weights[&format!("{name}.bias")])
}

/// `hidden_states` of `BertModel`'s relatives: 2 layers, 3 heads of 8 numbers. `first`: the row of the first position.
fn hidden_states(weights: &Weights, ids: &[u32], first: u32) -> candle_core::Result<Vec<Tensor>> {
    let norm = |x: &Tensor, name: &str| {
        let centred = x.broadcast_sub(&x.mean_keepdim(1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(1)? + 1e-12)?.sqrt()?;
        let (weight, bias) =
            (&weights[&format!("{name}.LayerNorm.weight")], &weights[&format!("{name}.LayerNorm.bias")]);
        centred.broadcast_div(&deviation)?.broadcast_mul(weight)?.broadcast_add(bias)
    };
    let rows = |table: &str, which: &[u32]| {
        weights[&format!("embeddings.{table}_embeddings.weight")].index_select(&Tensor::new(which, &Device::Cpu)?, 0)
    };
    let places: Vec<u32> = (first..first + ids.len() as u32).collect();
    let zeros = vec![0; ids.len()];
    let mut sum = ((rows("word", ids)? + rows("token_type", &zeros)?)? + rows("position", &places)?)?;
    if weights.contains_key("embeddings.task_type_embeddings.weight") {
        sum = (sum + rows("task_type", &zeros)?)?;
    }
    let mut x = norm(&sum, "embeddings")?;
    if weights.contains_key("embeddings_project.weight") {
        x = dense(weights, &x, "embeddings_project")?;
    }
    let mut states = vec![x.clone()];
    for layer in 0..2 {
        let at = |name: &str| format!("encoder.layer.{layer}.{name}");
        let [q, k, v] =
            ["query", "key", "value"].map(|part| dense(weights, &x, &at(&format!("attention.self.{part}"))));
        let (q, k, v) = (q?, k?, v?);
        let head = |x: &Tensor, head: usize| x.narrow(1, head * 8, 8)?.contiguous();
        let mut contexts = Vec::new();
        for number in 0..3 {
            let scores = (head(&q, number)?.matmul(&head(&k, number)?.t()?)? / 8f64.sqrt())?;
            contexts.push(candle_nn::ops::softmax(&scores, 1)?.matmul(&head(&v, number)?)?);
        }
        let context = dense(weights, &Tensor::cat(&contexts, 1)?, &at("attention.output.dense"))?;
        x = norm(&(x + context)?, &at("attention.output"))?;
        let middle = dense(weights, &x, &at("intermediate.dense"))?.gelu_erf()?;
        x = norm(&(&x + dense(weights, &middle, &at("output.dense"))?)?, &at("output"))?;
        states.push(x.clone());
    }
    Ok(states)
}

/// ELECTRA's weights and configuration: tables of 10 numbers a row, projected to 24.
fn electra() -> (Checkpoint, Weights, Value) {
    let style = Checkpoint { pooler: false, ..Checkpoint::default() };
    let mut weights = style.weights();
    for name in ["word", "position", "token_type"].map(|table| format!("embeddings.{table}_embeddings.weight")) {
        let narrow = weights[&name].narrow(1, 0, 10).and_then(|t| t.contiguous()).expect("a table");
        weights.insert(name, narrow);
    }
    for name in ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"] {
        weights.insert(name.to_owned(), made(&[10], name.len() as f64));
    }
    weights.insert("embeddings_project.weight".to_owned(), made(&[24, 10], 3.0));
    weights.insert("embeddings_project.bias".to_owned(), made(&[24], 4.0));
    let mut config = style.config();
    config["model_type"] = "electra".into();
    config["embedding_size"] = 10.into();
    config["architectures"] = json!(["ElectraForPreTraining"]);
    (style, weights, config)
}

fn agrees(folder: &Path, weights: &Weights, first: u32) -> Bert {
    let bert = Bert::open(folder, None).expect("it loads");
    let input = bert.encode(TEXT, None).expect("it encodes").input;
    let mut ours = HiddenStates::default();
    bert.forward(&Batch::new(&[&input]).expect("a batch"), &mut ours).expect("a pass");
    let theirs = hidden_states(weights, &input.input_ids, first).expect("a pass");
    assert_eq!(ours.0.len(), theirs.len());
    for (layer, (ours, theirs)) in ours.0.iter().zip(&theirs).enumerate() {
        assert!(difference(&flat(ours), &flat(theirs)) < 1e-4, "layer {layer}");
    }
    bert
}

#[test]
fn electra_runs_by_its_formulas_and_shows_its_projection() {
    let (style, weights, config) = electra();
    for prefix in ["electra.", "discriminator.electra.", ""] {
        let folder = tempfile::tempdir().expect("a folder");
        save(folder.path(), &style, &weights, &config, |name| format!("{prefix}{name}"));
        let bert = agrees(folder.path(), &weights, 0);
        assert_eq!(bert.facts().parameters, weights.values().map(Tensor::elem_count).sum::<usize>());
        let lab = Session::alone(bert, None);
        let asked = Request::Trace(Sentence::single(TEXT));
        let Ok(Some(Outcome::Trace(trace))) = lab.run(&asked, &Control::QUIET) else { panic!("a trace") };
        assert_eq!((trace.word.cols, trace.sum.cols, trace.hidden_states[0].cols), (10, 10, 24));
        let shapes = |name: &str| {
            let found = trace.operations.iter().find(|operation| operation.name == name && operation.layer.is_none());
            found.unwrap_or_else(|| panic!("no {name}")).shapes.clone()
        };
        let count = trace.pieces.len();
        assert_eq!(shapes("projection"), format!("[{count} x 10] -> [{count} x 24]"));
        assert!(shapes("norm").ends_with(&format!("[{count} x 10]")), "{}", shapes("norm"));
    }
    // With tables of the hidden size there is no projection.
    let style = Checkpoint { pooler: false, ..Checkpoint::default() };
    let mut config = style.config();
    (config["model_type"], config["embedding_size"]) = ("electra".into(), 24.into());
    let folder = tempfile::tempdir().expect("a folder");
    save(folder.path(), &style, &style.weights(), &config, |name| format!("electra.{name}"));
    agrees(folder.path(), &style.weights(), 0);
}

#[test]
fn ernie_adds_its_first_task_where_its_configuration_says_so() {
    let style = Checkpoint::default();
    let mut weights = style.weights();
    weights.insert("embeddings.task_type_embeddings.weight".to_owned(), made(&[3, 24], 1.0));
    let mut config = style.config();
    config["model_type"] = "ernie".into();
    config["task_type_vocab_size"] = 3.into();
    for used in [true, false] {
        config["use_task_id"] = used.into();
        let folder = tempfile::tempdir().expect("a folder");
        save(folder.path(), &style, &weights, &config, |name| format!("ernie.{name}"));
        let mut expected = weights.clone();
        if !used {
            expected.remove("embeddings.task_type_embeddings.weight");
        }
        agrees(folder.path(), &expected, 0);
    }
}

#[test]
fn data2vec_counts_positions_as_roberta_does() {
    let style = Checkpoint::default();
    let mut config = style.config();
    (config["model_type"], config["pad_token_id"]) = ("data2vec-text".into(), 1.into());
    let folder = tempfile::tempdir().expect("a folder");
    save(folder.path(), &style, &style.weights(), &config, |name| format!("data2vec_text.{name}"));
    agrees(folder.path(), &style.weights(), 2);
}

/// Every gradient of a training step through the projection, against the change of the loss when one number moves.
#[test]
fn electras_projection_learns_with_the_right_gradient() {
    let (style, weights, config) = electra();
    let head = made(&[2, 24], 9.0);
    let loss = |weights: &Weights| {
        let folder = tempfile::tempdir().expect("a folder");
        save(folder.path(), &style, weights, &config, |name| format!("electra.{name}"));
        let bert = Bert::open(folder.path(), None).expect("it loads");
        let texts = [("Not a bad film", 1), ("the film was bad", 0)];
        let examples = prepare(&bert, &texts, &Readout::Cls, None, &mut |_| true).expect("examples").expect("whole");
        let student = Student::with_head(&bert, &Readout::Cls, None, &head).expect("a student");
        student.gradients(&examples.iter().collect::<Vec<_>>()).expect("gradients")
    };
    let (_, gradients) = loss(&weights);
    let of = |name: &str| &gradients.iter().find(|(known, _)| known == name).expect("a gradient").1;
    for (name, place) in
        [("embeddings_project.weight", 37), ("embeddings_project.bias", 5), ("embeddings.LayerNorm.weight", 3)]
    {
        let gradient =
            if name == "embeddings_project.weight" { of(name).t().expect("a matrix") } else { of(name).clone() };
        let moved = |by: f32| {
            let mut changed = weights.clone();
            let mut numbers = flat(&weights[name]);
            numbers[place] += by;
            let tensor = Tensor::from_vec(numbers, weights[name].shape().clone(), &Device::Cpu).expect("a tensor");
            changed.insert(name.to_owned(), tensor);
            f64::from(loss(&changed).0)
        };
        let expected = (moved(1e-2) - moved(-1e-2)) / 2e-2;
        let found = f64::from(flat(&gradient.contiguous().expect("numbers"))[place]);
        assert!((found - expected).abs() < 2e-3 * expected.abs().max(0.1), "{name}: {found}, {expected}");
        assert!(found.abs() > 1e-6, "{name}");
    }
}

/// A BERT with a head of these many outputs; `change` is made to its configuration.
fn with_head(folder: &Path, outputs: usize, change: &Value, name: impl Fn(&str) -> String) -> Weights {
    let style = Checkpoint::default();
    let mut weights = style.weights();
    weights.insert("classifier.weight".to_owned(), made(&[outputs, 24], 2.0));
    weights.insert("classifier.bias".to_owned(), made(&[outputs], 5.0));
    let mut config = style.config();
    config["architectures"] = json!(["BertForSequenceClassification"]);
    config.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
    save(folder, &style, &weights, &config, name);
    weights
}

fn own(bert: &Bert) -> (Vec<f32>, Tensor) {
    let input = bert.encode(TEXT, None).expect("it encodes").input;
    let batch = Batch::new(&[&input]).expect("a batch");
    let cls = bert.forward(&batch, &mut clsroom::model::Nothing).and_then(|t| t.narrow(0, 0, 1)).expect("[CLS]");
    let answer = bert.own_answer(&cls).expect("it runs").expect("there is a head");
    (answer.into_iter().map(|(_, number)| number).collect(), cls)
}

#[test]
fn a_head_answers_by_its_problem_type() {
    let cases = [
        (3, json!({"problem_type": "multi_label_classification"}), Answers::Labels),
        (1, json!({"problem_type": "multi_label_classification"}), Answers::Labels),
        (3, json!({"problem_type": "single_label_classification"}), Answers::Classes),
        (3, json!({"problem_type": null}), Answers::Classes),
        (3, json!({"problem_type": "regression"}), Answers::Scores),
        (1, json!({"num_labels": 1}), Answers::Scores),
    ];
    for (outputs, change, kind) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let weights = with_head(folder.path(), outputs, &change, str::to_owned);
        let bert = Bert::open(folder.path(), None).expect("it loads");
        assert_eq!(bert.own_answers_are(), kind, "{change}");
        let (ours, cls) = own(&bert);
        let pooled = dense(&weights, &cls, "pooler.dense").and_then(|x| x.tanh()).expect("pooled");
        let logits = flat(&dense(&weights, &pooled, "classifier").expect("logits"));
        let total: f32 = logits.iter().map(|x| x.exp()).sum();
        let expected: Vec<f32> = logits
            .iter()
            .map(|x| match kind {
                Answers::Classes => x.exp() / total,
                Answers::Labels => 1.0 / (1.0 + (-x).exp()),
                Answers::Scores => *x,
            })
            .collect();
        assert!(difference(&ours, &expected) < 1e-5, "{change}: {ours:?} {expected:?}");
        assert_eq!(bert.own_labels()[0], "LABEL_0");
    }
}

#[test]
fn electras_head_has_gelu_between_its_layers() {
    let (style, mut weights, mut config) = electra();
    weights.insert("classifier.dense.weight".to_owned(), made(&[24, 24], 1.0));
    weights.insert("classifier.dense.bias".to_owned(), made(&[24], 2.0));
    weights.insert("classifier.out_proj.weight".to_owned(), made(&[2, 24], 3.0));
    weights.insert("classifier.out_proj.bias".to_owned(), made(&[2], 4.0));
    config["architectures"] = json!(["ElectraForSequenceClassification"]);
    let folder = tempfile::tempdir().expect("a folder");
    save(folder.path(), &style, &weights, &config, |name| {
        if name.starts_with("classifier") { name.to_owned() } else { format!("electra.{name}") }
    });
    let (ours, cls) = own(&Bert::open(folder.path(), None).expect("it loads"));
    let middle = dense(&weights, &cls, "classifier.dense").and_then(|x| x.gelu_erf()).expect("GELU");
    let logits = dense(&weights, &middle, "classifier.out_proj").expect("logits");
    let expected = flat(&candle_nn::ops::softmax(&logits, 1).expect("softmax"));
    assert!(difference(&ours, &expected) < 1e-5, "{ours:?} {expected:?}");
}

/// Names of a model whose encoder has a prefix of its own inside what wraps both encoder and head.
fn beside(wrap: &'static str, encoder: &'static str) -> impl Fn(&str) -> String {
    move |name| {
        if name.starts_with("classifier") { format!("{wrap}{name}") } else { format!("{wrap}{encoder}{name}") }
    }
}

#[test]
fn a_head_is_found_behind_every_wrapper() {
    let plain = tempfile::tempdir().expect("a folder");
    with_head(plain.path(), 2, &json!({}), str::to_owned);
    let expected = own(&Bert::open(plain.path(), None).expect("it loads")).0;
    let older = |name: &str| {
        let name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        beside("module._orig_mod.", "bert.")(&name)
    };
    let inner = |name: &str| beside("", "bert.")(name).replace("encoder.", "encoder._fsdp_wrapped_module.");
    let apart =
        |name: &str| if name.starts_with("classifier") { format!("head.{name}") } else { format!("bert.{name}") };
    let styles: Vec<Box<Naming>> = vec![
        Box::new(beside("", "bert.")),
        Box::new(beside("_orig_mod.", "bert.")),
        Box::new(beside("module.", "bert.")),
        Box::new(beside("model.", "bert.")),
        Box::new(beside("model.", "")),
        Box::new(beside("roberta.", "")),
        Box::new(beside("module._orig_mod.model.", "bert.")),
        Box::new(older),
        Box::new(inner),
        Box::new(apart),
    ];
    for (number, style) in styles.iter().enumerate() {
        let folder = tempfile::tempdir().expect("a folder");
        with_head(folder.path(), 2, &json!({}), style);
        let bert = Bert::open(folder.path(), None).unwrap_or_else(|error| panic!("style {number}: {error}"));
        assert_eq!(bert.own_labels(), ["LABEL_0", "LABEL_1"], "style {number}: {:?}", bert.facts().unused_head);
        assert_eq!(own(&bert).0, expected, "style {number}");
    }
}

#[test]
fn labels_come_from_either_table_and_a_head_that_does_not_fit_says_why() {
    let opened = |outputs: usize, change: Value| {
        let folder = tempfile::tempdir().expect("a folder");
        with_head(folder.path(), outputs, &change, str::to_owned);
        Bert::open(folder.path(), None).expect("it loads")
    };
    let labels = |outputs, change| opened(outputs, change).own_labels().to_vec();
    assert_eq!(labels(2, json!({})), ["LABEL_0", "LABEL_1"]);
    assert_eq!(labels(2, json!({"id2label": {}, "num_labels": 2})), ["LABEL_0", "LABEL_1"]);
    assert_eq!(labels(2, json!({"id2label": {"zero": "a", "1": "b"}})), ["LABEL_0", "b"]);
    assert_eq!(labels(2, json!({"label2id": {"bad": 0, "good": 1}})), ["bad", "good"]);
    let why = |outputs, change| opened(outputs, change).facts().unused_head.clone().expect("a reason");
    assert_eq!(why(2, json!({"num_labels": 5})), "it has 2 outputs, and config.json has 5");
    assert_eq!(why(2, json!({"id2label": {"0": "a", "1": "b", "2": "c"}})), "it has 2 outputs, and config.json has 3");
    assert!(why(2, json!({"architectures": ["BertForTokenClassification"]})).contains("BertForTokenClassification"));
    // A head of another shape does not keep the model from being used.
    let folder = tempfile::tempdir().expect("a folder");
    let style = Checkpoint { labels: &["a", "b"], ..Checkpoint::default() };
    let mut weights = style.weights();
    weights.insert("classifier.weight".to_owned(), made(&[2, 48], 1.0));
    save(folder.path(), &style, &weights, &style.config(), str::to_owned);
    let bert = Bert::open(folder.path(), None).expect("it loads");
    assert!(bert.own_labels().is_empty());
    assert!(bert.facts().unused_head.as_ref().is_some_and(|why| why.contains("[2, 48]")));
}

fn clsroom(arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom")).args(arguments).env_clear().output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn only_a_head_that_chooses_a_class_has_a_lane() {
    let folder = tempfile::tempdir().expect("a folder");
    let (model, data) = (folder.path().display().to_string(), folder.path().join("data.csv").display().to_string());
    let row = |n: usize| format!("the film number {n} was {},{}\n", ["bad", "funny"][n % 2], n % 2);
    let rows = (0..120).map(row).collect::<Vec<_>>().concat();
    fs::write(&data, format!("text,label\n{rows}")).expect("written");
    let race = || clsroom(&["race", "--model", &model, "--data", &data, "--readouts", "cls"]);
    with_head(folder.path(), 2, &json!({}), str::to_owned);
    assert!(race().0.contains("own"), "{}", race().0);

    let names = json!({"0": "toxic", "1": "insult", "2": "threat"});
    with_head(folder.path(), 3, &json!({"problem_type": "multi_label_classification", "id2label": names}), |name| {
        name.to_owned()
    });
    let said = race().0;
    assert_eq!(said.matches("each of its labels has a probability of its own").count(), 1, "{said}");
    let (said, _) = clsroom(&["trace", TEXT, "--model", &model]);
    assert!(said.contains("each label has its own probability, and they need not add to 1"), "{said}");
    let (said, _) = clsroom(&["models", "check", &model]);
    assert!(said.contains("own classes: toxic, insult, threat (each label"), "{said}");
    with_head(folder.path(), 2, &json!({"num_labels": 4}), str::to_owned);
    assert!(race().1.contains("own classifier is not used: it has 2 outputs"), "{}", race().1);
    assert!(clsroom(&["trace", TEXT, "--model", &model]).0.contains("own classifier is not used"));
}
