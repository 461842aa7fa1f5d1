//! Who may know whom: the table of docs/ARCHITECTURE.md, held by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// What no picture of a state needs.
const PICTURES: &[&str] = &[
    "crate::model",
    "lab::finetune",
    "crate::worker",
    "crate::commands",
    "candle",
    "crossterm",
    "mpsc",
    "std::fs",
    "std::io",
    "crate::files",
    "std::env",
    "std::thread",
    "Instant",
    "SystemTime",
];

/// Module, and what its files must not name.
const NEVER: &[(&str, &[&str])] = &[
    (
        "model",
        &[
            "crate::lab",
            "crate::lesson",
            "crate::app",
            "crate::view",
            "crate::worker",
            "crate::commands",
            "ratatui",
            "crossterm",
        ],
    ),
    (
        "lab",
        &[
            "crate::lesson",
            "crate::app",
            "crate::view",
            "crate::worker",
            "crate::commands",
            "ratatui",
            "crossterm",
            "std::thread",
            "Instant",
            "SystemTime",
        ],
    ),
    (
        "lesson",
        &[
            "crate::model",
            "crate::lab",
            "crate::app",
            "crate::view",
            "crate::worker",
            "candle",
            "ratatui",
            "SystemTime",
            "Instant",
        ],
    ),
    ("worker", &["crate::app", "crate::view", "crate::lesson", "ratatui", "crossterm"]),
    (
        "app",
        &[
            "crate::model",
            "lab::finetune",
            "crate::view",
            "crate::worker",
            "candle",
            "crossterm",
            "std::fs",
            "std::io",
            "crate::files",
            "std::thread",
            "Instant",
            "SystemTime",
        ],
    ),
    (
        "class",
        &[
            "candle",
            "crossterm",
            "russh",
            "tokio",
            "std::fs",
            "std::io",
            "crate::files",
            "std::thread",
            "Instant",
            "SystemTime",
        ],
    ),
    ("view", PICTURES),
    ("bench", PICTURES),
    ("files", &["crate::"]),
    ("vectors", &["crate::model", "crate::lab", "crate::app", "crate::view", "crate::lesson", "candle", "ratatui"]),
    ("wording", &["crate::", "std::fs", "std::io"]),
    ("commands", &["crate::app", "crate::view", "crate::terminal", "ratatui", "crossterm"]),
];

fn sources(module: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![src.join(format!("{module}.rs"))];
    let mut folders = vec![src.join(module)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found
}

/// Lines of code: comments do not count.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn modules_keep_to_the_table() {
    let mut broken = Vec::new();
    for (module, never) in NEVER {
        for path in sources(module) {
            let text = fs::read_to_string(&path).expect("a source file");
            for (number, line) in code(&text) {
                for name in *never {
                    if line.contains(name) {
                        broken.push(format!("{}:{}: {module} names {name}", path.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

/// Lines of the lab's public data that hold a tensor.
fn with_tensors<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let of = |(name, text): (&str, &str)| {
        let lines: Vec<String> = code(text)
            .filter(|(_, line)| line.contains("Tensor"))
            .map(|(number, _)| format!("{name}:{}", number + 1))
            .collect();
        lines
    };
    files.into_iter().flat_map(of).collect()
}

#[test]
fn no_tensor_in_the_labs_public_data() {
    let texts: Vec<(String, String)> = sources("lab/data")
        .into_iter()
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("a source file")))
        .collect();
    assert!(texts.len() > 5 && texts.iter().any(|(_, text)| text.contains("pub enum Request")), "{}", texts.len());
    let files = texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    assert_eq!(with_tensors(files), Vec::<String>::new());
    assert_eq!(
        with_tensors([("planted.rs", "pub struct A {\n    /// A Tensor.\n    pub a: Tensor,\n}")]),
        ["planted.rs:3"]
    );
}

#[test]
fn there_is_no_mod_rs_and_no_unsafe_code() {
    for (module, _) in NEVER {
        for path in sources(module) {
            assert_ne!(path.file_name().and_then(|name| name.to_str()), Some("mod.rs"));
            let text = fs::read_to_string(&path).expect("a source file");
            assert!(
                code(&text).all(|(_, line)| !line.contains("unsafe {") && !line.contains("unsafe fn")),
                "{}",
                path.display()
            );
        }
    }
}

/// A file that no line of main.rs names is never compiled, and its tests would be missed by nobody.
#[test]
fn every_file_of_tests_is_part_of_the_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).expect("main.rs");
    let forgotten: Vec<String> = fs::read_dir(&folder)
        .expect("the folder of tests")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name != "main" && !main.lines().any(|line| line == format!("mod {name};")))
        .collect();
    assert!(forgotten.is_empty(), "not in main.rs: {forgotten:?}");
}
