//! A finished race: accuracies with intervals, and what each difference says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{differences, draw_lanes, named, whole};
use crate::app::State;
use crate::bench::{frame, kept_vectors, measured_run, said};
use crate::lab::race::confusion::over;
use crate::lab::{Ended, Lane, Mode, Pair, RaceReport, verdict};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, span, wrap};

/// Lines that words need at least beside the lanes.
const LEAST: u16 = 3;

pub(super) fn result(state: &State, caption: &str, report: &RaceReport, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let [train, _, test] = report.provenance.sentences;
    let read = report.lanes.iter().find_map(|lane| lane.layer).filter(|_| report.against.is_none());
    let layer = read.map_or(String::new(), |layer| format!("layer {layer}"));
    let how = report.provenance.recipe.as_ref().map_or(String::new(), |recipe| {
        let layers = match recipe.top_layers {
            Some(1) => "the uppermost layer".to_owned(),
            Some(count) => format!("upper {count} layers"),
            None => "all layers".to_owned(),
        };
        format!("; tuned: {layers}, {}", seeds(report.provenance.seed, recipe.seeds))
    });
    let several = report.both().flat_map(|report| &report.lanes).any(|lane| lane.by_seed.len() > 1);
    let [_, _, point, _] = theme.glyphs().whisker;
    let seed = if several { format!("; {} each seed", theme.glyphs().seed) } else { String::new() };
    let legend = format!("{point} accuracy on test sentences; whiskers: 95 % interval{seed}");
    let foot = [
        said(&legend, theme.dim()),
        measured_run(
            state,
            &format!(
                "{} training, {} test sentences, the same for every lane{how}{}",
                whole(train),
                whole(test),
                kept_vectors(&report.provenance)
            ),
            theme,
        ),
    ];
    let body = frame(caption, &layer, &foot, theme, area, buf);
    let models: Vec<&[Lane]> = report.both().map(|report| report.lanes.as_slice()).collect();
    let two = models.len() > 1;
    let wide = usize::from(body.width).min(72);
    let mut text: Vec<Line<'_>> = Vec::new();
    if let Some(said) = prediction(state) {
        let said = clean(&said, theme.ascii).into_owned();
        text.extend(wrap(&[Span::styled(said, theme.text())], wide));
    }
    let say = |words: &str, style| wrap(&[span(words, style, theme)], wide);
    for (number, report) in report.both().enumerate().filter(|_| two) {
        text.extend(say(&format!("{}: {}", number + 1, report.provenance.model), theme.text()));
    }
    // What the lesson asks first: the readouts of a model; then the models; then what else there is to say.
    for (number, report) in report.both().enumerate() {
        text.extend(verdicts(report, number, two).iter().flat_map(|words| say(words, theme.value())));
    }
    if let Some(against) = &report.against {
        text.extend(telling(&against.pairs).into_iter().flat_map(|pair| say(&pair.between(), theme.value())));
        text.extend(against.gaps.iter().flat_map(|gap| say(&gap.in_words(), theme.value())));
        text.extend(report.cosines().iter().flat_map(|words| say(words, theme.text())));
    }
    for (number, report) in report.both().enumerate() {
        text.extend(of_model(report, number, two).iter().flat_map(|words| say(words, theme.text())));
    }
    text.extend(say(verdict::RULE, theme.dim()));
    let rows = named(&models, two).len() as u16 + 2;
    let mut below = Rect { y: body.y + rows + 1, height: body.height.saturating_sub(rows + 1), ..body };
    // Many lanes on a low screen leave no room for words: these then stand on a page of their own.
    let first = state.cursor.offset;
    let apart = below.height < LEAST && text.len() > usize::from(below.height);
    if apart && first > 0 {
        return scrolled(text, first - 1, theme, body, buf);
    }
    let place = Rect { height: rows.min(body.height - u16::from(apart && body.height > 0)), ..body };
    draw_lanes(&models, two, theme, place, buf);
    // The verdict as a picture, where it leaves room for words.
    let apart_by = if two { Vec::new() } else { differences::rows(&report.pairs) };
    let high = differences::height(apart_by.len());
    if let Some(pair) = report.pairs.first()
        && !apart_by.is_empty()
        && below.height >= high + 1 + LEAST
    {
        differences::draw(&apart_by, pair.worth.margin, theme, Rect { height: high, ..below }, buf);
        below = Rect { y: below.y + high + 1, height: below.height - high - 1, ..below };
    }
    if apart {
        let line = Rect { y: body.bottom().saturating_sub(1).max(body.y), height: 1, ..body };
        lines(&[said("j: what this says", theme.dim())], line, buf);
    } else {
        scrolled(text, first, theme, below, buf);
    }
}

