//! The BERT encoder (Devlin et al. 2019), in the order of the paper.
//!
//! ```text
//! word pieces -> embeddings: word + position + segment, LayerNorm        = hidden_states[0]
//!    L times:    attention:  softmax(Q Kᵀ / sqrt(d)) V, dense, + x, LayerNorm
//!                feed-forward: dense, GELU, dense, + x, LayerNorm        = hidden_states[l]
//! [CLS] -> pooler: dense, tanh                                           = pooler_output
//! ```
//!
//! Sequences of a batch are packed end to end, [N x D] with N the sum of their lengths: position-wise operations see
//! no padding, and attention looks at one sequence at a time.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Result, Tensor};

use super::classify::Classifier;
use super::config::Activation;
use super::masked::MaskedHead;
use super::ops::{self, Heads, LayerNorm, Linear};
use super::tokenize::Tokenizer;
use super::{Config, Edge, Input, Keep, Probabilities};
use crate::model::load::Facts;

/// A BERT encoder with its tokenizer. A clone shares the numbers of the weights.
#[derive(Clone)]
pub struct Bert {
    pub(super) config: Config,
    pub(super) embeddings: Embeddings,
    pub(super) layers: Vec<Layer>,
    pub(super) pooler: Option<Linear>,
    pub(super) classifier: Option<Classifier>,
    pub(super) masked_head: Option<MaskedHead>,
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) facts: Facts,
}

/// Word, position and segment tables, and the LayerNorm after their sum.
#[derive(Clone)]
pub struct Embeddings {
    /// `word_embeddings` [V x D].
    pub word: Tensor,
    /// `position_embeddings` [P x D].
    pub position: Tensor,
    /// `token_type_embeddings` [S x D]; ERNIE's have the row of its task 0 added.
    pub segment: Tensor,
    /// LayerNorm.
    pub norm: LayerNorm,
    /// ELECTRA's `embeddings_project`, E -> D, where its tables have E numbers in a row instead of D.
    pub projection: Option<Linear>,
}

/// One encoder layer.
#[derive(Clone)]
pub struct Layer {
    /// Multi-head self-attention.
    pub attention: Attention,
    /// Position-wise feed-forward block.
    pub feed_forward: FeedForward,
}

/// Multi-head self-attention with its residual connection.
#[derive(Clone)]
pub struct Attention {
    /// `W_Q`, `W_K` and `W_V` side by side, so that one multiplication gives all three.
    pub qkv: Linear,
    /// `W_O`.
    pub output: Linear,
    /// LayerNorm after the residual sum.
    pub norm: LayerNorm,
    heads: usize,
}

/// Two dense layers with an activation between, and the residual connection.
#[derive(Clone)]
pub struct FeedForward {
    /// D -> intermediate.
    pub intermediate: Linear,
    /// Its activation.
    pub activation: Activation,
    /// intermediate -> D.
    pub output: Linear,
    /// LayerNorm after the residual sum.
    pub norm: LayerNorm,
}

/// Sequences packed end to end.
#[derive(Clone)]
pub struct Batch {
    input_ids: Tensor,
    token_type_ids: Tensor,
    position_ids: Option<Tensor>,
    /// Where each sequence lies among the N rows.
    pub sequences: Vec<Range<usize>>,
    /// Edges that attention must not use, of each sequence.
    edges: Vec<Vec<Edge>>,
    /// Rows `[R]` of the last layer that are wanted; `None`: all.
    wanted: Option<Tensor>,
}

impl Batch {
    /// Packs sequences end to end.
    ///
    /// # Errors
    /// When there is nothing in the batch.
    pub fn new(inputs: &[&Input]) -> Result<Self> {
        let pack = |pick: fn(&Input) -> &[u32]| {
            let packed: Vec<u32> = inputs.iter().flat_map(|input| pick(input)).copied().collect();
            Tensor::new(packed, &Device::Cpu)
        };
        let positions = inputs.iter().all(|input| input.position_ids.is_some());
        let mut start = 0;
        let sequences = inputs
            .iter()
            .map(|input| {
                start += input.len();
                start - input.len()..start
            })
            .collect();
        Ok(Self {
            input_ids: pack(|input| &input.input_ids)?,
            token_type_ids: pack(|input| &input.token_type_ids)?,
            position_ids: positions.then(|| pack(|input| input.position_ids.as_deref().unwrap_or(&[]))).transpose()?,
            sequences,
            edges: Vec::new(),
            wanted: None,
        })
    }

