//! Recorded probe heads (`lessons/results/heads.json`): the classifiers that lessons 01, 04 and the knock-out talk about.

use serde::{Deserialize, Serialize};

use super::{RecordError, check, parse, pretty};
use crate::lab::Provenance;
use crate::lab::probe::Head;

/// Heads fitted on one model's vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heads {
    /// sha256 of the model's weights: on any other model these heads mean nothing.
    pub model_sha256: String,
    /// sha256 of the data file they were fitted on.
    pub data_sha256: String,
    /// The heads.
    pub heads: Vec<RecordedHead>,
    /// How to make them again.
    pub provenance: Provenance,
}

/// One head, on raw vectors: the standardisation is folded into it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedHead {
    /// What it reads: a readout's name.
    pub readout: String,
    /// Which layer, 0 to L.
    pub layer: usize,
    /// The inverse strength chosen on validation.
    pub c: f64,
    /// Test accuracy.
    pub accuracy: f64,
    /// One weight a dimension, `[D]`.
    pub weights: Vec<f32>,
    /// What is added regardless of the sentence.
    pub bias: f32,
}

impl Heads {
    /// Reads recorded heads.
    ///
    /// # Errors
    /// When the text is too large, not JSON with these fields, a value is out of its range, or widths differ.
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let heads: Self = parse(text)?;
        heads.check()?;
        Ok(heads)
    }

    /// Writes them: indented JSON, with a newline at its end.
    ///
    /// # Errors
    /// When [`Heads::read`] would not take them back.
    pub fn write(&self) -> Result<String, RecordError> {
        self.check()?;
        pretty(self)
    }

    /// The head for this model, width, readout and layer, if it was recorded.
    #[must_use]
    pub fn find(&self, model_sha256: &str, hidden: usize, readout: &str, layer: usize) -> Option<&RecordedHead> {
        let fits =
            |head: &&RecordedHead| head.readout == readout && head.layer == layer && head.weights.len() == hidden;
        self.heads.iter().find(fits).filter(|_| self.model_sha256 == model_sha256)
    }

    fn check(&self) -> Result<(), RecordError> {
        check::text("model_sha256", &self.model_sha256)?;
        check::text("data_sha256", &self.data_sha256)?;
        let width = self.heads.first().map_or(0, |head| head.weights.len());
        for (index, head) in self.heads.iter().enumerate() {
            let at = format!("heads[{index}]");
            check::readout(&format!("{at}.readout"), &head.readout)?;
            check::strength(&format!("{at}.c"), head.c)?;
            check::share(&format!("{at}.accuracy"), head.accuracy)?;
            let wide = head.weights.len();
            let same = wide == width && wide > 0;
            check::require(
                same,
                || format!("{at}.weights"),
                &format!("{wide} numbers"),
                "as many as the first head's",
            )?;
            let finite = head.weights.iter().chain([&head.bias]).all(|number| number.is_finite());
            check::require(finite, || format!("{at}.weights"), &"not finite", "finite numbers")?;
        }
        check::provenance(&self.provenance)
    }
}

impl RecordedHead {
    /// A head to be recorded.
    #[must_use]
    pub fn new(readout: String, layer: usize, accuracy: f64, head: &Head) -> Self {
        Self { readout, layer, c: head.c, accuracy, weights: head.weights.clone(), bias: head.bias as f32 }
    }

    /// The head to answer with.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { weights: self.weights.clone(), bias: f64::from(self.bias), c: self.c, converged: true, passes: 0 }
    }
}
