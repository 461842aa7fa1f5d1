//! A model of BERT-base's size with random weights, made for this run: a traced pass, and the memory that loading takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use candle_core::{Device, Tensor};
use clsroom::model::weights::Weights;
use clsroom::model::{Batch, Bert, Trace, oracle};

use crate::checkpoint::Checkpoint;
use crate::{Row, race};

/// Twenty pieces of the small vocabulary, `[CLS]` and `[SEP]` among them.
const TEXT: &str = "not bad , not bad , the film was funny ! the film was not bad at";

pub(crate) fn rows() -> Vec<Row> {
    let folder = tempfile::tempdir().expect("a folder");
    let style = Checkpoint {
        table: 30_522,
        layers: 12,
        heads: 12,
        hidden: 768,
        middle: 3_072,
        positions: 512,
        ..Checkpoint::default()
    };
    style.write(folder.path());
    let peak = peak(folder.path());
    let bert = Bert::open(folder.path(), None).expect("it loads");
    let whole = 4.0 * bert.facts().parameters as f64;
    let weights = Weights::open(&folder.path().join("model.safetensors")).expect("weights");
    let oracle = oracle::load(bert.config(), &weights).expect("the oracle");
    let input = bert.encode(TEXT, None).expect("an encoding").input;
    let row = |ids: &[u32]| Tensor::new(ids, &Device::Cpu).and_then(|ids| ids.unsqueeze(0)).expect("a tensor");
    let theirs = || drop(oracle.forward(&row(&input.input_ids), &row(&input.token_type_ids), None).expect("a pass"));
    let batch = || Batch::new(&[&input]).expect("a batch");
    let traced = race(11, || drop(bert.forward(&batch(), &mut Trace::default()).expect("a pass")), theirs);
    let what = format!("BERT-base's size, {} pieces, traced", input.len());
    vec![
        Row::alone(&what, 1e3 * traced.0.as_secs_f64(), "ms", 150.0),
        Row::against(&what, traced.0, "candle-transformers, untraced", traced.1, 1.0),
        Row::alone("BERT-base's size: peak memory over its weights in f32", peak / whole, "x", 1.3),
    ]
}

/// The peak resident memory, in bytes, of a process that loads the model and runs one sentence.
fn peak(folder: &Path) -> f64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(["trace", TEXT, "--model", &folder.display().to_string()])
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0.0f64;
    // The peak only grows, so the last look before the end is as good as all of them.
    while child.try_wait().expect("a child").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        most = most.max(1024.0 * kilobytes.unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}
