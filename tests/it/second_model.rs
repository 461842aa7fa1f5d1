//! The second model inside the program: the same figures as `candle-transformers`', at hand without a network, and out of
//! the way of whoever does not ask for it.

use std::fs;
use std::process::{Command, Output};
use std::sync::Arc;

use candle_core::DType;
use clsroom::app::Key;
use clsroom::lab::{Model, Partner, Session};
use clsroom::model::embedded::{self, Embedded};
use clsroom::model::weights::Weights;
use clsroom::model::{Batch, Bert, Config, HiddenStates, oracle};
use serde_json::Value;

use crate::driver::Driver;
use crate::own_data::few;
use crate::reference::difference;

const TOLERANCE: f32 = 1e-4;

fn bge() -> &'static Embedded {
    embedded::find("bge").expect("it is inside")
}

fn clsroom(arguments: &[&str]) -> (Output, String) {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(arguments)
        .env("HOME", home.path())
        .env("HF_HUB_OFFLINE", "1")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    (output, text)
}

/// `candle-transformers` gives the last layer only; a configuration with fewer layers makes each of them the last.
#[test]
fn every_layer_agrees_with_candle_transformers_on_the_same_file() {
    let bert = bge().open(None).expect("it loads");
    let weights = Weights::parse("bge", bge().weights).expect("weights");
    let mut json: Value = serde_json::from_str(bge().config).expect("JSON");
    for text in ["not bad at all", "Unbelievably, the café's naïve décor cost €30!", ""] {
        let input = bert.encode(text, None).expect("it encodes").input;
        let mut ours = HiddenStates::default();
        bert.forward(&Batch::new(&[&input]).expect("a batch"), &mut ours).expect("a pass");
        assert_eq!(ours.0.len(), 13);
        for layer in [1, 6, 11, 12] {
            json["num_hidden_layers"] = layer.into();
            let config = Config::parse("bge", &json.to_string()).expect("a configuration");
            let oracle = oracle::load(&config, &weights).expect("the oracle loads");
            let shorter = Bert::from_parts("bge", "a test", &json.to_string(), bge().tokenizer, bge().weights, None)
                .expect("it loads");
            let apart = oracle::difference(&shorter, &oracle, &input).expect("both run");
            assert!(apart < TOLERANCE, "layer {layer}, {text:?}: {apart}");
            // The whole model's layer is the shorter one's last.
            let mut last = HiddenStates::default();
            shorter.forward(&Batch::new(&[&input]).expect("a batch"), &mut last).expect("a pass");
            let flat = |tensor: &candle_core::Tensor| {
                tensor.flatten_all().and_then(|tensor| tensor.to_vec1::<f32>()).expect("numbers")
            };
            assert!(difference(&flat(&ours.0[layer]), &flat(&last.0[layer])) < 1e-6, "layer {layer}, {text:?}");
        }
    }
}

