//! One lane: an encoder that learns, what is read from it, and the classifier head on that.

use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::{loss, ops};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF as _, Normal};

use super::examples::{batches, below, pack};
use super::{BETAS, DECAY, EPSILON, Example, HEAD_DEVIATION, reading};
use crate::lab::Readout;
use crate::model::ops::adamw::{self, Moments, Step};
use crate::model::{Batch, Bert, Learner, Pass, Scope};

/// An encoder and a head that learn together.
pub struct Student {
    readout: Readout,
    learner: Learner,
    /// `weight` [K x D] and `bias` `[K]`.
    head: [Var; 2],
    moments: [Moments; 2],
    taken: i32,
}

/// What is read of one example, and the answer to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// What the head reads `[D]`.
    pub vector: Vec<f32>,
    /// Probability of each class.
    pub probabilities: Vec<f32>,
}

/// The rates of one step.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Of the encoder.
    pub body: f64,
    /// Of the head.
    pub head: f64,
    /// Longest gradient over both; longer ones are scaled down to it.
    pub clip: Option<f64>,
}

impl Student {
    /// A student with a head of `classes` outputs drawn from the seed.
    ///
    /// # Errors
    /// When more layers are to learn than there are, or there is no pooler.
    pub fn new(bert: &Bert, readout: &Readout, top_layers: Option<usize>, classes: usize, seed: u64) -> Result<Self> {
        let width = bert.config().hidden_size * if *readout == Readout::ClsMean { 2 } else { 1 };
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let normal = Normal::standard();
        let draw = |random: &mut ChaCha8Rng| normal.inverse_cdf(random.random_range(f64::EPSILON..1.0)) as f32;
        let weights = (0..classes * width).map(|_| draw(&mut random) * HEAD_DEVIATION).collect();
        Self::with_head(bert, readout, top_layers, &Tensor::from_vec(weights, (classes, width), &Device::Cpu)?)
    }

