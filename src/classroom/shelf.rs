//! Learners' progress while they are in: each session saves here at once, and the ledger carries it to the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::hall::Hall;
use super::names::Name;
use crate::lesson::progress::{Keep, Progress, ProgressError, Saved, Side};

/// The progress of those who are in, and of those whose last changes are not in the store yet.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    books: Mutex<BTreeMap<String, Book>>,
    /// Who was forgotten and did not come again: what their last session still says does not count.
    forgotten: Mutex<BTreeSet<String>>,
}

/// One learner's.
#[derive(Debug, Default)]
struct Book {
    /// How many sessions have it open.
    sessions: usize,
    /// What all of them have done.
    now: Progress,
    /// What the store had when it was looked at last.
    kept: Progress,
    /// Whether it had anything.
    known: bool,
}

impl Book {
    fn is_changed(&self) -> bool {
        !self.known || self.now != self.kept
    }
}

/// What is to be carried to the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Changed {
    pub(super) name: String,
    /// As it is now.
    pub(super) now: Progress,
    /// As the store had it.
    pub(super) kept: Progress,
    /// Whether it had anything.
    pub(super) known: bool,
}

impl Changed {
    /// What the store shall have, given what it has.
    pub(super) fn with(&self, theirs: Progress, now: u64) -> Progress {
        Side::of(&self.kept).with(&self.now, theirs, Some(now))
    }
}

impl Shelf {
    fn books(&self) -> MutexGuard<'_, BTreeMap<String, Book>> {
        // A book cannot be left half written.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forgotten(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.forgotten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a learner was forgotten and did not come again.
    pub(super) fn has_forgotten(&self, name: &str) -> bool {
        self.forgotten().contains(name)
    }

    /// The progress of a learner who is in.
    pub(super) fn progress(&self, name: &str) -> Option<Progress> {
        self.books().get(name).map(|book| book.now.clone())
    }

    /// A session opens a learner's progress: the one of other sessions, or what the store has.
    fn open(&self, name: &str, kept: Option<Progress>) -> Progress {
        self.forgotten().remove(name);
        let mut books = self.books();
        let found = || {
            let known = kept.is_some();
            let kept = kept.unwrap_or_default();
            Book { sessions: 0, now: kept.clone(), kept, known }
        };
        let book = books.entry(name.to_owned()).or_insert_with(found);
        book.sessions += 1;
        book.now.clone()
    }

    /// Whether another session has it open.
    fn is_shared(&self, name: &str) -> bool {
        self.books().get(name).is_some_and(|book| book.sessions > 1)
    }

    /// A session ends.
    fn close(&self, name: &str) {
        let mut books = self.books();
        if let Some(book) = books.get_mut(name) {
            book.sessions = book.sessions.saturating_sub(1);
            if book.sessions == 0 && !book.is_changed() {
                books.remove(name);
            }
        }
    }

    /// What is not in the store.
    pub(super) fn changed(&self) -> Vec<Changed> {
        let changed = |(name, book): (&String, &Book)| {
            let changed =
                Changed { name: name.clone(), now: book.now.clone(), kept: book.kept.clone(), known: book.known };
            book.is_changed().then_some(changed)
        };
        self.books().iter().filter_map(changed).collect()
    }

    /// The store has it now, with what came from elsewhere.
    pub(super) fn carried(&self, changed: &Changed, whole: Progress) {
        let mut books = self.books();
        let Some(book) = books.get_mut(&changed.name) else { return };
        // What was done meanwhile is still to be carried.
        book.now = Side::of(&changed.now).with(&book.now, whole.clone(), None);
        (book.kept, book.known) = (whole, true);
        if book.sessions == 0 && !book.is_changed() {
            books.remove(&changed.name);
        }
    }

    /// Takes learners out whom the store does not know any more; who they are. `kept` is what it has of the others.
    pub(super) fn renew(&self, kept: &BTreeMap<String, Progress>) -> BTreeSet<String> {
        let mut books = self.books();
        let gone: BTreeSet<String> = books
            .iter()
            .filter(|(name, book)| book.known && !kept.contains_key(*name))
            .map(|(name, _)| name.clone())
            .collect();
        books.retain(|name, _| !gone.contains(name));
        self.forgotten().extend(gone.iter().cloned());
        for (name, book) in books.iter_mut() {
            if let Some(theirs) = kept.get(name) {
                book.now = Side::of(&book.kept).with(&book.now, theirs.clone(), None);
                book.kept.clone_from(theirs);
            }
        }
        gone
    }

