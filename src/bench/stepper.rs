//! The forward pass, one operation at a time: formula, shapes, real numbers, norm and range, what it did to a piece.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::words::number;
use super::{frame, labels, norm, said, token};
use crate::app::keymap::Scope;
use crate::app::{Action, State};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::normalise::{input, standard_lengths};
use crate::lab::{Matrix, Operation, TraceData};
use crate::view::theme::Theme;
use crate::view::widgets::scale::{scrolled, window};
use crate::view::widgets::strip::{self, LEGEND, Strip};
use crate::view::widgets::text::{fit, pad, put, to_ascii};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the forward pass, one operation at a time, with its formula and numbers",
    settings: &["sentence", "layer", "head", "operation"],
    keys: &[Scope::Move, Scope::Layers, Scope::Heads, Scope::Stepper],
    first_shown: 1,
    moves,
    ..ViewRow::of(View::Stepper, "stepper", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let index = state.cursor.operation.min(trace.operations.len().saturating_sub(1));
    let Some(operation) = trace.operations.get(index) else { return };
    let dot = theme.glyphs().dot;
    let by_head = operation.values.len() > 1;
    let head = state.cursor.head.min(operation.values.len().saturating_sub(1));
    let Some(values) = operation.values.get(head) else { return };
    let place = match operation.layer {
        Some(layer) => format!("layer {layer} {dot} {} {dot} {}", operation.block, operation.name),
        None => format!("{} {dot} {}", operation.block, operation.name),
    };
    let own = |text: &str| if theme.ascii { to_ascii(text).into_owned() } else { text.to_owned() };
    let at = token(state, trace).min(values.rows.saturating_sub(1));
    let names = labels(trace, theme);
    let foot = foot(operation, &names, at, theme, &own);
    let body =
        frame(&place, &format!("operation {} of {}", index + 1, trace.operations.len()), &foot, theme, area, buf);
    put(buf, body.x + 2, body.y, body.width - 2, &own(operation.formula), theme.heading());
    let shapes = if by_head {
        format!("{} {dot} head {} of {}", operation.shapes, head + 1, operation.values.len())
    } else {
        operation.shapes.clone()
    };
    put(buf, body.x + 2, body.y + 1, body.width - 2, &own(&shapes), theme.dim());
    let table = Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body };
    let scaled = input(&trace.operations, index).map(standard_lengths);
    let numbers = Numbers { values, by_head, names: &names, at, offset: state.cursor.offset, scaled };
    draw_numbers(&numbers, theme, table, buf);
}

/// Cells that the length before γ takes.
const BEFORE: u16 = 13;

/// Numbers beside a strip, and the fewest cells that a strip is drawn in.
const FEW: u16 = 3;
const STRIP: u16 = 16;

/// A window of a matrix.
struct Numbers<'a> {
    values: &'a Matrix,
    /// Columns are pieces, not dimensions.
    by_head: bool,
    names: &'a [String],
    /// Row in focus.
    at: usize,
    /// First column.
    offset: usize,
    /// Of a LayerNorm: the rows' lengths at mean 0 and spread 1, before γ and β.
    scaled: Option<Vec<f32>>,
}

/// One line a piece: a window of its numbers, and its length (or, by head, its whole row over the pieces).
fn draw_numbers(numbers: &Numbers<'_>, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Numbers { values, by_head, names, at, offset, ref scaled } = *numbers;
    if area.height < 2 {
        return;
    }
    let label = names.iter().take(values.rows).map(|name| name.chars().count()).max().unwrap_or(5).clamp(5, 12) as u16;
    // What LayerNorm makes of every row before γ, where there is room for it beside a few numbers.
    let scaled = scaled.as_ref().filter(|_| area.width >= label + 3 + 9 + BEFORE + 9);
    let side = if by_head { 0 } else { 9 + scaled.map_or(0, |_| BEFORE) };
    let cell = if by_head { 7 } else { 9 };
    let room = area.width.saturating_sub(label + 3 + side);
    // A few numbers, and beside them the whole row as a strip, where that leaves one worth looking at.
    let strip = room.saturating_sub(FEW * cell + 2);
    let strip = if by_head || strip < STRIP || values.cols < usize::from(STRIP) { 0 } else { strip };
    let count = if strip > 0 { usize::from(FEW) } else { usize::from(room / cell).min(values.cols) };
    let first =
        if by_head { window(Some(offset), values.cols, count) } else { offset.min(values.cols.saturating_sub(count)) };
    let x_of = |column: usize| area.x + label + 3 + column as u16 * cell;
    for column in 0..count {
        let title = if by_head {
            fit(&names[first + column], usize::from(cell) - 1, theme.ascii)
        } else {
            (first + column + 1).to_string()
        };
        put(buf, x_of(column), area.y, cell, &format!("{title:>width$}", width = usize::from(cell) - 1), theme.dim());
    }
    let strip_at = x_of(count) + 2;
    if strip > 0 {
        put(buf, strip_at, area.y, strip, &format!("all {}", values.cols), theme.dim());
    }
    if !by_head {
        put(buf, area.right().saturating_sub(7), area.y, 7, " length", theme.dim());
        if scaled.is_some() {
            let title = if theme.ascii { "before gamma" } else { "before γ" };
            put(buf, area.right().saturating_sub(8 + 12), area.y, 12, &format!("{title:>12}"), theme.dim());
        }
    }
    let (shown, rest) = scrolled(at, values.rows, usize::from(area.height - 1), theme);
    if let Some(text) = rest {
        put(buf, area.x + 2, area.bottom() - 1, area.width, &text, theme.label());
    }
    for (line, row) in shown.enumerate() {
        let y = area.y + 1 + line as u16;
        let style = match (row == at, row == 0) {
            (true, _) => theme.focus(),
            (false, true) => theme.cls(),
            (false, false) => theme.text(),
        };
        let pointer = if row == at { theme.glyphs().pointer } else { " " };
        put(buf, area.x, y, 2, pointer, theme.key());
        let text = pad(&names[row], usize::from(label), theme.ascii);
        put(buf, area.x + 2, y, label, &text, style);
        for column in 0..count {
            let value = values.at(row, first + column);
            let text = if by_head { format!("{value:>6.3}") } else { format!("{value:>8.3}") };
            put(buf, x_of(column), y, cell, &text, theme.value());
        }
        if strip > 0 {
            let place = Rect { x: strip_at, y, width: strip, height: 1 };
            strip::draw(place, buf, theme, &Strip { values: values.row(row), ..Strip::default() });
        }
        if !by_head {
            put(buf, area.right().saturating_sub(7), y, 7, &format!("{:>7.2}", norm(values.row(row))), theme.label());
            if let Some(length) = scaled.and_then(|lengths| lengths.get(row)) {
                put(buf, area.right().saturating_sub(8 + 12), y, 12, &format!("{length:>12.2}"), theme.label());
            }
        }
    }
}

