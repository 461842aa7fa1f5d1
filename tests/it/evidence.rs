//! The experiments behind "one number", "the sink" and "pretraining" against `PyTorch`'s values, and what they say where
//! a model or a sentence has not what they need.

use std::collections::HashMap;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use clsroom::lab::gradient::masked;
use clsroom::lab::knockout::ranges;
use clsroom::lab::largest::{beside, largest, mean};
use clsroom::lab::received::received;
use clsroom::lab::way::{AS_IT_IS, Way};
use clsroom::lab::{Control, Matrix, Mode, Outcome, RaceRequest, Readout, Recipe, Request, Sentence};
use clsroom::lesson::View;
use clsroom::model::Bert;
use serde_json::Value;

use crate::checkpoint::Checkpoint;
use crate::driver::{Driver, lab};
use crate::reference::{bert, difference, numbers, read};
use crate::screens::to_view;

const TOLERANCE: f32 = 1e-4;

fn traced(arguments: &[&str]) -> Result<Value, String> {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .arg("trace")
        .args(arguments)
        .args(["--format", "json"])
        .env("HOME", home.path())
        .env_remove("XDG_DATA_HOME")
        .output()
        .expect("it starts");
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn every_figure_agrees_with_the_reference() {
    for case in read("course.json")["cases"].as_array().expect("cases") {
        let text = case["text"].as_str().expect("a text");
        let also = ["--also", "largest,received,ranges,masked", "--ranges", "1-5,6-6,1-6,2-5,3-3"];
        let json = traced(&[&[text][..], &also].concat()).expect("it runs");
        let agree = |ours: &Value, theirs: &Value, what: &str| {
            let apart = difference(&numbers(ours), &numbers(theirs));
            assert!(apart < TOLERANCE, "{text:?}, {what}: {apart}\n{ours}\n{theirs}");
        };
        let largest = &json["largest_coordinate"];
        assert_eq!(largest["index"], 99, "{text:?}");
        agree(&largest["share_of_cls"], &case["coordinate_99_share_of_cls"], "share");
        for (ours, theirs) in [
            ("as_it_is", "as_it_is"),
            ("stand_in_first", "banana_first"),
            ("without_cls", "no_cls"),
            ("without_cls_from_1", "no_cls_positions_from_1"),
            ("from_1", "positions_from_1"),
        ] {
            agree(&json["received_by_first"][ours], &case["received_by_place_0"][theirs], ours);
        }
        for (range, moved) in case["cut_all_into_cls_one_minus_cosine"].as_object().expect("ranges") {
            agree(&json["cut_ranges"][range], moved, range);
        }
        let (ours, theirs) = (&json["masked_word"], &case["masked_word"]);
        assert_eq!(ours["position"], theirs["position"], "{text:?}");
        assert_eq!(ours["own_head"], false);
        agree(&ours["loss"], &theirs["loss"], "loss");
        agree(&ours["gradient_norm"], &theirs["gradient_norm"], "gradient");
    }
}

/// Cosines of five sentences' `[CLS]` with each other, as they are, without the number, centred.
#[test]
fn cosines_of_pairs_agree_with_the_reference_in_every_way() {
    let pairs = &read("course.json")["pairs"];
    let texts: Vec<&str> = pairs["texts"].as_array().expect("texts").iter().filter_map(Value::as_str).collect();
    let states: Vec<Vec<Matrix>> = texts
        .iter()
        .map(|text| {
            let trace = lab().run(&Request::Trace(Sentence::single(*text)), &Control::QUIET).expect("it runs");
            let Some(Outcome::Trace(trace)) = trace else { panic!("a trace") };
            trace.hidden_states.clone()
        })
        .collect();
    let cosine = |a: &[f32], b: &[f32]| {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()) as f32
    };
    let ways =
        [(Way::AsItIs, "cls_mean_pair_cosine"), (Way::Without, "without_coordinate_99"), (Way::Centred, "centred")];
    for (way, key) in ways {
        let ours: Vec<f32> = (1..=6)
            .map(|layer| {
                let rows: Vec<&[f32]> = states.iter().map(|states| states[layer].row(0)).collect();
                let mean = mean(&Matrix::new(rows.len(), 384, rows.concat()));
                let all: Vec<Vec<f32>> = rows.iter().map(|row| way.prepare(row, 99, &mean).into_owned()).collect();
                let pairs = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b)));
                let cosines: Vec<f32> = pairs.map(|(a, b)| cosine(&all[a], &all[b])).collect();
                cosines.iter().sum::<f32>() / cosines.len() as f32
            })
            .collect();
        let apart = difference(&ours, &numbers(&pairs[key]));
        assert!(apart < TOLERANCE, "{key}: {apart}\n{ours:?}\n{}", pairs[key]);
    }
}

