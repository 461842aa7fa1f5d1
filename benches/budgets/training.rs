//! A fine-tuning step, against the same step in plain candle operations on a padded batch with `candle_nn::AdamW`; and
//! the memory that fine-tuning takes.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, loss, ops};
use clsroom::lab::dataset::Dataset;
use clsroom::lab::finetune::{CLIP, Example, HEAD_RATE, Rates, Student};
use clsroom::lab::{Readout, Session};
use clsroom::model::load::embedded_parts;
use clsroom::model::weights::Weights;

use crate::forward::pad;
use crate::{Row, race};

/// Sentences in a step.
const BATCH: usize = 32;

pub(crate) fn rows(lab: &Session) -> Vec<Row> {
    let dataset = Dataset::embedded("movies").expect("the data");
    let examples: Vec<Example> = dataset
        .items()
        .iter()
        .take(BATCH)
        .map(|item| Example::new(lab.bert(), &item.text, item.label, &Readout::Cls).expect("an example"))
        .collect();
    let examples: Vec<&Example> = examples.iter().collect();
    let mut student = Student::new(lab.bert(), &Readout::Cls, None, 2, 0).expect("a student");
    let mut plain = Plain::new().expect("the peer");
    let rates = Rates { body: 5e-5, head: HEAD_RATE, clip: Some(CLIP) };
    let (ours, theirs) = race(
        9,
        || assert!(student.step(&examples, rates).expect("a step").is_finite()),
        || assert!(plain.step(&examples).expect("a step").is_finite()),
    );
    let mut rows = vec![Row::against("fine-tuning step, all layers, batch 32", ours, "plain candle", theirs, 0.35)];
    rows.extend(
        lesson_run()
            .map(|seconds| Row::alone("live lesson run: two lanes, 512 sentences, 2 layers", seconds, "s", 90.0)),
    );
    let memory = |readouts: &str| peak(&["--readouts", readouts, "--train", "320", "--test", "64", "--epochs", "1"]);
    rows.extend(memory("cls").map(|mb| Row::alone("peak memory, one lane fine-tuned whole", mb, "MB", 800.0)));
    rows.extend(memory("cls,mean").map(|mb| Row::alone("peak memory, two lanes", mb, "MB", 1_600.0)));
    rows
}

/// How long the race of lesson 08 takes that is run live, with all test sentences.
fn lesson_run() -> Option<f64> {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(["race", "--mode", "finetune", "--readouts", "cls,mean", "--train", "512", "--top-layers", "2"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| started.elapsed().as_secs_f64())
}

/// The largest resident size of a race, in MB, where the system tells it.
fn peak(arguments: &[&str]) -> Option<f64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(["race", "--mode", "finetune"])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let status = format!("/proc/{}/status", child.id());
    let mut most: Option<f64> = None;
    while child.try_wait().ok()?.is_none() {
        let high = std::fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmHWM"))?.to_owned();
            line.split_whitespace().nth(1)?.parse::<f64>().ok()
        });
        most = high.map(|kb| kb / 1024.0).into_iter().chain(most).reduce(f64::max);
        std::thread::sleep(Duration::from_millis(20));
    }
    most
}

/// BERT as one would write it in plain candle: every weight a variable, padded batches, dense `AdamW`.
struct Plain {
    weights: HashMap<String, Var>,
    optimiser: AdamW,
}

impl Plain {
    fn new() -> Result<Self> {
        let (_, _, bytes) = embedded_parts();
        let mut weights = HashMap::new();
        for (name, tensor) in Weights::parse("embedded", bytes).expect("weights").all().expect("weights") {
            if !name.starts_with("pooler") {
                weights.insert(name, Var::from_tensor(&tensor)?);
            }
        }
        weights
            .insert("head.weight".to_owned(), Var::from_tensor(&Tensor::randn(0f32, 0.02, (2, 384), &Device::Cpu)?)?);
        weights.insert("head.bias".to_owned(), Var::zeros(2, candle_core::DType::F32, &Device::Cpu)?);
        let settings = ParamsAdamW { lr: 5e-5, weight_decay: 0.01, ..ParamsAdamW::default() };
        let optimiser = AdamW::new(weights.values().cloned().collect(), settings)?;
        Ok(Self { weights, optimiser })
    }

