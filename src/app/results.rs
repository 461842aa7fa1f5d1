//! Outcomes that benches show: what is there, what is missing, what runs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::runs::{self, Running};
use super::{Effect, Msg, Overlay, Screen, State, heads, kept};
use crate::lab::arrange::ArrangeData;
use crate::lab::attribution::AttributionData;
use crate::lab::{
    AggregateReport, AggregateRequest, AskData, CompareData, DecodeData, GradientData, InversionReport, InvertRequest,
    KnockoutData, LearnData, NearestData, NeighboursData, Outcome, RaceReport, RaceRequest, Request, Sentence,
    TraceData,
};
use crate::wording::sentence;

/// Traces kept; one of 128 pieces takes some 30 MB.
const TRACES: usize = 3;

/// Smaller outcomes kept of each kind.
const KEPT: usize = 16;

/// Outcomes, newest last, and what is under way.
#[derive(Default)]
pub struct Results {
    traces: Vec<Arc<TraceData>>,
    /// Traces of the other model.
    beside: Vec<Arc<TraceData>>,
    knockouts: Vec<Arc<KnockoutData>>,
    neighbours: Vec<Arc<NeighboursData>>,
    compares: Vec<Arc<CompareData>>,
    gradients: Vec<Arc<GradientData>>,
    arranged: Vec<Arc<ArrangeData>>,
    attributions: Vec<Arc<AttributionData>>,
    learnings: Vec<Arc<LearnData>>,
    /// Reports of decoders fitted here, with what was asked.
    pub inversions: Vec<(InvertRequest, Arc<InversionReport>)>,
    decoded: Vec<Arc<DecodeData>>,
    /// The three measures of question 1, with what was asked.
    pub aggregates: Vec<(AggregateRequest, Arc<AggregateReport>)>,
    nearest: Vec<Arc<NearestData>>,
    /// What the lanes of the last race said about typed sentences.
    pub asks: Vec<Arc<AskData>>,
    /// Reports of runs made here, with what was asked.
    pub races: Vec<(RaceRequest, Arc<RaceReport>)>,
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
    /// The trace of the sentence on the screen.
    #[must_use]
    pub fn trace(&self) -> Option<&Arc<TraceData>> {
        let sentence = self.sentence();
        self.results.traces.iter().find(|trace| trace.sentence == sentence)
    }

