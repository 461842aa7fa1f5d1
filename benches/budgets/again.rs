//! A race that another process has run before: its vectors are on disk.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::Row;

pub(crate) fn rows() -> Vec<Row> {
    let home = tempfile::tempdir().expect("a folder");
    let race = || {
        let started = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .args(["race", "--readouts", "cls,mean", "--format", "json"])
            .env("HOME", home.path())
            .env_remove("XDG_CACHE_HOME")
            .output()
            .expect("it starts");
        assert!(output.status.success());
        started.elapsed()
    };
    let (first, again): (Duration, Duration) = (race(), race());
    vec![
        Row::alone("lesson 08's frozen race again, in a new process", again.as_secs_f64(), "s", 3.0),
        Row::against("the same, against its first run", again, "the first run", first, 0.1),
    ]
}
