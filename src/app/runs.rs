//! Long runs: what the bench would run, with which settings, and what is under way.

use std::sync::Arc;
use std::time::Duration;

use super::editor::MOST_CHARACTERS;
use super::{Effect, State};
use crate::lab::dataset::MOVIES;
use crate::lab::work;
use crate::lab::{
    AggregateReport, AggregateRequest, InversionReport, InvertRequest, LearnData, LearnRequest, Mode, Outcome,
    Progress, RaceReport, RaceRequest, Readout, Recipe, Request, Sentence,
};
use crate::lesson::progress::RaceChoice;
use crate::lesson::{Bench, View};

/// Lanes that `+` adds, in this order.
pub const MORE: [Readout; 6] =
    [Readout::Max, Readout::Sep, Readout::Token(1), Readout::Random, Readout::ClsMean, Readout::Words];

/// Steps of a short training.
const STEPS: usize = 60;

/// Other sizes of a race that `v` offers: training sentences, and layers that learn when BERT does.
const SIZES: [(Option<usize>, Option<usize>); 3] = [(Some(512), Some(2)), (Some(2_000), None), (None, None)];

/// How fast the model reads on this machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// Nothing asked for it yet.
    Unknown,
    /// It is being measured.
    Asked,
    /// Sentences a second.
    Measured(f64),
}

/// A long run under way.
pub struct Running {
    /// Its ticket.
    pub ticket: u64,
    /// What it runs.
    pub request: Request,
    /// How far it is.
    pub progress: Progress,
    /// How long it has run, without pauses.
    pub elapsed: Duration,
    /// It is held.
    pub paused: bool,
    /// The lesson whose bench offered it.
    pub lesson: Option<String>,
}

impl State {
    /// What the bench would run.
    #[must_use]
    pub fn run_request(&self) -> Option<Request> {
        (self.row()?.run)(self)
    }

    /// About how long that takes on this machine, in words; nothing where it is not known, or where a recording shall be
    /// the same everywhere.
    #[must_use]
    pub fn about(&self) -> String {
        let read = self.run_request().is_some_and(|request| self.was_read_ahead(&request));
        let [_, train, validation, test] = self.data;
        // What was read ahead leaves the fits.
        let sentences = if read { [0; 3] } else { [train, validation, test] };
        let meanwhile = if read { " Its sentences were read meanwhile." } else { "" };
        let seconds = || {
            let layers = self.facts.as_ref()?.layers;
            let work = work::of(&self.run_request()?, sentences, layers)?;
            let Speed::Measured(speed) = self.speed else { return None };
            self.clock.then_some(work as f64 / speed)
        };
        let takes = match seconds() {
            None => String::new(),
            Some(seconds) if seconds < 5.0 => " It takes a few seconds on this machine.".to_owned(),
            Some(seconds) if seconds < 55.0 => {
                format!(" It takes about {:.0} seconds on this machine.", 5.0 * (seconds / 5.0).round())
            }
            Some(seconds) => {
                let minutes = (seconds / 60.0).round().max(1.0);
                let unit = if minutes < 2.0 { "minute" } else { "minutes" };
                format!(" It takes about {minutes:.0} {unit} on this machine.")
            }
        };
        format!("{meanwhile}{takes}")
    }

    /// The race that the bench offers, with the settings chosen.
    #[must_use]
    pub fn race_request(&self) -> Option<RaceRequest> {
        (self.row()?.race)(self)
    }

    /// The layer that a race of one layer reads.
    pub(crate) fn race_layer(&self) -> Option<usize> {
        let last = self.layers()?;
        Some(self.bench()?.layer.map_or(last, |layer| layer.number(last)))
    }

    /// Training sentences and layers that learn: the learner's choice, or the bench's.
    pub(crate) fn race_size(&self) -> (Option<usize>, Option<usize>) {
        let own = self.bench().map(|bench| (bench.train, bench.top_layers));
        let chosen = self.cursor.variant.checked_sub(1).and_then(|size| SIZES.get(size)).copied();
        chosen.or(own).unwrap_or_default()
    }

