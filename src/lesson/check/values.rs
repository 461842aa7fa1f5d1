//! Which names of values exist: live ones by pattern, recorded ones by key, citations by key; and what was meant by a
//! name that does not exist.

use std::collections::BTreeMap;

use crate::lesson::parse::problem::{did_you_mean, distance};
use crate::lesson::vocabulary::family;
use crate::lesson::{Citation, Layer, Source, ValueRef, Vocabulary};

/// How many nearest words have a name (`{rank}`).
const RANKS: usize = 8;
/// Longest name that is compared with patterns, in bytes.
const LONGEST: usize = 200;

/// Whether a value exists; otherwise advice, if there is any.
pub(super) fn known(
    value: &ValueRef,
    vocabulary: &Vocabulary,
    citations: &BTreeMap<String, Citation>,
) -> Result<(), Option<String>> {
    let key = value.key.as_str();
    match value.source {
        Source::Record if vocabulary.records.contains(key) => Ok(()),
        Source::Record => Err(nearest(key, "record.", vocabulary.records.iter())),
        Source::Cite if citations.contains_key(key) => Ok(()),
        Source::Cite => Err(nearest(key, "cite.", citations.keys())),
        Source::Live if vocabulary.live.iter().any(|pattern| fits(pattern, key, vocabulary)) => Ok(()),
        Source::Live if vocabulary.records.contains(key) => Err(Some(format!("did you mean `record.{key}`?"))),
        Source::Live if citations.contains_key(key) => Err(Some(format!("did you mean `cite.{key}`?"))),
        Source::Live => Err(too_high(key, vocabulary).or_else(|| meant(key, vocabulary))),
    }
}

/// Advice for a name that would be right with a lower layer.
fn too_high(key: &str, vocabulary: &Vocabulary) -> Option<String> {
    let layers = vocabulary.layers;
    let high = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.parse().is_ok_and(|at: usize| at > layers);
    let lowered: Vec<&str> = key.split('.').map(|part| if high(part) { "last" } else { part }).collect();
    let lowered = lowered.join(".");
    let fits = lowered != key && vocabulary.live.iter().any(|pattern| fits(pattern, &lowered, vocabulary));
    fits.then(|| format!("the model's last layer is {layers}; `last` is always right"))
}

/// Whether this is a readout's name; `token:` and `stand-in:` need something after the colon.
pub(super) fn is_readout(name: &str, vocabulary: &Vocabulary) -> bool {
    vocabulary.readouts.iter().any(|known| match name.strip_prefix(known.as_str()) {
        Some(rest) => rest.is_empty() != known.ends_with(':'),
        None => false,
    })
}

fn nearest<'a>(key: &str, prefix: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    let names: Vec<String> = known.map(|known| format!("{prefix}{known}")).collect();
    did_you_mean(&format!("{prefix}{key}"), names.iter().map(String::as_str))
}

/// Whether a name follows a pattern such as `race.{readout}-{readout}.{layer}.p`, segment by segment.
fn fits(pattern: &str, key: &str, vocabulary: &Vocabulary) -> bool {
    key.len() <= LONGEST
        && pattern.split('.').count() == key.split('.').count()
        && pattern.split('.').zip(key.split('.')).all(|(pattern, part)| part_fits(pattern, part, vocabulary))
}

/// One segment. A readout's name may contain the hyphen that also separates two readouts, so every cut is tried.
fn part_fits(pattern: &str, part: &str, vocabulary: &Vocabulary) -> bool {
    let Some((before, name, after)) = placeholder(pattern) else { return pattern == part };
    let Some(rest) = part.strip_prefix(before) else { return false };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|cut| fills(name, &rest[..cut], vocabulary) && part_fits(after, &rest[cut..], vocabulary))
}

/// The first placeholder of a pattern: text before it, its name, text after it.
fn placeholder(pattern: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = pattern.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn fills(placeholder: &str, text: &str, vocabulary: &Vocabulary) -> bool {
    let number = || text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<usize>().ok()).flatten();
    match placeholder {
        "layer" => Layer::named(text).is_some() || number().is_some_and(|layer| layer <= vocabulary.layers),
        "head" => number().is_some_and(|head| (1..=vocabulary.heads).contains(&head)),
        "rank" => number().is_some_and(|rank| (1..=RANKS).contains(&rank)),
        "readout" => is_readout(text, vocabulary),
        _ => false,
    }
}

