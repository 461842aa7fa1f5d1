//! What a learner chooses: sentences, answers that can still be changed, the size and the seed of races.

use clsroom::app::runs::seed_of;
use clsroom::app::{Effect, Key, Msg, Overlay, Screen};
use clsroom::lab::Event;
use clsroom::lab::Request;
use clsroom::lab::record::Datum;
use clsroom::lesson::{Step, View};

use crate::driver::Driver;
use crate::screens::to_view;

fn sentence(driver: &Driver) -> Option<&str> {
    driver.state.progress.sentence.as_deref()
}

/// Opens a lesson at a step, counted from 1.
pub fn at(lesson: &str, step: usize) -> Driver {
    let mut driver = Driver::new(80, 24);
    go(&mut driver, lesson, step);
    driver
}

pub fn go(driver: &mut Driver, lesson: &str, step: usize) {
    driver.state.progress.lessons.clear();
    // While a run goes on, `q` asks before it leaves.
    let cursor = driver.state.course.lessons.iter().position(|known| known.id == lesson).expect("the lesson exists");
    driver.state.screen = Screen::Home { cursor };
    driver.key(Key::Enter);
    (1..step).for_each(|_| driver.press("n"));
}

#[test]
fn what_is_typed_replaces_the_sentence_and_an_arrow_keeps_it() {
    let mut driver = at("01", 1);
    driver.press("e");
    driver.press("one");
    driver.key(Key::Enter);
    assert_eq!(sentence(&driver), Some("one"));
    driver.press("e");
    assert!(driver.screen().contains("typing replaces it, an arrow key keeps it"), "{}", driver.screen());
    driver.press("two");
    assert!(!driver.screen().contains("typing replaces it"));
    driver.key(Key::Enter);
    assert_eq!(sentence(&driver), Some("two"));
    for (key, expected) in [(Key::End, "two!"), (Key::Left, "tw!o"), (Key::Home, "!two")] {
        driver.type_sentence("two");
        driver.press("e");
        driver.key(key);
        driver.press("!");
        driver.key(Key::Enter);
        assert_eq!(sentence(&driver), Some(expected), "{key:?}");
    }
    driver.press("e");
    driver.tell(Msg::Paste("pasted".to_owned()));
    driver.key(Key::Enter);
    assert_eq!(sentence(&driver), Some("pasted"));
    driver.press("e");
    driver.key(Key::Enter);
    assert_eq!(sentence(&driver), Some("pasted"), "Enter alone changes nothing");
    driver.press("e");
    driver.key(Key::Backspace);
    driver.key(Key::Enter);
    assert_eq!(sentence(&driver), None);
}

#[test]
fn the_second_sentence_of_the_sandbox_is_replaced_as_well() {
    let mut driver = Driver::new(80, 24);
    driver.press("oE");
    driver.press("Another");
    driver.key(Key::Enter);
    assert_eq!(driver.state.sandbox.second(), "Another");
}

#[test]
fn a_sentence_that_was_typed_says_where_it_is() {
    let mut driver = at("02", 1);
    for step in 1..driver.state.course.lessons[1].steps.len() {
        driver.type_sentence("A sentence of my own");
        let said = driver.state.notice.clone().unwrap_or_default();
        assert!(said.to_lowercase().contains("yours") || said.contains("our sentence"), "step {step}: {said:?}");
        driver.press("n");
    }
    driver.press("qe");
    driver.press("x");
    driver.key(Key::Enter);
    assert!(driver.screen().contains("every bench without a sentence of its own shows it"), "{}", driver.screen());
}

