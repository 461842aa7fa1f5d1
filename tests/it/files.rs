//! Files: what somebody else wrote is never written over or removed, what is no file is never waited for, and what is
//! quoted from a file is quoted in part.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use clsroom::model::load;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clsroom"));
    command.args(arguments).env_clear().env("HOME", home).current_dir(home);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program, which has to end by itself.
fn ends(home: &Path, arguments: &[&str]) -> Output {
    let mut child = command(home, arguments).spawn().expect("it starts");
    let (mut out, mut err) = (child.stdout.take().expect("its output"), child.stderr.take().expect("its errors"));
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes)
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).map(|_| bytes)
    });
    let deadline = Instant::now() + Duration::from_mins(1);
    let status = loop {
        if let Some(status) = child.try_wait().expect("its status") {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().expect("killed");
            panic!("{arguments:?} waits for something that is no file");
        }
        std::thread::yield_now();
    };
    let bytes = |thread: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| thread.join().expect("read").expect("read");
    Output { status, stdout: bytes(out), stderr: bytes(err) }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn pipe(path: &Path) {
    mkfifo(path, Mode::S_IRWXU).expect("a pipe");
}

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, bytes).expect("written");
    path
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

const QUICK: [&str; 5] = ["race", "--readouts", "majority", "--test", "50"];

#[test]
fn a_run_touches_no_file_but_its_own() {
    let home = folder();
    let mine = ["r.partial", "r.json.part", "r.json.part.2", "r.json.tmp-1-0", "r.json.bak", "h.partial", "n.partial"];
    // Notes, and lines that are nearly those of a run.
    let texts = ["my notes\n", "{\"race\":\"Monza\"}\n{\"race\":\"Spa\"}\n", "", "\n"];
    for text in texts {
        mine.iter().for_each(|name| drop(put(home.path(), name, text)));
        for arguments in [
            [&QUICK[..], &["--out", "r.json"]].concat(),
            vec!["race", "--readouts", "cls,mean", "--train", "40", "--test", "20", "--heads", "h.json"],
            vec!["notebook", "--out", "n.md"],
        ] {
            let output = ends(home.path(), &arguments);
            assert!(output.status.success(), "{}", said(&output));
        }
        for name in mine {
            assert_eq!(fs::read_to_string(home.path().join(name)).expect("there"), text, "{name}");
        }
    }
    let expected = ["h.json", "n.md", "r.json"];
    let other: Vec<_> = names(home.path()).into_iter().filter(|name| !mine.contains(&name.as_str())).collect();
    assert_eq!(other.iter().filter(|name| !name.starts_with('.')).collect::<Vec<_>>(), expected);
}

#[test]
fn finished_runs_are_kept_beside_somebody_elses_file_of_that_name() {
    let home = folder();
    put(home.path(), "r.json.part", "my notes\n");
    let tuned = ["race", "--mode", "finetune", "--readouts", "cls,mean,max", "--train", "32", "--test", "20"];
    let arguments = [&tuned[..], &["--epochs", "1", "--top-layers", "1", "--out", "r.json"]].concat();
    let mut child = command(home.path(), &arguments).spawn().expect("it starts");
    let kept = home.path().join("r.json.part.2");
    let deadline = Instant::now() + Duration::from_mins(2);
    while !kept.exists() && child.try_wait().expect("its status").is_none() {
        assert!(Instant::now() < deadline, "no run was kept");
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().expect("ended");
    assert_eq!(fs::read_to_string(home.path().join("r.json.part")).expect("there"), "my notes\n");
    let output = ends(home.path(), &arguments);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!kept.exists(), "nothing more to keep");
    assert_eq!(fs::read_to_string(home.path().join("r.json.part")).expect("there"), "my notes\n");
}

