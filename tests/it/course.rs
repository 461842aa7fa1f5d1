//! The course: checked, listed, overridden by a folder, and its mistakes told with file, line and column.

use std::fs;
use std::process::Command;

use clsroom::commands::load_course;

fn check(folder: &std::path::Path) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_clsroom")).args(["lessons", "check"]).arg(folder).output().expect("it starts");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout),
    )
}

const GOOD: &str = "+++\ntitle = \"Mine\"\nminutes = 3\nquestion = \"What is mine?\"\nsentence = \"a small test\"\n+++\n\n## One\n\nLook at `[CLS]`.\n\n```bench\nview = \"tokens\"\n```\n";

#[test]
fn the_embedded_course_has_no_mistakes() {
    let loaded = load_course(None).unwrap_or_else(|problems| panic!("{problems}"));
    let ids: Vec<&str> = loaded.course.lessons.iter().map(|lesson| lesson.id.as_str()).collect();
    assert!(ids.is_sorted() && ["01", "02", "04", "07", "08"].iter().all(|id| ids.contains(id)), "{ids:?}");
    assert!(loaded.heads.is_some_and(|heads| heads.heads.len() == 2));
}

#[test]
fn a_folder_takes_the_courses_place() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("05-mine.md"), GOOD).expect("written");
    assert_eq!(check(folder.path()).0, Some(0));
    let loaded = load_course(Some(folder.path())).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(loaded.course.lessons[0].title, "Mine");
}

#[test]
fn mistakes_are_told_with_file_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = GOOD.replace("view = \"tokens\"", "view = \"tokns\"");
    fs::write(folder.path().join("05-mine.md"), broken).expect("written");
    let (code, said) = check(folder.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("05-mine.md:13:8") && said.contains("tokens"), "{said}");

    let output =
        Command::new(env!("CARGO_BIN_EXE_clsroom")).arg("--lessons").arg(folder.path()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("05-mine.md:13:8"), "{said}");
}

#[test]
fn an_undefined_value_and_a_typed_number_are_mistakes() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, expected) in [
        ("It has {{model.layrs}} layers.", "model.layers"),
        ("It gets 74 % right.", "74 %"),
        ("See {{record.frozen.clz.6.accuracy}}.", "cls"),
    ] {
        fs::write(folder.path().join("05-mine.md"), GOOD.replace("Look at `[CLS]`.", text)).expect("written");
        let (code, said) = check(folder.path());
        assert_eq!(code, Some(1), "{text}");
        assert!(said.contains("05-mine.md:10:") && said.contains(expected), "{text}: {said}");
    }
}
