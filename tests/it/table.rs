//! docs/terminal.md is a table in which every line names the test that holds it: the tests exist.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_criterion_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("tests"), &mut files);
    sources(&root.join("src"), &mut files);
    let tests: Vec<(String, String)> = files
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).expect("a source file");
            let name = path.strip_prefix(root).expect("inside").display().to_string();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            let is_test = |index: usize| {
                lines[..index]
                    .iter()
                    .rev()
                    .take_while(|line| line.starts_with('#') || line.starts_with("//"))
                    .any(|line| *line == "#[test]")
            };
            (0..lines.len())
                .filter(|index| is_test(*index))
                .filter_map(|index| {
                    lines[index].strip_prefix("fn ")?.split('(').next().map(|test| (name.clone(), test.to_owned()))
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let table = fs::read_to_string(root.join("docs/terminal.md")).expect("the table");
    let mut rows = 0;
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| criterion")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 3, "criterion, file, tests: {line}");
        let named: Vec<&str> = cells[2].split('`').skip(1).step_by(2).collect();
        let file = cells[1].trim_matches('`');
        assert!(!named.is_empty(), "no test is named: {line}");
        for name in named {
            let there = tests.iter().any(|(known, test)| known == file && test == name);
            assert!(there, "{file} has no test {name}: {line}");
        }
        rows += 1;
    }
    assert!(rows >= 40, "{rows} criteria");
}
