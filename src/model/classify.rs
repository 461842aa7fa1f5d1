//! The classification head that a fine-tuned checkpoint brings along: the model's own answer.

use candle_core::{D, Result, Tensor};

use super::Bert;
use super::ops::Linear;

/// A checkpoint's own classifier on the vector of the first position.
#[derive(Clone)]
pub struct Classifier {
    /// The dense layer before it; BERT's is the pooler.
    pub(super) dense: Option<Linear>,
    /// Whether that layer is followed by max(x, 0) (DistilBERT) rather than tanh (BERT, RoBERTa).
    pub(super) rectified: bool,
    /// From D numbers to one a class.
    pub(super) output: Linear,
    /// Names of the classes.
    pub(super) labels: Vec<String>,
}

impl Bert {
    /// Names of the classes of the model's own classifier; empty when it has none.
    #[must_use]
    pub fn own_labels(&self) -> &[String] {
        self.classifier.as_ref().map_or(&[], |classifier| &classifier.labels)
    }

    /// What the model's own classifier says about one vector of the first position [1 x D]: each class with its
    /// probability (softmax); with a single class, its bare score. `None` when the checkpoint has no classifier.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn own_answer(&self, cls: &Tensor) -> Result<Option<Vec<(String, f32)>>> {
        let Some(scores) = self.own_answers(cls)?.into_iter().next() else { return Ok(None) };
        Ok(Some(self.own_labels().iter().cloned().zip(scores).collect()))
    }

    /// The same for many such vectors [N x D], without the names; empty when the checkpoint has no classifier.
    ///
    /// # Errors
    /// When the shape does not fit.
    pub fn own_answers(&self, cls: &Tensor) -> Result<Vec<Vec<f32>>> {
        let Some(classifier) = &self.classifier else { return Ok(Vec::new()) };
        let before = match &classifier.dense {
            Some(dense) if classifier.rectified => Some(dense.forward(cls)?.relu()?),
            Some(dense) => Some(dense.forward(cls)?.tanh()?),
            None => self.pool(cls)?,
        };
        let Some(before) = before else { return Ok(Vec::new()) };
        let mut scores = classifier.output.forward(&before)?;
        if classifier.labels.len() > 1 {
            scores = candle_nn::ops::softmax(&scores, D::Minus1)?;
        }
        scores.to_vec2()
    }
}
