//! The archives of a release: `packaging/archive` packs them, `packaging/try` tries them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn script(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name))
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Packs the program that is tested.
fn pack(folder: &Path, target: &str) -> PathBuf {
    let licences = folder.join("licences");
    fs::write(&licences, "a list of licences\n").expect("written");
    let output = script("archive")
        .args(["--target", target, "--binary", env!("CARGO_BIN_EXE_clsroom"), "--licences"])
        .arg(&licences)
        .arg("--out")
        .arg(folder.join("out"))
        .output()
        .expect("bash");
    assert!(output.status.success(), "{}", said(&output));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

#[test]
fn an_archive_has_everything_and_its_program_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = pack(folder.path(), "this-system");
    let name = concat!("clsroom-", env!("CARGO_PKG_VERSION"), "-this-system");
    assert_eq!(archive.file_name().and_then(|name| name.to_str()), Some(&*format!("{name}.tar.gz")));
    let tried = script("try").arg(&archive).output().expect("bash");
    assert!(tried.status.success(), "{}", said(&tried));
    let version = concat!("clsroom ", env!("CARGO_PKG_VERSION"), "\ncommit: ");
    assert!(said(&tried).starts_with(version) && said(&tried).contains("\nfeatures: "), "{}", said(&tried));

    let unpacked = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder.path()).status().expect("tar");
    assert!(unpacked.success());
    let text = |file: &str| fs::read_to_string(folder.path().join(name).join(file)).expect(file);
    assert_eq!(text("LICENSE"), include_str!("../../LICENSE"));
    assert!(text("clsroom.1").contains("race") && text("completions/clsroom.bash").contains("--learner"));

    // The same files make the same archive.
    let first = fs::read(&archive).expect("read");
    pack(folder.path(), "this-system");
    let gnu = Command::new("tar").arg("--version").output().is_ok_and(|known| said(&known).contains("GNU"));
    assert!(!gnu || first == fs::read(&archive).expect("read"));
}

#[test]
fn an_archive_that_was_changed_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = pack(folder.path(), "this-system");
    let mut bytes = fs::read(&archive).expect("read");
    bytes.push(0);
    fs::write(&archive, bytes).expect("written");
    let tried = script("try").arg(&archive).output().expect("bash");
    assert!(!tried.status.success() && said(&tried).contains("has another checksum"), "{}", said(&tried));
    fs::write(archive.with_file_name("SHA256SUMS"), "").expect("written");
    let tried = script("try").arg(&archive).output().expect("bash");
    assert!(!tried.status.success() && said(&tried).contains("does not name"), "{}", said(&tried));
}

#[test]
fn the_class_of_the_guide_and_of_the_package_is_the_same() {
    let guide = include_str!("../../docs/classroom.md");
    assert!(guide.contains(&format!("```sh\n{}```", include_str!("../../packaging/classroom/clsroom-class"))));
}
