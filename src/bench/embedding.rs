//! One piece's embedding: word + position + segment = sum, then LayerNorm.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::number;
use super::{frame, labels, measured, norm, said, token};
use crate::app::State;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::{Matrix, TraceData};
use crate::view::theme::Theme;
use crate::view::widgets::scale::scrolled;
use crate::view::widgets::strip::{self, LEGEND, Strip};
use crate::view::widgets::text::{fit, put, width};

pub(super) const ROW: ViewRow = ViewRow {
    about: "word, position and segment row of a piece, their sum, and LayerNorm",
    measures: &["parts", "numbers"],
    settings: &["sentence", "measure"],
    ..ViewRow::of(View::Embedding, "embedding", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let at = token(state, trace);
    let parts: [(&str, &Matrix); 5] = [
        ("word", &trace.word),
        ("+ position", &trace.position),
        ("+ segment", &trace.segment),
        ("= sum", &trace.sum),
        ("LayerNorm", trace.hidden_states.first().unwrap_or(&trace.sum)),
    ];
    let names = labels(trace, theme);
    let numbers = state.cursor.variant == 1;
    let foot = [
        said(
            format!("h l piece {} v {}", theme.glyphs().dot, if numbers { "strips" } else { "the first numbers" }),
            theme.dim(),
        ),
        if numbers {
            said("the first numbers of each vector; the last column is its length", theme.dim())
        } else {
            LEGEND.legend_between("negative", "positive; large numbers are cut", theme)
        },
        measured(
            if numbers {
                "the word's, the place's and the segment's row"
            } else {
                "each strip has a scale of its own; at its right, its length"
            },
            theme,
        ),
    ];
    let caption = format!("the {} numbers of {}, piece {}", trace.word.cols, names[at], at + 1);
    let body = frame(&caption, "hidden state 0", &foot, theme, area, buf);
    let gap = if body.height > 10 + HIGH { 2 } else { 1 };
    for (index, (label, matrix)) in parts.into_iter().enumerate() {
        let y = body.y + index as u16 * gap;
        if y >= body.bottom() {
            break;
        }
        let row = Rect { y, height: 1, ..body };
        let length = format!("{:.2}", norm(matrix.row(at)));
        if numbers {
            put(buf, row.x, y, 11, label, theme.label());
            let room = usize::from(row.width.saturating_sub(20));
            let cells: Vec<String> =
                matrix.row(at).iter().take(room / 8).map(|value| format!("{value:>8.3}")).collect();
            let text = cells.concat();
            put(buf, row.x + 11, y, row.width - 11, &fit(&text, room, theme.ascii), theme.value());
            put(buf, row.right().saturating_sub(6), y, 6, &length, theme.label());
        } else {
            let strip = Strip {
                label,
                label_width: 11,
                values: matrix.row(at),
                note: &length,
                note_width: 6,
                ..Strip::default()
            };
            strip::draw(row, buf, theme, &strip);
        }
    }
    let list = Rect { y: body.y + 5 * gap + 1, height: body.bottom().saturating_sub(body.y + 5 * gap + 1), ..body };
    match trace.hidden_states.first().filter(|_| list.height >= HIGH && !numbers) {
        Some(states) => draw_vectors(states, at, &names, theme, list, buf),
        None => draw_pieces(at, &names, theme, list, buf),
    }
}

/// Lines from which the vectors of other pieces stand below.
const HIGH: u16 = 7;

/// What each piece begins with, a strip a line, the chosen one pointed at.
fn draw_vectors(states: &Matrix, at: usize, names: &[String], theme: &Theme, area: Rect, buf: &mut Buffer) {
    put(buf, area.x, area.y, area.width, "so each piece begins with a vector of its own:", theme.label());
    let (shown, rest) = scrolled(at, names.len(), usize::from(area.height - 1), theme);
    for (line, index) in shown.enumerate() {
        let y = area.y + 1 + line as u16;
        let here = index == at;
        put(buf, area.x, y, 1, if here { theme.glyphs().pointer } else { " " }, theme.key());
        let style = if here { theme.focus() } else { theme.text() };
        put(buf, area.x + 2, y, 9, &fit(&names[index], 9, theme.ascii), style);
        let strip = Strip { values: states.row(index), note_width: 6, note: " ", ..Strip::default() };
        strip::draw(Rect { x: area.x + 12, y, width: area.width.saturating_sub(12), height: 1 }, buf, theme, &strip);
    }
    if let Some(said) = rest {
        put(buf, area.x + 2, area.bottom() - 1, area.width, &said, theme.label());
    }
}

/// The pieces in a line, the chosen one in focus.
fn draw_pieces(at: usize, names: &[String], theme: &Theme, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let mut x = area.x;
    let first = at.saturating_sub(6);
    if first > 0 {
        x = put(buf, x, area.y, area.width, &format!("{} {first} more ", theme.glyphs().more_left), theme.label()) + 1;
    }
    for (index, name) in names.iter().enumerate().skip(first) {
        // Room for how many more there are.
        if x + width(name) as u16 + 12 > area.right() && index + 1 < names.len() {
            let said = format!("{} more {}", names.len() - index, theme.glyphs().more_right);
            put(buf, x, area.y, area.right().saturating_sub(x), &said, theme.label());
            break;
        }
        let style = match (index == at, index == 0) {
            (true, _) => theme.focus(),
            (false, true) => theme.cls(),
            (false, false) => theme.dim(),
        };
        x = put(buf, x, area.y, area.right() - x, name, style) + 1;
    }
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let at = state.cursor.token.min(trace.pieces.len().checked_sub(1)?);
    let length = |matrix: &Matrix| number(norm(matrix.row(at)));
    Some(vec![format!(
        "The {} numbers of piece {}, {}: the word's vector has length {}, the position's {}, the segment's {}; their sum {}, and after LayerNorm {}.",
        trace.word.cols,
        at + 1,
        trace.pieces[at].shown,
        length(&trace.word),
        length(&trace.position),
        length(&trace.segment),
        length(&trace.sum),
        length(trace.hidden_states.first()?)
    )])
}
