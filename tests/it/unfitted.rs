//! A model for which no classifier is recorded: the benches that look into one say so, and Enter fits it.

use clsroom::app::Key;
use clsroom::commands::read_data;
use clsroom::lab::Session;
use clsroom::model::Bert;
use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::driver::Driver;
use crate::two_models::sentences;

/// A small model and sentences with these labels.
fn learner(own: &'static [&'static str], labels: &[&str]) -> (tempfile::TempDir, Driver) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("small");
    Checkpoint { labels: own, prefix: "bert.", ..Checkpoint::default() }.write(&model);
    let lab: Arc<Session> = Arc::new(Session::alone(Bert::open(&model, None).expect("it loads"), None));
    let data = sentences(folder.path(), labels).display().to_string();
    lab.add(read_data(&data).expect("sentences")).expect("a lab");
    let driver = Driver::on(&lab, &data, (140, 40));
    (folder, driver)
}

fn at(driver: &mut Driver, lesson: &str, view: &str) {
    driver.open(lesson);
    while driver.state.bench().is_none_or(|bench| bench.view.name() != view) {
        driver.press("n");
    }
}

/// The step of the open lesson with this heading.
fn to_step(driver: &mut Driver, title: &str) {
    while driver.state.step().expect("a step of that name").title.as_deref() != Some(title) {
        driver.press("n");
    }
}

#[test]
fn enter_fits_the_classifiers_that_lessons_look_into() {
    let (_folder, mut driver) = learner(&[], &["negative", "positive"]);
    at(&mut driver, "04", "attribution");
    driver.press("1");
    let screen = driver.screen();
    assert!(screen.contains("No classifier was recorded") && screen.contains("Press Enter to fit two"), "{screen}");
    assert!(screen.contains("Enter run") && screen.contains("ready]"), "{screen}");
    driver.key(Key::Enter);
    assert!(driver.screen().contains("[race running]"), "{}", driver.screen());
    driver.finish_run();
    let screen = driver.screen();
    assert!(screen.contains("the classifier fitted here on [CLS]") && screen.contains("integrated"), "{screen}");
    let trace = driver.state.trace().expect("a trace").clone();
    let (label, data) = (&trace.labels[0], driver.state.attribution().expect("parts"));
    assert!(label.here && (label.parts.iter().sum::<f32>() + label.bias - data.logit).abs() < 1e-3);
    // And in every other step that looks into one, with any sentence.
    at(&mut driver, "08", "label");
    let screen = driver.screen();
    assert!(screen.contains("fitted here: logistic regression") && screen.contains("GlobalPooling"), "{screen}");
    // The race of lesson 08 is the same one: it is there already.
    at(&mut driver, "08", "race");
    driver.press("1");
    assert!(driver.state.race_report().is_some());
}

#[test]
fn answers_have_the_names_of_the_labels_learnt() {
    let (_folder, mut driver) = learner(&[], &["bug", "praise"]);
    at(&mut driver, "01", "label");
    let screen = driver.screen();
    assert!(screen.contains("1  praise") && screen.contains("2  bug"), "{screen}");
    assert!(!screen.contains("1  positive"), "{screen}");
    driver.press("1");
    let screen = driver.screen();
    assert!(screen.contains("Your run decides: press Enter."), "{screen}");
    driver.key(Key::Enter);
    driver.finish_run();
    let question = driver.state.step().and_then(|step| step.predict.clone()).expect("a question");
    let answer = driver.state.trace().expect("a trace").labels[0].class().to_owned();
    let right = ["praise", "bug"].iter().position(|class| *class == answer);
    assert_eq!(driver.state.judge(&question).right, right);
    let screen = driver.screen();
    assert!(screen.contains("towards bug") && screen.contains("probability of \"praise\""), "{screen}");
    for text in ["positive", "negative"] {
        assert!(!screen.contains(text), "{text}: {screen}");
    }
}

#[test]
fn a_model_with_a_head_of_its_own_shows_it_and_fits_others_beside() {
    let (_folder, mut driver) = learner(&["negative", "positive"], &["negative", "positive"]);
    at(&mut driver, "01", "label");
    driver.press("1");
    let screen = driver.screen();
    assert!(screen.contains("the model's own answer") && screen.contains("Enter fits two more"), "{screen}");
    driver.key(Key::Enter);
    driver.finish_run();
    let screen = driver.screen();
    assert!(screen.contains("its own head") && screen.contains("GlobalPooling"), "{screen}");
}

