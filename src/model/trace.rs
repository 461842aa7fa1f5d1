//! What a pass keeps: nothing, the hidden states, or everything by name.
//!
//! The forward pass hands every intermediate tensor to a [`Keep`] as it goes. Tensors are reference-counted, so
//! keeping one copies nothing.

use std::collections::HashMap;

use candle_core::Tensor;

/// Names of what the embeddings keep, in order. All [N x D]; in ELECTRA the first four are [N x E].
pub const EMBEDDINGS: [&str; 5] = ["word", "position", "segment", "sum", "norm"];

/// What the embeddings keep of a model that projects them: LayerNorm's result [N x E]. `norm` is then the projected one,
/// so that it is the layer's `hidden_states` entry everywhere.
pub const BEFORE_PROJECTION: &str = "embeddings.norm";

/// Receives intermediate results of a pass. Layer 0 is the embeddings.
pub trait Keep {
    /// Takes note of one result. A layer's attention keeps `query`, `key`, `value` [N x D], `scores` and
    /// `probabilities` [H x T x T] of each sequence, `context`, `attention.output`, `attention.residual` and
    /// `attention.norm` [N x D]; its feed-forward block `intermediate`, `activation` [N x intermediate], `output`,
    /// `residual` and `norm` [N x D], which is the layer's `hidden_states` entry.
    fn keep(&mut self, layer: usize, name: &'static str, tensor: &Tensor);

    /// Whether it wants the result of every operation, for which the pass must not fuse any. Without it a pass keeps
    /// the embeddings and each layer's `norm`.
    fn wants_steps(&self) -> bool {
        false
    }
}

/// Keeps nothing.
pub struct Nothing;

impl Keep for Nothing {
    fn keep(&mut self, _: usize, _: &'static str, _: &Tensor) {}
}

/// Keeps Hugging Face's `hidden_states`: L+1 tensors of [N x D], 0 the embedding output.
#[derive(Default)]
pub struct HiddenStates(pub Vec<Tensor>);

impl Keep for HiddenStates {
    fn keep(&mut self, _: usize, name: &'static str, tensor: &Tensor) {
        if name == "norm" {
            self.0.push(tensor.clone());
        }
    }
}

/// Keeps the attention weights [H x T x T] of each sequence, layer by layer.
#[derive(Default)]
pub struct Probabilities(pub Vec<Tensor>);

impl Keep for Probabilities {
    fn keep(&mut self, _: usize, name: &'static str, tensor: &Tensor) {
        if name == "probabilities" {
            self.0.push(tensor.clone());
        }
    }

    fn wants_steps(&self) -> bool {
        true
    }
}

/// Keeps everything of a pass over one sequence, by layer and name.
#[derive(Default)]
pub struct Trace {
    kept: HashMap<(usize, &'static str), Tensor>,
}

impl Keep for Trace {
    fn keep(&mut self, layer: usize, name: &'static str, tensor: &Tensor) {
        self.kept.insert((layer, name), tensor.clone());
    }

    fn wants_steps(&self) -> bool {
        true
    }
}

impl Trace {
    /// What was kept under this name.
    ///
    /// # Errors
    /// When the pass kept nothing of that name.
    pub fn get(&self, layer: usize, name: &'static str) -> Result<&Tensor, candle_core::Error> {
        self.kept
            .get(&(layer, name))
            .ok_or_else(|| candle_core::Error::Msg(format!("layer {layer} kept nothing named {name}")))
    }
}