/// The live value that was probably meant, or the values of the same family.
fn meant(key: &str, vocabulary: &Vocabulary) -> Option<String> {
    if key.len() > LONGEST {
        return None;
    }
    let limit = (key.chars().count() / 3).clamp(2, 6);
    let best = vocabulary.live.iter().map(|pattern| closest(pattern, key, vocabulary)).min();
    if let Some((_, name)) = best.filter(|(far, _)| *far <= limit) {
        return Some(format!("did you mean `{name}`?"));
    }
    let wanted = family(key);
    let patterns: Vec<&str> = vocabulary.live.iter().filter(|pattern| family(pattern) == wanted).copied().collect();
    if !patterns.is_empty() {
        return Some(format!("values of `{wanted}` are {}", patterns.join(", ")));
    }
    let mut families: Vec<&str> = vocabulary.live.iter().map(|pattern| family(pattern)).collect();
    families.dedup();
    Some(format!("values that are measured here begin with {}", families.join(", ")))
}

/// The name of this pattern that is closest to `key`, and how far it is.
fn closest(pattern: &str, key: &str, vocabulary: &Vocabulary) -> (usize, String) {
    let parts: Vec<&str> = key.split('.').collect();
    if pattern.split('.').count() != parts.len() {
        let name = pattern.split('.').map(|part| choice(part, "", vocabulary)).collect::<Vec<_>>().join(".");
        return (distance(&name, key), name);
    }
    let mut far = 0;
    let mut names = Vec::new();
    for (pattern, part) in pattern.split('.').zip(parts) {
        let name =
            if part_fits(pattern, part, vocabulary) { part.to_owned() } else { choice(pattern, part, vocabulary) };
        // A number out of range is near its pattern, however different `last` looks.
        far += if ["{layer}", "{head}", "{rank}"].contains(&pattern) {
            2.min(distance(&name, part))
        } else {
            distance(&name, part)
        };
        names.push(name);
    }
    (far, names.join("."))
}

/// What a segment could say instead of `part`: its pattern with the placeholders filled as near to `part` as possible.
fn choice(pattern: &str, part: &str, vocabulary: &Vocabulary) -> String {
    let Some((before, name, after)) = placeholder(pattern) else { return pattern.to_owned() };
    let fillings: Vec<&str> = match name {
        "layer" => vec!["last"],
        "head" | "rank" => vec!["1"],
        _ => vocabulary.readouts.iter().map(String::as_str).filter(|name| !name.ends_with(':')).collect(),
    };
    let endings = |filling: &str| {
        let rest = part.get((before.len() + filling.len()).min(part.len())..).unwrap_or("");
        format!("{before}{filling}{}", choice(after, rest.strip_prefix('-').unwrap_or(rest), vocabulary))
    };
    fillings.into_iter().map(endings).min_by_key(|name| distance(name, part)).unwrap_or_else(|| pattern.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lesson::check::tests::vocabulary;

    fn live(key: &str) -> Result<(), Option<String>> {
        let value = crate::lesson::parse::reference(key).expect("a reference");
        known(&value, &vocabulary(), &BTreeMap::new())
    }

    #[test]
    fn names_that_follow_a_pattern_exist() {
        for key in [
            "model.name",
            "cls.norm.0",
            "cls.norm.last",
            "neighbours.8",
            "race.token:12.6.accuracy",
            "race.cls-mean.6.difference",
            "race.cls-at-end-mean-content.last.verdict",
            "record.frozen.cls.6.accuracy",
        ] {
            assert_eq!(live(key), Ok(()), "{key}");
        }
    }

    #[test]
    fn names_out_of_range_do_not() {
        for key in
            ["cls.norm.7", "cls.norm.+1", "neighbours.0", "neighbours.9", "race.token:.6.accuracy", "race.cls-.6.p"]
        {
            assert!(live(key).is_err(), "{key}");
        }
    }

    #[test]
    fn what_was_meant_is_suggested() {
        let help = |key: &str| live(key).expect_err("unknown").unwrap_or_default();
        assert_eq!(help("modle.name"), "did you mean `model.name`?");
        assert_eq!(help("cls.norm.9"), "the model's last layer is 6; `last` is always right");
        assert_eq!(help("race.cls-maen.6.difference"), "did you mean `race.cls-mean.6.difference`?");
        assert_eq!(help("record.frozen.cls.6.acuracy"), "did you mean `record.frozen.cls.6.accuracy`?");
        assert_eq!(help("frozen.cls.6.accuracy"), "did you mean `record.frozen.cls.6.accuracy`?");
        assert!(help("mixing.something.else.entirely").starts_with("values of `mixing` are mixing.ratio.{layer}"));
        assert!(help("weather").starts_with("values that are measured here begin with model, sentence"));
    }

    #[test]
    fn a_name_of_any_length_is_answered() {
        assert!(live("race.cls-".repeat(50_000).trim_end_matches('-')).is_err());
    }
}
