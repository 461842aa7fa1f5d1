//! Several sessions of one learner: nothing of one is taken back by another, in any order, with kills at any stage.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::*;
use crate::lesson::progress::{Given, LessonProgress, Recall};

fn answer(lesson: &str, choice: usize, at: u64) -> Given {
    Given { choice, lesson: lesson.to_owned(), at: Some(at), ..Given::default() }
}

/// A folder, and the progress file that is to be in it.
fn fresh() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("progress.json");
    (folder, path)
}

/// Two sessions that were opened on the same file.
fn two(path: &Path) -> [(Store, Progress); 2] {
    [(); 2].map(|()| {
        let mut store = Store::new(path);
        let progress = store.load().0;
        (store, progress)
    })
}

fn loaded(path: &Path) -> Progress {
    Store::new(path).load().0
}

#[test]
fn a_session_that_was_left_open_takes_nothing_back() {
    let (_folder, path) = fresh();
    let mut first = Store::new(&path);
    let mut begun = first.load().0;
    begun.set_place("01".to_owned(), 2, Some(10));
    begun.set_sentence(Some("An old sentence.".to_owned()), Some(10));
    first.save(&begun, Some(10)).expect("saved");

    let [(mut idle, mut old), (mut busy, mut new)] = two(&path);
    new.set_place("04".to_owned(), 3, Some(20));
    new.set_place("01".to_owned(), 5, Some(21));
    new.set_place("04".to_owned(), 4, Some(22));
    new.lessons.entry("01".to_owned()).or_default().finished = true;
    new.set_sentence(Some("A new sentence.".to_owned()), Some(23));
    new.answers.insert("q".to_owned(), answer("04", 1, 24));
    busy.save(&new, Some(24)).expect("saved");

    let before = fs::read(&path).expect("a file");
    idle.save_at_last(&old, Some(99)).expect("saved");
    assert_eq!(fs::read(&path).expect("a file"), before, "what changed nothing writes nothing");

    // It goes on a little before it ends: that alone is added.
    old.answers.insert("r".to_owned(), answer("01", 0, 100));
    assert!(idle.save(&old, Some(100)).expect("saved").others, "it hears that another has saved");
    let found = loaded(&path);
    assert_eq!(found.last, Some(("04".to_owned(), 4)));
    assert_eq!(found.sentence.as_deref(), Some("A new sentence."));
    assert_eq!(found.lessons["01"].step, 5);
    assert!(found.lessons["01"].finished && found.answers.contains_key("q") && found.answers.contains_key("r"));
}

#[test]
fn a_reset_is_not_undone_by_a_session_that_was_open_before() {
    let (_folder, path) = fresh();
    let mut first = Store::new(&path);
    let mut begun = first.load().0;
    begun.set_place("01".to_owned(), 2, Some(10));
    begun.lessons.insert("02".to_owned(), LessonProgress { finished: true, run: true, ..LessonProgress::default() });
    begun.answers.insert("q".to_owned(), answer("01", 1, 10));
    first.save(&begun, Some(10)).expect("saved");

    let [(mut open, mut old), (mut reset, mut forgotten)] = two(&path);
    for lesson in ["01", "02"] {
        forgotten.forget(lesson);
    }
    reset.save(&forgotten, Some(20)).expect("saved");
    open.save_at_last(&old, Some(30)).expect("saved");
    let found = loaded(&path);
    assert!(found.lessons.is_empty() && found.answers.is_empty() && found.last.is_none(), "{found:?}");

    // What it does after the reset is added, and no more than that.
    old.answers.get_mut("q").expect("there").recall(Recall { at: Some(31), choice: 1, right: true });
    old.answers.insert("r".to_owned(), answer("02", 0, 32));
    old.set_place("02".to_owned(), 1, Some(33));
    open.save(&old, Some(33)).expect("saved");
    let found = loaded(&path);
    assert_eq!(found.answers.keys().collect::<Vec<_>>(), ["r"]);
    let known = found.lessons["02"];
    assert_eq!((known.step, known.finished, known.run), (1, false, false));
    assert_eq!(found.last, Some(("02".to_owned(), 1)));
}

