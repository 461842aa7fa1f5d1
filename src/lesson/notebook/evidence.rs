//! Where a learner's evidence for a figure is found: measured here first, then recorded. Figures that stand in one
//! sentence, or are compared, have one [`Origin`].

use super::{FACTS, Run, again};
use crate::lesson::progress::{Figure, Measured, Progress};
use crate::lesson::vocabulary::family;
use crate::lesson::{Course, Format, Source};

/// What a figure was measured with. Only figures of one origin may be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Measured here, recorded or cited.
    pub source: Source,
    /// The model's name, where it is not the one inside the program.
    pub model: Option<String>,
    /// sha256 of its weights.
    pub weights: Option<String>,
    /// The sentence it was measured on.
    pub sentence: Option<String>,
    /// sha256 of the labelled sentences of its run.
    pub data: Option<String>,
    /// Training sentences of its run.
    pub train: Option<usize>,
    /// Test sentences of its run.
    pub test: Option<usize>,
}

impl Origin {
    /// "recorded, 6,991 training sentences".
    pub fn in_words(&self) -> String {
        let train = self.train.map_or_else(String::new, |train| format!(", {} training sentences", count(train)));
        let model = self.model.as_ref().map_or_else(String::new, |model| format!(", with the model {model}"));
        format!("{}{train}{model}", self.source.in_words())
    }
}

/// A count with its thousands apart.
fn count(count: usize) -> String {
    Format::Auto.write(count as f64)
}

/// A figure with everything that is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The key of its fact.
    pub key: &'static str,
    /// What it is.
    pub what: &'static str,
    /// As written.
    pub value: String,
    /// Its number, if it is one.
    pub number: Option<f64>,
    /// Its 95 % interval, where the same run has it.
    pub interval: Option<[f64; 2]>,
    /// What it was measured with.
    pub origin: Origin,
    /// The command that gives it again.
    pub again: Option<String>,
}

impl Point {
    /// With the ends of its interval and the verdict, when the same run has them.
    pub(super) fn with_interval(mut self, evidence: &Evidence<'_>) -> Self {
        let Some((start, "accuracy" | "difference" | "precision")) = self.key.rsplit_once('.') else { return self };
        let same = |what: &str| {
            let point = evidence.beside(&format!("{start}.{what}"), &self.origin)?;
            (point.again == self.again).then_some(point)
        };
        if let (Some(low), Some(high)) = (same("low"), same("high")) {
            let verdict = same("verdict").map_or(String::new(), |verdict| format!(": {}", verdict.value));
            self.value = format!("{}, 95 % interval {} to {}{verdict}", self.value, low.value, high.value);
            self.interval = low.number.zip(high.number).map(|(low, high)| [low, high]);
        }
        self
    }

    pub(super) fn runs(&self) -> Vec<Run> {
        let mut runs = vec![Run::plain(format!("{}: ", self.what)), Run::strong(&self.value)];
        runs.push(Run::plain(format!(" ({})", self.origin.source.in_words())));
        runs.extend(self.origin.train.map(|train| Run::plain(format!(", {} training sentences", count(train)))));
        runs.extend(self.origin.sentence.as_ref().map(|sentence| Run::plain(format!(", on “{sentence}”"))));
        runs.extend(self.origin.model.as_ref().map(|model| Run::plain(format!(", with the model {model}"))));
        runs
    }
}

/// What a learner's answers can rest on.
pub struct Evidence<'a> {
    /// What was measured.
    pub progress: &'a Progress,
    /// The course, for questions and citations.
    pub course: &'a Course,
    /// Finds a recorded value by `FILE.key`.
    pub record: &'a dyn Fn(&str) -> Option<Figure>,
}

impl Evidence<'_> {
    /// The figure as measured here, otherwise as recorded.
    #[must_use]
    pub fn point(&self, key: &str) -> Option<Point> {
        self.measured(key).or_else(|| self.recorded(key))
    }

    /// Figures of one origin: all measured here, otherwise all recorded.
    #[must_use]
    pub fn together(&self, keys: &[&str]) -> Option<Vec<Point>> {
        let all = |find: &dyn Fn(&str) -> Option<Point>| -> Option<Vec<Point>> {
            let points: Vec<Point> = keys.iter().map(|key| find(key)).collect::<Option<_>>()?;
            points.windows(2).all(|pair| pair[0].origin == pair[1].origin).then_some(points)
        };
        all(&|key| self.measured(key)).or_else(|| all(&|key| self.recorded(key)))
    }

    /// The figure of this origin, if there is one.
    #[must_use]
    pub fn beside(&self, key: &str, origin: &Origin) -> Option<Point> {
        let both = [self.measured(key), self.recorded(key)];
        both.into_iter().flatten().find(|point| point.origin == *origin)
    }

    /// The figure as measured here.
    #[must_use]
    pub fn measured(&self, key: &str) -> Option<Point> {
        let fact = FACTS.iter().find(|fact| fact.key == key)?;
        let measured = self.progress.measured.get(key)?;
        let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Some(Point {
            key: fact.key,
            what: fact.what,
            value: measured.value.write(fact.format),
            number: measured.value.number(),
            interval: None,
            origin: Origin {
                source: measured.source,
                model: known(&measured.model).filter(|model| model != again::EMBEDDED),
                weights: known(&measured.model_sha256),
                sentence: measured.sentence.clone(),
                data: measured.data_sha256.clone(),
                train: measured.train,
                test: measured.test,
            },
            again: again::command(key, measured),
        })
    }

    /// The figure as recorded.
    #[must_use]
    pub fn recorded(&self, key: &str) -> Option<Point> {
        let fact = FACTS.iter().find(|fact| fact.key == key)?;
        let record = fact.record?;
        let figure = (self.record)(record)?;
        let run = family(record);
        let of_run = |what: &str| (self.record)(&format!("{run}.{what}"));
        let words = |what: &str| of_run(what).map(|words| words.write(Format::Auto));
        let count = |what: &str| of_run(what).and_then(|count| Some(count.number()? as usize));
        Some(Point {
            key: fact.key,
            what: fact.what,
            value: figure.write(fact.format),
            number: figure.number(),
            interval: None,
            origin: Origin {
                source: Source::Record,
                model: None,
                weights: words("model_sha256"),
                sentence: None,
                data: words("data_sha256"),
                train: count("train"),
                test: count("test"),
            },
            again: words("command"),
        })
    }

    /// Whether anything under these keys was measured here.
    #[must_use]
    pub fn any_measured(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.progress.measured.get(*key).is_some_and(live))
    }
}

fn live(measured: &Measured) -> bool {
    measured.source == Source::Live
}
