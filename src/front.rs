//! What front ends share: the loop over what happens to a learner, and how effects are carried out.
//!
//! Everything that can happen comes through one channel, and [`Front::run`] applies it to the state, carries effects out
//! and has its [`Host`] draw. Only the host knows what it draws on: the local terminal, plain text, a connection.

pub mod start;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::app::class::Note;
use crate::app::{self, Effect, Key, Loaded, Msg, State};
use crate::cli::Crash;
use crate::lab::Event;
use crate::lesson::progress::Keep;
use crate::view::{Depth, Theme};
use crate::worker::Seat;

/// While a run goes on, the screen is drawn at most this often.
const FRAME: Duration = Duration::from_millis(100);

/// The same with `--no-animation`.
const STILL: Duration = Duration::from_secs(2);

/// From one picture to the next while a bench plays: slow enough to see what changed.
const BEAT: Duration = Duration::from_millis(500);

/// What happens to a learner.
pub enum Incoming {
    /// A key.
    Key(Key),
    /// Pasted text.
    Paste(String),
    /// The terminal has another size: the next frame shows it.
    Resized,
    /// The host has something that must not wait behind this channel's messages; see [`Host::attend`].
    Urgent,
    /// What a compute thread tells.
    Worker(Event),
    /// What the class tells, where there is one.
    Class(Note),
    /// Everything before it was taken: who sends keys over a network waits for it, so that no client can pile them up.
    Heard(Box<dyn FnOnce() + Send>),
    /// It cannot go on: one sentence, with what to do.
    Broken(String),
}

/// What only the place where a session runs can do.
pub trait Host {
    /// Shows the state.
    ///
    /// # Errors
    /// When there is nothing to draw on any more.
    fn draw(&mut self, state: &State, theme: &Theme) -> Result<(), String>;

    /// Turns the mouse on or off, where there is one.
    ///
    /// # Errors
    /// As [`Self::draw`].
    fn mouse(&mut self, _on: bool) -> Result<(), String> {
        Ok(())
    }

    /// Does what must not wait, where there is such a thing; a signal that ends the session is handed back.
    ///
    /// # Errors
    /// As [`Self::draw`].
    fn attend(&mut self, _mouse: bool) -> Result<Option<i32>, String> {
        Ok(None)
    }

    /// Stops the session until it is continued, where that can be.
    fn suspend(&mut self) {}

    /// Reads the lessons again.
    ///
    /// # Errors
    /// With what is wrong with them.
    fn reload(&mut self) -> Result<Loaded, String>;

    /// Writes the notebook somewhere, and says where or why not.
    fn export(&mut self, state: &State) -> String;

    /// Says that something went wrong, or what else the learner should know, that no key asked for.
    fn remark(&mut self, state: &mut State, words: String) {
        state.notice = Some(words);
    }
}

/// One learner's session.
pub struct Front<H> {
    /// The course.
    pub state: State,
    /// Where it runs.
    pub host: H,
    theme: Theme,
    store: Option<Box<dyn Keep>>,
    seat: Seat,
    /// The least time from a frame to one that nobody asked for.
    frame: Duration,
    crash: Option<Crash>,
    /// It was said that another session has saved.
    told_of_others: bool,
}

/// How a session ended.
pub enum End {
    /// The learner left.
    Left,
    /// A signal ended it.
    Signal(i32),
}

impl<H: Host> Front<H> {
    /// A session at its start.
    pub fn new(begun: start::Begun, seat: Seat, host: H) -> Self {
        let start::Begun { state, theme, store, crash, .. } = begun;
        let frame = pace(state.settings.look.animation);
        Self { state, host, theme, store, seat, frame, crash, told_of_others: false }
    }

    /// Runs until the learner leaves or cannot stay. Whatever happens, what the learner did is plain data and is saved.
    ///
    /// # Errors
    /// When the host cannot draw, a thread failed, or the program itself did.
    pub fn run(&mut self, incoming: &Receiver<Incoming>) -> Result<End, String> {
        catch_unwind(AssertUnwindSafe(|| self.until_the_end(incoming)))
            .unwrap_or_else(|_| Err("the program failed. Please report it; your progress is saved".to_owned()))
    }

