//! The budgets, each against its peer in the same run. `cargo bench --bench budgets` prints a table, writes it as JSON
//! to `target/budgets.json`, and sets it beside the ratios in `benches/ratios.json`.
//!
//! `cargo bench --bench budgets -- forward` runs one group alone: `startup`, `frames`, `forward`, `changed`, `again`,
//! `training`, `memory` or `large`.
//!
//! Times depend on the machine, ratios much less. Nothing here fails on time.

mod again;
#[path = "../../tests/it/checkpoint.rs"]
mod checkpoint;
#[allow(dead_code, reason = "tests use all of it")]
#[path = "../../tests/it/driver.rs"]
mod driver;
mod forward;
mod frames;
mod large;
mod memory;
#[allow(dead_code, reason = "tests use all of it")]
#[path = "../../tests/it/pty.rs"]
mod pty;
mod startup;
mod training;

use std::time::{Duration, Instant};

use clsroom::lab::Session;
use clsroom::model::{Bert, oracle};
use serde_json::{Map, Value, json};

/// One line of the table.
pub struct Row {
    what: String,
    here: f64,
    /// The peer's name and figure, in the same unit; without one the budget is on the figure itself.
    peer: Option<(&'static str, f64)>,
    unit: &'static str,
    budget: f64,
}

impl Row {
    /// A time against a peer's; the budget is on their ratio.
    pub(crate) fn against(what: &str, here: Duration, peer: &'static str, theirs: Duration, budget: f64) -> Self {
        let ms = |time: Duration| 1e3 * time.as_secs_f64();
        Self { what: what.to_owned(), here: ms(here), peer: Some((peer, ms(theirs))), unit: "ms", budget }
    }

    /// A figure with a budget of its own.
    pub(crate) fn alone(what: &str, here: f64, unit: &'static str, budget: f64) -> Self {
        Self { what: what.to_owned(), here, peer: None, unit, budget }
    }

    /// What the budget is on.
    fn measured(&self) -> f64 {
        self.peer.map_or(self.here, |(_, theirs)| self.here / theirs)
    }
}

/// The middle of several times.
pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Both in turn, so that what else the machine does falls on both; the middle of `count` times each.
pub(crate) fn race(count: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (Duration, Duration) {
    let time = |body: &mut dyn FnMut()| {
        let started = Instant::now();
        body();
        started.elapsed()
    };
    time(&mut ours); // caches warm
    time(&mut theirs);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..count {
        a.push(time(&mut ours));
        b.push(time(&mut theirs));
    }
    (median(a), median(b))
}

fn rows() -> Vec<Row> {
    let lab = Session::alone(Bert::embedded(None).expect("the model"), None);
    // Cargo adds `--bench`.
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |group: &str| named.is_empty() || named.iter().any(|name| name == group);
    let mut rows = Vec::new();
    if wanted("startup") {
        rows.extend(startup::rows());
    }
    if wanted("frames") {
        rows.extend(frames::rows());
    }
    if wanted("forward") {
        rows.extend(forward::rows(&lab, &oracle::embedded().expect("the oracle")));
    }
    if wanted("changed") {
        rows.extend(forward::changed());
    }
    if wanted("again") {
        rows.extend(again::rows());
    }
    if wanted("training") {
        rows.extend(training::rows(&lab));
    }
    if wanted("memory") {
        rows.extend(memory::rows());
    }
    if wanted("large") {
        rows.extend(large::rows());
    }
    rows
}

fn main() {
    // Both sides run where the worker computes: inside a pool of threads.
    let pool = rayon::ThreadPoolBuilder::new().build().expect("threads");
    let rows = pool.install(rows);
    let recorded: Map<String, Value> = serde_json::from_str(include_str!("../ratios.json")).expect("recorded ratios");
    println!("| what | here | peer | ratio | recorded | budget |");
    println!("|---|---|---|---|---|---|");
    for row in &rows {
        let peer = row.peer.map_or(String::new(), |(name, theirs)| format!("{theirs:.1} {} {name}", row.unit));
        let ratio = row.peer.map_or(String::new(), |_| format!("{:.2}", row.measured()));
        let before =
            recorded.get(&row.what).and_then(Value::as_f64).map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let within = if row.measured() <= row.budget { "" } else { " (missed)" };
        println!(
            "| {} | {:.1} {} | {peer} | {ratio} | {before} | {}{within} |",
            row.what, row.here, row.unit, row.budget
        );
    }
    let found: Map<String, Value> = rows.iter().map(|row| (row.what.clone(), json!(row.measured()))).collect();
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("../budgets.json");
    match std::fs::write(&path, serde_json::to_string_pretty(&found).expect("JSON")) {
        Ok(()) => println!("\nwritten to target/budgets.json"),
        Err(error) => println!("\nnot written to target/budgets.json: {error}"),
    }
}
