//! What all connections of a class share, and who is in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::door::{Door, Guest};
use super::ledger::{Entry, Ledger};
use super::names::{Name, Names};
use super::results;
use super::shelf::Shelf;
use crate::class::desk::Desk;
use crate::class::experiment::{self, Ran};
use crate::class::{Class, Effect, Msg, Order, Session};
use crate::cli::Common;
use crate::front::Incoming;
use crate::front::start::Shared;
use crate::lab::dataset::MOVIES;
use crate::lab::{Event, Outcome, Request};
use crate::lesson::notebook::moment;
use crate::lesson::progress::Progress;
use crate::worker::{Seat, Worker};

/// How long a learner waits for what the store has of them.
const FETCH: Duration = Duration::from_secs(4);

/// A class and everything in it.
pub(super) struct Hall {
    pub(super) door: Door,
    pub(super) ledger: Ledger,
    pub(super) shelf: Shelf,
    /// Where the teacher's results are written.
    folder: PathBuf,
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
    count: u32,
    there: BTreeMap<Session, Present>,
    closed: bool,
    class: Class,
    /// Why the store cannot be used, while it cannot.
    trouble: Option<String>,
}

/// A session that is in, and where it is told something.
struct Present {
    sender: Sender<Incoming>,
    teacher: bool,
    desk: Option<Arc<Mutex<Desk>>>,
}

/// That a session is in: dropped, it is not any more.
pub(super) struct Attendance {
    hall: Arc<Hall>,
    session: Session,
    /// The learner's name; a teacher is not counted.
    name: Option<String>,
    since: Instant,
}

impl Hall {
    pub(super) fn new(
        (door, folder): (Door, PathBuf),
        (ledger, log): (Ledger, Vec<Entry>),
        (shared, worker): (Arc<Shared>, Arc<Worker>),
        common: Common,
        (port, most): (u16, usize),
    ) -> Arc<Self> {
        let class = Class::at_host(ledger.host);
        let hall = Arc::new(Self {
            door,
            ledger,
            shelf: Shelf::default(),
            folder,
            shared,
            worker,
            common,
            port,
            most,
            runtime: tokio::runtime::Handle::current(),
            runs: OnceLock::new(),
            roll: Mutex::new(Roll { class, ..Roll::default() }),
        });
        let words = log.iter().filter(|entry| matches!(entry, Entry::Code(_)));
        words.cloned().for_each(|entry| hall.apply(entry));
        hall.renew(log.into_iter(), &BTreeMap::new());
        hall
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
        let session = Session { host: self.ledger.host, number: roll.count };
        let desk = guest.teacher.then(Arc::default);
        roll.there.insert(session, Present { sender, teacher: guest.teacher, desk });
        drop(roll);
        let name = (!guest.teacher).then(|| guest.name.as_str().to_owned());
        let attendance = Attendance { hall: Arc::clone(self), session, name, since: Instant::now() };
        attendance.tell(Msg::Joined);
        Ok(attendance)
    }

    /// Something happens in the class: what lasts is written first; the other hosts hear who is where.
    pub(super) fn happens(self: &Arc<Self>, msg: Msg) {
        if msg.lasts() {
            return self.ledger.line(Entry::Class(msg));
        }
        if !matches!(msg, Msg::Teacher(Order::Experiment | Order::Write)) {
            self.ledger.tell(msg.clone());
        }
        self.hears(msg);
    }

    /// Something has happened: those whom it concerns hear of it.
    pub(super) fn hears(self: &Arc<Self>, msg: Msg) {
        let mut roll = self.roll();
        let effects = roll.class.update(msg);
        self.follow(&roll, effects);
    }

    /// A line of the log counts.
    pub(super) fn apply(self: &Arc<Self>, entry: Entry) {
        match entry {
            Entry::Named(name, number) => self.door.names.learn(&name, &number),
            Entry::Code(word) => self.door.set_word(word),
            Entry::Class(msg) => {
                // Others took this host for gone, and forgot who is in here.
                let here = if msg == Msg::Gone(self.ledger.host) { self.present() } else { Vec::new() };
                self.hears(msg);
                here.into_iter().for_each(|msg| self.ledger.tell(msg));
            }
            Entry::Anew => {}
        }
    }

    /// The class is read anew from its log; `kept` is what the store has of each learner.
    pub(super) fn renew(self: &Arc<Self>, log: impl Iterator<Item = Entry>, kept: &BTreeMap<String, Progress>) {
        let mut roll = self.roll();
        let (mut msgs, mut names) = (Vec::new(), Vec::new());
        for entry in log {
            match entry {
                Entry::Class(msg) => msgs.push(msg),
                Entry::Named(name, number) => names.push((name, number)),
                // The word that counts may be a later one, which was given at the start.
                Entry::Code(_) | Entry::Anew => {}
            }
        }
        self.door.names.renew(names);
        roll.class = roll.class.renewed(msgs.into_iter());
        let mut effects = roll.class.resume();
        for session in roll.there.keys() {
            effects.extend(roll.class.so_far(*session));
        }
        for gone in self.shelf.renew(kept) {
            effects.extend(roll.class.update(Msg::Teacher(Order::End(gone))));
        }
        self.follow(&roll, effects);
    }

