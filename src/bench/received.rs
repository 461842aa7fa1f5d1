//! What the first place receives of the words' attention: does it belong to `[CLS]`, or to the place?

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{card, frame, measured, said};
use crate::app::keymap::Scope;
use crate::app::{State, values};
use crate::bench::words::capitalised;
use crate::bench::{Draw, View, ViewRow};
use crate::lab::Request;
use crate::lesson::Format;
use crate::view::theme::{Role, Theme};
use crate::view::widgets::bars::{self, Bar, Bars};
use crate::view::widgets::chart::{self, Chart, Series};
use crate::view::widgets::text::put;

pub(super) const ROW: ViewRow = ViewRow {
    about: "attention that the words pay to the first place, with [CLS] there and without",
    measures: &["as-it-is", "stand-in", "without-cls", "without-cls-from-1", "from-1"],
    settings: &["sentence", "measure", "layer", "word"],
    families: &[values::families::RECEIVED],
    keys: &[Scope::Layers],
    lowest_layer: 1,
    wants: |state| vec![state.received_request()],
    ..ViewRow::of(View::Received, "received", Draw::Alone(draw), words)
};

/// Lines that the curves need below the bars.
const CURVES: u16 = 7;

/// The arrangements in which one piece, `[CLS]`, is missing.
const WITHOUT: [usize; 2] = [2, 3];

/// What stands first, and how positions are counted; and the same as a legend has room for it.
fn name(place: usize, word: &str) -> [String; 2] {
    let both = |long: &str, short: &str| [long.to_owned(), short.to_owned()];
    match place {
        0 => both("[CLS] first, as it is", "as it is"),
        1 => [format!("\"{word}\" in the place of [CLS]"), word.to_owned()],
        2 => both("no [CLS]: the first word at position 0", "no [CLS]"),
        3 => both("no [CLS], positions from 1", "no [CLS], from 1"),
        _ => both("[CLS] first, positions from 1", "[CLS], from 1"),
    }
}

fn draw(state: &State, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(data) = state.received() else {
        return card(&["The model reads the sentence in five arrangements."], theme, area, buf);
    };
    let Request::Received { stand_in, .. } = state.received_request() else { return };
    let all = data.named();
    let at = state.cursor.variant.min(all.len() - 1);
    let layers = data.as_it_is.len();
    let layer = state.cursor.layer.clamp(1, layers.max(1));
    let share = all[at].1.get(layer - 1).copied().unwrap_or(f32::NAN);
    let pieces = state.trace().map_or(0, |trace| trace.pieces.len()).saturating_sub(usize::from(WITHOUT.contains(&at)));
    let even = 1.0 / pieces.max(1) as f32;
    let under = format!(
        "layer {layer}, {}: the first place receives {} of a word's attention; evenly spread it would be {}",
        name(at, &stand_in)[0],
        values::write(f64::from(share), Format::Percent),
        values::write(f64::from(even), Format::Percent)
    );
    let foot = [
        said(under, theme.value()),
        measured("attention to the first place, mean of the words and of all heads", theme),
    ];
    let body =
        frame("what the first place receives", &format!("layer {layer} [ ]   v arrangement"), &foot, theme, area, buf);
    let names: Vec<[String; 2]> = (0..all.len()).map(|place| name(place, &stand_in)).collect();
    let role = |place: usize| if place == at { Role::Cls } else { Role::Dim };
    // The five side by side in one layer, and below them how that came about.
    let high = all.len() as u16 + 1;
    let side_by_side = body.height >= high + CURVES;
    if side_by_side {
        let head = format!("layer {layer}: share of a word's attention; faint line: an even share");
        put(buf, body.x, body.y, body.width, &head, theme.label());
        let rows: Vec<Bar> = all
            .iter()
            .enumerate()
            .map(|(place, (_, shares))| {
                let share = shares.get(layer - 1).copied().unwrap_or(f32::NAN);
                Bar {
                    label: names[place][1].clone(),
                    value: share,
                    text: values::write(f64::from(share), Format::Percent),
                    role: role(place),
                    ..Bar::default()
                }
            })
            .collect();
        let area = Rect { y: body.y + 1, height: high - 1, ..body };
        bars::draw(area, buf, theme, &Bars { cursor: Some(at), marks: &[even], ..Bars::new(&rows) });
    }
    let plot = if side_by_side { Rect { y: body.y + high + 1, height: body.height - high - 1, ..body } } else { body };
    let points: Vec<Vec<(f32, f32)>> = all
        .iter()
        .map(|(_, values)| values.iter().enumerate().map(|(layer, share)| ((layer + 1) as f32, *share)).collect())
        .collect();
    // Where all have bars, two curves are enough: the chosen one, and the sentence as it is.
    let series: Vec<Series<'_>> = points
        .iter()
        .enumerate()
        .filter(|(place, _)| !side_by_side || [0, at].contains(place))
        .map(|(place, points)| Series { name: &names[place][1], points, intervals: &[], role: role(place) })
        .collect();
    let most = points.iter().flatten().map(|point| point.1).fold(even, f32::max);
    let chart = Chart {
        title: if side_by_side { "the same by layer" } else { "share of a word's attention" },
        series: &series,
        x: Some((1.0, layers.max(1) as f32)),
        y: Some((0.0, most)),
        x_label: "layer",
        reference: Some((even, "even")),
        ..Chart::default()
    };
    chart::draw(plot, buf, theme, &chart);
}

fn words(state: &State) -> Option<Vec<String>> {
    let data = state.received()?;
    let Request::Received { stand_in, .. } = state.received_request() else { return None };
    let mut said = vec!["Share of a word's attention that the first place receives, layer by layer:".to_owned()];
    for (place, (_, shares)) in data.named().into_iter().enumerate() {
        let shares: Vec<String> =
            shares.iter().map(|share| values::write(f64::from(*share), Format::Percent)).collect();
        said.push(format!("{}: {}.", capitalised(&name(place, &stand_in)[0]), shares.join(", ")));
    }
    Some(said)
}
