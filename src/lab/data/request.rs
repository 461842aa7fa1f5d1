//! What can be asked, what comes back, and how far a long experiment is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::lab::way::Way;

use super::{
    AggregateReport, AggregateRequest, AskData, CompareData, Curve, DecodeData, GradientData, InversionReport,
    InvertRequest, KnockoutData, Lane, LearnData, LearnRequest, NearestData, NeighboursData, RaceReport, RaceRequest,
    TraceData,
};

/// What can be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// One pass with everything kept.
    Trace(Sentence),
    /// Cut every edge j -> `[CLS]`, one layer at a time.
    Knockout(Sentence),
    /// Nearest vocabulary entries to one piece's word embedding.
    Neighbours {
        /// The sentence.
        sentence: Sentence,
        /// Index of the piece.
        position: usize,
    },
    /// Two sentences side by side.
    Compare {
        /// The first sentence.
        first: Sentence,
        /// The second sentence.
        second: Sentence,
        /// A word that occurs in both.
        word: Option<String>,
    },
    /// Classifiers side by side (one layer: a race; several: a probe curve).
    Race(RaceRequest),
    /// What the lanes of the last race say about a sentence.
    Ask(Sentence),
    /// One pass of the other model, with everything kept.
    Beside(Sentence),
    /// The gradient's size by layer and position.
    Gradient(Sentence),
    /// The same pieces in other arrangements.
    Arrange(Sentence),
    /// The largest coordinate of `[CLS]`, and what it does to cosines with other sentences.
    Largest(Sentence),
    /// What the first place receives of the words' attention, in five arrangements.
    Received {
        /// The sentence.
        sentence: Sentence,
        /// The word that takes the place of `[CLS]` in one of them.
        stand_in: String,
    },
    /// `[CLS]` cut off from the words in some layers.
    Ranges {
        /// The sentence.
        sentence: Sentence,
        /// First and last layer of each range, counted from 1.
        ranges: Vec<[usize; 2]>,
    },
    /// A word hidden, and where the loss of guessing it touches.
    Masked {
        /// The sentence.
        sentence: Sentence,
        /// Which piece; the middle one unless given.
        position: Option<usize>,
    },
    /// What each position adds to the recorded head's answer.
    Attribution(Sentence),
    /// A short training, watched through one sentence.
    Learn(LearnRequest),
    /// Decoders from vectors back to word pieces.
    Invert(InvertRequest),
    /// A sentence as the decoders of a run give it back.
    Decode(Sentence, InvertRequest),
    /// A probe, random pairs and nearest sentences, for `cls` and `mean` by layer.
    Aggregate(AggregateRequest),
    /// The training sentences of such a run that are nearest to a sentence.
    Nearest(Sentence, AggregateRequest),
    /// The same question about vectors that are prepared: of [`Compare`](Self::Compare), [`Arrange`](Self::Arrange),
    /// [`Knockout`](Self::Knockout), [`Ranges`](Self::Ranges) and [`Nearest`](Self::Nearest).
    Prepared(Way, Box<Request>),
}

/// One text, or a pair.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Sentence {
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub pair: Option<String>,
}

impl Sentence {
    /// A single text.
    #[must_use]
    pub fn single(text: impl Into<String>) -> Self {
        Self { text: text.into(), pair: None }
    }
}

/// What comes back.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Answer to [`Request::Trace`].
    Trace(Arc<TraceData>),
    /// Answer to [`Request::Knockout`].
    Knockout(Arc<KnockoutData>),
    /// Answer to [`Request::Neighbours`].
    Neighbours(Arc<NeighboursData>),
    /// Answer to [`Request::Compare`].
    Compare(Arc<CompareData>),
    /// Answer to [`Request::Race`].
    Race(Arc<RaceReport>),
    /// Answer to [`Request::Ask`].
    Ask(Arc<AskData>),
    /// Answer to [`Request::Beside`].
    Beside(Arc<TraceData>),
    /// Answer to [`Request::Arrange`].
    Arrange(Arc<crate::lab::arrange::ArrangeData>),
    /// Answer to [`Request::Largest`].
    Largest(Arc<crate::lab::largest::LargestData>),
    /// Answer to [`Request::Received`].
    Received(Arc<crate::lab::received::ReceivedByFirst>),
    /// Answer to [`Request::Ranges`]: 1 - cosine of `[CLS]`'s final vector with the original, for each range.
    Ranges(Arc<Vec<f32>>),
    /// Answer to [`Request::Masked`].
    Masked(Arc<crate::lab::gradient::MaskedWord>),
    /// Answer to [`Request::Gradient`].
    Gradient(Arc<GradientData>),
    /// Answer to [`Request::Attribution`].
    Attribution(Arc<crate::lab::attribution::AttributionData>),
    /// Answer to [`Request::Learn`].
    Learn(Arc<LearnData>),
    /// Answer to [`Request::Invert`].
    Invert(Arc<InversionReport>),
    /// Answer to [`Request::Decode`].
    Decode(Arc<DecodeData>),
    /// Answer to [`Request::Aggregate`].
    Aggregate(Arc<AggregateReport>),
    /// Answer to [`Request::Nearest`].
    Nearest(Arc<NearestData>),
}

/// How far a long experiment is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// What is being done, in words.
    pub what: String,
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub total: usize,
    /// Lanes that are finished already.
    pub lanes: Vec<Lane>,
    /// Lanes that learn just now.
    pub curves: Vec<Curve>,
    /// While the other model runs the same race: what the first one's came to.
    pub first: Option<Arc<FirstDone>>,
}

/// The first model's part of a race of two models.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FirstDone {
    /// Its lanes.
    pub lanes: Vec<Lane>,
    /// How those learnt that were fine-tuned.
    pub curves: Vec<Curve>,
}

impl Request {
    /// The same question about vectors that are prepared in this way.
    #[must_use]
    pub fn prepared(self, way: Way) -> Self {
        if way == Way::AsItIs { self } else { Self::Prepared(way, Box::new(self)) }
    }

    /// Whether it takes seconds or minutes, so that it is run only when asked for and may be stopped.
    #[must_use]
    pub fn is_long(&self) -> bool {
        matches!(self, Self::Race(_) | Self::Learn(_) | Self::Invert(_) | Self::Aggregate(_))
    }
}

/// What an answer without large tables is counted as, in bytes.
const SMALL: usize = 64 << 10;

impl Outcome {
    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Trace(trace) | Self::Beside(trace) => trace.bytes(),
            _ => SMALL,
        }
    }
}