#[test]
fn an_answer_can_be_changed_until_its_result_is_shown() {
    // A race decides it, and that has not been run.
    let mut driver = at("08", 3);
    let question = driver.state.step().and_then(|step| step.predict.clone()).expect("a question");
    driver.press("1");
    assert!(driver.screen().contains("another digit changes it"), "{}", driver.screen());
    assert!(driver.screen().contains("1-9 change"), "{}", driver.screen());
    driver.press("3");
    let given = &driver.state.progress.answers[&question.id];
    assert_eq!((given.choice, given.first), (2, Some(0)));
    driver.press("9");
    assert!(driver.screen().contains("has the answers 1 to 3"), "{}", driver.screen());
    driver.press("1");
    let given = &driver.state.progress.answers[&question.id];
    assert_eq!((given.choice, given.first), (0, None), "back at the first choice");

    // The trace decides this one at once.
    let mut driver = at("03", 2);
    let question = driver.state.step().and_then(|step| step.predict.clone()).expect("a question");
    driver.press("1");
    driver.press("2");
    assert_eq!(driver.state.progress.answers[&question.id].choice, 0);
    assert!(driver.screen().contains("Your answer stands"), "{}", driver.screen());
}

#[test]
fn a_repeated_question_says_that_its_answer_stands() {
    let mut driver = at("01", 5);
    driver.press("1");
    driver.press("qqqq");
    driver.state.started = Some(u64::MAX);
    driver.press("c");
    assert!(matches!(driver.state.overlay, Some(Overlay::Recall(..))), "{}", driver.screen());
    driver.press("12");
    assert!(matches!(driver.state.overlay, Some(Overlay::Recall(_, Some(_)))));
    assert!(driver.screen().contains("Your answer stands"), "{}", driver.screen());
}

#[test]
fn the_size_of_a_race_stays_for_the_next_steps_and_the_text_follows_it() {
    let mut driver = at("08", 3);
    assert!(driver.screen().contains("6,991"), "{}", driver.screen());
    driver.press("1v");
    assert!(!driver.screen().contains("6,991") && driver.screen().contains("512"), "{}", driver.screen());
    let size = |driver: &Driver| driver.state.race_request().map(|race| race.train);
    assert_eq!(size(&driver), Some(Some(512)));
    driver.press("n");
    assert_eq!(size(&driver), Some(Some(512)), "at the next step");
    driver.press("qo");
    driver.press("qn");
    go(&mut driver, "09", 5);
    assert_eq!(size(&driver), Some(Some(512)), "in another lesson");
    // It is saved, and a new session begins with it.
    let saved = driver.effects.iter().rev().find_map(|effect| match effect {
        Effect::Save(progress) => Some(progress.clone()),
        _ => None,
    });
    let mut next = Driver::with(80, 24, driver.theme, saved.expect("saved"));
    go(&mut next, "08", 3);
    assert_eq!(size(&next), Some(Some(512)));
    // All the way round is the lesson's own size again.
    next.press("vvv");
    assert_eq!(size(&next), Some(None));
}

#[test]
fn no_lesson_types_how_long_a_run_takes() {
    let driver = Driver::new(80, 24);
    for lesson in &driver.state.course.lessons {
        let told = |step: &Step| format!("{:?} {:?} {:?}", step.blocks, step.predict, step.check);
        let text: String = lesson.steps.iter().map(told).collect();
        for words in ["a minute", "two minutes", "half a minute", "takes minutes", "seconds"] {
            assert!(!text.contains(words), "lesson {} says {words:?}", lesson.id);
        }
    }
}

