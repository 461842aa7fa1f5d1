//! The bench beside a step: one view a file, each with a caption that says what is seen and a legend.

mod aggregate;
mod arrange;
mod attention;
mod attribution;
mod compare;
mod decode;
mod difference;
mod embedding;
mod gradient;
mod heads;
mod label;
mod learning;
mod map;
mod matrix;
mod mixing;
mod models;
mod nearest;
mod neighbours;
mod notebook;
mod probe;
mod race;
mod similarity;
mod stepper;
mod tokens;
mod unfitted;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::lines;
use super::theme::{Role, Theme};
use super::widgets::blocks;
use super::widgets::text::{clean, fit, put, width, wrap};
use super::widgets::tokens as boxes;
use crate::app::State;
use crate::lab::{Piece, PieceKind, TraceData};
use crate::lesson::{Source, View};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let whose = state.course_sentences().filter(|_| !state.covered() && area.height > 8);
    let Some(whose) = whose else { return view(state, theme, area, buf) };
    // Not the learner's own: said in the last line, whatever the bench has room for.
    let bottom = area.bottom() - 1;
    put(buf, area.x, bottom, area.width, &fit(whose, usize::from(area.width), theme.ascii), theme.text());
    view(state, theme, Rect { height: area.height - 1, ..area }, buf);
}

fn view(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(bench) = state.bench() else { return };
    if state.covered() {
        return card(
            &[
                "First say what you expect: a digit answers.",
                "The result shows after that. Enter shows it without an answer.",
            ],
            theme,
            area,
            buf,
        );
    }
    if let Some(failure) = state.failure() {
        return card(&[failure], theme, area, buf);
    }
    if state.waits() {
        let other = state.results.running.as_ref().map_or("", |running| running.progress.what.as_str());
        let said = ["This run waits for the other one, and then starts by itself.", "x takes it back.", other];
        return card(&said, theme, area, buf);
    }
    if state.shows_models() {
        return models::draw(state, theme, area, buf);
    }
    match bench.view {
        View::Probe => return probe::draw(state, theme, area, buf),
        View::Race => return race::draw(state, theme, area, buf),
        View::Compare => return compare::draw(state, theme, area, buf),
        View::Learning => return learning::draw(state, theme, area, buf),
        View::Arrange => return arrange::draw(state, theme, area, buf),
        View::Notebook => return notebook::draw(state, theme, area, buf),
        View::Decode => return decode::draw(state, theme, area, buf),
        View::Aggregate => return aggregate::draw(state, theme, area, buf),
        View::Nearest => return nearest::draw(state, theme, area, buf),
        _ => {}
    }
    let Some(trace) = state.trace() else {
        let waiting = if state.facts.is_some() { "The model runs." } else { "The model loads." };
        return card(&[waiting], theme, area, buf);
    };
    // The answer of a head that the checkpoint brings along can be looked at meanwhile.
    let own = bench.view == View::Label && !trace.own.is_empty() && state.running().is_none();
    if state.lacks_heads() && !own {
        return unfitted::draw(state, theme, area, buf);
    }
    match bench.view {
        View::Tokens => tokens::draw(state, trace, theme, area, buf),
        View::Embedding => embedding::draw(state, trace, theme, area, buf),
        View::Neighbours => neighbours::draw(state, trace, theme, area, buf),
        View::Stepper => stepper::draw(state, trace, theme, area, buf),
        View::Mixing => mixing::draw(state, trace, theme, area, buf),
        View::Map => map::draw(state, trace, theme, area, buf),
        View::Attention => attention::draw(state, trace, theme, area, buf),
        View::Matrix => matrix::draw(state, trace, theme, area, buf),
        View::Heads => heads::draw(state, trace, theme, area, buf),
        View::Similarity => similarity::draw(state, trace, theme, area, buf),
        View::Attribution => attribution::draw(state, trace, theme, area, buf),
        View::Difference => difference::draw(state, trace, theme, area, buf),
        View::Label => label::draw(state, trace, theme, area, buf),
        View::Gradient => gradient::draw(state, trace, theme, area, buf),
        View::Probe
        | View::Race
        | View::Compare
        | View::Learning
        | View::Arrange
        | View::Decode
        | View::Aggregate
        | View::Nearest
        | View::Notebook => {}
    }
}

