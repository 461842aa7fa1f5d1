//! What a learner sees is kept, and the notebook follows from it.

use std::fs;

use clsroom::app::{Effect, Key, Msg};
use clsroom::commands::load_course;
use clsroom::commands::notebook::{document, export};
use clsroom::lesson::View;
use clsroom::lesson::progress::{Figure, Keep as _, Progress, Store};

use crate::driver::Driver;

/// Goes to the first step of the lesson with this bench and variant, answering what is asked with the first option.
fn see(driver: &mut Driver, lesson: &str, view: View, measure: &str) {
    driver.open(lesson);
    while driver.state.bench().is_none_or(|bench| bench.view != view) || driver.state.measure() != Some(measure) {
        let before = driver.state.marker();
        driver.press("n");
        assert_ne!(driver.state.marker(), before, "lesson {lesson} shows {view:?}");
    }
    if driver.state.covered() {
        driver.press("1");
    }
}

#[test]
fn what_a_step_shows_is_kept_saved_and_written() {
    let mut driver = Driver::new(80, 24);
    driver.tell(Msg::Time(1_764_028_800));
    driver.type_sentence("an uneven but warm little film");
    see(&mut driver, "06", View::Arrange, "carried");
    let kept = driver.state.progress.measured["arrange.carried.largest.last"].clone();
    assert_eq!(kept.sentence.as_deref(), Some("an uneven but warm little film"));
    assert_eq!((kept.lesson.as_str(), kept.model.as_str(), kept.at), ("06", "all-MiniLM-L6-v2", Some(1_764_028_800)));
    assert_eq!(kept.model_sha256.len(), 64);
    assert!(kept.value.number().is_some_and(|moved| moved < 1e-4), "{:?}", kept.value);
    let given = &driver.state.progress.answers["06-carried"];
    assert_eq!((given.correct, given.sentence.as_deref()), (Some(true), kept.sentence.as_deref()));
    assert!(given.measured.is_some(), "what decided is kept with the answer");

    // Saved, loaded, written.
    let saved = driver.effects.iter().rev().find_map(|effect| match effect {
        Effect::Save(progress) => Some(progress.clone()),
        _ => None,
    });
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Store::new(folder.path().join("progress.json"));
    store.save(&saved.expect("it was saved"), None).expect("saved");
    let (progress, notice) = store.load();
    assert_eq!((notice, &progress), (None, &driver.state.progress));
    let loaded = load_course(None).expect("the course");
    let text = document(&progress, &loaded.course, &loaded.records, None).markdown();
    for expected in [
        "Attention does not need",
        "measured here), on “an uneven but warm little film”",
        "clsroom trace --also arrange -- 'an uneven but warm little film'",
        "What is the largest change of any number of any vector",
        "**hardly at all: rounding**",
    ] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
}

#[test]
fn a_covered_bench_is_not_kept_and_another_sentence_replaces_what_was() {
    let mut driver = Driver::new(80, 24);
    driver.open("06");
    driver.press("n");
    assert!(driver.state.covered());
    assert!(!driver.state.progress.measured.contains_key("arrange.carried.largest.last"));
    driver.key(Key::Enter);
    let first = driver.state.progress.measured["arrange.shuffled.cosine.last"].clone();
    driver.type_sentence("good");
    let second = &driver.state.progress.measured["arrange.shuffled.cosine.last"];
    assert_ne!((&first.value, &first.sentence), (&second.value, &second.sentence));
}

#[test]
fn recorded_values_that_a_step_quotes_are_kept_as_recorded() {
    let mut driver = Driver::new(80, 24);
    driver.open("08");
    let quoting = driver.state.course.lessons.iter().find(|lesson| lesson.id == "08").expect("the lesson");
    let at = quoting.steps.iter().position(|step| step.title.as_deref() == Some("Frozen and fine-tuned"));
    driver.press(&"n".repeat(at.expect("the step")));
    let kept = &driver.state.progress.measured["record.full.cls.finetune.accuracy"];
    assert_eq!(kept.source, clsroom::lesson::Source::Record);
    assert!(matches!(kept.value, Figure::Number(_)));
    assert!(kept.command.as_deref().is_some_and(|command| command.starts_with("clsroom race")));
}

