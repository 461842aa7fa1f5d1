//! Two models side by side on the same sentence: its pieces, what flows into `[CLS]`, what classifiers say. Where shapes
//! agree their difference stands beside them; where they do not, a sentence says so.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{FLOWS, card, frame, label_of, labels, measured, said};
use crate::app::State;
use crate::app::pieces::place_of;
use crate::lab::{Matrix, TraceData, likeliest, verdict};
use crate::lesson::View;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::heatmap::{self, Heatmap};
use crate::view::widgets::scale::Scale;
use crate::view::widgets::text::{clean, fit, put};
use crate::view::widgets::tokens::{self, Piece};
use crate::wording::{counted, listed};

/// Rows from which a third map, the difference, has room.
const TALL: u16 = 21;

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (Some(first), Some(second)) = (state.trace(), state.beside()) else {
        return card(&["Both models run."], theme, area, buf);
    };
    match state.bench().map(|bench| bench.view) {
        Some(View::Mixing) => mixing(state, [first, second], theme, area, buf),
        Some(View::Difference) => super::difference::draw(state, first, theme, area, buf),
        Some(View::Label) => match state.running() {
            Some(run) => super::race::running(state, "classifiers on both models, fitted here", run, theme, area, buf),
            None => answers(state, [first, second], theme, area, buf),
        },
        _ => pieces(state, [first, second], theme, area, buf),
    }
}

/// "1: NAME, 6 layers x 12 heads x 384".
fn title(number: usize, trace: &TraceData, theme: &Theme) -> String {
    let model = &trace.model;
    let (layers, heads) = (counted(model.layers, "layer"), counted(model.heads, "head"));
    let text = format!("{}: {}, {layers} x {heads} x {}", number + 1, model.name, model.hidden);
    clean(&text, theme.ascii).into_owned()
}

/// Whether both read the same pieces, and what it means where they do not.
fn compared(traces: [&TraceData; 2]) -> (bool, String) {
    let [a, b] = traces.map(|trace| trace.pieces.iter().map(|piece| piece.shown.as_str()).collect::<Vec<_>>());
    if a == b {
        return (true, format!("Both read the same {} pieces.", a.len()));
    }
    let words = format!(
        "They read other pieces, {} and {}: compared is what stands for the same part of the text.",
        a.len(),
        b.len()
    );
    (false, words)
}

/// The pieces that each tokenizer makes.
fn pieces(state: &State, traces: [&TraceData; 2], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (_, words) = compared(traces);
    let ids = |trace: &TraceData| trace.pieces.iter().map(|piece| piece.id).collect::<Vec<_>>();
    let ids = if ids(traces[0]) == ids(traces[1]) { "with the same ids" } else { "with other ids" };
    let below = format!(
        "{words} The vocabularies have {} and {} entries, {ids} here.",
        traces[0].model.vocabulary, traces[1].model.vocabulary
    );
    let foot = [said(below, theme.text()), measured("by each model's own tokenizer", theme)];
    let body = frame("your text as the two models read it", "", &foot, theme, area, buf);
    let half = body.height / 2;
    for (number, trace) in traces.into_iter().enumerate() {
        let part = Rect { y: body.y + number as u16 * half, height: half, ..body };
        let text = fit(&title(number, trace, theme), usize::from(part.width), theme.ascii);
        put(buf, part.x, part.y, part.width, &text, theme.label());
        let pieces: Vec<Piece<'_>> = trace.pieces.iter().map(super::boxed).collect();
        let at = (number == 0).then(|| super::token(state, trace));
        let rest = Rect { y: part.y + 1, height: part.height.saturating_sub(1), ..part };
        tokens::draw(rest, buf, theme, &pieces, at);
    }
}

/// What flows into `[CLS]` in both, and the difference where it can be taken.
fn mixing(state: &State, traces: [&TraceData; 2], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let (measure, of) = FLOWS[state.cursor.variant % FLOWS.len()];
    let [a, b] = traces.map(of);
    let (same, mut words) = compared(traces);
    let agrees = same && a.rows == b.rows;
    if same && !agrees {
        let _ =
            write!(words, " They have {} and {}, so the maps have no difference.", a.rows, counted(b.rows, "layer"));
    }
    let layer = state.cursor.layer.clamp(1, a.rows.max(1));
    let at = super::token(state, traces[0]);
    let mut under =
        format!("layer {layer}, {}: 1 {:.3}", label_of(&traces[0].pieces[at].shown, theme), a.at(layer - 1, at));
    // Where the pieces differ, that of the same part of the text; [CLS] has its partner always.
    let partner = state.aligned().iter().find(|pair| pair.0 == Some(at)).and_then(|pair| pair.1);
    if layer <= b.rows {
        let _ = match partner {
            Some(other) => write!(under, ", 2 {:.3}", b.at(layer - 1, other)),
            None => write!(under, ", 2 has no such piece"),
        };
    }
    if agrees {
        let _ = write!(under, ", 2 minus 1 {:+.3}", b.at(layer - 1, at) - a.at(layer - 1, at));
    }
    let mut foot: Vec<Line<'_>> = vec![said(under, theme.value()), said(words, theme.text())];
    foot.extend([Scale::between(0.0, 1.0).legend(1, theme), measured("columns: from where, rows: layers", theme)]);
    let caption = format!("into [CLS], two models: {measure}");
    let body = frame(&caption, &format!("layer {layer} [ ]   v measure"), &foot, theme, area, buf);
    let difference = agrees.then(|| {
        let data = a.data.iter().zip(&b.data).map(|(one, two)| two - one).collect();
        Matrix::new(a.rows, a.cols, data)
    });
    let difference = difference.filter(|_| body.height >= TALL);
    let count = 2 + u16::from(difference.is_some());
    let part = body.height / count;
    for (number, (matrix, trace)) in [(a, traces[0]), (b, traces[1])].into_iter().enumerate() {
        let place = Rect { y: body.y + number as u16 * part, height: part, ..body };
        map(state, matrix, trace, &title(number, trace, theme), false, theme, place, buf);
    }
    if let Some(difference) = difference {
        let place = Rect { y: body.y + 2 * part, height: part, ..body };
        map(state, &difference, traces[0], "2 minus 1", true, theme, place, buf);
    }
}