/// What the bench shows is the mean over the sentences that it names, and leaves nothing else out.
#[test]
fn leaving_out_one_number_changes_what_it_says_it_does() {
    let vector = [3.0, -4.0, 12.0];
    let mean = [1.0, 1.0, 1.0];
    assert_eq!(*Way::AsItIs.prepare(&vector, 2, &mean), vector);
    assert_eq!(*Way::Without.prepare(&vector, 2, &mean), [3.0, -4.0, 0.0]);
    assert_eq!(*Way::Without.prepare(&vector, 9, &mean), vector);
    assert_eq!(*Way::Centred.prepare(&vector, 2, &mean), [2.0, -5.0, 11.0]);
    let states = [Matrix::new(1, 3, vector.to_vec())];
    let found = largest(&states);
    assert_eq!((found.index, found.share_of_cls[0]), (2, 144.0 / 169.0));
    let others = [Matrix::new(2, 3, vec![3.0, -4.0, 12.0, -3.0, 4.0, -12.0])];
    let data = beside(&Sentence::single("x"), &states, &others, Arc::default());
    let near = |found: f32, expected: f32| assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
    [0, 1, 2].into_iter().for_each(|way| near(data.cosines[way][0], 0.0));
    assert_eq!(data.others, 2);
}

/// Nothing of a masked word's loss enters at `[CLS]`: it is touched only through the words that look at it.
#[test]
fn the_loss_of_a_masked_word_enters_at_its_own_place_alone() {
    let found = masked(bert(), &Sentence::single("not bad at all"), Some(2)).expect("it runs");
    let last = found.gradient_norm.row(found.gradient_norm.rows - 1);
    for (place, norm) in last.iter().enumerate() {
        assert_eq!(*norm > 0.0, place == 2, "{last:?}");
    }
    assert!(found.gradient_norm.at(0, 0) > 0.0, "it reaches [CLS] below");
}