fn foot(
    operation: &Operation,
    names: &[String],
    at: usize,
    theme: &Theme,
    own: &dyn Fn(&str) -> String,
) -> Vec<Line<'static>> {
    let values = operation.values.iter().flat_map(|matrix| &matrix.data).copied().filter(|value| value.is_finite());
    let (low, high) =
        values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let did = match operation.effects.get(at) {
        Some(effect) => format!(
            "What it did to {}: moved it by {:.2} ({:.0} % of its length), cosine {:.3}, length {:.2} -> {:.2}",
            names[at],
            effect.moved,
            100.0 * effect.moved / effect.norm_before.max(f32::MIN_POSITIVE),
            effect.cosine,
            effect.norm_before,
            effect.norm_after
        ),
        None if operation.block == "pooler" => "It reads [CLS] and leaves it as it is.".to_owned(),
        None if operation.name == "sum" => format!("Here the vector of {} begins.", names[at]),
        None if operation.block == "embeddings" => {
            format!("One of the three parts that the vector of {} begins as.", names[at])
        }
        None => format!("It does not change {} itself: its result is used further on.", names[at]),
    };
    let by_head = operation.values.len() > 1;
    let legend = LEGEND.legend_between("strips: negative", "positive; a scale for each", theme);
    let mut foot = vec![said(own(&did), theme.value()), said(own(&format!("Why: {}", operation.why)), theme.text())];
    foot.extend((!by_head).then_some(legend));
    foot.push(said(
        own(&format!(
            "{} measured here {} all numbers from {low:.3} to {high:.3} {} , . operation, j k piece, h l columns",
            theme.glyphs().measured,
            theme.glyphs().dot,
            theme.glyphs().dot
        )),
        theme.dim(),
    ));
    foot
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let operation = trace.operations.get(state.cursor.operation)?;
    let place = operation.layer.map_or(String::new(), |layer| format!("layer {layer}, "));
    let mut said = vec![format!(
        "Operation {} of {}, {place}{}: {}. {}. Shapes: {}.",
        state.cursor.operation + 1,
        trace.operations.len(),
        operation.block,
        operation.name,
        operation.formula,
        operation.shapes
    )];
    said.push(operation.why.to_owned());
    if let Some(effect) = operation.effects.first() {
        said.push(format!(
            "What it did to [CLS]: length {} became {}; moved by {}, cosine {}.",
            number(effect.norm_before),
            number(effect.norm_after),
            number(effect.moved),
            number(effect.cosine)
        ));
    }
    Some(said)
}

fn moves(state: &mut State, action: Action) -> bool {
    // Before the pass is there, there is nothing to move over.
    let Some(trace) = state.trace().cloned() else { return true };
    let last = trace.operations.len().saturating_sub(1);
    let width = trace.operations.get(state.cursor.operation).and_then(|op| op.values.first()).map_or(0, |m| m.cols);
    let cursor = &mut state.cursor;
    match action {
        Action::OperationOn => cursor.operation = (cursor.operation + 1).min(last),
        Action::OperationBack => cursor.operation = cursor.operation.saturating_sub(1),
        Action::Right => cursor.offset = (cursor.offset + 4).min(width.saturating_sub(4)),
        Action::Left => cursor.offset = cursor.offset.saturating_sub(4),
        Action::LayerUp | Action::LayerDown => jump(state, &trace, action == Action::LayerUp),
        _ => return false,
    }
    true
}

/// A layer key goes to the same operation of the next layer.
fn jump(state: &mut State, trace: &TraceData, up: bool) {
    let Some(now) = trace.operations.get(state.cursor.operation) else { return };
    let same = |index: &usize| {
        let other = &trace.operations[*index];
        other.name == now.name && (other.block == now.block || now.layer.is_none())
    };
    let found = if up {
        (state.cursor.operation + 1..trace.operations.len()).find(same)
    } else {
        (0..state.cursor.operation).rev().find(same)
    };
    if let Some(index) = found {
        state.cursor.operation = index;
    }
}
