//! The forward pass as a list of operations, each with its formula, shapes, numbers and what it did.

use super::tensors::{cosine, matrices, matrix, norm};
use super::{Effect, Matrix, Operation};
use crate::model::trace::BEFORE_PROJECTION;
use crate::model::{Bert, ModelError, Trace};

/// What is known of an operation beside its numbers: name for lessons, name in the trace, formula, why.
type Known = (&'static str, &'static str, &'static str, &'static str);

const EMBEDDINGS: [Known; 5] = [
    ("word", "word", "w = WordEmbedding[id]", "Each piece's id picks its row of the word table."),
    (
        "position",
        "position",
        "p = PositionEmbedding[index]",
        "Attention has no order of its own, so the place is added as a vector.",
    ),
    ("segment", "segment", "s = SegmentEmbedding[0 or 1]", "It tells the first text of a pair from the second."),
    ("sum", "sum", "x = w + p + s", "One vector has to carry all three."),
    (
        "norm",
        "norm",
        "x' = γ (x - mean) / std + β",
        "Mean 0 and spread 1 for every vector; then each dimension gets its learned γ and β. This is hidden state 0.",
    ),
];

/// Where the tables have fewer numbers in a row than a hidden state.
const PROJECTED: [Known; 2] = [
    ("norm", BEFORE_PROJECTION, "x' = γ (x - mean) / std + β", "LayerNorm brings every vector to a similar scale."),
    (
        "projection",
        "norm",
        "x'' = We x' + be",
        "The tables have fewer numbers in a row: a dense layer brings them to the hidden size. This is hidden state 0.",
    ),
];

/// Where the model knows tasks.
const WITH_TASK: Known = (
    "segment",
    "segment",
    "s = SegmentEmbedding[0 or 1] + TaskEmbedding[0]",
    "It tells the first text of a pair from the second; the row of task 0 is added to every piece.",
);

const ATTENTION: [Known; 9] = [
    ("query", "query", "q = Wq x + bq", "What this position looks for in the others."),
    ("key", "key", "k = Wk x + bk", "What this position offers to be found by."),
    ("value", "value", "v = Wv x + bv", "What this position hands over when it is found."),
    ("scores", "scores", "q·k / sqrt(d), by head", "How well each row's query fits each column's key."),
    (
        "softmax",
        "probabilities",
        "exp(score) / sum of exp, by row",
        "Scores become weights that add to 1 in every row.",
    ),
    (
        "context",
        "context",
        "sum over j of weight_j v_j",
        "Each row takes a weighted sum of all values: here positions mix.",
    ),
    ("output", "attention.output", "o = Wo context + bo", "The heads' results are put together."),
    ("residual", "attention.residual", "x' = x + o", "The old vector is kept, and o, what attention made, is added."),
    ("norm", "attention.norm", "x' = γ (x - mean) / std + β", "Mean 0 and spread 1 again, then γ and β."),
];

const FEED_FORWARD: [Known; 5] = [
    ("intermediate", "intermediate", "h = W1 x + b1", "Each position alone is spread over four times as many numbers."),
    (
        "gelu",
        "activation",
        "h' = h Φ(h)",
        "The activation keeps large numbers and damps small ones; without it two dense layers would be one.",
    ),
    ("output", "output", "o = W2 h' + b2", "And folded back to the vector's size."),
    ("residual", "residual", "x' = x + o", "Again the old vector is kept and the result added."),
    ("norm", "norm", "x' = γ (x - mean) / std + β", "LayerNorm once more. This is the layer's hidden state."),
];

const POOLER: (&str, &str, &str) = (
    "pooler",
    "tanh(Wp x + bp), for [CLS] only",
    "A dense layer on [CLS]. The raw [CLS] vector is its input, not its output.",
);

