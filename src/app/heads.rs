//! Classifiers that the benches `label` and `attribution` look into: whether there are any, and the run that fits them.

use std::sync::Arc;

use super::State;
use crate::lab::dataset::MOVIES;
use crate::lab::shown::RECORDED;
use crate::lab::{RaceRequest, Readout, TraceData};
use crate::lesson::{Answer, Question, View};
use crate::wording::counted;

impl State {
    /// Whether the bench looks into classifiers that are neither recorded for this model nor fitted yet.
    #[must_use]
    pub fn lacks_heads(&self) -> bool {
        let Some(trace) = self.trace() else { return false };
        if self.shows_models() {
            let without = |trace: &TraceData| trace.labels.is_empty();
            let label = self.bench().is_some_and(|bench| bench.view == View::Label);
            return label && (without(trace) || self.beside().is_some_and(|other| without(other)));
        }
        // A race of one lane leaves the other without a classifier.
        let lacks = |readout: &str| trace.labels.iter().all(|label| label.readout != readout);
        self.row().is_some_and(|row| row.looks_into.iter().any(|readout| lacks(readout)))
    }

    /// The run that fits them: the frozen race of `[CLS]` and `GlobalPooling`, with both models where both are shown. Benches show an answer of two: where the
    /// sentences in use have other labels, the course's own take their place.
    #[must_use]
    pub fn heads_request(&self) -> Option<RaceRequest> {
        let last = self.facts.as_ref()?.layers;
        let data = if self.has_two_labels() { &self.sentences } else { MOVIES };
        let race = RaceRequest::frozen(data, vec![Readout::Cls, Readout::Mean]);
        let against = self.rival().filter(|_| self.shows_models());
        self.lacks_heads().then(|| RaceRequest { layers: vec![last], against, ..race })
    }

    /// Whether a bench that looks into an answer of two can look into one on the sentences in use.
    #[must_use]
    pub fn has_two_labels(&self) -> bool {
        self.classes.len() == 2
    }

    /// Said on a bench whose figures come from the course's sentences although the learner brought others.
    #[must_use]
    pub fn course_sentences(&self) -> Option<&'static str> {
        let row = self.row().filter(|_| self.sentences != MOVIES)?;
        (row.reads_the_course)(self).then_some("On the course's film sentences, not on yours")
    }

    /// Whether the classifiers that the bench looks into learnt from the course's sentences.
    pub(crate) fn heads_learnt_from_the_course(&self) -> bool {
        let shown = self.trace().and_then(|trace| trace.labels.first());
        shown.map_or(self.lacks_heads() && !self.has_two_labels(), |label| label.data == MOVIES)
    }

    /// What is missing where there are none, in words.
    #[must_use]
    pub fn no_heads(&self) -> String {
        let model = self.facts.as_ref().map_or("this model", |facts| facts.name.as_str());
        let none = format!("No classifier was recorded for {model}, so there is no answer to look into yet.");
        if self.has_two_labels() {
            return none;
        }
        format!(
            "{none} This bench looks into an answer of two, and {} has {}. So classifiers for it learn from the movie sentences of the course: {} or {}.",
            self.sentences,
            counted(self.classes.len(), "label"),
            RECORDED[1],
            RECORDED[0]
        )
    }

    /// What the heads on the bench can answer; of the labels in use where there are none yet.
    fn answers_of_heads(&self) -> &[String] {
        let shown = self.trace().and_then(|trace| trace.labels.first());
        shown.map_or(&self.classes, |label| &label.classes)
    }

    /// A question's options. One about a head's answer is written with `positive` and `negative`: other labels take
    /// their place.
    #[must_use]
    pub fn options(&self, question: &Question) -> Vec<String> {
        let of_head = matches!(&question.answer, Answer::Match { value, .. } if value.key.starts_with("label."));
        let [below, above] = self.answers_of_heads() else { return question.options.clone() };
        let named = |option: &String| match option.as_str() {
            "negative" if of_head => below.clone(),
            "positive" if of_head => above.clone(),
            _ => option.clone(),
        };
        question.options.iter().map(named).collect()
    }

    /// What a measured answer is compared with, for the same reason.
    pub(super) fn matched(&self, value: &str, entry: &str) -> String {
        match (self.answers_of_heads(), entry) {
            ([below, _], "negative") if value.starts_with("label.") => below.clone(),
            ([_, above], "positive") if value.starts_with("label.") => above.clone(),
            _ => entry.to_owned(),
        }
    }
}

/// After a race, what was traced without heads, or with those of an earlier race, is traced again.
pub(super) fn outdated(trace: &Arc<TraceData>) -> bool {
    trace.labels.iter().all(|label| label.here)
}