    /// Carries out what follows.
    fn follow(self: &Arc<Self>, roll: &Roll, effects: Vec<Effect>) {
        let tell = |session: Session, incoming: Incoming| {
            // Sessions of other hosts are told there.
            if let Some(present) = roll.there.get(&session) {
                present.tell(incoming);
            }
        };
        let mut show = false;
        for effect in effects {
            match effect {
                Effect::Tell(note) => {
                    roll.there.values().for_each(|session| session.tell(Incoming::Class(note.clone())));
                }
                Effect::TellOne(session, note) => tell(session, Incoming::Class(note)),
                Effect::End(session) => {
                    let why = "your teacher has ended this session. Your progress is saved";
                    tell(session, Incoming::Broken(why.to_owned()));
                }
                Effect::Show => show = true,
                Effect::Wake(until) => self.wake(until),
                Effect::Run(seed) => self.run(seed),
                Effect::Log(msg) => self.happens(msg),
                Effect::Write => self.write_results(),
            }
        }
        if show {
            roll.there.values().filter(|session| session.teacher).for_each(|session| session.tell(Incoming::Resized));
        }
    }

    /// Writes the results to files; the teachers hear where.
    fn write_results(self: &Arc<Self>) {
        let hall = Arc::clone(self);
        self.runtime.spawn(async move {
            let class = &hall.ledger.class;
            let written = match results::read(&hall.ledger.store, class, &hall.shared.loaded.0, false).await {
                Ok(results) => results.write(&hall.folder, hall.ledger.now()),
                Err(why) => Err(why),
            };
            hall.remark(&written.unwrap_or_else(|why| format!("The results are not written: {why}.")));
        });
    }

    /// Says something on the teachers' desks.
    fn remark(&self, words: &str) {
        // Whoever has a desk looks at the class: never the other way round.
        let desks: Vec<_> =
            self.roll().there.values().map(|present| (present.desk.clone(), present.sender.clone())).collect();
        for (desk, sender) in desks.into_iter().filter_map(|(desk, sender)| Some((desk?, sender))) {
            words.clone_into(&mut desk.lock().unwrap_or_else(PoisonError::into_inner).said);
            let _ = sender.send(Incoming::Resized);
        }
    }

    /// The store cannot be used, or can again.
    pub(super) fn trouble(&self, why: Option<String>) {
        let mut roll = self.roll();
        roll.trouble = why;
        roll.there.values().filter(|session| session.teacher).for_each(|session| session.tell(Incoming::Resized));
    }

    /// Why the store cannot be used, if it cannot.
    pub(super) fn troubled(&self) -> Option<String> {
        self.roll().trouble.clone()
    }

    /// Who is in at this host, for another that asks.
    pub(super) fn present(&self) -> Vec<Msg> {
        let roll = self.roll();
        let all = roll.class.here().flat_map(|(session, name, place)| {
            [Msg::Joined(session, name.to_owned()), Msg::At(session, name.to_owned(), place.cloned())]
        });
        all.collect()
    }

    /// Hosts that the class knows.
    pub(super) fn hosts(&self) -> Vec<u32> {
        self.roll().class.hosts().collect()
    }

    /// What the store has of a learner, and a sentence if that cannot be used. Waits for it: for a session's own thread.
    pub(super) fn fetch(&self, name: &Name) -> (Option<Progress>, Option<String>) {
        let asked =
            async { tokio::time::timeout(FETCH, self.ledger.store.progress(&self.ledger.class, name.as_str())).await };
        match self.runtime.block_on(asked) {
            Ok(Ok(None)) => (None, None),
            Ok(Ok(Some(json))) => match Progress::read(json.as_bytes()) {
                Ok(progress) => (Some(progress), None),
                Err(what) => (
                    None,
                    Some(format!("What was kept of {name} {what}. It is kept aside, and new progress is begun.")),
                ),
            },
            Ok(Err(_)) | Err(_) => {
                let words = "What you did in earlier sessions cannot be read just now. It is not lost: what you do now is \
                             added to it, and both are there when you come in again.";
                (None, Some(words.to_owned()))
            }
        }
    }

    /// Takes a name that nobody has; its number.
    pub(super) fn claim(&self, name: &Name) -> Result<String, String> {
        let number = Names::draw()?;
        self.ledger.line_and_wait(Entry::Named(name.as_str().to_owned(), number.clone()));
        if self.door.names.is(name, &number) {
            return Ok(number);
        }
        Err(format!("somebody else has taken the name {name} just now"))
    }

    /// Tells the class the time when a vote's limit is over.
    fn wake(self: &Arc<Self>, until: u64) {
        let hall = Arc::clone(self);
        let wait = Duration::from_secs(until.saturating_sub(self.ledger.now()));
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
    pub(super) fn tell(&self, what: impl FnOnce(Session, String) -> Msg) {
        if let Some(name) = &self.name {
            self.hall.happens(what(self.session, name.clone()));
        }
    }

    /// Its number at this host.
    pub(super) fn number(&self) -> u32 {
        self.session.number
    }

    /// The desk, if it is a teacher's.
    pub(super) fn desk(&self) -> Option<Arc<Mutex<Desk>>> {
        self.hall.roll().there.get(&self.session)?.desk.clone()
    }

    /// Writes down that the session ends, and how much went through it.
    pub(super) fn leaves(&self, (came, went): (u64, u64)) {
        let seconds = self.since.elapsed().as_secs();
        log(&format!("session {} ends after {seconds} s, {came} bytes in, {went} bytes out", self.number()));
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.tell(Msg::Left);
        self.hall.roll().there.remove(&self.session);
    }
}

/// A line for the one who started the class: numbers, times and sizes, never an address, a name or an answer.
pub(super) fn log(what: &str) {
    eprintln!("{}  {what}", moment(now()));
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