#[test]
fn a_notebook_replaces_only_itself() {
    let home = folder();
    let write = |learner: &str, name: &str| ends(home.path(), &["notebook", "--learner", learner, "--out", name]);
    let read = |name: &str| fs::read_to_string(home.path().join(name)).expect("there");
    for (name, text) in [("notes.md", "# My notes\n"), ("data.json", "{}"), ("page.html", "<html></html>")] {
        put(home.path(), name, text);
        let output = write("ann", name);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("is no notebook of clsroom, so it is not written over"), "{}", said(&output));
        assert_eq!(read(name), text);
    }
    assert!(write("ann", "n.md").status.success());
    let first = read("n.md");
    assert!(write("ann", "n.md").status.success());
    assert!(!home.path().join("n.md.old").exists(), "the own notebook is replaced");
    // Another learner's, one that was changed, and one of a form that is not asked for.
    let output = write("bob", "n.md");
    assert!(output.status.success() && said(&output).contains("n.md.old"), "{}", said(&output));
    assert!(read("n.md.old").contains("by ann") && read("n.md").contains("by bob"));
    let changed = read("n.md").replace("# My", "# My very own");
    put(home.path(), "n.md", &changed);
    let output = write("bob", "n.md");
    assert!(said(&output).contains("n.md.old.2"), "{}", said(&output));
    assert_eq!(read("n.md.old.2"), changed);
    assert!(first.contains("by ann"));
    // What a shell wrote is known as well, and of a link the file behind it is.
    let output = ends(home.path(), &["notebook", "--learner", "cleo"]);
    put(home.path(), "deep/shell.md", &output.stdout);
    symlink("deep/shell.md", home.path().join("link.md")).expect("a link");
    assert!(write("cleo", "link.md").status.success());
    assert!(home.path().join("link.md").is_symlink() && !home.path().join("deep/shell.md.old").exists());
}

/// A model as files in a folder.
fn model(at: &Path) {
    let (config, tokenizer, weights) = load::embedded_parts();
    put(at, "config.json", config);
    put(at, "tokenizer.json", tokenizer);
    put(at, "model.safetensors", weights);
}

/// Makes something that is no file.
type Make = fn(&Path);

#[test]
fn what_is_no_file_is_not_waited_for() {
    let home = folder();
    let at = home.path().join("model");
    let trace = ["trace", "x", "--model", at.to_str().expect("a path")];
    let kinds: [(&str, Make); 4] = [
        ("a pipe", pipe),
        ("a folder", |path| fs::create_dir(path).expect("a folder")),
        ("a socket", |path| drop(UnixListener::bind(path).expect("a socket"))),
        ("a device", |path| symlink("/dev/zero", path).expect("a link")),
    ];
    let lesson = "+++\ntitle = \"T\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n\nText.\n";
    for (kind, make) in kinds {
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            let _ = fs::remove_dir_all(&at);
            model(&at);
            fs::remove_file(at.join(file)).expect("removed");
            make(&at.join(file));
            let output = ends(home.path(), &trace);
            assert_eq!(output.status.code(), Some(1), "{kind} as {file}: {}", said(&output));
            assert!(said(&output).contains(file) && said(&output).trim().lines().count() == 1, "{}", said(&output));
        }
        // In place of the whole model.
        let whole = home.path().join(format!("{} whole", kind.replace(' ', "-")));
        make(&whole);
        let output = ends(home.path(), &["trace", "x", "--model", whole.to_str().expect("a path")]);
        assert_eq!(output.status.code(), Some(1), "{kind}: {}", said(&output));
        let expected = if kind == "a folder" { "it is empty" } else { "a pipe, device or socket" };
        assert!(said(&output).contains(expected), "{kind}: {}", said(&output));
        // The course's files.
        let course = home.path().join(kind.replace(' ', "-"));
        for file in ["01-a.md", "citations.toml", "glossary.toml", "paths.toml", "results/frozen.json"] {
            let _ = fs::remove_dir_all(&course);
            put(&course, "02-b.md", lesson);
            fs::create_dir_all(course.join("results")).expect("made");
            make(&course.join(file));
            let output = ends(home.path(), &["lessons", "check", course.to_str().expect("a path")]);
            assert_eq!(output.status.code(), Some(1), "{kind} as {file}: {}", said(&output));
            assert!(said(&output).contains("this is not a file"), "{kind} as {file}: {}", said(&output));
        }
        // Sentences, settings and progress.
        let data = home.path().join(format!("{}.csv", kind.replace(' ', "-")));
        make(&data);
        let output = ends(home.path(), &["race", "--data", data.to_str().expect("a path")]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert_eq!(
            said(&output).contains("Save the sentences to a file first"),
            kind != "a folder",
            "{}",
            said(&output)
        );
        let own = folder();
        fs::create_dir_all(own.path().join(".config/clsroom")).expect("made");
        make(&own.path().join(".config/clsroom/config.toml"));
        let output = ends(own.path(), &["lessons"]);
        assert!(said(&output).contains("cannot use the settings file"), "{}", said(&output));
        assert!(said(&output).contains("not a file"), "{}", said(&output));
        let own = folder();
        fs::create_dir_all(own.path().join(".local/share/clsroom")).expect("made");
        make(&own.path().join(".local/share/clsroom/progress.json"));
        let output = ends(own.path(), &["notebook"]);
        assert!(output.status.success() && said(&output).contains("is not a file"), "{}", said(&output));
    }
    // Sentences out of another program.
    let script = format!("exec {} race --data <(echo text,label)", env!("CARGO_BIN_EXE_clsroom"));
    if let Ok(output) = Command::new("bash").args(["-c", &script]).env("HOME", home.path()).output() {
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("Save the sentences to a file first"), "{}", said(&output));
    }
}

