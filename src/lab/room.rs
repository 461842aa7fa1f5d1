//! [`Lab`]: the model, the data and the caches behind every experiment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use super::dataset::{Dataset, DatasetError, MOVIES, hex};
use super::probe::ProbeError;
use super::race::Kept;
use super::record::Heads;
use super::shown::ShownHead;
use super::{
    ModelFacts, Outcome, Progress, RaceRequest, Readout, Request, aggregate, arrange, ask, attribution, compare,
    features, gradient, inversion, knockout, learning, neighbours, race, trace,
};
use crate::model::load::Facts;
use crate::model::{Bert, ModelError};

/// Answers requests with one model. Shared by threads.
pub struct Lab {
    bert: Bert,
    /// The model that it is compared with.
    other: Option<Box<Lab>>,
    facts: Arc<ModelFacts>,
    /// Classifiers that lessons look into.
    heads: Mutex<Arc<Vec<ShownHead>>>,
    features: race::Cache,
    datasets: Mutex<BTreeMap<String, Arc<Dataset>>>,
    /// Lanes of the last race, which answer for a sentence of one's own.
    lanes: Mutex<Arc<Vec<race::Fitted>>>,
    /// Decoders of the last runs, newest last.
    decoders: Mutex<Vec<Arc<inversion::Decoders>>>,
}

/// Runs whose decoders are kept.
const DECODERS: usize = 3;

/// Sentences that are read to see how fast that goes.
const SAMPLE: usize = 128;

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

impl Lab {
    /// A lab around a model. Of the recorded heads those are kept that were made with these very weights.
    #[must_use]
    pub fn new(bert: Bert, heads: Option<&Heads>) -> Self {
        let (config, known) = (bert.config(), bert.facts());
        let facts = Arc::new(ModelFacts {
            name: known.name.clone(),
            origin: known.origin.clone(),
            sha256: known.sha256.clone(),
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            hidden: config.hidden_size,
            vocabulary: config.vocab_size,
            positions: config.max_position_embeddings,
            parameters: known.parameters,
            max_length: known.max_length,
            asked: asked(known),
            asked_length: known.asked_length,
            fingerprint: fingerprint(&bert),
            labels: bert.own_labels().to_vec(),
            answers: bert.own_answers_are(),
            pooling: known.pooling.clone(),
        });
        let find = |readout: &str| heads?.find(&facts.sha256, facts.hidden, readout, facts.layers).cloned();
        let heads: Vec<ShownHead> = ["cls", "mean"].into_iter().filter_map(find).map(ShownHead::recorded).collect();
        Self {
            bert,
            other: None,
            facts,
            heads: Mutex::new(Arc::new(heads)),
            features: race::Cache::default(),
            datasets: Mutex::default(),
            lanes: Mutex::default(),
            decoders: Mutex::default(),
        }
    }

    /// Reads a few of the course's sentences, as a long run reads them, and forgets them; how many they were. For whoever
    /// has a clock and wants to know how fast this model reads here.
    ///
    /// # Errors
    /// When a pass fails.
    pub fn read_sample(&self) -> Result<usize, LabError> {
        let dataset = self.dataset(MOVIES)?;
        let texts: Vec<&str> = dataset.items().iter().take(SAMPLE).map(|item| item.text.as_str()).collect();
        features::extract(&self.bert, &texts, &[(Readout::Mean, self.facts.layers)], &mut |_, _| true)?;
        Ok(texts.len())
    }

