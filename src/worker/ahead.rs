//! Reading ahead: one thread computes vectors that a learner's next run will need, while the learner reads.
//!
//! It waits until a wish has stood for a while, so that nothing is read for whoever only turns pages, and steps back as soon as
//! anything long is asked for. What it has read stays for everybody.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::queue::Queue;
use super::{Learner, guarded};
use crate::lab::{Event, Loaded, Request};

/// How long a wish stands before it is followed.
const PATIENCE: Duration = Duration::from_secs(3);

/// A learner's wish.
#[derive(Clone)]
struct Wish {
    who: Arc<Learner>,
    request: Request,
}

impl Wish {
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.who, &other.who) && self.request == other.request
    }
}

#[derive(Default)]
struct Wishes {
    list: Vec<Wish>,
    closed: bool,
}

/// What is to be read, one wish a learner at most.
#[derive(Default)]
pub(super) struct Ahead {
    wishes: Mutex<Wishes>,
    moved: Condvar,
}

impl Ahead {
    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        // A list cannot be left half changed.
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A learner's wish from now on; `None` takes it back.
    pub(super) fn wish(&self, who: &Arc<Learner>, request: Option<Request>) {
        let mut wishes = self.wishes();
        wishes.list.retain(|wish| !Arc::ptr_eq(&wish.who, who));
        wishes.list.extend(request.map(|request| Wish { who: Arc::clone(who), request }));
        drop(wishes);
        self.moved.notify_all();
    }

    /// There will be no more.
    pub(super) fn close(&self) {
        self.wishes().closed = true;
        self.moved.notify_all();
    }

    fn stands(&self, wish: &Wish) -> bool {
        let wishes = self.wishes();
        !wishes.closed && wishes.list.iter().any(|known| known.is(wish))
    }

    /// The first wish, once one has stood long enough; `None` when there will be none any more.
    fn next(&self) -> Option<Wish> {
        let mut wishes = self.wishes();
        loop {
            if wishes.closed {
                return None;
            }
            let Some(first) = wishes.list.first().cloned() else {
                wishes = self.moved.wait(wishes).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let same = |wishes: &mut Wishes| !wishes.closed && wishes.list.first().is_some_and(|wish| wish.is(&first));
            let (waited, time) =
                self.moved.wait_timeout_while(wishes, PATIENCE, same).unwrap_or_else(PoisonError::into_inner);
            if time.timed_out() {
                return Some(first);
            }
            wishes = waited;
        }
    }

    /// It was followed to its end, or cannot be.
    fn done(&self, wish: &Wish) {
        self.wishes().list.retain(|known| !known.is(wish));
    }
}

/// Follows one wish after the other while nothing long is asked for.
pub(super) fn read_all(loaded: &Result<Loaded, String>, pool: &rayon::ThreadPool, queue: &Queue, ahead: &Ahead) {
    let Ok(loaded) = loaded else { return };
    while let Some(wish) = ahead.next() {
        // The wish stands: it is looked at again after the same time.
        if queue.is_busy() {
            continue;
        }
        let stop = || queue.is_busy() || !ahead.stands(&wish);
        let read = guarded(|| pool.install(|| wish.who.session(loaded).read_ahead(&wish.request, &stop)));
        if !matches!(read, Ok(Ok(false))) {
            // What fails here fails again when it is asked for, and is told then.
            ahead.done(&wish);
        }
        if let Ok(Ok(true)) = read {
            (wish.who.notify)(Event::ReadAhead(wish.request.clone()));
        }
    }
}
