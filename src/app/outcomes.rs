//! What was answered, as benches and values read it: one getter a kind of outcome, for what the screen's bench asks. Those
//! that compare vectors take the way in which these are prepared.

use std::sync::Arc;

use super::{State, runs};
use crate::lab::arrange::ArrangeData;
use crate::lab::attribution::AttributionData;
use crate::lab::knockout::all_ranges;
use crate::lab::largest::LargestData;
use crate::lab::received::ReceivedByFirst;
use crate::lab::way::Way;
use crate::lab::{
    AskData, CompareData, DecodeData, GradientData, KnockoutData, NearestData, NeighboursData, Outcome, Request,
    Sentence, TraceData,
};

/// The word that stands in for `[CLS]` unless a bench names another.
pub(crate) const STAND_IN: &str = "banana";

impl State {
    /// The trace of the sentence on the screen.
    #[must_use]
    pub fn trace(&self) -> Option<&Arc<TraceData>> {
        let Outcome::Trace(data) = self.answer(&Request::Trace(self.sentence()))? else { return None };
        Some(data)
    }

    /// The same sentence through the other model.
    #[must_use]
    pub fn beside(&self) -> Option<&Arc<TraceData>> {
        let Outcome::Beside(data) = self.answer(&Request::Beside(self.sentence()))? else { return None };
        Some(data)
    }

    /// Its knock-outs.
    #[must_use]
    pub fn knockout(&self, way: Way) -> Option<&Arc<KnockoutData>> {
        let Outcome::Knockout(data) = self.answer(&Request::Knockout(self.sentence()).prepared(way))? else {
            return None;
        };
        Some(data)
    }

    /// The neighbours of the piece under the cursor.
    #[must_use]
    pub fn neighbours(&self) -> Option<&Arc<NeighboursData>> {
        let request = Request::Neighbours { sentence: self.sentence(), position: self.cursor.token };
        let Outcome::Neighbours(data) = self.answer(&request)? else { return None };
        Some(data)
    }

    /// The largest coordinate of its `[CLS]`.
    #[must_use]
    pub fn largest(&self) -> Option<&Arc<LargestData>> {
        let Outcome::Largest(data) = self.answer(&Request::Largest(self.sentence()))? else { return None };
        Some(data)
    }

    /// What the first place receives of its words' attention.
    #[must_use]
    pub fn received(&self) -> Option<&Arc<ReceivedByFirst>> {
        let Outcome::Received(data) = self.answer(&self.received_request())? else { return None };
        Some(data)
    }

    /// The request for that: the word that stands in is the one that the bench names, or banana.
    #[must_use]
    pub fn received_request(&self) -> Request {
        let named = self.bench().and_then(|bench| bench.word.clone());
        Request::Received { sentence: self.sentence(), stand_in: named.unwrap_or_else(|| STAND_IN.to_owned()) }
    }

    /// What becomes of its `[CLS]` when it is cut off from the words in a range of layers, for every range
    /// ([`all_ranges`]).
    #[must_use]
    pub fn cut_ranges(&self, way: Way) -> Option<&Arc<Vec<f32>>> {
        let Outcome::Ranges(data) = self.answer(&self.ranges_request()?.prepared(way))? else { return None };
        Some(data)
    }

    /// The request for that.
    #[must_use]
    pub fn ranges_request(&self) -> Option<Request> {
        Some(Request::Ranges { sentence: self.sentence(), ranges: all_ranges(self.layers()?) })
    }

    /// The sentence in other arrangements.
    #[must_use]
    pub fn arranged(&self, way: Way) -> Option<&Arc<ArrangeData>> {
        let Outcome::Arrange(data) = self.answer(&Request::Arrange(self.sentence()).prepared(way))? else {
            return None;
        };
        Some(data)
    }

    /// Where the loss touches.
    #[must_use]
    pub fn gradient(&self) -> Option<&Arc<GradientData>> {
        let Outcome::Gradient(data) = self.answer(&Request::Gradient(self.sentence()))? else { return None };
        Some(data)
    }

    /// What each piece adds to the recorded head's answer.
    #[must_use]
    pub fn attribution(&self) -> Option<&Arc<AttributionData>> {
        let Outcome::Attribution(data) = self.answer(&Request::Attribution(self.sentence()))? else { return None };
        Some(data)
    }

    /// The sentence that the bench compares with.
    #[must_use]
    pub fn other(&self) -> Option<Sentence> {
        self.bench()?.other.clone().map(Sentence::single)
    }

    /// Its trace.
    #[must_use]
    pub fn other_trace(&self) -> Option<&Arc<TraceData>> {
        if self.shows_models() {
            return self.beside();
        }
        let Outcome::Trace(data) = self.answer(&Request::Trace(self.other()?))? else { return None };
        Some(data)
    }

    /// The sentence as the decoders of the bench's run give it back.
    #[must_use]
    pub fn decoded(&self) -> Option<&Arc<DecodeData>> {
        let request = Request::Decode(self.sentence(), self.invert_request()?);
        let Outcome::Decode(data) = self.answer(&request)? else { return None };
        Some(data)
    }

    /// The sentences of the bench's run that are nearest to the sentence on the screen.
    #[must_use]
    pub fn nearest(&self, way: Way) -> Option<&Arc<NearestData>> {
        let request = Request::Nearest(self.sentence(), self.aggregate_request()?);
        let Outcome::Nearest(data) = self.answer(&request.prepared(way))? else { return None };
        Some(data)
    }

    /// The comparison that the bench asks for.
    #[must_use]
    pub fn compare(&self, way: Way) -> Option<&Arc<CompareData>> {
        let Outcome::Compare(data) = self.answer(&self.compare_request()?.prepared(way))? else { return None };
        Some(data)
    }

    /// What the lanes of the last race say about a text; until that is there, about the one before.
    #[must_use]
    pub fn lanes_say(&self, text: &str) -> Option<&Arc<AskData>> {
        let this = runs::asked(text).and_then(|request| self.answer(&request));
        let newest =
            || self.results.answers.iter().rev().map(|(_, known)| known).find(|o| matches!(o, Outcome::Ask(_)));
        let Outcome::Ask(data) = this.or_else(newest)? else { return None };
        Some(data)
    }

    /// The comparison that a bench of two sentences asks for.
    pub(crate) fn compare_request(&self) -> Option<Request> {
        let bench = self.bench()?;
        let second = Sentence::single(bench.other.clone()?);
        Some(Request::Compare { first: self.sentence(), second, word: bench.word.clone() })
    }
}
