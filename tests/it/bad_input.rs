//! Bad input: one clear sentence, the right exit code, nothing lost, nothing panics.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use clsroom::model::load;
use serde_json::Value;
use tempfile::TempDir;

use crate::pty::Terminal;

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn clsroom(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .output()
        .expect("it starts")
}

/// One sentence on standard error that has this in it, and exit code 1.
fn refuses(output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(expected) && said.trim().lines().count() == 1, "{expected:?} is not in {said:?}");
    assert!(!said.contains("panicked"), "{said}");
}

/// The embedded model as files, to be damaged.
struct Model(TempDir);

impl Model {
    fn whole() -> Self {
        let (config, tokenizer, weights) = load::embedded_parts();
        let model = Self(home());
        model.put("config.json", config.as_bytes());
        model.put("tokenizer.json", tokenizer);
        model.put("model.safetensors", weights);
        model
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        fs::write(self.0.path().join(file), bytes).expect("written");
    }

    fn trace(&self) -> Output {
        clsroom(self.0.path(), &["trace", "x", "--model", &self.0.path().display().to_string()])
    }
}

#[test]
fn damaged_weights_of_every_kind() {
    let model = Model::whole();
    let (config, _, weights) = load::embedded_parts();
    assert!(model.trace().status.success(), "whole, it works");

    model.put("model.safetensors", &weights[..weights.len() - 1]);
    refuses(&model.trace(), "is not a whole safetensors file");
    model.put("model.safetensors", &[]);
    refuses(&model.trace(), "is not a whole safetensors file");

    // A flipped bit: in the length of the header, in a name, in a shape, in the exponent of a number.
    let header = 8 + u64::from_le_bytes(weights[..8].try_into().expect("eight bytes")) as usize;
    let find = |what: &str| {
        weights[..header].windows(what.len()).position(|part| part == what.as_bytes()).expect("it is in the header")
    };
    let flipped = |at: usize, bit: u8| {
        let mut bytes = weights.to_vec();
        bytes[at] ^= bit;
        model.put("model.safetensors", &bytes);
        model.trace()
    };
    refuses(&flipped(6, 0x40), "is not a whole safetensors file");
    refuses(&flipped(find("embeddings.word"), 0x02), "has no weight named");
    let shape = flipped(find("[384"), 0x01);
    assert_eq!(shape.status.code(), Some(1), "{}", String::from_utf8_lossy(&shape.stderr));
    // All exponent bits of a half-precision number set: infinite or not a number.
    let mut bytes = weights.to_vec();
    let end = bytes.len();
    bytes[end - 1] |= 0x7c;
    model.put("model.safetensors", &bytes);
    refuses(&model.trace(), "not a finite number");

    fs::remove_file(model.0.path().join("model.safetensors")).expect("removed");
    refuses(&model.trace(), "model.safetensors");
    model.put("model.safetensors", weights);
    model.put("config.json", config.replace("\"num_hidden_layers\": 6", "\"num_hidden_layers\": 7").as_bytes());
    refuses(&model.trace(), "has no weight named");
    model.put("config.json", config.replace("\"bert\"", "\"gpt2\"").as_bytes());
    refuses(&model.trace(), "this is a gpt2 model");
    fs::remove_file(model.0.path().join("config.json")).expect("removed");
    refuses(&model.trace(), "it has no config.json; it holds model.safetensors, tokenizer.json");
}

#[test]
fn a_tokenizer_that_disagrees_with_the_embedding_table() {
    let model = Model::whole();
    let (config, tokenizer, _) = load::embedded_parts();
    let text = String::from_utf8_lossy(tokenizer);
    // One word's id is beyond the table.
    let beyond = text.replacen("30521", "90521", 1);
    assert_ne!(beyond, text, "the vocabulary has a last word");
    model.put("tokenizer.json", beyond.as_bytes());
    refuses(&model.trace(), "Use the tokenizer.json that came with the weights");
    model.put("tokenizer.json", b"{ not json");
    refuses(&model.trace(), "Use the tokenizer.json that came with the weights");
    model.put("tokenizer.json", tokenizer);
    model.put("config.json", config.replace("30522", "30000").as_bytes());
    assert_eq!(model.trace().status.code(), Some(1));
}

