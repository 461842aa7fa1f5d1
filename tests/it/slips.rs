//! Slips of the pen that would change a figure or a sentence and break nothing else: one table in another's place, a
//! step of the recipe left out, a rule turned round.

use clsroom::lab::features::{extract, hash, rows};
use clsroom::lab::finetune::examples::{order, prepare};
use clsroom::lab::finetune::schedule::factor;
use clsroom::lab::finetune::{Example, HEAD_RATE, Rates, Student};
use clsroom::lab::race::Kept;
use clsroom::lab::{Control, Margin, Matrix, Mode, Pair, RaceRequest, Rate, Readout, Recipe, Verdict, Worth};
use clsroom::lesson::View;
use clsroom::lesson::progress::{Keep as _, Store};
use sha2::{Digest, Sha256};

use crate::driver::{Driver, lab};
use crate::screens::to_view;

/// A layer (1-based) in which the three tables have different numbers for one piece, and that piece.
fn told_apart(tables: [&Matrix; 3]) -> (usize, usize) {
    let [a, b, c] = tables;
    let cells = (0..a.rows).flat_map(|row| (1..a.cols).map(move |column| (row, column)));
    let apart = |row: usize, column: usize| {
        let [a, b, c] = [a, b, c].map(|table| table.at(row, column));
        (a - b).abs().min((b - c).abs()).min((a - c).abs())
    };
    let (row, column) = cells.max_by(|one, two| apart(one.0, one.1).total_cmp(&apart(two.0, two.1))).expect("a cell");
    assert!(apart(row, column) > 0.015, "no cell tells them apart");
    (row + 1, column)
}

#[test]
fn each_measure_of_mixing_shows_and_says_its_own_table() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "04", View::Mixing);
    let mixing = driver.state.trace().expect("a trace").mixing.clone();
    let (layer, piece) = told_apart([&mixing.norm, &mixing.raw, &mixing.rollout]);
    (driver.state.cursor.layer, driver.state.cursor.token, driver.state.cursor.variant) = (layer, piece, 0);
    for (name, table) in [("norm", &mixing.norm), ("raw", &mixing.raw), ("rollout", &mixing.rollout)] {
        assert_eq!(driver.state.measure(), Some(name));
        let screen = driver.screen();
        let cell = format!("{:.2}", table.at(layer - 1, piece));
        assert!(screen.contains(&format!("[{}]", cell.trim_start_matches('0'))), "{name}: {cell}\n{screen}");
        let said = clsroom::bench::in_words(&driver.state).join("\n");
        let row = table.row(layer - 1);
        let most = row[1..].iter().copied().fold(0f32, f32::max);
        let line = said.lines().find(|line| line.starts_with(&format!("Layer {layer}:"))).expect("a line");
        let short = |number: f32| format!("{number:.3}").trim_start_matches('0').to_owned();
        assert!(line.contains(&short(most)), "{name}: {line}");
        driver.press("v");
    }
}

#[test]
fn each_measure_of_a_difference_says_its_own_table() {
    let mut driver = Driver::new(120, 36);
    to_view(&mut driver, "04", View::Difference);
    let traces = [driver.state.trace(), driver.state.other_trace()].map(|trace| trace.expect("a trace").clone());
    let layer = driver.state.cursor.layer.max(1);
    let pairs = driver.state.aligned();
    for (name, pick) in [
        ("norm", (|mixing| &mixing.norm) as fn(&clsroom::lab::Mixing) -> &Matrix),
        ("raw", |mixing| &mixing.raw),
        ("rollout", |mixing| &mixing.rollout),
    ] {
        while driver.state.measure() != Some(name) {
            driver.press("v");
        }
        driver.state.cursor.layer = layer;
        let share =
            |number: usize, at: Option<usize>| at.map_or(0.0, |at| pick(&traces[number].mixing).at(layer - 1, at));
        let (a, b) = pairs
            .iter()
            .map(|pair| (share(0, pair.0), share(1, pair.1)))
            .max_by(|one, two| (one.1 - one.0).abs().total_cmp(&(two.1 - two.0).abs()))
            .expect("pieces");
        let said = clsroom::bench::in_words(&driver.state).join("\n");
        let number = |value: f32| clsroom::app::values::write(f64::from(value), clsroom::lesson::Format::Decimals(2));
        assert!(said.contains(&format!("A {}, B {}", number(a), number(b))), "{name}: {a} {b}\n{said}");
    }
}

