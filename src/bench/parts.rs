//! Parts that benches share: caption and foot, cards, marks, and the look of pieces.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::State;
use crate::lab::{Piece, PieceKind, TraceData};
use crate::lesson::Source;
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::blocks;
use crate::view::widgets::text::{clean, put, width, wrap};
use crate::view::widgets::tokens as boxes;

/// A few sentences in the middle of a bench that has nothing else to show.
pub(super) fn card(said: &[&str], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let text: Vec<Line<'_>> = said
        .iter()
        .flat_map(|text| {
            wrap(&[Span::styled(clean(text, theme.ascii).into_owned(), theme.value())], usize::from(inside.width))
        })
        .collect();
    let top = (area.height.saturating_sub(text.len() as u16)) / 3;
    lines(&text, Rect { y: area.y + top, height: area.height - top, ..inside }, buf);
}

/// What a bench would run, in paragraphs, before it is run.
pub(super) fn offer(caption: &str, paragraphs: &[String], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame(caption, "", &[], theme, area, buf);
    let mut text: Vec<Line<'_>> = Vec::new();
    for paragraph in paragraphs {
        text.extend(wrap(&[Span::styled(paragraph.clone(), theme.text())], usize::from(body.width).min(72)));
        text.push(Line::default());
    }
    lines(&text, body, buf);
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
    let caption = wrap(&[Span::styled(clean(caption, theme.ascii).into_owned(), theme.label())], room);
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

/// The cursor's piece, kept inside the sentence.
pub(super) fn token(state: &State, trace: &TraceData) -> usize {
    state.cursor.token.min(trace.pieces.len().saturating_sub(1))
}

/// Euclidean length.
pub(super) fn norm(vector: &[f32]) -> f32 {
    vector.iter().map(|value| value * value).sum::<f32>().sqrt()
}
