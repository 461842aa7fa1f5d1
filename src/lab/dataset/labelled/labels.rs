//! What the labels of a file mean: numbers by their value, words as they are written, and which of them are none.

use std::collections::{BTreeMap, BTreeSet};

use crate::wording::listed;

/// What programs write where a label is missing, in lower case.
const MISSING: [&str; 8] = ["nan", "none", "null", "na", "n/a", "<na>", "#n/a", "nat"];

/// So many labels are named in a note.
const NAMED: usize = 4;

/// From so many different numbers on, labels may be a scale.
const SCALE: usize = 10;

/// Whole numbers up to this size are exact as floating-point numbers.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A label that is a number, so that 1, 1.0 and 01 are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Whole(i128),
    /// The bits of a number with a fraction, or beyond [`EXACT`].
    Real(u64),
}

impl Number {
    fn read(label: &str) -> Option<Self> {
        if let Ok(whole) = label.parse() {
            return Some(Self::Whole(whole));
        }
        let real: f64 = label.parse().ok().filter(|real: &f64| real.is_finite())?;
        let whole = real.fract() == 0.0 && real.abs() < EXACT;
        Some(if whole { Self::Whole(real as i128) } else { Self::Real(real.to_bits()) })
    }

    fn value(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(bits) => f64::from_bits(bits),
        }
    }

    /// What a class of this number is called: as written where all write it alike and in digits.
    fn name(self, spelled: &BTreeSet<String>) -> String {
        let plain = |label: &&String| label.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
        match (spelled.first().filter(plain), self) {
            (Some(label), _) if spelled.len() == 1 => label.clone(),
            (_, Self::Whole(whole)) => whole.to_string(),
            (_, Self::Real(bits)) => f64::from_bits(bits).to_string(),
        }
    }
}

/// The labels of a file.
pub(super) struct Labels {
    /// Where all that are not missing are numbers: each with its spellings.
    numbers: Option<BTreeMap<Number, BTreeSet<String>>>,
    /// What marks a missing one, as written.
    missing: BTreeSet<String>,
}

impl Labels {
    /// All labels of a file, repeats and empty ones included.
    pub fn of<'a>(labels: impl Iterator<Item = &'a str>) -> Self {
        let different: BTreeSet<&str> = labels.filter(|label| !label.is_empty()).collect();
        let (marks, others): (Vec<&str>, Vec<&str>) = different.into_iter().partition(|label| is_missing(label));
        let mut numbers: BTreeMap<Number, BTreeSet<String>> = BTreeMap::new();
        for label in &others {
            let Some(number) = Number::read(label) else { return Self { numbers: None, missing: BTreeSet::new() } };
            numbers.entry(number).or_default().insert((*label).to_owned());
        }
        if numbers.is_empty() {
            return Self { numbers: None, missing: BTreeSet::new() };
        }
        Self { numbers: Some(numbers), missing: marks.into_iter().map(str::to_owned).collect() }
    }

    /// The class that a label names; `None` where it is missing.
    pub fn class(&self, label: &str) -> Option<String> {
        if label.is_empty() || self.missing.contains(label) {
            return None;
        }
        let Some(numbers) = &self.numbers else { return Some(label.to_owned()) };
        let number = Number::read(label)?;
        Some(number.name(numbers.get(&number)?))
    }

    /// Classes in order: by value when all are numbers, else by name.
    pub fn ordered(&self, classes: BTreeSet<String>) -> Vec<String> {
        let mut classes: Vec<String> = classes.into_iter().collect();
        if self.numbers.is_some() {
            let value = |class: &String| Number::read(class).map_or(0.0, Number::value);
            classes.sort_by(|a, b| value(a).total_cmp(&value(b)));
        }
        classes
    }

    /// What was done with them, and what may not be meant.
    pub fn notes(&self, classes: &[String]) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(numbers) = &self.numbers {
            let changed = numbers.iter().filter_map(|(number, spelled)| {
                let name = number.name(spelled);
                let as_written = spelled.len() == 1 && spelled.contains(&name);
                let verb = if spelled.len() == 1 { "is" } else { "are" };
                (!as_written).then(|| format!("{} {verb} the class {name}", joined(spelled)))
            });
            let changed: Vec<String> = changed.collect();
            if !changed.is_empty() {
                notes.push(format!("labels are read as numbers: {}", listed(changed.iter(), NAMED)));
            }
            if !self.missing.is_empty() {
                let verb = if self.missing.len() == 1 { "counts" } else { "count" };
                let marks = joined(&self.missing);
                notes.push(format!("{marks} {verb} as no label, because the other labels are numbers"));
            }
        } else {
            notes.extend(Self::notes_on_words(classes));
        }
        notes
    }

    fn notes_on_words(classes: &[String]) -> Vec<String> {
        let mut notes = Vec::new();
        let marks: BTreeSet<String> = classes.iter().filter(|class| is_missing(class)).cloned().collect();
        if !marks.is_empty() {
            let class = if marks.len() == 1 { "is a class of its own" } else { "are classes of their own" };
            let marks = joined(&marks);
            notes.push(format!("{marks} {class}; where a label is missing, leave it empty"));
        }
        let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        let mut same: BTreeMap<Number, Vec<&str>> = BTreeMap::new();
        for class in classes {
            alike.entry(class.to_lowercase()).or_default().push(class);
            if let Some(number) = Number::read(class) {
                same.entry(number).or_default().push(class);
            }
        }
        let pairs = |groups: Vec<Vec<&str>>| -> Vec<String> {
            groups.into_iter().filter(|group| group.len() > 1).map(|group| group.join(" and ")).collect()
        };
        let same = pairs(same.into_values().collect());
        if !same.is_empty() {
            let same = listed(same.iter(), NAMED);
            notes.push(format!("{same} are classes of their own, because not all labels are numbers"));
        }
        let alike = pairs(alike.into_values().collect());
        if !alike.is_empty() {
            let alike = listed(alike.iter(), NAMED);
            notes.push(format!("labels that differ only in case are classes of their own: {alike}"));
        }
        notes
    }
}

