//! The values that the notebook needs, with the recorded ones that stand in where nothing was measured.

use crate::lesson::Format;

/// A value that the screen keeps when a step shows it.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// Its key: that of the live value, `last` for the last layer. Of a short training, `learning.{readout}.…`.
    pub key: &'static str,
    /// The recorded value that stands in when nothing was measured here.
    pub record: Option<&'static str>,
    /// What it is, in words.
    pub what: &'static str,
    /// How it is written.
    pub format: Format,
    /// No answer rests on it; the notebook lists it at the end.
    pub besides: bool,
}

const fn fact(key: &'static str, record: Option<&'static str>, what: &'static str, format: Format) -> Fact {
    Fact { key, record, what, format, besides: false }
}

const fn besides(key: &'static str, what: &'static str, format: Format) -> Fact {
    Fact { key, record: None, what, format, besides: true }
}

use Format::{Auto, Decimals, Percent, Points};

/// Every value that the notebook may show.
pub const FACTS: &[Fact] = &[
    // Question 1.
    fact("race.cls.last.accuracy", Some("frozen.cls.6.accuracy"), "frozen [CLS], test sentences right", Percent),
    fact("race.cls.last.low", Some("frozen.cls.6.low"), "its 95 % interval, from", Percent),
    fact("race.cls.last.high", Some("frozen.cls.6.high"), "its 95 % interval, to", Percent),
    fact(
        "race.mean.last.accuracy",
        Some("frozen.mean.6.accuracy"),
        "frozen GlobalPooling, test sentences right",
        Percent,
    ),
    fact("race.mean.last.low", Some("frozen.mean.6.low"), "its 95 % interval, from", Percent),
    fact("race.mean.last.high", Some("frozen.mean.6.high"), "its 95 % interval, to", Percent),
    fact(
        "race.cls-mean.last.difference",
        Some("full.cls-mean.6.difference"),
        "GlobalPooling minus [CLS], frozen",
        Points,
    ),
    fact("race.cls-mean.last.low", Some("full.cls-mean.6.low"), "its 95 % interval, from", Points),
    fact("race.cls-mean.last.high", Some("full.cls-mean.6.high"), "its 95 % interval, to", Points),
    fact("race.cls-mean.last.verdict", Some("full.cls-mean.6.verdict"), "GlobalPooling against [CLS]", Auto),
    fact("race.words.accuracy", Some("frozen.words.accuracy"), "words without BERT, test sentences right", Percent),
    fact(
        "race.majority.accuracy",
        Some("frozen.majority.accuracy"),
        "one answer for everything, test sentences right",
        Percent,
    ),
    fact(
        "aggregate.cls.last.cosine",
        Some("aggregate.cls.6.cosine"),
        "[CLS] of two random test sentences: mean cosine",
        Auto,
    ),
    fact(
        "aggregate.mean.last.cosine",
        Some("aggregate.mean.6.cosine"),
        "GlobalPooling of two random test sentences: mean cosine",
        Auto,
    ),
    fact(
        "aggregate.cls.last.nearest",
        Some("aggregate.cls.6.nearest"),
        "[CLS]: nearest training sentence has the same label",
        Percent,
    ),
    fact(
        "aggregate.mean.last.nearest",
        Some("aggregate.mean.6.nearest"),
        "GlobalPooling: nearest training sentence has the same label",
        Percent,
    ),
    // Question 2.
    fact(
        "arrange.carried.largest.last",
        None,
        "words shuffled with their positions: largest change of any number after the last layer",
        Auto,
    ),
    fact("arrange.carried.cosine.last", None, "the same: cosine of [CLS] with what it was", Decimals(6)),
    fact("arrange.shuffled.cosine.last", None, "shuffled, positions counted anew: cosine of [CLS]", Auto),
    fact("arrange.cls-at-end.cosine.last", None, "[CLS] moved to the end: cosine of [CLS]", Auto),
    fact("arrange.no-positions.cosine.last", None, "no positions at all: cosine of [CLS]", Auto),
    fact(
        "race.cls-cls-at-end.last.difference",
        Some("frozen.cls-cls-at-end.6.difference"),
        "[CLS] at the end minus [CLS] in first place, frozen",
        Points,
    ),
    fact("race.cls-cls-at-end.last.low", Some("frozen.cls-cls-at-end.6.low"), "its 95 % interval, from", Points),
    fact("race.cls-cls-at-end.last.high", Some("frozen.cls-cls-at-end.6.high"), "its 95 % interval, to", Points),
    fact(
        "race.cls-cls-at-end.last.verdict",
        Some("frozen.cls-cls-at-end.6.verdict"),
        "[CLS] at the end against [CLS] in first place",
        Auto,
    ),
    // Question 3.
    fact("sentence.pieces", None, "word pieces of the sentence", Auto),
    fact(
        "gradient.cls.touched.last",
        None,
        "positions that the loss of a classifier on [CLS] touches after the last layer",
        Auto,
    ),
    fact("gradient.cls.touched.1", None, "the same after layer 1", Auto),
    fact(
        "gradient.mean.touched.last",
        None,
        "positions that the loss of a classifier on GlobalPooling touches after the last layer",
        Auto,
    ),
    fact("learning.cls.before", None, "a short training on [CLS]: loss in the first step", Auto),
    fact("learning.cls.after", None, "loss in its last step", Auto),
    fact("learning.cls.turned.last", None, "how far [CLS] turned by it (1 - cosine) after the last layer", Auto),
    fact(
        "race.cls.finetune.accuracy",
        Some("full.cls.finetune.accuracy"),
        "fine-tuned [CLS], test sentences right",
        Percent,
    ),
    fact(
        "race.cls-mean.finetune.difference",
        Some("full.cls-mean.finetune.difference"),
        "GlobalPooling minus [CLS], fine-tuned",
        Points,
    ),
    fact("race.cls.finetune.low", Some("full.cls.finetune.low"), "its 95 % interval, from", Percent),
    fact("race.cls.finetune.high", Some("full.cls.finetune.high"), "its 95 % interval, to", Percent),
    fact(
        "race.mean.finetune.accuracy",
        Some("full.mean.finetune.accuracy"),
        "fine-tuned GlobalPooling, test sentences right",
        Percent,
    ),
    fact("race.mean.finetune.low", Some("full.mean.finetune.low"), "its 95 % interval, from", Percent),
    fact("race.mean.finetune.high", Some("full.mean.finetune.high"), "its 95 % interval, to", Percent),
    fact("race.cls-mean.finetune.low", Some("full.cls-mean.finetune.low"), "its 95 % interval, from", Points),
    fact("race.cls-mean.finetune.high", Some("full.cls-mean.finetune.high"), "its 95 % interval, to", Points),
    fact(
        "race.cls-mean.finetune.verdict",
        Some("full.cls-mean.finetune.verdict"),
        "GlobalPooling against [CLS], fine-tuned",
        Auto,
    ),
    // Question 4.
    fact(
        "decode.cls.last.precision",
        Some("inversion.cls.6.precision"),
        "from [CLS], content pieces of test sentences found",
        Percent,
    ),
    fact("decode.cls.last.low", Some("inversion.cls.6.low"), "its 95 % interval, from", Percent),
    fact("decode.cls.last.high", Some("inversion.cls.6.high"), "its 95 % interval, to", Percent),
    fact(
        "decode.mean.last.precision",
        Some("inversion.mean.6.precision"),
        "from GlobalPooling, content pieces of test sentences found",
        Percent,
    ),
    fact("decode.mean.last.low", Some("inversion.mean.6.low"), "its 95 % interval, from", Percent),
    fact("decode.mean.last.high", Some("inversion.mean.6.high"), "its 95 % interval, to", Percent),
    fact("decode.baseline", Some("inversion.baseline"), "the commonest pieces guessed every time, found", Percent),
    fact(
        "decode.coverage",
        Some("inversion.coverage"),
        "share of all content pieces that the decoders know at all",
        Percent,
    ),
    fact(
        "order.subject.cls.last.accuracy",
        None,
        "from [CLS], a probe right about which noun comes first (guessing: half)",
        Percent,
    ),
    fact(
        "order.shuffled.cls.last.accuracy",
        None,
        "from [CLS], a probe right about a sentence or its words in random order (guessing: half)",
        Percent,
    ),
    fact(
        "order.swapped.cls.last.accuracy",
        None,
        "from [CLS], a probe right about two exchanged neighbours (guessing: half)",
        Percent,
    ),
    // The claim about any token.
    fact(
        "race.cls-token:1.finetune.difference",
        Some("positions.cls-token:1.finetune.difference"),
        "the first token of the text minus [CLS], fine-tuned",
        Points,
    ),
    fact(
        "race.cls-token:1.finetune.low",
        Some("positions.cls-token:1.finetune.low"),
        "its 95 % interval, from",
        Points,
    ),
    fact(
        "race.cls-token:1.finetune.high",
        Some("positions.cls-token:1.finetune.high"),
        "its 95 % interval, to",
        Points,
    ),
    fact(
        "race.cls-token:1.finetune.verdict",
        Some("positions.cls-token:1.finetune.verdict"),
        "the first token of the text against [CLS], fine-tuned",
        Auto,
    ),
    fact(
        "race.cls-random.finetune.difference",
        Some("positions.cls-random.finetune.difference"),
        "a random token minus [CLS], fine-tuned",
        Points,
    ),
    fact("race.cls-random.finetune.low", Some("positions.cls-random.finetune.low"), "its 95 % interval, from", Points),
    fact("race.cls-random.finetune.high", Some("positions.cls-random.finetune.high"), "its 95 % interval, to", Points),
    fact(
        "race.cls-random.finetune.verdict",
        Some("positions.cls-random.finetune.verdict"),
        "a random token against [CLS], fine-tuned",
        Auto,
    ),
    fact(
        "race.cls-sep.finetune.difference",
        Some("positions.cls-sep.finetune.difference"),
        "the last [SEP] minus [CLS], fine-tuned",
        Points,
    ),
    fact("race.cls-sep.finetune.low", Some("positions.cls-sep.finetune.low"), "its 95 % interval, from", Points),
    fact("race.cls-sep.finetune.high", Some("positions.cls-sep.finetune.high"), "its 95 % interval, to", Points),
    fact(
        "race.cls-sep.finetune.verdict",
        Some("positions.cls-sep.finetune.verdict"),
        "the last [SEP] against [CLS], fine-tuned",
        Auto,
    ),
    fact(
        "race.cls-cls-at-end.finetune.difference",
        Some("positions.cls-cls-at-end.finetune.difference"),
        "[CLS] at the end minus [CLS], fine-tuned",
        Points,
    ),
    fact(
        "race.cls-cls-at-end.finetune.low",
        Some("positions.cls-cls-at-end.finetune.low"),
        "its 95 % interval, from",
        Points,
    ),
    fact(
        "race.cls-cls-at-end.finetune.high",
        Some("positions.cls-cls-at-end.finetune.high"),
        "its 95 % interval, to",
        Points,
    ),
    fact(
        "race.cls-cls-at-end.finetune.verdict",
        Some("positions.cls-cls-at-end.finetune.verdict"),
        "[CLS] at the end against [CLS], fine-tuned",
        Auto,
    ),
    fact(
        "race.cls-stand-in:banana.finetune.difference",
        Some("positions.cls-stand-in:banana.finetune.difference"),
        "\"banana\" in the place of [CLS] minus [CLS], fine-tuned",
        Points,
    ),
    fact(
        "race.cls-stand-in:banana.finetune.low",
        Some("positions.cls-stand-in:banana.finetune.low"),
        "its 95 % interval, from",
        Points,
    ),
    fact(
        "race.cls-stand-in:banana.finetune.high",
        Some("positions.cls-stand-in:banana.finetune.high"),
        "its 95 % interval, to",
        Points,
    ),
    fact(
        "race.cls-stand-in:banana.finetune.verdict",
        Some("positions.cls-stand-in:banana.finetune.verdict"),
        "\"banana\" in the place of [CLS] against [CLS], fine-tuned",
        Auto,
    ),
    // Of interest, but no answer rests on them.
    besides("label.cls.answer", "the recorded classifier's answer from [CLS]", Auto),
    besides("compare.cls.0", "cosine of [CLS] in two sentences, at layer 0", Decimals(6)),
    besides("compare.cls.last", "the same after the last layer", Decimals(6)),
    besides("mixing.most", "layer in which [CLS] takes in most", Auto),
    besides("mixing.ratio.1", "mixing ratio of [CLS] in layer 1", Auto),
    besides("mixing.ratio.last", "mixing ratio of [CLS] in the last layer", Auto),
    besides("knockout.top", "the token whose edge into [CLS], cut, turns it most", Auto),
    besides("knockout.effect", "how far it turns then (1 - cosine)", Auto),
];