#[test]
fn a_question_answered_twice_keeps_the_later_answer_the_first_choice_and_all_recalls() {
    let (_folder, path) = fresh();
    let recall = |at| Recall { at: Some(at), choice: 0, right: true };
    let [(mut one, mut early), (mut other, mut late)] = two(&path);
    early.answers.insert("q".to_owned(), answer("01", 1, 10));
    late.answers.insert("q".to_owned(), answer("01", 2, 20));
    other.save(&late, Some(20)).expect("saved");
    early.answers.get_mut("q").expect("there").recall(recall(25));
    one.save(&early, Some(30)).expect("saved");
    late.answers.get_mut("q").expect("there").recall(recall(40));
    other.save(&late, Some(40)).expect("saved");
    let found = loaded(&path).answers.remove("q").expect("kept");
    assert_eq!((found.choice, found.first, found.recalled), (2, Some(1), 2));
    assert_eq!(found.recalls, [recall(25), recall(40)]);
}

#[test]
fn a_time_in_the_future_does_not_win_for_ever() {
    let (_folder, path) = fresh();
    let [(mut wrong, mut far), (mut right, mut now)] = two(&path);
    far.set_sentence(Some("From a clock that was wrong.".to_owned()), Some(2_000_000_000));
    wrong.save(&far, Some(2_000_000_000)).expect("saved");
    now.set_sentence(Some("From now.".to_owned()), Some(1_000));
    right.save(&now, Some(1_000)).expect("saved");
    assert_eq!(loaded(&path).sentence.as_deref(), Some("From now."));
}

#[test]
fn a_lock_that_is_held_is_said_and_the_next_save_brings_everything() {
    let (_folder, path) = fresh();
    let mut store = Store::new(&path);
    let mut progress = store.load().0;
    let held = lock::acquire(&files::with_ending(&path, ".lock"), Patience::None).expect("free");
    progress.answers.insert("q".to_owned(), answer("01", 1, 1));
    let error = store.save(&progress, Some(1)).expect_err("held");
    assert!(error.to_string().contains("another running clsroom of yours holds it"), "{error}");
    drop(held);
    progress.answers.insert("r".to_owned(), answer("01", 1, 2));
    store.save(&progress, Some(2)).expect("saved");
    assert_eq!(loaded(&path).answers.len(), 2);

    // Before a session ends it does not give up what was done.
    let _held = lock::acquire(&files::with_ending(&path, ".lock"), Patience::None).expect("free");
    progress.answers.insert("s".to_owned(), answer("01", 1, 3));
    store.save_at_last(&progress, Some(3)).expect("saved");
    assert_eq!(loaded(&path).answers.len(), 3);
}

#[test]
fn without_locks_a_file_that_changed_under_a_save_is_merged_again() {
    let (_folder, path) = fresh();
    // Something that is no file has the lock's name, so there are no locks.
    fs::create_dir(files::with_ending(&path, ".lock")).expect("made");
    let [(mut one, mut mine), (mut other, mut theirs)] = two(&path);
    mine.answers.insert("q".to_owned(), answer("01", 1, 1));
    theirs.answers.insert("r".to_owned(), answer("01", 1, 2));
    let mut between = Some(());
    one.try_save(&mine, Some(3), Patience::Some, &mut |stage| {
        if stage == Stage::Read && between.take().is_some() {
            other.save(&theirs, Some(2)).expect("saved");
        }
        true
    })
    .expect("saved");
    assert_eq!(loaded(&path).answers.len(), 2);
}

#[test]
fn threads_that_save_at_once_lose_no_answer() {
    let (_folder, path) = fresh();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let mut store = Store::new(path);
                let mut progress = store.load().0;
                for number in 0..25 {
                    progress.answers.insert(format!("{writer}-{number}"), answer("01", 0, number));
                    // One that waits in vain keeps it for its next save.
                    let _ = store.save(&progress, Some(number));
                }
                store.save_at_last(&progress, Some(25)).expect("saved");
            });
        }
    });
    assert_eq!(loaded(&path).answers.len(), 100);
}

