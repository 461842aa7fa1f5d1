//! The directives: fenced blocks `bench`, `predict` and `check`, whose content is TOML, and `notes`, `embedded` and
//! `others`, whose content is text.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::problem::{Problem, Text, did_you_mean};
use super::{one_line, reference, sentence, steps, toml_at};
use crate::lesson::{Answer, Bench, Only, Question, Step, ValueRef, View};

/// The first word of a directive's opening line.
pub(super) const NAMES: [&str; 6] = ["bench", "predict", "check", "notes", "embedded", "others"];

/// How many options a question may have; they are answered with the digit keys and must fit one screen.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=6;

const BENCH_KEYS: [&str; 14] = [
    "view",
    "sentence",
    "other",
    "word",
    "measure",
    "layer",
    "head",
    "operation",
    "readouts",
    "train",
    "test",
    "modes",
    "epochs",
    "top-layers",
];
const QUESTION_KEYS: [&str; 8] = ["id", "ask", "options", "answer", "measure", "bands", "matches", "why"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BenchToml {
    view: Spanned<String>,
    sentence: Option<String>,
    other: Option<String>,
    word: Option<String>,
    measure: Option<String>,
    layer: Option<usize>,
    head: Option<usize>,
    operation: Option<String>,
    #[serde(default)]
    readouts: Vec<String>,
    train: Option<usize>,
    test: Option<usize>,
    #[serde(default)]
    modes: Vec<String>,
    epochs: Option<usize>,
    #[serde(rename = "top-layers")]
    top_layers: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionToml {
    id: Spanned<String>,
    ask: Spanned<String>,
    options: Spanned<Vec<String>>,
    answer: Option<Spanned<usize>>,
    measure: Option<Spanned<String>>,
    bands: Option<Vec<f64>>,
    matches: Option<Vec<String>>,
    why: Spanned<String>,
}

/// Reads the directive `name` whose TOML stands in `range` of `text` into its place in the step. Says whether that
/// place was taken already, and what is wrong.
pub(super) fn read(
    name: &str,
    source: &Text<'_>,
    text: &str,
    range: Range<usize>,
    line: usize,
    step: &mut Step,
) -> (bool, Vec<Problem>) {
    if name == "bench" {
        return match bench(source, text, range, line) {
            Ok(bench) => (step.bench.replace(bench).is_some(), Vec::new()),
            Err(problem) => (step.bench.is_some(), vec![problem]),
        };
    }
    if name == "notes" {
        let (blocks, problems) = steps::notes(source, text, range);
        return (!std::mem::replace(&mut step.notes, blocks).is_empty(), problems);
    }
    if matches!(name, "embedded" | "others") {
        let only = if name == "embedded" { Only::Embedded } else { Only::Others };
        let (blocks, problems) = steps::notes(source, text, range);
        for block in blocks {
            step.only.insert(step.blocks.len(), only);
            step.blocks.push(block);
        }
        return (false, problems);
    }
    let place = if name == "predict" { &mut step.predict } else { &mut step.check };
    match question(source, text, range) {
        Ok(question) => (place.replace(question).is_some(), Vec::new()),
        Err(problems) => (place.is_some(), problems),
    }
}

fn bench(source: &Text<'_>, text: &str, range: Range<usize>, line: usize) -> Result<Bench, Problem> {
    let read: BenchToml = toml_at::read(source, text, range.clone(), &BENCH_KEYS)?;
    let name = read.view.get_ref().as_str();
    let Some(&(_, view)) = View::ALL.iter().find(|(known, _)| *known == name) else {
        let names = View::ALL.map(|(known, _)| known);
        let help = did_you_mean(name, names).unwrap_or_else(|| format!("the views are {}", names.join(", ")));
        let at = range.start + read.view.span().start;
        return Err(source.problem(at, format!("unknown view `{name}`")).with_help(help));
    };
    let line_of = |text: Option<String>| text.map(|text| one_line(&text));
    Ok(Bench {
        view,
        sentence: read.sentence.map(|text| sentence(&text)),
        other: read.other.map(|text| sentence(&text)),
        word: line_of(read.word),
        measure: line_of(read.measure),
        layer: read.layer,
        head: read.head,
        operation: line_of(read.operation),
        readouts: read.readouts.iter().map(|name| one_line(name)).collect(),
        train: read.train,
        test: read.test,
        modes: read.modes.iter().map(|mode| one_line(mode)).collect(),
        epochs: read.epochs,
        top_layers: read.top_layers,
        line,
    })
}

fn question(source: &Text<'_>, text: &str, range: Range<usize>) -> Result<Question, Vec<Problem>> {
    let start = range.start;
    let read: QuestionToml = toml_at::read(source, text, range, &QUESTION_KEYS).map_err(|problem| vec![problem])?;
    let at = |span: Range<usize>| start + span.start;
    let mut problems = Vec::new();
    for (key, value) in [("id", &read.id), ("ask", &read.ask), ("why", &read.why)] {
        if value.get_ref().trim().is_empty() {
            problems.push(source.problem(at(value.span()), format!("`{key}` is empty")));
        }
    }
    let options: Vec<String> = read.options.get_ref().iter().map(|option| one_line(option)).collect();
    if !OPTIONS.contains(&options.len()) || options.iter().any(String::is_empty) {
        let message = format!("a question has {} to {} options, none empty", OPTIONS.start(), OPTIONS.end());
        problems.push(source.problem(at(read.options.span()), message));
    }
    let answer = answer(source, start, &read).map_err(|problem| problems.push(problem)).ok();
    let (why, more) = steps::paragraph(source, read.why.get_ref().trim(), at(read.why.span()));
    if problems.is_empty() {
        problems.extend(more);
    }
    match answer {
        Some(answer) if problems.is_empty() => {
            Ok(Question { id: one_line(read.id.get_ref()), ask: one_line(read.ask.get_ref()), options, answer, why })
        }
        _ => Err(problems),
    }
}

/// Exactly one of `answer`, `measure` with `bands`, `measure` with `matches`.
fn answer(source: &Text<'_>, start: usize, read: &QuestionToml) -> Result<Answer, Problem> {
    match (&read.answer, &read.measure, &read.bands, &read.matches) {
        (Some(answer), None, None, None) => {
            let message = "`answer` counts the options from 1";
            let index = answer.get_ref().checked_sub(1);
            index.map(Answer::Option).ok_or_else(|| source.problem(start + answer.span().start, message))
        }
        (None, Some(measure), Some(bands), None) => {
            Ok(Answer::Bands { value: measured(source, start, measure)?, bands: bands.clone() })
        }
        (None, Some(measure), None, Some(matches)) => {
            let matches = matches.iter().map(|word| one_line(word)).collect();
            Ok(Answer::Match { value: measured(source, start, measure)?, matches })
        }
        _ => {
            let help = "write `answer = 2`, or `measure = \"…\"` with `bands = […]`, or `measure = \"…\"` with \
                        `matches = […]`";
            let message = "a question needs exactly one way to find its answer";
            Err(source.problem(start + read.id.span().start, message).with_help(help.to_owned()))
        }
    }
}

fn measured(source: &Text<'_>, start: usize, measure: &Spanned<String>) -> Result<ValueRef, Problem> {
    reference(measure.get_ref())
        .map_err(|(message, help)| source.problem(start + measure.span().start, message).with_help(help))
}