#[test]
fn learners_race_with_seeds_of_their_own() {
    let names = ["Ann", "Ben", "ann", "Zo\u{eb}", ""];
    let seeds: Vec<u64> = names.iter().map(|name| seed_of(Some(name))).collect();
    for (index, seed) in seeds.iter().enumerate() {
        assert!((1..1_000_000).contains(seed) && !seeds[..index].contains(seed), "{seeds:?}");
    }
    assert_eq!(seed_of(Some("Ann")), 688_437, "the same on every computer");
    assert_eq!(seed_of(None), 0);
    let fine_tuned = at("08", 12).state.race_request().map(|race| race.seed);
    assert_eq!(fine_tuned, Some(0), "without a name");
    let mut driver = at("08", 12);
    driver.state.seed = 4711;
    driver.press("1");
    assert_eq!(driver.state.race_request().map(|race| race.seed), Some(4711));
    driver.press("\t");
    driver.key(Key::Tab);
    let told = |driver: &Driver| driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told(&driver).contains("follow from the seed, 4711"), "{}", driver.screen());
    driver.press("r");
    assert!(told(&driver).contains("follow from the seed, 4712"), "{}", driver.screen());
    driver.key(Key::Enter);
    let Some(Effect::Submit(_, Request::Race(race))) = driver.waiting.last() else { panic!("no race was asked for") };
    assert_eq!(race.seed, 4712);
    // A frozen race has nothing random in it, and stays comparable with its record.
    go(&mut driver, "08", 3);
    assert_eq!(driver.state.race_request().map(|race| race.seed), Some(0));
    driver.press("r");
    assert!(driver.screen().contains("in which BERT is fine-tuned"), "{}", driver.screen());
}

#[test]
fn a_finished_race_says_its_seed_on_the_bench_and_in_the_command() {
    let mut driver = at("08", 12);
    driver.state.seed = 4711;
    driver.size = (120, 36);
    driver.press("1");
    driver.key(Key::Enter);
    // The smallest race that this bench can stand for.
    let Some(Effect::Submit(ticket, Request::Race(mut race))) = driver.waiting.pop() else { panic!("no race") };
    (race.train, race.test) = (Some(32), Some(32));
    (race.recipe.epochs, race.recipe.least_steps, race.recipe.top_layers) = (1, 0, Some(1));
    let outcome = driver.lab.run(&Request::Race(race), &clsroom::lab::Control::QUIET).expect("it runs");
    driver.done(ticket, outcome.expect("not stopped"));
    let report = driver.state.race_report().expect("a report");
    assert!(report.provenance.command.contains("--seed 4711"), "{}", report.provenance.command);
    assert_eq!(report.lanes[0].seeds, [4711]);
    assert!(driver.screen().contains("seed 4711"), "{}", driver.screen());
}

#[test]
fn the_map_says_who_the_learner_is() {
    for size in [(60, 18), (80, 24), (120, 36)] {
        let mut driver = Driver::new(size.0, size.1);
        let squeezed = |driver: &Driver| driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
        let first = driver.screen().lines().next().unwrap_or_default().to_owned();
        assert!(first.contains("no name"), "{}", driver.screen());
        let room = size.1 > 18;
        assert_eq!(squeezed(&driver).contains("No learner's name is set"), room, "{}", driver.screen());
        driver.state.learner = Some("guest".to_owned());
        assert_eq!(squeezed(&driver).contains("is guest here"), room, "{}", driver.screen());
        driver.state.learner = Some("Ann".to_owned());
        let first = driver.screen().lines().next().unwrap_or_default().to_owned();
        assert!(first.contains("learner: Ann") && !driver.screen().contains("learner's name"), "{}", driver.screen());
        driver.state.learner = Some("\u{1b}[31m".to_owned() + &"x".repeat(64));
        let first = driver.screen().lines().next().unwrap_or_default().to_owned();
        assert!(!first.contains('\u{1b}') && first.contains("done"), "{first:?}");
    }
}

#[test]
fn a_list_leads_to_every_step_and_every_view() {
    let mut driver = at("08", 1);
    driver.press("f");
    assert_eq!(driver.state.marker().as_deref(), Some("[index ready]"));
    let title = driver.state.step().and_then(|step| step.title.clone()).expect("a title");
    assert!(driver.screen().contains("Steps of lesson 08") && driver.screen().contains(&title), "{}", driver.screen());
    driver.press("12");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[08.12 ready]"));
    driver.press("fkk");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[08.10 ready]"));
    driver.press("f3q");
    assert_eq!(driver.state.marker().as_deref(), Some("[08.10 ready]"), "q stays");
    // A number that is not there is not taken for another one's first digit.
    driver.press("f99");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[08.9 ready]"));
    driver.press("o");
    let names = driver.state.sandbox.names();
    for (number, name) in names.iter().enumerate() {
        driver.press("f");
        driver.press(&(number + 1).to_string());
        driver.key(Key::Enter);
        assert_eq!(driver.state.bench().map(|bench| bench.view.name()), Some(name.as_str()));
    }
    driver.press("qqf2");
    driver.key(Key::Enter);
    assert_eq!(driver.state.marker().as_deref(), Some("[08.2 ready]"), "from the map into the lesson under the cursor");
}

