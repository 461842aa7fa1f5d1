//! A class as teacher and learners meet it: the real program serves, OpenSSH's client comes.

use std::fs;
use std::future::Future;

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use russh::client::Config;

use crate::client::Learner;
use crate::school::{Class, PATIENCE, has_client, text, wait_until};

#[test]
fn a_learner_comes_with_the_word_and_comes_back_with_a_number() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--code", "rivoka"]);
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("Word of the class:");
    ann.send("wrong\r");
    ann.wait_until("a second question", |screen| screen.matches("Word of the class:").count() == 2);
    ann.send("rivoka\r");
    ann.wait_for("[home ready]");
    ann.wait_for("Welcome to clsroom, ann.");
    ann.send("\r");
    ann.wait_for("[01.1 ready]");
    ann.send("n");
    ann.wait_for("[01.2 ready]");
    // Nothing stops it, and nothing is written on the host.
    ann.send_bytes(&[0x1a]);
    ann.send("n");
    ann.wait_for("[01.3 ready]");
    ann.send("q");
    ann.wait_for("[home ready]");
    ann.send("q");
    assert_eq!(ann.wait_for_end(), 0);
    let last = ann.screen();
    let number: String = last.split("Your number is ").nth(1).expect("a number").chars().take(4).collect();
    assert!(number.chars().all(|c| c.is_ascii_digit()), "{last}");

    let mut again = class.enter("ann", &[]);
    again.wait_for("Word of the class:");
    again.send("rivoka\r");
    again.wait_for("Your number:");
    again.send(&format!("{number}\r"));
    again.wait_for("[home ready]");
    again.send("\r");
    again.wait_for("[01.3 ready]");
    assert!(!again.screen().contains(&number));
    // Another learner has a course of their own.
    let mut bob = class.enter("bob", &[]);
    bob.wait_for("Word of the class:");
    bob.send("rivoka\r");
    bob.wait_for("[home ready]");
    bob.send("\r");
    bob.wait_for("[01.1 ready]");
    let kept = || class.manage(&["list"]);
    wait_until("two learners are kept", || kept().contains("2 learners"));
    assert!(kept().contains(&format!("number {number}")), "a teacher can look it up: {}", kept());
}

#[test]
fn after_five_wrong_words_the_connection_ends() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--code", "rivoka"]);
    let mut eve = class.enter("eve", &["-o", "NumberOfPasswordPrompts=9"]);
    for tries in 1..=5 {
        eve.wait_until("a question", |screen| screen.matches("Word of the class:").count() >= tries);
        eve.send("no\r");
    }
    assert_ne!(eve.wait_for_end(), 0);
    assert!(!class.manage(&["list"]).contains("eve"), "a name was not taken");
}

#[test]
fn nothing_but_the_course_and_the_notebook_is_to_be_had() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--open"]);
    let says = |output: &Output| format!("{}{}", text(&output.stdout), text(&output.stderr));
    let notebook = class.run("ann", &[], &["notebook"]);
    assert!(notebook.status.success() && text(&notebook.stdout).starts_with("# "), "{}", says(&notebook));
    let page = class.run("ann", &[], &["notebook", "--format", "html"]);
    assert!(page.status.success() && text(&page.stdout).contains("<html"), "{}", says(&page));
    for command in [&["sh"][..], &["notebook", "--out", "/tmp/x"], &["clsroom", "race"], &["notebook;", "id"]] {
        let refused = class.run("ann", &[], command);
        assert_eq!(refused.status.code(), Some(1), "{command:?}");
        assert!(says(&refused).contains("nothing but notebook"), "{}", says(&refused));
    }
    let no_terminal = class.run("ann", &["-T"], &[]);
    assert!(no_terminal.status.code() == Some(1) && says(&no_terminal).contains("ssh -t"), "{}", says(&no_terminal));
    let sftp = class.run("ann", &["-s"], &["sftp"]);
    assert!(!sftp.status.success(), "{}", says(&sftp));
    let forward = class.run("ann", &["-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1"], &["notebook"]);
    assert!(!forward.status.success() && says(&forward).contains("forward"), "{}", says(&forward));
    let through = class.run("ann", &["-W", "127.0.0.1:22"], &[]);
    assert!(!through.status.success() && says(&through).contains("forwarding failed"), "{}", says(&through));
    // A name of which nothing is left, and the teacher's without the key.
    for user in ["...", "teacher"] {
        let refused = class.run(user, &["-o", "BatchMode=yes"], &["notebook"]);
        assert!(!refused.status.success() && says(&refused).contains("ermission denied"), "{}", says(&refused));
    }
}

