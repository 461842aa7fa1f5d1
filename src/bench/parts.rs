//! Parts that benches share: caption and foot, cards, marks, and the look of pieces.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::State;
use crate::app::pieces::place_of;
use crate::lab::way::Way;
use crate::lab::{Matrix, Piece, PieceKind, Provenance, TraceData};
use crate::lesson::Source;
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::blocks;
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::painted::Word;
use crate::view::widgets::scale::Scale;
use crate::view::widgets::text::{clean, put, span, width, wrap};
use crate::view::widgets::tokens as boxes;

/// A few sentences in the middle of a bench that has nothing else to show.
pub(super) fn card(said: &[&str], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let text: Vec<Line<'_>> =
        said.iter().flat_map(|text| wrap(&[span(text, theme.value(), theme)], usize::from(inside.width))).collect();
    let top = (area.height.saturating_sub(text.len() as u16)) / 3;
    lines(&text, Rect { y: area.y + top, height: area.height - top, ..inside }, buf);
}

/// What a bench would run, in paragraphs, before it is run.
pub(super) fn offer(caption: &str, said: &[String], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame(caption, "", &[], theme, area, buf);
    lines(&paragraphs(said, body.width, theme), body, buf);
}

/// Paragraphs in lines, an empty line behind each.
pub(super) fn paragraphs(said: &[String], width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let lines = |paragraph: &String| {
        let lines = wrap(&[Span::styled(paragraph.clone(), theme.text())], usize::from(width).min(72));
        lines.into_iter().chain([Line::default()])
    };
    said.iter().flat_map(lines).collect()
}

/// A measure of what flows into `[CLS]`: its name, and where a trace has it.
pub(super) type Flow = (&'static str, fn(&TraceData) -> &Matrix);

/// The measures of what flows into `[CLS]` that a trace has, in the order of the variants.
pub(super) const FLOWS: [Flow; 3] = [
    ("norm-based share", |trace| &trace.mixing.norm),
    ("raw attention", |trace| &trace.mixing.raw),
    ("attention rollout", |trace| &trace.mixing.rollout),
];

/// The row and the column of the cursor in a map of pieces by pieces, kept inside the sentence.
pub(super) fn row_and_column(state: &State, trace: &TraceData) -> (usize, usize) {
    let last = trace.pieces.len().saturating_sub(1);
    (state.cursor.row.min(last), state.cursor.token.min(last))
}

/// A map of pieces by pieces, as far as they are shown.
pub(super) fn pieces_by_pieces(
    state: &State,
    trace: &TraceData,
    numbers: &Matrix,
    scale: Scale,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let (names, shown) = (labels(trace, theme), state.shown());
    let kept: Vec<String> = shown.iter().map(|index| names[*index].clone()).collect();
    let value = |row: usize, column: usize| numbers.at(shown[row], shown[column]);
    let roles = label_roles(trace, &shown);
    let (row, column) = row_and_column(state, trace);
    let map = Heatmap {
        row_roles: &roles,
        column_roles: &roles,
        scale,
        cursor: Some((place_of(&shown, row), place_of(&shown, column))),
        ..Heatmap::new(&kept, &kept, &value)
    };
    heatmap::draw(area, buf, theme, &map);
}

/// Writes the caption at the top and the lines of the foot at the bottom; returns what is left between.
pub(super) fn frame(
    caption: &str,
    right: &str,
    foot: &[Line<'_>],
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) -> Rect {
    let room = usize::from(area.width).saturating_sub(right.chars().count() + 2);
    // A caption that does not fit beside `right` goes on in the line below, which is free.
    let caption = wrap(&[span(caption, theme.label(), theme)], room);
    lines(&caption, Rect { height: area.height.min(2), ..area }, buf);
    let wide = right.chars().count() as u16;
    if wide > 0 && wide < area.width {
        put(buf, area.right() - wide, area.y, wide, right, theme.value());
    }
    // The foot gives way before the body does: what does not fit whole is left out. Its first lines matter most.
    let mut said: Vec<Line<'_>> = Vec::new();
    for line in foot {
        let rows = wrap(&line.spans, usize::from(area.width));
        if said.len() + rows.len() <= usize::from(area.height / 3) {
            said.extend(rows);
        }
    }
    let (foot, rows) = (&said, said.len() as u16);
    let top = area.bottom() - rows;
    lines(foot, Rect { y: top, height: rows, ..area }, buf);
    let begin = area.y + 2;
    Rect { y: begin, height: top.saturating_sub(begin + u16::from(rows > 0)), ..area }
}

/// One styled run of text as a line.
pub(super) fn said(text: impl Into<String>, style: Style) -> Line<'static> {
    Line::from(Span::styled(text.into(), style))
}

/// How the vectors of the bench are prepared, as the end of a caption; nothing where they are as they are.
pub(super) fn in_way(state: &State) -> &'static str {
    match state.way() {
        Way::AsItIs => "",
        Way::Without => ", without the largest number",
        Way::Centred => ", the mean vector subtracted",
    }
}

