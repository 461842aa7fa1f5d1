//! `[CLS]` cut off from the words in a range of layers: where does what it has in the end come from?

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{card, frame, in_way, measured, said};
use crate::app::keymap::Scope;
use crate::app::{Action, State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::Request;
use crate::lab::knockout::all_ranges;
use crate::lab::way::Way;
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::Scale;

pub(super) const ROW: ViewRow = ViewRow {
    about: "[CLS] looks at nothing but itself in a range of layers: how far it turns in the end",
    settings: &["sentence"],
    families: &[values::families::CUT],
    keys: &[Scope::Move],
    lowest_layer: 1,
    moves,
    wants: |state| state.ranges_request().into_iter().collect::<Vec<Request>>(),
    ways: |_| &Way::ALL,
    prepares: State::ranges_request,
    ..ViewRow::of(View::Ranges, "ranges", Draw::Alone(draw), words)
};

/// The first layer of the range is chosen up and down, the last to the sides.
fn moves(state: &mut State, action: Action) -> bool {
    let layers = state.layers().unwrap_or(1);
    let [first, last] = range(state, layers);
    let [first, last] = match action {
        Action::Down => [(first + 1).min(layers), last.max((first + 1).min(layers))],
        Action::Up => [first.saturating_sub(1).max(1), last],
        Action::Right => [first, (last + 1).min(layers)],
        Action::Left => [first, last.saturating_sub(1).max(first)],
        _ => return false,
    };
    (state.cursor.layer, state.cursor.offset) = (first, last);
    true
}

/// The range under the cursor; before it is moved, all layers below the last.
fn range(state: &State, layers: usize) -> [usize; 2] {
    let first = state.cursor.layer.clamp(1, layers.max(1));
    match state.cursor.offset {
        0 => [1, layers.saturating_sub(1).max(1)],
        last => [first, last.clamp(first, layers.max(1))],
    }
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (Some(data), Some(layers)) = (state.cut_ranges(state.way()), state.layers()) else {
        return card(&["The model runs once for every range of layers."], theme, area, buf);
    };
    let [first, last] = range(state, layers);
    let known: BTreeMap<[usize; 2], f32> = all_ranges(layers).into_iter().zip(data.iter().copied()).collect();
    let moved = |first: usize, last: usize| known.get(&[first, last]).copied().unwrap_or(f32::NAN);
    let which = if first == last { format!("layer {first}") } else { format!("layers {first} to {last}") };
    let under = format!("cut in {which}: the final [CLS] turns by {:.4} (1 - cosine)", moved(first, last));
    let most = data.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let scale = Scale::between(0.0, most);
    let foot = [
        said(under, theme.value()),
        said("In these layers [CLS] looks at nothing but itself; the words go on as they are.", theme.text()),
        scale.legend(2, theme),
        measured("rows: first layer that is cut, columns: last", theme),
    ];
    let body = frame(
        &format!("[CLS] cut off in a range of layers{}", in_way(state)),
        "j k first   h l last",
        &foot,
        theme,
        area,
        buf,
    );
    let rows: Vec<String> = (1..=layers).map(|layer| format!("from {layer}")).collect();
    let columns: Vec<String> = (1..=layers).map(|layer| format!("to {layer}")).collect();
    let value = |row: usize, column: usize| moved(row + 1, column + 1);
    let map = Heatmap { scale, cursor: Some((first - 1, last - 1)), ..Heatmap::new(&rows, &columns, &value) };
    heatmap::draw(body, buf, theme, &map);
}

fn words(state: &State) -> Option<Vec<String>> {
    let (data, layers) = (state.cut_ranges(state.way())?, state.layers()?);
    let mut said = vec![format!(
        "[CLS] looks at nothing but itself in some layers; how far it turns in the end (1 - cosine{}):",
        in_way(state)
    )];
    for (range, moved) in all_ranges(layers).iter().zip(data.iter()) {
        // One layer alone, and everything below or above a layer: the rest is on the screen.
        if range[0] == range[1] || range[0] == 1 || range[1] == layers {
            said.push(format!("Layers {} to {}: {moved:.4}.", range[0], range[1]));
        }
    }
    Some(said)
}