/// The seeds of a run.
fn seeds(first: u64, count: usize) -> String {
    match count {
        1 => format!("seed {first}"),
        _ => format!("seeds {first} to {}", first.saturating_add(count as u64 - 1)),
    }
}

/// Lines from the first one asked for, as many as there is room for; the last says that there are more.
fn scrolled(text: Vec<Line<'_>>, first: usize, theme: &Theme, room: Rect, buf: &mut Buffer) {
    let hidden = text.len().saturating_sub(usize::from(room.height));
    let first = first.min(hidden);
    let mut shown: Vec<Line<'_>> = text.into_iter().skip(first).take(usize::from(room.height)).collect();
    if first < hidden
        && let Some(last) = shown.last_mut()
    {
        *last = said("j: more", theme.dim());
    }
    lines(&shown, room, buf);
}

/// Pairs with the most telling first: fine-tuned, frozen, baselines.
fn telling(pairs: &[Pair]) -> Vec<&Pair> {
    let mut pairs: Vec<&Pair> = pairs.iter().collect();
    pairs.sort_by_key(|pair| (pair.layer.is_none(), pair.mode != Mode::Finetune.name()));
    pairs
}

/// What a model's lanes say of each other, after a warning where they learnt nothing that could.
fn verdicts(report: &RaceReport, number: usize, two: bool) -> Vec<String> {
    let tuned = |lane: &Lane| if lane.mode == Mode::Finetune.name() { ", tuned" } else { "" };
    let named = |lane: &Lane| verdict::numbered(&verdict::name(&lane.readout), number, two) + tuned(lane);
    let mut said: Vec<String> = report.unlearnt(named).into_iter().chain(report.behind(named)).collect();
    let both = report.pairs.iter().any(|pair| pair.mode == Mode::Finetune.name());
    for pair in telling(&report.pairs).into_iter().filter(|pair| number == 0 || pair.mode != "baseline") {
        let words = pair.in_words_of(
            &verdict::numbered(&verdict::name(&pair.a), number, two),
            &verdict::numbered(&verdict::name(&pair.b), number, two),
        );
        said.push(match (both, pair.layer) {
            (true, Some(_)) if pair.mode == Mode::Finetune.name() => format!("Tuned: {words}"),
            (true, Some(_)) => format!("Frozen: {words}"),
            _ => words,
        });
    }
    said
}

/// The rest: its classes where there are more than two, what ended early, why its own head has no lane.
fn of_model(report: &RaceReport, number: usize, two: bool) -> Vec<String> {
    let mut said = Vec::new();
    for lane in &report.lanes {
        let Some(f1) = lane.macro_f1 else { continue };
        let tuned = if lane.mode == Mode::Finetune.name() { ", tuned" } else { "" };
        let name = verdict::numbered(&verdict::name(&lane.readout), number, two);
        said.push(format!("{name}{tuned}: macro-F1 {f1:.3}{}. {}", over(&lane.confusion), mistakes(report, lane)));
    }
    said.extend(report.own.as_ref().and_then(|own| own.in_words(&report.classes)));
    let ended = |ended: &Ended| format!("{} ended early: {}.", verdict::name(&ended.readout), ended.why);
    said.extend(report.ended.iter().map(ended));
    said
}

/// What the learner expected of this race.
fn prediction(state: &State) -> Option<String> {
    let question = state.step()?.predict.as_ref()?;
    let option = question.options.get(state.given(question)?)?;
    Some(format!("You said: {option}."))
}

/// The confusion matrix in words: for each class how many were found, and what the rest was mostly taken for.
fn mistakes(report: &RaceReport, lane: &Lane) -> String {
    let of_class = |(class, row): (usize, &Vec<usize>)| {
        let total: usize = row.iter().sum();
        let name = &report.classes[class];
        let most = (0..row.len()).filter(|other| *other != class).max_by_key(|other| row[*other]);
        match most.filter(|other| row[*other] > 0) {
            _ if total == 0 => format!("{name}: not among the test sentences"),
            Some(other) => {
                format!("{name}: {} of {total}, {} said to be {}", row[class], row[other], report.classes[other])
            }
            None => format!("{name}: {} of {total}", row[class]),
        }
    };
    lane.confusion.iter().enumerate().map(of_class).collect::<Vec<_>>().join("; ")
}
