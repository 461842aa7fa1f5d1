//! Several hosts that serve one class from one PostgreSQL server: what happens at one is seen at the others.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::pty::Terminal;
use crate::school::{Class, has_client, wait_until};

/// How long what happens at one host may take to be seen at another.
const CROSSING: Duration = Duration::from_secs(1);

/// A PostgreSQL server of this test's own.
struct Server {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
}

impl Server {
    /// Starts one; `None`, with a word about it, where there is none.
    fn start() -> Option<Self> {
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).find(|bin| bin.join("initdb").exists());
        let Some(programs) = programs else {
            eprintln!("skipped: no PostgreSQL is installed (apt-get install postgresql)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("its number").port();
        drop(free);
        let server = Self { folder, programs, port };
        if is_root() {
            let owned = Command::new("chown").arg("postgres").arg(server.folder.path()).status();
            assert!(owned.is_ok_and(|status| status.success()), "there is a user postgres");
        }
        let data = server.data();
        server.run("initdb", &["-D", &data, "-A", "trust", "-U", "postgres", "-N"]);
        server.up();
        server.run("createdb", &["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "class"]);
        Some(server)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn up(&self) {
        let (data, place) = (self.data(), self.folder.path().display().to_string());
        let options = format!("-p {} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off", self.port);
        let log = format!("{place}/log");
        self.run("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"]);
    }

    fn down(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
    }

    /// Runs one of its programs, as a user that it accepts.
    fn run(&self, program: &str, arguments: &[&str]) {
        let path = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        // What it starts goes on, and must not hold this test's pipes.
        let status = command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?}");
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/class", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = fs::read_to_string(Path::new(&self.data()).join("postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next().and_then(|line| line.parse().ok()) {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGQUIT);
        }
    }
}

/// PostgreSQL does not start as root.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

/// Waits for something on a screen that has to cross from another host; how long it took.
fn crosses(screen: &mut Terminal, what: &str) {
    let began = Instant::now();
    screen.wait_for(what);
    let took = began.elapsed();
    println!("{what:?} crossed within {took:?}");
    assert!(took < CROSSING, "{what:?} took {took:?}");
}

#[test]
fn two_hosts_serve_one_class_and_it_outlives_either() {
    if !has_client() {
        return;
    }
    let Some(server) = Server::start() else { return };
    let url = server.url();
    let [a, b] = [(); 2].map(|()| Class::with_sentences(&["--open", "--store", &url]));
    assert!(a.served.said.contains("PostgreSQL at 127.0.0.1:"), "{}", a.served.said);
    // A teacher at A, a learner at each.
    let mut teacher = a.teach();
    teacher.wait_for("[desk ready]");
    let mut ann = a.enter("ann", &[]);
    ann.wait_for("[home ready]");
    let mut bob = b.enter("bob", &[]);
    bob.wait_for("[home ready]");
    // What was said at the beginning goes with the first key.
    bob.send("j");
    crosses(&mut teacher, "2 learners in");
    teacher.send("lc");
    crosses(&mut bob, "The class is at 01.2: f goes there.");
    bob.send("f");
    bob.wait_for("[01.2 ready]");
    crosses(&mut teacher, "there: bob");
    teacher.send("o");
    crosses(&mut bob, "The class votes on this question");
    bob.send("2");
    crosses(&mut teacher, "1 of 2 have answered");
    ann.send("f");
    ann.wait_for("[01.2 ready]");
    ann.send("1");
    teacher.wait_for("2 of 2 have answered");
    teacher.send("x");
    crosses(&mut bob, "Your class: 1 of 2 said");
    // Both hosts run parts of the experiment, each once.
    teacher.send("r");
    teacher.wait_for("2 of 2 runs");
    let mut other = b.teach();
    other.wait_for("[desk ready]");
    other.send("r");
    other.wait_for("2 of 2 runs");
    // A is killed: B goes on with all that was said, and notices who is not there any more.
    a.signal(Signal::SIGKILL);
    ann.wait_for_end();
    other.wait_for("1 learner in");
    let mut ann = b.back_at_question("ann");
    ann.wait_for("Your class: 1 of 2 said");
    // And so with B, once A is back.
    let a = a.again(&["--open", "--store", &url]);
    let mut teacher = a.teach();
    teacher.wait_for("2 learners in");
    b.signal(Signal::SIGKILL);
    ann.wait_for_end();
    teacher.wait_for("0 learners in");
    let mut ann = a.back_at_question("ann");
    ann.wait_for("Your class: 1 of 2 said");
    teacher.send("r");
    teacher.wait_for("2 of 2 runs");
}

#[test]
fn a_host_that_slept_is_missed_and_counted_again() {
    if !has_client() {
        return;
    }
    let Some(server) = Server::start() else { return };
    let url = server.url();
    let [a, b] = [(); 2].map(|()| Class::open(&["--open", "--store", &url]));
    let [mut at_a, mut at_b] = [&a, &b].map(Class::teach);
    let mut ann = a.enter("ann", &[]);
    ann.wait_for("[home ready]");
    let mut bob = b.enter("bob", &[]);
    bob.wait_for("[home ready]");
    at_a.wait_for("2 learners in");
    at_b.wait_for("2 learners in");
    a.signal(Signal::SIGSTOP);
    at_b.wait_for("1 learner in");
    a.signal(Signal::SIGCONT);
    for desk in [&mut at_a, &mut at_b] {
        desk.wait_for("2 learners in");
    }
    // It stays so: neither takes the other for gone now.
    ann.send("\r");
    ann.wait_for("[01.1 ready]");
    at_b.wait_for("there: ann");
    bob.send("\r");
    at_a.wait_for("there: ann, bob");
}

#[test]
fn a_database_that_goes_away_and_comes_back_costs_no_answer() {
    if !has_client() {
        return;
    }
    let Some(server) = Server::start() else { return };
    let url = server.url();
    let flags = ["--open", "--store", &url];
    let class = Class::open(&flags);
    let mut teacher = class.teach();
    teacher.wait_for("[desk ready]");
    let mut ann = class.at_question("ann");
    server.down();
    // Opened, answered and joined while there is no database.
    teacher.send("lo");
    teacher.wait_for("Not written just now");
    teacher.wait_for("01.2 first vote, open");
    ann.send("1");
    teacher.wait_for("1 of 1 have answered");
    let mut bob = class.enter("bob", &[]);
    bob.wait_for("[home ready]");
    bob.send("\r");
    bob.wait_for("[01.1 ready]");
    bob.send("n");
    bob.wait_for("The class votes on this question");
    bob.send("2");
    teacher.wait_for("2 of 2 have answered");
    server.up();
    teacher.wait_while("the remark", |terminal| terminal.screen().contains("Not written just now"));
    let list = || class.manage(&["list", "--store", &url]);
    wait_until("it is written", || list().matches("1 answer,").count() == 2);
    class.signal(Signal::SIGKILL);
    bob.wait_for_end();
    let class = class.again(&flags);
    let mut teacher = class.teach();
    teacher.wait_for("01.2 first vote, open");
    let mut bob = class.back_at_question("bob");
    bob.wait_for("You said: one.");
    teacher.send("x");
    bob.wait_for("Your class: 1 of 2 said");
    // It is away when the class ends: the next one adds what was left.
    server.down();
    bob.send("n");
    bob.wait_for("[01.3 ready]");
    teacher.wait_for("Not written just now");
    class.signal(Signal::SIGTERM);
    bob.wait_for_end();
    let mut class = class;
    assert_eq!(class.ended(), Some(1));
    let left = class.folder().join("left-clsroom-open.json");
    assert!(left.exists());
    server.up();
    let class = class.again(&flags);
    wait_until("what was left is written", || class.manage(&["list", "--store", &url]).contains("at 01.3"));
    wait_until("nothing is left", || !left.exists());
}