#[expect(clippy::too_many_arguments, reason = "one map of two or three that differ in these")]
fn map(
    state: &State,
    matrix: &Matrix,
    trace: &TraceData,
    title: &str,
    signed: bool,
    theme: &Theme,
    area: Rect,
    buf: &mut Buffer,
) {
    let most = matrix.data.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    let scale = if signed { Scale::signed(most) } else { Scale::between(0.0, 1.0) };
    let x = put(buf, area.x, area.y, area.width, &fit(title, usize::from(area.width), theme.ascii), theme.label());
    if signed {
        // The legend at the foot is that of the two maps above.
        let room = area.right().saturating_sub(x + 2);
        buf.set_line((x + 2).min(area.right()), area.y, &scale.legend(3, theme), room);
    }
    let all = labels(trace, theme);
    let shown = crate::app::pieces::shown(&trace.pieces, state.cursor.hide);
    let columns: Vec<String> = shown.iter().filter_map(|index| all.get(*index).cloned()).collect();
    let roles = super::label_roles(trace, &shown);
    let rows: Vec<String> = (1..=matrix.rows).map(|layer| format!("layer {layer}")).collect();
    let layer = state.cursor.layer.clamp(1, matrix.rows.max(1));
    let value = |row: usize, column: usize| shown.get(column).map_or(f32::NAN, |index| matrix.at(row, *index));
    let map = Heatmap {
        column_roles: &roles,
        scale,
        cursor: Some((layer - 1, place_of(&shown, state.cursor.token))),
        ..Heatmap::new(&rows, &columns, &value)
    };
    heatmap::draw(Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }, buf, theme, &map);
}

/// What recorded classifiers and the checkpoints' own heads say.
fn answers(state: &State, traces: [&TraceData; 2], theme: &Theme, area: Rect, buf: &mut Buffer) {
    let mut rows: Vec<Bar> = Vec::new();
    let mut none = Vec::new();
    for (number, trace) in traces.into_iter().enumerate() {
        let number = number + 1;
        for label in &trace.labels {
            let (role, name) = (super::race::role(&label.readout), verdict::name(&label.readout));
            let text = clean(&format!("{:.3} {}", label.positive, label.classes[1]), theme.ascii).into_owned();
            rows.push(Bar {
                label: format!("{number} {name}, {}", label.origin()),
                value: label.positive,
                text,
                role,
                ..Bar::default()
            });
        }
        let (names, shares): (Vec<&String>, Vec<f32>) = trace.own.iter().map(|(name, share)| (name, *share)).unzip();
        if let Some(note) = trace.model.answers.note().filter(|_| !shares.is_empty()) {
            let each =
                names.iter().zip(&shares).map(|(name, share)| format!("{} {share:.3}", clean(name, theme.ascii)));
            let each = listed(each.collect::<Vec<_>>().iter(), 4);
            none.push(format!("{number} its own head: {each}; {note}."));
        } else if let Some(name) = names.get(likeliest(&shares)) {
            let value = shares[likeliest(&shares)];
            let text = clean(&format!("{value:.3} {name}"), theme.ascii).into_owned();
            rows.push(Bar {
                label: format!("{number} its own head"),
                value,
                text,
                role: Role::Label,
                ..Bar::default()
            });
        }
        if trace.labels.is_empty() && trace.own.is_empty() {
            none.push(format!("No classifier is known for {}.", title(number - 1, trace, theme)));
        }
    }
    if state.heads_request().is_some() {
        none.push(
            "Press Enter to fit classifiers on [CLS] and GlobalPooling here, with both models frozen.".to_owned(),
        );
    }
    let mut foot: Vec<Line<'_>> = none.iter().map(|words| said(words.clone(), theme.text())).collect();
    foot.push(measured("probabilities; recorded classifiers only with the model that made them", theme));
    let body = frame("what classifiers on the two models say", "last layer", &foot, theme, area, buf);
    bars::draw(body, buf, theme, &Bars { range: Some((0.0, 1.0)), axis: body.height > 4, ..Bars::new(&rows) });
}
