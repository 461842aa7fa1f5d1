//! [`Session`]: one learner's questions to a model, and their answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use super::dataset::{Dataset, DatasetError, order};
use super::loaded::{Model, Partner};
use super::probe::ProbeError;
use super::race::Kept;
use super::record::Heads;
use super::shown::ShownHead;
use super::way::{Space, Way};
use super::{
    InversionReport, InvertRequest, Matrix, ModelFacts, Outcome, Progress, RaceRequest, Request, Sentence, aggregate,
    ahead, arrange, ask, attribution, compare, gradient, inversion, knockout, largest, learning, neighbours, race,
    received, trace,
};
use crate::model::{Bert, ModelError};

/// What one learner asks of a model, and what of the answers later questions need. Cheap: the model is shared.
pub struct Session {
    model: Arc<Model>,
    /// The model that it is compared with.
    partner: Arc<Partner>,
    /// The same learner's questions to that one, once there are any.
    other: OnceLock<Box<Session>>,
    /// The learner's own sentences.
    own: Mutex<BTreeMap<String, Arc<Dataset>>>,
    /// Classifiers that lessons look into.
    heads: Mutex<Arc<Vec<ShownHead>>>,
    /// Lanes of the last race, which answer for a sentence of one's own.
    lanes: Mutex<Arc<Vec<race::Fitted>>>,
    /// Decoders of the last runs, newest last.
    decoders: Mutex<Vec<Arc<inversion::Decoders>>>,
}

/// Runs whose decoders are kept.
const DECODERS: usize = 3;

/// How a long experiment talks to its caller.
pub struct Control<'a> {
    /// Hears how far it is.
    pub report: &'a (dyn Fn(Progress) + Sync),
    /// Says whether to give it up.
    pub stop: &'a (dyn Fn() -> bool + Sync),
}

impl Control<'_> {
    /// Neither reports nor stops.
    pub const QUIET: Control<'static> = Control { report: &|_| {}, stop: &|| false };
}

/// Why an experiment failed, in one sentence.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The data.
    #[error(transparent)]
    Data(#[from] DatasetError),
    /// A fit.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The request.
    #[error("{0}")]
    Request(String),
    /// Another thread failed while it held the cache.
    #[error("an earlier experiment failed halfway; start clsroom again")]
    Poisoned,
}

/// A race's report, and its lanes with their classifiers.
pub type Raced = (super::RaceReport, Arc<Vec<race::Fitted>>);

impl From<candle_core::Error> for LabError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}

impl Session {
    /// Questions to a model that others may ask too.
    #[must_use]
    pub fn new(model: Arc<Model>) -> Self {
        Self {
            heads: Mutex::new(model.heads()),
            model,
            partner: Arc::default(),
            other: OnceLock::new(),
            own: Mutex::default(),
            lanes: Mutex::default(),
            decoders: Mutex::default(),
        }
    }

    /// Questions to a model of one's own.
    #[must_use]
    pub fn alone(bert: Bert, heads: Option<&Heads>) -> Self {
        Self::new(Arc::new(Model::new(bert, heads)))
    }

    /// The same with another model beside it, for races and comparisons of the two.
    #[must_use]
    pub fn beside(self, partner: Arc<Partner>) -> Self {
        Self { other: OnceLock::new(), partner, ..self }
    }

    /// The questions to the other model, if one is there.
    ///
    /// # Errors
    /// When an earlier experiment failed halfway.
    pub fn other(&self) -> Result<Option<&Self>, LabError> {
        self.partner.get().map(|model| self.others(model)).transpose()
    }

    /// The learner's questions to that model, which know the learner's own sentences, too.
    fn others(&self, model: &Arc<Model>) -> Result<&Self, LabError> {
        let own = self.own.lock().map_err(|_| LabError::Poisoned)?;
        let begin = || Box::new(Self { own: Mutex::new(own.clone()), ..Self::new(Arc::clone(model)) });
        Ok(self.other.get_or_init(begin))
    }

    /// The model that is asked.
    #[must_use]
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Facts about it.
    #[must_use]
    pub fn facts(&self) -> Arc<ModelFacts> {
        self.model.facts()
    }

    /// The network itself, for commands that print what no request covers.
    #[must_use]
    pub fn bert(&self) -> &Bert {
        self.model.bert()
    }