#[test]
fn keys_have_names_and_the_teacher_has_one() {
    if !has_client() {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let at = |name: &str| home.path().join(name).display().to_string();
    for (file, comment) in [("ann", "ann@laptop"), ("eve", "eve")] {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"]).arg(at(file));
        assert!(keygen.status().is_ok_and(|status| status.success()));
    }
    let (keys, of_ann, of_eve) = (at("ann.pub"), at("ann"), at("eve"));
    let class = Class::at(home, &["--keys", &keys]);
    let with = |key: &str| ["-i".to_owned(), key.to_owned(), "-o".to_owned(), "IdentitiesOnly=yes".to_owned()];
    let run = |user: &str, key: &str| {
        let words = with(key);
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["-o", "BatchMode=yes"]).collect();
        class.run(user, &words, &["notebook"])
    };
    let ann = run("whoever", &of_ann);
    assert!(text(&ann.stdout).contains("ann"), "{}", text(&ann.stderr));
    assert!(!run("ann", &of_eve).status.success());
    let teacher = class.folder().join("teacher_key").display().to_string();
    assert!(run("teacher", &teacher).status.success());
    assert!(class.served.said.contains("teacher_key teacher@localhost"), "{}", class.served.said);
}

#[test]
fn when_the_class_ends_everybody_is_told_and_nothing_is_lost() {
    if !has_client() {
        return;
    }
    let mut class = Class::open(&["--open"]);
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("[home ready]");
    ann.send("\r");
    ann.wait_for("[01.1 ready]");
    ann.send("n");
    ann.wait_for("[01.2 ready]");
    class.signal(Signal::SIGTERM);
    assert_eq!(ann.wait_for_end(), 1);
    assert!(ann.screen().contains("the class has ended. Your progress is saved"), "{}", ann.screen());
    assert_eq!(class.ended(), Some(0));
    // Killed, it has no time to say anything.
    let class = class.again(&["--open"]);
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("[home ready]");
    ann.send("\r");
    ann.wait_for("[01.2 ready]");
    ann.send("n");
    ann.wait_for("[01.3 ready]");
    // What was done a moment ago is in the store.
    wait_until("her step is kept", || class.manage(&["list"]).contains("at 01.3"));
    class.signal(Signal::SIGKILL);
    ann.wait_for_end();
    let class = class.again(&["--open"]);
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("[home ready]");
    ann.send("\r");
    ann.wait_for("[01.3 ready]");
}

#[test]
fn a_full_class_says_so_and_a_session_that_fails_ends_alone() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--open", "--most", "2", "--crash", "ui"]);
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("[home ready]");
    let mut bob = class.enter("bob", &[]);
    bob.wait_for("[home ready]");
    let mut cat = class.enter("cat", &[]);
    assert_eq!(cat.wait_for_end(), 1);
    assert!(cat.screen().contains("The class is full: 2 of 2 are in. Try again later."), "{}", cat.screen());
    // The teacher always finds a place, and takes none.
    class.teach().wait_for("2 learners in");
    // On purpose, a key makes a session fail.
    ann.send("j");
    assert_eq!(ann.wait_for_end(), 1);
    assert!(ann.screen().contains("the program failed"), "{}", ann.screen());
    let mut cat = class.enter("cat", &[]);
    cat.wait_for("[home ready]");
    bob.resize(120, 36);
    bob.wait_until("a frame of the new size", |screen| screen.lines().count() > 30);
}

#[test]
fn open_to_other_machines_must_be_said_twice() {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(["serve", "--open", "--listen", "0.0.0.0:0"])
        .env("HOME", home.path())
        .output()
        .expect("it runs");
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("--open --open"), "{said}");
}

