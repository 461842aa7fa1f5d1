//! Sentences whose label only the order of their words tells: what does a linear reader of frozen vectors know of it?
//!
//! Both labels of a task have the same words, so a counter of words is right half of the time. Words of the test sentences
//! of `order-subject` do not stand in its training sentences.

use std::fmt::Write as _;

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Dataset, DatasetError, Form, MOVIES, Split};

/// The tasks, by the names under which races read them.
pub const NAMES: [&str; 3] = ["order-subject", "order-shuffled", "order-swapped"];

/// "The man chased the dog.": who does it, a person or an animal.
const PEOPLE: [&str; 40] = [
    "man", "woman", "boy", "girl", "doctor", "farmer", "teacher", "nurse", "king", "soldier", "lawyer", "driver",
    "baker", "sailor", "artist", "judge", "queen", "priest", "student", "singer", "actor", "writer", "painter",
    "captain", "cook", "guard", "hunter", "tailor", "child", "prince", "dancer", "pilot", "waiter", "mayor", "poet",
    "clerk", "butcher", "miner", "barber", "monk",
];
const ANIMALS: [&str; 40] = [
    "dog", "cat", "horse", "cow", "wolf", "bear", "lion", "tiger", "fox", "goat", "sheep", "rabbit", "mouse", "snake",
    "bird", "pig", "duck", "hen", "frog", "rat", "deer", "monkey", "elephant", "camel", "donkey", "bull", "eagle",
    "owl", "whale", "shark", "turtle", "spider", "crow", "swan", "goose", "squirrel", "lizard", "hawk", "beaver",
    "crab",
];
const VERBS: [&str; 8] = ["chased", "saw", "followed", "feared", "watched", "found", "heard", "helped"];

/// Splits: the nouns of each kind that are for it, and one of how many verbs each two of them get.
const NOUNS: [(&str, std::ops::Range<usize>, usize); 3] =
    [("train", 0..24, 8), ("validation", 24..30, 2), ("test", 30..40, 4)];

/// Film sentences for each split of the other two tasks.
const FILMS: [(Split, &str, usize); 3] =
    [(Split::Train, "train", 300), (Split::Validation, "validation", 100), (Split::Test, "test", 250)];

/// Film sentences have at least so many words.
const LEAST: usize = 6;

/// Seed of the shuffles.
const SEED: u64 = 0;

/// The sentences of a task; `None` for another name.
///
/// # Errors
/// When the course's sentences are damaged.
pub(super) fn dataset(name: &str) -> Option<Result<Dataset, DatasetError>> {
    let name = NAMES.into_iter().find(|known| *known == name)?;
    let rows = if name == NAMES[0] { Ok(subjects()) } else { films(name == NAMES[1]) };
    Some(rows.and_then(|rows| Dataset::labelled(name, Form::Tsv, &format!("text\tlabel\tsplit\n{rows}"))))
}

fn subjects() -> String {
    let mut rows = String::new();
    for (split, nouns, one_of) in NOUNS {
        for (person, animal) in nouns.clone().flat_map(|person| nouns.clone().map(move |animal| (person, animal))) {
            let verbs = VERBS.iter().enumerate().filter(|(at, _)| (at + person + animal) % one_of == 0);
            for (_, verb) in verbs {
                let (person, animal) = (PEOPLE[person], ANIMALS[animal]);
                // Writing to a String cannot fail.
                let _ = writeln!(rows, "The {person} {verb} the {animal}.\tperson\t{split}");
                let _ = writeln!(rows, "The {animal} {verb} the {person}.\tanimal\t{split}");
            }
        }
    }
    rows
}

/// Each film sentence as it is, and beside it with all words shuffled, or two neighbours swapped.
fn films(shuffled: bool) -> Result<String, DatasetError> {
    let movies = Dataset::embedded(MOVIES)?;
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut rows = String::new();
    for (split, called, count) in FILMS {
        let words = |index: usize| movies.items()[index].text.split_whitespace().collect::<Vec<_>>();
        let long = movies.indices(split).into_iter().map(words).filter(|words| words.len() >= LEAST);
        for original in long.take(count) {
            let changed = changed(&original, shuffled, &mut random);
            if changed != original {
                let label = if shuffled { "shuffled" } else { "swapped" };
                let _ = writeln!(rows, "{}\toriginal\t{called}", original.join(" "));
                let _ = writeln!(rows, "{}\t{label}\t{called}", changed.join(" "));
            }
        }
    }
    Ok(rows)
}

