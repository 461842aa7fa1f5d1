//! A real SSH session over loopback, with a throw-away key: the classroom as most learners meet it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::pty::Terminal;

/// A server that lives as long as the test.
struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn keygen(file: &Path) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file).status();
    assert!(made.is_ok_and(|status| status.success()), "ssh-keygen makes a key");
}

/// Starts sshd with keys of its own, so that nothing of this machine's setup is read or changed.
fn serve(folder: &Path, sshd: &str, force: &str) -> Server {
    keygen(&folder.join("host"));
    keygen(&folder.join("learner"));
    fs::copy(folder.join("learner.pub"), folder.join("authorized")).expect("copied");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let at = folder.display();
    let settings = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\n\
         PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n\
         PrintMotd no\nPrintLastLog no\nForceCommand {force}\n"
    );
    fs::write(folder.join("sshd_config"), settings).expect("written");
    // As root it wants this empty folder, which a service would have made.
    let _ = fs::create_dir_all("/run/sshd");
    let mut process = Command::new(sshd)
        .args(["-D", "-e", "-f"])
        .arg(folder.join("sshd_config"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sshd starts");
    let mut said = String::new();
    let mut errors = BufReader::new(process.stderr.take().expect("its errors"));
    while !said.contains("Server listening") {
        assert!(errors.read_line(&mut said).is_ok_and(|count| count > 0), "sshd listens; it said\n{said}");
    }
    // Keep reading, so that it never waits for room.
    std::thread::spawn(move || errors.lines().map_while(Result::ok).for_each(drop));
    Server { process, port }
}

/// The process that was started with this word in its command line.
fn process_with(word: &str) -> Option<u32> {
    fs::read_dir("/proc").expect("a list of processes").flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        let mut words = line.split(|byte| *byte == 0);
        let program = words.next()?;
        (program.ends_with(b"clsroom") && words.any(|known| known == word.as_bytes())).then_some(pid)
    })
}

/// The server's program; `None`, and a word about it, where there is none.
fn sshd() -> Option<&'static str> {
    let found = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|p| Path::new(p).exists());
    if found.is_none() {
        eprintln!("skipped: no OpenSSH server is installed (apt-get install openssh-server)");
    }
    found
}

