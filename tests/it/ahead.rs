//! Reading ahead: what comes soon is read while nobody waits, and nothing else.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clsroom::app::{Effect, Key};
use clsroom::lab::{Event, Loaded, Mode, Model, Outcome, RaceRequest, Readout, Request};
use clsroom::model::Bert;
use clsroom::worker::Worker;

use crate::driver::Driver;

const PATIENCE: Duration = Duration::from_mins(3);

/// What was asked to be read ahead, newest last.
fn asked(driver: &Driver) -> Vec<Option<Request>> {
    let ahead = |effect: &Effect| match effect {
        Effect::ReadAhead(request) => Some(request.clone()),
        _ => None,
    };
    driver.effects.iter().filter_map(ahead).collect()
}

fn driver() -> Driver {
    let mut driver = Driver::new(120, 36);
    driver.state.reads_ahead = true;
    driver
}

#[test]
fn the_race_is_read_while_the_steps_before_it_are_read() {
    let mut driver = driver();
    driver.press("j");
    assert_eq!(asked(&driver), [], "nothing on the map");
    driver.open("08");
    let Some(Some(Request::Race(race))) = asked(&driver).pop() else { panic!("{:?}", asked(&driver)) };
    assert_eq!((race.readouts.clone(), race.modes), (vec![Readout::Cls, Readout::Mean], vec![Mode::Frozen]));
    let count = asked(&driver).len();
    driver.press("n");
    assert_eq!(asked(&driver).len(), count, "the same is not asked for again");
    driver.key(Key::Esc);
    assert_eq!(asked(&driver).pop(), Some(None), "the map takes it back");
    driver.open("03");
    assert_eq!(asked(&driver).pop(), Some(None), "a lesson of single sentences asks for nothing");
}

#[test]
fn what_was_read_is_not_asked_for_again_and_the_bench_says_so() {
    let mut driver = driver();
    driver.open("08");
    let Some(Some(request)) = asked(&driver).pop() else { panic!("a wish") };
    driver.tell(Event::ReadAhead(request.clone()));
    assert_ne!(asked(&driver).pop(), Some(Some(request)));
    driver.press("nn1");
    assert!(driver.screen().contains("read meanwhile"), "{}", driver.screen());
}

#[test]
fn who_does_not_want_it_has_nothing_read() {
    let mut driver = Driver::new(120, 36);
    assert!(!driver.state.reads_ahead, "it has to be turned on");
    for lesson in ["02", "05", "08", "10"] {
        driver.open(lesson);
        driver.press("nnn");
    }
    assert_eq!(asked(&driver), []);
}

fn heard(events: &Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        match events.recv_timeout(PATIENCE).expect("an event in time") {
            Event::Failed(_, why) | Event::Panicked(why) => panic!("{why}"),
            event if wanted(&event) => return event,
            _ => {}
        }
    }
}

fn race(train: usize) -> Request {
    let race = RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Mean]);
    Request::Race(RaceRequest { train: Some(train), test: Some(64), ..race })
}

#[test]
fn a_run_finds_what_was_read_ahead_and_comes_to_the_same() {
    let open = || Arc::new(Model::new(Bert::embedded(None).expect("the model"), None));
    let report = |ahead: bool| {
        let model = open();
        let worker = Worker::start(2, move |_| Ok(Loaded { model, other: Arc::default() })).expect("threads");
        let (tell, events) = channel();
        let seat = worker.seat(None, move |event| drop(tell.send(event)));
        if ahead {
            seat.read_ahead(Some(race(64)));
            heard(&events, |event| matches!(event, Event::ReadAhead(request) if *request == race(64)));
        }
        seat.submit(1, race(64));
        let done = heard(&events, |event| matches!(event, Event::Done(1, _)));
        let Event::Done(_, Outcome::Race(report)) = done else { panic!("a report") };
        serde_json::to_value(&report.lanes).expect("JSON")
    };
    assert_eq!(report(true), report(false));
}

/// A run that is asked for is not kept waiting, and a wish that is taken back is not followed.
#[test]
fn long_work_comes_first_and_a_wish_can_be_taken_back() {
    let model = Arc::new(Model::new(Bert::embedded(None).expect("the model"), None));
    let worker = Worker::start(2, move |_| Ok(Loaded { model, other: Arc::default() })).expect("threads");
    let (tell, events) = channel();
    let seat = worker.seat(None, move |event| drop(tell.send(event)));
    // All sentences take minutes on one thread; the run that is asked for meanwhile does not wait for them.
    let all = Request::Race(RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Mean]));
    seat.read_ahead(Some(all));
    seat.submit(1, race(64));
    heard(&events, |event| matches!(event, Event::Done(1, _)));
    seat.read_ahead(None);
    // Small enough to be read at once when the large wish is gone.
    seat.read_ahead(Some(race(65)));
    let told = heard(&events, |event| matches!(event, Event::ReadAhead(_)));
    assert!(matches!(told, Event::ReadAhead(request) if request == race(65)));
}
