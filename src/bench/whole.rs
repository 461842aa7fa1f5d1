//! The whole way in one drawing: from the text to one answer, on the learner's own sentence.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::stages::{Stage, apart};
use super::words::{number, sentence};
use super::{frame, label_of, label_role, measured, norm, said};
use crate::app::State;
use crate::app::bench::over_list;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::strip::{self, LEGEND, Strip};
use crate::view::widgets::text::{clean, fit, pad, put, width};
use crate::view::widgets::wrap::{in_lines, wrap};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the whole way from the text to an answer, in one drawing",
    settings: &["sentence"],
    keys: &[],
    moves: |state, action| over_list(state, action, Stage::ALL.len()),
    ..ViewRow::of(View::Whole, "whole", Draw::Traced(draw), words)
};

/// What leads to a stage, and what to know of it.
fn said_of(stage: Stage) -> [&'static str; 2] {
    match stage {
        Stage::Text => ["", "what you typed: e changes it everywhere"],
        Stage::Pieces => ["the tokenizer cuts it", "pieces from a fixed list, and [CLS] in front of them"],
        Stage::Embeddings => [
            "rows of three tables, word + place + segment; then LayerNorm",
            "[CLS] is the same vector in every sentence here",
        ],
        Stage::Layers => [
            "in each layer: attention (rows read each other), feed-forward",
            "after the last layer: [CLS] could take in the others",
        ],
        Stage::Vector => [
            "the row of [CLS] is read (GlobalPooling: the mean of all)",
            "all that a classifier on [CLS] gets of the sentence",
        ],
        Stage::Answer => [
            "a classifier adds number times weight; the sum becomes 0 to 1",
            "a wrong one gives a loss, and that can train all that stands above",
        ],
    }
}

/// What a step of this lesson still asks about is left open here: how many words are cut, and what the head answers.
const ASKED: [&str; 2] = ["sentence.unseen", "label.cls.answer"];

/// Said where that is.
const OPEN: &str = "? a later step asks you";

/// Cells of a stage's name, and of what stands at the right.
const NAME: u16 = 13;
const SIZE: u16 = 11;

fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let at = state.cursor.offset.min(Stage::ALL.len() - 1);
    let [pieces_open, answer_open] = ASKED.map(|key| state.still_asks(key));
    let foot = [
        said(format!("{}: {}", Stage::ALL[at].name(), said_of(Stage::ALL[at])[1]), theme.value()),
        LEGEND.legend_between("strips: negative", "positive; large numbers are cut", theme),
        measured("the numbers of [CLS]; j k: a stage", theme),
    ];
    let layers = trace.attentions.len();
    let body = frame("from your text to one answer", &format!("{layers} layers"), &foot, theme, area, buf);
    // An arrow with what happens stands between two stages, and empty lines around it where there is room.
    let count = Stage::ALL.len() as u16;
    let step = apart(body.height);
    // Lines that are free go to the pieces, then to the text: whole words before empty lines.
    let room = usize::from(body.width.saturating_sub(NAME + SIZE + 1));
    let pieces = if pieces_open { Vec::new() } else { pieces(trace, room, theme) };
    let text = clean(&trace.sentence.text, theme.ascii).into_owned();
    let text = wrap(&[text.into()], usize::from(body.width.saturating_sub(NAME)));
    let mut free = usize::from(body.height.saturating_sub((count - 1) * step + 1));
    let [pieces_high, text_high] = [pieces.len(), text.len()].map(|lines| {
        let more = lines.saturating_sub(1).min(free);
        free -= more;
        more as u16 + 1
    });
    let mut y = body.y;
    for (index, stage) in Stage::ALL.into_iter().enumerate() {
        if y >= body.bottom() {
            break;
        }
        let here = index == at;
        let height = [text_high, pieces_high].get(index).copied().unwrap_or(1);
        let line = Rect { y, height, ..body };
        if step > 1 && index > 0 {
            let arrow = format!("   {} {}", theme.glyphs().down, said_of(stage)[0]);
            put(buf, body.x, y - step / 2, body.width, &fit(&arrow, usize::from(body.width), theme.ascii), theme.dim());
        }
        let style = if here { theme.focus() } else { theme.label() };
        put(buf, line.x, y, NAME - 1, stage.name(), style);
        let content = Rect { x: line.x + NAME, width: line.width.saturating_sub(NAME), ..line };
        match stage {
            Stage::Text => draw_text(&text, theme, content, buf),
            Stage::Pieces if pieces_open => draw_open_pieces(theme, content, buf),
            Stage::Pieces => draw_pieces(&pieces, trace, theme, content, buf),
            Stage::Answer if answer_open => {
                put(buf, content.x, y, content.width, OPEN, theme.key());
            }
            _ => draw_stage(stage, trace, theme, content, buf),
        }
        y += step + height - 1;
    }
}

