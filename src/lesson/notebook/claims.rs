//! The two claims that the course tests beside its questions: that average pooling is not inferior to `[CLS]`, and that after
//! fine-tuning any token would do. Each is answered by the verdicts of races, whatever these are.

use super::Evidence;
use super::answers::{Answer, LESSONS, Points};
use super::evidence::Point;

/// What a lane can come out as against `[CLS]`.
enum Outcome {
    /// As good or better.
    Holds,
    /// Worse.
    Worse,
    /// The interval does not say.
    Open,
}

fn outcome(verdict: &str) -> Outcome {
    match verdict {
        "better" | "equivalent" => Outcome::Holds,
        "worse" => Outcome::Worse,
        _ => Outcome::Open,
    }
}

const TUNED: &str = "race.cls-mean.finetune.difference";

/// "Average pooling is not inferior to `[CLS]`."
pub(super) fn pooling(evidence: &Evidence<'_>) -> Answer {
    let mut points = Points::new(evidence, &[TUNED, "race.cls-mean.last.difference"]);
    let tuned = pooled_in_words(&mut points, "Fine-tuned", TUNED, "race.cls-mean.finetune.verdict");
    let frozen = pooled_in_words(&mut points, "Frozen", "race.cls-mean.last.difference", "race.cls-mean.last.verdict");
    let said: Vec<String> = tuned.into_iter().chain(frozen).collect();
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

fn pooled_in_words(points: &mut Points<'_>, how: &str, key: &'static str, verdict: &str) -> Option<String> {
    let (origin, found) = points.quote(&[key])?;
    let difference = found.first()?;
    let verdict = points.end_of(verdict, difference)?.value;
    let says = match outcome(&verdict) {
        Outcome::Holds => "not inferior",
        Outcome::Worse => "worse here",
        Outcome::Open => "not decided",
    };
    let value = &difference.value;
    Some(format!("{how}: {says}. GlobalPooling minus [CLS] {value}, {verdict} ({}).", origin.in_words()))
}

/// Tokens that could stand in for `[CLS]`: what they are called, their difference and its verdict.
const RIVALS: [(&str, &str, &str); 5] = [
    ("the first token of the text", "race.cls-token:1.finetune.difference", "race.cls-token:1.finetune.verdict"),
    ("a random token", "race.cls-random.finetune.difference", "race.cls-random.finetune.verdict"),
    ("[SEP]", "race.cls-sep.finetune.difference", "race.cls-sep.finetune.verdict"),
    ("[CLS] at the end", "race.cls-cls-at-end.finetune.difference", "race.cls-cls-at-end.finetune.verdict"),
    ("\"banana\"", "race.cls-stand-in:banana.finetune.difference", "race.cls-stand-in:banana.finetune.verdict"),
];

/// "After fine-tuning any token would do."
pub(super) fn any_token(evidence: &Evidence<'_>) -> Answer {
    let keys = RIVALS.map(|(_, difference, _)| difference);
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
    for ((name, _, key), point) in RIVALS.iter().zip(&found) {
        let verdict = points.end_of(key, point).map_or_else(String::new, |verdict: Point| verdict.value);
        named[outcome(&verdict) as usize].push(name);
    }
    let [holds, worse, open] = named;
    let mut said = vec![match (holds.len(), worse.len(), open.len()) {
        (_, 0, 0) => "Yes, of those that were tried".to_owned(),
        (_, 0, _) => "None is shown to be worse, and not each is shown to be as good".to_owned(),
        _ => "Not shown for every token".to_owned(),
    }];
    for (words, names) in
        [("within the margin of [CLS], or better", holds), ("worse", worse), ("too little data to tell", open)]
    {
        if !names.is_empty() {
            said.push(format!("{words}: {}", names.join(", ")));
        }
    }
    Some(format!("{} ({}). That is said of this model, task and recipe.", said.join("; "), origin.in_words()))
}