#[test]
fn an_open_session_is_seen_until_it_ends() {
    let (_folder, path) = fresh();
    let [(mut one, _), (mut other, _)] = two(&path);
    assert!(!one.open_session());
    assert!(other.open_session());
    drop(one);
    assert!(Store::new(&path).open_session(), "the second one is still there");
    drop(other);
    assert!(!Store::new(&path).open_session());
}

/// What a session does.
#[derive(Debug, Clone)]
enum Deed {
    Answer(usize),
    Step(usize),
    Finish(usize),
    Say,
    /// Ends and opens again.
    Restart,
    /// Is killed at a stage of saving, and opens again.
    Killed(usize),
    /// Somebody else holds the lock for this save.
    Held,
    /// `--reset` of a lesson, by a process of its own.
    Reset(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..4usize).prop_map(Deed::Answer),
        4 => (0..3usize).prop_map(Deed::Step),
        1 => (0..3usize).prop_map(Deed::Finish),
        2 => Just(Deed::Say),
        1 => Just(Deed::Restart),
        3 => (0..3usize).prop_map(Deed::Killed),
        2 => Just(Deed::Held),
        1 => (0..3usize).prop_map(Deed::Reset),
    ]
}

/// One change with its time, as a log that is replayed independently of the merge.
#[derive(Debug, Clone)]
enum Change {
    Answer(String, usize),
    Step(String, usize),
    Finish(String),
    Sentence(String),
}

/// What the log amounts to: of each thing the latest.
#[derive(Debug, Default)]
struct Replayed {
    answers: BTreeMap<String, (u64, usize)>,
    steps: BTreeMap<String, (u64, usize)>,
    finished: BTreeMap<String, bool>,
    sentence: (u64, Option<String>),
    last: (u64, Option<(String, usize)>),
}

impl Replayed {
    fn apply(&mut self, at: u64, change: &Change) {
        match change {
            Change::Answer(id, choice) => {
                let known = self.answers.entry(id.clone()).or_insert((at, *choice));
                if at >= known.0 {
                    *known = (at, *choice);
                }
            }
            Change::Step(lesson, step) => {
                let known = self.steps.entry(lesson.clone()).or_insert((at, *step));
                if at >= known.0 {
                    *known = (at, *step);
                }
                if at >= self.last.0 || self.last.1.is_none() {
                    self.last = (at, Some((lesson.clone(), *step)));
                }
            }
            Change::Finish(lesson) => {
                self.finished.insert(lesson.clone(), true);
            }
            Change::Sentence(text) if at >= self.sentence.0 => self.sentence = (at, Some(text.clone())),
            Change::Sentence(_) => {}
        }
    }

    fn forget(&mut self, lesson: &str) {
        self.answers.retain(|id, _| !id.starts_with(lesson));
        self.steps.remove(lesson);
        self.finished.remove(lesson);
        if self.last.1.as_ref().is_some_and(|(known, _)| known == lesson) {
            self.last.1 = None;
        }
    }
}

struct Learner {
    store: Store,
    progress: Progress,
    /// What was not saved yet.
    pending: Vec<(u64, Change)>,
}

impl Learner {
    fn start(path: &Path) -> Self {
        let mut store = Store::new(path);
        let progress = store.load().0;
        Self { store, progress, pending: Vec::new() }
    }

    fn change(&mut self, now: u64, change: Change) {
        match &change {
            Change::Answer(id, choice) => {
                let given = answer(&id[..2], *choice, now);
                self.progress.answers.insert(id.clone(), given);
            }
            Change::Step(lesson, step) => self.progress.set_place(lesson.clone(), *step, Some(now)),
            Change::Finish(lesson) => {
                let known = self.progress.lessons.entry(lesson.clone()).or_default();
                // It changes something only where it was not so.
                if std::mem::replace(&mut known.finished, true) {
                    return;
                }
            }
            Change::Sentence(text) => self.progress.set_sentence(Some(text.clone()), Some(now)),
        }
        self.pending.push((now, change));
    }

