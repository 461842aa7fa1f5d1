//! Compute threads: requests in, events out.
//!
//! One thread answers what the screen waits for (traces, knock-outs), another runs long work (races), each with a
//! pool of its own, so that a race never blocks a bench. Events go to whatever the front end hands in; every request
//! has a ticket, by which it is cancelled and by which its answer is known. The terminal front end and tests call it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::{Control, Lab, ModelFacts, Outcome, Progress, Request};

/// What the threads tell.
#[derive(Debug, Clone)]
pub enum Event {
    /// How far the model is, in words: a download takes time.
    ModelLoading(String),
    /// The other model is loaded, with which the first is compared.
    OtherReady(Arc<ModelFacts>),
    /// The model is loaded.
    ModelReady(Arc<ModelFacts>),
    /// It could not be loaded, and why.
    ModelFailed(String),
    /// Sentences that the model reads in a second on this machine.
    Speed(f64),
    /// How far a long request is, and how long it has run.
    Progress(u64, Progress, Duration),
    /// A request's answer.
    Done(u64, Outcome),
    /// A request failed, and why.
    Failed(u64, String),
    /// A request was cancelled.
    Cancelled(u64),
    /// A thread panicked: the program must end.
    Panicked(String),
}

/// Which thread takes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// What the screen waits for.
    Quick,
    /// What takes seconds or minutes.
    Long,
}

impl Lane {
    /// The lane that fits a request.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        if request.is_long() { Self::Long } else { Self::Quick }
    }
}

/// A request under its ticket; without one, how fast the model reads is wanted.
type Job = (u64, Option<Request>, Arc<Reins>);
type Shared = Arc<OnceLock<Option<Arc<Lab>>>>;

/// A handle on the compute threads; they end when it is dropped.
pub struct Worker {
    quick: Sender<Job>,
    long: Sender<Job>,
    reins: Mutex<Vec<(u64, Arc<Reins>)>>,
}

impl Worker {
    /// Starts both threads. `open` loads the model on the first of them and tells in words how far it is; `notify` is
    /// called from either.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(
        threads: usize,
        open: impl FnOnce(&(dyn Fn(String) + Sync)) -> Result<Lab, String> + Send + 'static,
        notify: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let notify: Arc<dyn Fn(Event) + Send + Sync> = Arc::new(notify);
        let lab: Shared = Arc::default();
        let ((quick, quick_jobs), (long, long_jobs)) = (channel(), channel());
        let pool = || {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|error| format!("cannot start compute threads: {error}"))
        };
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(body)
                .map(drop)
                .map_err(|error| format!("cannot start a thread: {error}"))
        };

        let (opened, told, quick_pool) = (Arc::clone(&lab), Arc::clone(&notify), pool()?);
        spawn(
            "quick",
            Box::new(move || {
                guard(&told, || {
                    let loading = |words: String| told(Event::ModelLoading(words));
                    let loaded = quick_pool.install(|| open(&loading));
                    match &loaded {
                        Ok(lab) => {
                            if let Some(other) = lab.other() {
                                told(Event::OtherReady(other.facts()));
                            }
                            told(Event::ModelReady(lab.facts()));
                        }
                        Err(error) => told(Event::ModelFailed(error.clone())),
                    }
                    let shared = opened.get_or_init(|| loaded.ok().map(Arc::new)).clone();
                    serve(shared.as_deref(), &quick_pool, &quick_jobs, &*told);
                });
            }),
        )?;
        let long_pool = pool()?;
        spawn(
            "long",
            Box::new(move || guard(&notify, || serve(lab.wait().as_deref(), &long_pool, &long_jobs, &*notify))),
        )?;
        Ok(Self { quick, long, reins: Mutex::default() })
    }

    /// Hands a request to its thread.
    pub fn submit(&self, ticket: u64, request: Request) {
        let reins = Arc::new(Reins::default());
        if let Ok(mut known) = self.reins.lock() {
            known.retain(|(_, reins)| Arc::strong_count(reins) > 1);
            known.push((ticket, Arc::clone(&reins)));
        }
        let lane = if Lane::of(&request) == Lane::Quick { &self.quick } else { &self.long };
        // A thread that is gone has said so with `Panicked`.
        let _ = lane.send((ticket, Some(request), reins));
    }

    /// Asks how many sentences the model reads in a second, as long runs read them.
    pub fn measure_speed(&self) {
        let _ = self.long.send((0, None, Arc::default()));
    }

    /// Asks for a request to be given up.
    pub fn cancel(&self, ticket: u64) {
        self.each(Some(ticket), Reins::cancel);
    }

    /// Holds a request where it is, or lets it go on.
    pub fn pause(&self, ticket: u64, hold: bool) {
        self.each(Some(ticket), |reins| reins.hold(hold));
    }

    fn each(&self, ticket: Option<u64>, tell: impl Fn(&Reins)) {
        if let Ok(known) = self.reins.lock() {
            known.iter().filter(|(known, _)| ticket.is_none_or(|ticket| *known == ticket)).for_each(|(_, r)| tell(r));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.each(None, Reins::cancel);
    }
}

