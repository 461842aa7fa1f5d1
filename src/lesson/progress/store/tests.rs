mod several;

use super::*;
use crate::lesson::progress::{Figure, Given, LessonProgress, Measured, Recall};

fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::new(directory.path().join("deep/er/progress.json"));
    (directory, store)
}

fn put(store: &Store, text: &str) {
    fs::create_dir_all(store.path().parent().expect("a parent")).expect("made");
    fs::write(store.path(), text).expect("written");
}

fn names(store: &Store) -> Vec<String> {
    let entries = fs::read_dir(store.path().parent().expect("a parent")).expect("a directory");
    let mut names: Vec<_> = entries.map(|e| e.expect("an entry").file_name().into_string().expect("a name")).collect();
    names.retain(|name| name != "progress.json.lock");
    names.sort();
    names
}

fn some_progress() -> Progress {
    let given = Given {
        choice: 2,
        correct: Some(true),
        lesson: "04".to_owned(),
        at: Some(7),
        recalled: 1,
        source: Some(crate::lesson::Source::Record),
        measured: Some("movie".to_owned()),
        right: Some(2),
        first: None,
        sentence: Some("A film.".to_owned()),
        recalls: vec![Recall { at: Some(9), choice: 2, right: true }],
    };
    let measured = Measured {
        value: Figure::Number(0.7),
        lesson: "04".to_owned(),
        at: Some(8),
        sentence: Some("A film.".to_owned()),
        ..Measured::default()
    };
    Progress {
        sentence: Some("A film.".to_owned()),
        lessons: [("04".to_owned(), LessonProgress { step: 3, ..LessonProgress::default() })].into(),
        answers: [("mix-top".to_owned(), given)].into(),
        measured: [("mixing.ratio.last".to_owned(), measured)].into(),
        last: Some(("04".to_owned(), 3)),
        ..Progress::default()
    }
}

#[test]
fn what_is_saved_is_loaded_and_nothing_else_is_left_behind() {
    let (_directory, mut store) = store();
    assert_eq!(store.load(), (Progress::default(), None));
    store.save(&some_progress(), None).expect("saved");
    store.save(&some_progress(), None).expect("saved again");
    assert_eq!(store.load(), (some_progress(), None));
    assert_eq!(names(&store), ["progress.json"]);
}

#[test]
fn a_sentence_is_loaded_as_it_was_kept() {
    let (_directory, mut store) = store();
    let sentence = Some("one\ntwo\u{a0}three\tfour\u{1b}[31m\0\u{200b}".to_owned());
    store.save(&Progress { sentence: sentence.clone(), ..Progress::default() }, None).expect("saved");
    assert_eq!(store.load().0.sentence, sentence, "what is drawn is cleaned where it is drawn");
}

#[test]
fn a_file_of_the_first_version_is_read_and_written_as_the_second() {
    let (_directory, mut store) = store();
    let first = r#"{"format_version": 1, "sentence": "A film.", "lessons": {"04": {"step": 3, "finished": true}},
        "answers": {"04-most": {"choice": 1, "correct": true, "lesson": "04", "at": 7, "recalled": 1}},
        "last": ["04", 3]}"#;
    put(&store, first);
    let (mut progress, notice) = store.load();
    assert_eq!((notice, progress.measured.len(), progress.answers["04-most"].choice), (None, 0, 1));
    progress.set_place("05".to_owned(), 0, Some(9));
    store.save(&progress, None).expect("saved");
    let written = fs::read_to_string(store.path()).expect("a file");
    assert!(written.contains("\"format_version\": 2"), "{written}");
    assert_eq!(store.load().0.answers, progress.answers);
}

#[test]
fn what_was_forgotten_does_not_come_back() {
    let (_directory, mut store) = store();
    store.save(&some_progress(), None).expect("saved");
    let mut progress = store.load().0;
    assert_eq!(progress.forget("04"), 1);
    store.save(&progress, None).expect("saved");
    let (left, _) = store.load();
    assert!(left.lessons.is_empty() && left.answers.is_empty() && left.measured.is_empty() && left.last.is_none());
    assert_eq!(left.sentence.as_deref(), Some("A film."), "the sentence is not the lesson's");
}

#[test]
fn garbage_is_kept_aside_each_time_under_a_new_name() {
    let (_directory, mut store) = store();
    for garbage in ["{", "[1, 2]", "", "{\"format_version\": 1, \"lessons\": 5}", "\u{0}\u{1}"] {
        put(&store, garbage);
        let (progress, notice) = store.load();
        assert_eq!(progress, Progress::default());
        assert!(notice.is_some_and(|notice| notice.contains("is kept as")));
    }
    assert_eq!(names(&store).len(), 5);
    assert_eq!(fs::read_to_string(files::with_ending(store.path(), ".broken-1")).expect("kept"), "{");
}

#[test]
fn a_newer_file_is_kept_aside_at_load_and_at_save() {
    let (_directory, mut store) = store();
    let newer = "{\"format_version\": 9, \"lessons\": [\"another shape\"]}";
    put(&store, newer);
    assert!(store.load().1.is_some_and(|notice| notice.contains("newer version")));
    put(&store, newer);
    store.save(&some_progress(), None).expect("saved");
    assert_eq!(names(&store), ["progress.json", "progress.json.broken-1", "progress.json.broken-2"]);
    assert_eq!(fs::read_to_string(files::with_ending(store.path(), ".broken-2")).expect("kept"), newer);
    assert_eq!(store.load().0, some_progress());
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let (_directory, mut store) = store();
    put(&store, "");
    File::options().write(true).open(store.path()).expect("open").set_len(MAX_BYTES + 1).expect("grown");
    assert!(store.load().1.is_some_and(|notice| notice.contains("too large")));
}

#[test]
fn saving_where_nothing_can_be_written_says_why() {
    let (directory, _) = store();
    fs::write(directory.path().join("file"), "in the way").expect("written");
    let error =
        Store::new(directory.path().join("file/progress.json")).save(&some_progress(), None).expect_err("refused");
    assert!(error.to_string().contains("could not be saved to"), "{error}");
    assert!(error.to_string().contains("move it away"), "{error}");
    let full = ProgressError { path: "p".into(), source: ErrorKind::StorageFull.into() };
    assert!(full.to_string().contains("free some space"), "{full}");
}

/// What a session reads back is what it wrote, to the last digit: otherwise it takes its own figures for another's.
#[test]
fn a_session_alone_is_never_told_of_another() {
    let (_directory, mut store) = store();
    let mut progress = some_progress();
    for number in 1..200_u32 {
        let value = f64::from((f64::from(number) * 0.618_033_988_7).fract() as f32);
        let measured = Measured { value: Figure::Number(value), at: Some(8), ..Measured::default() };
        progress.measured.insert(format!("mixing.ratio.{number}"), measured);
        let saved = store.save(&progress, None).expect("saved");
        assert_eq!(saved, Saved::default(), "{value}");
    }
    assert_eq!(store.load(), (progress, None));
}
