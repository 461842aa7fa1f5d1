//! Where the loss touches: the gradient's size at every layer and position.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::words::layer_name;
use super::{card, frame, label_role, labels, measured, said, token};
use crate::app::bench::over_layers;
use crate::app::keymap::Scope;
use crate::app::{Action, State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::gradient::{MASKED, middle};
use crate::lab::{GradientData, Request, TraceData, verdict};
use crate::lesson::Format;
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::Scale;

pub(super) const ROW: ViewRow = ViewRow {
    about: "where the loss of a classifier touches: layers by positions",
    measures: &["cls", "mean", MASKED],
    settings: &["sentence", "measure", "layer"],
    families: &[values::families::GRADIENT],
    keys: &[Scope::Move, Scope::Layers],
    moves,
    wants: |state| vec![Request::Gradient(state.sentence())],
    starts,
    ..ViewRow::of(View::Gradient, "gradient", Draw::Traced(draw), words)
};

/// The masked word, where the loss of guessing it comes in; else `[CLS]`.
fn starts(state: &State) -> Option<(usize, usize)> {
    let trace = state.trace()?;
    let masked = ROW.measures.get(state.cursor.variant) == Some(&MASKED);
    masked.then(|| (state.cursor.row, middle(trace.pieces.iter().filter(|piece| !piece.special()).count())))
}

/// Over layers; the last one stands on top, so up leads to it.
fn moves(state: &mut State, action: Action) -> bool {
    let turned = match action {
        Action::Up => Action::Down,
        Action::Down => Action::Up,
        other => other,
    };
    over_layers(state, turned)
}

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.gradient() else {
        return card(&["The loss goes back through the layers."], theme, area, buf);
    };
    let Some((readout, map)) = data.maps.get(state.cursor.variant.min(data.maps.len().saturating_sub(1))) else {
        return;
    };
    let (layer, at) = (state.cursor.layer.min(map.rows.saturating_sub(1)), token(state, trace));
    let columns = labels(trace, theme);
    // The top layer stands on top: that is where the loss comes in.
    let rows: Vec<String> = (0..map.rows).rev().map(layer_name).collect();
    // Of each layer's lengths, as the lessons speak of them.
    let sums: Vec<f32> = (0..map.rows).map(|row| map.row(row).iter().sum::<f32>().max(f32::MIN_POSITIVE)).collect();
    let share = |row: usize, column: usize| 100.0 * map.at(row, column) / sums[row];
    let value = |row: usize, column: usize| share(map.rows - 1 - row, column);
    let largest = |columns: Range<usize>| {
        let of = |row: usize| columns.clone().map(move |column| share(row, column));
        (0..map.rows).flat_map(of).fold(0f32, f32::max)
    };
    // Where [CLS] has far more than the others, they have the colours to themselves and it stays a number.
    let (first, others) = (largest(0..1), largest(1..map.cols));
    let apart = others > 0.0 && first > 4.0 * others;
    let most = if apart { others } else { first.max(others) };
    let scale = Scale::between(0.0, most.max(f32::MIN_POSITIVE));
    let touched = (0..map.cols).filter(|column| map.at(layer, *column) > 0.0).count();
    let under = format!(
        "{}, layer {layer}: {:.1} % of the layer's lengths; the loss touches {touched} of {} positions here",
        columns[at],
        share(layer, at),
        map.cols
    );
    let foot = [
        said(under, theme.value()),
        said("length of a gradient: how much its vector is told to change; a row adds to 100", theme.text()),
        unit(scale.legend(1, theme), apart, theme),
        measured(&how(data, readout, trace), theme),
    ];
    let caption = format!("where the loss touches: {}", reader(readout));
    let body = frame(&caption, &format!("layer {layer} [ ]   v readout"), &foot, theme, area, buf);
    let roles: Vec<_> = trace.pieces.iter().map(|piece| label_role(piece.kind)).collect();
    let map = Heatmap {
        column_roles: &roles,
        scale,
        cursor: Some((map.rows - 1 - layer, at)),
        apart: apart.then_some(0),
        ..Heatmap::new(&rows, &columns, &value)
    };
    heatmap::draw(body, buf, theme, &map);
}

/// The legend with its unit.
fn unit(mut legend: Line<'static>, apart: bool, theme: &Theme) -> Line<'static> {
    let cls = if apart { "; [CLS] itself has no colour" } else { "" };
    legend.spans.push(Span::styled(format!(" % of a layer's lengths{cls}"), theme.text()));
    legend
}

/// Whose loss it is.
fn reader(readout: &str) -> String {
    if readout == MASKED { "a masked word".to_owned() } else { format!("classifier on {}", verdict::name(readout)) }
}

/// What the loss is of.
fn how(data: &GradientData, readout: &str, trace: &TraceData) -> String {
    let masked = data.masked.filter(|_| readout == MASKED);
    let Some((position, own)) = masked else {
        return "a fresh classifier, the label positive; columns: positions".to_owned();
    };
    let word = trace.pieces.get(position).map_or("", |piece| piece.shown.as_str());
    let by = if own { "the model's own head" } else { "the word table alone: this model kept no head for it" };
    format!("\"{word}\" hidden behind the mask, guessed by {by}")
}

fn words(state: &State) -> Option<Vec<String>> {
    let data = state.gradient()?;
    let mut said = Vec::new();
    for (readout, map) in &data.maps {
        said.push(match readout.as_str() {
            MASKED => "Where the loss of guessing a masked word touches:".to_owned(),
            readout => format!("Where the loss of a classifier on {} touches:", verdict::name(readout)),
        });
        for layer in (0..map.rows).rev() {
            let row = map.row(layer);
            let touched = row.iter().filter(|norm| **norm > 0.0).count();
            let share = row.first()? / row.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            said.push(format!(
                "After layer {layer}: {touched} of {} positions; {} of the length lies on [CLS].",
                map.cols,
                values::write(f64::from(share), Format::Percent)
            ));
        }
    }
    Some(said)
}
