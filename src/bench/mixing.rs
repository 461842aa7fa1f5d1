//! What flows into `[CLS]`: layers x tokens, four measures.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::words::sentence;
use super::{FLOWS, card, frame, hidden, in_way, label_of, labels, measured, said, token};
use crate::app::bench::over_layers;
use crate::app::keymap::Scope;
use crate::app::pieces::place_of;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::way::Way;
use crate::lab::{Matrix, Request, TraceData};
use crate::lesson::Format;
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::heatmap::{self, Heatmap, Side};
use crate::view::widgets::scale::{Scale, short};
use crate::view::widgets::text::wrap;

pub(super) const ROW: ViewRow = ViewRow {
    about: "what flows into [CLS]: layers by pieces, in four measures",
    measures: &["norm", "raw", "rollout", "knockout"],
    settings: &["sentence", "measure", "layer"],
    families: &[values::families::KNOCKOUT],
    keys: &[Scope::Move, Scope::Layers],
    lowest_layer: 1,
    two_models: true,
    hides: |_| true,
    ways: |state| match state.measure() {
        Some("norm") => &[Way::AsItIs, Way::Without],
        Some("knockout") => &Way::ALL,
        _ => &[],
    },
    prepares: |state| (state.measure() == Some("knockout")).then(|| Request::Knockout(state.sentence())),
    starts,
    moves: over_layers,
    wants: |state| vec![Request::Knockout(state.sentence())],
    reads_the_course: |state| state.measure() == Some("knockout") && state.heads_learnt_from_the_course(),
    ..ViewRow::of(View::Mixing, "mixing", Draw::Traced(draw), words)
};

/// What the pieces of a row come to.
const ADDS: &str = "with [CLS] a row adds to 1";

/// Name, what a cell says, and what a row does.
const MEASURES: [(&str, &str, &str); 4] = [
    ("norm-based share", "share of the layer's new [CLS] vector that came from it", ADDS),
    ("raw attention", "attention weight of [CLS] on it, mean of the heads", ADDS),
    ("attention rollout", "attention followed to the input, half kept in each layer", ADDS),
    ("knock-out", "how far the final [CLS] turns without this edge (1 - cosine)", "rows do not sum to 1"),
];

/// What a measure says of a sentence: into `[CLS]`, layers by pieces.
pub(super) struct Flowing<'a> {
    /// What the measure is called, what one number says, and what a row adds up to.
    pub name: &'static str,
    cell: &'static str,
    row: &'static str,
    /// The numbers `[L, T]`.
    pub table: &'a Matrix,
    /// The part that came from the others, by layer, where the measure has it.
    pub ratio: Option<&'a [f32]>,
    /// Colours for the others. What `[CLS]` keeps of itself is so much more that on one scale they would be one colour.
    pub scale: Scale,
}

/// The measure that is chosen; `None` while the edges are still being cut.
pub(super) fn flowing<'a>(state: &'a State, trace: &'a TraceData) -> Option<Flowing<'a>> {
    let variant = state.cursor.variant.min(MEASURES.len() - 1);
    let (name, cell, row) = MEASURES[variant];
    let without = state.way() == Way::Without;
    let table = match FLOWS.get(variant) {
        None => &state.knockout(state.way())?.cosine_distance,
        Some(_) if variant == 0 && without => &trace.mixing.norm_without,
        Some(flow) => flow.1(trace),
    };
    let ratio = if without { &trace.mixing.ratio_without } else { &trace.mixing.ratio };
    let others = (0..table.rows).flat_map(|row| table.row(row).iter().skip(1).copied());
    let most = others.filter(|value| value.is_finite()).fold(0f32, f32::max).max(f32::MIN_POSITIVE);
    let ratio = (variant == 0).then_some(ratio.as_slice());
    Some(Flowing { name, cell, row, table, ratio, scale: Scale::between(0.0, most) })
}

/// What stands instead while the edges are being cut.
pub(super) fn waits(theme: &Theme, area: Rect, buf: &mut Buffer) {
    card(&["Cutting every edge into [CLS], one at a time."], theme, area, buf);
}

/// The layer that is chosen, from 1.
pub(super) fn layer_of(state: &State, flowing: &Flowing<'_>) -> usize {
    state.cursor.layer.clamp(1, flowing.table.rows.max(1))
}