#[test]
fn a_second_run_waits_for_the_first_and_starts_by_itself() {
    let mut driver = at("08", 3);
    driver.press("1");
    driver.key(Key::Enter);
    let Some(Effect::Submit(first, _)) = driver.waiting.pop() else { panic!("no race") };
    go(&mut driver, "08", 12);
    driver.press("1");
    driver.key(Key::Enter);
    driver.key(Key::Enter);
    assert!(driver.waiting.is_empty());
    assert_eq!(driver.state.marker().as_deref(), Some("[race waiting]"));
    driver.key(Key::Tab);
    assert!(driver.screen().contains("waits for the other one"), "{}", driver.screen());
    driver.press("x");
    assert!(!driver.state.waits() && driver.state.results.running.is_some(), "x takes back the one that waits");
    driver.key(Key::Enter);
    let wanted = driver.state.run_request().expect("a race");
    driver.tell(Event::Cancelled(first));
    assert!(matches!(&driver.waiting[..], [Effect::Submit(_, request)] if *request == wanted));
    assert_eq!(driver.state.marker().as_deref(), Some("[race running]"));
}

#[test]
fn a_bench_says_before_enter_about_how_long_its_run_takes_here() {
    let text = |driver: &Driver| driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    for (lesson, step) in [("08", 3), ("08", 12)] {
        let mut driver = at(lesson, step);
        driver.size = (120, 36);
        driver.press("1");
        assert!(driver.effects.contains(&Effect::MeasureSpeed), "{:?}", driver.effects);
        assert!(!text(&driver).contains("on this machine"), "not known yet: {}", driver.screen());
        let request = driver.state.run_request().expect("a race");
        let work = clsroom::lab::work::of(&request, [6_991, 1_044, 2_035], 6).expect("a long run");
        driver.tell(Event::Speed(work as f64 / 31.0));
        assert!(text(&driver).contains("It takes about 30 seconds on this machine."), "{}", driver.screen());
        driver.tell(Event::Speed(work as f64 / 170.0));
        assert!(text(&driver).contains("It takes about 3 minutes on this machine."), "{}", driver.screen());
        driver.tell(Event::Speed(work as f64 * 2.0));
        assert!(text(&driver).contains("It takes a few seconds on this machine."), "{}", driver.screen());
        driver.state.clock = false;
        assert!(!text(&driver).contains("on this machine"), "a recording is the same everywhere: {}", driver.screen());
    }
}

#[test]
fn how_fast_the_model_reads_is_measured_once_and_only_where_a_run_is_offered() {
    let asked = |driver: &Driver| driver.effects.iter().filter(|effect| **effect == Effect::MeasureSpeed).count();
    let mut driver = Driver::new(120, 36);
    driver.open("01");
    driver.press("nnnnnnn");
    assert_eq!(asked(&driver), 0, "reading costs nothing");
    go(&mut driver, "08", 3);
    driver.press("1nnp");
    assert_eq!(asked(&driver), 1);
    let mut recorded = Driver::new(120, 36);
    recorded.state.clock = false;
    go(&mut recorded, "08", 3);
    assert_eq!(asked(&recorded), 0);
}

