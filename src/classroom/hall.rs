//! What all connections of a class share, and who is in.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::door::{Door, Guest};
use crate::class::experiment::{self, Ran};
use crate::class::{Class, Effect, Msg};
use crate::cli::Common;
use crate::front::Incoming;
use crate::front::start::Shared;
use crate::lab::dataset::MOVIES;
use crate::lab::{Event, Outcome, Request};
use crate::lesson::notebook::moment;
use crate::worker::{Seat, Worker};

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
    runtime: tokio::runtime::Handle,
    /// Where the class's own runs are asked for.
    runs: OnceLock<Seat>,
    roll: Mutex<Roll>,
}

#[derive(Default)]
struct Roll {
    /// Sessions that were ever begun.
    count: u64,
    there: BTreeMap<u64, Present>,
    closed: bool,
    class: Class,
}

/// A session that is in, and where it is told something.
struct Present {
    sender: Sender<Incoming>,
    teacher: bool,
}

/// That a session is in: dropped, it is not any more.
pub(super) struct Attendance {
    hall: Arc<Hall>,
    pub(super) number: u64,
    /// The learner's name; a teacher is not counted.
    name: Option<String>,
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
        let runtime = tokio::runtime::Handle::current();
        Self { door, shared, worker, common, port, most, runtime, runs: OnceLock::new(), roll: Mutex::default() }
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        // A list cannot be left half changed.
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more session, or why there is none.
    pub(super) fn place(self: &Arc<Self>, guest: &Guest, sender: Sender<Incoming>) -> Result<Attendance, String> {
        let mut roll = self.roll();
        if roll.closed {
            return Err("The class is closing.".to_owned());
        }
        // A teacher always finds a place.
        let learners = roll.there.values().filter(|session| !session.teacher).count();
        if learners >= self.most && !guest.teacher {
            return Err(format!("The class is full: {learners} of {} are in. Try again later.", self.most));
        }
        roll.count += 1;
        let number = roll.count;
        roll.there.insert(number, Present { sender, teacher: guest.teacher });
        drop(roll);
        let name = (!guest.teacher).then(|| guest.name.as_str().to_owned());
        let attendance = Attendance { hall: Arc::clone(self), number, name, since: Instant::now() };
        attendance.tell(Msg::Joined);
        Ok(attendance)
    }

    /// Something happens in the class: those whom it concerns hear of it.
    pub(super) fn happens(self: &Arc<Self>, msg: Msg) {
        let mut roll = self.roll();
        let Roll { class, there, .. } = &mut *roll;
        for effect in class.update(msg) {
            match effect {
                Effect::Tell(note) => there.values().for_each(|session| session.tell(Incoming::Class(note.clone()))),
                Effect::TellOne(number, note) => {
                    if let Some(session) = there.get(&number) {
                        session.tell(Incoming::Class(note));
                    }
                }
                Effect::Show => {
                    there
                        .values()
                        .filter(|session| session.teacher)
                        .for_each(|session| session.tell(Incoming::Resized));
                }
                Effect::Wake(until) => self.wake(until),
                Effect::Run(seed) => self.run(seed),
            }
        }
    }

    /// Tells the class the time when a vote's limit is over.
    fn wake(self: &Arc<Self>, until: u64) {
        let hall = Arc::clone(self);
        let wait = Duration::from_secs(until.saturating_sub(now()));
        self.runtime.spawn(async move {
            tokio::time::sleep(wait).await;
            hall.happens(Msg::Time(until));
        });
    }

    /// Has the class's race run with this seed, behind what learners have asked for.
    fn run(self: &Arc<Self>, seed: u64) {
        let own = self.shared.own();
        let data = own.map_or(MOVIES, |own| own.name());
        let take_seat = || {
            // The threads shall not keep a class that has ended.
            let hall = Arc::downgrade(self);
            self.worker.seat(own.cloned(), move |event| {
                if let Some(hall) = hall.upgrade() {
                    hall.ran(event);
                }
            })
        };
        self.runs.get_or_init(take_seat).submit(seed, Request::Race(experiment::race(data, seed)));
    }

    fn ran(self: &Arc<Self>, event: Event) {
        match event {
            Event::Done(seed, Outcome::Race(report)) => self.happens(Msg::Ran(seed, Ran::of(&report))),
            Event::Failed(seed, _) | Event::Cancelled(seed) => self.happens(Msg::Ran(seed, None)),
            _ => {}
        }
    }

    /// Looks at the class.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Class) -> T) -> T {
        at(&self.roll().class)
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
        roll.there.values().for_each(|session| session.tell(Incoming::Broken(why.to_owned())));
    }
}

impl Present {
    fn tell(&self, incoming: Incoming) {
        // A session that has ended hears nothing.
        let _ = self.sender.send(incoming);
    }
}

impl Attendance {
    /// Something happens to this learner; to a teacher nothing does that the class counts.
    pub(super) fn tell(&self, what: impl FnOnce(u64, String) -> Msg) {
        if let Some(name) = &self.name {
            self.hall.happens(what(self.number, name.clone()));
        }
    }

    /// Writes down that the session ends, and how much went through it.
    pub(super) fn leaves(&self, (came, went): (u64, u64)) {
        let seconds = self.since.elapsed().as_secs();
        log(&format!("session {} ends after {seconds} s, {came} bytes in, {went} bytes out", self.number));
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.tell(Msg::Left);
        self.hall.roll().there.remove(&self.number);
    }
}

/// A line for the one who started the class: numbers, times and sizes, never an address, a name or an answer.
pub(super) fn log(what: &str) {
    eprintln!("{}  {what}", moment(now()));
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