#[test]
fn of_two_sessions_on_one_connection_each_ends_alone() {
    let class = Class::open(&["--open"]);
    run(async {
        let connection = Learner::knock(class.port(), "ann", Config::default()).await.expect("in");
        let mut second = Learner::session(&connection, (80, 24)).await.expect("a session");
        let mut first = Learner::shell(connection, (80, 24)).await.expect("another");
        assert!(first.see("[home ready]").await && second.see("[home ready]").await);
        second.send(b"\x03").await;
        assert_eq!(second.ended().await, Some(0));
        // Longer than a connection may be without a session.
        assert!(!first.take(Duration::from_secs(23)).await, "nothing comes of itself");
        assert!(first.answered(b"j").await.is_some(), "{}", first.screen());
    });
}

/// Runs what needs a client in this process.
fn run<T>(body: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(body)
}

#[test]
fn sizes_that_no_terminal_has_are_drawn_within_reason() {
    let class = Class::open(&["--open"]);
    run(async {
        for size in [(0, 0), (1, 1), (65_535, 65_535), (u32::MAX, u32::MAX)] {
            let mut ann = Learner::enter(class.port(), "ann", size).await.expect("in");
            let words = if size.0 == 1 { "" } else { "[home ready]" };
            assert!(ann.see(words).await, "{size:?}: {}", ann.screen());
            assert!(ann.answered(b"j").await.is_some(), "{size:?}");
            assert!(ann.came < 2 << 20, "{size:?} took {} bytes", ann.came);
            ann.channel.window_change(0, 0, 0, 0).await.expect("sent");
            assert!(ann.answered(b"k").await.is_some(), "{size:?}");
            ann.send(b"\x03").await;
            assert_eq!(ann.ended().await, Some(0), "{size:?}");
        }
    });
}

#[test]
fn pastes_of_megabytes_and_floods_of_keys_neither_stop_a_session_nor_pile_up() {
    let class = Class::open(&["--open"]);
    run(async {
        let mut ann = Learner::enter(class.port(), "ann", (80, 24)).await.expect("in");
        assert!(ann.see("[home ready]").await);
        let before = resident(class.pid());
        ann.send(b"e").await;
        assert!(ann.see("[editor ready]").await);
        let paste = [b"\x1b[200~".as_slice(), &b"word ".repeat(1 << 20), b"\x1b[201~"].concat();
        ann.send(&paste).await;
        // Esc, once the paste is over.
        assert!(ann.answered(b"x").await.is_some());
        ann.send(b"\x1b").await;
        assert!(ann.see("[home ready]").await);
        ann.send(&b"jk".repeat(1 << 19)).await;
        ann.send(b"\x03").await;
        assert_eq!(ann.ended().await, Some(0));
        let grown = resident(class.pid()).saturating_sub(before);
        assert!(grown < 64 << 20, "{grown} bytes more");
    });
}

#[test]
fn a_client_that_does_not_read_is_gone_after_half_a_minute_and_hurts_nobody() {
    let class = Class::open(&["--open", "--most", "2"]);
    run(async {
        // It lets the server send a few bytes and takes none of them.
        let config = Config { window_size: 1 << 10, channel_buffer_size: 1, ..Config::default() };
        let _deaf = Learner::with(class.port(), "deaf", (120, 36), config).await.expect("in");
        let began = Instant::now();
        let mut ann = Learner::enter(class.port(), "ann", (80, 24)).await.expect("in");
        assert!(ann.see("[home ready]").await);
        // Its place is free when it is gone.
        loop {
            assert!(began.elapsed() < 2 * PATIENCE, "it is still there");
            assert!(ann.answered(b"j").await.is_some() && ann.answered(b"k").await.is_some());
            let mut bob = Learner::enter(class.port(), "bob", (80, 24)).await.expect("in");
            if bob.see("[home ready]").await {
                break;
            }
            assert!(bob.ended().await == Some(1) && bob.errors.contains("full"), "{}", bob.errors);
        }
        assert!(began.elapsed() >= Duration::from_secs(20), "after {:?}", began.elapsed());
    });
}

