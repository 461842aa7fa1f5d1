//! The four answers. Each is a sentence drawn from figures, the figures themselves, and what is missing with what to
//! do about it. Nothing here is true whatever was measured: another measurement gives another sentence.

use std::fmt::Write as _;

use super::{Evidence, Point};
use crate::lesson::Source;

/// Sums in another order round differently; more than this is no rounding.
const ROUNDING: f64 = 1e-4;

/// From here on nearly every piece is found.
const EXACT: f64 = 0.95;

/// The lesson about each question.
pub const LESSONS: [&str; 4] = ["05", "06", "07", "10"];

/// The answer to one of the four questions.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The question.
    pub question: &'static str,
    /// The lesson that is about it.
    pub lesson: &'static str,
    /// The answer in a sentence or two.
    pub verdict: String,
    /// What it rests on.
    pub points: Vec<Point>,
    /// What was not measured here, and what to do.
    pub gap: Option<String>,
    /// The short run that `Enter` offers on this question.
    pub short_run: &'static str,
}

/// All four, in the order of the questions.
#[must_use]
pub fn answers(evidence: &Evidence<'_>) -> [Answer; 4] {
    [aggregate(evidence), first(evidence), learns(evidence), back(evidence)]
}

/// Figures of an answer by key, for its sentence.
struct Points<'a> {
    evidence: &'a Evidence<'a>,
    found: Vec<(&'static str, Point)>,
}