    /// A student whose head begins with these weights [K x D] and bias 0.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_head(bert: &Bert, readout: &Readout, top_layers: Option<usize>, weight: &Tensor) -> Result<Self> {
        let scope = Scope { top_layers, pooler: *readout == Readout::Pooler };
        let bias = Tensor::zeros(weight.dim(0)?, weight.dtype(), weight.device())?;
        Ok(Self {
            readout: readout.clone(),
            learner: Learner::new(bert, scope)?,
            head: [Var::from_tensor(weight)?, Var::from_tensor(&bias)?],
            moments: Default::default(),
            taken: 0,
        })
    }

    /// What it reads.
    #[must_use]
    pub fn readout(&self) -> &Readout {
        &self.readout
    }

    /// The encoder.
    #[must_use]
    pub fn learner(&self) -> &Learner {
        &self.learner
    }

    /// Cross-entropy of the examples' labels, averaged, and its gradients by name: the encoder's and then `head.weight`
    /// and `head.bias`.
    ///
    /// # Errors
    /// When something that should learn got no gradient.
    pub fn gradients(&self, examples: &[&Example]) -> Result<(f32, Vec<(String, Tensor)>)> {
        let pass = self.learner.forward(&self.packed(examples)?, below(examples)?)?;
        let loss = self.loss_of_wanted(&pass.hidden, examples)?;
        let store = loss.backward()?;
        let body = self.learner.gradients(&pass.read, &store)?;
        let mut all: Vec<(String, Tensor)> =
            body.into_iter().map(|(name, gradient)| (name.to_owned(), gradient.clone())).collect();
        for (name, var) in ["head.weight", "head.bias"].into_iter().zip(&self.head) {
            let gradient = store.get(var).ok_or_else(|| candle_core::Error::Msg(format!("{name} got no gradient")))?;
            all.push((name.to_owned(), gradient.clone()));
        }
        Ok((loss.to_scalar()?, all))
    }

    /// One step; the loss before it, in nats. When that is not finite nothing is moved.
    ///
    /// # Errors
    /// When something that should learn got no gradient.
    pub fn step(&mut self, examples: &[&Example], rates: Rates) -> Result<f32> {
        let Pass { hidden, read } = self.learner.forward(&self.packed(examples)?, below(examples)?)?;
        let loss = self.loss_of_wanted(&hidden, examples)?;
        let value = loss.to_scalar::<f32>()?;
        if !value.is_finite() {
            return Ok(value);
        }
        let store = loss.backward()?;
        drop((loss, hidden)); // the graph holds every result of the pass: make room before the optimiser needs it
        let absent = || candle_core::Error::Msg("the head got no gradient".to_owned());
        let mut square = self.learner.squared_norm(&read, &store)?;
        for var in &self.head {
            square += adamw::squared_norm(store.get(var).ok_or_else(absent)?)?;
        }
        if !square.is_finite() {
            return Ok(f32::NAN);
        }
        let clip = rates.clip.map_or(1.0, |most| (most / (square.sqrt() + 1e-6)).min(1.0));
        self.taken += 1;
        let step = Step { rate: rates.body, betas: BETAS, eps: EPSILON, decay: DECAY, number: self.taken, clip };
        self.learner.update(&read, &store, step)?;
        for (var, moments) in self.head.iter().zip(&mut self.moments) {
            let gradient = store.get(var).ok_or_else(absent)?;
            adamw::step(var.as_tensor(), gradient, moments, Step { rate: rates.head, ..step })?;
        }
        Ok(value)
    }

    /// What its head reads of each example, and what it answers, in one pass. `stop` is asked between batches; `None` comes back when
    /// it said so.
    ///
    /// # Errors
    /// When a pass fails.
    pub fn answers(&self, examples: &[Example], stop: &(dyn Fn() -> bool + Sync)) -> Result<Option<Vec<Answer>>> {
        let mut found = vec![Answer::default(); examples.len()];
        for round in batches(examples).chunks(rayon::current_num_threads().max(1)) {
            if stop() {
                return Ok(None);
            }
            let answers = round
                .par_iter()
                .map(|members| {
                    let members: Vec<&Example> = members.iter().map(|index| &examples[*index]).collect();
                    let hidden = self.learner.read(&self.packed(&members)?, below(&members)?)?;
                    let read = self.read(&hidden, &members, false)?;
                    let probabilities = ops::softmax(&self.logits(&read)?.detach(), D::Minus1)?.to_vec2::<f32>()?;
                    Ok(read.detach().to_vec2::<f32>()?.into_iter().zip(probabilities))
                })
                .collect::<Result<Vec<_>>>()?;
            for (index, (vector, probabilities)) in round.iter().flatten().zip(answers.into_iter().flatten()) {
                found[*index] = Answer { vector, probabilities };
            }
        }
        Ok(Some(found))
    }

    /// The probabilities of [`Self::answers`] alone.
    ///
    /// # Errors
    /// When a pass fails.
    pub fn probabilities(
        &self,
        examples: &[Example],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Vec<Vec<f32>>>> {
        let answers = self.answers(examples, stop)?;
        Ok(answers.map(|answers| answers.into_iter().map(|answer| answer.probabilities).collect()))
    }

    /// Gives back the memory that only further steps would need.
    pub fn settle(&mut self) {
        self.learner.settle();
        self.moments = Default::default();
    }

    /// Cross-entropy of the examples' labels, averaged, from the last hidden states [N x D].
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn loss(&self, hidden: &Tensor, examples: &[&Example]) -> Result<Tensor> {
        match reading::single_rows(&self.readout, examples) {
            Some(rows) => self.loss_of_wanted(&hidden.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?, examples),
            None => self.loss_of_wanted(hidden, examples),
        }
    }

    /// The same from the states of a batch that is [`Self::packed`].
    fn loss_of_wanted(&self, hidden: &Tensor, examples: &[&Example]) -> Result<Tensor> {
        let classes: Vec<u32> = examples.iter().map(|example| example.class as u32).collect();
        let logits = self.logits(&self.read(hidden, examples, true)?)?;
        loss::cross_entropy(&logits, &Tensor::new(classes, &Device::Cpu)?)
    }

    /// `read Wᵀ + b` [B x K].
    fn logits(&self, read: &Tensor) -> Result<Tensor> {
        read.matmul(&self.head[0].t()?)?.broadcast_add(self.head[1].as_tensor())
    }

    /// Examples packed end to end. Where one row of each is read, the last layer gives that row alone: a third of the work
    /// of a step when two layers learn.
    fn packed(&self, examples: &[&Example]) -> Result<Batch> {
        let batch = pack(examples)?;
        match reading::single_rows(&self.readout, examples) {
            Some(rows) => batch.with_wanted(&rows),
            None => Ok(batch),
        }
    }

    /// What the head reads [B x D] of the last hidden states of a batch that is [`Self::packed`].
    fn read(&self, hidden: &Tensor, examples: &[&Example], tracked: bool) -> Result<Tensor> {
        if reading::single_rows(&self.readout, examples).is_some() {
            return if self.readout == Readout::Pooler {
                self.learner.pool(hidden, tracked)
            } else {
                Ok(hidden.clone())
            };
        }
        // The shares are read off; no gradient goes through them.
        let attention = if self.readout.needs_attention() {
            self.learner.attention_of_first(&pack(examples)?, below(examples)?)?
        } else {
            vec![Vec::new(); examples.len()]
        };
        reading::pooled(&self.readout, hidden, examples, &attention)
    }
}
