//! Outcomes that benches show: what is there, what is missing, what runs.

use std::sync::Arc;
use std::time::Duration;

use super::{Effect, Msg, State};
use crate::lab::{
    CompareData, KnockoutData, NeighboursData, Outcome, Progress, RaceReport, RaceRequest, Readout, Request, Sentence,
    TraceData,
};
use crate::lesson::View;

/// Traces kept; one of 128 pieces takes some 30 MB.
const TRACES: usize = 3;

/// Smaller outcomes kept of each kind.
const KEPT: usize = 16;

/// Outcomes, newest last, and what is under way.
#[derive(Default)]
pub struct Results {
    traces: Vec<Arc<TraceData>>,
    knockouts: Vec<Arc<KnockoutData>>,
    neighbours: Vec<Arc<NeighboursData>>,
    compares: Vec<Arc<CompareData>>,
    /// Reports of runs made here, with what was asked.
    pub races: Vec<(RaceRequest, Arc<RaceReport>)>,
    pending: Vec<(u64, Request)>,
    failures: Vec<(Request, String)>,
    /// The long run that is going on.
    pub running: Option<Running>,
    /// Why there is no model.
    pub model_failure: Option<String>,
    next_ticket: u64,
}

/// A long run.
pub struct Running {
    /// Its ticket.
    pub ticket: u64,
    /// What it runs.
    pub request: RaceRequest,
    /// How far it is.
    pub progress: Progress,
    /// How long it has run.
    pub elapsed: Duration,
}

impl State {
    /// The trace of the sentence on the screen.
    #[must_use]
    pub fn trace(&self) -> Option<&Arc<TraceData>> {
        let sentence = self.sentence();
        self.results.traces.iter().find(|trace| trace.sentence == sentence)
    }

    /// Its knock-outs.
    #[must_use]
    pub fn knockout(&self) -> Option<&Arc<KnockoutData>> {
        let sentence = self.sentence();
        self.results.knockouts.iter().find(|data| data.sentence == sentence)
    }

    /// The neighbours of the piece under the cursor.
    #[must_use]
    pub fn neighbours(&self) -> Option<&Arc<NeighboursData>> {
        let (sentence, position) = (self.sentence(), self.cursor.token);
        self.results.neighbours.iter().find(|data| data.sentence == sentence && data.position == position)
    }

    /// The comparison that the bench asks for.
    #[must_use]
    pub fn compare(&self) -> Option<&Arc<CompareData>> {
        let Some(Request::Compare { first, second, .. }) = self.compare_request() else { return None };
        self.results.compares.iter().find(|data| data.first == first && data.second == second)
    }

    /// What the bench would run.
    #[must_use]
    pub fn race_request(&self) -> Option<RaceRequest> {
        let bench = self.bench()?;
        let layers = self.facts.as_ref()?.layers;
        let readouts: Vec<Readout> = bench.readouts.iter().filter_map(|name| name.parse().ok()).collect();
        let layers = match bench.view {
            View::Probe => (0..=layers).collect(),
            View::Race => vec![bench.layer.unwrap_or(layers)],
            _ => return None,
        };
        Some(RaceRequest { layers, train: bench.train, ..RaceRequest::frozen("movies", readouts) })
    }

    /// The report of that run, once there is one.
    #[must_use]
    pub fn race_report(&self) -> Option<&Arc<RaceReport>> {
        let wanted = self.race_request()?;
        self.results.races.iter().rev().find(|(request, _)| *request == wanted).map(|(_, report)| report)
    }

    /// Why the bench cannot show what it should.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        if let Some(failure) = &self.results.model_failure {
            return Some(failure);
        }
        let mut wanted = self.wanted();
        wanted.extend(self.race_request().map(Request::Race));
        self.results.failures.iter().rev().find(|(request, _)| wanted.contains(request)).map(|(_, why)| why.as_str())
    }

    fn compare_request(&self) -> Option<Request> {
        let bench = self.bench()?;
        let second = Sentence::single(bench.other.clone()?);
        Some(Request::Compare { first: self.sentence(), second, word: bench.word.clone() })
    }

    /// What the screen shows and is answered at once.
    fn wanted(&self) -> Vec<Request> {
        let Some(step) = self.step() else { return Vec::new() };
        let sentence = self.sentence();
        let mut wanted = vec![Request::Trace(sentence.clone())];
        match step.bench.as_ref().map(|bench| bench.view) {
            Some(View::Mixing) => wanted.push(Request::Knockout(sentence)),
            Some(View::Neighbours) => wanted.push(Request::Neighbours { sentence, position: self.cursor.token }),
            Some(View::Compare) => wanted.extend(self.compare_request()),
            _ => {}
        }
        wanted
    }

    /// What of that is not there yet and has not failed.
    #[must_use]
    pub fn missing(&self) -> Vec<Request> {
        let there = |request: &Request| match request {
            Request::Trace(_) => self.trace().is_some(),
            Request::Knockout(_) => self.knockout().is_some(),
            Request::Neighbours { .. } => self.neighbours().is_some(),
            Request::Compare { .. } => self.compare().is_some(),
            Request::Race(_) | Request::Ask(_) => true,
        };
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
    let stale = |(_, request): &(u64, Request)| !matches!(request, Request::Race(_)) && !missing.contains(request);
    let mut effects: Vec<Effect> =
        state.results.pending.iter().filter(|entry| stale(entry)).map(|(ticket, _)| Effect::Cancel(*ticket)).collect();
    state.results.pending.retain(|entry| !stale(entry));
    for request in missing {
        if state.results.pending.iter().all(|(_, pending)| *pending != request) {
            effects.push(submit(state, request));
        }
    }
    effects
}

