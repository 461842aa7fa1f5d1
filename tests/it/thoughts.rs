//! What a learner thinks at the end of a lesson, the code of a step, and recall questions that come back.

use std::collections::BTreeSet;

use clsroom::app::{Key, Msg, Overlay};
use clsroom::commands::notebook::document;
use clsroom::lesson::progress::Progress;

use crate::choices::{at, go};
use crate::driver::Driver;

/// Goes to the last step of a lesson and beyond it.
fn to_the_end(driver: &mut Driver) {
    while !matches!(driver.state.overlay, Some(Overlay::Editor(..))) {
        driver.press("n");
    }
}

#[test]
fn a_line_at_the_end_of_a_lesson_is_kept_for_the_notebook() {
    let mut driver = at("01", 1);
    to_the_end(&mut driver);
    assert_eq!(driver.state.marker().as_deref(), Some("[thought ready]"));
    let screen = driver.screen();
    assert!(screen.contains("What do you think now?") && screen.contains("What is [CLS], and how"), "{screen}");
    driver.press("It is a token that is read");
    driver.key(Key::Enter);
    assert!(driver.screen().contains("Lesson 01 is done"), "{}", driver.screen());
    assert_eq!(driver.state.progress.thoughts["01"].text, "It is a token that is read");
    let (course, records) = (driver.state.course.clone(), driver.state.records.clone());
    let text = document(&driver.state.progress, &course, &records, None).markdown();
    assert!(text.contains("Now I think: **It is a token that is read**"), "{text}");

    // The next time it stands there and can be changed; Esc leaves it.
    driver.press("k");
    driver.open("01");
    to_the_end(&mut driver);
    assert!(driver.screen().contains("It is a token that is read"), "{}", driver.screen());
    driver.key(Key::Esc);
    assert_eq!(driver.state.progress.thoughts["01"].text, "It is a token that is read");
    assert!(driver.screen().contains("Lesson 01 is done"), "{}", driver.screen());
    assert_eq!(driver.state.progress.forget("01"), 0);
    assert!(driver.state.progress.thoughts.is_empty());
}

#[test]
fn nothing_typed_keeps_nothing_and_a_long_text_is_cut_and_said() {
    let mut driver = at("01", 1);
    to_the_end(&mut driver);
    driver.key(Key::Enter);
    assert!(driver.state.progress.thoughts.is_empty() && driver.screen().contains("Lesson 01 is done"));
    driver.open("01");
    to_the_end(&mut driver);
    driver.tell(Msg::Paste("long ".repeat(200)));
    driver.key(Key::Enter);
    assert_eq!(driver.state.progress.thoughts["01"].text.chars().count(), 500);
}

#[test]
fn files_without_thoughts_are_read_and_thoughts_come_back() {
    let old: Progress = serde_json::from_str("{}").expect("an old file");
    assert!(old.thoughts.is_empty());
    let mut progress = Progress::default();
    progress.set_thought("04", "A sink.".to_owned(), Some(7));
    let read: Progress = serde_json::from_str(&serde_json::to_string(&progress).expect("writes")).expect("reads");
    assert_eq!(read.thoughts, progress.thoughts);
    progress.set_thought("04", String::new(), Some(8));
    assert!(progress.thoughts.is_empty(), "an empty text takes it back");
}

#[test]
fn a_recall_question_comes_back_with_its_options_in_another_order_each_time() {
    let driver = at("01", 5);
    let steps = driver.state.course.lessons.iter().flat_map(|lesson| &lesson.steps);
    let checks: Vec<_> = steps.filter_map(|step| step.check.clone()).collect();
    assert!(checks.len() > 20);
    for check in &checks {
        let order = driver.state.recall_order(check, false);
        let all: BTreeSet<usize> = order.iter().copied().collect();
        assert_eq!(all.len(), check.options.len(), "{}: each option once", check.id);
        assert!(!order.is_sorted(), "{}: not the lesson's own order", check.id);
        assert_eq!(order, driver.state.recall_order(check, false), "the same until it is answered");
    }
}

#[test]
fn the_digit_of_a_recall_question_means_the_option_beside_it() {
    let mut driver = at("01", 5);
    let check = driver.state.step().and_then(|step| step.check.clone()).expect("a question");
    driver.press("1");
    driver.press("qqqq");
    driver.state.started = Some(u64::MAX);
    let order = driver.state.recall_order(&check, false);
    let clsroom::lesson::Answer::Option(right) = check.answer else { panic!("one option is right") };
    let place = order.iter().position(|index| *index == right).expect("it is shown");
    driver.press("c");
    driver.press(&(place + 1).to_string());
    let screen = driver.screen();
    assert!(screen.contains("Correct"), "{screen}");
    let line = screen.lines().position(|line| line.contains(&check.options[order[0]])).expect("the first option");
    assert!(
        screen.lines().nth(line).is_some_and(|line| line.contains(" 1 ")),
        "the order stays after the answer\n{screen}"
    );
    assert_eq!(driver.state.progress.answers[&check.id].recalls[0].choice, right);
}

#[test]
fn the_code_of_a_step_is_one_key_away_and_every_reading_lesson_has_some() {
    let mut driver = at("01", 1);
    let coded: Vec<(String, usize)> = driver
        .state
        .course
        .lessons
        .iter()
        .flat_map(|lesson| {
            let steps = lesson.steps.iter().enumerate().filter(|(_, step)| step.code.is_some());
            steps.map(|(index, _)| (lesson.id.clone(), index)).collect::<Vec<_>>()
        })
        .collect();
    let lessons: BTreeSet<&str> = coded.iter().map(|(lesson, _)| lesson.as_str()).collect();
    assert!(["01", "02", "03", "04", "05", "06", "07", "08", "10"].iter().all(|id| lessons.contains(id)), "{coded:?}");
    for (lesson, step) in &coded {
        go(&mut driver, lesson, step + 1);
        driver.press("i");
        assert_eq!(driver.state.marker().as_deref(), Some("[code ready]"), "{lesson}.{}", step + 1);
        let code = driver.state.step().and_then(|step| step.code.clone()).expect("code");
        let first = code.lines().next().expect("a line");
        assert!(driver.screen().contains(first), "{first}\n{}", driver.screen());
        driver.press("i");
        assert!(driver.state.overlay.is_none());
    }
    go(&mut driver, "12", 1);
    driver.press("i");
    assert!(driver.screen().contains("This step has no lines of code."), "{}", driver.screen());
}
