//! How alike all positions are after a layer: cosines of all pairs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{frame, labels, measured, said, without};
use crate::app::State;
use crate::app::pieces::place_of;
use crate::lab::TraceData;
use crate::lab::similar::{mean_of_pairs, similarity};
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::Scale;

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let layer = state.cursor.layer.min(trace.hidden_states.len().saturating_sub(1));
    let Some(states) = trace.hidden_states.get(layer) else { return };
    let cosines = similarity(states);
    let names = labels(trace, theme);
    let shown = state.shown();
    let last = names.len().saturating_sub(1);
    let (row, column) = (state.cursor.row.min(last), state.cursor.token.min(last));
    let dot = theme.glyphs().dot;
    // Vectors of one layer are rarely unlike: the colours begin at the least alike pair, so that they tell something.
    let low = cosines.data.iter().copied().fold(1f32, f32::min);
    let scale = Scale::between(low.min(0.999), 1.0);
    let mean = mean_of_pairs(&cosines).map_or_else(String::new, |mean| format!(" {dot} mean of all pairs {mean:.3}"));
    let foot = [
        said(
            format!(
                "{} and {}: cosine {:.3} {dot} row {} of {}, column {}",
                names[row],
                names[column],
                cosines.at(row, column),
                row + 1,
                names.len(),
                column + 1
            ),
            theme.value(),
        ),
        scale.legend(2, theme),
        said(format!("1 the same direction, 0 unrelated{mean}"), theme.text()),
        measured("rows and columns: positions; colours begin at the lowest", theme),
    ];
    let after = if layer == 0 { "embeddings".to_owned() } else { format!("layer {layer}") };
    let caption = format!("how alike the vectors are{}", without(state, trace));
    let body = frame(&caption, &format!("{after} [ ]"), &foot, theme, area, buf);
    let kept: Vec<String> = shown.iter().map(|index| names[*index].clone()).collect();
    let value = |row: usize, column: usize| cosines.at(shown[row], shown[column]);
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
