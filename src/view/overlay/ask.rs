//! A sentence of one's own, and what each lane of the last race says about it at every key.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_textarea::TextArea;

use super::{disagree, draw_editor, panel};
use crate::app::State;
use crate::lab::Answers;
use crate::lab::verdict::{self, numbered};
use crate::view::lines;
use crate::view::theme::Theme;
use crate::view::widgets::text::{clean, fit, pad, width};

pub(super) fn draw(
    state: &State,
    editor: &TextArea<'static>,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) -> (u16, u16) {
    let text = editor.lines().join(" ");
    let current = state.lanes_say(&text);
    let rows = current.map_or(1, |data| (data.answers.len() + data.own.len()) as u16);
    let inside = panel("What do they say?", rows + 5, theme, area, buf);
    let hint = "Every key asks the lanes of the last race again. Ctrl-U clears it, Enter or Esc closes.";
    let cursor = draw_editor(editor, hint, theme, inside, buf);
    let mut text: Vec<Line<'_>> = Vec::new();
    let (answers, own) = current.map_or((&[][..], &[][..]), |data| (&data.answers, &data.own));
    let report = state.race_report();
    let two = report.is_some_and(|report| report.against.is_some());
    let classes = report.map_or(&[][..], |report| &report.classes);
    let mut rows: Vec<(String, String)> = Vec::new();
    for answer in answers {
        let how = match (answer.mode.as_str(), answer.layer) {
            ("finetune", _) => "fine-tuned".to_owned(),
            (_, Some(layer)) => format!("frozen, layer {layer}"),
            (mode, None) => mode.to_owned(),
        };
        let name = numbered(&verdict::name(&answer.readout), answer.model, two);
        rows.push((disagree::said(&name, &answer.probabilities, classes), how));
    }
    for (model, answer) in own {
        let (labels, shares): (Vec<String>, Vec<f32>) = answer.iter().cloned().unzip();
        let facts = if *model == 0 { state.facts.as_ref() } else { state.against.as_ref() };
        let kind = facts.map_or(Answers::default(), |facts| facts.answers);
        let said = disagree::said_by_head(&numbered("its own head", *model, two), &shares, &labels, kind);
        rows.push((said, "as the checkpoint has it".to_owned()));
    }
    for (said, _) in &mut rows {
        *said = clean(said, theme.ascii).into_owned();
    }
    let room = rows.iter().map(|(said, _)| width(said)).max().unwrap_or(0) + 2;
    for (said, how) in rows {
        // What was answered comes before how.
        let wide = usize::from(inside.width);
        let said = pad(&said, room.min(wide), theme.ascii);
        let how = fit(&how, wide.saturating_sub(room), theme.ascii);
        text.push(Line::from(vec![Span::styled(said, theme.value()), Span::styled(how, theme.dim())]));
    }
    if text.is_empty() {
        text.push(Line::from(Span::styled("Type a sentence.", theme.text())));
    }
    let from = inside.y + 4;
    lines(&text, Rect { y: from, height: inside.bottom().saturating_sub(from), ..inside }, buf);
    cursor
}
