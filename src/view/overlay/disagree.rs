//! Test sentences on which two lanes disagree: sentence, label, each lane's answer, and the models' own heads'.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::panel;
use crate::app::State;
use crate::app::disagree::{Disagreement, KINDS, Place, Side};
use crate::lab::verdict::numbered;
use crate::lab::{Answers, Mode, likeliest};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, wrap, wrap_hanging};

pub(super) fn draw(state: &State, place: Place, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(found) = state.disagreement(place.pair) else { return };
    let kind = place.kind % KINDS;
    let list = &found.sentences[kind];
    let two = found.report.against.is_some();
    let (a, b) = (found.a.name(two), found.b.name(two));
    let title = match kind {
        0 => format!("{a} right, {b} wrong"),
        1 => format!("{b} right, {a} wrong"),
        _ => "both wrong".to_owned(),
    };
    let title = format!("{} of {}: {title}", list.len(), found.report.sentences.len());
    let inside = panel(&title, area.height, theme, area, buf);
    let both = |mode: &str| found.a.lane.mode == mode && found.b.lane.mode == mode;
    let how = if both(Mode::Finetune.name()) {
        "fine-tuned lanes, first seed"
    } else if both(Mode::Frozen.name()) {
        "frozen lanes"
    } else {
        "a lane and the model's own head"
    };
    let mut head = format!("{how}; the surest wrong answers first; v: the next kind");
    if found.place.1 > 1 {
        let _ = write!(head, "; h l: other lanes ({} of {})", found.place.0 + 1, found.place.1);
    }
    let wide = usize::from(inside.width);
    let mut shown = wrap(&[Span::styled(head, theme.dim())], wide);
    shown.push(Line::default());
    // The chosen one with two before it; every entry takes what it needs.
    for (number, index) in list.iter().enumerate().skip(place.at.saturating_sub(2)) {
        if shown.len() + 2 > usize::from(inside.height) {
            break;
        }
        shown.extend(entry(&found, *index, number == place.at, theme, wide));
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
    let classes = &found.report.classes;
    let two = found.report.against.is_some();
    let gold = classes.get(sentence.class).map_or("?", String::as_str);
    let dot = format!(" {} ", theme.glyphs().dot);
    let lanes = [format!("label {gold}"), answer(found.a, index, classes, two), answer(found.b, index, classes, two)]
        .join(&dot);
    // A head with a lane of its own is there already when that lane is one of the two.
    let shown = |model: usize, side: Side<'_>| side.model == model && side.lane.mode == crate::lab::race::own::NAME;
    let heads = found.report.heads().filter(|(model, _)| !shown(*model, found.a) && !shown(*model, found.b));
    let heads: Vec<String> = heads
        .filter_map(|(model, head)| {
            let answers = head.answers.get(index)?;
            Some(said_by_head(&numbered("its own head", model, two), answers, &head.labels, head.kind))
        })
        .collect();
    for said in [lanes, heads.join(&dot)].into_iter().filter(|said| !said.is_empty()) {
        let said = clean(&said, theme.ascii).into_owned();
        rows.extend(wrap_hanging(&[Span::styled(format!("    {said}"), theme.value())], wide, 4));
    }
    rows
}

fn answer(side: Side<'_>, index: usize, classes: &[String], two: bool) -> String {
    let name = side.name(two);
    match side.lane.probabilities.get(index) {
        Some(probabilities) => said(&name, probabilities, classes),
        None => name,
    }
}

/// What a model's own head says: its likeliest class; where it does not choose one, the largest of its numbers and what
/// they are.
pub(super) fn said_by_head(name: &str, numbers: &[f32], labels: &[String], kind: Answers) -> String {
    match kind {
        Answers::Classes => said(name, numbers, labels),
        Answers::Labels => said(&format!("{name}, likeliest label"), numbers, labels),
        Answers::Scores => said(&format!("{name}, score"), numbers, labels),
    }
}

/// "`[CLS]` 0.71 negative".
pub(super) fn said(name: &str, probabilities: &[f32], classes: &[String]) -> String {
    let class = likeliest(probabilities);
    let share = probabilities.get(class).copied().unwrap_or(f32::NAN);
    format!("{name} {share:.2} {}", classes.get(class).map_or("?", String::as_str))
}
