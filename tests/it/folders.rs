//! Folders that are not a model that runs here: the message says what is there and which folder or file to give.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use clsroom::model::Bert;
use serde_json::json;
use tempfile::TempDir;

use crate::checkpoint::Checkpoint;

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:\
                       aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nsize 437951328\n";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        put(&folder.path().join(name), text);
    }
    folder
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("written");
}

/// What the program says when it cannot use this model: one line, exit code 1.
fn said(model: &Path) -> String {
    said_of(&model.display().to_string(), Path::new("/nonexistent"))
}

fn said_of(model: &str, home: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
    let output = command.args(["trace", "x", "--model", model]).env_clear().env("HOME", home).output();
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().count() == 1 && !said.contains("panicked"), "{said}");
    said
}

/// `parts` are in what is said of the folder `inner` of this one.
fn says(folder: &TempDir, inner: &str, parts: &[&str]) {
    let said = said(&folder.path().join(inner));
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
}

const CONFIG: (&str, &str) = ("config.json", r#"{"model_type": "bert", "hidden_size": 8}"#);

#[test]
fn a_git_lfs_pointer_is_named_as_one_in_place_of_any_file() {
    for file in ["model.safetensors", "pytorch_model.bin", "config.json", "vocab.txt", "tokenizer.json"] {
        let folder = folder(&[]);
        Checkpoint::default().write(folder.path());
        if file == "pytorch_model.bin" {
            fs::remove_file(folder.path().join("model.safetensors")).expect("removed");
        }
        put(&folder.path().join(file), POINTER);
        says(&folder, "", &[file, "Git LFS pointer", "git lfs pull", "--model the model's name"]);
    }
    let folder = folder(&[]);
    Checkpoint::default().write(folder.path());
    put(&folder.path().join("model.safetensors"), "<!DOCTYPE html>\n<html><body>Log in</body></html>");
    says(&folder, "", &["model.safetensors", "a web page"]);
}

#[test]
fn a_model_that_lies_deeper_is_named_by_its_layout() {
    let module =
        r#"[{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}]"#;
    let sentence = folder(&[
        ("config.json", r#"{"__version__": "0.2.5"}"#),
        ("modules.json", module),
        ("0_Transformer/config.json", "{}"),
        ("1_Pooling/config.json", "{}"),
    ]);
    let inner = sentence.path().join("0_Transformer").display().to_string();
    says(&sentence, "", &["describes no model", &format!("Give that folder: --model {inner}")]);

    let trainer = folder(&[("checkpoint-500/config.json", "{}"), ("checkpoint-1000/config.json", "{}")]);
    says(&trainer, "", &["it has no config.json", "checkpoint-1000", "Give that folder: --model /"]);
    let finished = folder(&[CONFIG, ("checkpoint-7/config.json", "{}"), ("checkpoint-7/model.safetensors", "")]);
    says(&finished, "", &["it has no weights", "checkpoint-7"]);

    let cache = folder(&[
        ("hub/models--me--mine/snapshots/abc/config.json", "{}"),
        ("hub/models--me--mine/snapshots/def/config.json", "{}"),
        ("hub/models--me--mine/refs/main", "abc\n"),
    ]);
    let snapshot = ["snapshots/abc", "or --model me/mine"];
    ["hub/models--me--mine", "hub", ""].iter().for_each(|inner| says(&cache, inner, &snapshot));
    says(&cache, "hub/models--me--mine/snapshots", &["snapshots/abc"]);
    put(&cache.path().join("hub/models--me--other/snapshots/abc/config.json"), "{}");
    says(&cache, "hub", &["2 models lie inside", "such as --model /", "models--me--mine/snapshots/abc"]);

    let any = folder(&[("my bert/config.json", CONFIG.1), ("notes/a.txt", "")]);
    says(&any, "", &["the model lies inside", "--model '/", "my bert'"]);

    // A part of a model: the folder above.
    let whole = folder(&[]);
    Checkpoint::default().write(whole.path());
    put(&whole.path().join("1_Pooling/config.json"), r#"{"pooling_mode_cls_token": true}"#);
    says(&whole, "1_Pooling", &["one part of the model in", "Give that folder: --model /"]);
}

#[test]
fn an_adapter_says_of_which_model_and_how_to_merge_it() {
    let peft = folder(&[
        ("adapter_config.json", r#"{"base_model_name_or_path": "bert-base-uncased", "peft_type": "LORA"}"#),
        ("adapter_model.safetensors", ""),
    ]);
    let parts = ["an adapter of bert-base-uncased (LORA)", "merge_and_unload()", "give --model merged"];
    says(&peft, "", &parts);
    says(&peft, "adapter_model.safetensors", &parts);
    put(&peft.path().join("adapter_config.json"), "not JSON");
    says(&peft, "", &["an adapter of another model"]);
    let alone = folder(&[("adapter_model.safetensors", "")]);
    let parts = ["an adapter of another model", "merge_and_unload()", "give --model merged"];
    says(&alone, "", &parts);
    says(&alone, "adapter_model.safetensors", &parts);
}

#[test]
fn weights_in_another_form_are_named_with_what_to_do() {
    let cases: [(&[&str], &str, &str); 12] = [
        (&["model.onnx"], "an ONNX graph (model.onnx)", "it was made from"),
        (&["onnx/model_quantized.onnx"], "an ONNX graph (onnx/model_quantized.onnx)", "it was made from"),
        (&["tf_model.h5"], "there are TensorFlow weights (tf_model.h5)", "from_tf=True"),
        (&["saved_model.pb", "variables/x"], "a TensorFlow graph", "it was made from"),
        (&["bert_model.ckpt.index", "bert_config.json"], "a TensorFlow 1 checkpoint", "google-bert/bert-base-uncased"),
        (&["flax_model.msgpack"], "Flax weights (flax_model.msgpack)", "from_flax=True"),
        (&["bge-small-q8_0.gguf"], "llama.cpp (GGUF)", "it was made from"),
        (&["openvino_model.xml", "openvino_model.bin"], "an OpenVINO graph", "it was made from"),
        (&["rust_model.ot"], "weights for rust-bert", "it was made from"),
        (&["model.tar.gz"], "an archive (model.tar.gz)", "Unpack it"),
        (&["model.fp16.safetensors"], "but model.fp16.safetensors", "name it: --model /"),
        (
            &["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
            "split into 2 files",
            "max_shard_size",
        ),
    ];
    for (files, what, advice) in cases {
        for config in [true, false] {
            let mut all: Vec<(&str, &str)> = files.iter().map(|name| (*name, "")).collect();
            all.extend(config.then_some(CONFIG));
            says(&folder(&all), "", &[what, advice]);
        }
    }
    // The file itself, named as the weights.
    let files = folder(&[CONFIG, ("model.onnx", ""), ("model-00001-of-00002.safetensors", ""), ("bert.zip", "")]);
    says(&files, "model.onnx", &["this is an ONNX graph"]);
    says(&files, "model-00001-of-00002.safetensors", &["split into 2 files"]);
    says(&files, "bert.zip", &["this is an archive", "Unpack it"]);
    // What a Trainer saves beside the weights is not taken for them.
    says(
        &folder(&[CONFIG, ("optimizer.pt", ""), ("rng_state.pth", "")]),
        "",
        &["it has no model.safetensors", "it holds"],
    );
}

#[test]
fn what_is_missing_is_said_with_what_is_there() {
    says(&folder(&[]), "", &["it has no config.json; it is empty"]);
    says(&folder(&[("notes.odt", ""), ("b.pdf", "")]), "", &["it holds b.pdf, notes.odt"]);
    says(&folder(&[("Config.json", "{}")]), "", &["it has Config.json where config.json is expected"]);
    let linked = folder(&[CONFIG, ("vocab.txt", "")]);
    symlink("../../blobs/abc", linked.path().join("model.safetensors")).expect("a link");
    says(&linked, "", &["model.safetensors: this is a link to ../../blobs/abc, which is not there"]);
    symlink("/nowhere/at/all", linked.path().join("gone")).expect("a link");
    says(&linked, "gone", &["this is a link to /nowhere/at/all"]);
}

#[test]
fn a_path_is_read_as_it_is_meant() {
    let home = folder(&[]);
    let model = home.path().join("models/mine");
    Checkpoint::default().write(&model);
    for path in ["models/mine/", "models/mine/model.safetensors", "models/mine/model.safetensors/"] {
        let path = format!("{}/{path}", home.path().display());
        assert!(Bert::open(Path::new(&path), None).is_ok(), "{path}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
    command.args(["trace", "x", "--model", "~/models/mine"]).env_clear().env("HOME", home.path());
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Weights in one file whose name counts it.
    fs::rename(model.join("model.safetensors"), model.join("model-00001-of-00001.safetensors")).expect("renamed");
    put(&model.join("model.safetensors.index.json"), &json!({"weight_map": {}}).to_string());
    assert!(Bert::open(&model, None).is_ok());
    assert!(said_of("~/models/nothing", home.path()).contains("models/nothing"));
}

#[test]
fn a_pooling_module_says_from_what_a_sentence_is_read() {
    let cases = [
        (json!({"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}), "the vector of [CLS]"),
        (json!({"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}), "the mean of all tokens"),
        (
            json!({"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true}),
            "the vector of [CLS] and the largest number",
        ),
        (json!({"embedding_dimension": 24, "pooling_mode": "lasttoken"}), "the vector of the last token"),
    ];
    let model = folder(&[]);
    Checkpoint::default().write(model.path());
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        let output = command.args(["models", "check"]).arg(model.path()).env_clear().output().expect("it starts");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(!check().contains("sentence-transformers"));
    for (pooling, words) in cases {
        put(&model.path().join("1_Pooling/config.json"), &pooling.to_string());
        let said = check();
        assert!(said.contains(&format!("reads its sentence vector from {words}")), "{words:?} is not in {said}");
    }
    let known = Bert::open(model.path(), None).expect("it loads").facts().pooling.clone();
    assert_eq!(known.as_deref(), Some("the vector of the last token"));
    let inner = model.path().join("0_Transformer");
    Checkpoint::default().write(&inner);
    assert_eq!(Bert::open(&inner, None).expect("it loads").facts().pooling, known, "the older layout");
    fs::remove_dir_all(&inner).expect("removed");
    for nothing in ["{}", "not JSON", r#"{"pooling_mode_cls_token": "yes"}"#, r#"{"pooling_mode": "other"}"#] {
        put(&model.path().join("1_Pooling/config.json"), nothing);
        assert!(!check().contains("sentence-transformers"), "{nothing}");
    }
}
