//! After a restart the benches show what was measured, with its day, and predictions keep their grade.

use std::sync::Arc;

use clsroom::app::{Effect, Msg, Screen};
use clsroom::lab::{Control, Outcome, Request};
use clsroom::lesson::View;
use clsroom::lesson::progress::Progress;
use clsroom::view::{Depth, Theme};

use crate::driver::Driver;

/// 2026-11-24, in seconds since 1970.
const DAY: u64 = 1_795_530_000;

/// Whether a screen says that the prediction waits for a result.
fn still_open(screen: &str) -> bool {
    ["The bench will tell", "Your run decides"].iter().any(|said| screen.contains(said))
}

/// A smaller run that stands for what the bench asked: tests have no time for the whole one.
fn small(driver: &Driver, request: &Request) -> Outcome {
    let mut smaller = request.clone();
    match &mut smaller {
        Request::Race(race) => {
            (race.train, race.test) = (Some(48), Some(32));
            (race.recipe.epochs, race.recipe.least_steps, race.recipe.top_layers) = (1, 0, Some(1));
        }
        Request::Learn(learn) => learn.steps = 2,
        Request::Invert(invert) => (invert.train, invert.test) = (Some(48), Some(32)),
        Request::Aggregate(aggregate) => (aggregate.train, aggregate.test) = (Some(48), Some(32)),
        _ => {}
    }
    let outcome = driver.lab.run(&smaller, &Control::QUIET).expect("it runs").expect("it is not stopped");
    match (outcome, request) {
        (Outcome::Learn(data), Request::Learn(asked)) => {
            let mut data = data.as_ref().clone();
            data.request = asked.clone();
            Outcome::Learn(Arc::new(data))
        }
        (outcome, _) => outcome,
    }
}

fn saved(driver: &Driver) -> Progress {
    let mut saves = driver.effects.iter().rev();
    let progress = saves.find_map(|effect| match effect {
        Effect::Save(progress) => Some(progress.clone()),
        _ => None,
    });
    let text = serde_json::to_string(&progress.expect("it was saved")).expect("JSON");
    serde_json::from_str(&text).expect("read again")
}

fn go(driver: &mut Driver, lesson: usize, step: usize) {
    driver.state.screen = Screen::Home { cursor: lesson };
    driver.state.progress.lessons.clear();
    driver.key(clsroom::app::Key::Enter);
    (0..step).for_each(|_| driver.press("n"));
}

fn squeezed(driver: &Driver) -> String {
    driver.screen().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first step of each view that offers a run, and one with a prediction that its run decides.
fn steps(driver: &Driver) -> Vec<(usize, usize, View)> {
    let mut found: Vec<(usize, usize, View)> = Vec::new();
    for (l, lesson) in driver.state.course.lessons.iter().enumerate() {
        for (s, step) in lesson.steps.iter().enumerate() {
            let Some(bench) = step.bench.as_ref().filter(|bench| bench.view.offers_run()) else { continue };
            if found.iter().all(|(_, _, view)| *view != bench.view) {
                found.push((l, s, bench.view));
            }
        }
    }
    found
}

#[test]
fn every_run_is_shown_again_with_its_day_and_can_be_run_again() {
    for (lesson, step, view) in steps(&Driver::new(120, 36)) {
        let mut driver = Driver::new(120, 36);
        driver.tell(Msg::Time(DAY));
        go(&mut driver, lesson, step);
        driver.press("1");
        driver.key(clsroom::app::Key::Enter);
        let Some(Effect::Submit(ticket, request)) = driver.waiting.pop() else { panic!("{view:?} runs nothing") };
        let outcome = small(&driver, &request);
        driver.done(ticket, outcome);
        let question = driver.state.step().and_then(|step| step.predict.clone());
        let graded = question.as_ref().map(|question| driver.state.verdict(question).right);
        let progress = saved(&driver);

        let mut next = Driver::with(120, 36, Theme::new(Depth::TrueColor, false), progress);
        next.tell(Msg::Time(DAY + 200_000));
        let answers = next.state.progress.answers.clone();
        go(&mut next, lesson, step);
        let screen = squeezed(&next);
        assert!(screen.to_lowercase().contains("measured here on 2026-11-24"), "{view:?}\n{}", next.screen());
        assert!(!still_open(&screen), "{view:?}\n{}", next.screen());
        assert_eq!(next.state.progress.answers, answers, "nothing is graded anew");
        assert_eq!(question.map(|question| next.state.verdict(&question).right), graded, "{view:?}");
        let marker = next.state.marker().unwrap_or_default();
        assert!(marker.ends_with(" ready]"), "{view:?}: {marker}");
        next.key(clsroom::app::Key::Enter);
        assert!(matches!(&next.waiting[..], [Effect::Submit(_, again)] if *again == request), "{view:?} runs again");
        let Some(Effect::Submit(ticket, request)) = next.waiting.pop() else { panic!("just seen") };
        let outcome = small(&next, &request);
        next.done(ticket, outcome);
        assert_eq!(next.state.measured_before(), None, "{view:?} is of this session now");
    }
}

#[test]
fn a_run_of_another_model_or_a_damaged_one_is_not_shown() {
    let mut driver = Driver::new(120, 36);
    driver.tell(Msg::Time(DAY));
    go(&mut driver, 7, 2);
    driver.press("1");
    driver.key(clsroom::app::Key::Enter);
    let Some(Effect::Submit(ticket, request)) = driver.waiting.pop() else { panic!("no race") };
    let outcome = small(&driver, &request);
    driver.done(ticket, outcome);
    let whole = saved(&driver);
    let damage: [&dyn Fn(&mut clsroom::lesson::progress::KeptRun); 5] = [
        &|run| run.with = run.with.replace(char::is_numeric, "0"),
        &|run| run.report = serde_json::Value::Null,
        &|run| run.report["lanes"][0]["accuracy"] = 7.into(),
        &|run| run.request["train"] = "many".into(),
        &|run| run.kind = "something new".to_owned(),
    ];
    for (number, damage) in damage.into_iter().enumerate() {
        let mut progress = whole.clone();
        assert_eq!(progress.runs.len(), 1);
        progress.runs.values_mut().for_each(damage);
        let mut next = Driver::with(120, 36, Theme::new(Depth::TrueColor, false), progress);
        go(&mut next, 7, 2);
        assert!(!next.state.has_run(), "{number}");
    }
}

#[test]
fn a_grade_stays_where_its_measurement_was_not_kept() {
    let mut driver = Driver::new(120, 36);
    driver.tell(Msg::Time(DAY));
    go(&mut driver, 7, 2);
    driver.press("1");
    driver.key(clsroom::app::Key::Enter);
    let Some(Effect::Submit(ticket, request)) = driver.waiting.pop() else { panic!("no race") };
    let outcome = small(&driver, &request);
    driver.done(ticket, outcome);
    let mut progress = saved(&driver);
    progress.runs.clear();
    let measured = progress.answers["08-sure"].measured.clone().expect("it was measured");
    for right in [true, false] {
        // Files of earlier versions say whether it was right, and no more.
        let given = progress.answers.get_mut("08-sure").expect("answered");
        (given.correct, given.right) = (Some(right), None);
        // Narrow and high: the text alone, and all of it.
        let mut next = Driver::with(80, 40, Theme::new(Depth::TrueColor, false), progress.clone());
        go(&mut next, 7, 2);
        let screen = squeezed(&next);
        assert!(!still_open(&screen) && screen.contains(&measured), "{}", next.screen());
        assert_eq!(screen.contains("came out otherwise"), !right, "{}", next.screen());
    }
}
