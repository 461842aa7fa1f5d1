//! The budgets that hold so far, each against its peer in the same run. `cargo bench --bench budgets` prints a table.
//!
//! Times depend on the machine; ratios much less. Nothing here fails on time.

use std::io::Read as _;
use std::time::{Duration, Instant};

use candle_core::{Device, Tensor};
use clsroom::lab::dataset::Dataset;
use clsroom::lab::{Control, Lab, Readout, Request, Sentence, features};
use clsroom::model::{Bert, oracle};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// The middle of several times.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn time(count: usize, mut body: impl FnMut()) -> Duration {
    body(); // caches warm
    median(
        (0..count)
            .map(|_| {
                let started = Instant::now();
                body();
                started.elapsed()
            })
            .collect(),
    )
}

/// From starting the real program in a terminal to its first frame, and to the model being ready.
fn start_up() -> (Duration, Duration) {
    let home = tempfile::tempdir().expect("a folder");
    let pair =
        native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).expect("a pty");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_clsroom"));
    command.env("HOME", home.path());
    command.env("TERM", "xterm-256color");
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let started = Instant::now();
    let mut child = pair.slave.spawn_command(command).expect("the program starts");
    let (mut seen, mut buffer, mut first) = (String::new(), vec![0u8; 65_536], None);
    loop {
        let count = reader.read(&mut buffer).expect("output");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        if first.is_none() && seen.contains("four questions") {
            first = Some(started.elapsed());
        }
        if seen.contains("[home ready]") || count == 0 {
            break;
        }
    }
    let ready = started.elapsed();
    let _ = child.kill();
    let _ = child.wait();
    (first.unwrap_or(ready), ready)
}

fn main() {
    let starts: Vec<(Duration, Duration)> = (0..7).map(|_| start_up()).collect();
    let first = median(starts.iter().map(|start| start.0).collect());
    let ready = median(starts.iter().map(|start| start.1).collect());

    let lab = Lab::new(Bert::embedded(None).expect("the model"), None);
    let oracle = oracle::embedded().expect("the oracle");
    let text = "a gripping , funny and deeply humane film that never once raises its voice to be heard";
    let input = lab.bert().encode(text, None).expect("an encoding").input;
    let row = |ids: &[u32]| Tensor::new(ids, &Device::Cpu).and_then(|ids| ids.unsqueeze(0)).expect("a tensor");
    let request = Request::Trace(Sentence::single(text));
    let ours = time(15, || drop(lab.run(&request, &Control::QUIET).expect("a trace")));
    let theirs =
        time(15, || drop(oracle.forward(&row(&input.input_ids), &row(&input.token_type_ids), None).expect("a pass")));

    let dataset = Dataset::embedded("movies").expect("the data");
    let texts: Vec<&str> = dataset.items().iter().take(512).map(|item| item.text.as_str()).collect();
    let wanted = [(Readout::Cls, 6), (Readout::Mean, 6)];
    let packed = time(3, || drop(features::extract(lab.bert(), &texts, &wanted, &mut |_, _| true).expect("features")));
    let padded = time(3, || padded(&lab, &oracle, &texts));

    println!("| what | here | peer | ratio | budget |");
    println!("|---|---|---|---|---|");
    println!("| first frame after start | {first:.1?} | | | 50 ms |");
    println!("| model ready after start | {ready:.1?} | | | 400 ms |");
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!(
        "| one traced pass with all measures, {} pieces | {ours:.1?} | {theirs:.1?} untraced | {:.2} | 0.40 |",
        input.len(),
        ratio(ours, theirs)
    );
    println!("| 512 sentences, untraced | {packed:.2?} | {padded:.2?} padded | {:.2} | 0.25 |", ratio(packed, padded));
}

/// The peer: candle-transformers in padded batches of 32, in the order given.
fn padded(lab: &Lab, oracle: &candle_transformers::models::bert::BertModel, texts: &[&str]) {
    for batch in texts.chunks(32) {
        let inputs: Vec<_> =
            batch.iter().map(|text| lab.bert().encode(text, None).expect("an encoding").input).collect();
        let longest = inputs.iter().map(clsroom::model::Input::len).max().unwrap_or(0);
        let pack = |value: &dyn Fn(usize, usize) -> u32| {
            let numbers: Vec<u32> =
                (0..inputs.len()).flat_map(|i| (0..longest).map(move |t| (i, t))).map(|(i, t)| value(i, t)).collect();
            Tensor::from_vec(numbers, (inputs.len(), longest), &Device::Cpu).expect("a tensor")
        };
        let ids = pack(&|i, t| inputs[i].input_ids.get(t).copied().unwrap_or(0));
        let mask = pack(&|i, t| u32::from(t < inputs[i].len()));
        let segments = ids.zeros_like().expect("zeros");
        oracle.forward(&ids, &segments, Some(&mask)).expect("a pass");
    }
}