    /// The same sentence through the other model.
    #[must_use]
    pub fn beside(&self) -> Option<&Arc<TraceData>> {
        let sentence = self.sentence();
        self.results.beside.iter().find(|trace| trace.sentence == sentence)
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

    /// The sentence in other arrangements.
    #[must_use]
    pub fn arranged(&self) -> Option<&Arc<ArrangeData>> {
        let sentence = self.sentence();
        self.results.arranged.iter().find(|data| data.sentence == sentence)
    }

    /// Where the loss touches.
    #[must_use]
    pub fn gradient(&self) -> Option<&Arc<GradientData>> {
        let sentence = self.sentence();
        self.results.gradients.iter().find(|data| data.sentence == sentence)
    }

    /// What each piece adds to the recorded head's answer.
    #[must_use]
    pub fn attribution(&self) -> Option<&Arc<AttributionData>> {
        let sentence = self.sentence();
        self.results.attributions.iter().find(|data| data.sentence == sentence)
    }

    /// The sentence that the bench compares with.
    #[must_use]
    pub fn other(&self) -> Option<Sentence> {
        self.bench()?.other.clone().map(Sentence::single)
    }

    /// Its trace.
    #[must_use]
    pub fn other_trace(&self) -> Option<&Arc<TraceData>> {
        if self.shows_models() {
            return self.beside();
        }
        let sentence = self.other()?;
        self.results.traces.iter().find(|trace| trace.sentence == sentence)
    }

    /// What the short training that the bench offers has changed.
    #[must_use]
    pub fn learning(&self) -> Option<&Arc<LearnData>> {
        let Some(Request::Learn(wanted)) = self.run_request() else { return None };
        self.results.learnings.iter().find(|data| data.request == wanted)
    }

    /// The sentence as the decoders of the bench's run give it back.
    #[must_use]
    pub fn decoded(&self) -> Option<&Arc<DecodeData>> {
        let (sentence, run) = (self.sentence(), self.invert_request()?);
        self.results.decoded.iter().find(|data| data.sentence == sentence && data.run == run)
    }

    /// The sentences of the bench's run that are nearest to the sentence on the screen.
    #[must_use]
    pub fn nearest(&self) -> Option<&Arc<NearestData>> {
        let (sentence, run) = (self.sentence(), self.aggregate_request()?);
        self.results.nearest.iter().find(|data| data.sentence == sentence && data.run == run)
    }

    /// The comparison that the bench asks for.
    #[must_use]
    pub fn compare(&self) -> Option<&Arc<CompareData>> {
        let Some(Request::Compare { first, second, .. }) = self.compare_request() else { return None };
        self.results.compares.iter().find(|data| data.first == first && data.second == second)
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

    /// The comparison that a bench of two sentences asks for.
    pub(crate) fn compare_request(&self) -> Option<Request> {
        let bench = self.bench()?;
        let second = Sentence::single(bench.other.clone()?);
        Some(Request::Compare { first: self.sentence(), second, word: bench.word.clone() })
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
        if let Some(row) = self.row() {
            wanted.extend((row.wants)(self));
        }
        if let Some(Overlay::Ask(editor)) = &self.overlay {
            wanted.extend(runs::asked(&editor.lines().join(" ")));
        }
        wanted
    }

    /// What of that is not there yet and has not failed.
    #[must_use]
    pub fn missing(&self) -> Vec<Request> {
        let there = |request: &Request| match request {
            Request::Trace(sentence) => self.results.traces.iter().any(|trace| trace.sentence == *sentence),
            Request::Beside(_) => self.beside().is_some(),
            Request::Knockout(_) => self.knockout().is_some(),
            Request::Neighbours { .. } => self.neighbours().is_some(),
            Request::Compare { .. } => self.compare().is_some(),
            Request::Gradient(_) => self.gradient().is_some(),
            Request::Attribution(_) => self.attribution().is_some(),
            Request::Arrange(_) => self.arranged().is_some(),
            Request::Ask(sentence) => self.results.asks.iter().any(|data| data.sentence == *sentence),
            Request::Decode(..) => self.decoded().is_some(),
            Request::Nearest(..) => self.nearest().is_some(),
            Request::Race(_) | Request::Learn(_) | Request::Invert(_) | Request::Aggregate(_) => true,
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
    /// Other classifiers may answer now: what showed their answers is asked for again.
    fn forget_heads(&mut self) {
        if self.traces.iter().chain(&self.beside).any(heads::outdated) {
            self.traces.retain(|trace| !heads::outdated(trace));
            self.beside.retain(|trace| !heads::outdated(trace));
            self.attributions.clear();
            self.knockouts.clear();
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
pub(super) fn receive(state: &mut State, msg: Msg) {
    match msg {
        Msg::Progress(ticket, progress, elapsed) => {
            let elapsed = if state.clock { elapsed } else { Duration::ZERO };
            if let Some(running) = state.results.running.as_mut().filter(|running| running.ticket == ticket) {
                running.progress = progress;
                running.elapsed = elapsed;
            }
        }
        Msg::Done(ticket, outcome) => {
            // The learner may be elsewhere by now.
            let running = state.results.running.as_ref().filter(|running| running.ticket == ticket);
            let lesson = running.and_then(|running| running.lesson.clone());
            if let Some(lesson) = lesson.clone() {
                state.progress.lessons.entry(lesson).or_default().run = true;
            }
            let request = settle(state, ticket);
            if let Some(request) = &request {
                state.results.unsaved |= kept::keep(state, request, &outcome, lesson);
            }
            store(state, request, outcome);
        }
        Msg::Failed(ticket, why) => {
            if let Some(request) = settle(state, ticket) {
                state.results.failures.push((request, sentence(&why)));
                keep(&mut state.results.failures, KEPT);
            }
        }
        Msg::Cancelled(ticket) if settle(state, ticket).is_some_and(|request| request.is_long()) => {
            state.notice = Some("The run was stopped. Enter starts it again; what was computed is kept.".to_owned());
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

/// Takes what an earlier session measured, unless this one has measured it.
pub(super) fn restore(state: &mut State, request: Request, outcome: Outcome, at: Option<u64>) {
    let results = &mut state.results;
    let known = match &request {
        Request::Race(asked) => results.races.iter().any(|(known, _)| known == asked),
        Request::Learn(asked) => results.learnings.iter().any(|data| data.request == *asked),
        Request::Invert(asked) => results.inversions.iter().any(|(known, _)| known == asked),
        Request::Aggregate(asked) => results.aggregates.iter().any(|(known, _)| known == asked),
        _ => true,
    };
    if known {
        return;
    }
    results.restored.push((request.clone(), at));
    match (request, outcome) {
        (Request::Race(asked), Outcome::Race(report)) => push(&mut results.races, (asked, report)),
        (Request::Learn(_), Outcome::Learn(data)) => push(&mut results.learnings, data),
        (Request::Invert(asked), Outcome::Invert(report)) => push(&mut results.inversions, (asked, report)),
        (Request::Aggregate(asked), Outcome::Aggregate(report)) => push(&mut results.aggregates, (asked, report)),
        _ => {}
    }
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
        Outcome::Beside(data) => {
            results.beside.retain(|known| known.sentence != data.sentence);
            results.beside.push(data);
            keep(&mut results.beside, TRACES);
            clamp(state);
        }
        Outcome::Knockout(data) => push(&mut results.knockouts, data),
        Outcome::Neighbours(data) => push(&mut results.neighbours, data),
        Outcome::Compare(data) => push(&mut results.compares, data),
        Outcome::Gradient(data) => push(&mut results.gradients, data),
        Outcome::Arrange(data) => push(&mut results.arranged, data),
        Outcome::Attribution(data) => push(&mut results.attributions, data),
        Outcome::Learn(data) => {
            results.learnings.retain(|known| known.request != data.request);
            push(&mut results.learnings, data);
        }
        Outcome::Decode(data) => push(&mut results.decoded, data),
        Outcome::Invert(report) => {
            if let Some(Request::Invert(request)) = request {
                results.inversions.retain(|(known, _)| *known != request);
                results.decoded.retain(|data| data.run != request);
                push(&mut results.inversions, (request, report));
            }
        }
        Outcome::Nearest(data) => push(&mut results.nearest, data),
        Outcome::Aggregate(report) => {
            if let Some(Request::Aggregate(request)) = request {
                results.aggregates.retain(|(known, _)| *known != request);
                push(&mut results.aggregates, (request, report));
            }
        }
        Outcome::Ask(data) => push(&mut results.asks, data),
        Outcome::Race(report) => {
            if report.stopped {
                state.notice =
                    Some("The run was stopped; the lanes that were finished are kept. Enter runs it whole.".to_owned());
            }
            // The lanes that answer a typed sentence are those of this race now.
            state.results.asks.clear();
            state.results.forget_heads();
            if let Some(Request::Race(request)) = request {
                state.results.races.retain(|(known, _)| *known != request);
                push(&mut state.results.races, (request, report));
            }
        }
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

fn push<T>(list: &mut Vec<T>, item: T) {
    list.push(item);
    keep(list, KEPT);
}

fn keep<T>(list: &mut Vec<T>, most: usize) {
    if list.len() > most {
        list.drain(..list.len() - most);
    }
}