fn saved(home: &Path) -> std::path::PathBuf {
    home.join(".local/share/clsroom/progress.json")
}

#[test]
fn without_a_home_it_says_so_and_works() {
    // Not even root can make a folder there.
    let nowhere = home();
    let env = BTreeMap::from([("HOME", "/proc/no-home")]);
    let mut terminal = Terminal::start_with(nowhere.path(), (80, 24), &["learn", "01"], &env);
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
    terminal.wait_for("could not be saved");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
}

#[test]
fn a_home_that_cannot_be_written_to_is_said_and_does_not_stop_the_lesson() {
    let home = home();
    // Root may write anywhere, so something that is no folder stands in the way of everybody.
    fs::write(home.path().join(".local"), "in the way").expect("written");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o555)).expect("read-only");
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
    terminal.wait_for("could not be saved");
    terminal.send("\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    terminal.assert_restored();
    assert!(terminal.screen().contains("could not be saved"), "and again after leaving: {}", terminal.screen());
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).expect("writable again");
}

#[test]
fn a_full_disk_while_saving_keeps_what_was_saved() {
    let home = home();
    let mut first = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    first.wait_for("[01.1 ready]");
    first.send("n\u{3}");
    first.wait_for_end();
    let before = fs::read_to_string(saved(home.path())).expect("saved");
    // No file may grow beyond a block of 512 bytes, and a sentence makes the progress longer than that.
    let script = format!("ulimit -f 1; trap '' XFSZ; exec {} learn 01", env!("CARGO_BIN_EXE_clsroom"));
    let env = BTreeMap::from([("PATH", "/usr/bin:/bin")]);
    let mut terminal = Terminal::start_program(home.path(), (80, 24), "/bin/dash", &["-c", &script], &env);
    terminal.wait_for("[01.2 ready]");
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send(&"long words ".repeat(100));
    terminal.send("\r");
    terminal.wait_for("could not be saved");
    terminal.send("\u{3}");
    terminal.wait_for_end();
    terminal.assert_restored();
    assert_eq!(fs::read_to_string(saved(home.path())).expect("still there"), before);
    let names = fs::read_dir(saved(home.path()).parent().expect("a folder")).expect("a folder");
    let names: Vec<_> = names.map(|entry| entry.expect("an entry").file_name()).collect();
    let half_written = names.iter().any(|name| name.to_string_lossy().contains("tmp"));
    assert!(!half_written, "no half-written file is left: {names:?}");
}

#[test]
fn two_at_once_lose_nothing_of_each_other() {
    let home = home();
    let mut one = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    let mut other = Terminal::start(home.path(), (80, 24), &["learn", "02"]);
    one.wait_for("[01.1 ready]");
    other.wait_for("[02.1 ready]");
    one.send("n");
    one.wait_for("[01.2 ready]");
    other.send("nn");
    other.wait_for("[02.3 ready]");
    other.send("\u{3}");
    other.wait_for_end();
    one.send("\u{3}");
    one.wait_for_end();
    let text = fs::read_to_string(saved(home.path())).expect("saved");
    let progress: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(progress["lessons"]["01"]["step"], 1);
    assert_eq!(progress["lessons"]["02"]["step"], 2);
}

/// A session at lesson 01, left open; another goes on to lesson 04 and ends; the first one's connection then drops.
fn left_open(home: &Path, meanwhile: impl FnOnce(&Path)) -> serde_json::Value {
    let mut open = Terminal::start(home, (80, 24), &["learn", "01"]);
    open.wait_for("[01.1 ready]");
    open.send("n");
    open.wait_for("[01.2 ready]");
    let mut busy = Terminal::start(home, (80, 24), &["learn", "04"]);
    busy.wait_for("[04.1 ready]");
    busy.send("nn");
    busy.wait_for("[04.3 ready]");
    busy.send("e");
    busy.wait_for("[editor ready]");
    busy.send("Said later.\r");
    busy.wait_for("[04.3 ready]");
    busy.send("\u{3}");
    busy.wait_for_end();
    meanwhile(home);
    let before = fs::read(saved(home)).expect("saved");
    let pid = nix::unistd::Pid::from_raw(open.pid() as i32);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGHUP).expect("a signal");
    open.wait_for_end();
    let after = fs::read(saved(home)).expect("saved");
    assert_eq!(String::from_utf8_lossy(&after), String::from_utf8_lossy(&before), "it takes nothing back");
    serde_json::from_slice(&after).expect("JSON")
}

