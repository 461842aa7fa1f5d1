//! What lasts of a class: written first, and applied when the store has given it its place among all lines.
//!
//! So every host applies the same lines in the same order. While the store cannot be reached, a host applies its own lines at
//! once and keeps them; when it is back they are written, and the class is read anew from the whole log.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak, mpsc};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::hall::{Hall, log};
use super::hosts::{self, Heard, Wire};
use super::left::{self, Left};
use super::shelf::Changed;
use super::store::{Line, Row, Store, Where, said};
use crate::class::{Msg, Order};
use crate::lesson::progress::Progress;

/// How often the store is looked at when nothing happens: a command on the same store may have changed it.
const TICK: Duration = Duration::from_secs(1);

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a line of the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A learner has this name, and this number opens it.
    Named(String, String),
    /// The word of the class.
    Code(String),
    /// Something happened in the class.
    Class(Msg),
    /// Lines were taken out: what is known is to be read anew.
    Anew,
}

/// What entries about who comes in are about.
const DOOR: &str = "door";

impl Entry {
    fn learner(&self) -> Option<&str> {
        match self {
            Self::Named(name, _) => Some(name),
            Self::Class(msg) => msg.learner(),
            Self::Code(_) | Self::Anew => None,
        }
    }

    /// The question or lesson that it is about: these are taken out together.
    fn about(&self) -> Option<&str> {
        match self {
            Self::Named(..) | Self::Code(_) => Some(DOOR),
            Self::Class(Msg::Answered(_, question, _)) => Some(question),
            Self::Class(Msg::Teacher(Order::Open(asked))) => Some(&asked.id),
            Self::Class(Msg::Teacher(Order::Call(place) | Order::Bring(place))) => Some(&place.lesson),
            Self::Class(_) | Self::Anew => None,
        }
    }

    /// As a line of a host's log.
    pub fn line(&self, host: u32, serial: u64, at: u64) -> Line {
        Line {
            host,
            serial,
            at,
            learner: self.learner().map(str::to_owned),
            about: self.about().map(str::to_owned),
            // What is derived cannot fail.
            entry: serde_json::to_string(self).unwrap_or_default(),
        }
    }
}

/// The entries in lines; what a newer version wrote is left out.
pub fn entries(lines: &[(i64, u64, String)]) -> impl Iterator<Item = Entry> {
    lines.iter().filter_map(|(.., entry)| serde_json::from_str(entry).ok())
}

/// Where what lasts is sent.
pub(super) struct Ledger {
    pub(super) store: Arc<Store>,
    /// The class's name in the store.
    pub(super) class: String,
    /// This host, as a number.
    pub(super) host: u32,
    jobs: UnboundedSender<Job>,
    /// When the store said what time it was: a clock that is set later changes nothing.
    since: (Instant, u64),
}

/// What the keeper has to do.
enum Job {
    /// A line is to be written; whoever waits for it is told when it counts.
    Line(Entry, Option<mpsc::Sender<()>>),
    /// Learners' progress is to be written.
    Carry,
    /// The other hosts are to hear of this.
    Tell(Msg),
    /// Everything is to be written, and then it is over; what could not be is told.
    End(oneshot::Sender<Option<String>>),
}

impl Ledger {
    /// Opens the log of a class; its entries so far, and what keeps it.
    ///
    /// # Errors
    /// When the store cannot be used, or what an earlier server left in `folder` cannot.
    pub(super) async fn open(at: &Where, class: String, folder: &Path) -> Result<(Self, Vec<Entry>, Keeper), String> {
        let path = left::path(folder, &class);
        let left = Left::read(&path)?;
        let store = Arc::new(Store::open_to_serve(at).await?);
        let cannot = |error: sqlx::Error| format!("cannot read {at}: {}", said(&error));
        // From now on there is such a class.
        store.write(&class).await.map_err(cannot)?.commit(None).await.map_err(cannot)?;
        let lines = store.lines(&class, 0).await.map_err(cannot)?;
        let now = store.now().await.map_err(cannot)?;
        let host = hosts::number()?;
        let (jobs, received) = unbounded_channel();
        let keeper = Keeper {
            store: Arc::clone(&store),
            class: class.clone(),
            host,
            jobs: received,
            seen: lines.last().map_or(0, |(line, ..)| *line),
            serial: 0,
            waiting: Vec::new(),
            away: None,
            heard: Heard::default(),
            left: (path, left),
        };
        let known = entries(&lines).collect();
        Ok((Self { store, class, host, jobs, since: (Instant::now(), now) }, known, keeper))
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.since.1 + self.since.0.elapsed().as_secs()
    }

    fn job(&self, job: Job) {
        // After the end nothing is kept.
        let _ = self.jobs.send(job);
    }

    /// Writes a line.
    pub(super) fn line(&self, entry: Entry) {
        self.job(Job::Line(entry, None));
    }

    /// Writes a line and waits until it counts.
    pub(super) fn line_and_wait(&self, entry: Entry) {
        let (tell, heard) = mpsc::channel();
        self.job(Job::Line(entry, Some(tell)));
        let _ = heard.recv_timeout(3 * PATIENCE);
    }