    /// Puts back what an earlier server could not carry to the store.
    pub(super) fn put(&self, changed: Changed) {
        let Changed { name, now, kept, known } = changed;
        self.books().insert(name, Book { sessions: 0, now, kept, known });
    }
}

/// One session's progress in a class.
pub(super) struct Kept {
    hall: Arc<Hall>,
    name: Name,
    side: Side,
    open: bool,
}

impl Kept {
    pub(super) fn new(hall: Arc<Hall>, name: Name) -> Self {
        Self { hall, name, side: Side::default(), open: false }
    }
}

impl Keep for Kept {
    fn load(&mut self) -> (Progress, Option<String>) {
        let (kept, notice) = match self.hall.shelf.progress(self.name.as_str()) {
            Some(progress) => (Some(progress), None),
            None => self.hall.fetch(&self.name),
        };
        let progress = self.hall.shelf.open(self.name.as_str(), kept);
        self.open = true;
        self.side = Side::of(&progress);
        (progress, notice)
    }

    fn open_session(&mut self) -> bool {
        self.hall.shelf.is_shared(self.name.as_str())
    }

    /// It is taken over at once, and reaches the store a moment later: no learner waits for that, nor hears of its troubles.
    fn save(&mut self, progress: &Progress, now: Option<u64>) -> Result<Saved, ProgressError> {
        if self.side.knows(progress) {
            return Ok(Saved::default());
        }
        let mut books = self.hall.shelf.books();
        // Who was forgotten leaves nothing.
        let Some(book) = books.get_mut(self.name.as_str()) else { return Ok(Saved::default()) };
        let others = self.side.differs(&book.now);
        book.now = self.side.with(progress, std::mem::take(&mut book.now), now);
        self.side = Side::new(progress.clone(), book.now.clone());
        drop(books);
        self.hall.ledger.carry();
        Ok(Saved { others })
    }

    fn save_at_last(&mut self, progress: &Progress, now: Option<u64>) -> Result<Saved, ProgressError> {
        self.save(progress, now)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.open {
            self.hall.shelf.close(self.name.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Progress {
        Progress { sentence: Some(text.to_owned()), ..Progress::default() }
    }

    #[test]
    fn what_is_done_while_it_is_carried_is_carried_next() {
        let shelf = Shelf::default();
        assert_eq!(shelf.open("ann", None), Progress::default());
        assert_eq!(shelf.changed().len(), 1, "a new learner is kept, even before the first answer");
        let first = shelf.changed().remove(0);
        shelf.books().get_mut("ann").expect("hers").now = sentence("a");
        shelf.carried(&first, Progress::default());
        let second = shelf.changed().remove(0);
        assert_eq!(second.with(Progress::default(), 9).sentence.as_deref(), Some("a"));
        // Meanwhile she is gone; what another host wrote stays.
        shelf.close("ann");
        let elsewhere = Progress { path: Some("short".to_owned()), ..Progress::default() };
        let whole = second.with(elsewhere, 9);
        shelf.carried(&second, whole.clone());
        assert_eq!((whole.sentence.as_deref(), whole.path.as_deref()), (Some("a"), Some("short")));
        assert!(shelf.changed().is_empty() && shelf.progress("ann").is_none());
    }

    #[test]
    fn who_is_forgotten_is_out_and_who_is_new_stays() {
        let shelf = Shelf::default();
        shelf.open("ann", Some(sentence("a")));
        shelf.open("bob", None);
        let gone = shelf.renew(&BTreeMap::new());
        assert_eq!(gone.into_iter().collect::<Vec<_>>(), ["ann"]);
        assert!(shelf.progress("ann").is_none() && shelf.progress("bob").is_some());
        assert!(shelf.has_forgotten("ann") && !shelf.has_forgotten("bob"));
        shelf.open("ann", None);
        assert!(!shelf.has_forgotten("ann"), "another of this name is somebody else");
    }
}
