//! Long work that waits its turn.
//!
//! Who asks first is served first; a learner has one run at a time, so that nobody's runs crowd out another's. Who asks for what
//! waits or runs already joins that run. Those who wait are told how many runs stand before theirs.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Job;
use crate::lab::{Event, Progress};
use crate::wording::counted;

/// A run, and all who asked for it.
pub(super) struct Run {
    jobs: Mutex<Vec<Arc<Job>>>,
}

/// Runs that wait, and the one under way.
#[derive(Default)]
pub(super) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Arc<Run>>,
    current: Option<Arc<Run>>,
    closed: bool,
}

impl Run {
    fn jobs(&self) -> MutexGuard<'_, Vec<Arc<Job>>> {
        // A list cannot be left half changed.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one who asked first, for whom it is run.
    pub(super) fn first(&self) -> Arc<Job> {
        // A run begins with a job, and its last one stays.
        Arc::clone(&self.jobs()[0])
    }

    /// Tells each who asked, without holding the list.
    pub(super) fn each(&self, tell: impl Fn(&Job)) {
        let jobs: Vec<Arc<Job>> = self.jobs().clone();
        jobs.iter().for_each(|job| tell(job));
    }

    /// Whether it answers a request.
    fn is_asked(&self) -> bool {
        self.jobs()[0].request.is_some()
    }

    /// Tells how far it is before it has begun.
    fn says(&self, what: String) {
        let progress = Progress { what, ..Progress::default() };
        self.each(|job| (job.who.notify)(Event::Progress(job.ticket, progress.clone(), Duration::ZERO)));
    }

    /// Whether to give up: when all have. Who gives up while others go on is told so at once. It waits as long as all who are
    /// left hold it.
    pub(super) fn stop(&self) -> bool {
        loop {
            let mut jobs = self.jobs();
            if let [only] = &jobs[..] {
                let only = Arc::clone(only);
                drop(jobs);
                return only.reins.stop();
            }
            let (gone, left): (Vec<_>, Vec<_>) = jobs.drain(..).partition(|job| job.reins.is_cancelled());
            if left.is_empty() {
                *jobs = gone;
                return true;
            }
            jobs.clone_from(&left);
            drop(jobs);
            gone.iter().for_each(|job| (job.who.notify)(Event::Cancelled(job.ticket)));
            if !left.iter().all(|job| job.reins.is_held()) {
                return false;
            }
            left[0].reins.rest();
        }
    }
}

impl Job {
    /// Whether another asks for the same, of the same sentences.
    fn is_like(&self, other: &Self) -> bool {
        let own = |job: &Self| job.who.own.as_ref().map(|own| own.sha256().to_owned());
        self.request.is_some() && self.request == other.request && own(self) == own(other)
    }
}

impl Queue {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job: into a run that is the same, or behind all others.
    pub(super) fn push(&self, job: Job) {
        let mut line = self.line();
        let job = Arc::new(job);
        // All who watch a run ask for the same; one that all have given up is about to end.
        let same = |run: &&Arc<Run>| {
            let jobs = run.jobs();
            jobs[0].is_like(&job) && jobs.iter().any(|known| !known.reins.is_cancelled())
        };
        match line.current.iter().chain(&line.waiting).find(same).cloned() {
            Some(run) => run.jobs().push(job),
            None => line.waiting.push_back(Arc::new(Run { jobs: Mutex::new(vec![job]) })),
        }
        line.tell();
        drop(line);
        self.moved.notify_all();
    }

    /// The next run, once there is one; `None` when there will be none any more.
    pub(super) fn next(&self) -> Option<Arc<Run>> {
        let mut line = self.line();
        loop {
            if let Some(run) = line.waiting.pop_front() {
                line.current = Some(Arc::clone(&run));
                run.says("starting".to_owned());
                line.tell();
                return Some(run);
            }
            if line.closed {
                return None;
            }
            line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The run under way has ended: nobody joins it any more.
    pub(super) fn done(&self) {
        self.line().current = None;
    }

    /// Whether something runs or waits.
    pub(super) fn is_busy(&self) -> bool {
        let line = self.line();
        line.current.is_some() || !line.waiting.is_empty()
    }

    /// There will be no more.
    pub(super) fn close(&self) {
        self.line().closed = true;
        self.moved.notify_all();
    }
}

impl Line {
    /// Tells those who wait how many runs stand before theirs. Measuring how fast the model reads is none: it takes a moment.
    fn tell(&self) {
        let mut before = usize::from(self.current.as_ref().is_some_and(|run| run.is_asked()));
        for run in &self.waiting {
            if before > 0 && run.is_asked() {
                run.says(format!("waiting for {} before it", counted(before, "run")));
            }
            before += usize::from(run.is_asked());
        }
    }
}