/// What stands under the picture: the chosen piece in every measure, and how to read a cell.
pub(super) fn foot(
    state: &State,
    trace: &TraceData,
    flowing: &Flowing<'_>,
    how: &str,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let (layer, at) = (layer_of(state, flowing), token(state, trace));
    // Shares and cuts are prepared each in ways of their own: the cuts beside shares are as they are.
    let knocked = state.knockout(if flowing.ratio.is_none() { state.way() } else { Way::AsItIs });
    let share = |matrix: &Matrix| matrix.at(layer - 1, at);
    let norm = if state.way() == Way::Without { &trace.mixing.norm_without } else { &trace.mixing.norm };
    let mut under = vec![format!(
        "{} -> [CLS] in layer {layer}: share {:.3}",
        label_of(&trace.pieces[at].shown, theme),
        share(norm)
    )];
    // Beside the share the measure that is chosen: a lesson explains one after the other.
    match state.measure() {
        Some("raw") => under.push(format!("raw {:.3}", share(&trace.mixing.raw))),
        Some("rollout") => under.push(format!("rollout {:.3}", share(&trace.mixing.rollout))),
        _ => {}
    }
    let cutting = state.measure() == Some("knockout");
    if let Some(data) = knocked.filter(|_| at > 0 && cutting) {
        under.push(format!("cut: {:.4}", share(&data.cosine_distance)));
        if !data.probability_change.data.is_empty() {
            under.push(format!("answer {:+.3}", share(&data.probability_change)));
        }
    }
    let dot = theme.glyphs().dot;
    let mut foot = vec![said(under.join(&format!(" {dot} ")), theme.value())];
    foot.extend(hidden(state, trace, flowing.table.row(layer - 1), theme));
    let mut legend = flowing.scale.legend(3, theme);
    legend.spans.push(Span::styled(format!("  {}", flowing.cell), theme.text()));
    foot.extend([legend, measured(&format!("{how}; {}", flowing.row), theme)]);
    foot
}

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(flowing) = flowing(state, trace) else { return waits(theme, area, buf) };
    let layer = layer_of(state, &flowing);
    let foot = foot(state, trace, &flowing, "columns: from where, rows: layers; [CLS] itself has no colour", theme);
    let shown = state.shown();
    let caption = if shown.len() < trace.pieces.len() {
        format!("into [CLS]: {}, without [CLS] and [SEP]{}", flowing.name, in_way(state))
    } else {
        format!("what flows into [CLS]: {}{}", flowing.name, in_way(state))
    };
    let body = frame(&caption, &format!("layer {layer} [ ]   v measure"), &foot, theme, area, buf);
    let columns = labels(trace, theme);
    let kept: Vec<String> = shown.iter().map(|index| columns[*index].clone()).collect();
    let rows: Vec<String> = (1..=flowing.table.rows).map(|layer| format!("layer {layer}")).collect();
    let value = |row: usize, column: usize| flowing.table.at(row, shown[column]);
    let roles = super::label_roles(trace, &shown);
    let map = Heatmap {
        column_roles: &roles,
        scale: flowing.scale,
        cursor: Some((layer - 1, place_of(&shown, token(state, trace)))),
        apart: shown.first().filter(|first| **first == 0).map(|_| 0),
        side: flowing.ratio.map(|values| Side { title: "mixing ratio", values }),
        ..Heatmap::new(&rows, &kept, &value)
    };
    heatmap::draw(body, buf, theme, &map);
    // Where cells are too narrow for numbers, those of the chosen layer stand below.
    let used = rows.len() as u16 + HEADS + 1;
    if usize::from(body.width) < CELL * (kept.len() + 4) && body.height > used {
        let below = Rect { y: body.y + used, height: body.height - used, ..body };
        lines(&numbers(layer, flowing.table.row(layer - 1), &shown, &columns, body.width, theme), below, buf);
    }
}

/// Lines of a map's column heads at most, and cells of a column in which a number is written.
const HEADS: u16 = 3;
const CELL: usize = 5;

/// The numbers of a layer, the largest first.
fn numbers(
    layer: usize,
    row: &[f32],
    shown: &[usize],
    names: &[String],
    width: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut order: Vec<usize> = shown.iter().copied().filter(|index| row[*index].is_finite()).collect();
    order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
    let mut spans = vec![Span::styled(format!("layer {layer}, most first:"), theme.label())];
    for index in order {
        spans.push(Span::styled(format!("  {} {}", names[index], short(row[index], 4)), theme.text()));
    }
    wrap(&spans, usize::from(width))
}

/// The word from which most flows in the last layer, whose `[CLS]` is what readers take.
fn starts(state: &State) -> Option<(usize, usize)> {
    let trace = state.trace()?;
    let table = flowing(state, trace).map_or(&trace.mixing.norm, |flowing| flowing.table);
    let row = table.row(table.rows.checked_sub(1)?);
    let words = (0..row.len()).filter(|index| !trace.pieces[*index].special() && row[*index].is_finite());
    words.max_by(|a, b| row[*a].total_cmp(&row[*b])).map(|token| (0, token))
}

/// The token other than `[CLS]` that has most of a row.
fn most(trace: &TraceData, row: &[f32]) -> Option<(String, f32)> {
    let token = (1..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b]))?;
    Some((trace.pieces.get(token)?.text.clone(), row[token]))
}

/// The measure that the step is about, a line for each layer.
fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let flows = &trace.mixing;
    let measure = state.measure().unwrap_or("norm");
    let (title, table) = match measure {
        "raw" => ("Attention weights of [CLS], mean of the heads", &flows.raw),
        "rollout" => ("Rollout of [CLS], attention followed down to the input", &flows.rollout),
        "knockout" => (
            "How far the final [CLS] turns, 1 - cosine, when one edge into it is cut",
            &state.knockout(state.way())?.cosine_distance,
        ),
        _ if state.way() == Way::Without => ("What flows into [CLS], share of each piece by norm", &flows.norm_without),
        _ => ("What flows into [CLS], share of each piece by norm", &flows.norm),
    };
    let ratio = if state.way() == Way::Without { &flows.ratio_without } else { &flows.ratio };
    let fine = |value: f32| values::write(f64::from(value), Format::Decimals(3));
    let mut said = vec![format!("{title}{}, layer by layer, for {}:", in_way(state), sentence(trace))];
    for row in 0..table.rows {
        let (piece, largest) = most(trace, table.row(row))?;
        let more = match measure {
            "knockout" => String::new(),
            "norm" => format!("; mixing ratio {}", fine(*ratio.get(row)?)),
            _ => format!("; [CLS] itself {}", fine(table.at(row, 0))),
        };
        said.push(format!("Layer {}: most from \"{piece}\", {}{more}.", row + 1, fine(largest)));
    }
    Some(said)
}