/// "ᵐ measured here" and what was computed.
pub(super) fn measured(what: &str, theme: &Theme) -> Line<'static> {
    let mark = blocks::mark(Source::Live, theme);
    Line::from(vec![
        Span::styled(format!("{mark} measured here "), theme.value()),
        Span::styled(format!("{} {what}", theme.glyphs().dot), theme.dim()),
    ])
}

/// The same for a long run, which may be of an earlier day.
pub(super) fn measured_run(state: &State, what: &str, theme: &Theme) -> Line<'static> {
    let Some(day) = state.measured_before() else { return measured(what, theme) };
    let mark = blocks::mark(Source::Live, theme);
    Line::from(vec![
        Span::styled(format!("{mark} measured here on {day} "), theme.value()),
        Span::styled(format!("(Enter runs it again) {} {what}", theme.glyphs().dot), theme.dim()),
    ])
}

/// Said behind what a run measured: when an earlier process computed its vectors, if one did.
pub(super) fn kept_vectors(provenance: &Provenance) -> String {
    provenance.vectors().map_or_else(String::new, |vectors| format!("; {vectors}"))
}

/// A piece's look: `[CLS]`, by whatever name the tokenizer has for it, has its accent everywhere.
pub(super) fn role(piece: &Piece) -> Role {
    if is_cls(piece) { Role::Cls } else { Role::Text }
}

/// `[CLS]`, by whatever name.
pub(super) fn is_cls(piece: &Piece) -> bool {
    piece.kind == PieceKind::First
}

/// The look of a piece's label in a map or a row: `[SEP]` stands back.
pub(super) fn label_role(kind: PieceKind) -> Role {
    match kind {
        PieceKind::First => Role::Cls,
        PieceKind::Separator => Role::Dim,
        PieceKind::Word | PieceKind::Continuation => Role::Text,
    }
}

/// The looks of some pieces' labels.
pub(super) fn label_roles(trace: &TraceData, shown: &[usize]) -> Vec<Role> {
    shown.iter().filter_map(|index| trace.pieces.get(*index)).map(|piece| label_role(piece.kind)).collect()
}

/// A piece as the row of pieces draws it.
pub(super) fn boxed(piece: &Piece) -> boxes::Piece<'_> {
    boxes::Piece {
        text: &piece.shown,
        id: Some(piece.id),
        continues: piece.kind == PieceKind::Continuation,
        role: label_role(piece.kind),
    }
}

/// The pieces' labels, cleaned for the screen.
pub(super) fn labels(trace: &TraceData, theme: &Theme) -> Vec<String> {
    trace.pieces.iter().map(|piece| label_of(&piece.shown, theme)).collect()
}

/// A piece as a label. One that begins with a combining mark has nothing to combine with, and terminals disagree on
/// its width: its code stands for it.
pub(super) fn label_of(piece: &str, theme: &Theme) -> String {
    let (start, rest) = piece.strip_prefix("##").map_or(("", piece), |rest| ("##", rest));
    match rest.chars().next() {
        Some(mark) if width(&mark.to_string()) == 0 => format!("{start}U+{:04X}", u32::from(mark)),
        _ => clean(piece, theme.ascii).into_owned(),
    }
}