    fn until_the_end(&mut self, incoming: &Receiver<Incoming>) -> Result<End, String> {
        let mut drawn = Instant::now();
        self.draw()?;
        self.tell_time();
        // What happened since the last frame: nothing, something that may wait, something to show at once.
        let mut dirty = false;
        // The last beat, while the bench plays; nothing wakes the program up otherwise.
        let mut beaten: Option<Instant> = None;
        loop {
            beaten = self.state.playing.then(|| beaten.unwrap_or_else(Instant::now));
            let frame = dirty.then(|| self.frame.saturating_sub(drawn.elapsed()));
            let beat = beaten.map(|last| BEAT.saturating_sub(last.elapsed()));
            let first = match frame.into_iter().chain(beat).min() {
                None => incoming.recv().map_err(|_| ()),
                Some(wait) => match incoming.recv_timeout(wait) {
                    Err(RecvTimeoutError::Timeout) => {
                        if beaten.is_some_and(|last| last.elapsed() >= BEAT) {
                            self.tell(Msg::Beat)?;
                            beaten = Some(Instant::now());
                        }
                        self.draw()?;
                        (drawn, dirty) = (Instant::now(), false);
                        continue;
                    }
                    other => other.map_err(|_| ()),
                },
            };
            let Ok(first) = first else { return Ok(End::Left) };
            let mut now = false;
            // Take all that waits, so that a burst of keys or a large paste is one frame; where keys come faster than they
            // are answered, it is still seen what they do.
            let mut burst = Instant::now();
            for message in std::iter::once(first).chain(incoming.try_iter()) {
                if let Some(signal) = self.host.attend(self.state.mouse)? {
                    return Ok(End::Signal(signal));
                }
                let may_wait = matches!(message, Incoming::Worker(Event::Progress(..) | Event::ModelLoading(_)));
                let shows = !matches!(message, Incoming::Heard(_));
                if self.take(message)? {
                    return Ok(End::Left);
                }
                dirty |= shows;
                now |= shows && !may_wait;
                if now && burst.elapsed() > FRAME {
                    self.draw()?;
                    burst = Instant::now();
                }
            }
            if now {
                self.draw()?;
                (drawn, dirty) = (Instant::now(), false);
            }
        }
    }

    fn draw(&mut self) -> Result<(), String> {
        self.host.draw(&self.state, &self.theme)
    }

    /// Applies one thing that happened; `true` means leave.
    ///
    /// # Errors
    /// When the session cannot go on.
    ///
    /// # Panics
    /// At a key, on purpose, with `--crash ui`.
    pub fn take(&mut self, message: Incoming) -> Result<bool, String> {
        match message {
            Incoming::Key(key) => {
                assert!(self.crash != Some(Crash::Ui), "asked for by --crash ui");
                self.tell_time();
                self.tell(Msg::Key(key))
            }
            Incoming::Paste(text) => self.tell(Msg::Paste(text)),
            Incoming::Class(note) => {
                self.tell_time();
                self.tell(Msg::Class(note))
            }
            Incoming::Resized | Incoming::Urgent => Ok(false),
            Incoming::Heard(tell) => {
                tell();
                Ok(false)
            }
            Incoming::Worker(Event::Panicked(why)) => {
                Err(format!("a compute thread failed: {why}. Please report it; your progress is saved"))
            }
            // Without a model there is nothing to learn from.
            Incoming::Worker(Event::ModelFailed(why)) | Incoming::Broken(why) => Err(why),
            Incoming::Worker(event) => self.tell(Msg::Worker(event)),
        }
    }

    /// Applies a message and carries out what follows from it; `true` means leave.
    fn tell(&mut self, msg: Msg) -> Result<bool, String> {
        // An effect may lead to further ones.
        let mut effects = VecDeque::from(app::update(&mut self.state, msg));
        let mut leave = false;
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Submit(ticket, request) => self.seat.submit(ticket, request),
                Effect::ReadAhead(request) => self.seat.read_ahead(request),
                Effect::MeasureSpeed => self.seat.measure_speed(),
                Effect::Cancel(ticket) => self.seat.cancel(ticket),
                Effect::Pause(ticket, hold) => self.seat.pause(ticket, hold),
                Effect::Save(_) => self.save(),
                Effect::Export => self.state.notice = Some(self.host.export(&self.state)),
                Effect::Look(look) => {
                    self.theme = Theme::new(Depth::ALL[look.colours % Depth::ALL.len()], look.ascii);
                    self.frame = pace(look.animation);
                }
                Effect::Reload => {
                    let read = self.host.reload();
                    effects.extend(app::update(&mut self.state, Msg::Course(read)));
                }
                Effect::Mouse(on) => self.host.mouse(on)?,
                Effect::Suspend => self.host.suspend(),
                Effect::Quit => leave = true,
            }
        }
        Ok(leave)
    }

    fn save(&mut self) {
        self.tell_time();
        let (state, Some(store)) = (&mut self.state, self.store.as_mut()) else { return };
        match store.save(&state.progress, state.now) {
            Err(error) => self.host.remark(state, error.to_string()),
            Ok(saved) if saved.others && !std::mem::replace(&mut self.told_of_others, true) => {
                let words = "Another session of yours has saved meanwhile. Both are kept; where both changed the same, the \
                             later one counts.";
                self.host.remark(state, words.to_owned());
            }
            Ok(_) => {}
        }
    }

    /// Saves at the very end; why not, if that failed.
    pub fn save_at_last(&mut self) -> Option<String> {
        // A session may have slept since its last key.
        self.tell_time();
        let saved = self.store.as_mut()?.save_at_last(&self.state.progress, self.state.now);
        saved.err().map(|error| error.to_string())
    }

    fn tell_time(&mut self) {
        if let Ok(since) = SystemTime::now().duration_since(UNIX_EPOCH) {
            app::update(&mut self.state, Msg::Time(since.as_secs()));
        }
    }
}

/// The least time between frames of a run.
fn pace(animation: bool) -> Duration {
    if animation { FRAME } else { STILL }
}
