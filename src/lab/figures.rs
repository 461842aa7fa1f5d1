//! Single figures of an outcome by the names under which lessons quote them: `carried.largest.last`. The screen and
//! `clsroom trace --also` read the same ones.

use super::arrange::{ArrangeData, Change};
use super::largest::LargestData;
use super::received::ReceivedByFirst;
use super::record::Datum;
use super::{GradientData, LearnData};

/// A layer's number, or `last`.
#[must_use]
pub fn layer(text: &str, layers: usize) -> Option<usize> {
    if text == "last" { Some(layers) } else { text.parse().ok() }
}

/// Where the layer that stands out lies: it first, it last, or between.
#[must_use]
pub fn place(layer: usize, last: usize) -> Datum {
    let place = if layer <= 1 {
        "first"
    } else if layer == last {
        "last"
    } else {
        "between"
    };
    Datum::Text(place.to_owned())
}

/// Names of the changes, in the order of [`Change::ALL`].
pub const CHANGES: [&str; 4] = ["carried", "shuffled", "cls-at-end", "no-positions"];

/// `{change}.cosine|largest.{layer}`.
#[must_use]
pub fn arrange(data: &ArrangeData, key: &str) -> Option<Datum> {
    let (change, rest) = key.split_once('.')?;
    let (what, at) = rest.split_once('.')?;
    let change = Change::ALL[CHANGES.iter().position(|known| *known == change)?];
    let arrangement = data.arrangements.iter().find(|one| one.change == change)?;
    let series = match what {
        "cosine" => &arrangement.cls_cosine,
        "largest" => &arrangement.largest,
        _ => return None,
    };
    number(*series.get(layer(at, series.len().saturating_sub(1))?)?)
}

/// `{readout}.touched|share.{layer}`.
#[must_use]
pub fn gradient(data: &GradientData, key: &str) -> Option<Datum> {
    let (readout, rest) = key.split_once('.')?;
    let (what, at) = rest.split_once('.')?;
    let (_, map) = data.maps.iter().find(|(name, _)| name == readout)?;
    let row = map.row(layer(at, map.rows.saturating_sub(1))?);
    match what {
        "touched" => Some(Datum::Number(row.iter().filter(|norm| **norm > 0.0).count() as f64)),
        "share" => {
            let total: f32 = row.iter().sum();
            number(row.first()? / total.max(f32::MIN_POSITIVE))
        }
        _ => None,
    }
}

/// `before`, `after`, `even`, `top`, `change`, `most`, `place`, `turned.{layer}`.
#[must_use]
pub fn learning(data: &LearnData, key: &str) -> Option<Datum> {
    let (_, most, token) = data.most_changed()?;
    match key {
        "before" => number(*data.curve.loss.first()?),
        "after" => number(*data.curve.loss.last()?),
        // Cross-entropy of the same probability for each of C classes: -ln(1/C).
        "even" => Some(Datum::Number((data.classes as f64).ln())),
        "top" => Some(Datum::Text(data.pieces.get(token)?.clone())),
        "change" => number(most),
        "most" => {
            let layers = 1..data.drift.len();
            layers.max_by(|a, b| data.drift[*a].total_cmp(&data.drift[*b])).map(|layer| Datum::Number(layer as f64))
        }
        "place" => match learning(data, "most")? {
            Datum::Number(most) => Some(place(most as usize, data.drift.len().saturating_sub(1))),
            Datum::Text(_) => None,
        },
        key => {
            let at = layer(key.strip_prefix("turned.")?, data.drift.len().saturating_sub(1))?;
            number(*data.drift.get(at)?)
        }
    }
}

/// Names of a coordinate's ways, in the order of [`Way::ALL`](super::way::Way::ALL).
pub const WAYS: [&str; 3] = ["as-it-is", "without", "centred"];

/// `index`, `share.{layer}`, `{way}.{layer}`.
#[must_use]
pub fn largest(data: &LargestData, key: &str) -> Option<Datum> {
    let (what, at) = key.split_once('.').unwrap_or((key, ""));
    let series = match what {
        "index" => return Some(Datum::Number(data.coordinate.index as f64)),
        "share" => &data.coordinate.share_of_cls,
        way => &data.cosines[WAYS.iter().position(|known| *known == way)?],
    };
    number(*series.get(layer(at, series.len().saturating_sub(1))?)?)
}

/// `{arrangement}.{layer}`, layers from 1.
#[must_use]
pub fn received(data: &ReceivedByFirst, key: &str) -> Option<Datum> {
    let (name, at) = key.split_once('.')?;
    let (_, series) = data.named().into_iter().find(|(known, _)| *known == name)?;
    number(*series.get(layer(at, series.len())?.checked_sub(1)?)?)
}

/// `{first}-{last}`: 1 - cosine of `[CLS]` when these layers are cut; `below` means all layers but the last.
#[must_use]
pub fn cut(ranges: &[[usize; 2]], data: &[f32], layers: usize, key: &str) -> Option<Datum> {
    let (first, last) = key.split_once('-')?;
    let at = |name: &str| if name == "below" { Some(layers.saturating_sub(1)) } else { layer(name, layers) };
    let wanted = [at(first)?, at(last)?];
    number(*data.get(ranges.iter().position(|range| *range == wanted)?)?)
}

#[expect(clippy::unnecessary_wraps, reason = "the last step of functions that return an option")]
fn number(value: f32) -> Option<Datum> {
    Some(Datum::Number(f64::from(value)))
}
