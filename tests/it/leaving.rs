//! Every way out but SIGKILL: the terminal is as it was, and what the learner did is saved.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clsroom::model::load;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::pty::Terminal;

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn saved(home: &TempDir) -> String {
    fs::read_to_string(home.path().join(".local/share/clsroom/progress.json")).expect("progress was saved")
}

/// At step 2 of lesson 01, with the mouse on: everything that has to be undone.
fn in_a_lesson(home: &TempDir, arguments: &[&str]) -> Terminal {
    let mut terminal = Terminal::start(home.path(), (80, 24), &[&["learn", "01"], arguments].concat());
    terminal.wait_for("[01.1 ready]");
    terminal.send("nM");
    terminal.wait_for("[01.2 ready]");
    terminal
}

/// Whether a process lives (and is not just waiting for its parent to take notice).
fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Waits for a process to be gone, at most two seconds.
fn gone_within_two_seconds(pid: u32) {
    let end = Instant::now() + Duration::from_secs(2);
    while lives(pid) {
        assert!(Instant::now() < end, "process {pid} is still there after two seconds");
        std::thread::yield_now();
    }
}

#[test]
fn quitting_by_every_key_restores_and_saves() {
    for keys in ["\u{3}", "qq", "\u{1b}q"] {
        let home = home();
        let mut terminal = in_a_lesson(&home, &[]);
        if keys.starts_with('\u{3}') {
            terminal.send(keys);
        } else {
            terminal.send(&keys[..1]);
            terminal.wait_for("[home ready]");
            terminal.send(&keys[1..]);
        }
        assert_eq!(terminal.wait_for_end(), 0);
        terminal.assert_restored();
        assert!(saved(&home).contains("\"step\": 1"), "{keys:?}");
    }
}

#[test]
fn signals_restore_save_and_are_told_to_the_shell() {
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let home = home();
        let mut terminal = in_a_lesson(&home, &[]);
        kill(Pid::from_raw(terminal.pid() as i32), signal).expect("a signal");
        assert_ne!(terminal.wait_for_end(), 0, "{signal}: the shell sees that it was a signal");
        terminal.assert_restored();
        assert!(saved(&home).contains("\"step\": 1"), "{signal}");
    }
}

#[test]
fn a_panic_on_the_thread_that_draws_restores_and_saves() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01", "--crash", "ui"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    assert_eq!(terminal.wait_for_end(), 1);
    terminal.assert_restored();
    let screen = terminal.screen();
    assert!(screen.contains("asked for by --crash ui") && screen.contains("your progress is saved"), "{screen}");
    assert!(saved(&home).contains("\"01\""));
}

#[test]
fn a_panic_on_a_compute_thread_restores_and_saves() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["--crash", "worker"]);
    terminal.wait_for("[home ready]");
    terminal.send("M\r");
    assert_eq!(terminal.wait_for_end(), 1);
    terminal.assert_restored();
    let screen = terminal.screen();
    assert!(screen.contains("a compute thread failed") && screen.contains("your progress is saved"), "{screen}");
    assert!(saved(&home).contains("\"01\""));
}

#[test]
fn an_error_in_the_middle_restores_and_saves() {
    // The model is read while the course is open already.
    let home = home();
    let (config, tokenizer, weights) = load::embedded_parts();
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("config.json"), config).expect("written");
    fs::write(folder.path().join("tokenizer.json"), tokenizer).expect("written");
    fs::write(folder.path().join("model.safetensors"), &weights[..weights.len() / 2]).expect("written");
    let mut terminal =
        Terminal::start(home.path(), (80, 24), &["learn", "01", "--model", &folder.path().display().to_string()]);
    assert_eq!(terminal.wait_for_end(), 1);
    terminal.assert_restored();
    let screen = terminal.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("is not a whole safetensors file"), "{screen}");
    saved(&home);
}

#[test]
fn a_terminal_that_cannot_be_read_is_said_and_progress_is_saved() {
    let home = home();
    // Its input is the terminal, but opened for writing alone.
    let script = concat!("exec ", env!("CARGO_BIN_EXE_clsroom"), " learn 01 0>/dev/tty");
    let mut terminal = Terminal::start_program(home.path(), (80, 24), "/bin/sh", &["-c", script], &BTreeMap::new());
    // It is noticed at once, before a key and perhaps before the first frame.
    assert_eq!(terminal.wait_for_end(), 1);
    terminal.assert_restored();
    let screen = terminal.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("clsroom: the terminal cannot be read: Bad file descriptor"), "{screen}");
    assert!(saved(&home).contains("\"01\""));
}

