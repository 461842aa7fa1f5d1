//! Compute threads: requests of many learners in, events out.
//!
//! One thread answers what screens wait for (traces, knock-outs), another runs long work (races), each with a pool of its
//! own, so that a race never blocks a bench. A third one reads ahead. The model is loaded once; every learner has a [`Seat`], whose requests have
//! tickets, by which they are cancelled and by which their answers are known. Long work waits in a queue, where the same
//! request of several learners is one run that all of them watch.

mod ahead;
mod queue;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ahead::Ahead;
use queue::{Queue, Run};

use crate::lab::dataset::Dataset;
use crate::lab::{Control, Event, Loaded, Model, Progress, Request, Session};

/// How often a run that several hold looks whether one of them goes on.
const MOMENT: Duration = Duration::from_millis(100);

/// A learner's request under its ticket; without one, how fast the model reads is wanted.
struct Job {
    who: Arc<Learner>,
    ticket: u64,
    request: Option<Request>,
    reins: Arc<Reins>,
}

/// The compute threads; they end when it and every seat are dropped.
pub struct Worker {
    quick: Sender<Job>,
    long: Arc<Queue>,
    ahead: Arc<Ahead>,
    room: Arc<Room>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.long.close();
        self.ahead.close();
    }
}

/// What the threads share: the model once it is there, and who waits for it.
#[derive(Default)]
struct Room {
    loaded: OnceLock<Result<Loaded, String>>,
    learners: Mutex<Vec<Arc<Learner>>>,
}

/// Whose requests they are, and where the answers go.
struct Learner {
    session: OnceLock<Session>,
    own: Option<Arc<Dataset>>,
    notify: Box<dyn Fn(Event) + Send + Sync>,
}

/// One learner's place at the compute threads; leaving it gives up what was asked.
pub struct Seat {
    worker: Arc<Worker>,
    learner: Arc<Learner>,
    reins: Mutex<Vec<(u64, Arc<Reins>)>>,
}

impl Worker {
    /// Starts both threads. `open` loads the model on the first of them and tells in words how far it is.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(
        threads: usize,
        open: impl FnOnce(&(dyn Fn(String) + Sync)) -> Result<Loaded, String> + Send + 'static,
    ) -> Result<Arc<Self>, String> {
        let room = Arc::new(Room::default());
        let (quick, quick_jobs) = channel();
        let long = Arc::new(Queue::default());
        let ahead = Arc::new(Ahead::default());
        let pool_of = |threads: usize| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|error| format!("cannot start compute threads: {error}"))
        };
        let pool = || pool_of(threads);
        let spawn = |name: &str, body: Box<dyn FnOnce() + Send>| {
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(body)
                .map(drop)
                .map_err(|error| format!("cannot start a thread: {error}"))
        };
        let (here, quick_pool) = (Arc::clone(&room), pool()?);
        let loading = move || {
            let tell = |words: String| here.tell(&Event::ModelLoading(words));
            let loaded = guarded(|| quick_pool.install(|| open(&tell)));
            match loaded {
                Ok(loaded) => serve(here.open(loaded), &quick_pool, &quick_jobs),
                Err(why) => here.tell(&Event::Panicked(why)),
            }
        };
        spawn("quick", Box::new(loading))?;
        let (here, long_pool, runs) = (Arc::clone(&room), pool()?, Arc::clone(&long));
        spawn("long", Box::new(move || run_all(here.loaded.wait(), &long_pool, &runs)))?;
        // One thread reads ahead: the others stay free for what is asked.
        let (here, alone, runs, wishes) = (Arc::clone(&room), pool_of(1)?, Arc::clone(&long), Arc::clone(&ahead));
        spawn("ahead", Box::new(move || ahead::read_all(here.loaded.wait(), &alone, &runs, &wishes)))?;
        Ok(Arc::new(Self { quick, long, ahead, room }))
    }

    /// A place for one more learner, with sentences of their own or without; `notify` is called from either thread.
    pub fn seat(self: &Arc<Self>, own: Option<Arc<Dataset>>, notify: impl Fn(Event) + Send + Sync + 'static) -> Seat {
        let learner = Arc::new(Learner { session: OnceLock::new(), own, notify: Box::new(notify) });
        let mut learners = self.room.learners();
        if let Some(loaded) = self.room.loaded.get() {
            learner.tell_of_model(loaded);
        }
        learners.push(Arc::clone(&learner));
        drop(learners);
        Seat { worker: Arc::clone(self), learner, reins: Mutex::default() }
    }
}

