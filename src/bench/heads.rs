//! All layers and heads at once (the model view): thumbnails of their attention, or one number a head.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::words::{number, sentence};
use super::{chosen, frame, matrix, measured, said, without};
use crate::app::bench::{over_layers, over_rows};
use crate::app::keymap::Scope;
use crate::app::{Action, State};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::head::{Shares, shares};
use crate::lab::{Matrix, TraceData};
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::Scale;
use crate::view::widgets::thumbnails::{self, Thumbnails};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the attention of all layers and heads, small",
    measures: &["maps", "cls", "sep", "self", "previous", "next", "entropy"],
    settings: &["sentence", "measure", "layer", "head"],
    keys: &[Scope::Move, Scope::Layers, Scope::Heads],
    lowest_layer: 1,
    hides: |state| state.cursor.open || state.cursor.variant == 0,
    moves,
    ..ViewRow::of(View::Heads, "heads", Draw::Traced(draw), words)
};

/// One of a head's shares.
type Share = fn(&Shares) -> f32;

/// What a variant's number says, what the weight is on, and which of the shares it is. The first variant shows
/// thumbnails, the last the entropy.
const NUMBERS: [(&str, &str, Share); 6] = [
    ("weight on [CLS]", "[CLS]", |shares| shares.cls),
    ("weight on [SEP]", "[SEP]", |shares| shares.sep),
    ("weight of a position on itself", "the position itself", |shares| shares.itself),
    ("weight on the position before", "the position before", |shares| shares.previous),
    ("weight on the position after", "the position after", |shares| shares.next),
    ("entropy of a row in nats", "entropy", |shares| shares.entropy),
];

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    if state.cursor.open {
        return matrix::draw(state, trace, theme, area, buf);
    }
    let (layer, head) = chosen(state, trace);
    let Some(attention) = trace.attentions.get(layer - 1).and_then(|heads| heads.get(head)) else { return };
    let own = shares(attention, &trace.pieces);
    let even = (trace.pieces.len() as f32).ln();
    let dot = theme.glyphs().dot;
    let under = said(
        format!(
            "[CLS] {:.2} {dot} [SEP] {:.2} {dot} itself {:.2} {dot} beside {:.2} {dot} entropy {:.2}",
            own.cls,
            own.sep,
            own.itself,
            own.previous + own.next,
            own.entropy
        ),
        theme.value(),
    );
    let right = format!("layer {layer}  head {}   v", head + 1);
    let rows: Vec<String> = (1..=trace.attentions.len()).map(|layer| format!("layer {layer}")).collect();
    let columns: Vec<String> = (1..=trace.attentions[layer - 1].len()).map(|head| head.to_string()).collect();
    let cursor = (layer - 1, head);
    let Some((what, _, number)) = state.cursor.variant.checked_sub(1).and_then(|variant| NUMBERS.get(variant)) else {
        let shown = state.shown();
        let mut spots = Scale::between(0.0, 1.0).legend(1, theme);
        spots.push_span(Span::styled(format!(" {dot} a spot: the largest weight there"), theme.dim()));
        let foot = [
            under,
            spots,
            said("where its weight goes, mean of all rows; Enter opens it", theme.text()),
            measured("a picture: one head's map; rows ask, columns offer", theme),
        ];
        let caption = format!("every head{}", without(state, trace));
        let body = frame(&caption, &right, &foot, theme, area, buf);
        let largest = |(layer, head): (usize, usize), rows: Range<usize>, columns: Range<usize>| {
            let (map, columns) = (&trace.attentions[layer][head], &shown[columns]);
            let of_row = |row: &usize| columns.iter().map(|column| map.row(*row)[*column]).fold(0.0, f32::max);
            shown[rows].iter().map(of_row).fold(0.0, f32::max)
        };
        let pictures = Thumbnails { rows: &rows, columns: &columns, size: shown.len(), largest: &largest, cursor };
        return thumbnails::draw(body, buf, theme, &pictures);
    };
    let all: Vec<Vec<f32>> = trace
        .attentions
        .iter()
        .map(|heads| heads.iter().map(|head| number(&shares(head, &trace.pieces))).collect())
        .collect();
    let high = if *what == NUMBERS[5].0 { even.max(f32::MIN_POSITIVE) } else { 1.0 };
    let scale = Scale::between(0.0, high);
    let foot = [
        under,
        scale.legend(2, theme),
        said(format!("a cell: one head, mean of all rows; even weights have entropy {even:.2}"), theme.text()),
        measured(what, theme),
    ];
    let body = frame(&format!("every head: {what}"), &right, &foot, theme, area, buf);
    let value = |layer: usize, head: usize| all[layer].get(head).copied().unwrap_or(f32::NAN);
    let map = Heatmap { scale, cursor: Some(cursor), ..Heatmap::new(&rows, &columns, &value) };
    heatmap::draw(body, buf, theme, &map);
}

/// All heads: what each layer looks at, and the head that does most of it.
fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let heads: Vec<Vec<Shares>> = trace
        .attentions
        .iter()
        .map(|layer| layer.iter().map(|head: &Matrix| shares(head, &trace.pieces)).collect())
        .collect();
    let [weights @ .., _] = &NUMBERS;
    let mut said = vec![format!("Where the weight of every head goes, mean of all rows, for {}.", sentence(trace))];
    for (layer, of) in heads.iter().enumerate() {
        let mean = |value: Share| number(of.iter().map(value).sum::<f32>() / of.len().max(1) as f32);
        let list: Vec<String> = weights.iter().map(|(_, name, value)| format!("{name} {}", mean(*value))).collect();
        said.push(format!(
            "Layer {}, mean of {} heads: {}; entropy {}.",
            layer + 1,
            of.len(),
            list.join(", "),
            mean(|shares| shares.entropy)
        ));
    }
    let flat = || {
        heads.iter().enumerate().flat_map(|(layer, of)| of.iter().enumerate().map(move |(at, one)| (layer, at, one)))
    };
    let top = |(_, name, value): &(&str, &str, Share)| {
        let (layer, at, one) = flat().max_by(|a, b| value(a.2).total_cmp(&value(b.2)))?;
        Some(format!("{name}: layer {}, head {}, {}", layer + 1, at + 1, number(value(one))))
    };
    let list: Vec<String> = weights.iter().filter_map(top).collect();
    said.push(format!("The head that puts most weight on each: {}.", list.join("; ")));
    Some(said)
}

/// Over rows of the head that is open; over layers and heads where none is.
fn moves(state: &mut State, action: Action) -> bool {
    if state.cursor.open {
        return over_rows(state, action);
    }
    let last = state.facts.as_ref().map_or(0, |facts| facts.heads - 1);
    let cursor = &mut state.cursor;
    match action {
        Action::Left => cursor.head = cursor.head.saturating_sub(1),
        Action::Right => cursor.head = (cursor.head + 1).min(last),
        _ => return over_layers(state, action),
    }
    true
}
