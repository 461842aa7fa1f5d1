//! What stood at a masked place: the head that BERT was pretrained with, or the table of words alone.

use candle_core::{Result, Tensor};

use super::Bert;
use super::config::Activation;
use super::ops::{self, LayerNorm, Linear};

/// A checkpoint's own `cls.predictions`: a dense layer, its activation, LayerNorm; what comes out is compared with every row
/// of the word table, and a bias added.
#[derive(Clone)]
pub struct MaskedHead {
    /// `cls.predictions.transform.dense`.
    pub(super) dense: Linear,
    /// `cls.predictions.transform.LayerNorm`.
    pub(super) norm: LayerNorm,
    /// `cls.predictions.bias` `[V]`.
    pub(super) bias: Tensor,
}

impl Bert {
    /// Whether the checkpoint kept the head that fills in masked words.
    #[must_use]
    pub fn has_masked_head(&self) -> bool {
        self.masked_head.is_some()
    }

    /// A score for every entry of the vocabulary [N x V] from vectors [N x D] of masked places: by the checkpoint's own head,
    /// or, where it kept none, by the product with each row of the word table, which that head ends with.
    ///
    /// # Errors
    /// When rows of the word table are not as long as the vectors.
    pub fn masked_logits(&self, hidden: &Tensor) -> Result<Tensor> {
        let table = self.embeddings.word.t()?;
        let Some(head) = &self.masked_head else { return ops::product(hidden, &table) };
        let dense = head.dense.forward(hidden)?;
        let active = match self.config.hidden_act {
            Activation::Gelu => ops::gelu(&dense)?,
            Activation::GeluNew => dense.gelu()?,
            Activation::Relu => dense.relu()?,
        };
        ops::product(&head.norm.forward(&active)?, &table)?.broadcast_add(&head.bias)
    }
}
