//! Many learners over one loaded model: each has answers of their own, and another one costs little.

#[cfg(target_os = "linux")]
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::Parser as _;
use clsroom::app::{Key, Loaded as Lessons, State};
use clsroom::cli::Cli;
use clsroom::commands::parse_data;
use clsroom::front::start::{Begun, begin};
use clsroom::front::{End, Front, Host, Incoming};
use clsroom::lab::{Control, Event, Loaded, Mode, Model, Outcome, RaceRequest, Readout, Request, Sentence, Session};
use clsroom::model::Bert;
use clsroom::view::{self, Theme};
use clsroom::worker::Worker;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

use crate::driver::lab;

/// How long a thread may take to answer.
const PATIENCE: Duration = Duration::from_mins(2);

/// What one more learner may cost, in bytes.
#[cfg(target_os = "linux")]
const MOST: u64 = 8 << 20;

fn race(readouts: &[Readout], modes: Vec<Mode>) -> Request {
    let recipe = clsroom::lab::Recipe { epochs: 1, least_steps: 0, top_layers: Some(1), ..Default::default() };
    let race = RaceRequest::frozen("movies", readouts.to_vec());
    Request::Race(RaceRequest { train: Some(64), test: Some(64), modes, recipe, ..race })
}

fn ask() -> Request {
    Request::Ask(Sentence::single("A warm, funny film."))
}

/// Lanes that answer a typed sentence, as `readout mode`.
fn lanes(outcome: &Outcome) -> Vec<String> {
    let Outcome::Ask(data) = outcome else { panic!("an answer of lanes") };
    data.answers.iter().map(|answer| format!("{} {}", answer.readout, answer.mode)).collect()
}

/// Waits for the answer to a ticket.
fn answer(events: &Receiver<Event>, ticket: u64) -> Outcome {
    loop {
        match events.recv_timeout(PATIENCE).expect("an event in time") {
            Event::Done(of, outcome) if of == ticket => return outcome,
            Event::Failed(_, why) | Event::Panicked(why) => panic!("{why}"),
            _ => {}
        }
    }
}

#[test]
fn two_learners_of_one_model_have_lanes_of_their_own() {
    let model = Arc::clone(lab().model());
    let worker = Worker::start(2, move |_| Ok(Loaded { model, other: Arc::default() })).expect("threads");
    let seat = || {
        let (sender, events) = channel();
        (worker.seat(None, move |event| drop(sender.send(event))), events)
    };
    let ((first, of_first), (second, of_second)) = (seat(), seat());
    first.submit(1, race(&[Readout::Cls, Readout::Max], vec![Mode::Frozen]));
    second.submit(1, race(&[Readout::Mean], vec![Mode::Frozen, Mode::Finetune]));
    // The same ticket of another learner is another request.
    second.cancel(7);
    let (one, two) = (answer(&of_first, 1), answer(&of_second, 1));
    let (Outcome::Race(one), Outcome::Race(two)) = (&one, &two) else { panic!("races") };
    assert_eq!((one.lanes.len(), two.lanes.len()), (2, 2));
    first.submit(2, ask());
    second.submit(2, ask());
    assert_eq!(lanes(&answer(&of_first, 2)), ["cls frozen", "max frozen"]);
    assert_eq!(lanes(&answer(&of_second, 2)), ["mean frozen", "mean finetune"]);
    // Who leaves gives up only what is theirs.
    first.submit(3, race(&[Readout::Cls], vec![Mode::Finetune]));
    second.submit(3, race(&[Readout::Sep], vec![Mode::Frozen]));
    drop(first);
    let Outcome::Race(report) = answer(&of_second, 3) else { panic!("a race") };
    assert_eq!(report.lanes[0].readout, "sep");
}

/// Waits for an event of this ticket that is asked for.
fn hears(events: &Receiver<Event>, what: &str, is: impl Fn(&Event) -> bool) {
    loop {
        let event = events.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what} in time"));
        match event {
            event if is(&event) => return,
            Event::Failed(_, why) | Event::Panicked(why) => panic!("{why}"),
            _ => {}
        }
    }
}

