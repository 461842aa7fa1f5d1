//! What a class keeps: through a kill, a full disk, another server, and what a teacher does with it afterwards.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;

use crate::pty::Terminal;
use crate::school::{Class, has_client, text, wait_until};
use crate::served::Served;

/// A teacher who has opened the vote on it.
fn opened(class: &Class) -> Terminal {
    let mut teacher = class.teach();
    teacher.wait_for("[desk ready]");
    teacher.send("lo");
    teacher.wait_for("01.2 first vote, open");
    teacher
}

#[test]
fn a_vote_outlives_the_server_and_is_exported_without_names() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--open"]);
    let mut teacher = opened(&class);
    let (mut ann, mut bob) = (class.at_question("ann"), class.at_question("bob"));
    ann.send("1");
    bob.send("2");
    teacher.wait_for("2 of 2 have answered");
    // What the desk shows is in the store already.
    class.signal(Signal::SIGKILL);
    ann.wait_for_end();
    let class = class.again(&["--open"]);
    let mut teacher = class.teach();
    teacher.wait_for("01.2 first vote, open: 0 of 0 have answered");
    let mut ann = class.back_at_question("ann");
    ann.wait_for("You said: none.");
    teacher.wait_for("1 of 1 have answered");
    teacher.send("x");
    ann.wait_for("Your class: 1 of 2 said");
    // Written from the desk, and by a command while the class goes on.
    teacher.send("w");
    teacher.wait_for("In the class's folder: results-");
    let written: Vec<String> = fs::read_dir(class.folder())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("results-"))
        .collect();
    assert_eq!(written.len(), 3, "{written:?}");
    for name in &written {
        let text = fs::read_to_string(class.folder().join(name)).expect("a file");
        assert!(!text.contains("ann") && !text.contains("bob"), "{name} has names");
    }
    for format in ["csv", "json", "html"] {
        let without = class.manage(&["export", "--format", format]);
        assert!(!without.contains("ann") && !without.contains("bob"), "{without}");
        assert!(without.contains("01.2"), "{without}");
        let with = class.manage(&["export", "--names", "--format", format]);
        assert!(with.contains("ann") && with.contains("bob"), "{with}");
    }
    let json: serde_json::Value = serde_json::from_str(&class.manage(&["export", "--format", "json"])).expect("JSON");
    assert_eq!(json["votes"][0]["tallies"], serde_json::json!([[1, 1, 0]]));
}