#[test]
fn a_token_by_number_and_one_by_hash_are_the_ones_they_say() {
    let text = "the plot is surprisingly warm";
    let encoding = lab().bert().encode(text, None).expect("pieces");
    let content: Vec<usize> = (0..encoding.special.len()).filter(|at| !encoding.special[*at]).collect();
    assert!(content.len() > 4);
    for k in [1, 2, 3, 5] {
        assert_eq!(rows(&Readout::Token(k), &encoding.special, 0), [content[k - 1]], "token:{k}");
    }
    assert_eq!(rows(&Readout::Token(400), &encoding.special, 0), [*content.last().expect("a piece")]);
    // The hash is that of the text as it decides the split: trimmed, in lower case; its first eight bytes, largest first.
    let digest = Sha256::digest(text.as_bytes());
    let first = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
    assert_eq!(hash(&format!("  {} ", text.to_uppercase())), first);
    let drawn = content[(first % content.len() as u64) as usize];
    assert_eq!(rows(&Readout::Random, &encoding.special, first), [drawn]);
    // Vectors are those rows of the last layer.
    let sentence = clsroom::lab::Sentence::single(text);
    let request = clsroom::lab::Request::Trace(sentence);
    let Ok(Some(clsroom::lab::Outcome::Trace(trace))) = lab().run(&request, &Control::QUIET) else { panic!("a trace") };
    let wanted = [(Readout::Token(3), 6), (Readout::Random, 6)];
    let found = extract(lab().bert(), &[text], &wanted, &mut |_, _| true).expect("vectors").expect("not stopped");
    for (readout, row) in [(Readout::Token(3), content[2]), (Readout::Random, drawn)] {
        let vector = found[&(readout.clone(), 6)].row(0).to_vec();
        let state = trace.hidden_states[6].row(row);
        let furthest = vector.iter().zip(state).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert!(furthest < 1e-4, "{readout}: {furthest}");
    }
}

#[test]
fn the_attention_weighted_mean_is_what_a_trace_says() {
    let texts = ["the plot is surprisingly warm", "no", "a film that nobody who saw it will ever forget, alas"];
    let last = lab().facts().layers;
    let wanted = [(Readout::AttentionWeighted, last), (Readout::AttentionWeighted, 2)];
    let found = extract(lab().bert(), &texts, &wanted, &mut |_, _| true).expect("vectors").expect("not stopped");
    for (row, text) in texts.iter().enumerate() {
        let request = clsroom::lab::Request::Trace(clsroom::lab::Sentence::single(*text));
        let Ok(Some(clsroom::lab::Outcome::Trace(trace))) = lab().run(&request, &Control::QUIET) else {
            panic!("a trace")
        };
        let heads = &trace.attentions[last - 1];
        let share = |piece: usize| heads.iter().map(|head| head.at(0, piece)).sum::<f32>() / heads.len() as f32;
        for layer in [last, 2] {
            let states = &trace.hidden_states[layer];
            let vector = found[&(Readout::AttentionWeighted, layer)].row(row).to_vec();
            for (column, value) in vector.iter().enumerate() {
                let expected: f32 = (0..states.rows).map(|piece| share(piece) * states.at(piece, column)).sum();
                assert!((value - expected).abs() < 1e-4, "{text}, layer {layer}: {value}, by the trace {expected}");
            }
        }
    }
}