#[test]
fn it_is_at_hand_without_a_network_under_both_names() {
    let (_, listed) = clsroom(&["models", "list"]);
    for name in ["all-MiniLM-L6-v2", "bge-small-en-v1.5", "--model bge"] {
        assert!(listed.contains(name), "{name}: {listed}");
    }
    assert!(clsroom(&["--version"]).1.contains("bge"), "it says what is inside");
    let traced = |name: &str| {
        let (_, text) = clsroom(&["trace", "Not bad at all.", "--model", name, "--format", "json"]);
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let json = traced("bge");
    assert_eq!(json["hidden_states"].as_array().map(Vec::len), Some(13));
    assert_eq!(json, traced("bge-small-en-v1.5"));
    let (_, checked) = clsroom(&["models", "check", "bge"]);
    assert!(checked.contains("pooler: no") && checked.contains("parity with candle-transformers"), "{checked}");
    assert!(checked.contains(bge().sha256) && checked.contains(bge().tensors_sha256), "{checked}");
}

/// The command that a figure is printed with names the model, so that it gives the figure again.
#[test]
fn a_race_with_it_and_against_it_names_it_in_its_command() {
    // Few sentences of the course's own, in splits of their own.
    let folder = tempfile::tempdir().expect("a folder");
    let data = few(folder.path(), 240).display().to_string();
    let race = |arguments: &[&str]| {
        let small = ["race", "--readouts", "cls,mean", "--data", &data, "--format", "json"];
        let (_, text) = clsroom(&[&small[..], arguments].concat());
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let alone = race(&["--model", "bge"]);
    assert_eq!(alone["provenance"]["model"], "bge-small-en-v1.5");
    assert_eq!(alone["provenance"]["tensors_sha256"], bge().tensors_sha256);
    let command = alone["provenance"]["command"].as_str().expect("a command");
    assert!(command.contains("--model bge-small-en-v1.5"), "{command}");
    let beside = race(&["--against", "bge"]);
    let other = &beside["against"]["report"];
    let accuracies = |report: &Value| -> Vec<f64> {
        report["lanes"]
            .as_array()
            .expect("lanes")
            .iter()
            .map(|lane| lane["accuracy"].as_f64().expect("a share"))
            .collect()
    };
    assert_eq!(accuracies(other), accuracies(&alone), "the same lanes, alone and beside another model");
    // The claim about two models is about their gaps, and [CLS] and mean may be nearly one vector in one of them.
    let difference = |report: &Value| report["pairs"][0]["difference"].as_f64().expect("a number");
    let gap = &beside["against"]["gaps"][0];
    let expected = difference(other) - difference(&beside);
    assert!((gap["difference"].as_f64().expect("a number") - expected).abs() < 1e-9, "{gap}");
    let cosine = |report: &Value| report["cls_mean_cosine"].as_f64().expect("a cosine");
    assert!(cosine(other) > 0.85 && cosine(&beside) < 0.6, "{} and {}", cosine(other), cosine(&beside));
    for key in ["difference", "ci95", "p_value", "verdict"] {
        assert!(!gap[key].is_null(), "{key}: {gap}");
    }
}

/// The hub has the same numbers as f32, in a file of another name, size and hash.
#[test]
fn the_same_tensors_in_another_file_are_the_same_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("downloaded");
    fs::create_dir(&path).expect("a folder");
    fs::write(path.join("config.json"), bge().config).expect("written");
    fs::write(path.join("tokenizer.json"), bge().tokenizer).expect("written");
    let weights = Weights::parse("bge", bge().weights).expect("weights").all().expect("tensors");
    let mut stored: std::collections::HashMap<String, candle_core::Tensor> =
        weights.into_iter().map(|(name, tensor)| (format!("bert.{name}"), tensor)).collect();
    let pooler = candle_core::Tensor::zeros((384, 384), DType::F32, &candle_core::Device::Cpu).expect("numbers");
    stored.insert("bert.pooler.dense.bias".to_owned(), pooler.get(0).expect("a row"));
    stored.insert("bert.pooler.dense.weight".to_owned(), pooler);
    candle_core::safetensors::save(&stored, path.join("model.safetensors")).expect("written");

    let open = |path: &std::path::Path| Bert::open(path, None).expect("it loads");
    let facts = open(&path).facts().clone();
    assert_eq!(facts.tensors_sha256, bge().tensors_sha256);
    assert_ne!(facts.sha256, bge().sha256);
    // One number more or less is another model.
    let name = "bert.encoder.layer.11.output.dense.bias";
    let changed = (stored[name].clone() + 1e-3).expect("numbers");
    stored.insert(name.to_owned(), changed);
    candle_core::safetensors::save(&stored, path.join("model.safetensors")).expect("written");
    assert_ne!(open(&path).facts().tensors_sha256, bge().tensors_sha256);
}

#[test]
fn a_bench_for_both_models_brings_the_other_one_and_races_with_it() {
    let lab = Arc::new(Session::new(Arc::new(Model::new(Bert::embedded(None).expect("the model"), None))));
    let mut driver = Driver::on(&lab, "movies", (120, 36));
    driver.open("11");
    assert!(lab.other().expect("in order").is_none(), "no step before that one asks for it");
    while driver.state.race_request().is_none() {
        driver.press("n");
    }
    assert!(driver.state.bench().is_some_and(|bench| bench.both_models));
    assert!(lab.other().expect("in order").is_some());
    driver.press("1");
    let race = driver.state.race_request().expect("a race");
    assert_eq!(race.against.as_deref(), Some("bge-small-en-v1.5"));
    assert!(driver.screen().contains("Each twice: 1 all-MiniLM-L6-v2, 2"), "{}", driver.screen());
}

#[test]
fn one_key_brings_it_into_the_sandbox_and_a_lessons_race_stays_one_of_one_model() {
    let model = || Arc::new(Model::new(Bert::embedded(None).expect("the model"), None));
    let lab = Arc::new(Session::new(model()));
    let mut driver = Driver::on(&lab, "movies", (120, 36));
    driver.press("o");
    assert!(lab.other().expect("in order").is_none(), "it is not loaded before it is asked for");
    driver.press("a");
    let screen = driver.screen();
    assert!(screen.contains("2: bge-small-en-v1.5, 12 layers x 12 heads x 384"), "{screen}");
    assert!(screen.contains("[sandbox ready]"), "{screen}");
    assert!(lab.other().expect("in order").is_some());
    driver.press("nn");
    let request = driver.state.heads_request().expect("classifiers can be fitted");
    assert_eq!(request.against.as_deref(), Some("bge-small-en-v1.5"));
    driver.press("q");
    driver.open("08");
    let race = loop {
        if let Some(request) = driver.state.race_request() {
            break request;
        }
        driver.press("n");
    };
    assert_eq!(race.against, None, "nobody named it");

    // Whoever uses the second model gets the first beside it.
    let other = Arc::new(Session::new(Arc::new(Model::new(bge().open(None).expect("it loads"), None))));
    let mut driver = Driver::on(&other, "movies", (80, 24));
    driver.press("oa");
    assert!(driver.screen().contains("2: all-MiniLM-L6-v2"), "{}", driver.screen());

    // A model that was named stays.
    let named = Session::new(model()).beside(Arc::new(Partner::from(model())));
    let mut driver = Driver::on(&Arc::new(named), "movies", (80, 24));
    driver.press("oa");
    assert!(driver.screen().contains("2: all-MiniLM-L6-v2"), "{}", driver.screen());
    driver.key(Key::Esc);
}
