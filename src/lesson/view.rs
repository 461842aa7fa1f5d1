//! What authors may know about a view: what it shows, which settings it takes, and which values its step can quote.

use super::View;

/// Values that every step can quote: they need no more than a sentence and the model.
pub const EVERYWHERE: [&str; 11] = [
    "model",
    "data",
    "sentence",
    "notebook",
    "label",
    "cls",
    "layernorm",
    "mixing",
    "attention",
    "heads",
    "similarity",
];

impl View {
    /// What it shows, in one line.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Tokens => "the sentence as word pieces with their ids",
            Self::Embedding => "word, position and segment row of a piece, their sum, and LayerNorm",
            Self::Neighbours => "the rows of the word table that are nearest to a piece",
            Self::Stepper => "the forward pass, one operation at a time, with its formula and numbers",
            Self::Mixing => "what flows into [CLS]: layers by pieces, in four measures",
            Self::Map => "all positions in two dimensions (PCA), layer by layer",
            Self::Compare => "two sentences: how similar their [CLS], a word and the means are, by layer",
            Self::Probe => "accuracy of frozen classifiers by layer; Enter runs it",
            Self::Race => "classifiers side by side on the same test sentences; Enter runs it",
            Self::Label => "how a classifier makes one answer of one vector",
            Self::Arrange => "the same pieces in other arrangements: shuffled, [CLS] last, without positions",
            Self::Gradient => "where the loss of a classifier touches: layers by positions",
            Self::Learning => "a short training: what it changes in [CLS] and its attention; Enter runs it",
            Self::Attention => "one row of one head: query, keys, weights and values",
            Self::Matrix => "one head's attention, rows by columns",
            Self::Heads => "the attention of all layers and heads, small",
            Self::Similarity => "cosines of all positions of the sentence with each other",
            Self::Attribution => "what each piece adds to a classifier's answer, beside attention",
            Self::Difference => "two sentences side by side, piece by piece, with the difference",
            Self::Notebook => "the four answers from what the learner measured",
            Self::Decode => "the sentence decoded from one vector; Enter fits the decoders",
            Self::Aggregate => "how well one vector stands for its sentence: three measures by layer; Enter runs it",
            Self::Nearest => "the training sentences nearest to the learner's; Enter runs it",
        }
    }

    /// The settings that change it, besides `view`.
    #[must_use]
    pub fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Tokens | Self::Label | Self::Attribution => &["sentence"],
            Self::Embedding | Self::Neighbours => &["sentence", "measure"],
            Self::Stepper => &["sentence", "layer", "head", "operation"],
            Self::Map | Self::Similarity => &["sentence", "layer"],
            Self::Mixing | Self::Arrange | Self::Gradient | Self::Learning => &["sentence", "measure", "layer"],
            Self::Compare => &["sentence", "other", "word"],
            Self::Probe => &["readouts", "train", "test"],
            Self::Race => &["readouts", "modes", "layer", "train", "test", "epochs", "top-layers", "measure"],
            Self::Attention | Self::Heads => &["sentence", "measure", "layer", "head"],
            Self::Matrix => &["sentence", "layer", "head"],
            Self::Difference => &["sentence", "other", "measure", "layer"],
            Self::Notebook => &[],
            Self::Decode | Self::Nearest => &["sentence", "measure", "layer", "train", "test"],
            Self::Aggregate => &["measure", "layer", "train", "test"],
        }
    }

    /// The settings without which it shows nothing.
    #[must_use]
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Compare | Self::Difference => &["other"],
            Self::Race | Self::Probe => &["readouts"],
            _ => &[],
        }
    }

    /// Families of values that it measures, besides those of [`EVERYWHERE`].
    #[must_use]
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Neighbours => &["neighbours"],
            Self::Mixing => &["knockout"],
            Self::Compare => &["compare"],
            Self::Probe | Self::Race => &["race", "offer"],
            Self::Arrange => &["arrange"],
            Self::Gradient => &["gradient"],
            Self::Learning => &["learning"],
            Self::Attribution => &["attribution"],
            Self::Difference => &["difference"],
            Self::Notebook => &["race", "decode", "arrange", "gradient"],
            Self::Decode => &["decode"],
            Self::Aggregate => &["aggregate"],
            Self::Nearest => &["aggregate", "nearest"],
            _ => &[],
        }
    }
}
