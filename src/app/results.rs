//! Outcomes that benches show: what is there, what is missing, what runs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::editor::Purpose;
use super::runs::{self, Running};
use super::{Cursor, Effect, Overlay, Screen, State, heads, kept};
use crate::lab::{Event, Outcome, Request};
use crate::wording::sentence;

/// What of the answers may stay in memory, in bytes; what the screen shows stays in any case. A trace of 20 pieces takes
/// some 4 MB, one of 128 pieces some 30 MB.
const MOST: usize = 32 << 20;

/// Failures that are remembered.
const FAILURES: usize = 16;

/// What was asked and what was answered, newest last.
type Answers = Vec<(Request, Outcome)>;

/// Answers by what was asked, and what is under way.
#[derive(Default)]
pub struct Results {
    pub(super) answers: Answers,
    pending: Vec<(u64, Request)>,
    failures: Vec<(Request, String)>,
    /// Runs that wait for it, with the lesson that offered each.
    pub waiting: VecDeque<(Request, Option<String>)>,
    /// Results that an earlier session measured, with their times.
    pub restored: Vec<(Request, Option<u64>)>,
    /// A run was kept that is not saved yet.
    pub unsaved: bool,
    /// The long run that is going on.
    pub running: Option<Running>,
    /// How far the model is that is being loaded.
    pub model_loading: Option<String>,
    /// Why there is no model.
    pub model_failure: Option<String>,
    next_ticket: u64,
}

impl State {
    /// What was answered to a request.
    pub(super) fn answer(&self, request: &Request) -> Option<&Outcome> {
        self.results.answers.iter().find(|(known, _)| known == request).map(|(_, outcome)| outcome)
    }

    /// Why the bench cannot show what it should.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        if let Some(failure) = &self.results.model_failure {
            return Some(failure);
        }
        let mut wanted = self.wanted();
        wanted.extend(self.run_request());
        self.results.failures.iter().rev().find(|(request, _)| wanted.contains(request)).map(|(_, why)| why.as_str())
    }

    /// What the screen shows and is answered at once.
    fn wanted(&self) -> Vec<Request> {
        if matches!(self.screen, Screen::Home { .. }) {
            return Vec::new();
        }
        let sentence = self.sentence();
        let mut wanted = vec![Request::Trace(sentence.clone())];
        if self.shows_models() {
            wanted.push(Request::Beside(sentence));
            return wanted;
        }
        // A race of both models waits for the other one, which is loaded when it is first asked.
        if self.wants_both() && self.against.is_none() && self.other_model().is_some() {
            wanted.push(Request::Beside(sentence));
        }
        if let Some(row) = self.row() {
            wanted.extend((row.wants)(self));
            wanted.extend((row.prepares)(self).map(|request| request.prepared(self.way())));
        }
        if let Some(Overlay::Editor(Purpose::Lanes, editor)) = &self.overlay {
            wanted.extend(runs::asked(&editor.lines().join(" ")));
        }
        wanted
    }

    /// What of that is not there yet and has not failed.
    #[must_use]
    pub fn missing(&self) -> Vec<Request> {
        let there = |request: &Request| request.is_long() || self.answer(request).is_some();
        let failed = |request: &Request| self.results.failures.iter().any(|(failed, _)| failed == request);
        self.wanted().into_iter().filter(|request| !there(request) && !failed(request)).collect()
    }
}

/// Submits what the screen lacks, and gives up what it no longer wants.
pub(super) fn ask(state: &mut State) -> Vec<Effect> {
    if state.facts.is_none() {
        return Vec::new();
    }
    let missing = state.missing();
    let stale = |(_, request): &(u64, Request)| !request.is_long() && !missing.contains(request);
    let mut effects: Vec<Effect> =
        state.results.pending.iter().filter(|entry| stale(entry)).map(|(ticket, _)| Effect::Cancel(*ticket)).collect();
    state.results.pending.retain(|entry| !stale(entry));
    for request in missing {
        if state.results.pending.iter().all(|(_, pending)| *pending != request) {
            effects.push(state.results.submit(request).1);
        }
    }
    effects.extend(runs::next(state));
    effects
}