/// A process of `script`, which holds the far end of a terminal of its own and runs this in it.
fn in_a_terminal_of_its_own(home: &TempDir, script: &str) -> Terminal {
    let env = BTreeMap::from([("PATH", "/usr/bin:/bin"), ("SHELL", "/bin/sh")]);
    let mut terminal = Terminal::start_program(home.path(), (80, 24), "script", &["-qfc", script, "/dev/null"], &env);
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
    terminal
}

fn child_of(pid: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it has children");
    children.split_whitespace().next().and_then(|pid| pid.parse().ok()).expect("a child")
}

/// Closes the far end at once, as a connection that drops does.
fn hang_up(terminal: &Terminal) {
    kill(Pid::from_raw(terminal.pid() as i32), Signal::SIGKILL).expect("a signal");
}

#[test]
fn after_a_hang_up_it_is_gone_within_two_seconds_and_progress_is_saved() {
    let home = home();
    let terminal = in_a_terminal_of_its_own(&home, concat!("exec ", env!("CARGO_BIN_EXE_clsroom"), " learn 01"));
    let pid = child_of(terminal.pid());
    assert!(lives(pid));
    hang_up(&terminal);
    gone_within_two_seconds(pid);
    assert!(saved(&home).contains("\"step\": 1"));
}

#[test]
fn a_hang_up_ends_it_even_under_a_parent_that_ignores_it() {
    // The shell leads the session, ignores the signal and lives on; so nobody sends one to the program.
    let home = home();
    let script = concat!("trap '' HUP; ", env!("CARGO_BIN_EXE_clsroom"), " learn 01; sleep 20; true");
    let terminal = in_a_terminal_of_its_own(&home, script);
    let shell = child_of(terminal.pid());
    let pid = child_of(shell);
    assert!(lives(pid));
    hang_up(&terminal);
    gone_within_two_seconds(pid);
    assert!(lives(shell), "the parent did ignore it");
    assert!(saved(&home).contains("\"step\": 1"));
    let _ = kill(Pid::from_raw(shell as i32), Signal::SIGKILL);
}

#[test]
fn ctrl_z_suspends_and_fg_repaints() {
    let home = home();
    let binary = env!("CARGO_BIN_EXE_clsroom");
    let env = BTreeMap::from([("PS1", "shell> "), ("PATH", "/usr/bin:/bin")]);
    let arguments = ["--noediting", "--norc", "--noprofile", "-i"];
    let mut terminal = Terminal::start_program(home.path(), (80, 24), "/bin/bash", &arguments, &env);
    terminal.wait_for("shell> ");
    terminal.send(&format!("{binary} learn 01\r"));
    terminal.wait_for("[01.1 ready]");
    terminal.send("M");
    terminal.send("\u{1a}");
    terminal.wait_for("Stopped");
    terminal.wait_until("the prompt", |screen| screen.trim_end().ends_with("shell>"));
    terminal.assert_restored();
    terminal.send("clear; fg\r");
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
    terminal.send("\u{3}");
    terminal.wait_until("the prompt", |screen| screen.trim_end().ends_with("shell>"));
    terminal.assert_restored();
    terminal.send("exit\r");
    terminal.wait_for_end();
    assert!(saved(&home).contains("\"step\": 1"));
}

/// A shell with job control, in which a lesson runs with the mouse on.
fn in_a_shell(home: &TempDir) -> Terminal {
    let env = BTreeMap::from([("PS1", "shell> "), ("PATH", "/usr/bin:/bin")]);
    let arguments = ["--noediting", "--norc", "--noprofile", "-i"];
    let mut terminal = Terminal::start_program(home.path(), (80, 24), "/bin/bash", &arguments, &env);
    terminal.wait_for("shell> ");
    terminal.send(concat!(env!("CARGO_BIN_EXE_clsroom"), " learn 01\r"));
    terminal.wait_for("[01.1 ready]");
    terminal.send("M");
    terminal.wait_while("the mouse is off", |terminal| !terminal.mouse());
    terminal
}