#[test]
fn a_session_that_was_left_open_takes_nothing_back_when_it_ends() {
    let home = home();
    let progress = left_open(home.path(), |_| {});
    assert_eq!(progress["last"], serde_json::json!(["04", 2]));
    assert_eq!(progress["sentence"], "Said later.");
    assert_eq!((&progress["lessons"]["01"]["step"], &progress["lessons"]["04"]["step"]), (&1.into(), &2.into()));
}

#[test]
fn a_session_that_was_left_open_does_not_undo_a_reset() {
    let home = home();
    let progress = left_open(home.path(), |home| {
        assert!(clsroom(home, &["--reset", "all"]).status.success());
    });
    assert_eq!((&progress["lessons"], &progress["last"]), (&serde_json::json!({}), &serde_json::Value::Null));
}

#[test]
fn two_that_are_killed_at_once_lose_no_answer() {
    // An answer is saved before it is seen, so that what is on the screen is in the file.
    for _ in 0..3 {
        let home = home();
        let mut sessions = ["01", "04"].map(|lesson| Terminal::start(home.path(), (80, 24), &["learn", lesson]));
        sessions[0].wait_for("[01.1 ready]");
        sessions[1].wait_for("[04.1 ready]");
        for _ in 0..2 {
            sessions.iter_mut().for_each(|session| session.send("n"));
        }
        sessions[0].wait_for("[01.3 ready]");
        sessions[1].wait_for("[04.3 ready]");
        for session in &sessions {
            let pid = nix::unistd::Pid::from_raw(session.pid() as i32);
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("a signal");
        }
        for session in &mut sessions {
            session.wait_for_end();
        }
        let progress: serde_json::Value =
            serde_json::from_slice(&fs::read(saved(home.path())).expect("saved")).expect("a whole file");
        assert_eq!((&progress["lessons"]["01"]["step"], &progress["lessons"]["04"]["step"]), (&2.into(), &2.into()));
        // The locks of those that were killed stand in nobody's way.
        let mut next = Terminal::start(home.path(), (80, 24), &["learn", "05"]);
        next.wait_for("[05.1 ready]");
        assert!(!next.screen().contains("could not be saved"), "{}", next.screen());
        next.send("\u{3}");
        next.wait_for_end();
        assert!(fs::read_to_string(saved(home.path())).expect("saved").contains("\"05\""));
    }
}

#[test]
fn a_process_that_is_stopped_while_it_saves_is_said_and_nothing_is_lost() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("np");
    terminal.wait_for("[01.1 ready]");
    terminal.send("n");
    terminal.wait_for("[01.2 ready]");
    let held = fs::File::open(saved(home.path()).with_extension("json.lock")).expect("a lock");
    held.lock().expect("free");
    terminal.send("n");
    terminal.wait_for("could not be saved");
    terminal.send("p");
    terminal.wait_for("[01.2 ready]");
    held.unlock().expect("given back");
    terminal.send("nn");
    terminal.wait_for("[01.4 ready]");
    let text = fs::read_to_string(saved(home.path())).expect("saved");
    assert!(text.contains("\"step\": 3"), "{text}");
    held.lock().expect("free");
    terminal.send("p\u{3}");
    assert_eq!(terminal.wait_for_end(), 0);
    let text = fs::read_to_string(saved(home.path())).expect("saved");
    assert!(text.contains("\"step\": 2"), "the last save does not wait for ever: {text}");
}