fn submit(state: &mut State, request: Request) -> Effect {
    state.results.next_ticket += 1;
    let ticket = state.results.next_ticket;
    state.results.pending.push((ticket, request.clone()));
    Effect::Submit(ticket, request)
}

/// Starts the run that the bench offers, unless it runs already.
pub(super) fn run(state: &mut State) -> Vec<Effect> {
    let Some(request) = state.race_request() else { return Vec::new() };
    if let Some(running) = &state.results.running {
        if running.request != request {
            state.notice = Some("Another run is going on; x stops it.".to_owned());
        }
        return Vec::new();
    }
    state.results.failures.retain(|(failed, _)| *failed != Request::Race(request.clone()));
    let effect = submit(state, Request::Race(request.clone()));
    let ticket = state.results.next_ticket;
    state.results.running = Some(Running {
        ticket,
        request,
        progress: Progress { what: "starting".to_owned(), ..Progress::default() },
        elapsed: Duration::ZERO,
    });
    vec![effect]
}

/// Asks for the run to be stopped.
pub(super) fn stop(state: &mut State) -> Vec<Effect> {
    match &state.results.running {
        Some(running) => {
            state.notice = Some("Stopping the run.".to_owned());
            vec![Effect::Cancel(running.ticket)]
        }
        None => Vec::new(),
    }
}

/// Takes what the worker says.
pub(super) fn receive(state: &mut State, msg: Msg) {
    match msg {
        Msg::Progress(ticket, progress, elapsed) => {
            if let Some(running) = state.results.running.as_mut().filter(|running| running.ticket == ticket) {
                running.progress = progress;
                running.elapsed = elapsed;
            }
        }
        Msg::Done(ticket, outcome) => {
            let request = settle(state, ticket);
            store(state, request, outcome);
        }
        Msg::Failed(ticket, why) => {
            if let Some(request) = settle(state, ticket) {
                state.results.failures.push((request, why));
                keep(&mut state.results.failures, KEPT);
            }
        }
        Msg::Cancelled(ticket) => {
            if let Some(Request::Race(_)) = settle(state, ticket) {
                state.notice =
                    Some("The run was stopped. Enter starts it again; what was computed is kept.".to_owned());
            }
        }
        _ => {}
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

fn store(state: &mut State, request: Option<Request>, outcome: Outcome) {
    let results = &mut state.results;
    match outcome {
        Outcome::Trace(data) => {
            results.traces.retain(|known| known.sentence != data.sentence);
            results.traces.push(data);
            keep(&mut results.traces, TRACES);
            clamp(state);
        }
        Outcome::Knockout(data) => push(&mut results.knockouts, data),
        Outcome::Neighbours(data) => push(&mut results.neighbours, data),
        Outcome::Compare(data) => push(&mut results.compares, data),
        Outcome::Ask(_) => {}
        Outcome::Race(report) => {
            if let Some(Request::Race(request)) = request {
                push(&mut results.races, (request, report));
            }
        }
    }
}

/// A shorter sentence may have left the cursor outside.
fn clamp(state: &mut State) {
    if let Some(trace) = state.trace() {
        let last = trace.pieces.len().saturating_sub(1);
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
        state.cursor.token = state.cursor.token.min(last);
        state.cursor.operation = state.cursor.operation.min(operations);
    }
}

/// Places the cursor for a bench whose trace is there already.
pub(super) fn place(state: &mut State) {
    clamp(state);
}

fn push<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    keep(list, KEPT);
}

fn keep<T>(list: &mut Vec<T>, most: usize) {
    if list.len() > most {
        list.drain(..list.len() - most);
    }
}