#[test]
fn the_same_run_of_several_learners_is_computed_once_and_is_all_of_theirs() {
    let model = Arc::clone(lab().model());
    let worker = Worker::start(2, move |_| Ok(Loaded { model, other: Arc::default() })).expect("threads");
    let seat = || {
        let (sender, events) = channel();
        (worker.seat(None, move |event| drop(sender.send(event))), events)
    };
    let seats: Vec<_> = (0..4).map(|_| seat()).collect();
    let [(long, of_long), (one, of_one), (two, of_two), (three, of_three)] = &seats[..] else { panic!("four") };
    // Something that takes long is under way: the others wait, and hear how many stand before them.
    long.submit(1, race(&[Readout::Cls, Readout::Mean, Readout::Max], vec![Mode::Finetune]));
    hears(of_long, "a beginning", |event| matches!(event, Event::Progress(1, ..)));
    let says =
        |words: &'static str| move |event: &Event| matches!(event, Event::Progress(_, p, _) if p.what.contains(words));
    one.submit(5, race(&[Readout::Cls, Readout::Mean], vec![Mode::Frozen]));
    hears(of_one, "its place", says("waiting for 1 run before it"));
    three.submit(6, race(&[Readout::Sep], vec![Mode::Frozen]));
    hears(of_three, "its place", says("waiting for 2 runs before it"));
    two.submit(7, race(&[Readout::Cls, Readout::Mean], vec![Mode::Frozen]));
    hears(of_two, "its place", says("waiting for 1 run before it"));
    long.cancel(1);
    hears(of_long, "its end", |event| matches!(event, Event::Cancelled(1)));
    let (Outcome::Race(first), Outcome::Race(second)) = (answer(of_one, 5), answer(of_two, 7)) else { panic!("races") };
    assert!(Arc::ptr_eq(&first, &second), "computed once");
    assert!(matches!(answer(of_three, 6), Outcome::Race(_)));
    // Lanes answer for the sentences of both.
    for (seat, events) in [(one, of_one), (two, of_two)] {
        seat.submit(9, ask());
        assert_eq!(lanes(&answer(events, 9)), ["cls frozen", "mean frozen"]);
    }
}

#[test]
fn who_gives_up_a_run_that_others_watch_gives_up_alone() {
    let model = Arc::clone(lab().model());
    let worker = Worker::start(2, move |_| Ok(Loaded { model, other: Arc::default() })).expect("threads");
    let seat = || {
        let (sender, events) = channel();
        (worker.seat(None, move |event| drop(sender.send(event))), events)
    };
    let ((one, of_one), (two, of_two)) = (seat(), seat());
    let tuned = || race(&[Readout::Cls, Readout::Mean], vec![Mode::Finetune]);
    one.submit(1, tuned());
    hears(&of_one, "a beginning", |event| matches!(event, Event::Progress(1, ..)));
    two.submit(2, tuned());
    hears(&of_two, "to watch it", |event| matches!(event, Event::Progress(2, ..)));
    one.cancel(1);
    hears(&of_one, "its end", |event| matches!(event, Event::Cancelled(1)));
    assert!(matches!(answer(&of_two, 2), Outcome::Race(_)), "the other goes on");
    // Held by one of two it goes on; held by both it waits, until one of them goes on.
    one.submit(3, tuned());
    two.submit(4, tuned());
    hears(&of_two, "to watch it", |event| matches!(event, Event::Progress(4, p, _) if p.total > 0));
    one.pause(3, true);
    two.pause(4, true);
    two.pause(4, false);
    assert!(matches!(answer(&of_two, 4), Outcome::Race(_)));
    // Both leave: nothing is left of it.
    one.submit(5, tuned());
    two.submit(6, tuned());
    drop(one);
    two.cancel(6);
    hears(&of_two, "its end", |event| matches!(event, Event::Cancelled(6)));
}

#[test]
fn who_comes_late_hears_of_the_model_and_a_panic_is_told_to_its_learner_alone() {
    let model = Arc::clone(lab().model());
    let worker = Worker::start(1, move |_| Ok(Loaded { model, other: Arc::default() })).expect("threads");
    let failing = worker.seat(None, |event| assert!(!matches!(event, Event::Done(..)), "on purpose"));
    let (sender, events) = channel();
    let other = worker.seat(None, move |event| drop(sender.send(event)));
    failing.submit(1, Request::Trace(Sentence::single("one")));
    other.submit(1, Request::Trace(Sentence::single("two")));
    let Outcome::Trace(trace) = answer(&events, 1) else { panic!("a trace") };
    assert_eq!(trace.sentence.text, "two");
    let (sender, late) = channel();
    let _seat = worker.seat(None, move |event| drop(sender.send(event)));
    assert!(matches!(late.recv_timeout(PATIENCE), Ok(Event::ModelReady(_))));
}