    fn saved(&mut self, log: &mut Replayed) {
        for (at, change) in self.pending.drain(..) {
            log.apply(at, &change);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_of_two_sessions_keeps_what_each_did(
        deeds in proptest::collection::vec((0..2usize, deed()), 1..40)
    ) {
        let (_folder, path) = fresh();
        let mut learners = [Learner::start(&path), Learner::start(&path)];
        let mut log = Replayed::default();
        for (number, (who, deed)) in deeds.into_iter().enumerate() {
            let now = number as u64 + 1;
            let learner = &mut learners[who];
            let lesson = |index: usize| format!("0{}", index + 1);
            let (mut held, mut killed) = (None, None);
            match deed {
                Deed::Answer(q) => {
                    learner.change(now, Change::Answer(format!("{}-{q}", lesson(q % 3)), number % 3));
                }
                Deed::Step(index) => learner.change(now, Change::Step(lesson(index), number + 1)),
                Deed::Finish(index) => learner.change(now, Change::Finish(lesson(index))),
                Deed::Say => learner.change(now, Change::Sentence(format!("sentence {number}"))),
                Deed::Held => {
                    held = lock::acquire(&files::with_ending(&path, ".lock"), Patience::None).expect("free");
                    learner.change(now, Change::Step("01".to_owned(), number + 1));
                }
                Deed::Killed(stage) => {
                    learner.change(now, Change::Sentence(format!("sentence {number}")));
                    killed = Some([Stage::Locked, Stage::Read, Stage::Written][stage]);
                }
                Deed::Restart => {}
                Deed::Reset(index) => {
                    let mut store = Store::new(&path);
                    let mut progress = store.load().0;
                    progress.forget(&lesson(index));
                    store.save(&progress, Some(now)).expect("saved");
                    log.forget(&lesson(index));
                    continue;
                }
            }
            if let Some(killed) = killed {
                let progress = learner.progress.clone();
                let _ = learner.store.try_save(&progress, Some(now), Patience::None, &mut |stage| stage != killed);
                if killed == Stage::Written {
                    learner.saved(&mut log);
                }
                *learner = Learner::start(&path);
                continue;
            }
            let before = fs::read(&path).ok();
            let nothing_to_say = learner.pending.is_empty();
            let progress = learner.progress.clone();
            match learner.store.save_with(&progress, Some(now), Patience::None) {
                Ok(_) => learner.saved(&mut log),
                Err(error) => prop_assert!(held.is_some(), "{error}"),
            }
            if nothing_to_say {
                prop_assert_eq!(fs::read(&path).ok(), before, "nothing was changed, so nothing is written");
            }
            if matches!(deed, Deed::Restart) {
                *learner = Learner::start(&path);
            }
        }
        for learner in &mut learners {
            let progress = learner.progress.clone();
            learner.store.save_at_last(&progress, Some(1_000)).expect("saved");
            learner.saved(&mut log);
        }
        let found = loaded(&path);
        let answers: BTreeMap<_, _> = found.answers.iter().map(|(id, given)| (id.clone(), given.choice)).collect();
        prop_assert_eq!(answers, log.answers.into_iter().map(|(id, (_, choice))| (id, choice)).collect());
        for (lesson, (_, step)) in &log.steps {
            prop_assert_eq!(found.lessons[lesson].step, *step, "lesson {}", lesson);
        }
        let finished: BTreeMap<_, _> =
            found.lessons.iter().filter(|(_, known)| known.finished).map(|(id, _)| (id.clone(), true)).collect();
        prop_assert_eq!(finished, log.finished);
        prop_assert_eq!(found.sentence, log.sentence.1);
        prop_assert_eq!(found.last, log.last.1);
    }
}

#[test]
fn of_two_thoughts_on_a_lesson_the_later_one_is_kept() {
    let (_folder, path) = fresh();
    let [(mut one, mut early), (mut two, mut late)] = two(&path);
    late.set_thought("04", "It is a sink.".to_owned(), Some(20));
    two.save(&late, Some(30)).expect("saved");
    early.set_thought("04", "It gathers.".to_owned(), Some(10));
    early.set_thought("05", "In part.".to_owned(), Some(11));
    one.save(&early, Some(30)).expect("saved");
    let thoughts = loaded(&path).thoughts;
    let texts: Vec<&str> = thoughts.values().map(|thought| thought.text.as_str()).collect();
    assert_eq!(texts, ["It is a sink.", "In part."]);
}