#[test]
fn a_client_without_a_session_is_gone_and_one_connection_cannot_take_all_places() {
    let class = Class::open(&["--open"]);
    run(async {
        let began = Instant::now();
        let idle = Learner::knock(class.port(), "idle", Config::default()).await.expect("in");
        let silent = tokio::net::TcpStream::connect(("127.0.0.1", class.port())).await.expect("connected");
        let greedy = Learner::knock(class.port(), "greedy", Config::default()).await.expect("in");
        let mut channels = Vec::new();
        for _ in 0..8 {
            channels.push(greedy.channel_open_session().await);
        }
        let open = channels.iter().filter(|channel| channel.is_ok()).count();
        assert!((1..=4).contains(&open), "{open} channels");
        let mut closed = [0u8; 256];
        loop {
            silent.readable().await.expect("it can be waited for");
            match silent.try_read(&mut closed) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => break,
            }
        }
        while !idle.is_closed() || !greedy.is_closed() {
            assert!(began.elapsed() < PATIENCE, "they are still there");
            tokio::task::yield_now().await;
        }
    });
}

#[test]
fn a_name_that_was_taken_meanwhile_is_closed_to_who_came_before() {
    let class = Class::open(&["--code", "rivoka"]);
    run(async {
        let mut first = Learner::with_password(class.port(), "carl", "rivoka").await.expect("in");
        let second = Learner::with_password(class.port(), "carl", "rivoka").await.expect("in, too");
        let mut carl = Learner::shell(second, (80, 24)).await.expect("a session");
        assert!(carl.see("Keep this number").await, "{}", carl.screen());
        assert!(Learner::with_password(class.port(), "Carl", "rivoka").await.is_none(), "now a number is asked for");
        let (status, said) = Learner::command(&mut first, "notebook").await;
        assert!(status == Some(1) && said.contains("somebody else has taken the name carl"), "{said}");
        // On the connection that took it, more can be opened.
        let number: String = carl.screen().split("this number: ").nth(1).expect("a number").chars().take(4).collect();
        let mut again = Learner::with_password(class.port(), "carl", &format!("rivoka {number}")).await.expect("in");
        let (status, said) = Learner::command(&mut again, "notebook").await;
        assert!(status == Some(0) && said.starts_with("# "), "{said}");
    });
    // What was done in a class that everybody could enter is not in one with a word.
    wait_until("carl is kept", || class.manage(&["list"]).contains("carl"));
    let kept = class.manage(&["list"]);
    assert!(kept.contains("by the word") && !kept.contains("open to all"), "{kept}");
}

#[test]
fn flags_of_one_learner_and_names_that_are_paths_are_refused() {
    let home = tempfile::tempdir().expect("a folder");
    for (flags, why) in [
        (&["--ascii"][..], "--ascii means nothing for a class"),
        (&["--color", "never"], "--color means nothing"),
        (&["--notes"], "--notes"),
        (&["--class", "../x"], "cannot be named"),
        (&["--class", ".."], "cannot be named"),
        (&["--listen", "nowhere"], "--listen"),
        (&["--data", "/nowhere.csv"], "nowhere.csv"),
        (&["--most", "0"], "--most"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .env("HOME", home.path())
            .output()
            .expect("it runs");
        let said = text(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{flags:?}: {said}");
    }
}

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|number| number.trim().parse::<u64>().ok()).unwrap_or_default() * 1024
}