/// The text in as many lines as there are; a sign at the end of one that is cut.
fn draw_text(text: &[Line<'_>], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let cut = text.len() > usize::from(area.height);
    for (row, line) in text.iter().take(usize::from(area.height)).enumerate() {
        let said = line.to_string();
        let last = cut && row + 1 == usize::from(area.height);
        let said = if last { format!("{said} {}", theme.glyphs().ellipsis) } else { said };
        let said = fit(&said, usize::from(area.width), theme.ascii);
        put(buf, area.x, area.y + row as u16, area.width, &said, theme.value());
    }
}

/// The pieces in lines of so many cells: each with how it looks.
fn pieces(trace: &TraceData, room: usize, theme: &Theme) -> Vec<Vec<(String, Role)>> {
    let labelled = trace.pieces.iter().map(|piece| (label_of(&piece.shown, theme), label_role(piece.kind)));
    in_lines(labelled, room, |(label, _)| width(label) + 1)
}

fn draw_pieces(lines: &[Vec<(String, Role)>], trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let shown = lines.len().min(usize::from(area.height));
    let size = format!("{} pieces", trace.pieces.len());
    let end = area.right().saturating_sub(width(&size) as u16);
    for (row, line) in lines.iter().take(shown).enumerate() {
        let y = area.y + row as u16;
        let mut x = area.x;
        for (label, role) in line {
            x = put(buf, x, y, end.saturating_sub(x), label, theme.style(*role)) + 1;
        }
        if row + 1 == shown && lines.len() > shown {
            put(buf, x.min(end.saturating_sub(2)), y, 1, theme.glyphs().ellipsis, theme.dim());
        }
    }
    put(buf, end, area.y, SIZE, &size, theme.label());
}

/// The two pieces that are always there, and nothing of the words between them.
fn draw_open_pieces(theme: &Theme, area: Rect, buf: &mut Buffer) {
    let parts = [("[CLS]", theme.cls()), (OPEN, theme.key()), ("[SEP]", theme.dim())];
    let mut x = area.x;
    for (text, style) in parts {
        x = put(buf, x, area.y, area.right().saturating_sub(x), text, style) + 2;
    }
}

/// What a later stage holds, in one line.
fn draw_stage(stage: Stage, trace: &TraceData, theme: &Theme, line: Rect, buf: &mut Buffer) {
    let narrow = Rect { width: line.width.saturating_sub(SIZE + 1), ..line };
    let size = |buf: &mut Buffer, text: &str| {
        let text = fit(text, usize::from(SIZE), theme.ascii);
        put(buf, line.right().saturating_sub(width(&text) as u16), line.y, SIZE, &text, theme.label());
    };
    let (pieces, last) = (trace.pieces.len(), trace.hidden_states.len() - 1);
    let wide = trace.model.hidden;
    let strip = |buf: &mut Buffer, values: &[f32]| {
        strip::draw(narrow, buf, theme, &Strip { values, ..Strip::default() });
    };
    match stage {
        Stage::Embeddings | Stage::Layers => {
            strip(buf, trace.hidden_states[if stage == Stage::Embeddings { 0 } else { last }].row(0));
            size(buf, &format!("{pieces} x {wide}"));
        }
        Stage::Vector => {
            let vector = trace.pooled.get("cls").map_or(trace.hidden_states[last].row(0), Vec::as_slice);
            strip(buf, vector);
            size(buf, &format!("length {:.1}", norm(vector)));
        }
        _ => {
            let Some((label, share)) = answer(trace) else {
                put(buf, line.x, line.y, line.width, "no classifier here: a race fits one", theme.dim());
                return;
            };
            let label = pad(&clean(&label, theme.ascii), 12, theme.ascii);
            let bar = Bar { label, value: share, text: format!("{share:.3}"), role: Role::Cls, ..Bar::default() };
            let bars = Bars { range: Some((0.0, 1.0)), ..Bars::new(std::slice::from_ref(&bar)) };
            bars::draw(line, buf, theme, &bars);
        }
    }
}

/// The answer of the head on `[CLS]`, or of the head that the checkpoint brings along, with its probability.
fn answer(trace: &TraceData) -> Option<(String, f32)> {
    if let Some(label) = trace.labels.iter().find(|label| label.readout == "cls") {
        let share = label.positive.max(1.0 - label.positive);
        return Some((label.class().to_owned(), share));
    }
    let own = trace.own.iter().filter(|_| trace.model.answers.is_classes());
    own.max_by(|a, b| a.1.total_cmp(&b.1)).cloned()
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let (pieces, layers) = (trace.pieces.len(), trace.attentions.len());
    let mut said = vec![
        format!(
            "The sentence {} becomes {pieces} pieces, and each a vector of {} numbers.",
            sentence(trace),
            trace.model.hidden
        ),
        format!(
            "In each of {layers} layers the rows read each other by attention, and the feed-forward block works on each row alone."
        ),
    ];
    said.push(match answer(trace) {
        Some((label, share)) => format!(
            "The classifier reads the row of [CLS] after the last layer and answers {label}, with a probability of {}.",
            number(share)
        ),
        None => {
            "A classifier would read the row of [CLS] after the last layer; none is fitted for this model.".to_owned()
        }
    });
    Some(said)
}
