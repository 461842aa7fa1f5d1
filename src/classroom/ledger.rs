//! What lasts of a class is a log. Here are its entries, and where new ones are sent; `keeper` writes and applies them.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::hosts;
use super::keeper::Keeper;
use super::left::{self, Left};
use super::store::{Line, Store, Where, said};
use crate::class::{Msg, Order};

/// How long a learner waits until a new name counts.
const PATIENCE: Duration = Duration::from_secs(12);

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
pub(super) enum Job {
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
        let left = Left::read(&path, &at.to_string())?;
        let store = Arc::new(Store::open_to_serve(at).await?);
        let cannot = |error: sqlx::Error| format!("cannot read {at}: {}", said(&error));
        // From now on there is such a class.
        store.write(&class).await.map_err(cannot)?.commit(None).await.map_err(cannot)?;
        let lines = store.lines(&class, 0).await.map_err(cannot)?;
        let now = store.now().await.map_err(cannot)?;
        let host = hosts::number()?;
        let (jobs, received) = unbounded_channel();
        let seen = lines.last().map_or(0, |(line, ..)| *line);
        let keeper = Keeper::new((Arc::clone(&store), class.clone(), host), received, seen, (path, left));
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
        let _ = heard.recv_timeout(PATIENCE);
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