/// The loss of every step of a run, made again with nothing but a student: its recipe is the one that is written down. The
/// rate is far too large, so that gradients grow beyond what is clipped.
#[test]
fn a_run_takes_the_steps_of_its_recipe_and_clips_them() {
    let recipe = Recipe {
        epochs: 3,
        least_steps: 0,
        seeds: 1,
        rate: Rate::Fixed(2e-3),
        top_layers: Some(2),
        ..Recipe::default()
    };
    let request = RaceRequest {
        train: Some(64),
        test: Some(8),
        modes: vec![Mode::Finetune],
        recipe: recipe.clone(),
        ..RaceRequest::frozen("movies", vec![Readout::Mean])
    };
    let (report, _) = lab().race(&request, &Control::QUIET, &Kept::NOTHING).expect("it runs").expect("not stopped");
    let told = &report.lanes[0].curves[0].loss;
    let dataset = lab().dataset("movies").expect("the course's sentences");
    let subset = dataset.subset(request.train, request.test);
    let texts: Vec<(&str, usize)> = subset
        .train
        .iter()
        .map(|index| (dataset.items()[*index].text.as_str(), dataset.items()[*index].label))
        .collect();
    let examples = prepare(lab().bert(), &texts, &Readout::Mean, Some(4), &mut |_| true).expect("examples");
    let examples = examples.expect("not stopped");
    let steps = 64usize.div_ceil(recipe.batch) * recipe.epochs;
    let again = |clip: Option<f64>| {
        let mut student = Student::new(lab().bert(), &Readout::Mean, Some(2), 2, 0).expect("a student");
        let orders: Vec<Vec<usize>> = (0..recipe.epochs).map(|epoch| order(64, 0, epoch)).collect();
        let batches = orders.iter().flat_map(|order| order.chunks(recipe.batch));
        let step = |(number, batch): (usize, &[usize])| {
            let members: Vec<&Example> = batch.iter().map(|index| &examples[*index]).collect();
            let factor = factor(number, steps);
            student.step(&members, Rates { body: 2e-3 * factor, head: HEAD_RATE * factor, clip }).expect("a step")
        };
        batches.enumerate().map(step).collect::<Vec<f32>>()
    };
    assert_eq!(told.len(), steps);
    assert_eq!(*told, again(Some(1.0)));
    assert_ne!(*told, again(None), "clipping at 1 changes this run");
}

fn pair(verdict: Verdict) -> Pair {
    Pair {
        a: "cls".to_owned(),
        b: "mean".to_owned(),
        mode: "frozen".to_owned(),
        layer: Some(6),
        worth: Worth {
            difference: 0.031,
            by_seed: vec![0.031],
            from_seeds: None,
            from_sentences: 0.019,
            ci95: [0.012, 0.05],
            p_value: 0.0004,
            comparisons: 1,
            verdict,
            margin: Margin::default(),
            smallest_visible: 0.0251,
            one_seed: false,
        },
        discordant: [10, 30],
        mcnemar: vec![0.0004],
    }
}

#[test]
fn every_verdict_says_what_it_means() {
    let figures = "GlobalPooling minus [CLS]: +3.1 points, 95 % interval +1.2 to +5.0, p < 0.001: ";
    for (verdict, words) in [
        (Verdict::Better, "GlobalPooling is better than [CLS]."),
        (Verdict::Worse, "GlobalPooling is worse than [CLS]."),
        (Verdict::Equivalent, "GlobalPooling and [CLS] are equivalent within 2 points."),
        (
            Verdict::TooLittleData,
            "too little data to tell GlobalPooling from [CLS]; of true differences of 2.5 points a race of this size finds four in five.",
        ),
    ] {
        assert_eq!(pair(verdict).in_words(), format!("{figures}{words}"));
    }
}

#[test]
fn lessons_know_every_verdict_by_its_name() {
    let known = clsroom::lesson::vocabulary::kind(clsroom::lesson::Source::Live, "race.cls-mean.6.verdict");
    assert_eq!(known, clsroom::lesson::vocabulary::Kind::OneOf(&Verdict::NAMES));
}

#[test]
fn a_verdict_says_how_far_it_reaches() {
    let mut tuned = pair(Verdict::Better);
    tuned.worth.one_seed = true;
    assert!(tuned.in_words().ends_with("better than [CLS] (of these two trained models; other seeds may differ)."));
    // The mean is inside the margin, one seed is not.
    let mut apart = pair(Verdict::TooLittleData);
    apart.worth =
        Worth { ci95: [-0.015, 0.019], by_seed: vec![0.001, -0.028, 0.02], from_seeds: Some(0.012), ..apart.worth };
    let words = apart.in_words();
    assert!(words.contains("lies within 2 points, but one seed differs by -2.8"), "{words}");
    assert!(words.contains("(sentences ±1.9, seeds ±1.2)"), "{words}");
    apart.worth.margin = "5".parse().expect("a margin");
    assert!(!apart.in_words().contains("one seed differs"));
}

#[test]
fn the_second_session_of_a_learner_is_told_of_the_first_and_nobody_else_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = |name: &str| Store::new(folder.path().join(name));
    let (mut first, mut second, mut another) = (store("a.json"), store("a.json"), store("b.json"));
    assert!(!first.open_session(), "there is no other yet");
    assert!(second.open_session(), "the first is open");
    assert!(!another.open_session(), "another learner's is no matter");
    drop(first);
    assert!(store("a.json").open_session(), "the second is still open");
    drop(second);
    assert!(!store("a.json").open_session(), "nobody is left");
}