    /// Carries learners' progress to the store.
    pub(super) fn carry(&self) {
        self.job(Job::Carry);
    }

    /// Tells other hosts who is where.
    pub(super) fn tell(&self, msg: Msg) {
        if self.store.is_server().is_some() {
            self.job(Job::Tell(msg));
        }
    }

    /// Writes what is left; what could not be written is told.
    pub(super) async fn end(&self) -> Option<String> {
        let (done, ended) = oneshot::channel();
        self.job(Job::End(done));
        ended.await.unwrap_or_else(|_| Some("the store's keeper has failed".to_owned()))
    }
}

/// A line that is not written yet.
struct Waiting {
    line: Line,
    entry: Entry,
    /// It was applied without the store.
    applied: bool,
    tell: Option<mpsc::Sender<()>>,
}

/// Keeps the store and the class together.
pub(super) struct Keeper {
    store: Arc<Store>,
    class: String,
    host: u32,
    jobs: UnboundedReceiver<Job>,
    /// The last line that was applied.
    seen: i64,
    serial: u64,
    waiting: Vec<Waiting>,
    /// Why the store cannot be reached, while it cannot.
    away: Option<String>,
    heard: Heard,
    /// What an earlier server left, and the file for what this one leaves.
    left: (PathBuf, Left),
}

impl Keeper {
    /// Takes up what an earlier server left.
    pub(super) fn begin(&mut self, hall: &Hall) {
        let Left { lines, learners } = std::mem::take(&mut self.left.1);
        // With the first writing the class is read anew, with these lines in their places.
        self.waiting.extend(lines.into_iter().map(|line| Waiting {
            line,
            entry: Entry::Anew,
            applied: true,
            tell: None,
        }));
        learners.into_iter().for_each(|learner| hall.shelf.put(learner));
    }