fn is_missing(label: &str) -> bool {
    MISSING.contains(&label.to_lowercase().as_str())
}

/// "a, b and c": the first of them, where there are many.
fn joined(labels: &BTreeSet<String>) -> String {
    match labels.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [first @ .., last] if !first.is_empty() && labels.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        all => listed(all.iter(), NAMED),
    }
}

/// Whether the labels are numbers that are measured rather than names: many of them, with fractions or each for few
/// sentences.
pub(super) fn is_scale(classes: &[String], rows: usize) -> bool {
    let numbers = classes.iter().all(|class| Number::read(class).is_some());
    let fractions = classes.iter().any(|class| !matches!(Number::read(class), Some(Number::Whole(_))));
    numbers && classes.len() > SCALE && (fractions || classes.len() * 3 > rows)
}

/// GLUE's mark for a label that it does not publish.
pub(super) const HIDDEN: &str = "-1";

/// Whether -1 may stand for a hidden label here: beside 0 and others, and without another number below 0.
pub(super) fn may_hide(classes: &[String]) -> bool {
    let below = classes.iter().filter(|class| Number::read(class).is_some_and(|number| number.value() < 0.0));
    classes.iter().any(|class| class == "0") && below.eq([HIDDEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(labels: &[&str]) -> (Vec<String>, Vec<String>) {
        let found = Labels::of(labels.iter().copied());
        let classes = found.ordered(labels.iter().filter_map(|label| found.class(label)).collect());
        let notes = found.notes(&classes);
        (classes, notes)
    }

    #[test]
    fn numbers_are_one_class_by_their_value() {
        let (found, notes) = classes(&["1", "1.0", "0.0", "NaN", "", "1.00"]);
        assert_eq!(found, ["0", "1"]);
        assert_eq!(notes[0], "labels are read as numbers: 0.0 is the class 0, 1, 1.0 and 1.00 are the class 1");
        assert_eq!(notes[1], "NaN counts as no label, because the other labels are numbers");
        assert_eq!(classes(&["-0", "0", "+1", "1e0", "0.5", "10"]).0, ["0", "0.5", "1", "10"]);
        assert_eq!(classes(&["02", "01", "02"]), (vec!["01".to_owned(), "02".to_owned()], Vec::new()));
        assert_eq!(classes(&["01", "1"]).0, ["1"]);
        // Beyond what a floating-point number can tell apart.
        assert_eq!(classes(&["9007199254740993", "9007199254740992"]).0.len(), 2);
    }

    #[test]
    fn words_stay_as_they_are_and_marks_among_them_are_said() {
        let (found, notes) = classes(&["some", "none", "1", "1.0", "Some"]);
        assert_eq!(found, ["1", "1.0", "Some", "none", "some"]);
        assert_eq!(notes[0], "none is a class of its own; where a label is missing, leave it empty");
        assert!(notes[1].starts_with("1 and 1.0 are classes of their own") && notes[2].ends_with("Some and some"));
        assert_eq!(classes(&["none", "nan"]).0, ["nan", "none"], "without a number beside them they are words");
        assert_eq!(classes(&["True", "False"]), (vec!["False".to_owned(), "True".to_owned()], Vec::new()));
    }

    #[test]
    fn minus_one_is_a_mark_only_beside_zero() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(may_hide(&names(&["-1", "0", "1"])) && may_hide(&names(&["-1", "0", "1", "2"])));
        assert!(!may_hide(&names(&["-1", "1"])) && !may_hide(&names(&["-2", "-1", "0"])));
        assert!(!may_hide(&names(&["0", "1"])));
    }
}
