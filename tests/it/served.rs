//! A class that the real program serves, as long as a test or a benchmark runs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program that serves, and what it said.
pub struct Served {
    pub process: Child,
    pub port: u16,
    /// What it said when it opened.
    pub said: String,
}

impl Served {
    /// Opens a class whose keys and learners are in this home.
    pub fn open(home: &Path, arguments: &[&str]) -> Self {
        Self::of(Command::new(env!("CARGO_BIN_EXE_clsroom")), home, arguments)
    }

    /// The same from a shell that does something before.
    pub fn begin(home: &Path, arguments: &[&str], before: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{before} exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_clsroom")]);
        Self::of(shell, home, arguments)
    }

    fn of(mut program: Command, home: &Path, arguments: &[&str]) -> Self {
        let mut process = program
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .env("HOME", home)
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut out = BufReader::new(process.stdout.take().expect("its output"));
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            assert!(out.read_line(&mut said).is_ok_and(|count| count > 0), "it opens; it said\n{said}");
        }
        let port = said.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(['.', '\n']).next()?.parse().ok());
        Self { process, port: port.expect("a port"), said }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