    /// A data set by name: the learner's own, or one inside the program.
    ///
    /// # Errors
    /// When there is no such set.
    pub fn dataset(&self, name: &str) -> Result<Arc<Dataset>, LabError> {
        let own = self.own.lock().map_err(|_| LabError::Poisoned)?.get(name).cloned();
        own.map_or_else(|| self.model.dataset(name), Ok)
    }

    /// Takes a data set that is not inside the program; its name is what requests call it.
    ///
    /// # Errors
    /// When an earlier experiment failed halfway.
    pub fn add(&self, dataset: Dataset) -> Result<String, LabError> {
        let name = dataset.name().to_owned();
        if let Some(other) = self.other.get() {
            other.add(dataset.clone())?;
        }
        // Decoders of other sentences by this name would answer for these.
        self.decoders.lock().map_err(|_| LabError::Poisoned)?.retain(|known| known.request().data != name);
        self.own.lock().map_err(|_| LabError::Poisoned)?.insert(name.clone(), Arc::new(dataset));
        Ok(name)
    }

    /// The same with a data set that is not inside the program.
    #[must_use]
    pub fn with(self, dataset: Arc<Dataset>) -> Self {
        let own = Mutex::new(BTreeMap::from([(dataset.name().to_owned(), dataset)]));
        Self { other: OnceLock::new(), own, ..self }
    }

    fn heads(&self) -> Result<Arc<Vec<ShownHead>>, LabError> {
        Ok(Arc::clone(&*self.heads.lock().map_err(|_| LabError::Poisoned)?))
    }

    /// Lessons look into these from now on; recorded ones stay, which the lessons quote. A race of one readout leaves the
    /// classifier of the other as it was.
    fn show(&self, mut found: Vec<ShownHead>) -> Result<(), LabError> {
        let mut heads = self.heads.lock().map_err(|_| LabError::Poisoned)?;
        if !found.is_empty() && heads.iter().all(|shown| shown.here) {
            let other = |known: &&ShownHead| {
                let beside = |new: &ShownHead| {
                    new.head.readout != known.head.readout && new.data == known.data && new.classes == known.classes
                };
                found.iter().all(beside)
            };
            let kept: Vec<ShownHead> = heads.iter().filter(other).cloned().collect();
            found.extend(kept);
            found.sort_by(|one, two| one.head.readout.cmp(&two.head.readout));
            *heads = Arc::new(found);
        }
        Ok(())
    }

    /// Answers a request; `None` when it was stopped.
    ///
    /// # Errors
    /// When the experiment fails; the message is one sentence with a cause.
    pub fn run(&self, request: &Request, control: &Control<'_>) -> Result<Option<Outcome>, LabError> {
        match request {
            Request::Prepared(way, of) => self.answer(of, *way, control),
            request => self.answer(request, Way::AsItIs, control),
        }
    }

    /// How vectors are prepared for a sentence.
    fn space(&self, way: Way, states: &[Matrix]) -> Result<Space, LabError> {
        Ok(match way {
            Way::AsItIs => Space::default(),
            way => {
                let common = Arc::clone(&self.model.sampled()?.common);
                Space { way, index: largest::largest(states).index, common }
            }
        })
    }