#[test]
fn the_work_of_a_run_is_what_its_progress_counts() {
    use clsroom::lab::{Control, InvertRequest, LearnRequest, Mode, RaceRequest, Readout, Recipe, Sentence, work};
    let readouts = || vec![Readout::Cls, Readout::Mean, Readout::Words];
    let small = |modes: &[Mode]| RaceRequest {
        train: Some(40),
        test: Some(30),
        modes: modes.to_vec(),
        recipe: Recipe { epochs: 1, least_steps: 0, top_layers: Some(1), ..Recipe::default() },
        ..RaceRequest::frozen("movies", readouts())
    };
    let invert = InvertRequest {
        data: "movies".to_owned(),
        readouts: vec![Readout::Cls],
        layers: vec![0, 6],
        train: Some(60),
        test: Some(20),
    };
    let learn = LearnRequest {
        data: "movies".to_owned(),
        readout: Readout::Cls,
        steps: 2,
        sentence: Sentence::single("a film"),
        seed: 0,
    };
    for request in [
        Request::Race(small(&[Mode::Frozen])),
        Request::Race(small(&[Mode::Finetune])),
        Request::Race(small(&[Mode::Frozen, Mode::Finetune])),
        Request::Invert(invert),
    ] {
        let total = std::sync::atomic::AtomicUsize::new(0);
        let report = |told: clsroom::lab::Progress| total.store(told.total, std::sync::atomic::Ordering::Relaxed);
        let control = Control { report: &report, stop: &|| false };
        crate::driver::lab().run(&request, &control).expect("it runs").expect("it is not stopped");
        assert_eq!(work::of(&request, [6_991, 1_044, 2_035], 6), Some(total.into_inner()), "{request:?}");
    }
    // Learning from a sentence, with all layers, costs about as much as reading it five times.
    assert_eq!(work::of(&Request::Learn(learn), [6_991, 1_044, 2_035], 6), Some(2 * 32 * 5));
    assert_eq!(work::of(&Request::Trace(Sentence::single("a film")), [1; 3], 6), None);
    let cut = RaceRequest::frozen("movies", vec![Readout::Cls, Readout::ClsAtEnd]);
    let plain = RaceRequest::frozen("movies", vec![Readout::Cls, Readout::Sep]);
    let of = |race: RaceRequest| work::of(&Request::Race(race), [100, 10, 20], 6).expect("a race");
    assert_eq!(of(cut), of(plain) + 130, "a readout that changes what is read has a reading of its own");
}

/// Where text and bench are two pages, Enter on the text does something that is seen, and the footer says what.
#[test]
fn enter_beside_an_open_question_says_that_the_bench_is_shown() {
    let mut driver = Driver::new(80, 24);
    driver.open("08");
    driver.press("nn");
    let before = driver.screen();
    assert!(before.contains("Enter show") && !before.contains("Enter run"), "{before}");
    driver.key(Key::Enter);
    let after = driver.screen();
    assert!(after.contains("Tab leads to the bench.") && after.contains("Enter run"), "{after}");
}

#[test]
fn before_a_race_its_bench_shows_what_is_recorded_of_the_same_layer() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "02", View::Race);
    let recorded = |key: &str| match &driver.state.records[key] {
        Datum::Number(number) => format!("{number:.3}"),
        Datum::Text(text) => panic!("{key} is {text}"),
    };
    let (here, last) = (recorded("frozen.mean.0.accuracy"), recorded("frozen.mean.6.accuracy"));
    let screen = driver.screen();
    assert!(screen.contains(&here) && !screen.contains(&last), "{here}, not {last}:\n{screen}");
    assert!(screen.contains("Recorded, share right: 6,991 sentences") && !screen.contains("seeds"), "{screen}");
}

#[test]
fn a_run_that_ends_elsewhere_turns_no_page() {
    let mut driver = at("08", 3);
    driver.shorten_runs(96, 48);
    driver.press("1");
    driver.key(Key::Enter);
    go(&mut driver, "08", 8);
    driver.press("1");
    driver.press("J");
    let page = driver.state.text_page;
    driver.finish_run();
    assert_eq!(driver.state.text_page, page, "{}", driver.screen());
}
