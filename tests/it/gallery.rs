//! Every view of the vocabulary, reached by keys, at two sizes and four colour depths (see `depths`). A view that is
//! new in the vocabulary and not here fails a test.

use std::sync::Arc;
use std::time::Duration;

use clsroom::app::{Effect, Key};
use clsroom::lab::Event;
use clsroom::lab::{Control, Curve, Outcome, Progress, Request, Session};
use clsroom::lesson::View;

use crate::depths::snapshot;
use crate::driver::{Driver, lab};
use crate::screens::to_view;

/// Views that show at once: name of the snapshot, lesson, view, keys pressed there.
const AT_ONCE: &[(&str, &str, View, &str)] = &[
    ("tokens", "01", View::Tokens, "ll"),
    ("stepper", "01", View::Stepper, "..."),
    ("whole", "01", View::Whole, "jj"),
    ("label", "01", View::Label, ""),
    ("embedding", "02", View::Embedding, "ll"),
    ("neighbours", "02", View::Neighbours, "l"),
    ("compare", "02", View::Compare, ""),
    ("similarity", "02", View::Similarity, "jll"),
    ("attention", "03", View::Attention, "jj"),
    ("attention_product", "03", View::Attention, "vjj"),
    ("attention_values", "03", View::Attention, "vvjj"),
    ("matrix", "03", View::Matrix, "jlz"),
    ("threads", "03", View::Threads, "j"),
    ("heads", "03", View::Heads, "jl"),
    ("heads_numbers", "03", View::Heads, "vjl"),
    ("painted", "04", View::Painted, "ll"),
    ("mixing", "04", View::Mixing, "ll"),
    ("knockout", "04", View::Mixing, "vvvll"),
    ("difference", "04", View::Difference, "jj"),
    ("difference_vectors", "04", View::Difference, "vvvjjll"),
    ("attribution", "04", View::Attribution, "jj"),
    ("map", "04", View::Map, "]]]ll"),
    ("largest", "02", View::Largest, "v["),
    ("ranges", "04", View::Ranges, "jl"),
    ("arrange", "06", View::Arrange, ""),
    ("received", "06", View::Received, "vv"),
    ("gradient", "07", View::Gradient, "]"),
    ("gradient_masked", "07", View::Gradient, "vv"),
    ("histories", "11", View::Histories, "j"),
    ("slope", "08", View::Slope, "jj"),
    ("rivals", "09", View::Rivals, "j"),
    ("rivals_all", "06", View::Rivals, ""),
    ("notebook", "12", View::Notebook, ""),
    ("notebook_predictions", "12", View::Notebook, "vj"),
    ("slope_sizes", "08", View::Slope, "vvvv"),
];

/// Views that show a run: name, lesson, view, keys pressed when it is done.
const RUNS: &[(&str, &str, View, &str)] = &[
    ("probe", "05", View::Probe, ""),
    ("aggregate", "05", View::Aggregate, "jj"),
    ("nearest", "05", View::Nearest, "jj"),
    ("learning", "07", View::Learning, ""),
    ("race", "08", View::Race, ""),
    ("answers", "08", View::Answers, "j"),
    ("answers_taken", "08", View::Answers, "vj"),
    ("answers_sure", "08", View::Answers, "vvj"),
    ("answers_length", "08", View::Answers, "vvv"),
    ("order", "10", View::Order, ""),
    ("decode", "10", View::Decode, "[["),
];

/// Answers the long run that waits; a training is cut to three steps.
fn finish(driver: &mut Driver) {
    match driver.waiting.pop() {
        Some(Effect::Submit(ticket, Request::Learn(wanted))) => {
            let mut few = wanted.clone();
            few.steps = 3;
            let outcome = driver.lab.run(&Request::Learn(few), &Control::QUIET).expect("it works");
            let Some(Outcome::Learn(data)) = outcome else { panic!("a training") };
            let mut data = (*data).clone();
            data.request = wanted;
            driver.tell(Event::Done(ticket, Outcome::Learn(Arc::new(data))));
        }
        waiting => {
            driver.waiting.extend(waiting);
            driver.finish_run();
        }
    }
}

