//! The classification head that a fine-tuned checkpoint brings along: the model's own answer.

use candle_core::{D, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::Bert;
use super::ops::{self, Linear};

/// A checkpoint's own classifier on the vector of the first position.
#[derive(Clone)]
pub struct Classifier {
    /// The dense layer before it; BERT's is the pooler.
    pub(super) dense: Option<Linear>,
    /// What follows that layer.
    pub(super) activation: Between,
    /// From D numbers to one a class.
    pub(super) output: Linear,
    /// Names of the classes.
    pub(super) labels: Vec<String>,
    /// What its outputs say.
    pub(super) answers: Answers,
}

/// What stands between the two dense layers of a classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Between {
    /// BERT, RoBERTa.
    Tanh,
    /// max(x, 0): DistilBERT.
    Relu,
    /// ELECTRA.
    Gelu,
}

/// What the outputs of a classifier say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answers {
    /// One class of several: probabilities that add to 1 (softmax).
    #[default]
    Classes,
    /// Each label for itself: probabilities that need not add to 1 (sigmoid).
    Labels,
    /// Scores without bounds, as of a regression: no probabilities.
    Scores,
}

impl Answers {
    /// What a head with so many outputs says, by the configuration's `problem_type`; without one, what transformers
    /// takes it for.
    #[must_use]
    pub fn of(problem: Option<&str>, outputs: usize) -> Self {
        match problem {
            Some("multi_label_classification") => Self::Labels,
            None | Some("single_label_classification") if outputs > 1 => Self::Classes,
            _ => Self::Scores,
        }
    }

    /// Whether its outputs are one class of several, as those of a race's lanes are.
    #[must_use]
    pub fn is_classes(&self) -> bool {
        *self == Self::Classes
    }

    /// What has to be known of the numbers; nothing where they are what one expects.
    #[must_use]
    pub fn note(self) -> Option<&'static str> {
        match self {
            Self::Classes => None,
            Self::Labels => Some("each label has its own probability, and they need not add to 1"),
            Self::Scores => Some("a score without bounds, not a probability"),
        }
    }
}

impl Bert {
    /// Names of the classes of the model's own classifier; empty when it has none.
    #[must_use]
    pub fn own_labels(&self) -> &[String] {
        self.classifier.as_ref().map_or(&[], |classifier| &classifier.labels)
    }

    /// What the outputs of the model's own classifier say.
    #[must_use]
    pub fn own_answers_are(&self) -> Answers {
        self.classifier.as_ref().map_or(Answers::default(), |classifier| classifier.answers)
    }

    /// What the model's own classifier says about one vector of the first position [1 x D]: each class with its
    /// probability or score ([`Answers`]). `None` when the checkpoint has no classifier.
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
            None => self.pool(cls)?,
            Some(dense) => {
                let x = dense.forward(cls)?;
                Some(match classifier.activation {
                    Between::Tanh => x.tanh()?,
                    Between::Relu => x.relu()?,
                    Between::Gelu => ops::gelu(&x)?,
                })
            }
        };
        let Some(before) = before else { return Ok(Vec::new()) };
        let scores = classifier.output.forward(&before)?;
        match classifier.answers {
            Answers::Classes => candle_nn::ops::softmax(&scores, D::Minus1)?,
            Answers::Labels => candle_nn::ops::sigmoid(&scores)?,
            Answers::Scores => scores,
        }
        .to_vec2()
    }
}