    /// A race of the bench's lanes at some layers, in a size.
    pub(crate) fn race_of(
        &self,
        layers: &[usize],
        (train, top_layers): (Option<usize>, Option<usize>),
    ) -> Option<RaceRequest> {
        let bench = self.bench()?;
        let last = self.layers()?;
        let lanes = self.readouts(bench);
        let modes: Vec<Mode> =
            Mode::ALL.into_iter().filter(|mode| bench.modes.iter().any(|m| m == mode.name())).collect();
        let modes = if modes.is_empty() { vec![Mode::Frozen] } else { modes };
        // A lesson may ask for more layers than this model has.
        let top_layers = top_layers.map(|count| count.min(last));
        let tuned = modes.contains(&Mode::Finetune);
        let mut recipe = Recipe::default();
        if tuned {
            recipe.top_layers = top_layers;
            // Whoever says how often means just that.
            (recipe.epochs, recipe.least_steps) =
                bench.epochs.map_or((recipe.epochs, recipe.least_steps), |epochs| (epochs, 0));
        }
        Some(RaceRequest {
            layers: layers.to_vec(),
            train,
            test: bench.test,
            modes,
            recipe,
            against: self.rival(),
            // A frozen race has nothing random in it but the resampling behind its intervals: it stays the same for all.
            seed: if tuned { self.race_seed() } else { 0 },
            ..RaceRequest::frozen(&self.sentences, lanes)
        })
    }

    /// The bench's lanes and those that the learner added.
    fn readouts(&self, bench: &Bench) -> Vec<Readout> {
        let mut lanes: Vec<Readout> = bench.readouts.iter().filter_map(|name| name.parse().ok()).collect();
        let more: Vec<Readout> =
            MORE.into_iter().filter(|lane| !lanes.contains(lane)).take(self.cursor.lanes).collect();
        lanes.extend(more);
        lanes
    }

    /// The short training that the bench offers.
    pub(crate) fn learn_request(&self) -> Option<LearnRequest> {
        let bench = self.bench()?;
        self.facts.as_ref()?;
        let readout = self.measure().or(bench.readouts.first().map(String::as_str)).unwrap_or("cls").parse().ok()?;
        Some(LearnRequest { data: self.sentences.clone(), readout, steps: STEPS, sentence: self.sentence(), seed: 0 })
    }

    /// The decoders that the bench offers to fit: at every layer, for the readouts between which `v` changes.
    #[must_use]
    pub fn invert_request(&self) -> Option<InvertRequest> {
        let bench = self.bench()?;
        if bench.view != View::Decode {
            return self.gap_invert();
        }
        let readouts = View::Decode.measures().iter().filter_map(|name| name.parse().ok()).collect();
        let layers = (0..=self.facts.as_ref()?.layers).collect();
        Some(InvertRequest { data: MOVIES.to_owned(), readouts, layers, train: bench.train, test: bench.test })
    }

    /// How good they are, once they are fitted.
    #[must_use]
    pub fn inversion(&self) -> Option<&Arc<InversionReport>> {
        let Outcome::Invert(report) = self.answer(&Request::Invert(self.invert_request()?))? else { return None };
        Some(report)
    }

    /// The three measures of question 1 that the bench offers to take.
    #[must_use]
    pub fn aggregate_request(&self) -> Option<AggregateRequest> {
        let bench = self.bench().filter(|bench| bench.view.quotes("aggregate"))?;
        self.facts.as_ref()?;
        Some(AggregateRequest { data: MOVIES.to_owned(), train: bench.train, test: bench.test })
    }

    /// What they came to.
    #[must_use]
    pub fn aggregate(&self) -> Option<&Arc<AggregateReport>> {
        let request = Request::Aggregate(self.aggregate_request()?);
        let Outcome::Aggregate(report) = self.answer(&request)? else { return None };
        Some(report)
    }

    /// The report of the race that the bench offers, once there is one.
    #[must_use]
    pub fn race_report(&self) -> Option<&Arc<RaceReport>> {
        let Outcome::Race(report) = self.answer(&Request::Race(self.race_request()?))? else { return None };
        Some(report)
    }

    /// What the short training that the bench offers has changed.
    #[must_use]
    pub fn learning(&self) -> Option<&Arc<LearnData>> {
        let Outcome::Learn(data) = self.answer(&self.run_request()?)? else { return None };
        Some(data)
    }

    /// The run under way, if it is the one that the bench offers.
    #[must_use]
    pub fn running(&self) -> Option<&Running> {
        let wanted = self.run_request()?;
        self.results.running.as_ref().filter(|running| running.request == wanted)
    }

    /// Whether what the bench offers waits for another run to end.
    #[must_use]
    pub fn waits(&self) -> bool {
        let wanted = self.run_request();
        self.results.waiting.iter().any(|(request, _)| Some(request) == wanted.as_ref())
    }

    /// Whether what the bench offers has been run.
    #[must_use]
    pub fn has_run(&self) -> bool {
        let other = self.inversion().is_some() || self.aggregate().is_some();
        self.race_report().is_some() || self.learning().is_some() || other
    }

    /// The first seed of fine-tuned lanes: the learner's, so that thirty learners compute thirty numbers.
    #[must_use]
    pub fn race_seed(&self) -> u64 {
        self.progress.race.seed.unwrap_or(self.seed)
    }

