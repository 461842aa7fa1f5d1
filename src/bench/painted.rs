//! The painted sentence: in each layer the sentence itself, every word on a background by what flows from it into `[CLS]`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{frame, in_way, mixing, token, word};
use crate::app::State;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::Side;
use crate::view::widgets::painted::{self, Painted, Word};

/// What may be set and asked is what [`mixing`] has: it is the same table, in another picture.
pub(super) const ROW: ViewRow = ViewRow {
    view: View::Painted,
    name: "painted",
    about: "the sentence painted by what flows into [CLS], one row a layer",
    two_models: false,
    draw: Draw::Traced(draw),
    ..mixing::ROW
};

fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(flowing) = mixing::flowing(state, trace) else { return mixing::waits(theme, area, buf) };
    let layer = mixing::layer_of(state, &flowing);
    let how = "background: what comes from it";
    let foot = mixing::foot(state, trace, &flowing, how, theme);
    let caption = format!("into [CLS]: {}{}", flowing.name, in_way(state));
    let body = frame(&caption, &format!("layer {layer} [ ]   v measure"), &foot, theme, area, buf);
    // [CLS] keeps most of itself: its number stands under the picture, and only what comes from others is painted.
    let shown: Vec<usize> = state.shown().into_iter().filter(|index| *index > 0).collect();
    let words: Vec<Word> = shown.iter().map(|index| word(trace, *index, theme)).collect();
    let rows: Vec<String> = (1..=flowing.table.rows).map(|layer| format!("layer {layer}")).collect();
    let at = token(state, trace);
    let picture = Painted {
        rows: &rows,
        words: &words,
        value: &|row, word| flowing.table.at(row, shown[word]),
        scale: flowing.scale,
        cursor: (layer - 1, shown.iter().position(|index| *index == at)),
        side: flowing.ratio.map(|values| Side { title: "mixing ratio", values }),
    };
    painted::draw(body, buf, theme, &picture);
}