impl Room {
    fn learners(&self) -> MutexGuard<'_, Vec<Arc<Learner>>> {
        // A list cannot be left half changed.
        self.learners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: &Event) {
        self.learners().iter().for_each(|learner| (learner.notify)(event.clone()));
    }

    /// The model is there, or will not be: everybody who waits hears it once.
    fn open(&self, loaded: Result<Loaded, String>) -> &Result<Loaded, String> {
        let learners = self.learners();
        let loaded = self.loaded.get_or_init(|| loaded);
        learners.iter().for_each(|learner| learner.tell_of_model(loaded));
        loaded
    }
}

impl Learner {
    fn tell_of_model(&self, loaded: &Result<Loaded, String>) {
        match loaded {
            Ok(Loaded { model, other }) => {
                if let Some(other) = other.get() {
                    (self.notify)(Event::OtherReady(other.facts()));
                }
                (self.notify)(Event::ModelReady(model.facts()));
            }
            Err(why) => (self.notify)(Event::ModelFailed(why.clone())),
        }
    }

    /// What this learner asked so far; it begins with the first question.
    fn session(&self, loaded: &Loaded) -> &Session {
        self.session.get_or_init(|| {
            let session = loaded.session();
            match &self.own {
                Some(own) => session.with(Arc::clone(own)),
                None => session,
            }
        })
    }
}

impl Seat {
    /// Hands a request to its thread.
    pub fn submit(&self, ticket: u64, request: Request) {
        let reins = Arc::new(Reins::default());
        if let Ok(mut known) = self.reins.lock() {
            known.retain(|(_, reins)| Arc::strong_count(reins) > 1);
            known.push((ticket, Arc::clone(&reins)));
        }
        let is_long = request.is_long();
        let job = Job { who: Arc::clone(&self.learner), ticket, request: Some(request), reins };
        if is_long {
            self.worker.long.push(job);
        } else {
            // A thread that is gone has said so with `Panicked`.
            let _ = self.worker.quick.send(job);
        }
    }

    /// Asks how many sentences the model reads in a second, as long runs read them.
    pub fn measure_speed(&self) {
        let who = Arc::clone(&self.learner);
        self.worker.long.push(Job { who, ticket: 0, request: None, reins: Arc::default() });
    }

    /// What this learner will ask for next, if that is known: it is read while nothing else is to be done.
    pub fn read_ahead(&self, request: Option<Request>) {
        self.worker.ahead.wish(&self.learner, request);
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

impl Drop for Seat {
    fn drop(&mut self) {
        self.each(None, Reins::cancel);
        self.read_ahead(None);
        self.worker.room.learners().retain(|learner| !Arc::ptr_eq(learner, &self.learner));
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

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn is_held(&self) -> bool {
        self.held.lock().is_ok_and(|held| *held)
    }

    /// Waits a moment, or until it is not held.
    fn rest(&self) {
        if let Ok(held) = self.held.lock() {
            drop(self.moved.wait_timeout_while(held, MOMENT, |held| *held));
        }
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
        self.is_cancelled()
    }

    /// Of a time since it began, the part that it was not held.
    fn worked(&self, since: Instant) -> Duration {
        since.elapsed().saturating_sub(Duration::from_millis(self.waited.load(Ordering::Relaxed)))
    }
}

/// Sentences that a model reads in a second. The first reading only wakes the threads.
fn speed(model: &Model) -> Option<f64> {
    model.read_sample().ok()?;
    let started = Instant::now();
    let count = model.read_sample().ok()?;
    Some(count as f64 / started.elapsed().as_secs_f64()).filter(|speed| speed.is_finite() && *speed > 0.0)
}

/// What a body gives, or what it panicked with.
fn guarded<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        text.unwrap_or_else(|| "a compute thread failed".to_owned())
    })
}

