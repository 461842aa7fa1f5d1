//! A bench that waits for a prediction: where on the way it will look, and what is asked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::stages::{Stage, apart};
use super::{frame, paragraphs};
use crate::app::State;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, fit, put, width};
use crate::view::{WIDE, lines, question};

/// Cells of a stage's name with the pointer before it.
const NAME: u16 = 14;

/// The way from the text to the answer with its stage marked; below it the question, where its text is on another page.
pub(super) fn draw(state: &State, said: &[&str], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame("this bench is closed until you have answered", "", &[], theme, area, buf);
    let mut below: Vec<Line<'_>> = Vec::new();
    // The text with the question stands beside the bench, or on a page of its own.
    let alone = buf.area.width < WIDE;
    if let Some(question) = state.question().filter(|_| alone) {
        below.extend(question::asked(state, question, question::Kind::Predict, usize::from(body.width), theme));
        below.push(Line::default());
    }
    let said: Vec<String> = said.iter().map(|text| (*text).to_owned()).collect();
    below.extend(paragraphs(&[said.join(" ")], body.width, theme));
    below.pop();
    let stages = Stage::ALL.len() as u16;
    let room = body.height.saturating_sub(below.len() as u16 + 1);
    let step = apart(room);
    let high = (stages - 1) * step + 1;
    let mut y = body.y;
    if room >= high {
        way(state, step, theme, body, buf);
        y += high + 1 + u16::from(step > 1 && room > high);
    }
    lines(&below, Rect { y, height: body.bottom().saturating_sub(y), ..body }, buf);
}

/// The stages below each other, the bench's own marked.
fn way(state: &State, step: u16, theme: &Theme, body: Rect, buf: &mut Buffer) {
    let here = state.bench().and_then(|bench| bench.view.stage());
    for (index, stage) in Stage::ALL.into_iter().enumerate() {
        let y = body.y + index as u16 * step;
        if step > 1 && index > 0 {
            put(buf, body.x + 3, y - step / 2, 1, theme.glyphs().down, theme.dim());
        }
        let marked = Some(stage) == here;
        let pointer = if marked { theme.glyphs().pointer } else { " " };
        put(buf, body.x, y, 1, pointer, theme.key());
        let style = if marked { theme.focus() } else { theme.label() };
        put(buf, body.x + 2, y, NAME - 2, stage.name(), style);
        let room = body.width.saturating_sub(NAME + 1);
        let asked = if marked { "  ?" } else { "" };
        let text = fit(&holds(state, stage, theme), usize::from(room).saturating_sub(asked.len()), theme.ascii);
        let style = if marked { theme.text() } else { theme.dim() };
        let end = put(buf, body.x + NAME + 1, y, room, &text, style);
        put(buf, end, y, asked.len() as u16, asked, theme.key());
    }
}

/// What a stage holds, in a few words.
fn holds(state: &State, stage: Stage, theme: &Theme) -> String {
    let own = state.bench().is_some_and(|bench| bench.view.row().of_one_sentence());
    let facts = state.facts.as_ref();
    match stage {
        Stage::Text if own => {
            let beginning: String = state.sentence().text.chars().take(500).collect();
            let first = clean(&beginning, theme.ascii).into_owned();
            // Of two that are compared both are said.
            match state.bench().and(state.other()) {
                Some(other) => format!("A {first}  B {}", clean(&other.text, theme.ascii)),
                None => first,
            }
        }
        Stage::Text => "many sentences, each with a label".to_owned(),
        Stage::Pieces => "[CLS], the pieces of the words, [SEP]".to_owned(),
        Stage::Embeddings => "one vector for each piece".to_owned(),
        Stage::Layers => {
            let layers = state.layers().map_or(String::new(), |layers| format!("{layers} layers: "));
            format!("{layers}the pieces read each other")
        }
        Stage::Vector => "[CLS], or GlobalPooling: the mean of all".to_owned(),
        Stage::Answer => {
            let labels = facts.map(|facts| facts.labels.as_slice()).unwrap_or_default();
            let all = labels.join(" or ");
            let known = !labels.is_empty() && width(&all) < 30;
            if known { clean(&all, theme.ascii).into_owned() } else { "a label".to_owned() }
        }
    }
}