#[test]
fn gaps_are_filled_by_one_key_and_the_notebook_is_exported() {
    let mut driver = Driver::new(80, 24);
    driver.open("12");
    driver.key(Key::Tab);
    assert_eq!(driver.state.marker().as_deref(), Some("[12.1 ready]"));
    assert!(driver.screen().contains("0 of 6 measured here"), "{}", driver.screen());
    assert!(driver.screen().contains("1 Is [CLS] an aggregate?"), "{}", driver.screen());
    assert!(driver.screen().contains("[CLS], frozen"), "its figures are a picture: {}", driver.screen());

    // What does not fit comes with J; another question begins at its own beginning.
    assert!(driver.screen().contains(": J shows each figure with its interval"), "{}", driver.screen());
    assert!(!driver.screen().contains("To measure it"), "{}", driver.screen());
    driver.press("J");
    assert!(driver.screen().contains("Recorded. To measure it"), "{}", driver.screen());
    assert!(driver.screen().contains("95 % interval "), "{}", driver.screen());
    driver.press("jk");
    assert!(driver.screen().contains("part 1 of "), "{}", driver.screen());

    // A quick one: your sentence in four arrangements.
    driver.press("j");
    driver.key(Key::Enter);
    let screen = driver.screen();
    assert!(screen.contains("1 of 6 measured here"), "{screen}");
    assert!(screen.contains("Attention does not need"), "{screen}");
    driver.press("j");
    driver.key(Key::Enter);
    // What training made of [CLS] is recorded still: half of the answer is measured, and it says so.
    let screen = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("1 of 6 measured here"), "{screen}");
    assert!(screen.contains("3 How does it learn? in part"), "{screen}");
    driver.press("J");
    let screen = driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(screen.contains("A part of this answer is recorded"), "{screen}");
    driver.key(Key::Enter);
    assert!(driver.screen().contains("there is no gap to fill"), "{}", driver.screen());

    // A small race.
    driver.press("kk");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[race running]"));
    driver.finish_run();
    let screen = driver.screen();
    assert!(screen.contains("2 of 6 measured here"), "{screen}");
    let kept = &driver.state.progress.measured["race.cls-mean.last.difference"];
    assert_eq!((kept.train, kept.lesson.as_str()), (Some(512), "12"));
    assert!(kept.command.as_deref().is_some_and(|command| command.contains("--train 512")));

    // And small decoders.
    driver.press("jjj");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[decoding running]"));
    driver.finish_run();
    assert!(driver.screen().contains("3 of 6 measured here"), "{}", driver.screen());
    let kept = &driver.state.progress.measured["decode.cls.last.precision"];
    assert!(kept.command.as_deref().is_some_and(|command| command.starts_with("clsroom invert")), "{kept:?}");

    driver.press("w");
    assert!(driver.effects.contains(&Effect::Export));
    let loaded = load_course(None).expect("the course");
    let document = document(&driver.state.progress, &loaded.course, &loaded.records, Some("Ann"));
    let folder = tempfile::tempdir().expect("a folder");
    let export = |learner| export(&document, learner, folder.path()).expect("written");
    assert!(export(Some("Ann")).ends_with("clsroom-notebook-Ann.md"));
    let text = fs::read_to_string(folder.path().join("clsroom-notebook-Ann.md")).expect("written");
    assert!(folder.path().join("clsroom-notebook-Ann.html").exists());
    assert!(export(Some("Ann")).ends_with("clsroom-notebook-Ann.md"), "the own earlier one is replaced");

    // What somebody added is kept, and so is what somebody else wrote.
    fs::write(folder.path().join("clsroom-notebook-Ann.md"), format!("{text}\nMy own notes.\n")).expect("written");
    fs::write(folder.path().join("clsroom-notebook-Ann-2.html"), "mine").expect("written");
    assert!(export(Some("Ann")).ends_with("clsroom-notebook-Ann-3.md"));
    assert!(export(Some("Ann")).ends_with("clsroom-notebook-Ann-3.md"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("there");
    assert!(read("clsroom-notebook-Ann.md").ends_with("My own notes.\n"));
    assert_eq!(read("clsroom-notebook-Ann-2.html"), "mine");
    assert!(!folder.path().join("clsroom-notebook-Ann-2.md").exists(), "both or none");
    // A name that leads elsewhere is a foreign file, too, and a name is only a name.
    std::os::unix::fs::symlink("/nowhere", folder.path().join("clsroom-notebook.html")).expect("a link");
    assert!(export(None).ends_with("clsroom-notebook-2.md"));
    assert!(export(Some("../../x")).ends_with("clsroom-notebook-x.md"));
}

#[test]
fn twenty_learners_write_their_notebooks_at_once() {
    let loaded = load_course(None).expect("the course");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |learner: Option<&str>| {
        let document = document(&Progress::default(), &loaded.course, &loaded.records, learner);
        export(&document, learner, folder.path()).expect("written")
    };
    std::thread::scope(|scope| {
        for number in 0..20 {
            scope.spawn(move || write(Some(&format!("learner{number}"))));
            // One learner who is logged in twenty times.
            scope.spawn(move || write(Some("ann")));
        }
    });
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    let mut expected: Vec<_> = (0..20).map(|number| format!("learner{number}")).chain(["ann".to_owned()]).collect();
    expected = expected.iter().flat_map(|who| ["md", "html"].map(|e| format!("clsroom-notebook-{who}.{e}"))).collect();
    expected.sort();
    assert_eq!(names, expected);
    for name in &names {
        let text = fs::read_to_string(folder.path().join(name)).expect("there");
        let who = name.trim_start_matches("clsroom-notebook-").split('.').next().expect("a name");
        assert!(text.contains(&format!("Written by {who} with")), "{name} is whole and its own learner's");
        assert!(text.trim_end().ends_with("-->"), "{name} is whole");
    }
}

/// The notebook's own rule for "not inferior" is the races' margin.
#[test]
fn the_margin_of_a_claim_is_that_of_the_races() {
    let races = clsroom::lab::Margin::default().share();
    assert!((clsroom::lesson::notebook::MARGIN - races).abs() < 1e-12, "{races}");
}

/// All four answers are drawn up once for a key, not once for each of the values that it might have measured.
#[test]
fn a_key_in_the_notebook_costs_little_more_than_its_answers() {
    let mut driver = Driver::new(120, 36);
    driver.open("12");
    while !driver.state.shows_notebook() {
        driver.press("n");
    }
    let middle = |times: &mut Vec<std::time::Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    let (mut keys, mut answers) = (Vec::new(), Vec::new());
    for round in 0..60 {
        let began = std::time::Instant::now();
        driver.press(if round % 2 == 0 { "j" } else { "k" });
        keys.push(began.elapsed());
        let began = std::time::Instant::now();
        std::hint::black_box(driver.state.answers());
        answers.push(began.elapsed());
    }
    let (key, answer) = (middle(&mut keys), middle(&mut answers));
    println!("a key {key:?}, the answers {answer:?}");
    assert!(key < 8 * answer, "a key takes {key:?}, all four answers take {answer:?}");
}

#[test]
fn what_became_of_predictions_stands_as_marks_beside_the_questions_and_in_words_below() {
    let mut driver = Driver::new(120, 36);
    driver.type_sentence("an uneven but warm little film");
    see(&mut driver, "06", View::Arrange, "carried");
    assert_eq!(driver.state.progress.answers["06-carried"].correct, Some(true));
    driver.open("12");
    let row = |driver: &Driver, name: &str| {
        let screen = driver.screen();
        screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} in\n{screen}")).to_owned()
    };
    assert!(row(&driver, "2 Why is it first?").contains("✓ · · ·"), "{}", driver.screen());
    assert!(!row(&driver, "3 How does it learn?").contains('✓'));
    driver.press("v");
    assert!(driver.screen().contains("1 of 1 as you said, 1 made"), "{}", driver.screen());
    assert!(row(&driver, "06 Why first?").contains("✓ · · ·"), "{}", driver.screen());
    driver.press("jjjjj");
    let screen = driver.screen();
    assert!(screen.contains("You said: hardly at all") && screen.contains("You did not say."), "{screen}");
}
