//! From starting the program to its first frame and to the model being ready.

use std::io::Read as _;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::{Row, median};

pub(crate) fn rows() -> Vec<Row> {
    let starts: Vec<(Duration, Duration)> = (0..7).map(|_| start_up()).collect();
    let first = median(starts.iter().map(|start| start.0).collect());
    let ready = median(starts.iter().map(|start| start.1).collect());
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    vec![
        Row::alone("first frame after start", ms(first), "ms", 50.0),
        Row::alone("model ready after start", ms(ready), "ms", 400.0),
    ]
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
        if first.is_none() && seen.contains("Four questions") {
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