    /// The same with another model beside it, for races and comparisons of the two.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self { other: Some(Box::new(other)), ..self }
    }

    /// The lab of the other model.
    #[must_use]
    pub fn other(&self) -> Option<&Self> {
        self.other.as_deref()
    }

    /// Facts about the model.
    #[must_use]
    pub fn facts(&self) -> Arc<ModelFacts> {
        Arc::clone(&self.facts)
    }

    /// The model itself, for commands that print what no request covers.
    #[must_use]
    pub fn bert(&self) -> &Bert {
        &self.bert
    }

    /// A data set by name, read once.
    ///
    /// # Errors
    /// When there is no such set.
    pub fn dataset(&self, name: &str) -> Result<Arc<Dataset>, LabError> {
        let mut known = self.datasets.lock().map_err(|_| LabError::Poisoned)?;
        if let Some(dataset) = known.get(name) {
            return Ok(Arc::clone(dataset));
        }
        let dataset = Arc::new(Dataset::embedded(name)?);
        known.insert(name.to_owned(), Arc::clone(&dataset));
        Ok(dataset)
    }

    /// Takes a data set that is not inside the program; its name is what requests call it.
    ///
    /// # Errors
    /// When an earlier experiment failed halfway.
    pub fn add(&self, dataset: Dataset) -> Result<String, LabError> {
        let name = dataset.name().to_owned();
        if let Some(other) = &self.other {
            other.add(dataset.clone())?;
        }
        // Decoders of other sentences by this name would answer for these.
        self.decoders.lock().map_err(|_| LabError::Poisoned)?.retain(|known| known.request().data != name);
        self.datasets.lock().map_err(|_| LabError::Poisoned)?.insert(name.clone(), Arc::new(dataset));
        Ok(name)
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
        Ok(match request {
            Request::Trace(sentence) => {
                Some(Outcome::Trace(Arc::new(trace::trace(&self.bert, &self.facts, sentence, &self.heads()?)?)))
            }
            Request::Knockout(sentence) => {
                let heads = self.heads()?;
                let head = heads.iter().find(|shown| shown.head.readout == "cls").map(|shown| shown.head.head());
                knockout::knockout(&self.bert, sentence, head.as_ref(), control.stop)?
                    .map(|data| Outcome::Knockout(Arc::new(data)))
            }
            Request::Neighbours { sentence, position } => {
                Some(Outcome::Neighbours(Arc::new(neighbours::neighbours(&self.bert, sentence, *position)?)))
            }
            Request::Compare { first, second, word } => {
                Some(Outcome::Compare(Arc::new(compare::compare(&self.bert, first, second, word.as_deref())?)))
            }
            Request::Race(request) => {
                self.race(request, control, &Kept::NOTHING)?.map(|(report, _)| Outcome::Race(Arc::new(report)))
            }
            Request::Arrange(sentence) => {
                Some(Outcome::Arrange(Arc::new(arrange::arrange(&self.bert, sentence, None)?)))
            }
            Request::Gradient(sentence) => Some(Outcome::Gradient(Arc::new(gradient::maps(&self.bert, sentence)?))),
            Request::Attribution(sentence) => {
                let heads = self.heads()?;
                let head = heads.iter().find(|shown| shown.head.readout == "cls");
                attribution::attribute(&self.bert, head.map(|shown| &shown.head), sentence, control.stop)?
                    .map(|data| Outcome::Attribution(Arc::new(data)))
            }
            Request::Learn(request) => {
                let dataset = self.dataset(&request.data)?;
                learning::learn(&self.bert, &dataset, request, control)?.map(|data| Outcome::Learn(Arc::new(data)))
            }
            Request::Invert(request) => {
                let dataset = self.dataset(&request.data)?;
                let found = inversion::run(&self.bert, &self.facts, &dataset, &self.features, request, control)?;
                let Some((report, decoders)) = found else { return Ok(None) };
                let mut known = self.decoders.lock().map_err(|_| LabError::Poisoned)?;
                known.retain(|known| known.request() != request);
                known.push(Arc::new(decoders));
                let surplus = known.len().saturating_sub(DECODERS);
                known.drain(..surplus);
                Some(Outcome::Invert(Arc::new(report)))
            }
            Request::Decode(sentence, run) => {
                let known = self.decoders.lock().map_err(|_| LabError::Poisoned)?;
                let decoders = known.iter().find(|known| known.request() == run).cloned();
                drop(known);
                let decoders = decoders.ok_or_else(|| {
                    LabError::Request("these decoders were not fitted in this session, or too long ago".to_owned())
                })?;
                let dataset = self.dataset(&run.data)?;
                let data = inversion::decode(&self.bert, &dataset, &self.features, &decoders, sentence)?;
                Some(Outcome::Decode(Arc::new(data)))
            }
            Request::Aggregate(request) => {
                let dataset = self.dataset(&request.data)?;
                aggregate::run(&self.bert, &self.facts, &dataset, &self.features, request, control)?
                    .map(|report| Outcome::Aggregate(Arc::new(report)))
            }
            Request::Nearest(sentence, run) => {
                let dataset = self.dataset(&run.data)?;
                let data = aggregate::nearest(&self.bert, &self.facts, &dataset, &self.features, sentence, run)?;
                Some(Outcome::Nearest(Arc::new(data)))
            }
            Request::Ask(sentence) => {
                let models: Vec<&Self> = std::iter::once(self).chain(self.other()).collect();
                let mut asked = Vec::with_capacity(models.len());
                for lab in models {
                    asked.push((&lab.bert, Arc::clone(&*lab.lanes.lock().map_err(|_| LabError::Poisoned)?)));
                }
                Some(Outcome::Ask(Arc::new(ask::ask(&asked, sentence)?)))
            }
            Request::Beside(sentence) => {
                let Some(other) = self.other() else {
                    return Err(LabError::Request("there is no other model; --against names one".to_owned()));
                };
                Some(Outcome::Beside(Arc::new(trace::trace(&other.bert, &other.facts, sentence, &other.heads()?)?)))
            }
        })
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
        match &self.other {
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
        let Some(finish) = race::run(&self.bert, &dataset, &self.features, request, control, kept)? else {
            return Ok(None);
        };
        let report = race::report(&finish, &dataset, request, &self.facts);
        let lanes = Arc::new(finish.fitted);
        *self.lanes.lock().map_err(|_| LabError::Poisoned)? = Arc::clone(&lanes);
        self.show(ShownHead::of_race(&lanes, &dataset, self.facts.layers))?;
        Ok(Some((report, lanes)))
    }
}

/// See [`ModelFacts::fingerprint`].
fn fingerprint(bert: &Bert) -> String {
    let parts = [
        bert.facts().sha256.clone(),
        format!("{:?}", bert.config()),
        format!("{:?}", bert.own_labels()),
        bert.max_length().to_string(),
        bert.tokenizer_text(),
    ];
    hex(&Sha256::digest(parts.join("\n")))
}

/// What `--model` names a model: a name on the hub, with its revision where it is not the usual one, or its folder.
fn asked(facts: &Facts) -> Option<String> {
    match facts.origin.as_str() {
        "embedded" => None,
        origin => Some(match origin.strip_prefix("hub, ") {
            Some("main") => facts.name.clone(),
            Some(revision) => format!("{}@{revision}", facts.name),
            None => origin.to_owned(),
        }),
    }
}