    /// Answers a request; cosines compare vectors that are prepared in this way.
    fn answer(&self, request: &Request, way: Way, control: &Control<'_>) -> Result<Option<Outcome>, LabError> {
        let prepare = |states: &[Matrix]| self.space(way, states);
        Ok(match request {
            Request::Trace(sentence) => {
                Some(Outcome::Trace(Arc::new(trace::trace(self.bert(), &self.facts(), sentence, &self.heads()?)?)))
            }
            Request::Knockout(sentence) => {
                let heads = self.heads()?;
                let head = heads.iter().find(|shown| shown.head.readout == "cls").map(|shown| shown.head.head());
                knockout::knockout(self.bert(), sentence, head.as_ref(), &prepare, control.stop)?
                    .map(|data| Outcome::Knockout(Arc::new(data)))
            }
            Request::Neighbours { sentence, position } => {
                Some(Outcome::Neighbours(Arc::new(neighbours::neighbours(self.bert(), sentence, *position)?)))
            }
            Request::Compare { first, second, word } => {
                let data = compare::compare(self.bert(), first, second, word.as_deref(), &prepare)?;
                Some(Outcome::Compare(Arc::new(data)))
            }
            Request::Race(request) => {
                self.race(request, control, &Kept::NOTHING)?.map(|(report, _)| Outcome::Race(Arc::new(report)))
            }
            Request::Arrange(sentence) => {
                Some(Outcome::Arrange(Arc::new(arrange::arrange(self.bert(), sentence, None, &prepare)?)))
            }
            Request::Largest(sentence) => {
                let (_, states) = compare::states(self.bert(), sentence)?;
                let sampled = self.model.sampled()?;
                let data = largest::beside(sentence, &states, &sampled.cls, Arc::clone(&sampled.common));
                Some(Outcome::Largest(Arc::new(data)))
            }
            Request::Received { sentence, stand_in } => {
                Some(Outcome::Received(Arc::new(received::received(self.bert(), sentence, stand_in)?)))
            }
            Request::Ranges { sentence, ranges } => {
                Some(Outcome::Ranges(Arc::new(knockout::ranges(self.bert(), sentence, ranges, &prepare)?)))
            }
            Request::Masked { sentence, position } => {
                Some(Outcome::Masked(Arc::new(gradient::masked(self.bert(), sentence, *position)?)))
            }
            Request::Gradient(sentence) => Some(Outcome::Gradient(Arc::new(gradient::maps(self.bert(), sentence)?))),
            Request::Attribution(sentence) => {
                let heads = self.heads()?;
                let head = heads.iter().find(|shown| shown.head.readout == "cls");
                attribution::attribute(self.bert(), head.map(|shown| &shown.head), sentence, control.stop)?
                    .map(|data| Outcome::Attribution(Arc::new(data)))
            }
            Request::Learn(request) => {
                let dataset = self.dataset(&request.data)?;
                learning::learn(self.bert(), &dataset, request, &self.model.sampled()?.common, control)?
                    .map(|data| Outcome::Learn(Arc::new(data)))
            }
            Request::Invert(request) => self.invert(request, control)?.map(Outcome::Invert),
            Request::Decode(sentence, run) => Some(self.decode(sentence, run)?),
            Request::Aggregate(request) => {
                let dataset = self.dataset(&request.data)?;
                aggregate::run(self.bert(), &self.facts(), &dataset, self.model.features(), request, control)?
                    .map(|report| Outcome::Aggregate(Arc::new(report)))
            }
            Request::Nearest(sentence, run) => {
                let dataset = self.dataset(&run.data)?;
                let data = aggregate::nearest(
                    self.bert(),
                    &self.facts(),
                    &dataset,
                    self.model.features(),
                    (sentence, run),
                    way,
                )?;
                Some(Outcome::Nearest(Arc::new(data)))
            }
            Request::Prepared(..) => {
                return Err(LabError::Request("vectors are prepared in one way at a time".to_owned()));
            }
            Request::Ask(sentence) => {
                let models: Vec<&Self> = std::iter::once(self).chain(self.other()?).collect();
                let mut asked = Vec::with_capacity(models.len());
                for session in models {
                    asked.push((session.bert(), Arc::clone(&*session.lanes.lock().map_err(|_| LabError::Poisoned)?)));
                }
                Some(Outcome::Ask(Arc::new(ask::ask(&asked, sentence)?)))
            }
            Request::Beside(sentence) => {
                let other = self.others(self.partner.of(&self.model)?)?;
                Some(Outcome::Beside(Arc::new(trace::trace(other.bert(), &other.facts(), sentence, &other.heads()?)?)))
            }
        })
    }