    /// Keeps a class until it ends.
    pub(super) async fn keep(mut self, hall: Weak<Hall>) {
        let mut news = hosts::listen(&self.store, &self.class);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (mut done, mut looks, mut told, mut tells) = (None, false, Vec::new(), Vec::new());
            let Some(present) = hall.upgrade() else { return };
            let mut take = |job: Job, keeper: &mut Self| match job {
                Job::Line(entry, tell) => keeper.take(entry, tell, present.ledger.now()),
                Job::Carry => {}
                Job::Tell(msg) => tells.push(msg),
                Job::End(end) => done = Some(end),
            };
            tokio::select! {
                job = self.jobs.recv() => match job {
                    Some(job) => take(job, &mut self),
                    None => return,
                },
                Some(wire) = news.recv() => told.push(wire),
                _ = ticks.tick() => looks = true,
            }
            while let Ok(job) = self.jobs.try_recv() {
                take(job, &mut self);
            }
            while let Ok(wire) = news.try_recv() {
                told.push(wire);
            }
            for msg in tells {
                self.tell(&Wire::Here(msg)).await;
            }
            for (host, wire) in told {
                looks |= self.hear(&present, host, wire).await;
            }
            if looks {
                self.beat(&present).await;
            }
            // A store that is away is tried again with the next tick, not with each key.
            if self.away.is_none() || looks || done.is_some() {
                self.turn(&present, looks).await;
            } else {
                self.apply_waiting(&present);
            }
            if let Some(done) = done {
                let _ = done.send(self.end(&present).await);
                return;
            }
        }
    }

    fn take(&mut self, entry: Entry, tell: Option<mpsc::Sender<()>>, now: u64) {
        self.serial += 1;
        let line = entry.line(self.host, self.serial, now);
        self.waiting.push(Waiting { line, entry, applied: false, tell });
    }

    /// Writes what waits, and applies what is new.
    async fn turn(&mut self, hall: &Arc<Hall>, looks: bool) {
        let done = match timeout(PATIENCE, self.exchange(hall, looks)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(said(&error)),
            Err(_) => Err("it does not answer".to_owned()),
        };
        match done {
            Ok(()) => {
                if self.away.take().is_some() {
                    hall.trouble(None);
                    log("the class's store is back; all is written");
                }
            }
            Err(why) => {
                if self.away.is_none() {
                    log(&format!("the class's store cannot be used: {why}. The class goes on without"));
                    hall.trouble(Some(why.clone()));
                }
                self.away = Some(why);
                self.apply_waiting(hall);
            }
        }
    }

    /// Lines count here although the store does not know them yet.
    fn apply_waiting(&mut self, hall: &Arc<Hall>) {
        for waiting in self.waiting.iter_mut().filter(|waiting| !waiting.applied) {
            waiting.applied = true;
            hall.apply(waiting.entry.clone());
            waiting.tell.take().map(|tell| tell.send(()));
        }
    }

    async fn exchange(&mut self, hall: &Arc<Hall>, looks: bool) -> sqlx::Result<()> {
        let changed = hall.shelf.changed();
        let wrote = !self.waiting.is_empty() || !changed.is_empty();
        if wrote {
            self.write(hall, &changed).await?;
        }
        let longer = looks && self.store.last(&self.class).await? > self.seen;
        if !wrote && !longer {
            return Ok(());
        }
        let lines = self.store.lines(&self.class, self.seen).await?;
        let anew =
            self.waiting.iter().any(|waiting| waiting.applied) || entries(&lines).any(|entry| entry == Entry::Anew);
        if anew {
            entries(&lines).filter(|entry| matches!(entry, Entry::Code(_))).for_each(|entry| hall.apply(entry));
            self.renew(hall).await?;
        } else {
            entries(&lines).for_each(|entry| hall.apply(entry));
            self.seen = lines.last().map_or(self.seen, |(line, ..)| *line);
        }
        for waiting in self.waiting.drain(..) {
            waiting.tell.map(|tell| tell.send(()));
        }
        // What was left is written now.
        let _ = std::fs::remove_file(&self.left.0);
        Ok(())
    }

    async fn write(&self, hall: &Arc<Hall>, changed: &[Changed]) -> sqlx::Result<()> {
        let now = hall.ledger.now();
        let mut writing = self.store.write(&self.class).await?;
        for waiting in &self.waiting {
            writing.line(&waiting.line).await?;
        }
        let mut carried = Vec::new();
        for learner in changed {
            let kept = writing.progress(&learner.name).await?;
            if learner.known && kept.is_none() {
                // Forgotten just now: the log says so, and the session ends.
                continue;
            }
            let read = kept.as_ref().map(|json| Progress::read(json.as_bytes()));
            let theirs = match read {
                Some(Ok(theirs)) => theirs,
                Some(Err(_)) => {
                    // What is not understood is kept, under a name that no learner can have.
                    let name = format!("{}.broken-{now}", learner.name);
                    writing.keep(&Row { name, at: now, progress: kept.clone().unwrap_or_default() }).await?;
                    learner.kept.clone()
                }
                None => Progress::default(),
            };
            let whole = learner.with(theirs.clone(), now);
            if kept.is_none() || whole != theirs {
                let progress = serde_json::to_string(&whole).unwrap_or_default();
                writing.keep(&Row { name: learner.name.clone(), at: now, progress }).await?;
            }
            carried.push((learner, whole));
        }
        let tell = (self.store.is_server().is_some() && !self.waiting.is_empty())
            .then(|| hosts::payload(&self.class, self.host, &Wire::Log));
        writing.commit(tell.as_deref()).await?;
        carried.into_iter().for_each(|(learner, whole)| hall.shelf.carried(learner, whole));
        Ok(())
    }

    /// Reads everything again.
    async fn renew(&mut self, hall: &Arc<Hall>) -> sqlx::Result<()> {
        // Asked first: what is written meanwhile comes with the next look.
        let last = self.store.last(&self.class).await?;
        let lines = self.store.lines(&self.class, 0).await?;
        let learners = self.store.learners(&self.class).await?;
        let kept: BTreeMap<String, Progress> = learners
            .into_iter()
            .filter_map(|row| Some((row.name, Progress::read(row.progress.as_bytes()).ok()?)))
            .collect();
        hall.renew(entries(&lines), &kept);
        self.seen = lines.last().map_or(last, |(line, ..)| (*line).max(last));
        Ok(())
    }

    /// Tells the other hosts something. What they do not hear they ask for.
    async fn tell(&self, wire: &Wire) {
        if self.store.is_server().is_some() && self.away.is_none() {
            let _ = timeout(PATIENCE, self.store.tell(&hosts::payload(&self.class, self.host, wire))).await;
        }
    }

    /// Something came from another host, or from the connection to it; whether the log is to be looked at.
    async fn hear(&mut self, hall: &Arc<Hall>, host: u32, wire: Wire) -> bool {
        if host == self.host {
            return false;
        }
        if host == hosts::LINE {
            self.tell(&Wire::Hello).await;
        } else {
            self.heard.hear(host);
        }
        match wire {
            Wire::Alive => false,
            Wire::Log => true,
            Wire::Here(msg) => {
                hall.hears(msg);
                false
            }
            Wire::Hello => {
                for msg in hall.present() {
                    self.tell(&Wire::Here(msg)).await;
                }
                true
            }
        }
    }

    /// Says that this host is there, and looks for those that are not any more.
    async fn beat(&mut self, hall: &Arc<Hall>) {
        self.tell(&Wire::Alive).await;
        let others = hall.hosts().into_iter().filter(|host| *host != self.host);
        // A file has one host: others are earlier ones.
        let patient = self.store.is_server().is_some();
        for host in self.heard.missing(others, patient) {
            self.take(Entry::Class(Msg::Gone(host)), None, hall.ledger.now());
        }
    }

    /// What is said when not all could be written at the end.
    async fn end(&self, hall: &Arc<Hall>) -> Option<String> {
        self.store.close().await;
        let lines = self.waiting.iter().map(|waiting| waiting.line.clone()).collect();
        let left = Left { lines, learners: hall.shelf.changed() };
        if left.lines.is_empty() && left.learners.is_empty() {
            return None;
        }
        let why = self.away.as_deref().unwrap_or("it was closed");
        Some(format!("{} could not be used ({why}). {}", self.store.at(), left.write(&self.left.0)))
    }
}