#[test]
fn what_is_missing_is_said_with_its_cause() {
    let refused = |arguments: &[&str]| traced(arguments).expect_err("it should be refused");
    for (arguments, part) in [
        (["", "--also", "received"].as_slice(), "the sentence needs two words"),
        (&["bad", "--also", "received"], "one in the first place, and one that could look at it"),
        (&["", "--also", "masked"], "no word at position 1"),
        (&["not bad", "--also", "masked", "--mask", "0"], "no word at position 0"),
        (&["not bad", "--also", "masked", "--mask", "77"], "no word at position 77"),
        (&["not bad", "--also", "ranges", "--ranges", "1-9"], "no layers 1 to 9: this model has layers 1 to 6"),
        (&["not bad", "--also", "ranges", "--ranges", "5-2"], "as in 6 or 1-5"),
        (&["not bad", "--also", "ranges", "--ranges", "0-2"], "as in 6 or 1-5"),
        (&["not bad", "--also", "received", "--stand-in", "qqqqq"], "not one piece of the vocabulary"),
    ] {
        let said = refused(arguments);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    // A sentence of one word has nobody but that word.
    let one = traced(&["bad", "--also", "masked"]).expect("it runs");
    assert_eq!(one["masked_word"]["position"], 1);
    // All positions of this model are in use.
    let folder = tempfile::tempdir().expect("a folder");
    Checkpoint { positions: 5, ..Checkpoint::default() }.write(folder.path());
    let full = Bert::open(folder.path(), None).expect("it loads");
    let said =
        received(&full, &Sentence::single("not bad film"), "banana").expect_err("no position is left").to_string();
    assert!(said.contains("has 5 positions, and all are in use"), "{said}");
    let fits = received(&full, &Sentence::single("not bad"), "banana").expect("it fits");
    assert_eq!(fits.from_1.len(), 2);
    // A vocabulary without [MASK].
    let vocabulary = fs::read_to_string(folder.path().join("vocab.txt")).expect("words").replace("[MASK]", "[other]");
    fs::write(folder.path().join("vocab.txt"), vocabulary).expect("written");
    let bare = Bert::open(folder.path(), None).expect("it loads");
    let said = masked(&bare, &Sentence::single("bad"), None).expect_err("nothing hides a word").to_string();
    assert!(said.contains("no token that hides a word"), "{said}");
}

/// A checkpoint that kept the head it was pretrained with guesses by that head.
#[test]
fn a_checkpoints_own_head_guesses_by_its_formula() {
    let folder = tempfile::tempdir().expect("a folder");
    let style = Checkpoint::default();
    style.write(folder.path());
    let sentence = Sentence::single("not bad film");
    let open = || Bert::open(folder.path(), None).expect("it loads");
    let plain = masked(&open(), &sentence, Some(2)).expect("it runs");
    assert!(!plain.own_head);

    let (size, entries) = (style.hidden, style.table);
    let wave = |count: usize, step: f32| (0..count).map(|at| (at as f32 * step).sin() * 0.5).collect::<Vec<f32>>();
    let tensor = |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, &Device::Cpu).expect("a tensor");
    let (dense, dense_bias) = (wave(size * size, 0.37), wave(size, 0.11));
    let (norm, norm_bias, bias) = (wave(size, 0.53), wave(size, 0.29), wave(entries, 0.71));
    let mut stored: HashMap<String, Tensor> =
        style.weights().into_iter().map(|(name, tensor)| (format!("bert.{name}"), tensor)).collect();
    for (name, values, shape) in [
        ("transform.dense.weight", &dense, vec![size, size]),
        ("transform.dense.bias", &dense_bias, vec![size]),
        ("transform.LayerNorm.weight", &norm, vec![size]),
        ("transform.LayerNorm.bias", &norm_bias, vec![size]),
        ("bias", &bias, vec![entries]),
    ] {
        stored.insert(format!("cls.predictions.{name}"), tensor(values, &shape));
    }
    candle_core::safetensors::save(&stored, folder.path().join("model.safetensors")).expect("written");
    let bert = open();
    let own = masked(&bert, &sentence, Some(2)).expect("it runs");
    assert!(own.own_head && (own.loss - plain.loss).abs() > 1e-3, "{} and {}", own.loss, plain.loss);

    // -log softmax(LayerNorm(gelu(W h + b)) E' + c) of the hidden word, number by number.
    let mut input = bert.encode("not bad film", None).expect("it encodes").input;
    let word = std::mem::replace(&mut input.input_ids[2], bert.word_id("[MASK]").expect("a mask")) as usize;
    let batch = clsroom::model::Batch::new(&[&input]).expect("a batch");
    let states = bert.forward(&batch, &mut clsroom::model::Nothing).expect("a pass").to_vec2::<f32>().expect("numbers");
    let hidden = &states[2];
    let row = |row: usize| (0..size).map(|at| f64::from(dense[row * size + at] * hidden[at])).sum::<f64>();
    let before: Vec<f64> = (0..size).map(|at| row(at) + f64::from(dense_bias[at])).collect();
    let active = Tensor::new(before, &Device::Cpu).and_then(|x| x.gelu_erf()?.to_vec1::<f64>()).expect("numbers");
    let mean = active.iter().sum::<f64>() / size as f64;
    let spread = (active.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / size as f64 + 1e-12).sqrt();
    let normed: Vec<f64> =
        (0..size).map(|at| (active[at] - mean) / spread * f64::from(norm[at]) + f64::from(norm_bias[at])).collect();
    let table = style.weights()["embeddings.word_embeddings.weight"].to_vec2::<f32>().expect("numbers");
    let score = |entry: usize| {
        (0..size).map(|at| normed[at] * f64::from(table[entry][at])).sum::<f64>() + f64::from(bias[entry])
    };
    let scores: Vec<f64> = (0..entries).map(score).collect();
    let expected = scores.iter().map(|score| score.exp()).sum::<f64>().ln() - scores[word];
    assert!((f64::from(own.loss) - expected).abs() < 1e-4, "{} and {expected}", own.loss);
}