    /// Takes over what another learner's run of this request left for later questions, as if it had been run here.
    ///
    /// # Errors
    /// When an earlier experiment failed halfway.
    pub fn adopt(&self, from: &Self, request: &Request) -> Result<(), LabError> {
        match request {
            Request::Race(race) => {
                let lanes = Arc::clone(&*from.lanes.lock().map_err(|_| LabError::Poisoned)?);
                self.take_lanes(&lanes, &*self.dataset(&race.data)?)?;
                if let (Some(of), Some(other)) = (from.other.get(), self.other()?) {
                    *other.lanes.lock().map_err(|_| LabError::Poisoned)? =
                        Arc::clone(&*of.lanes.lock().map_err(|_| LabError::Poisoned)?);
                }
            }
            Request::Invert(run) => {
                let known = from.decoders.lock().map_err(|_| LabError::Poisoned)?;
                let found = known.iter().find(|known| known.request() == run).cloned();
                drop(known);
                if let Some(decoders) = found {
                    self.keep_decoders(decoders)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Lanes of the last race, and what lessons look into of them.
    fn take_lanes(&self, lanes: &Arc<Vec<race::Fitted>>, dataset: &Dataset) -> Result<(), LabError> {
        *self.lanes.lock().map_err(|_| LabError::Poisoned)? = Arc::clone(lanes);
        // Lessons look into classifiers of what sentences say, not of their order.
        if !order::NAMES.contains(&dataset.name()) {
            self.show(ShownHead::of_race(lanes, dataset, self.facts().layers))?;
        }
        Ok(())
    }

    /// Decoders of the last runs.
    fn keep_decoders(&self, decoders: Arc<inversion::Decoders>) -> Result<(), LabError> {
        let mut known = self.decoders.lock().map_err(|_| LabError::Poisoned)?;
        known.retain(|known| known.request() != decoders.request());
        known.push(decoders);
        let surplus = known.len().saturating_sub(DECODERS);
        known.drain(..surplus);
        Ok(())
    }

    /// Fits decoders, and keeps them for sentences of the learner's own.
    fn invert(&self, request: &InvertRequest, control: &Control<'_>) -> Result<Option<Arc<InversionReport>>, LabError> {
        let dataset = self.dataset(&request.data)?;
        let found = inversion::run(self.bert(), &self.facts(), &dataset, self.model.features(), request, control)?;
        let Some((report, decoders)) = found else { return Ok(None) };
        self.keep_decoders(Arc::new(decoders))?;
        Ok(Some(Arc::new(report)))
    }

    /// What the decoders of a run find of a sentence.
    fn decode(&self, sentence: &Sentence, run: &InvertRequest) -> Result<Outcome, LabError> {
        let known = self.decoders.lock().map_err(|_| LabError::Poisoned)?;
        let decoders = known.iter().find(|known| known.request() == run).cloned();
        drop(known);
        let decoders = decoders.ok_or_else(|| {
            LabError::Request("these decoders were not fitted in this session, or too long ago".to_owned())
        })?;
        let dataset = self.dataset(&run.data)?;
        let data = inversion::decode(self.bert(), &dataset, self.model.features(), &decoders, sentence)?;
        Ok(Outcome::Decode(Arc::new(data)))
    }

    /// Computes the vectors that a run on a frozen BERT will need, so that it finds them there; `false` when `stop` said so.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn read_ahead(&self, request: &Request, stop: &(dyn Fn() -> bool + Sync)) -> Result<bool, LabError> {
        let Some(reading) = ahead::reading(self.bert(), &self.facts(), request)? else { return Ok(true) };
        let dataset = self.dataset(&reading.data)?;
        reading.read(self.bert(), &dataset, self.model.features(), stop)
    }

    /// Runs a race, with both models if it asks for the other; the fitted lanes of this one come with it, from which
    /// heads are recorded. `kept` knows finished runs.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn race(
        &self,
        request: &RaceRequest,
        control: &Control<'_>,
        kept: &Kept<'_>,
    ) -> Result<Option<Raced>, LabError> {
        match self.other()? {
            Some(other) if request.against.is_some() => race::beside::race(self, other, request, control, kept),
            other => {
                // Only lanes of the last race answer for a sentence.
                if let Some(other) = other {
                    *other.lanes.lock().map_err(|_| LabError::Poisoned)? = Arc::default();
                }
                self.race_alone(request, control, kept)
            }
        }
    }

    pub(super) fn race_alone(
        &self,
        request: &RaceRequest,
        control: &Control<'_>,
        kept: &Kept<'_>,
    ) -> Result<Option<Raced>, LabError> {
        let dataset = self.dataset(&request.data)?;
        let Some(finish) = race::run(self.bert(), &dataset, self.model.features(), request, control, kept)? else {
            return Ok(None);
        };
        let report = race::report(&finish, &dataset, request, &self.facts());
        let lanes = Arc::new(finish.fitted);
        self.take_lanes(&lanes, &dataset)?;
        Ok(Some((report, lanes)))
    }
}