impl Results {
    /// Whether the worker owes an answer.
    #[must_use]
    pub fn waits_for_answers(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Takes an answer, which may make others untrue; what is shown is not dropped for want of room.
    fn keep(&mut self, request: Request, outcome: Outcome, shown: &[Request]) {
        match &request {
            // The lanes that answer a typed sentence are those of this race now.
            Request::Race(_) => {
                self.answers.retain(|(known, _)| !matches!(known, Request::Ask(_)));
                self.forget_heads();
            }
            Request::Invert(run) => {
                self.answers.retain(|(known, _)| !matches!(known, Request::Decode(_, of) if of == run));
            }
            _ => {}
        }
        self.answers.retain(|(known, _)| *known != request);
        self.answers.push((request, outcome));
        let bytes = |answers: &Answers| answers.iter().map(|(_, outcome)| outcome.bytes()).sum::<usize>();
        while bytes(&self.answers) > MOST {
            // Runs took a learner's time, the rest is there again in a moment.
            let spare = |(known, _): &(Request, Outcome)| !known.is_long() && !shown.contains(known);
            let Some(oldest) = self.answers.iter().position(spare) else { break };
            self.answers.remove(oldest);
        }
    }

    /// Other classifiers may answer now: what showed their answers is asked for again.
    fn forget_heads(&mut self) {
        let outdated = |(_, outcome): &(Request, Outcome)| match outcome {
            Outcome::Trace(trace) | Outcome::Beside(trace) => heads::outdated(trace),
            _ => false,
        };
        if self.answers.iter().any(outdated) {
            let of_heads = |known: &Request| match known {
                Request::Attribution(_) | Request::Knockout(_) => true,
                Request::Prepared(_, of) => matches!(**of, Request::Knockout(_)),
                _ => false,
            };
            self.answers.retain(|known| !outdated(known) && !of_heads(&known.0));
            self.failures.retain(|(request, _)| !matches!(request, Request::Attribution(_)));
        }
    }

    /// Hands a request to the worker.
    fn submit(&mut self, request: Request) -> (u64, Effect) {
        self.next_ticket += 1;
        self.pending.push((self.next_ticket, request.clone()));
        (self.next_ticket, Effect::Submit(self.next_ticket, request))
    }

    /// Hands a long request to the worker; that it failed before is forgotten.
    pub(super) fn start(&mut self, request: Request) -> (u64, Effect) {
        self.failures.retain(|(failed, _)| *failed != request);
        self.submit(request)
    }
}

/// Takes what the worker says.
pub(super) fn receive(state: &mut State, event: Event) {
    match event {
        Event::ModelLoading(words) => state.results.model_loading = Some(words),
        Event::OtherReady(facts) => state.against = Some(facts),
        Event::ModelReady(facts) => {
            if state.facts.replace(facts).is_none() {
                // Only now it is known which layer a lesson's words mean.
                state.cursor.layer = Cursor::start(state.bench(), state.layers()).layer;
            }
            kept::restore(state);
        }
        Event::ModelFailed(why) => state.results.model_failure = Some(sentence(&why)),
        Event::ReadAhead(request) => state.read_ahead.push(request),
        Event::Speed(speed) => state.speed = runs::Speed::Measured(speed),
        Event::Progress(ticket, progress, elapsed) => {
            let elapsed = if state.clock { elapsed } else { Duration::ZERO };
            if let Some(running) = state.results.running.as_mut().filter(|running| running.ticket == ticket) {
                running.progress = progress;
                running.elapsed = elapsed;
            }
        }
        Event::Done(ticket, outcome) => {
            // The learner may be elsewhere by now.
            let running = state.results.running.as_ref().filter(|running| running.ticket == ticket);
            let lesson = running.and_then(|running| running.lesson.clone());
            if let Some(lesson) = lesson.clone() {
                state.progress.lessons.entry(lesson).or_default().run = true;
            }
            let request = settle(state, ticket);
            // A ticket that was given up is answered no more.
            if let Some(request) = request {
                state.results.unsaved |= kept::keep(state, &request, &outcome, lesson);
                let here = state.run_request().as_ref() == Some(&request);
                store(state, request, outcome);
                // What a prediction was worth stands at the end of the text of the step whose run it was.
                let predicted = state.step().and_then(|step| step.predict.as_ref());
                if here && predicted.is_some_and(|question| state.given(question).is_some()) {
                    state.text_page = -1;
                }
            }
        }
        Event::Failed(ticket, why) => {
            if let Some(request) = settle(state, ticket) {
                let failures = &mut state.results.failures;
                failures.push((request, sentence(&why)));
                let surplus = failures.len().saturating_sub(FAILURES);
                failures.drain(..surplus);
            }
        }
        Event::Cancelled(ticket) if settle(state, ticket).is_some_and(|request| request.is_long()) => {
            state.notice = Some("The run was stopped. Enter starts it again; what was computed is kept.".to_owned());
        }
        // The front end ends the program.
        Event::Cancelled(_) | Event::Panicked(_) => {}
    }
}

/// A ticket is answered.
fn settle(state: &mut State, ticket: u64) -> Option<Request> {
    if state.results.running.as_ref().is_some_and(|running| running.ticket == ticket) {
        state.results.running = None;
    }
    let index = state.results.pending.iter().position(|(known, _)| *known == ticket)?;
    Some(state.results.pending.remove(index).1)
}

/// Takes what an earlier session measured, unless this one has measured it.
pub(super) fn restore(state: &mut State, request: Request, outcome: Outcome, at: Option<u64>) {
    if state.answer(&request).is_none() {
        state.results.restored.push((request.clone(), at));
        store(state, request, outcome);
    }
}

/// Keeps an answer for the benches.
pub fn store(state: &mut State, request: Request, outcome: Outcome) {
    if matches!(&outcome, Outcome::Race(report) if report.stopped) {
        state.notice =
            Some("The run was stopped; the lanes that were finished are kept. Enter runs it whole.".to_owned());
    }
    if let Outcome::Beside(trace) = &outcome
        && state.against.is_none()
    {
        state.against = Some(Arc::clone(&trace.model));
        state.sandbox.brought = true;
    }
    let traced = matches!(outcome, Outcome::Trace(_) | Outcome::Beside(_));
    let shown = state.wanted();
    state.results.keep(request, outcome, &shown);
    if traced {
        clamp(state);
    }
}

/// A shorter sentence may have left the cursor outside.
fn clamp(state: &mut State) {
    if let Some(trace) = state.trace() {
        let start = state.bench().and_then(|bench| bench.operation.clone());
        let layer = state.cursor.layer;
        let found = start.and_then(|name| {
            let wanted = (layer > 0).then_some(layer);
            let fits = |op: &crate::lab::Operation| op.name == name;
            trace
                .operations
                .iter()
                .position(|op| fits(op) && op.layer == wanted)
                .or_else(|| trace.operations.iter().position(fits))
        });
        let operations = trace.operations.len().saturating_sub(1);
        if state.cursor.operation == 0 {
            state.cursor.operation = found.unwrap_or(0);
        }
        state.cursor.operation = state.cursor.operation.min(operations);
        super::pieces::place(state);
    }
}

/// Places the cursor for a bench whose trace is there already.
pub(super) fn place(state: &mut State) {
    clamp(state);
}