/// Long work, one run after the other. What one learner's run comes to, those who asked for the same get, too.
fn run_all(loaded: &Result<Loaded, String>, pool: &rayon::ThreadPool, queue: &Queue) {
    while let Some(run) = queue.next() {
        let first = run.first();
        let answered = guarded(|| answer_all(loaded.as_ref().ok(), pool, &first, &run));
        queue.done();
        // One learner's failure is not the others'.
        match answered {
            Ok(event) => run.each(|job| {
                let told = guarded(|| tell_result(loaded.as_ref().ok(), &first, job, event.as_ref()));
                if let Err(why) = told {
                    let _ = guarded(|| (job.who.notify)(Event::Panicked(why)));
                }
            }),
            Err(why) => run.each(|job| drop(guarded(|| (job.who.notify)(Event::Panicked(why.clone()))))),
        }
    }
}

/// Does a run, while all who asked for it watch; nothing where a speed cannot be told.
fn answer_all(loaded: Option<&Loaded>, pool: &rayon::ThreadPool, first: &Job, run: &Run) -> Option<Event> {
    if first.request.is_none() {
        return pool.install(|| speed(&loaded?.model)).map(Event::Speed);
    }
    let started = Instant::now();
    let report = |progress: Progress| {
        run.each(|job| (job.who.notify)(Event::Progress(job.ticket, progress.clone(), job.reins.worked(started))));
    };
    answer(loaded, pool, first, &Control { report: &report, stop: &|| run.stop() })
}

/// Tells one of those who asked what a run came to, under their own ticket; what answers later questions is theirs, too.
fn tell_result(loaded: Option<&Loaded>, first: &Job, job: &Job, event: Option<&Event>) {
    let event = match event.cloned() {
        None => return,
        Some(Event::Done(_, outcome)) => {
            if let (Some(loaded), Some(request), false) = (loaded, &job.request, Arc::ptr_eq(&first.who, &job.who)) {
                let (from, to) = (first.who.session(loaded), job.who.session(loaded));
                if let Err(error) = to.adopt(from, request) {
                    return (job.who.notify)(Event::Failed(job.ticket, error.to_string()));
                }
            }
            Event::Done(job.ticket, outcome)
        }
        Some(Event::Cancelled(_)) => Event::Cancelled(job.ticket),
        Some(Event::Failed(_, why)) => Event::Failed(job.ticket, why),
        Some(other) => other,
    };
    (job.who.notify)(event);
}

/// What screens wait for, one after the other.
fn serve(loaded: &Result<Loaded, String>, pool: &rayon::ThreadPool, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        let started = Instant::now();
        let report = |progress: Progress| {
            (job.who.notify)(Event::Progress(job.ticket, progress, job.reins.worked(started)));
        };
        let control = Control { report: &report, stop: &|| job.reins.stop() };
        let answered = guarded(|| {
            if let Some(event) = answer(loaded.as_ref().ok(), pool, &job, &control) {
                (job.who.notify)(event);
            }
        });
        // One learner's failure is not the others'.
        if let Err(why) = answered {
            let _ = guarded(|| (job.who.notify)(Event::Panicked(why)));
        }
    }
}

/// What comes of a job's request, if it has one.
fn answer(loaded: Option<&Loaded>, pool: &rayon::ThreadPool, job: &Job, control: &Control<'_>) -> Option<Event> {
    let request = job.request.as_ref()?;
    let Some(loaded) = loaded else { return Some(Event::Failed(job.ticket, "there is no model to run".to_owned())) };
    Some(match pool.install(|| job.who.session(loaded).run(request, control)) {
        Ok(Some(outcome)) => Event::Done(job.ticket, outcome),
        Ok(None) => Event::Cancelled(job.ticket),
        Err(error) => Event::Failed(job.ticket, error.to_string()),
    })
}