#[test]
fn sshd_takes_the_settings_of_the_guide() {
    let Some(sshd) = sshd() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    keygen(&folder.path().join("host"));
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/classroom.md")).expect("the guide");
    let block = guide.split("```").find(|block| block.contains("Match User class")).expect("its settings");
    let block = block.split_once('\n').expect("a language").1;
    let startups = guide.split('`').find(|code| code.starts_with("MaxStartups 6")).expect("its limit");
    let settings = folder.path().join("sshd_config");
    let host = format!("HostKey {}\n", folder.path().join("host").display());
    let _ = fs::create_dir_all("/run/sshd");
    let accepts = |text: String, more: &[&str]| {
        fs::write(&settings, text).expect("written");
        let output = Command::new(sshd).arg("-f").arg(&settings).args(more).output().expect("sshd runs");
        (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (taken, said) = accepts(format!("{host}{startups}\n{block}"), &["-t"]);
    assert!(taken, "{said}");
    // What holds for the class: forwarding of any kind is refused, a client that sleeps is noticed.
    let of_class = ["-T", "-C", "user=class,host=localhost,addr=127.0.0.1"];
    let (_, said) = accepts(format!("{host}{startups}\n{block}"), &of_class);
    for line in ["disableforwarding yes", "passwordauthentication no", "clientaliveinterval 15", "permittty yes"] {
        assert!(said.lines().any(|known| known == line), "{line} is missing in\n{said}");
    }
    // As the guide says, the limit belongs above.
    let (taken, _) = accepts(format!("{host}{block}    {startups}\n"), &["-t"]);
    assert!(!taken, "inside the block it is refused");
}

#[test]
fn a_learner_logs_in_walks_a_lesson_and_loses_the_connection() {
    let Some(sshd) = sshd() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let at = home.path().display().to_string();
    // As docs/classroom.md sets a class up: one account, one forced command, a name for each learner.
    let learner = format!("ssh-{}", std::process::id());
    let force = format!(
        "exec /usr/bin/env HOME={at} {} learn 01 --threads 1 --learner=\"${{SSH_ORIGINAL_COMMAND:-guest}}\"",
        env!("CARGO_BIN_EXE_clsroom")
    );
    let server = serve(home.path(), sshd, &force);

    let user = String::from_utf8(Command::new("id").arg("-un").output().expect("id").stdout).expect("a name");
    let (port, key, login) = (server.port.to_string(), format!("{at}/learner"), format!("{}@127.0.0.1", user.trim()));
    let arguments = [
        "-F",
        "none",
        "-tt",
        "-p",
        &port,
        "-i",
        &key,
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
        &login,
        &learner,
    ];
    // Without -t there is no terminal, and two lines say what to type.
    let without = Command::new("ssh").args(arguments.iter().filter(|argument| **argument != "-tt")).output();
    let without = without.expect("ssh runs");
    assert!(without.stdout.is_empty(), "no course");
    assert!(String::from_utf8_lossy(&without.stderr).contains("ssh -t"), "{without:?}");

    let env = BTreeMap::from([("PATH", "/usr/bin:/bin")]);
    let mut terminal = Terminal::start_program(home.path(), (80, 24), "ssh", &arguments, &env);
    terminal.wait_for("[01.1 ready]");
    for step in 2..=5 {
        terminal.send("n");
        terminal.wait_for(&format!("[01.{step} ready]"));
    }
    // No COLORTERM comes through, so 256 colours are used, and Unicode although no locale is set.
    let written = String::from_utf8_lossy(&terminal.written).into_owned();
    assert!(written.contains("38;5;") && !written.contains("38;2;"), "256 colours");
    assert!(!terminal.screen().is_ascii(), "Unicode");

    terminal.resize(120, 36);
    terminal.wait_until("text and bench side by side", |screen| {
        screen.contains("[01.5 ready]") && screen.lines().any(|line| line.chars().count() > 100)
    });
    let pid = process_with(&format!("--learner={learner}")).expect("the program runs on the server");

    // The connection drops.
    kill(Pid::from_raw(terminal.pid() as i32), Signal::SIGKILL).expect("a signal");
    let end = Instant::now() + Duration::from_secs(2);
    while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
        assert!(Instant::now() < end, "process {pid} is still there two seconds after the connection dropped");
        std::thread::yield_now();
    }
    let saved = home.path().join(format!(".local/share/clsroom/learners/{learner}/progress.json"));
    let saved = fs::read_to_string(saved).expect("progress was saved");
    assert!(saved.contains("\"step\": 4"), "{saved}");
}

/// The script of docs/classroom.md, for this program and this home.
fn script(folder: &Path) -> String {
    let docs = include_str!("../../docs/classroom.md");
    let script = docs.split("```sh\n").find(|block| block.starts_with("#!/bin/sh")).expect("the script");
    let script = script.split("```").next().unwrap_or_default();
    let program = format!("/usr/bin/env HOME={} {}", folder.display(), env!("CARGO_BIN_EXE_clsroom"));
    let file = folder.join("clsroom-class");
    fs::write(&file, script.replace("/usr/local/bin/clsroom", &program)).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    file.display().to_string()
}

#[test]
fn a_learner_fetches_the_notebook_over_ssh() {
    let Some(sshd) =
        ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|p| Path::new(p).exists())
    else {
        eprintln!("skipped: no OpenSSH server is installed (apt-get install openssh-server)");
        return;
    };
    let user = String::from_utf8(Command::new("id").arg("-un").output().expect("id").stdout).expect("a name");
    let fetch = |folder: &Path, server: &Server, command: &str| {
        let output = Command::new("ssh")
            .args(["-F", "none", "-p", &server.port.to_string(), "-i"])
            .arg(folder.join("learner"))
            .args(["-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"])
            .args(["-o", "LogLevel=ERROR", &format!("{}@127.0.0.1", user.trim()), command])
            .stdin(Stdio::null())
            .output()
            .expect("ssh starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let folder = tempfile::tempdir().expect("a folder");
    let server = serve(folder.path(), sshd, &script(folder.path()));
    // As the documentation says it, as the program says it after `w`, and with a name of two words.
    let said = clsroom::commands::notebook::way_home(Some("ann"), true);
    let said = said.split("ssh HOST ").nth(1).and_then(|command| command.split(" > ").next()).expect("a command");
    for (command, learner) in [("notebook ann", "ann"), (said, "ann"), ("notebook ann lee", "annlee")] {
        let page = fetch(folder.path(), &server, command);
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("-->"), "{command}: {page}");
        assert!(page.contains(&format!("<!-- clsroom notebook of {learner} ")), "{command}: {page}");
        assert!(!page.contains('\r'), "it comes as it was written");
    }
    // A name never becomes a command.
    let page = fetch(folder.path(), &server, "notebook $(touch evil); touch evil");
    assert!(page.contains("<!-- clsroom notebook of touchevil"), "{page}");
    assert!(!folder.path().join("evil").exists());
    // With a name that belongs to the key.
    let folder = tempfile::tempdir().expect("a folder");
    let server = serve(folder.path(), sshd, &format!("LEARNER=bob exec {}", script(folder.path())));
    for command in ["notebook", "notebook ann", said] {
        assert!(fetch(folder.path(), &server, command).contains("<!-- clsroom notebook of bob "), "{command}");
    }
}
