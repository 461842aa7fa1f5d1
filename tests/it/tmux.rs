//! Inside a real tmux: Esc while it waits for a sequence, and a client that does not speak UTF-8.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::pty::Terminal;

/// A tmux of its own, which ends with the test.
struct Tmux {
    terminal: Terminal,
    socket: String,
    home: TempDir,
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .args(["-L", &self.socket, "kill-server"])
            .env("TMUX_TMPDIR", self.home.path())
            .output();
    }
}

/// The program in it; `None`, and a word about it, where tmux is not installed.
fn start(name: &str, locale: Option<&str>, arguments: &str) -> Option<Tmux> {
    if Command::new("tmux").arg("-V").output().is_err() {
        eprintln!("skipped: tmux is not installed (apt-get install tmux)");
        return None;
    }
    let home = tempfile::tempdir().expect("a folder");
    let settings = home.path().join("tmux.conf");
    std::fs::write(&settings, "set -s escape-time 500\nset -g default-shell /bin/sh\n").expect("written");
    let socket = format!("clsroom-{name}-{}", std::process::id());
    let (settings, folder) = (settings.display().to_string(), home.path().display().to_string());
    let run = format!("{} {arguments}", env!("CARGO_BIN_EXE_clsroom"));
    let mut env = BTreeMap::from([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TMUX_TMPDIR", folder.as_str())]);
    env.extend(locale.map(|locale| ("LC_ALL", locale)));
    let arguments = ["-L", &socket, "-f", &settings, "new-session", &run];
    let terminal = Terminal::start_program(home.path(), (80, 25), "tmux", &arguments, &env);
    Some(Tmux { terminal, socket, home })
}

#[test]
fn in_tmux_esc_and_a_key_within_its_escape_time_close_and_are_not_typed() {
    let Some(mut tmux) = start("escape", Some("C.UTF-8"), "learn 01") else { return };
    let terminal = &mut tmux.terminal;
    terminal.wait_for("[01.1 ready]");
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send("\u{15}");
    terminal.send("half a sentence");
    terminal.wait_for("half a sentence");
    terminal.send("\u{1b}");
    // Less than the half second in which tmux waits for a sequence.
    terminal.take_in(Duration::from_millis(100));
    terminal.send("n");
    terminal.wait_for("The sentence was left as it was.");
    terminal.send("?");
    terminal.wait_for("[help ready]");
    terminal.send("\u{1b}");
    terminal.take_in(Duration::from_millis(100));
    terminal.send("n");
    terminal.wait_for("[01.1 ready]");
}

#[test]
fn in_a_tmux_without_utf_8_signs_are_ascii() {
    let Some(mut tmux) = start("ascii", None, "--demo learn 04") else { return };
    let terminal = &mut tmux.terminal;
    terminal.wait_for("[04.1 ready]");
    let screen = terminal.screen();
    assert!(!screen.contains('_'), "tmux writes _ for what it cannot show\n{screen}");
    let Some(mut tmux) = start("unicode", Some("C.UTF-8"), "--demo learn 04") else { return };
    tmux.terminal.wait_for("[04.1 ready]");
    assert!(!tmux.terminal.screen().is_ascii(), "{}", tmux.terminal.screen());
}
