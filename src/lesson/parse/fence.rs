//! The directives: fenced blocks `bench`, `predict` and `check`, whose content is TOML, and `notes`, `embedded` and
//! `others`, whose content is text, and `code`, whose content is kept line by line.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::problem::{Problem, Text, visible};
use super::toml_at::{self, Key, Keys, Shape, needed, optional};
use super::{one_line, reference, sentence, steps};
use crate::lesson::{Answer, Bench, Only, Question, Step, ValueRef};

/// The first word of a directive's opening line.
pub(super) const NAMES: [&str; 7] = ["bench", "predict", "check", "notes", "code", "embedded", "others"];

/// Cells of a line of code: it is shown as it stands on a screen of 80 columns.
const CODE_WIDTH: usize = 68;

/// How many options a question may have; they are answered with the digit keys and must fit one screen.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=6;

const BENCH: &[Key] = &[
    needed("view", Shape::View),
    optional("sentence", Shape::Text),
    optional("other", Shape::Text),
    optional("word", Shape::Text),
    optional("measure", Shape::Text),
    optional("layer", Shape::Layer),
    optional("head", Shape::Count),
    optional("operation", Shape::Text),
    optional("readouts", Shape::Texts),
    optional("train", Shape::Count),
    optional("test", Shape::Count),
    optional("modes", Shape::Texts),
    optional("epochs", Shape::Count),
    optional("top-layers", Shape::Count),
    optional("both-models", Shape::Flag),
];

const QUESTION: &[Key] = &[
    needed("id", Shape::Text),
    needed("ask", Shape::Text),
    optional("ask-others", Shape::Text),
    needed("options", Shape::Texts),
    optional("answer", Shape::Count),
    optional("measure", Shape::Text),
    optional("bands", Shape::Numbers),
    optional("matches", Shape::Words),
    needed("why", Shape::Text),
    optional("why-others", Shape::Text),
];

#[derive(Deserialize)]
#[serde(untagged)]
enum WordsToml {
    One(String),
    Several(Vec<String>),
}