#[test]
fn a_session_in_which_nothing_was_done_writes_nothing() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("\u{3}");
    terminal.wait_for_end();
    let known = || {
        let known = fs::metadata(saved(home.path())).expect("saved");
        (known.modified().expect("a time"), fs::read(saved(home.path())).expect("saved"))
    };
    let before = known();
    let mut terminal = Terminal::start(home.path(), (80, 24), &[]);
    terminal.wait_for("[home ready]");
    terminal.send("q");
    terminal.wait_for_end();
    assert_eq!(known(), before);
}

#[test]
fn a_progress_file_of_garbage_or_of_a_newer_version_is_kept_aside() {
    for (text, expected) in [
        ("{ \u{1b}[31m garbage", "does not hold progress"),
        ("{\"format_version\": 99, \"lessons\": []}", "newer version"),
    ] {
        let home = home();
        fs::create_dir_all(saved(home.path()).parent().expect("a folder")).expect("made");
        fs::write(saved(home.path()), text).expect("written");
        let mut terminal = Terminal::start(home.path(), (120, 36), &[]);
        terminal
            .wait_until(expected, |screen| screen.split_whitespace().collect::<Vec<_>>().join(" ").contains(expected));
        terminal.wait_for("[home ready]");
        terminal.send("\r");
        terminal.wait_for("[01.1 ready]");
        terminal.send("\u{3}");
        assert_eq!(terminal.wait_for_end(), 0);
        let kept = saved(home.path()).with_extension("json.broken-1");
        assert_eq!(fs::read_to_string(kept).expect("kept aside"), text);
        assert!(fs::read_to_string(saved(home.path())).expect("a new one").contains("\"01\""));
    }
}

#[test]
fn a_hundred_thousand_characters_in_the_editor_are_cut_and_the_place_is_said() {
    let home = home();
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send(&format!("\u{1b}[200~{}\u{1b}[201~", "word ".repeat(20_010)));
    terminal.wait_for("word word");
    terminal.send("\r");
    terminal.wait_for("[01.1 ready]");
    terminal.wait_for("The sentence was cut to its first 100000 characters.");
    terminal.send("n");
    terminal.wait_for("Read: the first 128 of 20002 pieces, up to character 629.");
}