/// Names of all operations, for the checker of lessons.
#[must_use]
pub fn names() -> Vec<String> {
    let known = EMBEDDINGS.iter().chain(&PROJECTED).chain(&ATTENTION).chain(&FEED_FORWARD).map(|(name, ..)| *name);
    let mut names: Vec<String> = known.chain([POOLER.0]).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// Every operation of a traced pass, in order.
pub(super) fn operations(bert: &Bert, trace: &Trace, layers: usize) -> Result<Vec<Operation>, ModelError> {
    let mut result = Vec::with_capacity(6 + layers * 14);
    let mut embeddings = EMBEDDINGS.to_vec();
    if bert.config().tasks.is_some() {
        embeddings[2] = WITH_TASK;
    }
    if bert.embeddings().projection.is_some() {
        embeddings.splice(4.., PROJECTED);
    }
    for known in embeddings {
        let before = (known.0 == "norm").then_some((0, "sum"));
        result.push(operation(trace, 0, "embeddings", known, before)?);
    }
    for layer in 1..=layers {
        for known in ATTENTION {
            // The residual stream before: what the layer was given for the sum, the sum for LayerNorm.
            let before = match known.0 {
                "residual" => Some((layer - 1, "norm")),
                "norm" => Some((layer, "attention.residual")),
                _ => None,
            };
            result.push(operation(trace, layer, "attention", known, before)?);
        }
        for known in FEED_FORWARD {
            let before = match known.0 {
                "residual" => Some((layer, "attention.norm")),
                "norm" => Some((layer, "residual")),
                _ => None,
            };
            result.push(operation(trace, layer, "feed-forward", known, before)?);
        }
    }
    let cls = trace.get(layers, "norm")?.narrow(0, 0, 1)?;
    if let Some(pooled) = bert.pool(&cls)? {
        let (name, formula, why) = POOLER;
        let values = vec![matrix(&pooled)?];
        let shapes = format!("{} -> {}", shape(cls.dims()), shape(pooled.dims()));
        result.push(Operation {
            layer: None,
            block: "pooler",
            name,
            formula,
            why,
            shapes,
            values,
            effects: Vec::new(),
        });
    }
    Ok(result)
}

fn operation(
    trace: &Trace,
    layer: usize,
    block: &'static str,
    (name, kept, formula, why): Known,
    before: Option<(usize, &'static str)>,
) -> Result<Operation, ModelError> {
    let tensor = trace.get(layer, kept)?;
    let values = if tensor.rank() == 3 { matrices(tensor)? } else { vec![matrix(tensor)?] };
    let effects = match (before, values.first()) {
        (Some((layer, kept)), Some(after)) => effects(&matrix(trace.get(layer, kept)?)?, after),
        _ => Vec::new(),
    };
    let input = inputs(kept, name == "projection")
        .iter()
        .map(|(from_before, kept)| Ok(shape(trace.get(layer - usize::from(*from_before), kept)?.dims())));
    let input = input.collect::<Result<Vec<_>, ModelError>>()?.join(" + ");
    let shapes = if input.is_empty() { shape(tensor.dims()) } else { format!("{input} -> {}", shape(tensor.dims())) };
    Ok(Operation { layer: (layer > 0).then_some(layer), block, name, formula, why, shapes, values, effects })
}

/// What an operation reads, by its name in the trace; `true` means from the layer before.
fn inputs(kept: &str, projected: bool) -> &'static [(bool, &'static str)] {
    match kept {
        "norm" if projected => &[(false, BEFORE_PROJECTION)],
        "sum" => &[(false, "word"), (false, "position"), (false, "segment")],
        "query" | "key" | "value" => &[(true, "norm")],
        "scores" => &[(false, "query"), (false, "key")],
        "probabilities" => &[(false, "scores")],
        "context" => &[(false, "probabilities"), (false, "value")],
        "attention.output" => &[(false, "context")],
        "attention.residual" => &[(true, "norm"), (false, "attention.output")],
        "attention.norm" => &[(false, "attention.residual")],
        "intermediate" => &[(false, "attention.norm")],
        "activation" => &[(false, "intermediate")],
        "output" => &[(false, "activation")],
        "residual" => &[(false, "attention.norm"), (false, "output")],
        _ => &[],
    }
}

fn shape(dims: &[usize]) -> String {
    format!("[{}]", dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x "))
}

fn effects(before: &Matrix, after: &Matrix) -> Vec<Effect> {
    (0..after.rows)
        .map(|row| {
            let (before, after) = (before.row(row), after.row(row));
            let difference: Vec<f32> = after.iter().zip(before).map(|(after, before)| after - before).collect();
            Effect {
                norm_before: norm(before) as f32,
                norm_after: norm(after) as f32,
                moved: norm(&difference) as f32,
                cosine: cosine(before, after),
            }
        })
        .collect()
}