#[test]
fn sentences_of_one_learner_are_not_those_of_another_though_they_have_one_name() {
    let model = lab().model();
    let read = |text: &str| {
        let rows: Vec<String> = (0..40).map(|row| format!("{text} {row},{}", ["a", "b"][row % 2])).collect();
        parse_data("mine.csv", format!("text,label\n{}\n", rows.join("\n")).into_bytes()).expect("sentences")
    };
    let (one, two) = (Session::new(Arc::clone(model)), Session::new(Arc::clone(model)));
    let name = one.add(read("first")).expect("taken");
    two.add(read("second")).expect("taken");
    let texts = |session: &Session| session.dataset(&name).expect("it is there").items()[0].text.clone();
    assert!(texts(&one).starts_with("first") && texts(&two).starts_with("second"));
    assert!(Session::new(Arc::clone(model)).dataset(&name).is_err(), "nobody else has it");
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|number| number.trim().parse::<u64>().ok()).expect("a number") * 1024
}

/// Run by the test below in a process of its own, where nothing else takes memory.
#[test]
#[ignore = "measures its own process; another test starts it"]
fn cost_of_a_second_learner() {
    let model = Arc::new(Model::new(Bert::embedded(None).expect("the model"), None));
    let learn = |session: &Session| {
        let put = |request: &Request| session.run(request, &Control::QUIET).expect("an answer").expect("not stopped");
        for text in ["A warm, funny film.", "Not a film that I would call good."] {
            let sentence = Sentence::single(text);
            drop(put(&Request::Trace(sentence.clone())));
            drop(put(&Request::Knockout(sentence)));
        }
        drop(put(&race(&[Readout::Cls, Readout::Mean], vec![Mode::Frozen])));
        lanes(&put(&ask()))
    };
    let first = Session::new(Arc::clone(&model));
    assert_eq!(learn(&first).len(), 2);
    let before = resident();
    let second = Session::new(Arc::clone(&model));
    assert_eq!(learn(&second).len(), 2);
    println!("second learner: {} bytes", resident().saturating_sub(before));
}

#[test]
#[cfg(target_os = "linux")]
fn a_second_learner_costs_less_than_8_mb() {
    let program = std::env::current_exe().expect("this test");
    let arguments = ["--exact", "sessions::cost_of_a_second_learner", "--ignored", "--nocapture", "--test-threads=1"];
    let output = Command::new(program).args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let bytes = said.lines().find_map(|line| line.split("second learner: ").nth(1)?.strip_suffix(" bytes"));
    let bytes: u64 = bytes.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no figure in {said}"));
    assert!(bytes < MOST, "{bytes} bytes");
}

/// A host that is no terminal: what it is told to draw is kept as text.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<String>>>);

impl Host for Paper {
    fn draw(&mut self, state: &State, theme: &Theme) -> Result<(), String> {
        let area = Rect::new(0, 0, 80, 24);
        let mut buffer = Buffer::empty(area);
        view::draw_into(state, theme, area, &mut buffer);
        self.0.lock().expect("frames").push(buffer.content().iter().map(Cell::symbol).collect());
        Ok(())
    }

    fn reload(&mut self) -> Result<Lessons, String> {
        Err("not here".to_owned())
    }

    fn export(&mut self, _: &State) -> String {
        "not here".to_owned()
    }
}

#[test]
fn the_loop_of_the_terminal_runs_over_any_host() {
    let cli = Cli::parse_from(["clsroom", "--demo"]);
    let settings = cli.settings().expect("settings");
    let looks = (Theme::default(), clsroom::app::settings::Settings::default());
    let begun: Begun = begin(&settings, &cli.common, &cli.course, looks).expect("a course");
    let (sender, incoming) = channel();
    let worker = begun.worker(|_, _| {}).expect("threads");
    let seat = begun.seat(&worker, sender.clone());
    let paper = Paper::default();
    let mut front = Front::new(begun, seat, paper.clone());
    // Keys come as they would from a network, after what the screen shows.
    let (frames, keys) = (Arc::clone(&paper.0), sender);
    let learner = std::thread::spawn(move || {
        let deadline = std::time::Instant::now() + PATIENCE;
        let see = |marker: &str| {
            while !frames.lock().expect("frames").last().is_some_and(|frame| frame.contains(marker)) {
                assert!(std::time::Instant::now() < deadline, "{marker} in time");
                std::thread::yield_now();
            }
        };
        see("[home ready]");
        keys.send(Incoming::Key(Key::Enter)).expect("heard");
        see("[01.1 ready]");
        keys.send(Incoming::Key(Key::Ctrl('c'))).expect("heard");
    });
    assert!(matches!(front.run(&incoming), Ok(End::Left)));
    learner.join().expect("it saw both");
}
