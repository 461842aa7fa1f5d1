//! A finished race: accuracies with intervals, and what each difference says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{draw_lanes, whole};
use crate::app::State;
use crate::lab::{Lane, Mode, Pair, RaceReport, verdict};
use crate::view::bench::{frame, measured, said};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, to_ascii, wrap};

pub(super) fn result(state: &State, caption: &str, report: &RaceReport, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let [train, _, test] = report.provenance.sentences;
    let layer = report.lanes.iter().find_map(|lane| lane.layer).map_or(String::new(), |layer| format!("layer {layer}"));
    let how = report.provenance.recipe.as_ref().map_or(String::new(), |recipe| match recipe.top_layers {
        Some(count) => format!("; tuned: upper {count} layers"),
        None => "; tuned: all layers".to_owned(),
    });
    let foot = [
        said("dot: accuracy on test sentences; whiskers: 95 % interval", theme.dim()),
        measured(
            &format!("{} training, {} test sentences, the same for every lane{how}", whole(train), whole(test)),
            theme,
        ),
    ];
    let body = frame(caption, &layer, &foot, theme, area, buf);
    let rows = report.lanes.len() as u16 + 2;
    draw_lanes(&report.lanes, theme, Rect { height: rows.min(body.height), ..body }, buf);
    let wide = usize::from(body.width).min(72);
    let mut text: Vec<Line<'_>> = Vec::new();
    if let Some(said) = prediction(state) {
        let said = clean(&said, theme.ascii).into_owned();
        text.extend(wrap(&[Span::styled(said, theme.text())], wide));
    }
    let both = report.pairs.iter().any(|pair| pair.mode == Mode::Finetune.name());
    // The most telling first: fine-tuned, frozen, baselines.
    let order = |pair: &&Pair| (pair.layer.is_none(), pair.mode != Mode::Finetune.name());
    let mut pairs: Vec<&Pair> = report.pairs.iter().collect();
    pairs.sort_by_key(order);
    for pair in pairs {
        let words = match (both, pair.layer) {
            (true, Some(_)) if pair.mode == Mode::Finetune.name() => format!("Tuned: {}", pair.in_words()),
            (true, Some(_)) => format!("Frozen: {}", pair.in_words()),
            _ => pair.in_words(),
        };
        let words = if theme.ascii { to_ascii(&words).into_owned() } else { words };
        text.extend(wrap(&[Span::styled(words, theme.value())], wide));
    }
    for lane in &report.lanes {
        let Some(f1) = lane.macro_f1 else { continue };
        let tuned = if lane.mode == Mode::Finetune.name() { ", tuned" } else { "" };
        let words = format!("{}{tuned}: macro-F1 {f1:.3}. {}", verdict::name(&lane.readout), mistakes(report, lane));
        text.extend(wrap(&[Span::styled(clean(&words, theme.ascii).into_owned(), theme.text())], wide));
    }
    for ended in &report.ended {
        let words = format!("{} ended early: {}.", verdict::name(&ended.readout), ended.why);
        text.extend(wrap(&[Span::styled(words, theme.text())], wide));
    }
    let room = Rect { y: body.y + rows + 1, height: body.height.saturating_sub(rows + 1), ..body };
    let hidden = text.len().saturating_sub(usize::from(room.height));
    let first = state.cursor.offset.min(hidden);
    let mut shown: Vec<Line<'_>> = text.into_iter().skip(first).take(usize::from(room.height)).collect();
    if first < hidden
        && let Some(last) = shown.last_mut()
    {
        *last = said("j: more", theme.dim());
    }
    lines(&shown, room, buf);
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
            Some(other) => {
                format!("{name}: {} of {total}, {} said to be {}", row[class], row[other], report.classes[other])
            }
            None => format!("{name}: {} of {total}", row[class]),
        }
    };
    lane.confusion.iter().enumerate().map(of_class).collect::<Vec<_>>().join("; ")
}