/// The layer (1-based) and the head (0-based) that are chosen, kept inside the model.
pub(super) fn chosen(state: &State, trace: &TraceData) -> (usize, usize) {
    let layer = state.cursor.layer.clamp(1, trace.attentions.len().max(1));
    let heads = trace.attentions.get(layer - 1).map_or(1, Vec::len);
    (layer, state.cursor.head.min(heads.saturating_sub(1)))
}

/// For the caption of a map: what is left out of it.
pub(super) fn without(state: &State, trace: &TraceData) -> &'static str {
    if state.shown().len() < trace.pieces.len() { ", without [CLS] and [SEP]" } else { "" }
}

/// For the foot of a map: how much of this row is hidden, and that the rest is not rescaled.
pub(super) fn hidden(state: &State, trace: &TraceData, row: &[f32], theme: &Theme) -> Option<Line<'static>> {
    let shown = state.shown();
    if shown.len() == trace.pieces.len() {
        return None;
    }
    let kept: f32 = shown.iter().filter_map(|index| row.get(*index)).sum();
    let all: f32 = row.iter().sum();
    let dot = theme.glyphs().dot;
    Some(said(
        format!("z hid [CLS] and [SEP]: {:.3} of this row {dot} the rest is not rescaled", all - kept),
        theme.value(),
    ))
}

/// A piece as its sentence has it: without the mark of a continuation, and with a space before it only where one stood.
pub(super) fn word(trace: &TraceData, index: usize, theme: &Theme) -> Word {
    let piece = &trace.pieces[index];
    let label = label_of(&piece.shown, theme);
    let text = label.strip_prefix("##").map_or(label.clone(), str::to_owned);
    let follows = index.checked_sub(1).and_then(|before| trace.pieces.get(before)).is_some_and(|before| {
        !before.special() && !piece.special() && before.segment == piece.segment && before.offsets.1 == piece.offsets.0
    });
    let space = !(follows || piece.kind == PieceKind::Continuation);
    Word { text, space, role: label_role(piece.kind) }
}

/// The sentence as it is written, each piece in a look of its own: from its index and its text.
pub(super) fn written(
    trace: &TraceData,
    theme: &Theme,
    look: &dyn Fn(usize, Word) -> Span<'static>,
) -> Vec<Span<'static>> {
    let piece = |index: usize| {
        let word = word(trace, index, theme);
        let space = (word.space && index > 0).then(|| Span::raw(" "));
        space.into_iter().chain([look(index, word)])
    };
    (0..trace.pieces.len()).flat_map(piece).collect()
}

/// A piece that is not read: as many dots, so that colour is not alone in saying so.
pub(super) fn unread(text: &str, theme: &Theme) -> String {
    theme.glyphs().dot.repeat(width(text))
}

/// The cursor's piece, kept inside the sentence.
pub(super) fn token(state: &State, trace: &TraceData) -> usize {
    state.cursor.token.min(trace.pieces.len().saturating_sub(1))
}

/// Euclidean length.
pub(super) fn norm(vector: &[f32]) -> f32 {
    vector.iter().map(|value| value * value).sum::<f32>().sqrt()
}

/// Columns and lines that each of two plots needs.
const EACH: (u16, u16) = (34, 11);

/// Room for two plots: below each other where that is high enough, else beside each other; one alone in a small window.
pub(super) fn halves(body: Rect) -> (Rect, Option<Rect>) {
    let (wide, high) = EACH;
    if body.height > 2 * high {
        let upper = body.height / 2;
        let below = Rect { y: body.y + upper + 1, height: body.height - upper - 1, ..body };
        (Rect { height: upper, ..body }, Some(below))
    } else if body.width > 2 * wide {
        let left = body.width / 2 - 1;
        let right = Rect { x: body.x + left + 2, width: body.width - left - 2, ..body };
        (Rect { width: left, ..body }, Some(right))
    } else {
        (body, None)
    }
}