#[test]
fn a_pipe_is_written_to_if_somebody_reads_it() {
    let home = folder();
    let path = home.path().join("out.json");
    pipe(&path);
    for arguments in [[&QUICK[..], &["--out", "out.json"]].concat(), vec!["notebook", "--out", "out.json"]] {
        let output = ends(home.path(), &arguments);
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("nobody reads from this pipe"), "{}", said(&output));
        let reader = Command::new("cat").arg(&path).stdout(Stdio::piped()).spawn().expect("a reader");
        // It is known to read as soon as the pipe can be opened for writing without waiting.
        let flags = nix::fcntl::OFlag::O_WRONLY | nix::fcntl::OFlag::O_NONBLOCK;
        let deadline = Instant::now() + Duration::from_secs(30);
        let held = loop {
            if let Ok(held) = nix::fcntl::open(&path, flags, Mode::empty()) {
                break held;
            }
            assert!(Instant::now() < deadline, "cat reads");
            std::thread::yield_now();
        };
        let output = ends(home.path(), &arguments);
        nix::unistd::close(held).expect("closed");
        assert!(output.status.success(), "{}", said(&output));
        let read = reader.wait_with_output().expect("it ends").stdout;
        assert!(read.len() > 500, "{}", String::from_utf8_lossy(&read));
    }
    assert!(
        names(home.path()).iter().all(|name| name == "out.json" || name.starts_with('.')),
        "{:?}",
        names(home.path())
    );
    let output = ends(home.path(), &[&QUICK[..], &["--out", "/dev/full"]].concat());
    assert!(output.status.code() == Some(1) && said(&output).contains("cannot write /dev/full"), "{}", said(&output));
    assert!(ends(home.path(), &[&QUICK[..], &["--out", "/dev/null"]].concat()).status.success());
    let _socket = UnixListener::bind(home.path().join("socket")).expect("a socket");
    let output = ends(home.path(), &[&QUICK[..], &["--out", "socket"]].concat());
    assert!(said(&output).contains("neither a file nor a pipe"), "{}", said(&output));
}

#[test]
fn temporaries_of_killed_runs_are_removed() {
    let home = folder();
    let mut child = Command::new("true").spawn().expect("a process");
    child.wait().expect("it ends");
    let gone = child.id();
    for name in ["r.json", "n.md"] {
        put(home.path(), &format!("{name}.clsroom-tmp-{gone}-0"), "half");
    }
    assert!(ends(home.path(), &[&QUICK[..], &["--out", "r.json"]].concat()).status.success());
    assert!(ends(home.path(), &["notebook", "--out", "n.md"]).status.success());
    let left = names(home.path());
    assert!(!left.iter().any(|name| name.contains("tmp")), "{left:?}");
}

