//! What lessons may name: live values by pattern, readouts, recorded keys, citations.
//!
//! The checker compares a lesson with a [`Vocabulary`]; whoever loads a course fills in the parts that depend on the
//! model (layers) and on the recorded runs (keys). `app::values` resolves exactly the patterns of [`LIVE`].

use std::collections::BTreeSet;

use super::Source;

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

/// Live values: pattern and meaning. `{layer}` is a number from 0 to the model's layers, `first`, `middle`, `below` (the one below
/// the last) or `last`, `{readout}` a readout's name, `{head}` 1 to the heads of a layer, `{rank}` 1 to 8.
pub const LIVE: &[(&str, &str)] = &[
    ("model.name", "the model's name"),
    ("model.history", "how the model was trained, where its name is known, or how its own files say it is read"),
    ("model.layers", "number of layers"),
    ("model.middle", "the number of its middle layer"),
    ("model.heads", "attention heads in a layer"),
    ("model.hidden", "numbers in one vector (hidden size)"),
    ("model.head_size", "numbers that one head works on"),
    ("model.vocabulary", "entries of the vocabulary"),
    ("model.parameters", "trained numbers in the model"),
    ("model.positions", "rows of the position table"),
    ("sentence.text", "the sentence the benches use now"),
    ("sentence.pieces", "its word pieces, [CLS] and [SEP] included"),
    ("sentence.unseen", "how many words were split into several pieces"),
    ("label.{readout}.answer", "the answer of the recorded head, or of the one fitted here (cls and mean)"),
    ("label.{readout}.probability", "the probability of that answer"),
    ("label.{readout}.accuracy", "how often that head is right on its test sentences"),
    ("cls.norm.{layer}", "length of [CLS]'s vector after this layer"),
    ("layernorm.before.shortest", "length of the shortest sum of word, position and segment row in the sentence"),
    ("layernorm.before.longest", "length of the longest"),
    ("layernorm.scaled.shortest", "the shortest once each has mean 0 and spread 1, before γ and β"),
    ("layernorm.scaled.longest", "the longest"),
    ("layernorm.after.shortest", "the shortest after γ and β: the embeddings"),
    ("layernorm.after.longest", "the longest"),
    ("compare.cls.{layer}", "cosine of the two [CLS] vectors of a comparison"),
    ("compare.word.{layer}", "cosine of the word's two vectors"),
    ("compare.mean.{layer}", "cosine of the two means"),
    ("mixing.ratio.{layer}", "mixing ratio of [CLS] in this layer's attention block (layer 1 is the first)"),
    ("mixing.top.{layer}", "the other token with the largest norm-based share (layer 1 is the first)"),
    ("mixing.most", "the layer in which [CLS] takes in most, by mixing ratio"),
    ("mixing.place", "where that layer lies: first, between or last"),
    ("mixing.least", "the layer in which [CLS] takes in least"),
    ("knockout.top", "the token whose edge into [CLS], cut in one layer, moves the final vector most"),
    ("knockout.effect", "1 - cosine of the final [CLS] vector after that cut"),
    ("neighbours.{rank}", "the rank-th nearest word of the vocabulary to the token under the cursor"),
    ("data.name", "the data set that races read: movies, or the learner's own file"),
    ("data.classes", "its labels"),
    ("data.sentences", "labelled sentences in the data set"),
    ("data.train", "of these for training"),
    ("data.validation", "for validation"),
    ("data.test", "for testing"),
    ("offer.train", "training sentences of the race that this step's bench offers, in the size that v chose"),
    ("offer.validation", "its validation sentences"),
    ("offer.test", "its test sentences"),
    ("offer.layers", "which layers learn in it: all layers learn, the upper 2 layers learn"),
    ("race.{readout}.{layer}.accuracy", "test accuracy of a lane, from the run that this step's bench offers"),
    ("race.{readout}.{layer}.above", "the same less that of one answer for everything"),
    ("race.{readout}.accuracy", "the same for a baseline, words or majority"),
    ("race.{readout}.{layer}.low", "lower end of its 95 % interval"),
    ("race.{readout}.{layer}.high", "upper end of its 95 % interval"),
    ("race.{readout}-{readout}.{layer}.difference", "difference of two lanes, second minus first"),
    ("race.{readout}-{readout}.{layer}.low", "lower end of its 95 % interval"),
    ("race.{readout}-{readout}.{layer}.high", "upper end of its 95 % interval"),
    ("race.{readout}-{readout}.{layer}.p", "its p, from the same statistic as the interval"),
    ("race.{readout}-{readout}.{layer}.verdict", "better, worse, equivalent, or too little data to tell"),
    ("race.{readout}.finetune.accuracy", "the same for a fine-tuned lane of that run"),
    ("race.{readout}.finetune.low", "lower end of its 95 % interval"),
    ("race.{readout}.finetune.high", "upper end of its 95 % interval"),
    ("race.{readout}-{readout}.finetune.difference", "difference of two fine-tuned lanes, second minus first"),
    ("race.{readout}-{readout}.finetune.low", "lower end of its 95 % interval"),
    ("race.{readout}-{readout}.finetune.high", "upper end of its 95 % interval"),
    ("race.{readout}-{readout}.finetune.p", "its p, from the same statistic as the interval"),
    ("race.{readout}-{readout}.finetune.verdict", "better, worse, equivalent, or too little data to tell"),
    ("arrange.carried.cosine.{layer}", "cosine of [CLS] when the words are shuffled with their positions"),
    ("arrange.carried.largest.{layer}", "largest change of any number of any vector then"),
    ("arrange.shuffled.cosine.{layer}", "cosine of [CLS] when the words are shuffled and positions counted anew"),
    ("arrange.shuffled.largest.{layer}", "largest change of any number of any vector then"),
    ("arrange.cls-at-end.cosine.{layer}", "cosine of [CLS] when it is moved to the end"),
    ("arrange.cls-at-end.largest.{layer}", "largest change of any number of any vector then"),
    ("arrange.no-positions.cosine.{layer}", "cosine of [CLS] without any positions"),
    ("arrange.no-positions.largest.{layer}", "largest change of any number of any vector then"),
    ("largest.index", "the coordinate that carries most of the length of [CLS], counted from 0"),
    ("largest.share.{layer}", "its share of the squared length of [CLS] after this layer"),
    ("largest.as-it-is.{layer}", "mean cosine of [CLS] with that of the bench's other sentences"),
    ("largest.without.{layer}", "the same without that coordinate"),
    ("largest.centred.{layer}", "the same with the mean vector subtracted"),
    ("received.as-it-is.{layer}", "mean attention that the words pay to the first place (layer 1 is the first)"),
    ("received.stand-in.{layer}", "the same with a word in the place of [CLS]"),
    ("received.without-cls.{layer}", "the same without [CLS]: a word has position 0"),
    ("received.without-cls-from-1.{layer}", "the same without [CLS], positions counted from 1"),
    ("received.from-1.{layer}", "the same with [CLS], positions counted from 1"),
    (
        "cut.{layer}-{layer}",
        "1 - cosine of the final [CLS] when it looks at nothing but itself from one layer to another",
    ),
    ("gradient.masked.touched.{layer}", "positions that the loss of a masked word reaches after this layer"),
    ("gradient.masked.share.{layer}", "share of that gradient's length that lies on [CLS] after this layer"),
    ("gradient.{readout}.touched.{layer}", "positions that the loss of a head on cls or mean reaches after this layer"),
    ("gradient.{readout}.share.{layer}", "share of the gradient's length that lies on [CLS] after this layer"),
    ("learning.before", "loss in the first step of the short training that this step's bench offers"),
    ("learning.after", "loss in its last step"),
    ("learning.even", "loss of the same probability for every class, the logarithm of their number"),
    ("learning.turned.{layer}", "1 - cosine of [CLS] before and after it, at this layer"),
    ("learning.top", "the token to which the attention of [CLS] changed most, mean of the heads, in any layer"),
    ("learning.change", "how much it changed"),
    ("learning.most", "the layer after which [CLS] turned most"),
    ("learning.place", "where that layer lies: first, between or last"),
    ("attention.top.{layer}.{head}", "the piece that [CLS] weighs most in this head (layer 1, head 1 are the first)"),
    ("attention.weight.{layer}.{head}", "the weight of that piece"),
    ("attention.cls.{layer}.{head}", "the weight of [CLS] on itself in this head"),
    ("attention.sep.{layer}.{head}", "its weight on [SEP]"),
    ("attention.entropy.{layer}.{head}", "entropy of its row, in nats"),
    ("attention.uniform", "entropy of even weights on all pieces of the sentence, in nats"),
    ("heads.count", "attention heads in all layers"),
    ("heads.top.special", "in how many of them [CLS] weighs itself or [SEP] most"),
    ("heads.top.share", "the same as a share of all heads"),
    ("heads.cls.{layer}", "share of a layer's attention that goes to [CLS], mean of heads and positions"),
    ("heads.sep.{layer}", "share that goes to [SEP]"),
    ("heads.self.{layer}", "share that goes from a position to itself"),
    ("heads.beside.{layer}", "share that goes to the position before or after"),
    ("similarity.mean.{layer}", "mean cosine of all pairs of positions after this layer"),
    ("similarity.cls.{layer}", "mean cosine of [CLS] with the others"),
    ("similarity.rise", "mean cosine of all pairs after the last layer, minus that of the embeddings"),
    ("attribution.logit", "logit of the recorded head on [CLS], positive minus negative"),
    ("attribution.baseline", "the same with all words replaced by [PAD], or by what the vocabulary has in its place"),
    ("attribution.gap", "what the integrated gradients leave unexplained of their difference"),
    ("attribution.top", "the word with the largest integrated gradient, whatever its sign"),
    ("attribution.looked", "the word with the largest rollout of [CLS] after the last layer"),
    ("attribution.agree", "yes or no: whether these two are the same"),
    ("attribution.raw", "rank correlation of the integrated gradients' sizes with raw attention of the last layer"),
    ("attribution.rollout", "rank correlation with rollout"),
    ("difference.cls.{layer}", "1 - cosine of [CLS] in the two sentences of the bench after this layer"),
    ("difference.most", "the layer after which it is largest"),
    ("difference.place", "where that layer lies: first (or the embeddings), between or last"),
    ("notebook.predicted", "predictions that the learner made"),
    ("notebook.measured", "how many of them were measured"),
    ("notebook.right", "how many of these came out so"),
    (
        "decode.{readout}.{layer}.precision",
        "share of the content pieces found in test sentences, from this bench's run",
    ),
    ("decode.{readout}.{layer}.low", "lower end of its 95 % interval"),
    ("decode.{readout}.{layer}.high", "upper end of its 95 % interval"),
    ("decode.{readout}.{layer}.hits", "known content pieces of your sentence that the decoder finds"),
    ("decode.{readout}.best", "the layer from which the decoder finds most"),
    ("decode.{readout}-{readout}.{layer}.difference", "difference of two such shares, second minus first"),
    ("decode.{readout}-{readout}.{layer}.low", "lower end of its 95 % interval"),
    ("decode.{readout}-{readout}.{layer}.high", "upper end of its 95 % interval"),
    ("decode.asked", "known content pieces of your sentence"),
    ("decode.baseline", "the same share when the commonest pieces are guessed"),
    ("decode.coverage", "share of the content pieces that the decoders know"),
    ("aggregate.{readout}.{layer}.probe", "test accuracy of a probe on cls or mean, from this bench's run"),
    ("aggregate.{readout}.{layer}.cosine", "mean cosine of two random test sentences"),
    (
        "aggregate.{readout}.{layer}.nearest",
        "share of test sentences whose nearest training sentence has the same label",
    ),
    ("aggregate.{readout}.{layer}.low", "lower end of that share's 95 % interval"),
    ("aggregate.{readout}.{layer}.high", "upper end of it"),
    ("aggregate.chance", "the same share when the training sentence is taken at random"),
    ("aggregate.train", "training sentences of that run"),
    ("aggregate.test", "its test sentences"),
    ("nearest.{readout}.{layer}", "the training sentence nearest to yours by cls or mean"),
    ("order.subject.{readout}.{layer}.accuracy", "how often a probe says who does it, once this bench's run is done"),
    ("order.shuffled.{readout}.{layer}.accuracy", "how often it tells a sentence from its words in random order"),
    ("order.swapped.{readout}.{layer}.accuracy", "how often it notices that two neighbours were exchanged"),
    ("race.train", "training sentences of that run"),
    ("race.test", "its test sentences"),
];