/// On the bench of a run, which waits for Enter.
fn offered(lesson: &str, view: View) -> Driver {
    let mut driver = Driver::new(80, 24);
    if matches!(view, View::Race | View::Probe | View::Answers) {
        // A lab of its own: the lanes of its last race answer what is asked.
        driver.lab = Arc::new(Session::alone(lab().bert().clone(), None));
    }
    driver.shorten_runs(96, 48);
    to_view(&mut driver, lesson, view);
    driver
}

#[test]
fn every_view_of_a_sentence_at_every_size_and_depth() {
    for (name, lesson, view, keys) in AT_ONCE {
        let mut driver = Driver::new(80, 24);
        to_view(&mut driver, lesson, *view);
        driver.press(keys);
        assert!(driver.state.marker().is_some_and(|marker| marker.contains("ready")), "{name} is complete");
        snapshot(name, &mut driver);
    }
}

#[test]
fn every_view_of_a_run_at_every_size_and_depth() {
    for (name, lesson, view, keys) in RUNS {
        let mut driver = offered(lesson, *view);
        snapshot(&format!("{name}_offered"), &mut driver);
        driver.key(Key::Enter);
        finish(&mut driver);
        driver.press(keys);
        assert!(driver.state.marker().is_some_and(|marker| marker.contains("done")), "{name} is done");
        snapshot(name, &mut driver);
        if *view == View::Race {
            driver.press("d");
            snapshot("disagree", &mut driver);
            driver.press("qt");
            driver.key(Key::Ctrl('u'));
            driver.press("a fine film");
            snapshot("ask", &mut driver);
        }
    }
}

#[test]
fn a_run_under_way_at_every_size_and_depth() {
    let mut driver = offered("08", View::Race);
    driver.key(Key::Enter);
    let Some(Effect::Submit(ticket, _)) = driver.waiting.last() else { panic!("a run was asked for") };
    let curve = |readout: &str, by: f32| Curve {
        readout: readout.to_owned(),
        seed: 0,
        rate: 5e-5,
        steps: 80,
        loss: (0..40).map(|step| 0.7 - by * step as f32).collect(),
        validation: vec![(0, 0.5), (20, 0.5 + 10.0 * by), (40, 0.5 + 20.0 * by)],
    };
    let progress = Progress {
        first: None,
        what: "fine-tuning".to_owned(),
        done: 40,
        total: 80,
        lanes: Vec::new(),
        curves: vec![curve("cls", 0.005), curve("mean", 0.008)],
    };
    driver.tell(Event::Progress(*ticket, progress, Duration::from_secs(20)));
    snapshot("race_running", &mut driver);
}

/// Each view says in docs/pictures.md what the eye must see first, and nothing else is told of there.
#[test]
fn every_view_has_its_line_in_the_guide_to_pictures() {
    let guide = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/pictures.md")).expect("the guide");
    let views = guide.split("## Views").nth(1).expect("a table of views");
    let named: Vec<&str> =
        views.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1).collect();
    let mut wanted: Vec<&str> = View::ALL.iter().map(|(name, _)| *name).collect();
    let mut told = named.clone();
    wanted.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, wanted);
}

#[test]
fn every_view_of_the_vocabulary_is_in_the_gallery() {
    let shown: Vec<View> = AT_ONCE.iter().chain(RUNS).map(|(.., view, _)| *view).collect();
    for (name, view) in View::ALL {
        assert!(shown.contains(&view), "no snapshot shows the view {name}");
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    for (name, ..) in AT_ONCE.iter().chain(RUNS) {
        assert!(folder.join(format!("it__depths__{name}.snap")).exists(), "{name} has a snapshot");
    }
}
