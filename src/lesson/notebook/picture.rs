//! Pictures of the notebook: the figures of an answer that can be compared, each as a point with its interval.

use super::evidence::Point;
use super::facts::FACTS;
use crate::lesson::progress::Figure;
use crate::lesson::{Format, Source};

/// What the numbers of a picture are; only such of one kind stand on one scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Shares, such as test sentences right.
    Percent,
    /// Differences of shares.
    Points,
    /// Cosines.
    Cosine,
}

impl Unit {
    const ALL: [Self; 3] = [Self::Percent, Self::Points, Self::Cosine];

    fn of(key: &str) -> Option<Self> {
        let what = key.rsplit('.').next().unwrap_or_default();
        if matches!(what, "low" | "high") {
            return None;
        }
        match FACTS.iter().find(|fact| fact.key == key)?.format {
            Format::Percent => Some(Self::Percent),
            Format::Points => Some(Self::Points),
            Format::Decimals(_) if key.contains("cosine") => Some(Self::Cosine),
            _ => None,
        }
    }
}

/// One line of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// As written.
    pub text: String,
    /// Its number.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<[f64; 2]>,
    /// Whether the learner measured it.
    pub measured: bool,
    /// Whose figure it is: `cls`, `mean`, or another.
    pub readout: &'static str,
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What its numbers are.
    pub unit: Unit,
    /// Its lines.
    pub rows: Vec<Row>,
    /// Ends of its scale.
    pub scale: [f64; 2],
}

/// The pictures of some figures: one for each kind of number that is there more than once or has an interval.
pub(super) fn pictures(points: &[Point]) -> Vec<Picture> {
    let drawn = |unit: Unit| {
        let rows: Vec<Row> = points.iter().filter(|point| Unit::of(point.key) == Some(unit)).filter_map(row).collect();
        let worth = rows.len() > 1 || rows.iter().any(|row| row.interval.is_some());
        worth.then(|| Picture { unit, scale: scale(unit, &rows), rows })
    };
    Unit::ALL.into_iter().filter_map(drawn).collect()
}

fn row(point: &Point) -> Option<Row> {
    let value = point.number.filter(|number| number.is_finite())?;
    let mut parts = point.key.split('.').skip(1);
    let readout = match parts.next() {
        Some("cls") => "cls",
        Some("mean") => "mean",
        _ => "other",
    };
    let format = FACTS.iter().find(|fact| fact.key == point.key)?.format;
    let text = Figure::Number(value).write(format);
    let measured = point.origin.source == Source::Live;
    Some(Row { label: point.what.to_owned(), text, value, interval: point.interval, measured, readout })
}

/// Round ends with everything inside.
fn scale(unit: Unit, rows: &[Row]) -> [f64; 2] {
    let all = rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain([row.value]));
    let (low, high) =
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let step = match unit {
        Unit::Percent | Unit::Cosine => 0.1,
        Unit::Points => 0.01,
    };
    let ends = [(low / step).floor() * step, (high / step).ceil() * step];
    match unit {
        Unit::Percent | Unit::Cosine => [ends[0].max(-1.0), if ends[1] > ends[0] { ends[1] } else { ends[0] + step }],
        // No difference and the margin are always to be seen.
        Unit::Points => [ends[0].min(-0.03), ends[1].max(0.03)],
    }
}