    /// One sequence `count` times, of whose last layer only the first rows are wanted: for variants of one pass whose `[CLS]`
    /// is read.
    ///
    /// # Errors
    /// When there is nothing in the batch.
    pub fn of_cls(input: &Input, count: usize) -> Result<Self> {
        let firsts: Vec<u32> = (0..count).map(|variant| (variant * input.len()) as u32).collect();
        Self::new(&vec![input; count])?.with_wanted(&firsts)
    }

    /// `input_ids`, `position_ids` and `token_type_ids`, each `[N]`; where no position is added, the segments' ids stand
    /// in their place and are not read.
    pub(super) fn ids(&self) -> [&Tensor; 3] {
        [&self.input_ids, self.position_ids.as_ref().unwrap_or(&self.token_type_ids), &self.token_type_ids]
    }

    /// The same batch over other tables: for each piece, its row in them.
    pub(super) fn with_ids(&self, [word, position, segment]: [&Tensor; 3]) -> Self {
        Self {
            input_ids: word.clone(),
            token_type_ids: segment.clone(),
            position_ids: self.position_ids.as_ref().map(|_| position.clone()),
            ..self.clone()
        }
    }

    /// The same batch with edges cut, the same in every sequence.
    #[must_use]
    pub fn with_edges(self, edges: Vec<Edge>) -> Self {
        let every = vec![edges; self.sequences.len()];
        self.with_edges_of_each(every)
    }

    /// The same batch with edges cut, in each sequence its own.
    #[must_use]
    pub fn with_edges_of_each(mut self, edges: Vec<Vec<Edge>>) -> Self {
        self.edges = edges;
        self
    }

    /// The same batch of whose last layer only these rows are wanted: its states are [R x D]. Every row is still looked at,
    /// but what follows attention is computed of the wanted ones alone.
    ///
    /// # Errors
    /// When candle cannot lay out the rows.
    pub fn with_wanted(mut self, rows: &[u32]) -> Result<Self> {
        self.wanted = Some(Tensor::new(rows, &Device::Cpu)?);
        Ok(self)
    }
}

impl Bert {
    /// The whole encoder: `last_hidden_state` [N x D].
    ///
    /// # Errors
    /// When an id lies outside its table.
    pub fn forward(&self, batch: &Batch, keep: &mut dyn Keep) -> Result<Tensor> {
        self.forward_to(self.layers.len(), batch, keep)
    }

    /// The embeddings and the layers up to `last`, included: its hidden states [N x D].
    ///
    /// # Errors
    /// When an id lies outside its table.
    pub fn forward_to(&self, last: usize, batch: &Batch, keep: &mut dyn Keep) -> Result<Tensor> {
        let hidden = self.embeddings.forward(batch, keep)?;
        self.layers_between(1, last, hidden, batch, keep)
    }

