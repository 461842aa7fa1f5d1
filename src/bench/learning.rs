//! A short training: its loss while it runs; afterwards the attention of `[CLS]` and how far each layer has turned.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cycle::{self, Part};
use super::race::{self, curves, running, whole};
use super::words::number;
use super::{card, frame, in_way, label_of, label_role, measured_run, paragraphs, said, written};
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::way::Way;
use crate::lab::{LearnData, LearnRequest, Request};
use crate::view::lines;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::heatmap::{self, Heatmap, Side};
use crate::view::widgets::scale::Scale;
use crate::view::widgets::text::wrap;

pub(super) const ROW: ViewRow = ViewRow {
    about: "a short training: what it changes in [CLS] and its attention; Enter runs it",
    measures: &["cls", "mean"],
    settings: &["sentence", "measure", "layer"],
    families: &[values::families::LEARNING],
    offers_run: true,
    run_name: "the training",
    learns: true,
    ways: |state| if state.learning().is_some_and(|data| data.drift_prepared.len() == 2) { &Way::ALL } else { &[] },
    run: |state| state.learn_request().map(Request::Learn),
    ..ViewRow::of(View::Learning, "learning", Draw::Alone(draw), words)
};

pub(super) fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(Request::Learn(request)) = state.run_request() else {
        return card(&["The model loads."], theme, area, buf);
    };
    let caption = format!("{} steps of training, classifier on {}", request.steps, request.readout.label());
    if let Some(run) = state.running() {
        return running(state, &caption, run, theme, area, buf);
    }
    if let Some(data) = state.learning() {
        return result(state, data, &caption, theme, area, buf);
    }
    before(state, &request, &caption, theme, area, buf);
}

/// Sentences of a step.
const BATCH: usize = 32;

/// One step as a drawing, the sentence that is looked at, and what Enter does.
fn before(state: &State, request: &LearnRequest, caption: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let body = frame(caption, "", &[], theme, area, buf);
    let (sentences, read) = (format!("{BATCH} sentences"), request.readout.label());
    let part = |name, role, learns| Part { name, role, learns };
    let parts = [
        part(&sentences, Role::Text, false),
        part("BERT", Role::Text, true),
        part(&read, race::role(&request.readout.to_string()), false),
        part("classifier", Role::Text, true),
        part("loss", Role::Value, false),
    ];
    let again = format!("their weights change, {} times", request.steps);
    cycle::draw(&parts, &again, theme, Rect { height: cycle::HEIGHT.min(body.height), ..body }, buf);
    let mut shown = vec![Line::styled("Your sentence is only looked at, before and after:", theme.label())];
    if let Some(trace) = state.trace() {
        let spans = written(trace, theme, &|_, word| Span::styled(word.text, theme.style(word.role)));
        shown.extend(wrap(&spans, usize::from(body.width)));
    }
    shown.push(Line::default());
    let said = [
        format!(
            "A copy of BERT and a fresh classifier learn from {} labelled sentences. Your own is not among them.",
            whole(request.steps * BATCH)
        ),
        format!(
            "Enter runs it.{} Space holds it, x stops it. v reads from the mean instead of [CLS], or back.",
            state.about()
        ),
    ];
    shown.extend(paragraphs(&said, body.width, theme));
    shown.pop();
    let y = body.y + cycle::HEIGHT + 1;
    let rest = Rect { y, height: body.bottom().saturating_sub(y), ..body };
    lines(&shown, rest, buf);
}

/// How far `[CLS]` turned, by vectors that are prepared in this way.
fn in_its_way<'a>(state: &State, data: &'a LearnData) -> &'a [f32] {
    let prepared = match state.way() {
        Way::AsItIs => None,
        Way::Without => data.drift_prepared.first(),
        Way::Centred => data.drift_prepared.get(1),
    };
    prepared.unwrap_or(&data.drift)
}

/// Change of the attention of `[CLS]` by layer and token, and how far `[CLS]` turned.
fn result(state: &State, data: &LearnData, caption: &str, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let columns: Vec<String> = data.pieces.iter().map(|piece| label_of(piece, theme)).collect();
    let rows: Vec<String> = (1..=data.before.rows).map(|layer| format!("layer {layer}")).collect();
    let change = |row: usize, column: usize| data.after.at(row, column) - data.before.at(row, column);
    let most = (0..data.before.rows)
        .flat_map(|row| (0..data.before.cols).map(move |column| (row, column)))
        .map(|(row, column)| change(row, column).abs())
        .fold(f32::MIN_POSITIVE, f32::max);
    let scale = Scale::signed(most);
    let at = state.cursor.token.min(columns.len().saturating_sub(1));
    let layer = state.cursor.layer.clamp(1, data.before.rows.max(1));
    let drift: Vec<f32> = in_its_way(state, data).iter().skip(1).copied().collect();
    let under = format!(
        "[CLS] on {}, layer {layer}: {:.3} before, {:.3} after",
        columns.get(at).map_or("", String::as_str),
        data.before.at(layer - 1, at),
        data.after.at(layer - 1, at)
    );
    let figures = format!(
        "loss {:.3} to {:.3}; top layer: the mean turned by {:.3}",
        data.curve.loss.first().copied().unwrap_or(f32::NAN),
        data.curve.loss.last().copied().unwrap_or(f32::NAN),
        data.drift_mean.last().copied().unwrap_or(f32::NAN)
    );
    let foot = [
        said(under, theme.value()),
        said("change of [CLS]'s attention (mean of heads); turned: 1 - cosine", theme.text()),
        scale.legend(3, theme),
        measured_run(state, &figures, theme),
    ];
    let caption = format!("{caption}: before and after{}", in_way(state));
    let body = frame(&caption, "v readout", &foot, theme, area, buf);
    let high = (rows.len() as u16 + 2).min(body.height);
    let roles: Vec<Role> = data.kinds.iter().map(|kind| label_role(*kind)).collect();
    let map = Heatmap {
        column_roles: &roles,
        scale,
        cursor: Some((layer - 1, at)),
        side: Some(Side { title: "turned", values: &drift }),
        ..Heatmap::new(&rows, &columns, &change)
    };
    heatmap::draw(Rect { height: high, ..body }, buf, theme, &map);
    let below = Rect { y: body.y + high + 1, height: body.height.saturating_sub(high + 1), ..body };
    if below.height >= 8 {
        curves(std::slice::from_ref(&data.curve), theme, below, buf);
    }
}

fn words(state: &State) -> Option<Vec<String>> {
    let Some(data) = state.learning() else {
        let Some(Request::Learn(request)) = state.run_request().filter(|_| !state.has_run()) else { return None };
        return Some(vec![format!(
            "A training of {} steps, classifier on {}. It is not run here; the course on a screen runs it, and so does --plain on a terminal.",
            request.steps,
            request.readout.label()
        )]);
    };
    Some(trained(state, data))
}

fn trained(state: &State, data: &LearnData) -> Vec<String> {
    let turned: Vec<String> = in_its_way(state, data)
        .iter()
        .enumerate()
        .skip(1)
        .map(|(layer, by)| format!("layer {layer} {by:.3}"))
        .collect();
    let loss = |value: Option<&f32>| value.map_or(String::new(), |value| number(*value));
    vec![format!(
        "After {} steps the loss went from {} to {}. [CLS] turned, 1 minus cosine{}: {}.",
        data.curve.loss.len(),
        loss(data.curve.loss.first()),
        loss(data.curve.loss.last()),
        in_way(state),
        turned.join(", ")
    )]
}