impl<'a> Points<'a> {
    /// The figures to list.
    fn new(evidence: &'a Evidence<'a>, keys: &[&'static str]) -> Self {
        let found = keys.iter().filter_map(|key| Some((*key, evidence.point(key)?.with_interval(evidence, key))));
        Self { evidence, found: found.collect() }
    }

    /// A figure, listed or not.
    fn get(&self, key: &str) -> Option<Point> {
        self.evidence.point(key)
    }

    /// Two figures that may be compared: measured here on as many training sentences, or both recorded.
    fn comparable(&self, one: &str, other: &str) -> Option<(Point, Point)> {
        let here = self.evidence.measured(one).zip(self.evidence.measured(other));
        let fair = |(one, other): &(Point, Point)| {
            one.source == other.source && one.train == other.train && one.model == other.model
        };
        here.filter(fair).or_else(|| {
            let two = self.evidence.recorded(one).zip(self.evidence.recorded(other));
            two.filter(fair)
        })
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.get(key)?.number
    }

    fn said(&self, key: &str) -> Option<String> {
        self.get(key).map(|point| point.value)
    }

    /// Puts the answer together. `needed` are the figures without which the question counts as not measured here.
    fn answer(
        self,
        question: &'static str,
        lesson: &'static str,
        verdict: Option<String>,
        needed: &[&str],
        short_run: &'static str,
    ) -> Answer {
        let live = self.evidence.any_measured(needed);
        let recorded = self.found.iter().any(|(_, point)| point.source == Source::Record);
        let course = self.evidence.course;
        let there = course.lessons.iter().any(|known| known.id == lesson);
        let last = course.lessons.last().map_or("11", |last| &last.id);
        let todo = if there {
            format!("Do lesson {lesson}, or press Enter on this question in lesson {last}: {short_run}.")
        } else {
            format!("Press Enter on this question in lesson {last}: {short_run}.")
        };
        let gap = match (live, recorded) {
            (true, _) => None,
            (false, true) => Some(format!("You have not measured this yourself: the figures are recorded. {todo}")),
            (false, false) => Some(format!("You have not measured this yet. {todo}")),
        };
        Answer {
            question,
            lesson,
            verdict: verdict.unwrap_or_else(|| "Not answered yet.".to_owned()),
            points: self.found.into_iter().map(|(_, point)| point).collect(),
            gap,
            short_run,
        }
    }
}

/// Question 1.
fn aggregate(evidence: &Evidence<'_>) -> Answer {
    let points = Points::new(
        evidence,
        &[
            "race.cls.last.accuracy",
            "race.mean.last.accuracy",
            "race.cls-mean.last.difference",
            "race.words.accuracy",
            "race.majority.accuracy",
            "aggregate.cls.last.cosine",
            "aggregate.mean.last.cosine",
            "aggregate.cls.last.nearest",
            "aggregate.mean.last.nearest",
        ],
    );
    let verdict = aggregate_in_words(&points);
    let needed = ["race.cls-mean.last.difference"];
    points.answer(
        "Is [CLS] really an aggregate representation of the sequence?",
        LESSONS[0],
        verdict,
        &needed,
        "a small race of [CLS] against GlobalPooling",
    )
}

fn aggregate_in_words(points: &Points<'_>) -> Option<String> {
    let (right, low) = (points.said("race.cls.last.accuracy")?, points.number("race.cls.last.low")?);
    let floor = points.get("race.majority.accuracy")?;
    let begins = if low > floor.number? {
        format!(
            "Yes, it gathers: a classifier on it alone is right on {right}, one answer for everything on {}",
            floor.value
        )
    } else {
        format!(
            "Not shown here: a classifier on it alone is right on {right}, and that cannot be told from one answer for \
             everything, {}",
            floor.value
        )
    };
    let difference = points.said("race.cls-mean.last.difference").unwrap_or_default();
    let beside = match points.said("race.cls-mean.last.verdict").as_deref() {
        Some("better") => format!(", but GlobalPooling gathers more here, {difference}."),
        Some("worse") => format!(", and better than GlobalPooling, which comes {difference} behind it."),
        Some("too little data to tell") => {
            format!(". Whether GlobalPooling does better ({difference}) these test sentences cannot tell.")
        }
        Some(other) => format!(". GlobalPooling is {other} ({difference})."),
        None => ".".to_owned(),
    };
    Some(format!("{begins}{beside} That is said of this model, layer, task and way of reading."))
}

/// Question 2.
fn first(evidence: &Evidence<'_>) -> Answer {
    let points = Points::new(
        evidence,
        &[
            "arrange.carried.largest.last",
            "arrange.carried.cosine.last",
            "arrange.shuffled.cosine.last",
            "arrange.cls-at-end.cosine.last",
            "arrange.no-positions.cosine.last",
            "race.cls-cls-at-end.last.difference",
        ],
    );
    let verdict = first_in_words(&points);
    points.answer(
        "Why is it the first token? Why not the second, the third, the last?",
        LESSONS[1],
        verdict,
        &["arrange.carried.largest.last"],
        "your sentence in four arrangements",
    )
}

fn first_in_words(points: &Points<'_>) -> Option<String> {
    let moved = points.get("arrange.carried.largest.last")?;
    let begins = if moved.number? <= ROUNDING {
        format!(
            "Nothing in attention asks for first: pieces shuffled with their positions keep their vectors (no number \
             moved by more than {}). First is the one index that every sequence has, and a habit",
            moved.value
        )
    } else {
        format!(
            "Not shown here: pieces shuffled with their positions moved by up to {}, which is more than rounding",
            moved.value
        )
    };
    let habit = match points.get("arrange.cls-at-end.cosine.last") {
        Some(end) => {
            format!(": moved to the end without training, the vector of [CLS] keeps a cosine of {}.", end.value)
        }
        None => ".".to_owned(),
    };
    Some(begins + &habit)
}

/// Question 3.
fn learns(evidence: &Evidence<'_>) -> Answer {
    let points = Points::new(
        evidence,
        &[
            "sentence.pieces",
            "gradient.cls.touched.last",
            "gradient.cls.touched.1",
            "gradient.mean.touched.last",
            "learning.cls.before",
            "learning.cls.after",
            "learning.cls.turned.last",
            "race.cls.last.accuracy",
            "race.cls.finetune.accuracy",
            "race.cls-mean.finetune.difference",
        ],
    );
    let verdict = learns_in_words(&points);
    points.answer(
        "How does it learn to represent the sequence, when it is trained like every other token?",
        LESSONS[2],
        verdict,
        &["gradient.cls.touched.last"],
        "where the loss touches your sentence",
    )
}

fn learns_in_words(points: &Points<'_>) -> Option<String> {
    let mut said = String::new();
    if let (Some(top), Some(below)) = (points.get("gradient.cls.touched.last"), points.get("gradient.cls.touched.1")) {
        let (at, under) = (top.number?, below.number?);
        said = if at < under {
            format!(
                "By being read. The loss of a classifier on it enters at {} position of the last layer and reaches {} \
                 through attention below: it trains what the others offer and what [CLS] asks for.",
                top.value, below.value
            )
        } else {
            format!(
                "Not shown here: the loss touches {} positions after the last layer and {} below, so it does not enter \
                 at [CLS] alone.",
                top.value, below.value
            )
        };
    }
    if let Some((before, after)) = points.comparable("race.cls.last.accuracy", "race.cls.finetune.accuracy") {
        let gained = after.number? > before.number?;
        let outcome = if gained { "training moved it" } else { "training did not help here" };
        let (before, after) = (&before.value, &after.value);
        let _ = write!(said, " Frozen it is right on {before}, fine-tuned on {after}: {outcome}.");
    }
    (!said.is_empty()).then(|| said.trim_start().to_owned())
}

/// Question 4.
fn back(evidence: &Evidence<'_>) -> Answer {
    let points = Points::new(
        evidence,
        &["decode.cls.last.precision", "decode.mean.last.precision", "decode.baseline", "decode.coverage"],
    );
    let verdict = back_in_words(&points);
    points.answer(
        "Can the original sequence be got back from it?",
        LESSONS[3],
        verdict,
        &["decode.cls.last.precision"],
        "small decoders of [CLS] and GlobalPooling",
    )
}

fn back_in_words(points: &Points<'_>) -> Option<String> {
    let (found, guess) = (points.get("decode.cls.last.precision")?, points.get("decode.baseline")?);
    let low = points.number("decode.cls.last.low").or(found.number)?;
    let begins = if found.number? >= EXACT {
        format!("Nearly all of its words: a linear map finds {} of the content pieces that it knows", found.value)
    } else if low > guess.number? {
        format!("In part: a linear map finds {} of the content pieces that it knows", found.value)
    } else {
        format!("Not shown here: a linear map finds {} of the content pieces that it knows", found.value)
    };
    let beside = match points.get("decode.mean.last.precision") {
        Some(mean) => format!("; from GlobalPooling {}", mean.value),
        None => String::new(),
    };
    Some(format!(
        "{begins}, the commonest pieces guessed blindly {}{beside}. Which words, not in which order; trained inverters \
         get further.",
        guess.value
    ))
}
