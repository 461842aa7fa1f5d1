//! Any BERT checkpoint: every naming style and kind of number runs as `candle-transformers` runs it; bad ones are one
//! sentence.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::BertModel;
use candle_transformers::models::{distilbert, xlm_roberta};
use clsroom::app::{Key, values};
use clsroom::lab::{Event, Outcome};
use clsroom::lesson::{Format, Source, ValueRef};
use clsroom::model::{Batch, Bert, Config, Input, Nothing, oracle};
use serde_json::{Value, json};

use crate::checkpoint::{Checkpoint, vocabulary, write};
use crate::driver::{Driver, lab};
use crate::reference::difference;

const TEXT: &str = "Not a bad film, was it?";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert")
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().and_then(|t| t.to_vec1()).expect("f32 numbers")
}

fn states(bert: &Bert, input: &Input) -> Vec<f32> {
    flat(&bert.forward(&Batch::new(&[input]).expect("a batch"), &mut Nothing).expect("a pass"))
}

fn row(ids: &[u32]) -> Tensor {
    Tensor::new(ids, &Device::Cpu).and_then(|t| t.unsqueeze(0)).expect("a row")
}

/// `candle-transformers`' BERT from weights that never went through our loader.
fn independent(checkpoint: &Checkpoint) -> BertModel {
    let config = Config::parse("a test", &checkpoint.config().to_string()).expect("a configuration");
    let weights = VarBuilder::from_tensors(checkpoint.weights(), DType::F32, &Device::Cpu);
    BertModel::load(weights, &config.oracle()).expect("the oracle loads")
}

