//! The two classifiers that lessons look into: recorded with these very weights, or fitted here by the last race.

use super::dataset::{Dataset, MOVIES};
use super::race::Fitted;
use super::record::RecordedHead;
use super::{HeadAnswer, Mode};

/// What recorded heads answer; by the order of the data's labels.
pub const RECORDED: [&str; 2] = ["negative", "positive"];

/// A classifier, what its answers are called, and where it is from.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownHead {
    /// The classifier.
    pub head: RecordedHead,
    /// Its answers: below and above a logit of 0.
    pub classes: [String; 2],
    /// It was fitted here, not recorded.
    pub here: bool,
    /// The data set that it learnt from, by name.
    pub data: String,
}

impl ShownHead {
    /// A recorded one.
    #[must_use]
    pub fn recorded(head: RecordedHead) -> Self {
        Self { head, classes: RECORDED.map(str::to_owned), here: false, data: MOVIES.to_owned() }
    }

    /// Those of a race's frozen lanes on the last layer; none where there are not two classes.
    #[must_use]
    pub fn of_race(fitted: &[Fitted], dataset: &Dataset, last: usize) -> Vec<Self> {
        let [below, above] = dataset.classes() else { return Vec::new() };
        let find = |readout: &str| {
            let lane = fitted.iter().find(|fitted| {
                let lane = &fitted.lane;
                lane.readout == readout && lane.mode == Mode::Frozen.name() && lane.layer == Some(last)
            })?;
            let [head] = lane.heads.as_slice() else { return None };
            let head = RecordedHead::new(readout.to_owned(), last, lane.lane.accuracy, head);
            Some(Self { head, classes: [below.clone(), above.clone()], here: true, data: dataset.name().to_owned() })
        };
        ["cls", "mean"].into_iter().filter_map(find).collect()
    }
}

impl HeadAnswer {
    /// What it answers.
    #[must_use]
    pub fn class(&self) -> &str {
        &self.classes[usize::from(self.positive >= 0.5)]
    }

    /// The probability of that answer.
    #[must_use]
    pub fn share(&self) -> f32 {
        if self.positive >= 0.5 { self.positive } else { 1.0 - self.positive }
    }

    /// Where the classifier is from, in words.
    #[must_use]
    pub fn origin(&self) -> &'static str {
        if self.here { "fitted here" } else { "recorded" }
    }
}
