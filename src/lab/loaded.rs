//! [`Model`]: what is loaded once and shared by all who ask it: weights, tokenizer, data sets, cached vectors.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};

use sha2::{Digest, Sha256};

use super::dataset::{Dataset, MOVIES, hex};
use super::record::Heads;
use super::session::Session;
use super::shown::ShownHead;
use super::way::Common;
use super::{LabError, Matrix, ModelFacts, Readout, features, largest, race};
use crate::model::Bert;
use crate::model::embedded::{self, Embedded, MINILM};
use crate::model::load::Facts;
use crate::vectors::Disk;

/// Sentences that are read to see how fast that goes.
const SAMPLE: usize = 128;

/// Sentences with which the learner's own is compared where cosines of unrelated sentences are shown.
const SAMPLED: usize = 32;

/// A model and what belongs to nobody who asks it. Shared by threads and sessions.
pub struct Model {
    bert: Bert,
    facts: Arc<ModelFacts>,
    /// Recorded classifiers that fit it.
    heads: Arc<Vec<ShownHead>>,
    features: race::Cache,
    datasets: Mutex<BTreeMap<String, Arc<Dataset>>>,
    /// A few of the course's sentences.
    sampled: OnceLock<Sampled>,
}

/// A few of the course's sentences as a model reads them.
pub(super) struct Sampled {
    /// `[CLS]`: for each layer from 0 a matrix with a row for each sentence.
    pub cls: Vec<Matrix>,
    /// What they have in common.
    pub common: Arc<Common>,
}

/// A model and its [`Partner`].
#[derive(Clone)]
pub struct Loaded {
    /// The model in use.
    pub model: Arc<Model>,
    /// The one beside it.
    pub other: Arc<Partner>,
}

/// The model beside the one in use: named by whoever started the program, or the program's own other one, which is loaded
/// when somebody first asks for it, and shared.
#[derive(Default)]
pub struct Partner(OnceLock<Arc<Model>>);

impl Loaded {
    /// A session of somebody new.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::new(Arc::clone(&self.model)).beside(Arc::clone(&self.other))
    }
}

impl From<Arc<Model>> for Partner {
    fn from(model: Arc<Model>) -> Self {
        Self(OnceLock::from(model))
    }
}

impl Partner {
    /// The model, if it is there.
    #[must_use]
    pub fn get(&self) -> Option<&Arc<Model>> {
        self.0.get()
    }

    /// The model; the program's own other one than `model` is loaded if none is there.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn of(&self, model: &Model) -> Result<&Arc<Model>, LabError> {
        if let Some(there) = self.get() {
            return Ok(there);
        }
        let facts = &model.facts;
        let other = embedded::other_than(&facts.tensors_sha256)
            .ok_or_else(|| LabError::Request("there is no other model; --against names one".to_owned()))?;
        let bert = other.open(facts.asked_length)?;
        let disk = model.features.disk().cloned();
        Ok(self.0.get_or_init(|| Arc::new(Model::new(bert, None).keeping(disk))))
    }
}

impl Model {
    /// Of the recorded heads those are kept that were made with these very weights.
    #[must_use]
    pub fn new(bert: Bert, heads: Option<&Heads>) -> Self {
        let (config, known) = (bert.config(), bert.facts());
        let facts = Arc::new(ModelFacts {
            name: known.name.clone(),
            origin: known.origin.clone(),
            sha256: known.sha256.clone(),
            tensors_sha256: known.tensors_sha256.clone(),
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
            partner: embedded::other_than(&known.tensors_sha256).map(|model| model.name.to_owned()),
        });
        let find = |readout: &str| heads?.find(&facts.sha256, facts.hidden, readout, facts.layers).cloned();
        let heads: Vec<ShownHead> = ["cls", "mean"].into_iter().filter_map(find).map(ShownHead::recorded).collect();
        Self {
            bert,
            facts,
            heads: Arc::new(heads),
            features: race::Cache::default(),
            datasets: Mutex::default(),
            sampled: OnceLock::new(),
        }
    }

    /// The same, whose vectors are kept on disk for other processes.
    #[must_use]
    pub fn keeping(self, disk: Option<Disk>) -> Self {
        let features = race::Cache::on(disk, &self.facts.fingerprint);
        Self { features, ..self }
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

    /// The first few sentences of the course, read when first asked for.
    pub(super) fn sampled(&self) -> Result<&Sampled, LabError> {
        if let Some(known) = self.sampled.get() {
            return Ok(known);
        }
        let dataset = self.dataset(MOVIES)?;
        let texts: Vec<&str> = dataset.items().iter().take(SAMPLED).map(|item| item.text.as_str()).collect();
        let of = |readout: Readout| (0..=self.facts.layers).map(move |layer| (readout.clone(), layer));
        let wanted: Vec<(Readout, usize)> = of(Readout::Cls).chain(of(Readout::Mean)).collect();
        let found = features::extract(&self.bert, &texts, &wanted, &mut |_, _| true)?.unwrap_or_default();
        let by_layer = |readout| of(readout).filter_map(|key| found.get(&key).cloned()).collect::<Vec<Matrix>>();
        let (cls, pieces) = (by_layer(Readout::Cls), by_layer(Readout::Mean));
        let means = |layers: &[Matrix]| layers.iter().map(largest::mean).collect();
        let common = Arc::new(Common { cls: means(&cls), pieces: means(&pieces) });
        Ok(self.sampled.get_or_init(|| Sampled { cls, common }))
    }

    /// Facts about the model.
    #[must_use]
    pub fn facts(&self) -> Arc<ModelFacts> {
        Arc::clone(&self.facts)
    }

    /// The network itself.
    #[must_use]
    pub fn bert(&self) -> &Bert {
        &self.bert
    }

    /// Vectors that were computed, for whoever asks next.
    pub(super) fn features(&self) -> &race::Cache {
        &self.features
    }

    /// Recorded classifiers that fit it.
    pub(super) fn heads(&self) -> Arc<Vec<ShownHead>> {
        Arc::clone(&self.heads)
    }

    /// A data set inside the program by name, read once.
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

/// What `--model` names a model: its name inside the program or on the hub, with its revision where it is not the usual
/// one, or its folder.
fn asked(facts: &Facts) -> Option<String> {
    match facts.origin.as_str() {
        Embedded::ORIGIN if facts.name == MINILM.name => None,
        Embedded::ORIGIN => Some(facts.name.clone()),
        origin => Some(match origin.strip_prefix("hub, ") {
            Some("main") => facts.name.clone(),
            Some(revision) => format!("{}@{revision}", facts.name),
            None => origin.to_owned(),
        }),
    }
}