/// The family of a value: `race` of `race.cls.last.accuracy`.
pub(crate) fn family(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

/// What a value is, for questions that it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Number,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A word piece.
    Piece,
    /// Any words.
    Words,
}

const PLACES: &[&str] = &["first", "between", "last"];
/// The names of the lab's verdicts, which a test compares.
const VERDICTS: &[&str] = &["better", "worse", "equivalent", "too little data to tell"];

/// What the value with this key is.
#[must_use]
pub fn kind(source: Source, key: &str) -> Kind {
    let family = family(key);
    let what = key.rsplit('.').next().unwrap_or_default();
    match (source, family, what) {
        (Source::Live | Source::Record, _, "verdict") => Kind::OneOf(VERDICTS),
        (Source::Cite, ..)
        | (Source::Record, _, "command" | "date" | "model_sha256" | "tensors_sha256" | "data_sha256") => Kind::Words,
        (Source::Record, ..) => Kind::Number,
        (_, _, "place") => Kind::OneOf(PLACES),
        (_, "attribution", "agree") => Kind::OneOf(&["yes", "no"]),
        (_, "knockout" | "learning" | "attribution", "top" | "looked") => Kind::Piece,
        (_, "model", "name" | "history")
        | (_, "sentence", "text")
        | (_, "data", "name" | "classes")
        | (_, "neighbours" | "nearest", _)
        | (_, "label", "answer") => Kind::Words,
        _ if key.starts_with("attention.top.") || key.starts_with("mixing.top.") => Kind::Piece,
        _ => Kind::Number,
    }
}

/// What a course may refer to; handed to the checker.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Patterns of live values, from [`LIVE`].
    pub live: Vec<&'static str>,
    /// Names of readouts (`cls`, `mean`, …); `token:K` and `stand-in:WORD` are given as `token:` and `stand-in:`.
    pub readouts: Vec<String>,
    /// Layers of the model.
    pub layers: usize,
    /// Attention heads in a layer.
    pub heads: usize,
    /// Recorded values: `FILE.key`, for example `frozen.cls.6.accuracy`.
    pub records: BTreeSet<String>,
    /// Names of the forward pass's operations.
    pub operations: Vec<String>,
}
