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

/// What the lines of a picture are called: short enough to stand beside it.
const LABELS: &[(&str, &str)] = &[
    ("race.cls.last.accuracy", "[CLS], frozen"),
    ("race.mean.last.accuracy", "GlobalPooling, frozen"),
    ("race.cls.finetune.accuracy", "[CLS], fine-tuned"),
    ("race.mean.finetune.accuracy", "GlobalPooling, fine-tuned"),
    ("race.words.accuracy", "words, no BERT"),
    ("race.majority.accuracy", "always one answer"),
    ("race.cls-mean.last.difference", "pooling - [CLS], frozen"),
    ("race.cls-mean.finetune.difference", "pooling - [CLS], fine-tuned"),
    ("race.cls-cls-at-end.last.difference", "[CLS] at the end - first"),
    ("race.cls-token:1.finetune.difference", "first token - [CLS]"),
    ("race.cls-random.finetune.difference", "random token - [CLS]"),
    ("race.cls-sep.finetune.difference", "[SEP] - [CLS]"),
    ("race.cls-cls-at-end.finetune.difference", "[CLS] at the end - first"),
    ("race.cls-stand-in:banana.finetune.difference", "banana - [CLS]"),
    ("aggregate.cls.last.cosine", "[CLS], two sentences"),
    ("aggregate.mean.last.cosine", "GlobalPooling, two sentences"),
    ("aggregate.cls.last.nearest", "[CLS], nearest agrees"),
    ("aggregate.mean.last.nearest", "GlobalPooling, the same"),
    ("arrange.carried.cosine.last", "shuffled with positions"),
    ("arrange.shuffled.cosine.last", "shuffled, counted anew"),
    ("arrange.cls-at-end.cosine.last", "[CLS] at the end"),
    ("arrange.no-positions.cosine.last", "no positions"),
    ("decode.cls.last.precision", "[CLS], pieces found"),
    ("decode.mean.last.precision", "GlobalPooling, the same"),
    ("decode.baseline", "guessed blindly"),
    ("decode.coverage", "known to the decoders"),
    ("order.subject.cls.last.accuracy", "which noun comes first"),
    ("order.shuffled.cls.last.accuracy", "shuffled or not"),
    ("order.swapped.cls.last.accuracy", "two neighbours exchanged"),
];

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

impl Row {
    /// Whether another row would say nothing more.
    fn is_as(&self, other: &Self) -> bool {
        (&self.label, &self.text, self.measured) == (&other.label, &other.text, other.measured)
    }
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

/// The pictures of some figures: one for each kind of number of each experiment that is there more than once or has an
/// interval, in the order of the figures.
pub(super) fn pictures(points: &[Point]) -> Vec<Picture> {
    let mut kinds: Vec<(&str, Unit, Vec<Row>)> = Vec::new();
    for point in points {
        let (Some(unit), Some(row)) = (Unit::of(point.key), row(point)) else { continue };
        let experiment = point.key.split('.').next().unwrap_or_default();
        match kinds.iter_mut().find(|(known, of, _)| *known == experiment && *of == unit) {
            // The same figure of two records is one row.
            Some((.., rows)) if rows.iter().any(|known| known.is_as(&row)) => {}
            Some((.., rows)) => rows.push(row),
            None => kinds.push((experiment, unit, vec![row])),
        }
    }
    let worth = |rows: &[Row]| rows.len() > 1 || rows.iter().any(|row| row.interval.is_some());
    let worth = kinds.into_iter().filter(|(.., rows)| worth(rows));
    worth.map(|(_, unit, rows)| Picture { unit, scale: scale(unit, &rows), rows }).collect()
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
    let label = LABELS.iter().find(|(key, _)| *key == point.key).map_or(point.what, |(_, label)| label);
    Some(Row { label: label.to_owned(), text, value, interval: point.interval, measured, readout })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_can_be_drawn_has_a_short_name() {
        let drawn: Vec<&str> = FACTS.iter().filter(|fact| !fact.besides).map(|fact| fact.key).collect();
        for key in drawn.iter().filter(|key| Unit::of(key).is_some()) {
            assert!(LABELS.iter().any(|(known, label)| known == key && label.chars().count() <= 28), "{key}");
        }
        for (key, _) in LABELS {
            assert!(drawn.contains(key), "{key} is no figure of an answer");
        }
    }
}
