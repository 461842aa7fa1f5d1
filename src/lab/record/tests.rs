use super::*;
use crate::lab::{Lane, Margin, Pair, Provenance, Verdict, Worth};

fn lane(readout: &str, layer: Option<usize>) -> Lane {
    Lane {
        readout: readout.to_owned(),
        mode: if layer.is_some() { "frozen" } else { "baseline" }.to_owned(),
        layer,
        seeds: vec![0],
        accuracy: 0.75,
        ci95: [0.73, 0.77],
        n_test: 2_035,
        n_train: 6_991,
        c: Some(0.1),
        validation: Some(0.76),
        grid: vec![(0.1, 0.76)],
        correct: Vec::new(),
        by_seed: vec![0.75],
        rate: None,
        curves: Vec::new(),
        probabilities: Vec::new(),
        cloud: None,
        confusion: Vec::new(),
        macro_f1: None,
    }
}

fn provenance() -> Provenance {
    Provenance {
        version: "0.1.0".to_owned(),
        command: "clsroom race".to_owned(),
        model: "all-MiniLM-L6-v2".to_owned(),
        model_sha256: "ab".repeat(32),
        tensors_sha256: None,
        data: "movies".to_owned(),
        data_sha256: "cd".repeat(32),
        sentences: [6_991, 1_044, 2_035],
        seed: 0,
        recipe: None,
        key: None,
        vectors_of_day: None,
        threads: 2,
        seconds: Some(1.5),
        date: Some("2026-01-31".to_owned()),
    }
}

fn report() -> RaceReport {
    let pair = Pair {
        a: "cls".to_owned(),
        b: "mean".to_owned(),
        mode: "frozen".to_owned(),
        layer: Some(6),
        worth: Worth {
            difference: 0.04,
            by_seed: vec![0.04],
            from_seeds: None,
            from_sentences: 0.02,
            ci95: [0.02, 0.06],
            p_value: 0.001,
            comparisons: 1,
            verdict: Verdict::Better,
            margin: Margin::default(),
            smallest_visible: 0.03,
            one_seed: false,
        },
        discordant: [100, 180],
        mcnemar: vec![0.001],
    };
    let worth = Worth { verdict: Verdict::TooLittleData, ..pair.worth.clone() };
    let against_words = Pair { b: "words".to_owned(), layer: None, worth, ..pair.clone() };
    RaceReport {
        lanes: vec![lane("cls", Some(6)), lane("mean", Some(6)), lane("words", None)],
        pairs: vec![pair, against_words],
        ended: Vec::new(),
        classes: Vec::new(),
        cls_mean_cosine: None,
        majority: Some(0.5),
        own: None,
        against: None,
        stopped: false,
        sentences: std::sync::Arc::default(),
        provenance: provenance(),
    }
}

fn heads() -> Heads {
    let head = RecordedHead {
        readout: "cls".to_owned(),
        layer: 6,
        c: 0.1,
        accuracy: 0.74,
        weights: vec![0.25, -0.1, 1e-7],
        bias: 0.3,
    };
    let other = RecordedHead { readout: "mean".to_owned(), ..head.clone() };
    Heads {
        model_sha256: "ab".repeat(32),
        data_sha256: "cd".repeat(32),
        heads: vec![head, other],
        provenance: provenance(),
    }
}

#[test]
fn a_record_comes_back() {
    let text = write(&report()).expect("writes");
    assert!(text.contains("\"verdict\": \"better\"") && text.ends_with("}\n"));
    assert_eq!(read(&text).expect("reads"), report());
}

#[test]
fn keys_are_those_that_lessons_use() {
    let values = flatten(&report());
    let keys: Vec<&str> = values.keys().map(String::as_str).collect();
    assert_eq!(
        keys.join(" "),
        "cls-mean.6.difference cls-mean.6.high cls-mean.6.low cls-mean.6.p cls-mean.6.smallest cls-mean.6.verdict \
         cls-words.difference cls-words.high cls-words.low cls-words.p cls-words.smallest cls-words.verdict \
         cls.6.above cls.6.accuracy cls.6.c cls.6.high cls.6.low command data_sha256 date majority.accuracy \
         mean.6.above mean.6.accuracy mean.6.c mean.6.high mean.6.low model \
         test train validation words.accuracy words.high words.low"
    );
    assert_eq!(values["cls-words.verdict"], Datum::Text("too little data to tell".to_owned()));
    assert_eq!(values["test"], Datum::Number(2_035.0));
    assert_eq!(values["cls.6.c"].to_string(), "0.1");
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |change: &dyn Fn(&mut RaceReport)| {
        let mut report = report();
        change(&mut report);
        write(&report).expect_err("should be refused").to_string()
    };
    assert!(refused(&|r| r.lanes[1].accuracy = f64::NAN).contains("lanes[1].accuracy is NaN"));
    assert!(refused(&|r| r.lanes[0].ci95 = [0.8, 0.7]).contains("lanes[0].ci95"));
    assert!(refused(&|r| r.lanes[0].n_test = 0).contains("at least 1"));
    assert!(refused(&|r| r.lanes[0].c = Some(0.0)).contains("a positive number"));
    assert!(refused(&|r| r.lanes[0].readout = "\u{1b}[2J".to_owned()).contains("a readout's name"));
    assert!(refused(&|r| r.pairs[0].worth.difference = -1.5).contains("pairs[0].difference"));
    assert!(refused(&|r| r.pairs[0].worth.p_value = 1.5).contains("p_value"));
    assert!(refused(&|r| r.provenance.command = "a\u{7}".to_owned()).contains("control characters"));
    assert!(refused(&|r| r.provenance.seconds = Some(-1.0)).contains("seconds"));
}

