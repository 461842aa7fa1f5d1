//! What each lane reads, as a picture, before a race is run.

use ratatui::text::{Line, Span};

use super::role;
use crate::app::State;
use crate::bench::{unread, word};
use crate::lab::{Piece, RaceRequest, Readout, TraceData, features};
use crate::view::theme::Theme;
use crate::view::widgets::painted::Word;
use crate::view::widgets::text::{self, clean};

/// What each lane reads of the sentence in use: a line a lane, the pieces that it reads marked.
pub(in crate::bench) fn picture(state: &State, request: &RaceRequest, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Some(trace) = state.trace() else { return Vec::new() };
    let names: Vec<String> =
        request.readouts.iter().map(|readout| clean(&readout.label(), theme.ascii).into_owned()).collect();
    let wide = names.iter().map(|name| text::width(name)).max().unwrap_or(0) + 2;
    let room = usize::from(width).saturating_sub(wide);
    let mut drawn = vec![Line::styled("What each lane reads, of the sentence in use:", theme.label())];
    for (readout, name) in request.readouts.iter().zip(&names) {
        let style = theme.style(role(&readout.to_string()));
        let mut spans = vec![Span::styled(text::pad(name, wide, theme.ascii), style)];
        spans.extend(reads(readout, trace, room, theme));
        drawn.push(Line::from(spans));
    }
    drawn.push(Line::default());
    drawn
}

/// The sentence as a readout has it, what it reads marked; of a long one the end where that is read.
fn reads(readout: &Readout, trace: &TraceData, room: usize, theme: &Theme) -> Vec<Span<'static>> {
    let special: Vec<bool> = trace.pieces.iter().map(Piece::special).collect();
    let rows = features::rows(readout, &special, features::hash(&trace.sentence.text));
    if rows.is_empty() {
        let says = if *readout == Readout::Words { "counts the words; no BERT" } else { "reads nothing" };
        return vec![Span::styled(says, theme.dim())];
    }
    let mut words: Vec<Word> = (0..special.len()).map(|index| word(trace, index, theme)).collect();
    match readout {
        Readout::ClsAtEnd => words.rotate_left(1),
        Readout::StandIn(other) => words[0].text = clean(other, theme.ascii).into_owned(),
        _ => {}
    }
    let cells = |word: &Word| text::width(&word.text) + usize::from(word.space);
    // Where the pieces do not all fit, those that are read do.
    let fitting = |words: &mut dyn Iterator<Item = &Word>| {
        let mut used = 2;
        words
            .take_while(|word| {
                used += cells(word);
                used <= room
            })
            .count()
    };
    let all = words.iter().map(cells).sum::<usize>() <= room + 1;
    let begins = fitting(&mut words.iter());
    let shown = if all {
        0..words.len()
    } else if rows.iter().any(|row| *row < begins) {
        0..begins
    } else {
        words.len() - fitting(&mut words.iter().rev())..words.len()
    };
    let ellipsis = || Span::styled(theme.glyphs().ellipsis, theme.dim());
    let mut spans = Vec::new();
    spans.extend((shown.start > 0).then(ellipsis));
    for index in shown.clone() {
        let read = rows.contains(&index);
        if words[index].space && index > shown.start {
            // A gap between two pieces that are read belongs to what is read.
            let within = read && rows.contains(&(index - 1));
            spans.push(Span::styled(" ", if within { theme.focus() } else { theme.text() }));
        }
        spans.push(if read {
            Span::styled(words[index].text.clone(), theme.focus())
        } else {
            Span::styled(unread(&words[index].text, theme), theme.dim())
        });
    }
    spans.extend((shown.end < words.len()).then(ellipsis));
    spans
}
