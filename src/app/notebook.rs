//! The notebook's bench: four answers and those to two claims, the question under the cursor, and the short run that fills
//! its gap.

use std::collections::BTreeMap;

use super::{Effect, State, runs, values};
use crate::lab::dataset::MOVIES;
use crate::lab::record::Datum;
use crate::lab::{InvertRequest, Mode, RaceRequest, Readout, Request};
use crate::lesson::View;
pub use crate::lesson::notebook::QUESTIONS;
use crate::lesson::notebook::{Answer, Evidence, answers};
use crate::lesson::progress::Figure;

/// The notebook's measure that shows what became of the predictions.
pub const PREDICTIONS: &str = "predictions";

/// Sentences of a short run: training, test.
const SMALL: (usize, usize) = (512, 1_000);

/// Upper layers that learn in a short fine-tuned race.
const TOP_LAYERS: usize = 2;

/// What became of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Predicted {
    /// It was not made.
    Not,
    /// Nothing has decided it yet, or the result does not.
    Open,
    /// It came out so.
    Right,
    /// It came out otherwise.
    Otherwise,
}

impl State {
    /// The answers as they follow from what was measured so far.
    #[must_use]
    pub fn answers(&self) -> [Answer; QUESTIONS] {
        let own = |key: &str| self.records.get(key).filter(|_| !values::is_foreign(self, key));
        let record = |key: &str| own(key).map(figure);
        answers(&Evidence { progress: &self.progress, course: &self.course, record: &record })
    }

    /// The records that were made with the model in use: another model's figures would mislead.
    #[must_use]
    pub fn own_records(&self) -> BTreeMap<String, Datum> {
        let own = self.records.iter().filter(|(key, _)| !values::is_foreign(self, key));
        own.map(|(key, datum)| (key.clone(), datum.clone())).collect()
    }

    /// Whether the notebook is on the screen.
    #[must_use]
    pub fn shows_notebook(&self) -> bool {
        self.bench().is_some_and(|bench| bench.view == View::Notebook)
    }

    /// The question under the cursor, 0-based.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.cursor.offset.min(QUESTIONS - 1)
    }

    /// Whether the question under the cursor has a gap that `Enter` fills.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        self.shows_notebook() && self.measure() != Some(PREDICTIONS) && self.gaps[self.asked()]
    }

    /// The race that fills the gap of the first question, or of a claim.
    pub(crate) fn gap_race(&self) -> Option<RaceRequest> {
        let last = self.layers();
        let (lanes, tuned) = match self.asked() {
            0 => (vec![Readout::Cls, Readout::Mean, Readout::Words, Readout::Majority], false),
            4 => (vec![Readout::Cls, Readout::Mean], true),
            5 => (vec![Readout::Cls, Readout::Random], true),
            _ => return None,
        };
        let (train, test) = SMALL;
        let mut race = RaceRequest {
            train: Some(train),
            test: Some(test),
            layers: last.into_iter().collect(),
            ..RaceRequest::frozen(MOVIES, lanes)
        };
        if tuned {
            (race.modes, race.seed) = (vec![Mode::Finetune], self.race_seed());
            race.recipe.top_layers = last.map(|last| last.min(TOP_LAYERS));
        }
        self.has_gap().then_some(race)
    }

    /// The decoders that fill the gap of the fourth question.
    pub(crate) fn gap_invert(&self) -> Option<InvertRequest> {
        let (train, test) = SMALL;
        (self.asked() == 3 && self.has_gap()).then(|| InvertRequest {
            data: MOVIES.to_owned(),
            readouts: vec![Readout::Cls, Readout::Mean],
            layers: self.facts.iter().map(|facts| facts.layers).collect(),
            train: Some(train),
            test: Some(test),
        })
    }

    /// What fills the gap of a question and is answered at once.
    fn gap_request(&self, question: usize) -> Option<Request> {
        match question {
            1 => Some(Request::Arrange(self.sentence())),
            2 => Some(Request::Gradient(self.sentence())),
            _ => None,
        }
    }

    /// What was asked for to fill gaps and is answered at once.
    pub(crate) fn gap_requests(&self) -> Vec<Request> {
        (0..QUESTIONS).filter(|index| self.filling[*index]).filter_map(|index| self.gap_request(index)).collect()
    }

    /// What became of the predictions that a lesson asks for, in its order.
    #[must_use]
    pub fn predicted(&self, lesson: &str) -> Vec<Predicted> {
        let lesson = self.course.lessons.iter().find(|known| known.id == lesson);
        let asked = lesson.into_iter().flat_map(|lesson| &lesson.steps).filter_map(|step| step.predict.as_ref());
        asked
            .map(|question| match self.progress.answers.get(&question.id).map(|given| given.correct) {
                None => Predicted::Not,
                Some(None) => Predicted::Open,
                Some(Some(true)) => Predicted::Right,
                Some(Some(false)) => Predicted::Otherwise,
            })
            .collect()
    }

    /// How many predictions were made, how many of them measured, and how many of these came out so.
    pub(crate) fn predictions(&self) -> (usize, usize, usize) {
        let steps = self.course.lessons.iter().flat_map(|lesson| &lesson.steps);
        let given: Vec<_> = steps.filter_map(|step| self.progress.answers.get(&step.predict.as_ref()?.id)).collect();
        let judged =
            |right: &[bool]| given.iter().filter(|given| given.correct.is_some_and(|c| right.contains(&c))).count();
        (given.len(), judged(&[true, false]), judged(&[true]))
    }
}

/// Looks which questions have a gap. What the bench offers to run is asked many times for each key, and the answers follow
/// from everything that was measured: so they are drawn up once, when it may have changed.
pub(super) fn look_for_gaps(state: &mut State) {
    if state.shows_notebook() {
        state.gaps = state.answers().map(|answer| answer.gap.is_some());
    }
}

/// `Enter` on a question.
pub(super) fn fill(state: &mut State) -> Vec<Effect> {
    if !state.has_gap() {
        state.notice = Some("This was measured here: there is no gap to fill.".to_owned());
        return Vec::new();
    }
    if state.run_request().is_some() {
        return runs::run(state);
    }
    let asked = state.asked();
    state.filling[asked] = true;
    if state.gap_request(asked).is_none() {
        state.notice = Some("The model is not there yet: press Enter again when it is.".to_owned());
    }
    Vec::new()
}

fn figure(datum: &Datum) -> Figure {
    match datum {
        Datum::Number(number) => Figure::Number(*number),
        Datum::Text(text) => Figure::Text(text.clone()),
    }
}
