//! What stays with a session: at the course map, and after the lessons' own races, finished and stopped.

use std::time::Duration;

use crate::Row;
use crate::pty::Terminal;

/// Over what the session had before.
const BUDGET: f64 = 150.0;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    if let Some((at_first, _)) = around("08", 1, End::Before) {
        rows.push(Row::alone("memory of a session, course open, model loaded", at_first, "MB", 250.0));
    }
    for (what, lesson, step, end) in [
        ("what stays after lesson 08's race", "08", 3, End::Done),
        ("what stays after lesson 09's small fine-tuned race", "09", 4, End::Done),
        ("what stays after lesson 09's fine-tuned race, stopped after a minute", "09", 5, End::Stopped),
    ] {
        let around = around(lesson, step, end);
        rows.extend(around.map(|(before, after)| Row::alone(what, after - before, "MB", BUDGET)));
    }
    rows
}

/// How far the run is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Before,
    Done,
    Stopped,
}

/// Resident memory in MB before the run of a step's bench and after it; `None` where the system does not tell.
fn around(lesson: &str, step: usize, end: End) -> Option<(f64, f64)> {
    let home = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(home.path(), (120, 36), &["learn", lesson]);
    for at in 1..=step {
        terminal.wait_for(&format!("[{lesson}.{at} ready]"));
        if at < step {
            terminal.send("n");
        }
    }
    let before = resident(terminal.pid())?;
    if end != End::Before {
        terminal.send("1\r");
        terminal.wait_for("[race running]");
        if end == End::Stopped {
            terminal.take_in(Duration::from_mins(1));
            terminal.send("x");
        }
        // A race may take longer than the helper waits for a marker.
        for _ in 0..600 {
            if !terminal.screen().contains("[race running]") {
                break;
            }
            terminal.take_in(Duration::from_secs(1));
        }
        terminal.take_in(Duration::from_secs(1));
    }
    Some((before, resident(terminal.pid())?))
}

fn resident(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}
