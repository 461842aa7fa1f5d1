//! The two claims that the course tests beside its questions: that average pooling is not inferior to `[CLS]`, and that after
//! fine-tuning any token would do. Each is answered by the verdicts of races, whatever these are.

use super::Evidence;
use super::answers::{Answer, LESSONS, Points};
use super::evidence::Point;

/// How far below `[CLS]` a lane may lie and still count as not inferior: the margin of a race that names no other.
pub const MARGIN: f64 = 0.02;

/// What a lane can come out as against `[CLS]`.
enum Outcome {
    /// Not inferior.
    Holds,
    /// Worse.
    Worse,
    /// The interval does not say.
    Open,
}

/// By the verdict; where that tells neither better nor worse, by the lower end of the interval: not inferior asks no more.
fn outcome(verdict: &str, low: Option<&Point>) -> Outcome {
    match verdict {
        "better" | "equivalent" => Outcome::Holds,
        "worse" => Outcome::Worse,
        _ if low.and_then(|low| low.number).is_some_and(|low| low > -MARGIN) => Outcome::Holds,
        _ => Outcome::Open,
    }
}

const TUNED: &str = "race.cls-mean.finetune.difference";

/// "Average pooling is not inferior to `[CLS]`."
pub(super) fn pooling(evidence: &Evidence<'_>) -> Answer {
    let mut points = Points::new(evidence, &[TUNED, "race.cls-mean.last.difference"]);
    let tuned = pooled_in_words(&mut points, "Fine-tuned", TUNED);
    let frozen = pooled_in_words(&mut points, "Frozen", "race.cls-mean.last.difference");
    let scope = (tuned.is_some() || frozen.is_some()).then_some(
        "Not inferior: the interval begins above minus two points. This holds for this model, task and the seeds that ran.",
    );
    let said: Vec<String> = tuned.into_iter().chain(frozen).chain(scope.map(str::to_owned)).collect();
    points.answer(
        ("Claim: average pooling is not inferior to [CLS]. Is that so?", LESSONS[4]),
        (!said.is_empty()).then(|| said.join(" ")),
        &[TUNED],
        (
            "a small fine-tuned race of [CLS] against GlobalPooling",
            "races of [CLS] and GlobalPooling, frozen and fine-tuned (lesson 08)",
        ),
    )
}

/// Verdict and lower end of the interval of a difference.
fn judged(points: &Points<'_>, difference: &Point) -> Option<(String, Option<Point>)> {
    let start = difference.key.strip_suffix("difference")?;
    let verdict = points.end_of(&format!("{start}verdict"), difference)?.value;
    let [low, high] = ["low", "high"].map(|end| points.end_of(&format!("{start}{end}"), difference));
    Some((verdict, high.and(low)))
}

fn pooled_in_words(points: &mut Points<'_>, how: &str, key: &'static str) -> Option<String> {
    let (origin, found) = points.quote(&[key])?;
    let difference = found.first()?;
    let (verdict, low) = judged(points, difference)?;
    let says = match outcome(&verdict, low.as_ref()) {
        Outcome::Holds => "not inferior",
        Outcome::Worse => "worse here",
        Outcome::Open => "not decided",
    };
    let value = &difference.value;
    let reaches = low.map_or_else(String::new, |low| format!(", its interval begins at {}", low.value));
    let said = format!("{how}: {says}. GlobalPooling minus [CLS] {value}{reaches}, {verdict} ({}).", origin.in_words());
    let recorded = points.recorded_too(key, &origin).and_then(|recorded| {
        let (verdict, _) = judged(points, &recorded)?;
        Some(format!(" The recorded race: {}, {verdict} ({}).", recorded.value, recorded.origin.in_words()))
    });
    Some(said + &recorded.unwrap_or_default())
}

/// Tokens that could stand in for `[CLS]`: what they are called, and their difference.
const RIVALS: [(&str, &str); 5] = [
    ("the first token of the text", "race.cls-token:1.finetune.difference"),
    ("a random token", "race.cls-random.finetune.difference"),
    ("[SEP]", "race.cls-sep.finetune.difference"),
    ("[CLS] at the end", "race.cls-cls-at-end.finetune.difference"),
    ("\"banana\"", "race.cls-stand-in:banana.finetune.difference"),
];

/// "After fine-tuning any token would do."
pub(super) fn any_token(evidence: &Evidence<'_>) -> Answer {
    let keys = RIVALS.map(|(_, difference)| difference);
    let mut points = Points::new(evidence, &keys);
    let verdict = tokens_in_words(&mut points, &keys);
    points.answer(
        ("Claim: after fine-tuning any token would do. Is that so?", LESSONS[5]),
        verdict,
        &keys,
        (
            "a small fine-tuned race of [CLS] against a random token",
            "a fine-tuned race of all seven rivals (lesson 09)",
        ),
    )
}

fn tokens_in_words(points: &mut Points<'_>, keys: &[&'static str]) -> Option<String> {
    // All of one origin; where the learner's own race had only some of them, those that were recorded.
    let (origin, found) = points.quote(keys)?;
    let mut named: [Vec<&str>; 3] = Default::default();
    for ((name, _), point) in RIVALS.iter().zip(&found) {
        let (verdict, low) = judged(points, point).unwrap_or_default();
        named[outcome(&verdict, low.as_ref()) as usize].push(name);
    }
    let [holds, worse, open] = named;
    let mut said = vec![match (holds.len(), worse.len(), open.len()) {
        (_, 0, 0) => "Yes, of those that were tried".to_owned(),
        (_, 0, _) => "Fine-tuned, none is shown to be worse, and not each is shown to be as good".to_owned(),
        _ => "Not shown for every token".to_owned(),
    }];
    for (names, words) in [(holds, "not inferior to [CLS]"), (worse, "worse"), (open, "not decided")] {
        let are = if names.len() == 1 { "is" } else { "are" };
        if !names.is_empty() {
            said.push(format!("{} {are} {words}", names.join(", ")));
        }
    }
    Some(format!("{} ({}). This holds for this model, task, recipe and seeds.", said.join("; "), origin.in_words()))
}
