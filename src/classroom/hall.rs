//! What all connections of a class share, and who is in.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::door::Door;
use crate::cli::Common;
use crate::front::Incoming;
use crate::front::start::Shared;
use crate::lesson::notebook::moment;
use crate::worker::Worker;

/// A class and everything in it.
pub(super) struct Hall {
    pub(super) door: Door,
    pub(super) shared: Arc<Shared>,
    pub(super) worker: Arc<Worker>,
    pub(super) common: Common,
    /// The port that learners come to.
    pub(super) port: u16,
    /// Sessions at once.
    most: usize,
    roll: Mutex<Roll>,
}

#[derive(Default)]
struct Roll {
    /// Sessions that were ever begun.
    count: u64,
    there: BTreeMap<u64, Sender<Incoming>>,
    closed: bool,
}

/// A session's place in the class; leaving it gives it up.
pub(super) struct Place {
    hall: Arc<Hall>,
    pub(super) number: u64,
    since: Instant,
}

impl Hall {
    pub(super) fn new(
        door: Door,
        shared: Arc<Shared>,
        worker: Arc<Worker>,
        common: Common,
        (port, most): (u16, usize),
    ) -> Self {
        Self { door, shared, worker, common, port, most, roll: Mutex::default() }
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        // A list cannot be left half changed.
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more session, or why there is none.
    pub(super) fn place(self: &Arc<Self>, sender: Sender<Incoming>) -> Result<Place, String> {
        let mut roll = self.roll();
        if roll.closed {
            return Err("The class is closing.".to_owned());
        }
        if roll.there.len() >= self.most {
            return Err(format!("The class is full: {} of {} are in. Try again later.", roll.there.len(), self.most));
        }
        roll.count += 1;
        let number = roll.count;
        roll.there.insert(number, sender);
        drop(roll);
        Ok(Place { hall: Arc::clone(self), number, since: Instant::now() })
    }

    /// How many are in.
    pub(super) fn there(&self) -> usize {
        self.roll().there.len()
    }

    /// Tells every session to end, and lets nobody in any more.
    pub(super) fn close(&self) {
        let mut roll = self.roll();
        roll.closed = true;
        let why = "the class has ended. Your progress is saved";
        roll.there.values().for_each(|session| drop(session.send(Incoming::Broken(why.to_owned()))));
    }
}

impl Place {
    /// Writes down that the session ends, and how much went through it.
    pub(super) fn leaves(&self, (came, went): (u64, u64)) {
        let seconds = self.since.elapsed().as_secs();
        log(&format!("session {} ends after {seconds} s, {came} bytes in, {went} bytes out", self.number));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hall.roll().there.remove(&self.number);
    }
}

/// A line for the one who started the class: numbers, times and sizes, never an address, a name or an answer.
pub(super) fn log(what: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    eprintln!("{}  {what}", moment(now));
}
