//! Keeps what a step shows: the values that the notebook needs, and what decided a prediction.

use super::values::{self, Number};
use super::{Screen, State};
use crate::lab::way::Way;
use crate::lab::{Provenance, Request};
use crate::lesson::notebook::{FACTS, Fact, beside};
use crate::lesson::progress::{Figure, Given, Measured};
use crate::lesson::{Block, EVERYWHERE, Format, Inline, Source, ValueRef, View};

/// Stores what the step on the screen shows. `true` when something was new, so that it is worth saving.
pub(super) fn keep(state: &mut State) -> bool {
    if !matches!(state.screen, Screen::Lesson { .. }) || state.covered() {
        return false;
    }
    let mut new = settle(state) | ran(state);
    let found: Vec<(String, Measured)> =
        FACTS.iter().filter_map(|fact| live(state, fact)).chain(quoted(state)).collect();
    for (key, measured) in found {
        let known = state.progress.measured.get(&key);
        if known.is_none_or(|known| known.gives_way_to(&measured)) {
            state.progress.measured.insert(key, measured);
            new = true;
        }
    }
    new
}

/// A run whose result is on the screen was made in this lesson.
fn ran(state: &mut State) -> bool {
    let run = state.has_run() && !state.shows_notebook();
    let Some(id) = state.lesson().map(|lesson| lesson.id.clone()).filter(|_| run) else { return false };
    !std::mem::replace(&mut state.progress.lessons.entry(id).or_default().run, true)
}

/// Answers whose measurement has arrived meanwhile are judged, once.
pub(super) fn settle(state: &mut State) -> bool {
    let Some(step) = state.step() else { return false };
    let questions: Vec<_> = step.predict.iter().chain(&step.check).cloned().collect();
    let mut new = false;
    for question in questions {
        let verdict = state.judge(&question);
        if !verdict.is_known() || state.given(&question).is_none() {
            continue;
        }
        let sentence = state.sentence().text;
        let on_data =
            |request: &Request| matches!(request, Request::Race(_) | Request::Invert(_) | Request::Aggregate(_));
        let on_sentence = !state.run_request().as_ref().is_some_and(on_data);
        // What one run does not decide, another one may.
        let open =
            |given: &&mut Given| given.correct.is_none() && !(verdict.undecided && given.measured == verdict.measured);
        let Some(given) = state.progress.answers.get_mut(&question.id).filter(open) else { continue };
        given.correct = verdict.right.map(|right| right == given.choice);
        given.right = verdict.right;
        given.sentence = (verdict.measured.is_some() && on_sentence).then_some(sentence);
        given.measured = verdict.measured;
        given.source = verdict.source;
        new = true;
    }
    new
}

/// A fact as the bench on the screen measured it.
fn live(state: &State, fact: &Fact) -> Option<(String, Measured)> {
    let (family, rest) = fact.key.split_once('.')?;
    let view = state.bench()?.view;
    // Of what every step can quote, a view that is called so keeps it.
    let own = View::ALL.iter().any(|(name, _)| *name == family) && EVERYWHERE.contains(&family);
    let shown = if EVERYWHERE.contains(&family) { !own || view.name() == family } else { view.quotes(family) };
    if !shown {
        return None;
    }
    // A short training is of one readout; its values do not say which.
    let key = match (family, rest.split_once('.')) {
        ("learning", Some((readout, rest))) => {
            let learnt = &state.learning()?.request.readout;
            (learnt.to_string() == readout).then(|| format!("learning.{rest}"))?
        }
        _ => fact.key.to_owned(),
    };
    let value = values::resolve(state, &ValueRef { source: Source::Live, key, format: Format::Auto });
    if !value.ready {
        return None;
    }
    // What an earlier session measured was kept then.
    if (RUNS.contains(&family) || family == "learning") && state.measured_before().is_some() {
        return None;
    }
    // What a run found names the run; what one sentence shows names the sentence.
    let of_run = RUNS.contains(&family);
    let run = run(state, fact.key);
    if of_run && run.is_none() {
        return None;
    }
    let command = run.map(|run| run.command.clone());
    let facts = state.facts.as_ref()?;
    let beside = || {
        let data = state.compare(Way::AsItIs).filter(|_| family == "compare")?;
        let word = data.word.as_ref().map(|(word, ..)| word.as_str());
        Some(beside(&data.first.text, &data.second.text, word, (facts.asked.as_deref(), facts.asked_length)))
    };
    let command = command.or_else(beside);
    Some((
        fact.key.to_owned(),
        Measured {
            value: figure(value),
            source: Source::Live,
            sentence: (!of_run).then(|| state.sentence().text),
            command,
            train: run.map(|run| run.sentences[0]),
            test: run.map(|run| run.sentences[2]),
            data_sha256: run.map(|run| run.data_sha256.clone()),
            lesson: lesson(state),
            model: facts.name.clone(),
            asked: facts.asked.clone(),
            max_length: facts.asked_length,
            model_sha256: facts.sha256.clone(),
            at: state.now,
        },
    ))
}

/// Families of values that come from a run over many sentences.
const RUNS: [&str; 4] = ["race", "decode", "aggregate", "order"];

/// How the run was made that the bench shows.
fn run<'a>(state: &'a State, key: &str) -> Option<&'a Provenance> {
    let (family, rest) = key.split_once('.')?;
    Some(match family {
        "order" => &state.order_report(rest.split('.').next()?)?.provenance,
        "race" => &state.race_report()?.provenance,
        "decode" => &state.inversion()?.provenance,
        "aggregate" => &state.aggregate()?.provenance,
        _ => return None,
    })
}

/// Recorded values of facts, as far as the step's text quotes them: kept as `record.KEY`.
fn quoted(state: &State) -> Vec<(String, Measured)> {
    let blocks = state.text();
    let wanted = |value: &&ValueRef| {
        value.source == Source::Record && FACTS.iter().any(|fact| fact.record == Some(value.key.as_str()))
    };
    let mut kept = Vec::new();
    for value in references(&blocks).into_iter().filter(wanted) {
        let found = values::resolve(state, value);
        if !found.ready {
            continue;
        }
        let run = value.key.split('.').next().unwrap_or_default();
        let command = state.records.get(&format!("{run}.command")).map(ToString::to_string);
        let measured = Measured {
            value: figure(found),
            source: Source::Record,
            command,
            lesson: lesson(state),
            at: state.now,
            ..Measured::default()
        };
        kept.push((format!("record.{}", value.key), measured));
    }
    kept
}

/// Every value that a step's text names.
fn references(blocks: &[Block]) -> Vec<&ValueRef> {
    let inlines = blocks.iter().flat_map(|block| match block {
        Block::Paragraph(inlines) | Block::Quote(inlines) => vec![inlines],
        Block::List { items, .. } => items.iter().collect(),
        Block::Code(_) => Vec::new(),
    });
    let values = inlines.flatten().filter_map(|inline| match inline {
        Inline::Value(value) => Some(value),
        _ => None,
    });
    values.collect()
}

fn lesson(state: &State) -> String {
    state.lesson().map(|lesson| lesson.id.clone()).unwrap_or_default()
}

fn figure(value: values::Value) -> Figure {
    match value.number {
        // JSON has no other numbers, and a progress file that has is no JSON.
        Number::Known(number) if number.is_finite() => Figure::Number(number),
        _ => Figure::Text(value.text),
    }
}