fn refused(path: &Path) -> String {
    match Bert::open(path, None) {
        Ok(_) => panic!("{} should be refused", path.display()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_style_runs_as_the_oracle_runs_it() {
    let plain = Checkpoint::default;
    let styles = [
        plain(),
        Checkpoint { prefix: "bert.", older_names: true, cased: true, ..plain() },
        Checkpoint { prefix: "bert.", pooler: false, dtype: DType::F16, activation: "gelu_new", ..plain() },
        Checkpoint { older_names: true, dtype: DType::BF16, activation: "relu", heads: 1, layers: 1, ..plain() },
        Checkpoint { prefix: "model.", layers: 3, heads: 5, hidden: 35, middle: 17, ..plain() },
        Checkpoint { prefix: "bert.", labels: &["bad", "so-so", "good"], ..plain() },
    ];
    for style in styles {
        let folder = folder();
        style.write(folder.path());
        let bert = Bert::open(folder.path(), None).unwrap_or_else(|error| panic!("{style:?}: {error}"));
        let encoding = bert.encode(TEXT, Some("It was not.")).expect("it encodes");
        assert_eq!(encoding.tokens[1], if style.cased { "Not" } else { "not" }, "{style:?}");
        let apart = oracle::difference(&bert, &independent(&style), &encoding.input).expect("both run");
        assert!(apart < 1e-4, "{style:?}: {apart}");
        assert_eq!(bert.pooler().is_some(), style.pooler);
        let weights: usize = style.weights().values().map(Tensor::elem_count).sum();
        assert_eq!(bert.facts().parameters, weights, "{style:?}");
    }
}

#[test]
fn both_files_of_the_fixture_hold_the_same_model() {
    let safe = Bert::open(&fixture().join("model.safetensors"), None).expect("it loads");
    let zipped = Bert::open(&fixture().join("pytorch_model.bin"), None).expect("it loads");
    let input = safe.encode("not bad", None).expect("it encodes").input;
    assert_eq!(input.input_ids, [2, 5, 6, 3]);
    assert_eq!(states(&safe, &input), states(&zipped, &input));
    // Weights that went neither through our directory nor through our names.
    let stored = candle_core::safetensors::load(fixture().join("model.safetensors"), &Device::Cpu).expect("weights");
    let named: HashMap<String, Tensor> = stored
        .into_iter()
        .map(|(name, tensor)| {
            (name.trim_start_matches("bert.").replace(".gamma", ".weight").replace(".beta", ".bias"), tensor)
        })
        .collect();
    let weights = VarBuilder::from_tensors(named, DType::F32, &Device::Cpu);
    let oracle = BertModel::load(weights, &safe.config().oracle()).expect("the oracle loads");
    assert!(oracle::difference(&zipped, &oracle, &input).expect("both run") < 1e-4);
}

#[test]
fn a_classification_head_gives_the_models_own_answer() {
    let folder = folder();
    let style = Checkpoint { prefix: "bert.", labels: &["bad", "so-so", "good"], ..Checkpoint::default() };
    style.write(folder.path());
    let bert = Bert::open(folder.path(), None).expect("it loads");
    let input = bert.encode(TEXT, None).expect("it encodes").input;
    let cls = Tensor::from_vec(states(&bert, &input)[..24].to_vec(), (1, 24), &Device::Cpu).expect("[CLS]");
    let own = bert.own_answer(&cls).expect("it runs").expect("there is a head");
    // softmax(W tanh(P cls + p) + w), in candle's own operations on the weights as they were made.
    let weights = style.weights();
    let dense = |x: &Tensor, name: &str| {
        let product = x.matmul(&weights[&format!("{name}.weight")].t().expect("a matrix")).expect("a product");
        product.broadcast_add(&weights[&format!("{name}.bias")]).expect("a sum")
    };
    let pooled = dense(&cls, "pooler.dense").tanh().expect("tanh");
    let expected = flat(&candle_nn::ops::softmax(&dense(&pooled, "classifier"), 1).expect("softmax"));
    let (names, shares): (Vec<String>, Vec<f32>) = own.into_iter().unzip();
    assert_eq!(names, ["bad", "so-so", "good"]);
    assert!(difference(&shares, &expected) < 1e-5, "{shares:?} {expected:?}");
}

#[test]
fn a_class_without_a_name_takes_no_other_classs_name() {
    let folder = folder();
    let style = Checkpoint { prefix: "bert.", labels: &["a", "b", "c"], ..Checkpoint::default() };
    style.write(folder.path());
    let mut config = style.config();
    config["id2label"] = serde_json::json!({ "0": "a", "2": "c" });
    fs::write(folder.path().join("config.json"), config.to_string()).expect("written");
    let bert = Bert::open(folder.path(), None).expect("it loads");
    assert_eq!(bert.own_labels(), ["a", "LABEL_1", "c"]);
}

/// A DistilBERT checkpoint in a folder, and its weights by the names that it gives them.
fn distilbert(activation: &'static str, folder: &Path) -> (HashMap<String, Tensor>, Value) {
    let theirs = [
        ("attention.self.query", "attention.q_lin"),
        ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"),
        ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"),
        ("intermediate.dense", "ffn.lin1"),
    ];
    let last = [("output.dense", "ffn.lin2"), ("output.LayerNorm", "output_layer_norm")];
    let name = |name: String| {
        let name = name.replace("encoder.layer", "transformer.layer");
        let first = theirs.iter().find(|(ours, _)| name.contains(&format!(".{ours}.")));
        match first.or_else(|| last.iter().find(|(ours, _)| name.contains(&format!(".{ours}.")))) {
            Some((ours, theirs)) => name.replace(ours, theirs),
            None => name,
        }
    };
    let style = Checkpoint { pooler: false, activation, ..Checkpoint::default() };
    let weights = style.weights().into_iter().filter(|(name, _)| !name.contains("token_type"));
    let weights: HashMap<String, Tensor> = weights.map(|(own, tensor)| (name(own), tensor)).collect();
    let config = json!({
        "model_type": "distilbert", "vocab_size": vocabulary().len(), "dim": 24, "n_layers": 2, "n_heads": 3,
        "hidden_dim": 40, "activation": activation, "max_position_embeddings": 160, "initializer_range": 0.02,
        "pad_token_id": 0
    });
    style.write(folder);
    let stored = weights.iter().map(|(name, tensor)| (format!("distilbert.{name}"), tensor.clone()));
    candle_core::safetensors::save(&stored.collect(), folder.join("model.safetensors")).expect("written");
    write(folder, "config.json", &config.to_string());
    (weights, config)
}

#[test]
fn distilbert_runs_as_its_oracle() {
    // candle's DistilBERT has only the approximate GELU, so both run with ReLU.
    let folder = folder();
    let (weights, config) = distilbert("relu", folder.path());
    let bert = Bert::open(folder.path(), None).expect("it loads");
    let input = bert.encode(TEXT, None).expect("it encodes").input;
    let builder = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    let config: distilbert::Config = serde_json::from_value(config).expect("a configuration");
    let oracle = distilbert::DistilBertModel::load(builder, &config).expect("the oracle loads");
    let mask = Tensor::zeros((1, 1, 1, input.len()), DType::U8, &Device::Cpu).expect("a mask");
    let expected = flat(&oracle.forward(&row(&input.input_ids), &mask).expect("a pass"));
    assert!(difference(&states(&bert, &input), &expected) < 1e-4);
}

#[test]
fn distilbert_with_gelu_runs_by_its_formulas() {
    let folder = folder();
    let (weights, _) = distilbert("gelu", folder.path());
    let bert = Bert::open(folder.path(), None).expect("it loads");
    let input = bert.encode(TEXT, None).expect("it encodes").input;
    let expected = by_formulas(&weights, &input.input_ids).expect("a pass");
    assert!(difference(&states(&bert, &input), &flat(&expected)) < 1e-4);
}

/// DistilBERT's encoder with the exact GELU, box by box in candle's plain operations: 2 layers, 3 heads of 8 numbers.
fn by_formulas(weights: &HashMap<String, Tensor>, ids: &[u32]) -> candle_core::Result<Tensor> {
    let of = |name: &str| &weights[name];
    let dense = |x: &Tensor, name: &str| {
        x.matmul(&of(&format!("{name}.weight")).t()?)?.broadcast_add(of(&format!("{name}.bias")))
    };
    let norm = |x: &Tensor, name: &str| {
        let centred = x.broadcast_sub(&x.mean_keepdim(1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(1)? + 1e-12)?.sqrt()?;
        centred
            .broadcast_div(&deviation)?
            .broadcast_mul(of(&format!("{name}.weight")))?
            .broadcast_add(of(&format!("{name}.bias")))
    };
    let places: Vec<u32> = (0..ids.len() as u32).collect();
    let rows = |table: &str, which: &[u32]| of(table).index_select(&Tensor::new(which, &Device::Cpu)?, 0);
    let sum =
        (rows("embeddings.word_embeddings.weight", ids)? + rows("embeddings.position_embeddings.weight", &places)?)?;
    let mut x = norm(&sum, "embeddings.LayerNorm")?;
    for layer in 0..2 {
        let at = |name: &str| format!("transformer.layer.{layer}.{name}");
        let [q, k, v] = ["q", "k", "v"].map(|part| dense(&x, &at(&format!("attention.{part}_lin"))));
        let (q, k, v) = (q?, k?, v?);
        let head = |x: &Tensor, head: usize| x.narrow(1, head * 8, 8)?.contiguous();
        let mut contexts = Vec::new();
        for number in 0..3 {
            let scores = (head(&q, number)?.matmul(&head(&k, number)?.t()?)? / 8f64.sqrt())?;
            contexts.push(candle_nn::ops::softmax(&scores, 1)?.matmul(&head(&v, number)?)?);
        }
        let context = dense(&Tensor::cat(&contexts, 1)?, &at("attention.out_lin"))?;
        x = norm(&(x + context)?, &at("sa_layer_norm"))?;
        let middle = dense(&x, &at("ffn.lin1"))?.gelu_erf()?;
        x = norm(&(&x + dense(&middle, &at("ffn.lin2"))?)?, &at("output_layer_norm"))?;
    }
    Ok(x)
}

#[test]
fn roberta_runs_as_its_oracle() {
    let style = Checkpoint { prefix: "roberta.", ..Checkpoint::default() };
    let folder = folder();
    style.write(folder.path());
    let mut weights = style.weights();
    let segments = weights["embeddings.token_type_embeddings.weight"].narrow(0, 0, 1).expect("one segment");
    weights.insert("embeddings.token_type_embeddings.weight".to_owned(), segments.contiguous().expect("one segment"));
    let stored = weights.iter().map(|(name, tensor)| (format!("roberta.{name}"), tensor.clone()));
    candle_core::safetensors::save(&stored.collect(), folder.path().join("model.safetensors")).expect("written");
    let mut config = style.config();
    config["model_type"] = "xlm-roberta".into();
    config["type_vocab_size"] = 1.into();
    config["pad_token_id"] = 1.into();
    write(folder.path(), "config.json", &config.to_string());
    let bert = Bert::open(folder.path(), Some(512)).expect("it loads");
    assert_eq!(bert.max_length(), 158, "two rows of the position table stand before the first piece");
    let input = bert.encode(TEXT, Some("It was not.")).expect("it encodes").input;
    assert_eq!(input.position_ids.as_ref().expect("positions")[..2], [2, 3]);
    assert!(input.token_type_ids.iter().all(|segment| *segment == 0));

    for (key, value) in [("attention_probs_dropout_prob", json!(0.0)), ("hidden_dropout_prob", json!(0.0))] {
        config[key] = value;
    }
    config["position_embedding_type"] = "absolute".into();
    let config: xlm_roberta::Config = serde_json::from_value(config).expect("a configuration");
    let builder = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
    let oracle = xlm_roberta::XLMRobertaModel::new(&config, builder).expect("the oracle loads");
    let mask = Tensor::ones((1, input.len()), DType::F32, &Device::Cpu).expect("a mask");
    let (ids, segments) = (row(&input.input_ids), row(&input.token_type_ids));
    let expected = oracle.forward(&ids, &mask, &segments, None, None, None).expect("a pass");
    assert!(difference(&states(&bert, &input), &flat(&expected)) < 1e-4);
}

#[test]
fn what_computes_other_formulas_is_refused_and_says_what_to_use() {
    let folder = folder();
    Checkpoint::default().write(folder.path());
    let with = |key: &str, value: Value| {
        let mut config = Checkpoint::default().config();
        config[key] = value;
        write(folder.path(), "config.json", &config.to_string());
        refused(folder.path())
    };
    for (kind, why) in [
        ("a gpt2", "a decoder: its tokens see only those before them"),
        ("an mpnet", "relative position"),
        ("a uer", "does not know"),
        ("an albert", "share their weights"),
        ("a deberta-v2", "relative position"),
        ("a modernbert", "rotary"),
    ] {
        let said = with("model_type", kind.split(' ').next_back().into());
        assert!(said.contains(&format!("this is {kind} model")) && said.contains(why), "{said}");
        assert!(said.contains("such as bert-base-uncased"), "{said}");
    }
    assert!(with("is_decoder", true.into()).contains("set up as a decoder"));
    assert!(with("position_embedding_type", "relative_key".into()).contains("relative_key positions"));
    assert!(with("hidden_act", "silu".into()).contains("silu"));
}

#[test]
fn bad_checkpoints_are_one_sentence() {
    let style = Checkpoint::default();
    let with = |change: &dyn Fn(&Path)| {
        let folder = folder();
        style.write(folder.path());
        change(folder.path());
        let said = refused(folder.path());
        assert!(!said.contains('\n') && said.ends_with(|c: char| c.is_alphanumeric() || c == ')'), "{said}");
        said
    };
    let config = |folder: &Path, key: &str, value: Value| {
        let mut config = style.config();
        config[key] = value;
        write(folder, "config.json", &config.to_string());
    };
    assert!(with(&|f| write(f, "config.json", "[]")).contains("it is no JSON object that describes a model"));
    let half = |folder: &Path, name: &str| {
        let bytes = fs::read(folder.join(name)).expect("a file");
        fs::write(folder.join(name), &bytes[..bytes.len() / 2]).expect("written");
    };
    assert!(with(&|f| half(f, "model.safetensors")).contains("is not a whole safetensors file"));
    assert!(with(&|f| half(f, "config.json")).contains("not a BERT configuration"));
    assert!(with(&|f| write(f, "model.safetensors", "")).contains("is not a whole safetensors file"));
    assert!(with(&|f| write(f, "model.safetensors", "\u{7f}\u{7f}")).contains("is not a whole safetensors file"));
    let huge = |f: &Path| fs::write(f.join("model.safetensors"), u64::MAX.to_le_bytes()).expect("written");
    assert!(with(&huge).contains("is not a whole safetensors file"));
    assert!(with(&|f| fs::remove_file(f.join("model.safetensors")).expect("removed")).contains("model.safetensors"));
    assert!(with(&|f| fs::remove_file(f.join("vocab.txt")).expect("removed")).contains("vocab.txt"));
    assert!(
        with(&|f| config(f, "num_attention_heads", 7.into())).contains("7 heads do not divide a hidden size of 24")
    );
    assert!(with(&|f| config(f, "problem_type", "nonsense".into())).contains("problem_type is \"nonsense\""));
    assert!(with(&|f| config(f, "model_type", vec!["bert"].into())).contains("model_type is not a text"));
    assert!(with(&|f| config(f, "vocab_size", 60.into())).contains("but the embedding table has 60 rows"));
    assert!(with(&|f| config(f, "vocab_size", 500.into())).contains("config.json asks for [500, 24]"));
    assert!(with(&|f| config(f, "num_hidden_layers", 3.into())).contains("no weight named encoder.layer.2"));
    assert!(with(&|f| write(f, "vocab.txt", "not\nbad\n")).contains("vocab.txt has no [CLS]"));
    assert!(with(&|f| write(f, "tokenizer.json", "{}")).contains("not a tokenizer file"));
    let nan = |f: &Path| {
        let mut weights = style.weights();
        let bad = Tensor::full(f32::NAN, 24, &Device::Cpu).expect("a tensor");
        weights.insert("encoder.layer.1.output.LayerNorm.bias".to_owned(), bad);
        candle_core::safetensors::save(&weights, f.join("model.safetensors")).expect("written");
    };
    assert!(with(&nan).contains("encoder.layer.1.output.LayerNorm.bias holds a value that is not a finite number"));
    let quantised = |f: &Path| {
        let mut weights = style.weights();
        let bytes = weights["pooler.dense.weight"].to_dtype(DType::U8).expect("a tensor");
        weights.insert("pooler.dense.weight".to_owned(), bytes);
        candle_core::safetensors::save(&weights, f.join("model.safetensors")).expect("written");
    };
    assert!(with(&quantised).contains("pooler.dense.weight is stored as U8"));
    let split = |f: &Path| {
        fs::rename(f.join("model.safetensors"), f.join("model.safetensors.index.json")).expect("renamed");
    };
    assert!(with(&split).contains("split into several files"));
}

/// A zip archive with these parts, none of them compressed.
fn zip(path: &Path, parts: &[(&str, &[u8])]) {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(fs::File::create(path).expect("a file"));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in parts {
        archive.start_file(*name, stored).expect("a part");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("written");
}

#[test]
fn a_pickle_that_is_not_a_checkpoint_is_refused_and_never_executed() {
    let folder = folder();
    Checkpoint::default().write(folder.path());
    let weights = folder.path().join("pytorch_model.bin");
    fs::remove_file(folder.path().join("model.safetensors")).expect("removed");
    let mark = folder.path().join("executed");
    let command = format!("touch {}", mark.display());
    let mut program = b"\x80\x02cos\nsystem\nX".to_vec();
    program.extend((command.len() as u32).to_le_bytes());
    program.extend(command.bytes());
    program.extend(b"\x85R.");
    let check = |parts: &[(&str, &[u8])], expected: &str| {
        zip(&weights, parts);
        let said = refused(folder.path());
        assert!(said.contains(expected), "{said}");
    };
    check(&[("archive/data.pkl", &program)], "nothing in it was executed");
    check(&[("archive/data.pkl", b"\x80\x02}.")], "there is no tensor in it");
    check(&[("archive/data.pkl", b"\x80\x02\xff.")], "instruction 0xff");
    check(&[("archive/data.pkl", b"\x80\x02X\xff\xff\xff\xffabc.")], "cut off");
    check(&[("archive/data.pkl", &[0x85; 100])], "an empty stack");
    check(&[("a picture.png", b"\x89PNG")], "no PyTorch checkpoint");
    assert!(!mark.exists(), "it was executed");

    // Tuples nested a million times, and one of itself doubled half a million times: neither takes more than its length.
    let nested: Vec<u8> = [vec![0x80, 2, b')'], vec![0x85; 1_000_000], vec![b'.']].concat();
    check(&[("archive/data.pkl", &nested)], "there is no tensor in it");
    let doubled: Vec<u8> = [vec![0x80, 2, b')'], b"q\x00h\x00\x86".repeat(500_000), vec![b'.']].concat();
    check(&[("archive/data.pkl", &doubled)], "there is no tensor in it");

    fs::write(&weights, b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.").expect("written");
    assert!(refused(folder.path()).contains("PyTorch's old pickle format"));
    fs::write(&weights, b"PK\x03\x04 and no more").expect("written");
    assert!(refused(folder.path()).contains("is not a whole PyTorch checkpoint"));
    let whole = fs::read(fixture().join("pytorch_model.bin")).expect("the fixture");
    fs::write(&weights, &whole[..whole.len() / 2]).expect("written");
    assert!(refused(folder.path()).contains("is not a whole PyTorch checkpoint"));
}

#[test]
fn recorded_numbers_are_shown_only_for_the_model_that_made_them() {
    let mut driver = Driver::new(120, 36);
    driver.open("01");
    while !driver.screen().contains("How often is it right?") {
        driver.press("n");
    }
    assert!(!driver.screen().contains("(not recorded)"), "{}", driver.screen());
    let mut facts = (*lab().facts()).clone();
    facts.sha256 = "another".to_owned();
    facts.tensors_sha256 = "another".to_owned();
    facts.name = "BAAI/bge-small-en-v1.5".to_owned();
    driver.tell(Event::ModelReady(Arc::new(facts)));
    let screen = driver.screen();
    assert!(screen.contains("(not recorded)"), "{screen}");
    assert!(driver.state.own_records().is_empty(), "nor are they in the notebook that is written");
    let home = folder();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"));
    command.env("HOME", home.path()).env_remove("XDG_DATA_HOME").arg("notebook");
    let written = |command: &mut std::process::Command| {
        String::from_utf8_lossy(&command.output().expect("it starts").stdout).into_owned()
    };
    assert!(written(&mut command).contains("73.7 %"));
    let other = written(command.arg("--model").arg(fixture()));
    assert!(other.contains("You have not measured this") && !other.contains("73.7 %"), "{other}");
    assert!(screen.contains("benches that offer a"), "{screen}");
    // What is true of the embedded model only is not said of another.
    let mut facts = (*driver.state.facts.clone().expect("facts")).clone();
    facts.asked = Some(facts.name.clone());
    driver.tell(Event::ModelReady(Arc::new(facts)));
    let screen = driver.screen();
    assert!(screen.contains("is recorded for this one") && !screen.contains("(not recorded)"), "{screen}");
    driver.press("n");
    let screen = driver.screen();
    assert!(screen.contains("RetroMAE (bge, model card)") && screen.contains("et al. 2022)"), "{screen}");
}

#[test]
fn a_question_that_a_record_decides_is_decided_by_the_run_of_another_model() {
    let mut driver = Driver::new(120, 36);
    let mut facts = (*lab().facts()).clone();
    (facts.sha256, facts.asked) = ("another".to_owned(), Some("./another".to_owned()));
    facts.tensors_sha256 = "another".to_owned();
    driver.tell(Event::ModelReady(Arc::new(facts)));
    driver.open("09");
    while driver.state.step().and_then(|step| step.predict.as_ref()).is_none_or(|asked| asked.id != "09-banana") {
        driver.press("n");
    }
    driver.press("2");
    let question = driver.state.question().expect("a question").clone();
    assert_eq!(driver.state.judge(&question).right, None, "nothing was run");
    driver.key(Key::Enter);
    driver.finish_run();
    let report = driver.state.race_report().expect("a report").clone();
    let worth = &report.pairs[0].worth;
    let band = |difference: f64| [-0.02, 0.02].iter().filter(|band| **band <= difference).count();
    // It decides where its whole interval lies in one answer.
    let decided = band(worth.ci95[0]) == band(worth.ci95[1]);
    let verdict = driver.state.judge(&question);
    assert_eq!(verdict.source, Some(Source::Live));
    assert_eq!((verdict.right, verdict.undecided), (decided.then(|| band(worth.difference)), !decided), "{worth:?}");
    let screen = driver.screen();
    assert!(screen.contains("points\u{1d50})") && !screen.contains("points\u{2b3})"), "{screen}");
}

/// A figure may lie anywhere in its interval: where that reaches two answers, neither is right.
#[test]
fn an_answer_is_judged_only_where_the_whole_interval_decides() {
    let mut driver = Driver::new(120, 36);
    driver.shorten_runs(96, 48);
    driver.open("08");
    while driver.state.step().and_then(|step| step.predict.as_ref()).is_none_or(|asked| asked.id != "08-tuned-few") {
        driver.press("n");
    }
    let seen = |driver: &mut Driver, ci95: [f64; 2]| {
        driver.through = Some(Box::new(move |outcome| match outcome {
            Outcome::Race(report) => {
                let mut report = (*report).clone();
                report.pairs.iter_mut().for_each(|pair| (pair.worth.difference, pair.worth.ci95) = (0.01, ci95));
                Outcome::Race(Arc::new(report))
            }
            other => other,
        }));
        // Another seed: the same run would not be made twice.
        driver.press("r");
        driver.key(Key::Enter);
        driver.finish_run();
        let question = driver.state.question().expect("a question").clone();
        (driver.state.verdict(&question), driver.state.progress.answers[&question.id].clone(), driver.screen())
    };
    driver.press("2");
    let (verdict, given, screen) = seen(&mut driver, [-0.01, 0.03]);
    assert!(verdict.undecided && verdict.right.is_none() && given.correct.is_none(), "{verdict:?}");
    assert_eq!(given.measured.as_deref(), Some("+1.0 points, interval -1.0 points to +3.0 points"));
    assert!(screen.contains("Not decided") && !screen.contains("Correct"), "{screen}");
    driver.press("1");
    assert!(driver.screen().contains("Your answer stands"), "its result was shown\n{}", driver.screen());
    // Another run may decide it.
    let (verdict, given, screen) = seen(&mut driver, [0.005, 0.015]);
    assert_eq!((verdict.right, given.correct), (Some(1), Some(true)));
    assert!(screen.contains("Correct (+1.0 points"), "{screen}");
}

/// A copy of the embedded model under another name has its recorded heads, and the texts that speak of them.
#[test]
fn the_same_weights_under_another_name_are_the_courses_model() {
    let mut driver = Driver::new(120, 36);
    let mut facts = (*lab().facts()).clone();
    facts.asked = Some("./copy".to_owned());
    driver.tell(Event::ModelReady(Arc::new(facts)));
    driver.open("01");
    while driver.state.step().expect("a step").title.as_deref() != Some("How often is it right?") {
        driver.press("n");
    }
    let screen = driver.screen();
    assert!(
        screen.contains("this classifier° was right on") && !screen.contains("One that is fitted here"),
        "{screen}"
    );
    let accuracy = ValueRef { source: Source::Live, key: "label.cls.accuracy".to_owned(), format: Format::Percent };
    assert_eq!(values::resolve(&driver.state, &accuracy).source, Some(Source::Record), "it was not measured here");
}

/// What of a file is not read is said; so is a file that is not the weights, and a missing activation is the usual one.
#[test]
fn a_check_names_what_of_the_file_is_not_used() {
    let folder = folder();
    let style = Checkpoint { prefix: "bert.", layers: 3, ..Checkpoint::default() };
    style.write(folder.path());
    let check = |path: &Path| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_clsroom"));
        let output =
            command.env("HOME", folder.path()).args(["models", "check"]).arg(path).output().expect("it starts");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(!check(folder.path()).0.contains("not used"), "{:?}", check(folder.path()));
    let mut config = style.config();
    config["num_hidden_layers"] = json!(1);
    config.as_object_mut().expect("an object").remove("hidden_act");
    write(folder.path(), "config.json", &config.to_string());
    let (said, error) = check(folder.path());
    assert!(said.contains("not used: 2 layers of the file, 2 to 3: config.json says 1"), "{said} {error}");
    assert!(said.contains("parity with candle-transformers"), "the default activation is theirs, too: {said} {error}");

    let mut weights = style.weights();
    weights.insert("cls.predictions.bias".to_owned(), Tensor::zeros(4, DType::F32, &Device::Cpu).expect("zeros"));
    let named: HashMap<String, Tensor> = weights
        .into_iter()
        .map(|(name, tensor)| (if name.starts_with("cls.") { name } else { format!("bert.{name}") }, tensor))
        .collect();
    candle_core::safetensors::save(&named, folder.path().join("model.safetensors")).expect("saved");
    let (said, error) = check(folder.path());
    assert!(said.contains("not used: 1 weight of the file: cls.predictions.bias"), "{said} {error}");

    let (_, error) = check(&folder.path().join("config.json"));
    assert!(error.contains("a file of a model and not its weights. Name the folder: --model "), "{error}");
}
