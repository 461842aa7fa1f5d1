//! Vectors that one process computed are read by the next one, and give the very same figures.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn clsroom(home: &Path, arguments: &[&str], cache: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(arguments)
        .env("HOME", home)
        .env("CLSROOM_CACHE_MB", cache)
        .env_remove("XDG_CACHE_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME")
        .output()
        .expect("it starts")
}

/// A small frozen race, as JSON without what differs from run to run, and the day of its vectors.
fn race(home: &Path, train: &str, cache: &str) -> (Value, Value) {
    let arguments = ["race", "--train", train, "--test", "60", "--format", "json"];
    let output = clsroom(home, &arguments, cache);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let provenance = json["provenance"].as_object_mut().expect("provenance");
    provenance.remove("seconds");
    let day = provenance.remove("vectors_of_day").unwrap_or(Value::Null);
    (json, day)
}

fn said(home: &Path, arguments: &[&str]) -> String {
    String::from_utf8(clsroom(home, arguments, "").stdout).expect("UTF-8")
}

#[test]
fn a_second_process_gives_the_same_figures_from_kept_vectors() {
    let home = tempfile::tempdir().expect("a folder");
    let (first, day) = race(home.path(), "80", "");
    assert_eq!(day, Value::Null, "nothing is kept yet");
    let (second, day) = race(home.path(), "80", "");
    assert!(day.as_u64().is_some_and(|day| day > 20_000), "{day}");
    assert_eq!(first, second);
    // More sentences: some are kept, the others are computed.
    let (more, day) = race(home.path(), "120", "");
    assert!(day.is_u64());
    let (alone, day) = race(home.path(), "120", "0");
    assert_eq!(day, Value::Null, "0 megabytes keep and read nothing");
    assert_eq!(more, alone);

    let about = said(home.path(), &["cache"]);
    assert!(about.contains("computed vectors: 4 files") && about.contains(".cache/clsroom/vectors"), "{about}");
    assert!(said(home.path(), &["doctor"]).contains("computed vectors: 4 files"));
    let text = said(home.path(), &["race", "--train", "80", "--test", "60"]);
    assert!(text.contains("vectors computed here on 20"), "{text}");
    assert!(said(home.path(), &["cache", "clear"]).contains("Taken away: 4 files"));
    assert!(said(home.path(), &["cache"]).contains("0 files"));
    assert_eq!(race(home.path(), "80", "").1, Value::Null, "cleared");
}

#[test]
fn a_damaged_file_is_computed_again_and_replaced() {
    let home = tempfile::tempdir().expect("a folder");
    let (first, _) = race(home.path(), "80", "");
    let folder = home.path().join(".cache/clsroom/vectors");
    let files = || fs::read_dir(&folder).expect("folder").map(|entry| entry.expect("entry").path());
    for path in files() {
        let mut bytes = fs::read(&path).expect("file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        fs::write(&path, bytes).expect("written");
    }
    let (again, day) = race(home.path(), "80", "");
    assert_eq!((again, day), (first.clone(), Value::Null));
    let (third, day) = race(home.path(), "80", "");
    assert!(day.is_u64());
    assert_eq!(third, first);
}

#[test]
fn other_settings_read_no_vectors_of_these() {
    let home = tempfile::tempdir().expect("a folder");
    race(home.path(), "80", "");
    let short = ["race", "--train", "80", "--test", "60", "--format", "json", "--max-length", "20"];
    let json: Value = serde_json::from_slice(&clsroom(home.path(), &short, "").stdout).expect("JSON");
    assert_eq!(json["provenance"]["vectors_of_day"], Value::Null, "another length limit");
    let shown = ["race", "--train", "80", "--test", "60", "--format", "json", "--demo"];
    let json: Value = serde_json::from_slice(&clsroom(home.path(), &shown, "").stdout).expect("JSON");
    assert_eq!(json["provenance"]["vectors_of_day"], Value::Null, "a demonstration is the same every time");
}

#[test]
fn many_processes_at_once_do_not_disturb_each_other() {
    let home = tempfile::tempdir().expect("a folder");
    let alone = race(home.path(), "40", "0").0;
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| race(home.path(), "40", "").0)).collect();
        for run in runs {
            assert_eq!(run.join().expect("a race"), alone);
        }
    });
    let (last, day) = race(home.path(), "40", "");
    assert!(day.is_u64());
    assert_eq!(last, alone);
}