impl WordsToml {
    fn words(&self) -> Vec<String> {
        match self {
            Self::One(word) => vec![one_line(word)],
            Self::Several(words) => words.iter().map(|word| one_line(word)).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionToml {
    id: Spanned<String>,
    ask: Spanned<String>,
    #[serde(rename = "ask-others")]
    ask_others: Option<Spanned<String>>,
    options: Spanned<Vec<String>>,
    answer: Option<Spanned<usize>>,
    measure: Option<Spanned<String>>,
    bands: Option<Vec<f64>>,
    matches: Option<Vec<WordsToml>>,
    why: Spanned<String>,
    #[serde(rename = "why-others")]
    why_others: Option<Spanned<String>>,
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
            Err(problems) => (step.bench.is_some(), problems),
        };
    }
    if name == "notes" {
        let (blocks, problems) = steps::notes(source, text, range);
        return (!std::mem::replace(&mut step.notes, blocks).is_empty(), problems);
    }
    if name == "code" {
        return code(source, text, range, step);
    }
    if matches!(name, "embedded" | "others") {
        let only = if name == "embedded" { Only::Embedded } else { Only::Others };
        let (title, blocks, problems) = steps::text_for(source, text, range);
        let twice = title.is_some() && step.titles.iter().any(|(known, _)| *known == only);
        step.titles.extend(title.map(|title| (only, title)));
        for block in blocks {
            step.only.insert(step.blocks.len(), only);
            step.blocks.push(block);
        }
        return (twice, problems);
    }
    let place = if name == "predict" { &mut step.predict } else { &mut step.check };
    match question(source, text, range) {
        Ok(question) => (place.replace(question).is_some(), Vec::new()),
        Err(problems) => (place.is_some(), problems),
    }
}

/// Lines of a library's user, kept as they stand.
fn code(source: &Text<'_>, text: &str, range: Range<usize>, step: &mut Step) -> (bool, Vec<Problem>) {
    let at = range.start;
    let content = visible(&text[range.clone()].replace('\t', "    "));
    let content = content.trim_end().to_owned();
    if content.is_empty() {
        let help = "write the lines that a library's user would write, or leave the block out".to_owned();
        return (step.code.is_some(), vec![source.problem(at, "this block of code is empty").with_help(help)]);
    }
    let wide = content.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut problems = Vec::new();
    if wide > CODE_WIDTH {
        let message = format!("a line of this code has {wide} characters, more than {CODE_WIDTH}");
        problems.push(source.problem(at, message).with_help("break it, as it is shown as it stands".to_owned()));
    }
    if let Some((offset, quote)) = toml_at::first_curly_quote(&text[range]) {
        let message = format!("the curly quote {quote} stands in a block of code");
        let help = "write a straight quote: nobody can type or copy the code as it stands".to_owned();
        problems.push(source.problem(at + offset, message).with_help(help));
    }
    (step.code.replace(content).is_some(), problems)
}

fn bench(source: &Text<'_>, text: &str, range: Range<usize>, line: usize) -> Result<Bench, Vec<Problem>> {
    let mut bench: Bench = toml_at::read(source, text, range, Keys::Of(BENCH))?;
    bench.line = line;
    for text in [&mut bench.sentence, &mut bench.other].into_iter().flatten() {
        *text = sentence(text);
    }
    let names = [&mut bench.word, &mut bench.measure, &mut bench.operation].into_iter().flatten();
    for name in names.chain(&mut bench.readouts).chain(&mut bench.modes) {
        *name = one_line(name);
    }
    Ok(bench)
}

fn question(source: &Text<'_>, text: &str, range: Range<usize>) -> Result<Question, Vec<Problem>> {
    let start = range.start;
    let read: QuestionToml = toml_at::read(source, text, range, Keys::Of(QUESTION))?;
    let at = |span: Range<usize>| start + span.start;
    let mut problems = Vec::new();
    let always = [("id", &read.id), ("ask", &read.ask), ("why", &read.why)];
    let others = [("ask-others", &read.ask_others), ("why-others", &read.why_others)];
    let others = others.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    for (key, value) in always.into_iter().chain(others) {
        if value.get_ref().trim().is_empty() {
            let help = format!("write `{key} = \"…\"`");
            problems.push(source.problem(at(value.span()), format!("`{key}` is empty")).with_help(help));
        }
    }
    let options: Vec<String> = read.options.get_ref().iter().map(|option| one_line(option)).collect();
    if !OPTIONS.contains(&options.len()) || options.iter().any(String::is_empty) {
        let message = format!("a question has {} to {} options, none empty", OPTIONS.start(), OPTIONS.end());
        let help = "write `options = [\"…\", \"…\"]`".to_owned();
        problems.push(source.problem(at(read.options.span()), message).with_help(help));
    }
    let answer = answer(source, start, &read).map_err(|problem| problems.push(problem)).ok();
    let mut more = Vec::new();
    let mut paragraph = |text: &Spanned<String>| {
        let (inlines, found) = steps::paragraph(source, text.get_ref().trim(), at(text.span()));
        more.extend(found);
        inlines
    };
    let why = paragraph(&read.why);
    let why_others = read.why_others.as_ref().map(paragraph);
    if problems.is_empty() {
        problems.extend(more);
    }
    match answer {
        Some(answer) if problems.is_empty() => Ok(Question {
            id: one_line(read.id.get_ref()),
            ask: one_line(read.ask.get_ref()),
            options,
            answer,
            why,
            ask_others: read.ask_others.as_ref().map(|ask| one_line(ask.get_ref())),
            why_others,
        }),
        _ => Err(problems),
    }
}

/// Exactly one of `answer`, `measure` with `bands`, `measure` with `matches`.
fn answer(source: &Text<'_>, start: usize, read: &QuestionToml) -> Result<Answer, Problem> {
    match (&read.answer, &read.measure, &read.bands, &read.matches) {
        (Some(answer), None, None, None) => {
            let message = "`answer` counts the options from 1";
            let index = answer.get_ref().checked_sub(1);
            let help = "write 1 for the first option".to_owned();
            let wrong = || source.problem(start + answer.span().start, message).with_help(help);
            index.map(Answer::Option).ok_or_else(wrong)
        }
        (None, Some(measure), Some(bands), None) => {
            Ok(Answer::Bands { value: measured(source, start, measure)?, bands: bands.clone() })
        }
        (None, Some(measure), None, Some(matches)) => {
            let matches = matches.iter().map(WordsToml::words).collect();
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