#[test]
fn who_is_forgotten_leaves_nothing_and_a_lesson_starts_afresh() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--code", "rivoka"]);
    let enter = |name: &str| {
        let mut learner = class.enter(name, &[]);
        learner.wait_for("Word of the class:");
        learner.send("rivoka\r");
        learner.wait_for("[home ready]");
        learner.send("\r");
        learner.wait_for("[01.1 ready]");
        learner.send("n");
        learner.wait_for("[01.2 ready]");
        learner.send("1");
        learner
    };
    let (mut ann, mut bob) = (enter("ann"), enter("bob"));
    wait_until("both have answered", || class.manage(&["list"]).matches("1 answer,").count() == 2);
    let mut teacher = class.teach();
    teacher.wait_for("[desk ready]");
    teacher.send("lo");
    teacher.wait_for("01.2 first vote, open: 2 of 2 have answered");
    // She is at it just then: neither her step nor her vote comes back. Ann and ann are one.
    ann.send("2n2p3");
    assert!(class.manage(&["forget", "Ann"]).contains("ann is forgotten"));
    ann.send("1n1p2");
    ann.wait_for("your teacher has ended this session");
    ann.wait_for_end();
    let kept = class.manage(&["list"]);
    assert!(!kept.contains("ann") && kept.contains("bob"), "{kept}");
    teacher.wait_for("1 of 1 have answered");
    assert!(!class.manage(&["export", "--names", "--format", "csv"]).contains("ann"));
    teacher.send("Kann\r");
    teacher.wait_for("Nobody called ann is in.");
    // Her name is free.
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("Word of the class:");
    ann.send("rivoka\r");
    ann.wait_for("Keep this number");
    assert!(class.manage(&["reset", "01"]).contains("Lesson 01 starts afresh: 1 answer forgotten."));
    wait_until("bob's answer is gone", || class.manage(&["list"]).contains("0 answers"));
    // In his open session he sees it until he comes again, and what he does there now is kept.
    bob.send("n");
    bob.wait_for("[01.3 ready]");
    wait_until("his step is kept", || class.manage(&["list"]).contains("at 01.3"));
    assert!(!class.manage(&["export", "--names", "--format", "csv"]).contains("answer,bob"));
    // A new word counts at once, and is not undone when somebody is forgotten.
    class.manage(&["code", "tavelu"]);
    class.manage(&["forget", "ann"]);
    wait_until("the old word is none", || {
        let mut eve = class.enter("eve", &[]);
        eve.wait_for("Word of the class:");
        eve.send("tavelu\r");
        eve.wait_until("the course or another question", |screen| {
            screen.contains("[home ready]") || screen.matches("Word of the class:").count() > 1
        });
        let is_in = eve.screen().contains("[home ready]");
        eve.send("\x03");
        is_in
    });
    for (arguments, why) in [
        (&["forget", "nobody"][..], "nobody called nobody is kept"),
        (&["reset", "99"], "there is no lesson 99"),
        (&["list", "--class", "other"], "there is no class"),
        (&["list", "--store", "mysql://u:secret@x"], "--store must be sqlite:PATH or postgres:"),
        (&["list", "--store", "sqlite:/nowhere/x"], "there is no class at /nowhere/x"),
        (&["list", "--store", "postgres://ann:secret@127.0.0.1:1/x"], "PostgreSQL at 127.0.0.1:1/x"),
    ] {
        let output = class.try_manage(arguments);
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(why) && !said.contains("secret"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_file_is_served_by_one_and_a_foreign_one_by_none() {
    let class = Class::open(&["--open"]);
    let serve = |arguments: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_clsroom"));
        program.args(["serve", "--listen", "127.0.0.1:0", "--open"]).args(arguments).env_clear();
        let output = program.env("HOME", class.home.path()).output().expect("it ends");
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(serve(&[]).contains("another clsroom serves from"), "{}", serve(&[]));
    let foreign = class.home.path().join("foreign");
    fs::write(&foreign, "no database, and longer than the head of one would be".repeat(10)).expect("written");
    let said = serve(&["--store", &format!("sqlite:{}", foreign.display()), "--class", "b"]);
    assert!(said.contains("foreign") && said.contains("not a database"), "{said}");
    // Another class is no matter of this one.
    let other = Served::open(class.home.path(), &["--open", "--class", "other"]);
    assert_ne!(other.port, class.port());
}

#[test]
fn a_clock_that_jumps_neither_closes_a_vote_nor_keeps_it_open() {
    let library =
        ["x86_64", "aarch64"].map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"));
    let Some(library) = library.iter().find(|path| fs::exists(path).unwrap_or(false)) else {
        eprintln!("skipped: there is no library that sets a clock for one process (apt-get install faketime)");
        return;
    };
    if !has_client() {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let clock = home.path().join("clock");
    let set = |shift: &str| fs::write(&clock, shift).expect("written");
    set("+0");
    let before = format!(
        "export LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE={} FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1;",
        clock.display()
    );
    let served = Served::begin(home.path(), &["--open"], &before);
    let class = Class { served, home };
    let mut teacher = opened(&class);
    teacher.send("t");
    teacher.wait_for("The vote closes in 30 s.");
    // An hour ahead it is still open, and half a minute has half a minute.
    set("+1h");
    teacher.send("t");
    teacher.wait_until("a minute at most", |screen| {
        // Some seconds may have passed between the two keys.
        screen.contains("The vote closes in 60 s.") || screen.contains("The vote closes in 5")
    });
    set("-2h");
    let began = std::time::Instant::now();
    teacher.wait_for("first vote, closed");
    assert!(began.elapsed().as_secs() >= 50, "it was closed after {:?}", began.elapsed());
    // What happens then is kept in its order.
    let mut ann = class.at_question("ann");
    ann.send("1");
    wait_until("her answer is kept", || class.manage(&["list"]).contains("1 answer,"));
}

#[test]
fn on_a_full_disk_the_class_goes_on_and_nothing_is_lost() {
    if !has_client() {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let served = Served::begin(home.path(), &["--open"], "trap '' XFSZ;");
    let class = Class { served, home };
    let limit = |bytes: &str| {
        let mut prlimit = Command::new("prlimit");
        let pid = class.pid().to_string();
        assert!(
            prlimit.args(["--pid", &pid, &format!("--fsize={bytes}")]).status().is_ok_and(|status| status.success())
        );
    };
    let mut teacher = opened(&class);
    let mut ann = class.at_question("ann");
    wait_until("her step is kept", || class.manage(&["list"]).contains("at 01.2"));
    limit("1:unlimited");
    ann.send("1");
    teacher.wait_for("Not written just now");
    teacher.wait_for("1 of 1 have answered");
    ann.send("n");
    ann.wait_for("[01.3 ready]");
    assert!(class.manage(&["list"]).contains("0 answers"));
    let mut bob = class.at_question("bob");
    bob.send("2");
    teacher.wait_for("2 of 2 have answered");
    // There is room again: all of it is written, also what was done meanwhile.
    limit("unlimited:unlimited");
    wait_until("it is written", || class.manage(&["list"]).matches("1 answer,").count() == 2);
    teacher.wait_while("the remark", |terminal| terminal.screen().contains("Not written just now"));
    teacher.send("x");
    ann.wait_for("[01.3 ready]");
    bob.wait_for("Your class: 1 of 2 said");
}