    fn step(&mut self, examples: &[&Example]) -> Result<f32> {
        let inputs: Vec<_> = examples.iter().map(|example| example.encoding.input.clone()).collect();
        let [ids, mask] = pad(&inputs);
        let cls = self.forward(&ids, &mask)?.narrow(1, 0, 1)?.squeeze(1)?;
        let logits = self.linear("head", &cls)?;
        let classes: Vec<u32> = examples.iter().map(|example| example.class as u32).collect();
        let loss = loss::cross_entropy(&logits, &Tensor::new(classes, &Device::Cpu)?)?;
        self.optimiser.backward_step(&loss)?;
        loss.to_scalar()
    }

    fn forward(&self, ids: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (batch, length) = ids.dims2()?;
        let positions = Tensor::arange(0u32, length as u32, &Device::Cpu)?;
        let look_up = |name: &str, ids: &Tensor| {
            let rows =
                self.get(&format!("embeddings.{name}_embeddings.weight"))?.index_select(&ids.flatten_all()?, 0)?;
            rows.reshape([ids.dims(), &[384]].concat())
        };
        let word = look_up("word", ids)?;
        let position = look_up("position", &positions)?;
        let segment = look_up("token_type", &ids.zeros_like()?)?;
        let mut x = self.norm("embeddings.LayerNorm", &(word.broadcast_add(&position)? + segment)?)?;
        let hide = ((mask.to_dtype(candle_core::DType::F32)? - 1.0)? * 1e9)?.reshape((batch, 1, 1, length))?;
        for layer in 0..6 {
            let at = format!("encoder.layer.{layer}");
            let heads = |name: &str| {
                self.linear(&format!("{at}.attention.self.{name}"), &x)?
                    .reshape((batch, length, 12, 32))?
                    .transpose(1, 2)?
                    .contiguous()
            };
            let (q, k, v) = (heads("query")?, heads("key")?, heads("value")?);
            let scores = (q.matmul(&k.t()?)? / 32f64.sqrt())?.broadcast_add(&hide)?;
            let context = ops::softmax(&scores, D::Minus1)?.matmul(&v)?.transpose(1, 2)?.flatten_from(2)?;
            let output = self.linear(&format!("{at}.attention.output.dense"), &context)?;
            x = self.norm(&format!("{at}.attention.output.LayerNorm"), &(x + output)?)?;
            let inner = self.linear(&format!("{at}.intermediate.dense"), &x)?.gelu_erf()?;
            let output = self.linear(&format!("{at}.output.dense"), &inner)?;
            x = self.norm(&format!("{at}.output.LayerNorm"), &(x + output)?)?;
        }
        Ok(x)
    }

    fn get(&self, name: &str) -> Result<&Tensor> {
        let found = self.weights.get(name).map(Var::as_tensor);
        found.ok_or_else(|| candle_core::Error::Msg(format!("{name} is missing")))
    }

    fn linear(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let weight = self.get(&format!("{name}.weight"))?;
        let product = match x.dims() {
            [batch, length, width] => {
                x.reshape((batch * length, *width))?.matmul(&weight.t()?)?.reshape((*batch, *length, ()))?
            }
            _ => x.matmul(&weight.t()?)?,
        };
        product.broadcast_add(self.get(&format!("{name}.bias"))?)
    }

    fn norm(&self, name: &str, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + 1e-12)?.sqrt()?;
        centred
            .broadcast_div(&deviation)?
            .broadcast_mul(self.get(&format!("{name}.weight"))?)?
            .broadcast_add(self.get(&format!("{name}.bias"))?)
    }
}