/// A few sentences in the middle of a bench that has nothing else to show.
fn card(said: &[&str], theme: &Theme, area: Rect, buf: &mut Buffer) {
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
fn offer(caption: &str, paragraphs: &[String], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame(caption, "", &[], theme, area, buf);
    let mut text: Vec<Line<'_>> = Vec::new();
    for paragraph in paragraphs {
        text.extend(wrap(&[Span::styled(paragraph.clone(), theme.text())], usize::from(body.width).min(72)));
        text.push(Line::default());
    }
    lines(&text, body, buf);
}

/// Writes the caption at the top and the lines of the foot at the bottom; returns what is left between.
fn frame(caption: &str, right: &str, foot: &[Line<'_>], theme: &Theme, area: Rect, buf: &mut Buffer) -> Rect {
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
fn said(text: impl Into<String>, style: Style) -> Line<'static> {
    Line::from(Span::styled(text.into(), style))
}

/// "ᵐ measured here" and what was computed.
fn measured(what: &str, theme: &Theme) -> Line<'static> {
    let mark = blocks::mark(Source::Live, theme);
    Line::from(vec![
        Span::styled(format!("{mark} measured here "), theme.value()),
        Span::styled(format!("{} {what}", theme.glyphs().dot), theme.dim()),
    ])
}

/// The same for a long run, which may be of an earlier day.
fn measured_run(state: &State, what: &str, theme: &Theme) -> Line<'static> {
    let Some(day) = state.measured_before() else { return measured(what, theme) };
    let mark = blocks::mark(Source::Live, theme);
    Line::from(vec![
        Span::styled(format!("{mark} measured here on {day} "), theme.value()),
        Span::styled(format!("(Enter runs it again) {} {what}", theme.glyphs().dot), theme.dim()),
    ])
}

/// A piece's look: `[CLS]`, by whatever name the tokenizer has for it, has its accent everywhere.
fn role(piece: &Piece) -> Role {
    if is_cls(piece) { Role::Cls } else { Role::Text }
}

/// `[CLS]`, by whatever name.
fn is_cls(piece: &Piece) -> bool {
    piece.kind == PieceKind::First
}

/// The look of a piece's label in a map or a row: `[SEP]` stands back.
fn label_role(kind: PieceKind) -> Role {
    match kind {
        PieceKind::First => Role::Cls,
        PieceKind::Separator => Role::Dim,
        PieceKind::Word | PieceKind::Continuation => Role::Text,
    }
}

/// The looks of some pieces' labels.
fn label_roles(trace: &TraceData, shown: &[usize]) -> Vec<Role> {
    shown.iter().filter_map(|index| trace.pieces.get(*index)).map(|piece| label_role(piece.kind)).collect()
}

/// A piece as the row of pieces draws it.
fn boxed(piece: &Piece) -> boxes::Piece<'_> {
    boxes::Piece {
        text: &piece.shown,
        id: Some(piece.id),
        continues: piece.kind == PieceKind::Continuation,
        role: label_role(piece.kind),
    }
}

/// The pieces' labels, cleaned for the screen.
fn labels(trace: &TraceData, theme: &Theme) -> Vec<String> {
    trace.pieces.iter().map(|piece| label_of(&piece.shown, theme)).collect()
}

/// A piece as a label. One that begins with a combining mark has nothing to combine with, and terminals disagree on
/// its width: its code stands for it.
fn label_of(piece: &str, theme: &Theme) -> String {
    let (start, rest) = piece.strip_prefix("##").map_or(("", piece), |rest| ("##", rest));
    match rest.chars().next() {
        Some(mark) if width(&mark.to_string()) == 0 => format!("{start}U+{:04X}", u32::from(mark)),
        _ => clean(piece, theme.ascii).into_owned(),
    }
}

/// The layer (1-based) and the head (0-based) that are chosen, kept inside the model.
fn chosen(state: &State, trace: &TraceData) -> (usize, usize) {
    let layer = state.cursor.layer.clamp(1, trace.attentions.len().max(1));
    let heads = trace.attentions.get(layer - 1).map_or(1, Vec::len);
    (layer, state.cursor.head.min(heads.saturating_sub(1)))
}

/// For the caption of a map: what is left out of it.
fn without(state: &State, trace: &TraceData) -> &'static str {
    if state.shown().len() < trace.pieces.len() { ", without [CLS] and [SEP]" } else { "" }
}

/// For the foot of a map: how much of this row is hidden, and that the rest is not rescaled.
fn hidden(state: &State, trace: &TraceData, row: &[f32], theme: &Theme) -> Option<Line<'static>> {
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
fn token(state: &State, trace: &TraceData) -> usize {
    state.cursor.token.min(trace.pieces.len().saturating_sub(1))
}

/// Euclidean length.
fn norm(vector: &[f32]) -> f32 {
    vector.iter().map(|value| value * value).sum::<f32>().sqrt()
}
