//! A class that a test opens: the real program serves, OpenSSH's client or `clsroom class` comes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::pty::Terminal;
use crate::served::Served;

/// How long the class may take to begin and to end.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A class with keys and learners of its own.
pub struct Class {
    pub served: Served,
    pub home: TempDir,
}

impl Class {
    pub fn open(arguments: &[&str]) -> Self {
        Self::at(tempfile::tempdir().expect("a folder"), arguments)
    }

    /// In a home that has something already.
    pub fn at(home: TempDir, arguments: &[&str]) -> Self {
        Self { served: Served::open(home.path(), arguments), home }
    }

    /// One with labelled sentences of its own, on which a race takes no time.
    pub fn with_sentences(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let rows = (0..120).map(|row| {
            let (word, label) = [("warm and funny", "good"), ("slow and clumsy", "bad")][row % 2];
            format!("scene {row} is {word},{label}\n")
        });
        let data = home.path().join("mine.csv");
        std::fs::write(&data, format!("text,label\n{}", rows.collect::<String>())).expect("written");
        let data = data.display().to_string();
        Self::at(home, &[arguments, &["--data", &data]].concat())
    }

    /// The same class once more, after this one.
    pub fn again(self, arguments: &[&str]) -> Self {
        let Self { served, home } = self;
        drop(served);
        Self::at(home, arguments)
    }

    pub fn port(&self) -> u16 {
        self.served.port
    }

    /// Where its keys and learners are.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join(".local/share/clsroom/classes/clsroom")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).expect("it is there");
    }

    pub fn pid(&self) -> u32 {
        self.served.pid()
    }

    pub fn ended(&mut self) -> Option<i32> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.served.process.try_wait().expect("it can be asked") {
                return status.code();
            }
            std::thread::yield_now();
        }
        panic!("the class goes on")
    }

    /// What OpenSSH's client is called with.
    pub fn client(&self, user: &str, more: &[&str]) -> Vec<String> {
        let port = self.port().to_string();
        let options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"];
        let mut arguments = vec!["-F".to_owned(), "none".to_owned(), "-p".to_owned(), port];
        arguments.extend(options.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]));
        arguments.extend(more.iter().map(|&word| word.to_owned()));
        arguments.push(format!("{user}@127.0.0.1"));
        arguments
    }

    /// A learner's terminal.
    pub fn enter(&self, user: &str, more: &[&str]) -> Terminal {
        let arguments = self.client(user, more);
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Terminal::start_program(self.home.path(), (80, 24), "/usr/bin/ssh", &words, &BTreeMap::new())
    }

    /// A learner at the first step that asks something, lesson 01's second.
    pub fn at_question(&self, name: &str) -> Terminal {
        let mut learner = self.enter(name, &[]);
        learner.wait_for("[home ready]");
        learner.send("\r");
        learner.wait_for("[01.1 ready]");
        learner.send("n");
        learner.wait_for("[01.2 ready]");
        learner
    }

    /// A learner who comes back to that step.
    pub fn back_at_question(&self, name: &str) -> Terminal {
        let mut learner = self.enter(name, &[]);
        learner.wait_for("[home ready]");
        learner.send("\r");
        learner.wait_for("[01.2 ready]");
        learner
    }

    /// The teacher's terminal.
    pub fn teach(&self) -> Terminal {
        let key = self.folder().join("teacher_key").display().to_string();
        self.enter("teacher", &["-i", &key, "-o", "IdentitiesOnly=yes"])
    }

    /// What `clsroom class` says of it, which goes well.
    pub fn manage(&self, arguments: &[&str]) -> String {
        let output = self.try_manage(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// `clsroom class` with these arguments.
    pub fn try_manage(&self, arguments: &[&str]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        program.arg("class").args(arguments).env_clear().env("HOME", self.home.path()).stdin(Stdio::null());
        program.output().expect("the program runs")
    }

    /// A command that a learner wants to run.
    pub fn run(&self, user: &str, more: &[&str], command: &[&str]) -> Output {
        let mut client = Command::new("ssh");
        client.args(self.client(user, more)).args(command).stdin(Stdio::null());
        client.output().expect("the client runs")
    }
}

/// Whether OpenSSH's client is here; a word about it where it is not.
pub fn has_client() -> bool {
    let there = Path::new("/usr/bin/ssh").exists();
    if !there {
        eprintln!("skipped: no OpenSSH client is installed (apt-get install openssh-client)");
    }
    there
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until something holds that no screen shows.
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::yield_now();
    }
}
