//! Keeps the log in the store and the class together: a line is written first, and applied when the store has given it its
//! place among all lines.
//!
//! So every host applies the same lines in the same order. While the store cannot be reached, a host applies its own lines at
//! once and keeps them; when it is back they are written, and the class is read anew from the whole log.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak, mpsc};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::hall::{Hall, log};
use super::hosts::{self, Heard, Wire};
use super::ledger::{Entry, Job, entries};
use super::left::Left;
use super::shelf::Changed;
use super::store::{Line, Row, Store, said};
use crate::class::Msg;
use crate::lesson::progress::Progress;

/// How often the store is looked at when nothing happens: a command on the same store may have changed it.
const TICK: Duration = Duration::from_secs(1);

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(4);

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
    /// When the others were looked for last.
    beaten: Instant,
    /// What an earlier server left, and the file for what this one leaves.
    left: (PathBuf, Left),
    /// What was left is still to be written.
    took_up: bool,
}

impl Keeper {
    /// The keeper of a class in a store at a host, which has applied the log as far as `seen`.
    pub(super) fn new(
        (store, class, host): (Arc<Store>, String, u32),
        jobs: UnboundedReceiver<Job>,
        seen: i64,
        left: (PathBuf, Left),
    ) -> Self {
        Self {
            store,
            class,
            host,
            jobs,
            seen,
            serial: 0,
            waiting: Vec::new(),
            away: None,
            heard: Heard::default(),
            beaten: Instant::now(),
            left,
            took_up: false,
        }
    }

    /// Takes up what an earlier server left.
    pub(super) fn begin(&mut self, hall: &Hall) {
        let Left { lines, learners, .. } = std::mem::take(&mut self.left.1);
        self.took_up = !lines.is_empty() || !learners.is_empty();
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
        if wrote && !self.write(hall, &changed).await? {
            // Somebody was forgotten, or a lesson was: first this counts, and then what is left to be written.
            self.renew(hall).await?;
            let changed = hall.shelf.changed();
            self.write(hall, &changed).await?;
        }
        let longer = looks && self.store.last(&self.class).await? > self.seen;
        if !wrote && !longer {
            return Ok(());
        }
        let lines = self.store.lines(&self.class, self.seen).await?;
        let again = self.waiting.iter().any(|waiting| waiting.applied);
        // Of lines that were applied without the store a second time must not be told; the others are news in any case.
        entries(&lines).filter(|entry| !again || matches!(entry, Entry::Code(_))).for_each(|entry| hall.apply(entry));
        self.seen = lines.last().map_or(self.seen, |(line, ..)| *line);
        if again || entries(&lines).any(|entry| entry == Entry::Anew) {
            self.renew(hall).await?;
        }
        for waiting in self.waiting.drain(..) {
            waiting.tell.map(|tell| tell.send(()));
        }
        if std::mem::take(&mut self.took_up) {
            // What was left is written now.
            let _ = std::fs::remove_file(&self.left.0);
        }
        Ok(())
    }

    /// Writes what waits; not if lines that were taken out are not known here yet.
    async fn write(&mut self, hall: &Arc<Hall>, changed: &[Changed]) -> sqlx::Result<bool> {
        let now = hall.ledger.now();
        let mut writing = self.store.write(&self.class).await?;
        if writing.has_anew(self.seen).await? {
            return Ok(false);
        }
        let forgotten = |name: &str| hall.shelf.has_forgotten(name);
        self.waiting.retain(|waiting| {
            !(matches!(waiting.entry, Entry::Class(_)) && waiting.line.learner.as_deref().is_some_and(forgotten))
        });
        for waiting in &self.waiting {
            writing.line(&waiting.line).await?;
        }
        let mut carried = Vec::new();
        for learner in changed {
            let kept = writing.progress(&learner.name).await?;
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
        Ok(true)
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
        if hosts::is_long(std::mem::replace(&mut self.beaten, Instant::now()).elapsed()) {
            // It was this host that slept: the others have been there, unheard.
            self.heard = Heard::default();
        }
        for host in self.heard.missing(others, patient) {
            self.take(Entry::Class(Msg::Gone(host)), None, hall.ledger.now());
        }
    }

    /// What is said when not all could be written at the end.
    async fn end(&self, hall: &Arc<Hall>) -> Option<String> {
        self.store.close().await;
        let lines = self.waiting.iter().map(|waiting| waiting.line.clone()).collect();
        let left = Left { store: self.store.at().to_string(), lines, learners: hall.shelf.changed() };
        if left.lines.is_empty() && left.learners.is_empty() {
            return None;
        }
        let why = self.away.as_deref().unwrap_or("it was closed");
        Some(format!("{} could not be used ({why}). {}", self.store.at(), left.write(&self.left.0)))
    }
}
