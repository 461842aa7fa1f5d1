//! One head's attention, rows by columns (the head view): rows ask, columns offer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::{ROWS, largest, number, piece, sentence};
use super::{chosen, frame, hidden, labels, measured, pieces_by_pieces, row_and_column, said, without};
use crate::app::State;
use crate::app::bench::over_rows;
use crate::app::keymap::Scope;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::lab::head::entropy;
use crate::view::theme::Theme;
use crate::view::widgets::scale::Scale;

pub(super) const ROW: ViewRow = ViewRow {
    about: "one head's attention, rows by columns",
    settings: &["sentence", "layer", "head"],
    keys: &[Scope::Move, Scope::Layers, Scope::Heads],
    lowest_layer: 1,
    hides: |_| true,
    moves: over_rows,
    ..ViewRow::of(View::Matrix, "matrix", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (layer, number) = chosen(state, trace);
    let Some(attention) = trace.attentions.get(layer - 1).and_then(|heads| heads.get(number)) else { return };
    let names = labels(trace, theme);
    let (row, column) = row_and_column(state, trace);
    let dot = theme.glyphs().dot;
    let scale = Scale::between(0.0, 1.0);
    let under = format!(
        "{} -> {}: {:.3} {dot} row {} of {}, column {} {dot} entropy {:.2}, even {:.2}",
        names[column],
        names[row],
        attention.at(row, column),
        row + 1,
        names.len(),
        column + 1,
        entropy(attention.row(row)),
        (names.len() as f32).ln()
    );
    let mut foot = vec![said(under, theme.value())];
    foot.extend(hidden(state, trace, attention.row(row), theme));
    foot.push(scale.legend(1, theme));
    foot.push(said("a cell: how much of the column's value the row takes; a whole row adds to 1", theme.text()));
    let close = if state.cursor.open { "; Enter closes it" } else { "" };
    foot.push(measured(&format!("rows ask, columns offer{close}"), theme));
    let caption = format!("attention of one head{}", without(state, trace));
    let body = frame(&caption, &format!("layer {layer} [ ]  head {} {{ }}", number + 1), &foot, theme, area, buf);
    pieces_by_pieces(state, trace, attention, scale, theme, body, buf);
}

/// One head: where each piece looks.
fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let (layer, at) = chosen(state, trace);
    let attention = trace.attentions.get(layer - 1)?.get(at)?;
    let mut said = vec![format!("Attention of layer {layer}, head {}, for {}:", at + 1, sentence(trace))];
    let one = |row: usize| {
        let weights = attention.row(row);
        let strongest: Vec<String> = largest(weights)
            .into_iter()
            .take(2)
            .map(|column| format!("{} {}", piece(trace, column), number(weights[column])))
            .collect();
        format!("{} weighs {}", piece(trace, row), strongest.join(", "))
    };
    let rows: Vec<String> = (0..attention.rows.min(ROWS)).map(one).collect();
    said.push(format!("Each piece's two largest weights: {}.", rows.join("; ")));
    if attention.rows > ROWS {
        said.push(format!("{} more pieces are left out here.", attention.rows - ROWS));
    }
    let mean = (0..attention.rows).map(|row| entropy(attention.row(row))).sum::<f32>() / attention.rows.max(1) as f32;
    said.push(format!(
        "Mean entropy of the rows: {} nats; even weights would have {}.",
        number(mean),
        number((attention.rows as f32).ln())
    ));
    Some(said)
}