#[test]
fn foreign_text_is_quoted_in_part() {
    let home = folder();
    let long = "x".repeat(1_000_000);
    let short = |output: &Output, what: &str| {
        let said = said(output);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", &said[..said.len().min(300)]);
        assert!(said.len() < 2_000, "{what}: {} bytes: {}", said.len(), &said[..300]);
        assert!(!said.contains("panicked"), "{what}: {}", &said[..said.len().min(300)]);
    };
    // Columns, labels, splits, scraps of JSON.
    let rows = (0..60).map(|n| format!("text {n},{}\n", n % 2)).collect::<Vec<_>>().concat();
    for (name, text) in [
        ("column.csv", format!("{long},label\na,b\n")),
        ("columns.csv", format!("{}\na,b\n", "xyz,".repeat(100_000))),
        ("one.csv", format!("text,label\na,{long}\nb,{long}\n")),
        ("split.csv", format!("text,label,split\na,b,{long}\nc,d,train\n")),
        ("class.csv", format!("text,label,split\n{}z,{long},test\n", rows.replace('\n', ",train\n"))),
        ("object.jsonl", format!("{{\"text\": \"a\", \"label\": {{\"{long}\": 1}}}}\n")),
        ("key.jsonl", format!("{{\"{long}\": 1}}\n")),
        ("broken.jsonl", format!("{{\"text\": {long}\n")),
        ("line.jsonl", format!("\"{long}\"\n")),
        ("quote.csv", format!("text,label\n\"{long}\n")),
    ] {
        let path = put(home.path(), name, text);
        short(&ends(home.path(), &["race", "--data", path.to_str().expect("a path")]), name);
    }
    // A configuration and a tokenizer.
    let (config, tokenizer, _) = load::embedded_parts();
    let at = home.path().join("model");
    let configured = |config: String| {
        model(&at);
        put(&at, "config.json", config);
        ends(home.path(), &["trace", "x", "--model", at.to_str().expect("a path")])
    };
    for (what, text) in [
        ("type", config.replace("\"bert\"", &format!("\"{long}\""))),
        ("activation", config.replace("\"gelu\"", &format!("\"{long}\""))),
        ("number", config.replace("384", &format!("\"{long}\""))),
        ("scrap", long.clone()),
        ("key", format!("{{\"{long}\": {long}")),
    ] {
        assert_ne!(text, config, "{what}");
        short(&configured(text), what);
    }
    model(&at);
    let tokenizer = String::from_utf8_lossy(tokenizer).replace("WordPiece", &long);
    for text in [format!("{{\"version\": \"{long}\"}}"), long.clone(), tokenizer] {
        put(&at, "tokenizer.json", text);
        short(&ends(home.path(), &["trace", "x", "--model", at.to_str().expect("a path")]), "tokenizer");
    }
    // Settings, a record, a lesson.
    for text in [format!("{long} = 1\n"), format!("threads = \"{long}\"\n"), format!("model = {long}\n")] {
        put(home.path(), ".config/clsroom/config.toml", text);
        short(&ends(home.path(), &["lessons"]), "settings");
    }
    fs::remove_file(home.path().join(".config/clsroom/config.toml")).expect("removed");
    let course = home.path().join("course");
    let head =
        |title: &str| format!("+++\ntitle = \"{title}\"\nminutes = 1\nquestion = \"Q\"\nsentence = \"S\"\n+++\n\n");
    for text in [
        head("T") + "```bench\nview = \"" + &long + "\"\n```\n",
        head("T") + "{{" + &long + "}}\n",
        head("T").replace("minutes = 1", &format!("{long} = 1")),
        head("T") + "```" + &long + "\n```\n",
    ] {
        put(&course, "01-a.md", text);
        short(&ends(home.path(), &["lessons", "check", course.to_str().expect("a path")]), "lesson");
    }
    put(&course, "01-a.md", head("T") + "Text.\n");
    put(&course, "results/frozen.json", format!("{{\"provenance\": \"{long}\"}}"));
    short(&ends(home.path(), &["lessons", "check", course.to_str().expect("a path")]), "record");
    // What is given on the command line: at most 128 kB of it is passed on by the system.
    let argument = "y".repeat(100_000);
    for arguments in [
        ["trace", "x", "--model", &argument],
        ["trace", "x", "--lessons", &argument],
        ["race", "--data", &argument, "--test=9"],
        ["race", "--readouts", &argument, "--test=9"],
        ["race", "--layer", &argument, "--test=9"],
        ["race", "--lr", &argument, "--mode=finetune"],
        ["race", "--out", &argument, "--test=9"],
        ["learn", &argument, "--ascii", "--demo"],
    ] {
        let output = ends(home.path(), &arguments);
        if !output.status.success() {
            short(&output, arguments[1]);
        }
    }
}
