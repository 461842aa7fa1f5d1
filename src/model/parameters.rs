//! The encoder's parameters by Hugging Face's names, so that a copy can be made that learns.

use candle_core::Tensor;

use super::bert::{Bert, Layer};
use super::ops::{LayerNorm, Linear};

/// A parameter and its name.
pub type Named<'a> = (String, &'a mut Tensor);

impl Bert {
    /// Tensors of the layers from `first` on (1-based); with 0, the embeddings' LayerNorm and projection too. The three tables are not
    /// among them, because a batch touches few of their rows. `query`, `key` and `value` are one, `qkv`, and every
    /// weight is transposed [in x out].
    pub fn parameters_mut(&mut self, first: usize) -> Vec<Named<'_>> {
        let mut found = Vec::new();
        if first == 0 {
            norm("embeddings.LayerNorm", &mut self.embeddings.norm, &mut found);
            if let Some(projection) = &mut self.embeddings.projection {
                linear("embeddings_project", projection, &mut found);
            }
        }
        for (index, layer) in self.layers.iter_mut().enumerate().skip(first.saturating_sub(1)) {
            layer.parameters_mut(&format!("encoder.layer.{index}"), &mut found);
        }
        found
    }

    /// The pooler's tensors; none when the model has no pooler.
    pub fn pooler_mut(&mut self) -> Vec<Named<'_>> {
        let mut found = Vec::new();
        if let Some(pooler) = &mut self.pooler {
            linear("pooler.dense", pooler, &mut found);
        }
        found
    }
}

impl Layer {
    fn parameters_mut<'a>(&'a mut self, at: &str, found: &mut Vec<Named<'a>>) {
        linear(&format!("{at}.attention.self.qkv"), &mut self.attention.qkv, found);
        linear(&format!("{at}.attention.output.dense"), &mut self.attention.output, found);
        norm(&format!("{at}.attention.output.LayerNorm"), &mut self.attention.norm, found);
        linear(&format!("{at}.intermediate.dense"), &mut self.feed_forward.intermediate, found);
        linear(&format!("{at}.output.dense"), &mut self.feed_forward.output, found);
        norm(&format!("{at}.output.LayerNorm"), &mut self.feed_forward.norm, found);
    }
}

fn linear<'a>(name: &str, layer: &'a mut Linear, found: &mut Vec<Named<'a>>) {
    found.push((format!("{name}.weight"), &mut layer.weight_t));
    found.push((format!("{name}.bias"), &mut layer.bias));
}

fn norm<'a>(name: &str, norm: &'a mut LayerNorm, found: &mut Vec<Named<'a>>) {
    found.push((format!("{name}.weight"), &mut norm.weight));
    found.push((format!("{name}.bias"), &mut norm.bias));
}
