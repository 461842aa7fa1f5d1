//! The number that outweighs the others in `[CLS]`: its share of the length, and cosines with and without it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{card, frame, halves, measured, said};
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::Request;
use crate::lab::figures::WAYS;
use crate::lab::largest::LargestData;
use crate::lab::way::Way;
use crate::lesson::Format;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::spikes::{self, Spikes};
use crate::view::widgets::text::{fit, put};

pub(super) const ROW: ViewRow = ViewRow {
    about: "the number that outweighs the others in [CLS], and cosines with and without it",
    measures: &WAYS,
    settings: &["sentence", "measure", "layer"],
    families: &[values::families::LARGEST],
    keys: &[Scope::Layers],
    reads_the_course: |_| true,
    wants: |state| vec![Request::Largest(state.sentence())],
    ..ViewRow::of(View::Largest, "largest", Draw::Alone(draw), words)
};

/// A way in words, and as a legend has room for it.
fn name(way: Way) -> [&'static str; 2] {
    match way {
        Way::AsItIs => ["all numbers", "all numbers"],
        Way::Without => ["without that number", "without it"],
        Way::Centred => ["the mean vector subtracted", "centred"],
    }
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.largest() else {
        return card(&["The model reads your sentence and some others."], theme, area, buf);
    };
    let at = state.cursor.variant % Way::ALL.len();
    let way = Way::ALL[at];
    let last = data.coordinate.share_of_cls.len().saturating_sub(1);
    let layer = state.cursor.layer.min(last);
    let share = data.coordinate.share_of_cls.get(layer).copied().unwrap_or(f32::NAN);
    let under = format!(
        "layer {layer}: number {} carries {} of the squared length of [CLS]; cosine with others {:.3} ({})",
        data.coordinate.index,
        values::write(f64::from(share), Format::Percent),
        data.cosines[at].get(layer).copied().unwrap_or(f32::NAN),
        name(way)[0]
    );
    let of = format!("[CLS] of your sentence beside that of {} film sentences, mean", data.others);
    let foot = [
        said(under, theme.value()),
        said("Cosine 1: the same direction. A cosine follows the largest numbers most.", theme.text()),
        measured(&of, theme),
    ];
    let body = frame("one number", &format!("layer {layer} [ ]   v way"), &foot, theme, area, buf);
    let points: Vec<Vec<(f32, f32)>> = data
        .cosines
        .iter()
        .map(|values| values.iter().enumerate().map(|(layer, value)| (layer as f32, *value)).collect())
        .collect();
    let series: Vec<Series<'_>> = Way::ALL
        .iter()
        .zip(&points)
        .map(|(known, points)| Series {
            name: name(*known)[1],
            points,
            intervals: &[],
            role: if *known == way { Role::Cls } else { Role::Dim },
        })
        .collect();
    let chart = cosines(&series, last);
    let state_of_layer = state.trace().and_then(|trace| trace.hidden_states.get(layer));
    if let (Some(states), (upper, Some(second))) = (state_of_layer, halves(body)) {
        numbers(data, states.row(0), layer, theme, upper, buf);
        chart::draw(second, buf, theme, &chart);
    } else {
        chart::draw(body, buf, theme, &chart);
    }
}

/// The numbers of `[CLS]` after a layer, each by its share of the squared length, and below them the share of the one by layer.
fn numbers(data: &LargestData, cls: &[f32], layer: usize, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let length: f32 = cls.iter().map(|value| value * value).sum();
    let shares: Vec<f32> = cls.iter().map(|value| value * value / length.max(f32::MIN_POSITIVE)).collect();
    let title = format!("shares of {} numbers, layer {layer}; top: 1", cls.len());
    let marked = format!("number {}", data.coordinate.index);
    let spikes = Spikes { title: &title, values: &shares, most: 1.0, marked: (data.coordinate.index, marked.as_str()) };
    let picture = Rect { height: area.height.saturating_sub(1), ..area };
    spikes::draw(picture, buf, theme, &spikes);
    let each = data.coordinate.share_of_cls.iter().map(|share| format!("{:.0}", 100.0 * share));
    let said = format!("by layer, %: {}", each.collect::<Vec<_>>().join(" "));
    put(buf, area.x, area.bottom() - 1, area.width, &fit(&said, usize::from(area.width), theme.ascii), theme.text());
}

/// Cosines by layer in each way, the chosen one in colour.
fn cosines<'a>(series: &'a [Series<'a>], last: usize) -> Chart<'a> {
    let lowest = series.iter().flat_map(|series| series.points).map(|point| point.1).fold(0f32, f32::min);
    Chart {
        title: "cosine with other sentences, mean",
        series,
        x: Some((0.0, last as f32)),
        y: Some((lowest, 1.0)),
        x_label: "layer (0: embeddings)",
        reference: None,
        ..Chart::default()
    }
}

fn words(state: &State) -> Option<Vec<String>> {
    let data = state.largest()?;
    let mut said = vec![format!(
        "Number {} of [CLS], and the cosine of [CLS] with that of {} film sentences, mean:",
        data.coordinate.index, data.others
    )];
    said.extend((0..data.coordinate.share_of_cls.len()).map(|layer| of_layer(data, layer)));
    Some(said)
}

fn of_layer(data: &LargestData, layer: usize) -> String {
    let [all, without, centred] = [0, 1, 2].map(|way| data.cosines[way].get(layer).copied().unwrap_or(f32::NAN));
    format!(
        "After layer {layer} it carries {} of the squared length; cosine {all:.3}, without it {without:.3}, centred {centred:.3}.",
        values::write(f64::from(data.coordinate.share_of_cls[layer]), Format::Percent)
    )
}