#[test]
fn with_more_than_two_labels_the_courses_sentences_are_learnt() {
    let (_folder, mut driver) = learner(&["stars"], &["a", "b", "c"]);
    at(&mut driver, "01", "label");
    driver.press("1");
    let screen = driver.screen();
    assert!(screen.contains("its score") && screen.contains("not a probability"), "{screen}");
    assert!(
        screen.contains("Your run decides: press Enter.") && screen.contains("the sentences of movies"),
        "{screen}"
    );
    at(&mut driver, "04", "attribution");
    driver.press("1");
    let screen = driver.screen();
    assert!(screen.contains("has 3 labels") && screen.contains("movie sentences"), "{screen}");
    at(&mut driver, "01", "label");
    driver.key(Key::Enter);
    driver.finish_run();
    let screen = driver.screen();
    assert!(screen.contains("logistic regression on the sentences of movies"), "{screen}");
    let question = driver.state.step().and_then(|step| step.predict.clone()).expect("a question");
    assert!(driver.state.judge(&question).right.is_some(), "{screen}");
    to_step(&mut driver, "How often is it right?");
    let screen = driver.screen();
    assert!(screen.contains("of its test sentences") && !screen.contains("data.tsv"), "{screen}");
}

#[test]
fn a_head_of_many_classes_says_how_many_are_not_shown() {
    let labels =
        &["l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9", "l10", "l11", "l12", "l13", "l14", "l15"];
    let (_folder, mut driver) = learner(labels, &["negative", "positive"]);
    driver.size = (80, 24);
    at(&mut driver, "01", "label");
    driver.press("1");
    driver.key(Key::Tab);
    let screen = driver.screen();
    let shown = labels.iter().filter(|label| screen.lines().any(|line| line.trim().starts_with(&format!("{label} "))));
    let hidden = labels.len() - shown.count();
    assert!(hidden > 0 && screen.contains(&format!("{hidden} more")), "{screen}");
}

/// The curve's level line is what one answer for everything comes to; no head of the model's own stands beside it.
#[test]
fn a_curve_over_layers_has_the_measured_majority() {
    let (_folder, mut driver) = learner(&["a", "b", "c"], &["a", "b", "c"]);
    at(&mut driver, "08", "probe");
    let screen = driver.screen();
    assert!(screen.contains("Press Enter") && !screen.contains("brings along answers beside"), "{screen}");
    driver.key(Key::Enter);
    driver.finish_run();
    let majority = driver.state.race_report().and_then(|report| report.majority).expect("a share");
    let screen = driver.screen();
    assert!(screen.contains(&format!("one answer for all, {majority:.2}")) && !screen.contains("a coin"), "{screen}");
}

#[test]
fn keys_say_what_they_do_on_a_race() {
    let (_folder, mut driver) = learner(&[], &["negative", "positive"]);
    at(&mut driver, "08", "race");
    driver.press("1d");
    assert!(driver.screen().contains("No race has been run here yet"), "{}", driver.screen());
    driver.key(Key::Enter);
    assert!(driver.screen().contains("Space pause"), "{}", driver.screen());
    driver.press(" ");
    assert!(driver.screen().contains("Space go on"), "{}", driver.screen());
    // That nothing is known of this model's training was not measured.
    driver.finish_run();
    driver.open("01");
    to_step(&mut driver, "Which BERT is this?");
    let screen = driver.screen();
    assert!(screen.contains("How it was trained") && !screen.contains("from it.\u{1d50}"), "{screen}");
}

/// Steps that learn from sentences of one's own quote no record of the course's.
#[test]
fn records_do_not_speak_of_other_sentences() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = sentences(folder.path(), &["bug", "praise"]).display().to_string();
    let lab = crate::driver::lab();
    lab.add(read_data(&data).expect("sentences")).expect("a lab");
    let mut driver = Driver::on(lab, &data, (140, 40));
    driver.open("08");
    to_step(&mut driver, "Does it carry over? (optional)");
    let screen = driver.screen();
    assert!(screen.contains("data.tsv") && !screen.contains("product reviews,"), "{screen}");
    assert!(!screen.contains("of your own"), "what was given is not advised: {screen}");
    // The recorded heads are of the model, and stay.
    driver.open("01");
    while driver.state.bench().is_none_or(|bench| bench.view.name() != "label") {
        driver.press("n");
    }
    driver.press("1");
    assert!(driver.screen().contains("recorded: logistic regression on the movie sentences"), "{}", driver.screen());
}
