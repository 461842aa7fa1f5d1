//! What one traced pass shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Matrix, ModelFacts, Sentence};
pub use crate::model::Kind as PieceKind;
use crate::model::tokenize::SPACE;

/// One word piece of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// As the vocabulary writes it: `surprising`, `##ly`, `[CLS]`, `Ġcaf`.
    pub text: String,
    /// As the text that it stands for: a space is `▁`, a byte that is no whole character `<C3>`. This is what people see.
    pub shown: String,
    /// Its id.
    pub id: u32,
    /// `token_type_ids`: 0 first text, 1 second.
    pub segment: u32,
    /// Byte range in the text it came from; empty for special tokens.
    pub offsets: (usize, usize),
    /// What it is.
    pub kind: PieceKind,
    /// Whether the vocabulary has an entry for it; false for `[UNK]`.
    pub known: bool,
}

impl Piece {
    /// Whether the tokenizer put it there: `[CLS]` or `[SEP]`, by whatever names.
    #[must_use]
    pub fn special(&self) -> bool {
        self.kind.is_special()
    }

    /// As people see it, without the space before it.
    #[must_use]
    pub fn bare(&self) -> &str {
        self.shown.trim_start_matches(SPACE)
    }
}

/// What was cut off a text that is longer than the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Pieces kept, special tokens included.
    pub kept: usize,
    /// Pieces the whole text has.
    pub total: usize,
    /// The last word kept ends at this character of the text (0-based, exclusive).
    pub at_char: usize,
}

/// One traced pass.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceData {
    /// The input.
    pub sentence: Sentence,
    /// The model that ran.
    pub model: Arc<ModelFacts>,
    /// Its pieces, T of them.
    pub pieces: Vec<Piece>,
    /// What was cut off, if anything.
    pub cut: Option<Cut>,
    /// Word embeddings [T x D].
    pub word: Matrix,
    /// Position embeddings [T x D].
    pub position: Matrix,
    /// Segment embeddings [T x D].
    pub segment: Matrix,
    /// Their sum, before LayerNorm [T x D].
    pub sum: Matrix,
    /// `hidden_states`: L+1 of [T x D]; 0 is the embedding output.
    pub hidden_states: Vec<Matrix>,
    /// `attentions`: L x H of [T x T].
    pub attentions: Vec<Vec<Matrix>>,
    /// `pooler_output` `[D]`; absent when the model has no pooler.
    pub pooler_output: Option<Vec<f32>>,
    /// Pooled vectors of the last layer, by readout name.
    pub pooled: BTreeMap<String, Vec<f32>>,
    /// Every operation of the pass in order.
    pub operations: Vec<Operation>,
    /// What flows into `[CLS]`.
    pub mixing: Mixing,
    /// The positions in two dimensions.
    pub map: Map,
    /// Answers of the recorded heads, or of those that the last race fitted; empty when there are none for this model.
    pub labels: Vec<HeadAnswer>,
    /// The answer of the checkpoint's own classification head: each class with its probability, or the bare score of
    /// a single one; empty when it has none.
    pub own: Vec<(String, f32)>,
}

impl TraceData {
    /// About how much memory it takes, in bytes: its tables.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let embeddings = [&self.word, &self.position, &self.segment, &self.sum].into_iter();
        let steps = self.operations.iter().flat_map(|operation| &operation.values);
        let tables = embeddings.chain(&self.hidden_states).chain(self.attentions.iter().flatten()).chain(steps);
        tables.map(|table| size_of_val(table.data.as_slice())).sum()
    }

    /// What a reader must know about how this tokenizer writes its pieces.
    #[must_use]
    pub fn writing(&self) -> Vec<String> {
        let of = |kind| self.pieces.iter().find(|piece| piece.kind == kind).map(|piece| piece.shown.as_str());
        let mut notes = Vec::new();
        if let (Some(first), Some(separator)) = (of(PieceKind::First), of(PieceKind::Separator))
            && (first, separator) != ("[CLS]", "[SEP]")
        {
            notes.push(format!("here [CLS] is written {first} and [SEP] {separator}"));
        }
        let holds = |mark: &dyn Fn(&str) -> bool| self.pieces.iter().any(|piece| mark(&piece.shown));
        if holds(&|shown| shown.contains(SPACE)) {
            notes.push(format!("{SPACE} is the space before a word"));
        }
        let byte = |piece: &Piece| piece.shown != piece.text && piece.shown.ends_with('>');
        if self.pieces.iter().any(byte) {
            notes.push("<C3> is one byte of a character that has several".to_owned());
        }
        notes
    }
}

/// One operation of the forward pass, as the stepper shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// 1-based layer; `None` for embeddings and the pooler.
    pub layer: Option<usize>,
    /// `embeddings`, `attention`, `feed-forward`, `pooler`.
    pub block: &'static str,
    /// Short name: `softmax`.
    pub name: &'static str,
    /// Formula in plain characters.
    pub formula: &'static str,
    /// One sentence: why it is there.
    pub why: &'static str,
    /// Shapes: `[7 x 384] -> [7 x 384]`.
    pub shapes: String,
    /// The result: one matrix [T x n], or one [T x T] a head.
    pub values: Vec<Matrix>,
    /// For operations on the residual stream: by row, what it did.
    pub effects: Vec<Effect>,
}

/// What an operation on the residual stream did to one position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// Length before.
    pub norm_before: f32,
    /// Length after.
    pub norm_after: f32,
    /// Length of the difference.
    pub moved: f32,
    /// Cosine of before and after.
    pub cosine: f32,
}

/// What flows into `[CLS]`, by measure. Row l is layer l+1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mixing {
    /// Attention of `[CLS]`, averaged over heads `[L x T]`.
    pub raw: Matrix,
    /// Attention rollout from the input `[L x T]`.
    pub rollout: Matrix,
    /// Norm-based share `[L x T]`; a row adds to 1.
    pub norm: Matrix,
    /// Mixing ratio `[L]`.
    pub ratio: Vec<f32>,
    /// Norm-based share when the largest coordinate of `[CLS]` is left out `[L x T]`.
    pub norm_without: Matrix,
    /// Mixing ratio then `[L]`.
    pub ratio_without: Vec<f32>,
}

/// All positions through the layers, by the first two principal components of all of them together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    /// (L+1) x T points.
    pub points: Vec<Vec<[f32; 2]>>,
    /// Share of the variance that each axis carries.
    pub explained: [f32; 2],
}

/// A head's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadAnswer {
    /// What it reads: `cls` or `mean` of the last layer.
    pub readout: String,
    /// What it can answer.
    pub classes: [String; 2],
    /// It was fitted here, not recorded.
    pub here: bool,
    /// The data set that it learnt from, by name.
    pub data: String,
    /// Probability of the second of its classes, "positive" where that is one.
    pub positive: f32,
    /// Its test accuracy.
    pub accuracy: f64,
    /// Each dimension's part in the logit, `[D]`.
    pub parts: Vec<f32>,
    /// What is added regardless of the sentence.
    pub bias: f32,
}