/// What even attention would be follows from the pieces that are there: without `[CLS]` there is one less.
#[test]
fn the_even_share_counts_the_pieces_of_the_arrangement() {
    let mut driver = Driver::new(80, 24);
    driver.type_sentence("not bad at all");
    to_view(&mut driver, "06", View::Received);
    driver.press("1");
    let flat = |driver: &Driver| driver.screen().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat(&driver).contains("evenly spread it would be 16.7 %"), "{}", driver.screen());
    driver.press("vv");
    assert!(flat(&driver).contains("evenly spread it would be 20.0 %"), "{}", driver.screen());
}

#[test]
fn a_range_of_one_layer_and_none_at_all() {
    let sentence = Sentence::single("not bad at all");
    let moved = ranges(bert(), &sentence, &[[6, 6]], AS_IT_IS).expect("it runs");
    assert!(moved[0] > 0.05, "{moved:?}");
    assert!(ranges(bert(), &sentence, &[], AS_IT_IS).expect("nothing to do").is_empty());
    assert!([[0, 2], [2, 7]].iter().all(|range| ranges(bert(), &sentence, &[*range], AS_IT_IS).is_err()));
}

/// The probes of `clsroom order` on the course's model: what a cosine near 1 hides, a probe reads; swapped neighbours hardly.
#[test]
fn a_probe_reads_who_does_it_and_shuffled_words_but_a_counter_of_words_reads_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_clsroom"))
        .args(["order", "--layer", "0,3,6", "--format", "json"])
        .env("HOME", home.path())
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let accuracy = |task: &str, readout: &str, layer: Option<u64>| {
        let lanes = json[task]["lanes"].as_array().expect("lanes");
        let lane = lanes.iter().find(|lane| lane["readout"] == readout && lane["layer"].as_u64() == layer);
        lane.expect("a lane")["accuracy"].as_f64().expect("a share")
    };
    let found = |task: &str| [0, 3, 6].map(|layer| accuracy(task, "cls", Some(layer)));
    for task in ["order-subject", "order-shuffled", "order-swapped"] {
        assert!((accuracy(task, "words", None) - 0.5).abs() < 0.06, "{task}");
        assert!((found(task)[0] - 0.5).abs() < 1e-9, "[CLS] knows nothing at layer 0");
    }
    let [subject, shuffled, swapped] = ["order-subject", "order-shuffled", "order-swapped"].map(found);
    assert!(subject[1] > 0.75 && subject[2] > 0.55, "{subject:?}");
    assert!(shuffled[1] > 0.9 && shuffled[2] > 0.7, "{shuffled:?}");
    assert!(swapped[1] < 0.7 && swapped[2] < shuffled[2], "{swapped:?}");
    assert!((accuracy("order-shuffled", "mean", Some(0)) - 0.5).abs() < 0.08);
}

/// A probe on labels that mean nothing must find nothing: what it gets right is luck.
#[test]
fn a_probe_learns_nothing_from_labels_at_random() {
    let race = |modes: Vec<Mode>| {
        let lanes = vec![Readout::Cls, Readout::RandomLabels];
        let request = RaceRequest {
            train: Some(600),
            test: Some(1_000),
            modes,
            recipe: Recipe { top_layers: Some(1), least_steps: 1, epochs: 1, ..Recipe::default() },
            ..RaceRequest::frozen("movies", lanes)
        };
        lab().run(&Request::Race(request), &Control::QUIET)
    };
    let Ok(Some(Outcome::Race(report))) = race(vec![Mode::Frozen]) else { panic!("no race") };
    let share = |name: &str| report.lanes.iter().find(|lane| lane.readout == name).expect("the lane").accuracy;
    assert!((share("cls-random-labels") - 0.5).abs() < 0.06 && share("cls") > 0.6, "{:?}", report.lanes);
    let Ok(Some(Outcome::Race(both))) = race(vec![Mode::Frozen, Mode::Finetune]) else { panic!("no race") };
    let tuned: Vec<&str> =
        both.lanes.iter().filter(|lane| lane.mode == "finetune").map(|lane| lane.readout.as_str()).collect();
    assert_eq!(tuned, ["cls"], "a control is frozen");
    let refused = race(vec![Mode::Finetune]).expect_err("nothing to do for the control").to_string();
    assert!(refused.contains("cls-random-labels is a frozen lane"), "{refused}");
}