/// How a request under way is stopped or held.
#[derive(Default)]
struct Reins {
    cancelled: AtomicBool,
    held: Mutex<bool>,
    moved: Condvar,
    /// Milliseconds that it was held.
    waited: AtomicU64,
}

impl Reins {
    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
        self.hold(false);
    }

    fn hold(&self, hold: bool) {
        if let Ok(mut held) = self.held.lock() {
            *held = hold;
        }
        self.moved.notify_all();
    }

    /// Whether to give up; waits as long as the request is held.
    fn stop(&self) -> bool {
        if let Ok(held) = self.held.lock()
            && *held
        {
            let began = Instant::now();
            drop(self.moved.wait_while(held, |held| *held));
            self.waited.fetch_add(began.elapsed().as_millis() as u64, Ordering::Relaxed);
        }
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Of a time since it began, the part that it was not held.
    fn worked(&self, since: Instant) -> Duration {
        since.elapsed().saturating_sub(Duration::from_millis(self.waited.load(Ordering::Relaxed)))
    }
}

/// Sentences that a model reads in a second. The first reading only wakes the threads.
fn speed(lab: &Lab) -> Option<f64> {
    lab.read_sample().ok()?;
    let started = Instant::now();
    let count = lab.read_sample().ok()?;
    Some(count as f64 / started.elapsed().as_secs_f64()).filter(|speed| speed.is_finite() && *speed > 0.0)
}

/// Turns a panic into an event.
fn guard(notify: &Arc<dyn Fn(Event) + Send + Sync>, body: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
        let text = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        notify(Event::Panicked(text.unwrap_or_else(|| "a compute thread failed".to_owned())));
    }
}

fn serve(lab: Option<&Lab>, pool: &rayon::ThreadPool, jobs: &Receiver<Job>, notify: &(dyn Fn(Event) + Send + Sync)) {
    while let Ok((ticket, request, reins)) = jobs.recv() {
        let Some(request) = request else {
            if let Some(speed) = lab.and_then(|lab| pool.install(|| speed(lab))) {
                notify(Event::Speed(speed));
            }
            continue;
        };
        let Some(lab) = lab else {
            notify(Event::Failed(ticket, "there is no model to run".to_owned()));
            continue;
        };
        let started = Instant::now();
        let report = |progress: Progress| notify(Event::Progress(ticket, progress, reins.worked(started)));
        let stop = || reins.stop();
        let control = Control { report: &report, stop: &stop };
        notify(match pool.install(|| lab.run(&request, &control)) {
            Ok(Some(outcome)) => Event::Done(ticket, outcome),
            Ok(None) => Event::Cancelled(ticket),
            Err(error) => Event::Failed(ticket, error.to_string()),
        });
    }
}