#[test]
fn an_empty_sentence_is_traced_and_in_the_editor_gives_the_lessons_back() {
    let home = home();
    let output = clsroom(home.path(), &["trace", "", "--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["tokens"], serde_json::json!(["[CLS]", "[SEP]"]));
    let mut terminal = Terminal::start(home.path(), (80, 24), &["learn", "01"]);
    terminal.wait_for("[01.1 ready]");
    terminal.send("e");
    terminal.wait_for("[editor ready]");
    terminal.send("   \r");
    terminal.wait_for("the lessons' sentences are used again");
}

#[test]
fn data_with_every_kind_of_mistake() {
    let home = home();
    let race = |name: &str, bytes: &[u8]| {
        let file = home.path().join(name);
        fs::write(&file, bytes).expect("written");
        let file = file.display().to_string();
        clsroom(home.path(), &["race", "--readouts", "majority", "--data", &file])
    };
    let rows = |label: &dyn Fn(usize) -> String| {
        (0..60).map(|n| format!("sentence number {n}\t{}\n", label(n))).collect::<Vec<_>>().concat()
    };
    let wrong = |output: &Output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(!said.contains("panicked") && said.trim().lines().count() <= 3, "{said}");
        said
    };
    let one = wrong(&race("one.tsv", format!("text\tlabel\n{}", rows(&|_| "good".to_owned())).as_bytes()));
    assert!(one.contains("nothing to tell apart"), "{one}");
    let column = wrong(&race("column.tsv", format!("words\tlabel\n{}", rows(&|n| (n % 2).to_string())).as_bytes()));
    assert!(column.contains("text"), "{column}");
    let nul = wrong(&race("nul.tsv", b"text\tlabel\nan\0other\tgood\nb\tbad\n"));
    assert!(nul.to_lowercase().contains("nul"), "{nul}");
    let quote = wrong(&race("quote.csv", b"text,label\n\"never closed,good\nb,bad\n"));
    assert!(quote.contains("quote.csv, line 2:") && quote.contains("a quote is opened and not closed"), "{quote}");
    // A label that nothing is trained on, and one that is none.
    let row = |n: usize| {
        let (label, split) = if n == 7 {
            ("never seen", "test")
        } else {
            (["bad", "good"][n % 2], ["train", "validation", "test"][n % 3])
        };
        format!("sentence number {n}\t{label}\t{split}\n")
    };
    let unknown = format!("text\tlabel\tsplit\n{}", (0..60).map(row).collect::<Vec<_>>().concat());
    let said = wrong(&race("unknown.tsv", unknown.as_bytes()));
    assert!(said.contains("class \"never seen\" is in the train split"), "{said}");
    let said = wrong(&race("list.jsonl", b"{\"text\": \"a\", \"label\": [1]}\n"));
    assert!(said.contains("neither a string nor a number"), "{said}");
}

#[test]
fn a_file_given_to_a_command_that_reads_none_is_not_denied() {
    let home = home();
    let file = home.path().join("mine.csv");
    fs::write(&file, "text,label\na,b\nc,d\n").expect("written");
    for command in ["aggregate", "invert"] {
        let output = clsroom(home.path(), &[command, "--data", &file.display().to_string()]);
        refuses(&output, "it reads movies or products only");
        refuses(&clsroom(home.path(), &[command, "--data", "nothing.csv"]), "There are: movies, products");
    }
}

#[test]
fn windows_1252_is_read_and_said() {
    let home = home();
    let file = home.path().join("mine.csv");
    let rows: Vec<u8> = (0..80)
        .flat_map(|n| {
            [
                b"caf\xe9 number ".as_slice(),
                n.to_string().as_bytes(),
                b" costs 3 \x80,",
                [b"good".as_slice(), b"d\xe9sol\xe9"][n % 2],
                b"\n",
            ]
            .concat()
        })
        .collect();
    fs::write(&file, [b"text,label\n".as_slice(), &rows].concat()).expect("written");
    let path = file.display().to_string();
    let output = clsroom(home.path(), &["race", "--readouts", "majority,words", "--format", "json", "--data", &path]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("(read as Windows-1252): 80 sentences of 2 classes (désolé 40, good 40)"), "{said}");
    let json: Value = serde_json::from_slice(&output.stdout).expect("valid JSON");
    assert_eq!(json["classes"], serde_json::json!(["désolé", "good"]));
    // A NUL byte is no text in any encoding.
    fs::write(&file, b"text,label\ncaf\xe9\0,good\nb,bad\n").expect("written");
    let output = clsroom(home.path(), &["race", "--data", &path]);
    assert!(output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains("NUL byte"));
}

#[test]
fn lessons_with_a_mistake_name_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let lesson = |name: &str, id: &str, body: &str| {
        let head = "+++\ntitle = \"Mine\"\nminutes = 3\nquestion = \"Mine?\"\nsentence = \"a test\"\n+++\n";
        let check = format!(
            "```check\nid = \"{id}\"\nask = \"Which?\"\noptions = [\"one\", \"two\"]\nanswer = 1\nwhy = \"So.\"\n```\n"
        );
        fs::write(folder.path().join(name), format!("{head}\n## One\n\nLook.\n\n{body}\n{check}")).expect("written");
    };
    let bench = "```bench\nview = \"tokens\"\n```\n";
    let home = home();
    let said = || {
        let output = clsroom(home.path(), &["--lessons", &folder.path().display().to_string()]);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    lesson("01-a.md", "a", "```bench\nview = tokens\n```\n");
    assert!(said().contains("01-a.md:13:"), "a syntax error: {}", said());
    lesson("01-a.md", "a", "```bench\nview = \"token\"\n```\n");
    assert!(said().contains("01-a.md:13:8") && said().contains("tokens"), "an unknown bench: {}", said());
    lesson("01-a.md", "a", bench);
    lesson("02-b.md", "a", bench);
    assert!(said().contains("02-b.md:") && said().contains("\"a\""), "a duplicate id: {}", said());
    // Control characters in a lesson are shown, not obeyed, in the message too.
    lesson("02-b.md", "b", "```bench\nview = \"to\u{1b}[31mkens\"\n```\n");
    assert!(!said().contains('\u{1b}'), "{:?}", said());
}