/// All words shuffled, or two neighbours swapped; of at least two words.
fn changed<'a>(words: &[&'a str], shuffled: bool, random: &mut ChaCha8Rng) -> Vec<&'a str> {
    let mut changed = words.to_vec();
    if shuffled {
        changed.shuffle(random);
    } else {
        let at = random.random_range(0..changed.len() - 1);
        changed.swap(at, at + 1);
    }
    changed
}

/// A sentence with its label: the words, and whether each stands elsewhere in the other sentence of its pair.
pub type Example = (&'static str, Vec<(String, bool)>);

/// A pair of a task with its labels, to show what it is. The film tasks are shown on a sentence of at least two words; `None`
/// for a shorter one.
#[must_use]
pub fn example(task: usize, sentence: &str) -> Option<[Example; 2]> {
    let (labels, one, other) = if task == 0 {
        let [person, verb, animal] = [PEOPLE[15], VERBS[1], ANIMALS[15]];
        let say = |who: &str, whom: &str| ["The", who, verb, "the", whom].map(str::to_owned).to_vec();
        (["person", "animal"], say(person, animal), say(animal, person))
    } else {
        let words: Vec<&str> = sentence.split_whitespace().take(LONGEST).collect();
        if words.len() < 2 {
            return None;
        }
        let changed = changed(&words, task == 1, &mut ChaCha8Rng::seed_from_u64(SEED));
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        (["original", ["shuffled", "swapped"][usize::from(task > 1)]], own(&words), own(&changed))
    };
    let marked = |this: &[String], that: &[String]| {
        this.iter().zip(that).map(|(word, other)| (word.clone(), word != other)).collect()
    };
    Some([(labels[0], marked(&one, &other)), (labels[1], marked(&other, &one))])
}

/// Words of an example at most.
const LONGEST: usize = 40;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn words(dataset: &Dataset, split: Split, label: usize) -> Vec<String> {
        let items = dataset.items().iter().filter(|item| item.split == split && item.label == label);
        let mut words: Vec<String> =
            items.flat_map(|item| item.text.split_whitespace()).map(str::to_lowercase).collect();
        words.sort();
        words
    }

    #[test]
    fn both_labels_have_the_same_words_in_every_split() {
        for name in NAMES {
            let dataset = Dataset::embedded(name).expect("sentences");
            assert_eq!(dataset.classes().len(), 2, "{name}");
            for split in [Split::Train, Split::Validation, Split::Test] {
                let count = dataset.indices(split).len();
                assert!((100..=1_200).contains(&count) && count.is_multiple_of(2), "{name}, {split:?}: {count}");
                let plain =
                    |words: Vec<String>| words.iter().map(|word| word.replace('.', "")).collect::<BTreeSet<_>>();
                assert_eq!(plain(words(&dataset, split, 0)), plain(words(&dataset, split, 1)), "{name}, {split:?}");
                if name != NAMES[0] {
                    assert_eq!(words(&dataset, split, 0), words(&dataset, split, 1), "{name}, {split:?}");
                }
            }
        }
    }

    #[test]
    fn nouns_of_the_test_are_new() {
        let dataset = Dataset::embedded(NAMES[0]).expect("sentences");
        let nouns = |split: Split| {
            let items = dataset.items().iter().filter(|item| item.split == split);
            let words = items.flat_map(|item| item.text.split_whitespace().skip(1).step_by(3).collect::<Vec<_>>());
            words.map(|word| word.trim_end_matches('.').to_owned()).collect::<BTreeSet<_>>()
        };
        assert!(nouns(Split::Train).is_disjoint(&nouns(Split::Test)));
        assert_eq!(nouns(Split::Test).len(), 20);
    }

    #[test]
    fn an_example_has_the_same_words_twice_and_marks_those_that_moved() {
        for task in 0..NAMES.len() {
            let pair = example(task, "one two three four five six seven").expect("a pair");
            let [one, other] = pair.map(|(_, words)| words);
            let sorted = |words: &[(String, bool)]| {
                let mut words: Vec<String> = words.iter().map(|(word, _)| word.to_lowercase()).collect();
                words.sort();
                words
            };
            assert_eq!(sorted(&one), sorted(&other), "{task}");
            let moved = one.iter().filter(|(_, moved)| *moved).count();
            assert!(if task == 1 { moved > 2 } else { moved == 2 }, "{task}: {moved} words moved");
        }
        assert_eq!(example(1, "one"), None);
        assert!(example(0, "").is_some());
    }

    #[test]
    fn the_sentences_are_the_same_every_time() {
        for name in NAMES {
            let [one, other] = [(), ()].map(|()| Dataset::embedded(name).expect("sentences").fingerprint().to_owned());
            assert_eq!(one, other);
        }
    }
}