#[test]
fn a_class_is_called_votes_talks_and_votes_again() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--open"]);
    let mut teacher = class.teach();
    teacher.wait_for("[desk ready]");
    teacher.wait_for("0 learners in");
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("[home ready]");
    let mut bob = class.enter("bob", &[]);
    bob.wait_for("[home ready]");
    teacher.wait_for("2 at no step");
    // A step without a question has no vote; lesson 04's first one has.
    teacher.send("jjj");
    teacher.wait_for("04.1");
    teacher.send("o");
    teacher.wait_for("04.1 first vote, open: 0 of 2 have answered");
    teacher.send("c");
    ann.wait_for("The class is at 04.1: f goes there.");
    ann.send("f");
    ann.wait_for("The class votes on this question");
    bob.send("f");
    bob.wait_for("The class votes on this question");
    teacher.wait_for("there: ann, bob");
    ann.send("1");
    ann.wait_for("Your answer is 1. Until the vote is closed another digit changes it.");
    bob.send("2");
    bob.wait_for("Your answer is 2.");
    teacher.wait_for("2 of 2 have answered");
    // Neither sees what the others said, nor what is right.
    for learner in [&mut ann, &mut bob] {
        let shown = learner.screen();
        assert!(!shown.contains("Your class") && !shown.contains("It is:") && !shown.contains("Correct"), "{shown}");
    }
    // The room sees that both have answered, and no name.
    teacher.send("P");
    teacher.wait_until("the projector", |screen| screen.contains("Vote: 04.1") && screen.contains("have answered"));
    assert!(!teacher.screen().contains("ann") && !teacher.screen().contains("bob"), "{}", teacher.screen());
    teacher.send("P");
    teacher.wait_for("[desk ready]");
    // They talk it over; bob changes his mind, ann stays with what she said.
    teacher.send("v");
    teacher.wait_for("second vote, open");
    bob.wait_for("Vote again");
    bob.send("1");
    bob.wait_for("Your answer is 1.");
    teacher.wait_for("2, before 1");
    teacher.send("x");
    for learner in [&mut ann, &mut bob] {
        learner.wait_for("Your class: 2 of 2 said");
        learner.wait_until("the first vote beside it", |screen| {
            let joined = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            joined.contains("(1 before they talked it over)")
        });
    }
    // A line to all, and everybody is taken elsewhere.
    teacher.send("mlook at layer 4\r");
    ann.wait_for("Your teacher: look at layer 4");
    teacher.send("jb");
    ann.wait_for("[05.1 ready]");
    bob.wait_for("[05.1 ready]");
    ann.send("q");
    ann.wait_for("The class is at 05.1: f goes there.");
    // The teacher is a learner, too, and is not counted.
    teacher.send("\t");
    teacher.wait_for("[05.1 ready]");
    teacher.send_bytes(&[0x14]);
    teacher.wait_for("2 learners in");
    // Who comes late hears where the class is.
    let mut cat = class.enter("cat", &[]);
    cat.wait_for("[home ready]");
    cat.send("j");
    cat.wait_for("The class is at 05.1: f goes there.");
    teacher.wait_for("3 learners in");
    cat.send("\x03");
    cat.wait_for_end();
    teacher.wait_for("2 learners in");
}

#[test]
fn a_vote_with_a_limit_ends_by_itself() {
    if !has_client() {
        return;
    }
    let class = Class::open(&["--open"]);
    let mut teacher = class.teach();
    teacher.wait_for("[desk ready]");
    teacher.send("x");
    teacher.wait_for("No vote is open.");
    teacher.send("jjjo");
    teacher.wait_for("first vote, open");
    teacher.send("t");
    teacher.wait_for("The vote closes in 30 s.");
    teacher.wait_for("first vote, closed");
}

#[test]
fn a_class_runs_one_experiment_in_which_each_learner_is_a_seed() {
    if !has_client() {
        return;
    }
    let class = Class::with_sentences(&["--open"]);
    let mut teacher = class.teach();
    teacher.wait_for("[desk ready]");
    let mut ann = class.enter("ann", &[]);
    ann.wait_for("[home ready]");
    let mut bob = class.enter("bob", &[]);
    bob.wait_for("[home ready]");
    teacher.wait_for("2 learners in");
    teacher.send("r");
    teacher.wait_for("0 of 2 runs");
    teacher.wait_for("1 of 2 runs");
    teacher.wait_for("2 of 2 runs");
    teacher.wait_for("by seeds alone");
    for learner in [&mut ann, &mut bob] {
        learner.wait_until("what came out", |screen| {
            let joined = screen.split_whitespace().collect::<Vec<_>>().join(" ");
            joined.contains("The experiment of your class is done. 2 runs: GlobalPooling minus [CLS]")
        });
    }
    // Who comes later joins with another key.
    let mut cat = class.enter("cat", &[]);
    cat.wait_for("[home ready]");
    teacher.wait_for("3 learners in");
    teacher.send("r");
    teacher.wait_for("3 of 3 runs");
}
