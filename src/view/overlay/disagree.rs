//! Test sentences on which two lanes disagree: sentence, label, each lane's answer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel;
use crate::app::State;
use crate::app::disagree::{Disagreement, KINDS};
use crate::lab::{Lane, likeliest, verdict};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, wrap, wrap_hanging};

/// Names of the classes, in their order.
const CLASSES: [&str; 2] = ["negative", "positive"];

pub(super) fn draw(state: &State, kind: usize, at: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(found) = state.disagreement() else { return };
    let kind = kind % KINDS;
    let list = &found.sentences[kind];
    let (a, b) = (verdict::name(&found.a.readout), verdict::name(&found.b.readout));
    let title = match kind {
        0 => format!("{a} right, {b} wrong"),
        1 => format!("{b} right, {a} wrong"),
        _ => "both wrong".to_owned(),
    };
    let title = format!("{} of {}: {title}", list.len(), found.report.sentences.len());
    let inside = panel(&title, area.height, theme, area, buf);
    let tuned = if found.a.mode == "finetune" { "fine-tuned" } else { "frozen" };
    let head = format!("{tuned} lanes, first seed; the surest wrong answers first; v: the next kind");
    let wide = usize::from(inside.width);
    let mut text = wrap(&[Span::styled(head, theme.dim())], wide);
    text.push(Line::default());
    let mut shown = text;
    // The chosen one with two before it; every entry takes what it needs.
    for (place, index) in list.iter().enumerate().skip(at.saturating_sub(2)) {
        if shown.len() + 2 > usize::from(inside.height) {
            break;
        }
        shown.extend(entry(&found, *index, place == at, theme, wide));
    }
    if list.is_empty() {
        shown.push(Line::from(Span::styled("No sentence is of this kind.", theme.text())));
    }
    lines(&shown, inside, buf);
}

fn entry(found: &Disagreement<'_>, index: usize, chosen: bool, theme: &Theme, wide: usize) -> Vec<Line<'static>> {
    let Some(sentence) = found.report.sentences.get(index) else { return Vec::new() };
    let style = if chosen { theme.key() } else { theme.text() };
    let sign = if chosen { theme.glyphs().pointer } else { " " };
    let text = clean(&sentence.text, theme.ascii).into_owned();
    let mut rows: Vec<Line<'static>> = wrap(&[Span::styled(text, style)], wide.saturating_sub(2))
        .into_iter()
        .enumerate()
        .map(|(row, line)| {
            let mut spans = vec![Span::styled(format!("{} ", if row == 0 { sign } else { " " }), theme.key())];
            spans.extend(line.spans.into_iter().map(|span| Span::styled(span.content.into_owned(), span.style)));
            Line::from(spans)
        })
        .collect();
    let dot = theme.glyphs().dot;
    let gold = CLASSES.get(sentence.class).copied().unwrap_or("?");
    let answers = format!("    label {gold} {dot} {} {dot} {}", answer(found.a, index), answer(found.b, index));
    rows.extend(wrap_hanging(&[Span::styled(answers, theme.value())], wide, 4));
    rows
}

fn answer(lane: &Lane, index: usize) -> String {
    let name = verdict::name(&lane.readout);
    match lane.probabilities.get(index) {
        Some(probabilities) => said(&name, probabilities),
        None => name,
    }
}

/// "`[CLS]` 0.71 negative".
pub(super) fn said(name: &str, probabilities: &[f32]) -> String {
    let class = likeliest(probabilities);
    let share = probabilities.get(class).copied().unwrap_or(f32::NAN);
    format!("{name} {share:.2} {}", CLASSES.get(class).copied().unwrap_or("?"))
}
