//! Every position through the layers in two dimensions.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::words::number;
use super::{frame, is_cls, labels, measured, role, said, token};
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::{Draw, View, ViewRow};
use crate::lab::TraceData;
use crate::lesson::Format;
use crate::view::theme::Theme;
use crate::view::widgets::scatter::{self, Point, Scatter};

pub(super) const ROW: ViewRow = ViewRow {
    about: "all positions in two dimensions (PCA), layer by layer",
    settings: &["sentence", "layer"],
    keys: &[Scope::Move, Scope::Layers],
    ..ViewRow::of(View::Map, "map", Draw::Traced(draw), words)
};

pub(super) fn draw(state: &State, trace: &TraceData, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let layer = state.cursor.layer.min(trace.map.points.len().saturating_sub(1));
    let Some(places) = trace.map.points.get(layer) else { return };
    let at = token(state, trace);
    let names = labels(trace, theme);
    let points: Vec<Point<'_>> = places
        .iter()
        .zip(&trace.pieces)
        .zip(&names)
        .map(|((place, piece), label)| Point {
            x: place[0],
            y: place[1],
            label,
            role: role(piece),
            highlight: is_cls(piece),
        })
        .collect();
    let trail: Vec<(f32, f32)> = trace.map.points[..layer].iter().map(|points| (points[0][0], points[0][1])).collect();
    // One scale for all layers, so that movement can be seen.
    let all = || trace.map.points.iter().flatten();
    let ends = |axis: usize| {
        all().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), point| {
            (low.min(point[axis]), high.max(point[axis]))
        })
    };
    let ((left, right), (bottom, top)) = (ends(0), ends(1));
    let name = if layer == 0 { "embeddings".to_owned() } else { format!("after layer {layer}") };
    let shown = trace.map.explained.iter().sum::<f32>() * 100.0;
    let foot = [
        said(format!("under the cursor: {} at ({:.2}, {:.2})", names[at], places[at][0], places[at][1]), theme.value()),
        said(
            format!("{} is [CLS]; digits are where it was after earlier layers", theme.glyphs().highlight),
            theme.dim(),
        ),
        measured(&format!("two principal axes of all layers together, {shown:.0} % of the variance"), theme),
    ];
    let body = frame("all positions in two dimensions", &format!("{name} [ ]"), &foot, theme, area, buf);
    let plot = Scatter { points: &points, trail: &trail, cursor: Some(at), bounds: Some([left, right, bottom, top]) };
    scatter::draw(body, buf, theme, &plot);
}

fn words(state: &State) -> Option<Vec<String>> {
    let trace = state.trace()?;
    let points = &trace.map.points;
    let [x, y] = trace.map.explained;
    let mut said = vec![format!(
        "All positions through the layers, in two dimensions that carry {} and {} of the variance. The way of [CLS]:",
        values::write(f64::from(x), Format::Percent),
        values::write(f64::from(y), Format::Percent)
    )];
    let way: Vec<String> = points
        .iter()
        .enumerate()
        .filter_map(|(layer, row)| row.first().map(|p| format!("layer {layer} at {}, {}", number(p[0]), number(p[1]))))
        .collect();
    said.push(format!("{}.", way.join("; ")));
    Some(said)
}