    /// The layers from `first` (1-based) on, given the hidden states before it.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn forward_from(&self, first: usize, hidden: Tensor, batch: &Batch, keep: &mut dyn Keep) -> Result<Tensor> {
        self.layers_between(first, self.layers.len(), hidden, batch, keep)
    }

    /// One layer, counted from 1: from the states before it to those after it, [N x D].
    ///
    /// # Errors
    /// When there is no such layer or the shapes do not fit.
    pub fn layer_forward(&self, number: usize, x: &Tensor, batch: &Batch, keep: &mut dyn Keep) -> Result<Tensor> {
        let layer = self.layer(number).ok_or_else(|| candle_core::Error::Msg(format!("there is no layer {number}")))?;
        layer.forward(number, x, batch, None, keep)
    }

    /// One layer, counted from 1, of which only the rows that the batch wants are computed: [R x D].
    ///
    /// # Errors
    /// When there is no such layer or the shapes do not fit.
    pub fn wanted_of_layer(&self, number: usize, x: &Tensor, batch: &Batch) -> Result<Tensor> {
        let layer = self.layer(number).ok_or_else(|| candle_core::Error::Msg(format!("there is no layer {number}")))?;
        layer.forward(number, x, batch, batch.wanted.as_ref(), &mut super::Nothing)
    }

    fn layers_between(
        &self,
        first: usize,
        last: usize,
        hidden: Tensor,
        batch: &Batch,
        keep: &mut dyn Keep,
    ) -> Result<Tensor> {
        (first..=last).try_fold(hidden, |hidden, number| {
            let wanted = batch.wanted.as_ref().filter(|_| number == self.layers.len());
            self.layers[number - 1].forward(number, &hidden, batch, wanted, keep)
        })
    }

    /// The attention that the first piece of each sequence pays in the last layer, mean of the heads `[T]` each; `below`:
    /// the states [N x D] that go into that layer.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn attention_of_first(&self, below: &Tensor, batch: &Batch) -> Result<Vec<Vec<f32>>> {
        let mut kept = Probabilities::default();
        self.layer_forward(self.layers.len(), below, batch, &mut kept)?;
        kept.0.iter().map(|heads| heads.narrow(1, 0, 1)?.squeeze(1)?.mean(0)?.to_vec1()).collect()
    }

    /// The pooler on one `[CLS]` vector a row [N x D]: `tanh(x Wᵀ + b)`. `None` when the model has no pooler.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn pool(&self, cls: &Tensor) -> Result<Option<Tensor>> {
        self.pooler.as_ref().map(|dense| dense.forward(cls)?.tanh()).transpose()
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its embedding tables.
    #[must_use]
    pub fn embeddings(&self) -> &Embeddings {
        &self.embeddings
    }

    /// One of its layers, counted from 1.
    #[must_use]
    pub fn layer(&self, number: usize) -> Option<&Layer> {
        self.layers.get(number.checked_sub(1)?)
    }

    /// The dense layer of its pooler, if it has one.
    #[must_use]
    pub fn pooler(&self) -> Option<&Linear> {
        self.pooler.as_ref()
    }

    /// Name, origin, hash and the limit of pieces.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// At most this many pieces are read.
    #[must_use]
    pub fn max_length(&self) -> usize {
        self.facts.max_length
    }
}

impl Embeddings {
    /// `LayerNorm(word + position + segment)` [N x D]; in ELECTRA with a dense layer after it.
    fn forward(&self, batch: &Batch, keep: &mut dyn Keep) -> Result<Tensor> {
        let word = self.word.index_select(&batch.input_ids, 0)?;
        let segment = self.segment.index_select(&batch.token_type_ids, 0)?;
        let position = match &batch.position_ids {
            Some(ids) => self.position.index_select(ids, 0)?,
            None => word.zeros_like()?,
        };
        let sum = ((&word + &position)? + &segment)?;
        let mut hidden = self.norm.forward(&sum)?;
        if let Some(projection) = &self.projection {
            keep.keep(0, super::trace::BEFORE_PROJECTION, &hidden);
            hidden = projection.forward(&hidden)?;
        }
        let results = [&word, &position, &segment, &sum, &hidden];
        super::trace::EMBEDDINGS.into_iter().zip(results).for_each(|(name, tensor)| keep.keep(0, name, tensor));
        Ok(hidden)
    }
}

impl Layer {
    /// `wanted`: the rows `[R]` that are read, when it is not all.
    fn forward(
        &self,
        number: usize,
        x: &Tensor,
        batch: &Batch,
        wanted: Option<&Tensor>,
        keep: &mut dyn Keep,
    ) -> Result<Tensor> {
        let x = self.attention.forward(number, x, batch, wanted, keep)?;
        self.feed_forward.forward(number, &x, keep)
    }
}

impl Attention {
    pub(super) fn new(qkv: &[Linear; 3], output: Linear, norm: LayerNorm, heads: usize) -> Result<Self> {
        Ok(Self { qkv: Linear::side_by_side(qkv)?, output, norm, heads })
    }

