//! Text -> word pieces -> ids.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::sentence;
use super::{boxed, frame, measured, said, token};
use crate::app::State;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::view::theme::Theme;
use crate::view::widgets::text::clean;
use crate::view::widgets::tokens::{self, Piece};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the sentence as word pieces with their ids",
    settings: &["sentence"],
    two_models: true,
    ..ViewRow::of(View::Tokens, "tokens", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let pieces: Vec<Piece<'_>> = trace.pieces.iter().map(boxed).collect();
    let at = token(state, trace);
    let piece = &trace.pieces[at];
    let from = trace.sentence.text.get(piece.offsets.0..piece.offsets.1).filter(|_| !piece.special());
    let origin = match from {
        Some(from) if !from.is_empty() => format!("from \"{}\" in your text", clean(from, theme.ascii)),
        _ => "put there by the tokenizer, not from your text".to_owned(),
    };
    let notes = trace.writing();
    let continues = if notes.is_empty() { "; ## continues a word" } else { "" };
    let under = format!(
        "piece {} of {}: {} {} id {} {} {origin}",
        at + 1,
        pieces.len(),
        clean(&piece.shown, theme.ascii),
        theme.glyphs().dot,
        piece.id,
        theme.glyphs().dot
    );
    let mut foot = vec![
        said(under, theme.value()),
        said(format!("in the box: the piece; below: its row in the vocabulary{continues}"), theme.dim()),
    ];
    foot.extend(notes.into_iter().map(|note| said(clean(&note, theme.ascii).into_owned(), theme.dim())));
    foot.push(measured("by this model's own tokenizer", theme));
    let body = frame("your text as the model reads it", &format!("{} pieces", pieces.len()), &foot, theme, area, buf);
    tokens::draw(body, buf, theme, &pieces, Some(at));
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let pieces: Vec<String> = trace.pieces.iter().map(|piece| format!("{} is id {}", piece.shown, piece.id)).collect();
    let mut said =
        vec![format!("The sentence {} becomes {} pieces: {}.", sentence(trace), pieces.len(), pieces.join(", "))];
    let notes = trace.writing();
    if !notes.is_empty() {
        said.push(format!("About the pieces: {}.", notes.join("; ")));
    }
    Some(said)
}