#[test]
fn stopped_from_outside_it_gives_the_terminal_back_where_it_can_and_goes_on_where_it_was() {
    for signal in [Signal::SIGTSTP, Signal::SIGSTOP] {
        let home = home();
        let mut terminal = in_a_shell(&home);
        let pid = child_of(terminal.pid());
        kill(Pid::from_raw(pid as i32), signal).expect("a signal");
        terminal.wait_for("Stopped");
        terminal.wait_until("the prompt", |screen| screen.trim_end().ends_with("shell>"));
        if signal == Signal::SIGTSTP {
            terminal.assert_restored();
        }
        terminal.send("clear; fg\r");
        terminal.wait_for("[01.1 ready]");
        terminal.wait_while("the mouse is off", |terminal| !terminal.mouse());
        terminal.send("n");
        terminal.wait_for("[01.2 ready]");
        terminal.send("\u{3}");
        terminal.wait_until("the prompt", |screen| screen.trim_end().ends_with("shell>"));
        terminal.assert_restored();
        terminal.send("exit\r");
        terminal.wait_for_end();
        assert!(saved(&home).contains("\"step\": 1"), "{signal}");
    }
}

#[test]
fn continued_without_a_shell_it_draws_everything_again() {
    let home = home();
    let mut terminal = in_a_lesson(&home, &[]);
    terminal.wait_for_frame_end();
    let pid = Pid::from_raw(terminal.pid() as i32);
    kill(pid, Signal::SIGSTOP).expect("a signal");
    kill(pid, Signal::SIGCONT).expect("a signal");
    let before = terminal.written.len();
    terminal.wait_for_more_than(before);
    terminal.wait_for_frame_end();
    let again = String::from_utf8_lossy(&terminal.written[before..]).into_owned();
    assert!(again.contains("\u{1b}[?1049h") && again.contains("\u{1b}[?2004h"), "modes are set again: {again:?}");
    assert!(again.contains("[01.2 ready]"), "all of the screen is drawn: {again:?}");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn every_signal_that_can_be_caught_restores_saves_and_ends_it() {
    use Signal as S;
    let ends = [
        S::SIGQUIT,
        S::SIGUSR1,
        S::SIGUSR2,
        S::SIGALRM,
        S::SIGABRT,
        S::SIGXCPU,
        S::SIGXFSZ,
        S::SIGPIPE,
        S::SIGVTALRM,
        S::SIGPROF,
        S::SIGTRAP,
        S::SIGSYS,
    ];
    for signal in ends {
        let home = home();
        let env = BTreeMap::from([("PATH", "/usr/bin:/bin")]);
        let script = concat!(env!("CARGO_BIN_EXE_clsroom"), " learn 01; echo ended with $?");
        let mut terminal = Terminal::start_program(home.path(), (80, 24), "/bin/sh", &["-c", script], &env);
        terminal.wait_for("[01.1 ready]");
        terminal.send("nM");
        terminal.wait_for("[01.2 ready]");
        kill(Pid::from_raw(child_of(terminal.pid()) as i32), signal).expect("a signal");
        terminal.wait_for(&format!("ended with {}", 128 + signal as i32));
        terminal.wait_for_end();
        terminal.assert_restored();
        assert!(saved(&home).contains("\"step\": 1"), "{signal}");
    }
}

#[test]
fn a_signal_does_not_wait_behind_queued_keys() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let home = home();
        let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "12"]);
        terminal.wait_for("[12.1 ready]");
        terminal.send("nM");
        terminal.wait_for("[12.2 ready]");
        // More than any machine answers in the time that the program has for leaving.
        terminal.send(&"jk".repeat(20_000));
        kill(Pid::from_raw(terminal.pid() as i32), signal).expect("a signal");
        assert_ne!(terminal.wait_for_end(), 0, "{signal}");
        terminal.assert_restored();
        assert!(saved(&home).contains("\"step\": 1"), "{signal}");
    }
}

#[test]
fn where_nobody_could_continue_it_ctrl_z_does_not_stop_it() {
    // It leads its own session here, as under sshd's ForceCommand.
    let home = home();
    let mut terminal = in_a_lesson(&home, &[]);
    terminal.send("\u{1a}");
    terminal.send("n");
    terminal.wait_for("[01.3 ready]");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let home = home();
    for arguments in [&["trace", "not bad at all", "--format", "json"][..], &["lessons"], &["--plain"], &["manual"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .args(arguments)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert!(output.status.success(), "{arguments:?}");
    }
}