    /// Whether the bench offers a race that depends on its seed.
    #[must_use]
    pub fn takes_seed(&self) -> bool {
        let tuned = |race: RaceRequest| race.modes.contains(&Mode::Finetune);
        self.takes_lanes() && self.race_request().is_some_and(tuned)
    }

    /// Whether lanes can be added to the bench's race.
    #[must_use]
    pub fn takes_lanes(&self) -> bool {
        self.row().is_some_and(|row| row.lanes)
    }
}

/// The seed that follows from a learner's name (the same everywhere): 1 to 999,999; 0 without a name.
#[must_use]
pub fn seed_of(learner: Option<&str>) -> u64 {
    learner.map_or(0, |name| 1 + hash(name) % 999_999)
}

/// A number that follows from a text and is the same everywhere (FNV-1a).
pub(super) fn hash(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

/// Another seed for fine-tuned races, from now on.
pub(super) fn reseed(state: &mut State) -> Vec<Effect> {
    if !state.takes_seed() {
        state.notice = Some("A seed belongs to a race in which BERT is fine-tuned.".to_owned());
        return Vec::new();
    }
    let seed = state.race_seed().wrapping_add(1);
    let choice = RaceChoice { seed: Some(seed), ..state.progress.race };
    state.progress.set_race(choice, state.now);
    state.notice = Some(format!("Seed {seed}, for every fine-tuned race from now on. Enter runs it."));
    vec![Effect::Save(state.progress.clone())]
}

/// Starts the run that the bench offers, unless it runs already.
pub(super) fn run(state: &mut State) -> Vec<Effect> {
    let Some(request) = state.run_request() else { return Vec::new() };
    if let Some(running) = &state.results.running {
        if running.request != request && !state.waits() {
            let lesson = state.lesson().map(|lesson| lesson.id.clone());
            state.results.waiting.push_back((request, lesson));
            state.notice =
                Some("This run waits for the other one and then starts by itself; x takes it back.".to_owned());
        }
        return Vec::new();
    }
    let stopped = state.race_report().is_some_and(|report| report.stopped);
    if state.has_run_here() && !stopped {
        let other = if state.takes_lanes() {
            " v changes its size, + adds a lane, r takes another seed where BERT is fine-tuned."
        } else {
            ""
        };
        state.notice = Some(format!("This has been run, and would come out the same.{other}"));
        return Vec::new();
    }
    let lesson = state.lesson().map(|lesson| lesson.id.clone());
    vec![start(state, request, lesson)]
}

fn start(state: &mut State, request: Request, lesson: Option<String>) -> Effect {
    let (ticket, effect) = state.results.start(request.clone());
    state.results.running = Some(Running {
        ticket,
        request,
        progress: Progress { what: "starting".to_owned(), ..Progress::default() },
        elapsed: Duration::ZERO,
        paused: false,
        lesson,
    });
    effect
}

/// Starts the run that has waited longest, once nothing else runs.
pub(super) fn next(state: &mut State) -> Option<Effect> {
    if state.results.running.is_some() {
        return None;
    }
    let (request, lesson) = state.results.waiting.pop_front()?;
    Some(start(state, request, lesson))
}

/// Asks for the run to be stopped.
pub(super) fn stop(state: &mut State) -> Vec<Effect> {
    if state.waits() {
        let wanted = state.run_request();
        state.results.waiting.retain(|(request, _)| Some(request) != wanted.as_ref());
        state.notice = Some("This run waits no longer; the other one goes on.".to_owned());
        return Vec::new();
    }
    match &state.results.running {
        Some(running) => {
            state.notice = Some("Stopping the run.".to_owned());
            vec![Effect::Cancel(running.ticket)]
        }
        None => Vec::new(),
    }
}

/// Holds the run, or lets it go on.
pub(super) fn pause(state: &mut State) -> Vec<Effect> {
    match &mut state.results.running {
        Some(running) => {
            running.paused = !running.paused;
            vec![Effect::Pause(running.ticket, running.paused)]
        }
        None => Vec::new(),
    }
}

/// The sentence that is typed for the lanes to answer.
#[must_use]
pub fn asked(text: &str) -> Option<Request> {
    let text: String = text.trim().chars().take(MOST_CHARACTERS).collect();
    (!text.is_empty()).then(|| Request::Ask(Sentence::single(text)))
}

/// The first time that a bench offers a long run, how fast the model reads here is asked for: never before, so that a
/// learner who only reads costs nothing, and not for a recording.
pub(super) fn ask_speed(state: &mut State) -> Option<Effect> {
    let wanted = state.speed == Speed::Unknown
        && state.clock
        && state.bench().is_some_and(|bench| bench.view != View::Notebook)
        && state.results.running.is_none()
        && state.run_request().is_some();
    wanted.then(|| {
        state.speed = Speed::Asked;
        Effect::MeasureSpeed
    })
}
