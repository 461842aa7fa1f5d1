//! A race for people: a table of lanes, pairs in words, how it was made.

mod matrix;

use std::fmt::Write as _;

use matrix::Names;

use crate::commands::running::{headline, made_by};
use crate::lab::race::confusion::over;
use crate::lab::{Lane, Mode, Pair, RaceReport, verdict};

/// The report as text.
pub(super) fn text(report: &RaceReport) -> String {
    let Some(against) = &report.against else { return of_model(report, 0, false) };
    let mut out = of_model(report, 0, true) + "\n" + &of_model(&against.report, 1, true);
    let _ = writeln!(out, "\nbetween the models");
    for pair in &against.pairs {
        let _ = writeln!(out, "{}{}", layers(report, &against.report, pair), pair.between());
    }
    for gap in &against.gaps {
        let _ = writeln!(out, "{}", gap.in_words());
    }
    if let Some(words) = report.cosines() {
        let _ = writeln!(out, "{words}");
    }
    out
}

/// What the two lanes of a pair between the models read, each on a layer of its own model.
fn layers(first: &RaceReport, second: &RaceReport, pair: &Pair) -> String {
    let known = |lanes: &[Lane], layer: usize| lanes.iter().any(|lane| lane.layer == Some(layer));
    let last = |report: &RaceReport| report.lanes.iter().filter_map(|lane| lane.layer).max();
    let layer = pair.layer.filter(|_| pair.mode != Mode::Finetune.name());
    match (layer, last(first), last(second)) {
        (Some(layer), _, _) if known(&first.lanes, layer) && known(&second.lanes, layer) => format!("layer {layer}: "),
        (Some(_), Some(one), Some(other)) => format!("layer {one} of 1, {other} of 2: "),
        _ => String::new(),
    }
}

/// What one model's lanes came to; of two models with its number.
fn of_model(report: &RaceReport, number: usize, two: bool) -> String {
    let name = |lane: &Lane| name(lane, number, two);
    let mut out = String::new();
    let provenance = &report.provenance;
    let numbered = if two { format!("{}: ", number + 1) } else { String::new() };
    let _ = writeln!(out, "{numbered}{}\n", headline(provenance));
    let _ = writeln!(
        out,
        "  {:<26} {:>5}  {:>8}  {:<15}  {:>7}  {:>10}",
        "readout", "layer", "accuracy", "95 % interval", "C, rate", "validation"
    );
    for lane in &report.lanes {
        let layer = lane.layer.map_or("-".to_owned(), |layer| layer.to_string());
        let c = lane.c.or(lane.rate).map_or("-".to_owned(), |c| format!("{c}"));
        let validation = lane.validation.map_or("-".to_owned(), |share| format!("{share:.4}"));
        let [low, high] = lane.ci95;
        let interval = format!("{low:.4}-{high:.4}");
        let _ = writeln!(
            out,
            "  {:<26} {layer:>5}  {:>8.4}  {interval:<15}  {c:>7}  {validation:>10}",
            name(lane),
            lane.accuracy
        );
    }
    out.push('\n');
    for words in report.unlearnt(name).into_iter().chain(report.behind(name)) {
        let _ = writeln!(out, "{words}");
    }
    let readout = |readout: &str| verdict::numbered(&verdict::name(readout), number, two);
    for pair in &report.pairs {
        let layer = match pair.layer {
            _ if pair.mode == Mode::Finetune.name() => "fine-tuned: ".to_owned(),
            Some(layer) => format!("layer {layer}: "),
            None => String::new(),
        };
        let _ = writeln!(out, "{layer}{}", pair.in_words_of(&readout(&pair.a), &readout(&pair.b)));
    }
    if !report.pairs.is_empty() {
        let _ = writeln!(out, "{}", verdict::RULE);
    }
    if let Some(words) = report.own.as_ref().and_then(|own| own.in_words(&report.classes)) {
        let _ = writeln!(out, "{words}");
    }
    let names = Names::of(&report.classes);
    if report.lanes.iter().any(|lane| lane.macro_f1.is_some()) {
        out.push_str(&names.legend());
    }
    for (lane, f1) in report.lanes.iter().filter_map(|lane| Some((lane, lane.macro_f1?))) {
        let layer = lane.layer.map_or(String::new(), |layer| format!(", layer {layer}"));
        let _ = writeln!(out, "\n{}{layer}: macro-F1 {f1:.4}{}", name(lane), over(&lane.confusion));
        out.push_str(&names.matrix(&lane.confusion));
    }
    for ended in &report.ended {
        let _ = writeln!(out, "{}, seed {}: ended early: {}", readout(&ended.readout), ended.seed, ended.why);
    }
    let _ = writeln!(out, "\n{}", made_by(provenance));
    out
}

/// The lane's readout and, where it was fine-tuned, that.
fn name(lane: &Lane, number: usize, two: bool) -> String {
    let name = verdict::numbered(&verdict::name(&lane.readout), number, two);
    if lane.mode == Mode::Finetune.name() { format!("{name}, tuned") } else { name }
}