    /// `LayerNorm(x + W_O · concat over heads of softmax(Q Kᵀ / sqrt(d)) V)` [N x D], or of the `wanted` rows [R x D].
    fn forward(
        &self,
        layer: usize,
        x: &Tensor,
        batch: &Batch,
        wanted: Option<&Tensor>,
        keep: &mut dyn Keep,
    ) -> Result<Tensor> {
        let pick = |all: Tensor| match wanted {
            Some(rows) => all.index_select(rows, 0),
            None => Ok(all),
        };
        let here = |edges: &Vec<Edge>| -> Vec<(usize, usize)> {
            edges.iter().filter(|edge| edge.layer == layer).map(|edge| (edge.to, edge.from)).collect()
        };
        let cut = batch.edges.iter().map(here).collect();
        let heads = Heads { number: self.heads, sequences: batch.sequences.clone(), cut };
        if keep.wants_steps() {
            return pick(self.step_by_step(layer, x, heads, keep)?);
        }
        let qkv = self.qkv.forward(x)?;
        let context = pick(ops::attention(&qkv, heads)?)?;
        self.norm.forward_sum(&pick(x.clone())?, &self.output.product(&context)?, &self.output.bias)
    }

    /// The same, one operation at a time, keeping the result of each.
    fn step_by_step(&self, layer: usize, x: &Tensor, heads: Heads, keep: &mut dyn Keep) -> Result<Tensor> {
        let qkv = self.qkv.forward(x)?;
        let width = x.dim(1)?;
        for (part, name) in ["query", "key", "value"].into_iter().enumerate() {
            keep.keep(layer, name, &qkv.narrow(1, part * width, width)?);
        }
        for (index, rows) in heads.sequences.iter().enumerate() {
            let cut = heads.cut.get(index).cloned().into_iter().collect();
            let own = Heads { sequences: std::iter::once(0..rows.len()).collect(), cut, ..heads };
            let scores = ops::attention_scores(&qkv.narrow(0, rows.start, rows.len())?, own)?;
            keep.keep(layer, "scores", &scores);
            keep.keep(layer, "probabilities", &ops::softmax(&scores, 1.0)?);
        }
        let context = ops::attention(&qkv, heads)?;
        keep.keep(layer, "context", &context);

        let output = self.output.forward(&context)?;
        keep.keep(layer, "attention.output", &output);
        let residual = (x + output)?;
        keep.keep(layer, "attention.residual", &residual);
        let norm = self.norm.forward(&residual)?;
        keep.keep(layer, "attention.norm", &norm);
        Ok(norm)
    }
}

impl FeedForward {
    /// `LayerNorm(x + W₂ · act(W₁ x + b₁) + b₂)` [N x D].
    fn forward(&self, layer: usize, x: &Tensor, keep: &mut dyn Keep) -> Result<Tensor> {
        if keep.wants_steps() {
            return self.step_by_step(layer, x, keep);
        }
        let activation = match self.activation {
            Activation::Gelu => ops::bias_gelu(&self.intermediate.product(x)?, &self.intermediate.bias)?,
            Activation::GeluNew => self.intermediate.forward(x)?.gelu()?,
            Activation::Relu => self.intermediate.forward(x)?.relu()?,
        };
        let norm = self.norm.forward_sum(x, &self.output.product(&activation)?, &self.output.bias)?;
        keep.keep(layer, "norm", &norm);
        Ok(norm)
    }

    /// The same, one operation at a time, keeping the result of each.
    fn step_by_step(&self, layer: usize, x: &Tensor, keep: &mut dyn Keep) -> Result<Tensor> {
        let intermediate = self.intermediate.forward(x)?;
        keep.keep(layer, "intermediate", &intermediate);
        let activation = match self.activation {
            Activation::Gelu => ops::gelu(&intermediate)?,
            Activation::GeluNew => intermediate.gelu()?,
            Activation::Relu => intermediate.relu()?,
        };
        keep.keep(layer, "activation", &activation);
        let output = self.output.forward(&activation)?;
        keep.keep(layer, "output", &output);
        let residual = (x + output)?;
        keep.keep(layer, "residual", &residual);
        let norm = self.norm.forward(&residual)?;
        keep.keep(layer, "norm", &norm);
        Ok(norm)
    }
}