#[test]
fn damaged_text_is_refused_with_its_place() {
    let text = write(&report()).expect("writes");
    let cut = read(&text[..text.len() / 2]).expect_err("cut off").to_string();
    assert!(cut.contains("line"), "{cut}");
    assert!(read(&text.replace("0.75", "1e999")).is_err());
    assert!(read(&text.replace("0.75", "null")).is_err());
    assert!(read(&text.replace("\"better\"", "\"best\"")).is_err());
    assert_eq!(read(&" ".repeat(LARGEST + 1)), Err(RecordError::TooLarge));
}

#[test]
fn heads_come_back_and_fit_their_model_only() {
    let text = heads().write().expect("writes");
    let read = Heads::read(&text).expect("reads");
    assert_eq!(read, heads());
    let model = "ab".repeat(32);
    assert!(read.find(&model, 3, "mean", 6).is_some());
    assert!(read.find(&model, 384, "mean", 6).is_none());
    assert!(read.find("other", 3, "mean", 6).is_none());
    assert!(read.find(&model, 3, "max", 6).is_none());
    let head = read.heads[0].head();
    assert!((head.logit(&[1.0, 1.0, 0.0]) - 0.45).abs() < 1e-6);
    assert_eq!(RecordedHead::new("cls".to_owned(), 6, 0.74, &head), read.heads[0]);
}

#[test]
fn broken_heads_are_refused() {
    let refused = |change: &dyn Fn(&mut Heads)| {
        let mut heads = heads();
        change(&mut heads);
        heads.write().expect_err("should be refused").to_string()
    };
    assert!(refused(&|h| h.heads[1].weights.truncate(2)).contains("heads[1].weights is 2 numbers"));
    assert!(refused(&|h| h.heads[0].weights.clear()).contains("0 numbers"));
    assert!(refused(&|h| h.heads[0].bias = f32::INFINITY).contains("finite"));
    assert!(refused(&|h| h.heads[0].readout = "banana".to_owned()).contains("a readout's name"));
}

#[test]
fn csv_has_a_row_a_lane() {
    let table = csv(&report());
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4);
    // The last column is the rule behind the verdict, quoted for its commas.
    let rule = format!("\"{}\"", crate::wording::RULE);
    let columns = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.replace(&rule, "").split(',').count() == columns), "{table}");
    assert_eq!(lines[1], "cls,frozen,6,0,0.75,0.73,0.77,2035,6991,0.1,,0.76,,,,,,,,,,,");
    let figures = "mean,frozen,6,0,0.75,0.73,0.77,2035,6991,0.1,,0.76,cls,0.04,0.02,0.06,0.001,better,0.03,0.04,,0.02";
    assert_eq!(lines[2], format!("{figures},{rule}"));
}

/// Records of programs that left seeds out of their verdicts are known by their p values.
#[test]
fn a_record_of_the_older_form_is_refused_with_its_command() {
    let mut value: serde_json::Value = serde_json::from_str(&write(&report()).expect("writes")).expect("JSON");
    for pair in value["pairs"].as_array_mut().expect("pairs") {
        let pair = pair.as_object_mut().expect("a pair");
        pair.remove("by_seed");
        pair.insert("p_values".to_owned(), serde_json::json!([0.001]));
    }
    value["provenance"]["command"] = serde_json::json!("clsroom race --seeds 3\u{1b}[2J");
    let error = read(&value.to_string()).expect_err("the older form").to_string();
    assert!(error.contains("older form") && error.contains("clsroom race --seeds 3"), "{error}");
    assert!(!error.contains('\u{1b}'), "{error}");
}
