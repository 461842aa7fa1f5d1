//! Learners' names, and the numbers by which they get their names back.
//!
//! In a class with a word, whoever uses a name first has it. They are shown a number of four digits, once, and are asked for
//! it when the name comes back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq as _;

use crate::lesson::progress::sanitise_learner;

/// The name that only a teacher's key opens.
pub const TEACHER: &str = "teacher";

/// Wrong numbers for one name until it must wait.
const TRIES: u32 = 10;

/// How long it waits then.
const WAIT: Duration = Duration::from_mins(10);

/// A learner's name as part of a file's name: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name in what a client calls itself; `None` if nothing of it can be kept.
    #[must_use]
    pub fn of(said: &str) -> Option<Self> {
        // Ann and ann are one learner.
        let kept = sanitise_learner(said).to_lowercase();
        let meant = said.chars().any(|c| c.is_alphanumeric() || "-_".contains(c));
        meant.then_some(Self(kept))
    }

    /// Whether it is the teacher's.
    #[must_use]
    pub fn is_teacher(&self) -> bool {
        self.0.eq_ignore_ascii_case(TEACHER)
    }

    /// Its letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names of a class and their numbers, as the class's log has them.
#[derive(Debug, Default)]
pub struct Names {
    numbers: Mutex<BTreeMap<String, String>>,
    /// Wrong numbers since a time; only of names that are taken.
    wrong: Mutex<BTreeMap<Name, (u32, Instant)>>,
}

/// Whether a number opens a name.
#[derive(Debug, PartialEq, Eq)]
pub enum Opened {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Too many wrong ones were tried.
    Wait,
}

impl Names {
    fn numbers(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        // A name cannot be left half written.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A name has a number: the first one counts.
    pub fn learn(&self, name: &str, number: &str) {
        self.numbers().entry(name.to_owned()).or_insert_with(|| number.to_owned());
    }

    /// These names are all that there are: the first number of each counts.
    pub fn renew(&self, named: Vec<(String, String)>) {
        // At no moment is a name free that is not.
        *self.numbers() = named.into_iter().rev().collect();
    }

    /// Whether somebody has the name.
    #[must_use]
    pub fn is_taken(&self, name: &Name) -> bool {
        self.numbers().contains_key(name.as_str())
    }

    /// Whether the name has this number.
    #[must_use]
    pub fn is(&self, name: &Name, number: &str) -> bool {
        self.numbers().get(name.as_str()).is_some_and(|kept| same(kept, number))
    }

    /// A number for a new name.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn draw() -> Result<String, String> {
        let mut random = [0u8; 4];
        getrandom::fill(&mut random).map_err(|error| format!("the system has no random numbers: {error}"))?;
        Ok(format!("{:04}", u32::from_le_bytes(random) % 10_000))
    }

    /// Whether too many wrong numbers were tried for a name.
    #[must_use]
    pub fn must_wait(&self, name: &Name, now: Instant) -> bool {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |(count, since): &(u32, Instant)| *count >= TRIES && now.saturating_duration_since(*since) < WAIT;
        wrong.get(name).is_some_and(waits)
    }

    /// Tries a number.
    #[must_use]
    pub fn open(&self, name: &Name, tried: &str, now: Instant) -> Opened {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|_, (_, since)| now.saturating_duration_since(*since) < WAIT);
        if wrong.get(name).is_some_and(|(count, _)| *count >= TRIES) {
            return Opened::Wait;
        }
        if self.is(name, tried.trim()) {
            wrong.remove(name);
            return Opened::Yes;
        }
        wrong.entry(name.clone()).or_insert((0, now)).0 += 1;
        Opened::No
    }
}

/// Whether two texts are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(known: &str, tried: &str) -> bool {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(known).ct_eq(&Sha256::digest(tried)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(said: &str) -> Name {
        Name::of(said).expect("a name")
    }

    #[test]
    fn a_name_is_never_a_path_nor_empty() {
        for nothing in ["", "..", "/", "\u{1b}[2J", "   "] {
            let kept = Name::of(nothing).map(|name| name.as_str().to_owned());
            assert!(kept.as_deref().is_none_or(|kept| kept == "2j"), "{nothing:?} gives {kept:?}");
        }
        assert_eq!(name("../../etc/passwd").as_str(), "etcpasswd");
        assert_eq!(name("ann lee").as_str(), "annlee");
        assert_eq!(name("Ann"), name("ann"));
        assert!(name("Teacher").is_teacher() && !name("teachers").is_teacher());
    }

    #[test]
    fn a_name_has_one_owner_and_a_number_opens_it() {
        let names = Names::default();
        let (ann, now) = (name("ann"), Instant::now());
        assert!(!names.is_taken(&ann));
        let number = Names::draw().expect("a number");
        names.learn("ann", &number);
        assert!(number.len() == 4 && names.is_taken(&ann) && names.is(&ann, &number));
        names.learn("ann", "12345");
        assert!(names.is(&ann, &number), "the first one counts");
        names.renew(vec![("ann".to_owned(), number.clone()), ("ann".to_owned(), "12345".to_owned())]);
        assert!(names.is(&ann, &number), "also when the log is read anew");
        let other = if number == "0000" { "0001" } else { "0000" };
        for _ in 0..TRIES {
            assert_eq!(names.open(&ann, other, now), Opened::No);
        }
        assert_eq!(names.open(&ann, &number, now), Opened::Wait);
        assert_eq!(names.open(&ann, &number, now + WAIT), Opened::Yes);
    }
}
