//! One head's attention, rows by columns (the head view): rows ask, columns offer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{chosen, frame, hidden, labels, measured, said, without};
use crate::app::State;
use crate::app::pieces::place_of;
use crate::lab::TraceData;
use crate::lab::head::entropy;
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::Scale;

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (layer, number) = chosen(state, trace);
    let Some(attention) = trace.attentions.get(layer - 1).and_then(|heads| heads.get(number)) else { return };
    let names = labels(trace, theme);
    let shown = state.shown();
    let last = names.len().saturating_sub(1);
    let (row, column) = (state.cursor.row.min(last), state.cursor.token.min(last));
    let dot = theme.glyphs().dot;
    let scale = Scale::between(0.0, 1.0);
    let mut foot = vec![said(
        format!(
            "{} -> {}: {:.3} {dot} row {} of {}, column {} {dot} entropy {:.2}, even {:.2}",
            names[column],
            names[row],
            attention.at(row, column),
            row + 1,
            names.len(),
            column + 1,
            entropy(attention.row(row)),
            (names.len() as f32).ln()
        ),
        theme.value(),
    )];
    foot.extend(hidden(state, trace, attention.row(row), theme));
    foot.push(scale.legend(1, theme));
    foot.push(said("a cell: how much of the column's value the row takes; a whole row adds to 1", theme.text()));
    let close = if state.cursor.open { "; Enter closes it" } else { "" };
    foot.push(measured(&format!("rows ask, columns offer{close}"), theme));
    let caption = format!("attention of one head{}", without(state, trace));
    let body = frame(&caption, &format!("layer {layer} [ ]  head {} {{ }}", number + 1), &foot, theme, area, buf);
    let kept: Vec<String> = shown.iter().map(|index| names[*index].clone()).collect();
    let value = |row: usize, column: usize| attention.at(shown[row], shown[column]);
    let roles = super::label_roles(trace, &shown);
    let map = Heatmap {
        row_roles: &roles,
        column_roles: &roles,
        scale,
        cursor: Some((place_of(&shown, row), place_of(&shown, column))),
        ..Heatmap::new(&kept, &kept, &value)
    };
    heatmap::draw(body, buf, theme, &map);
}
