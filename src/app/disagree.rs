//! Test sentences on which two lanes of a race disagree.

use super::{Action, Effect, Overlay, State};
use crate::lab::{Lane, RaceReport};

/// Which sentences are listed.
pub const KINDS: usize = 3;

/// Two lanes of one race, and the sentences of each kind.
pub struct Disagreement<'a> {
    /// The race.
    pub report: &'a RaceReport,
    /// The first lane.
    pub a: &'a Lane,
    /// The second lane.
    pub b: &'a Lane,
    /// Indices of sentences that only a, that only b, that neither answered right; the surest wrong answers first.
    pub sentences: [Vec<usize>; KINDS],
}

impl State {
    /// The first two lanes of the race on the bench that learnt in the same way, fine-tuned ones before frozen ones.
    #[must_use]
    pub fn disagreement(&self) -> Option<Disagreement<'_>> {
        let report: &RaceReport = self.race_report()?;
        let able = |lane: &&Lane| !lane.probabilities.is_empty() && !lane.correct.is_empty();
        let of =
            |mode: &str| report.lanes.iter().filter(able).filter(|lane| lane.mode == mode).take(2).collect::<Vec<_>>();
        let (a, b) = ["finetune", "frozen"].into_iter().find_map(|mode| match of(mode).as_slice() {
            [a, b] => Some((*a, *b)),
            _ => None,
        })?;
        let mut sentences: [Vec<usize>; KINDS] = Default::default();
        for (index, (right_a, right_b)) in a.correct[0].iter().zip(&b.correct[0]).enumerate() {
            match (right_a, right_b) {
                (true, false) => sentences[0].push(index),
                (false, true) => sentences[1].push(index),
                (false, false) => sentences[2].push(index),
                (true, true) => {}
            }
        }
        let sure = |lane: &Lane, index: usize| {
            lane.probabilities.get(index).map_or(0.0, |answer| answer.iter().copied().fold(0.0, f32::max))
        };
        let [only_a, only_b, none] = &mut sentences;
        only_a.sort_by(|x, y| sure(b, *y).total_cmp(&sure(b, *x)));
        only_b.sort_by(|x, y| sure(a, *y).total_cmp(&sure(a, *x)));
        none.sort_by(|x, y| (sure(a, *y) + sure(b, *y)).total_cmp(&(sure(a, *x) + sure(b, *x))));
        Some(Disagreement { report, a, b, sentences })
    }
}

/// Opens the list where there are two lanes to compare.
pub(super) fn open(state: &mut State) {
    if state.disagreement().is_some() {
        state.overlay = Some(Overlay::Disagree(0, 0));
    } else if state.race_report().is_some() {
        state.notice = Some("This race has no two lanes whose answers can be compared.".to_owned());
    }
}

/// A key in the list: moves, another kind, the sentence for every bench, back.
pub(super) fn key(state: &mut State, kind: usize, at: usize, action: Option<Action>) -> Vec<Effect> {
    let Some(found) = state.disagreement() else { return Vec::new() };
    let count = found.sentences[kind % KINDS].len();
    let chosen = found.sentences[kind % KINDS].get(at).and_then(|index| found.report.sentences.get(*index));
    let text = chosen.map(|sentence| sentence.text.clone());
    match action {
        Some(Action::Down | Action::Next) => {
            state.overlay = Some(Overlay::Disagree(kind, (at + 1).min(count.saturating_sub(1))));
        }
        Some(Action::Up | Action::Previous) => state.overlay = Some(Overlay::Disagree(kind, at.saturating_sub(1))),
        Some(Action::Variant) => state.overlay = Some(Overlay::Disagree((kind + 1) % KINDS, 0)),
        Some(Action::Enter) if text.is_some() => {
            state.progress.sentence = text;
            state.notice = Some("This sentence is yours now: every bench without one of its own uses it.".to_owned());
            return vec![Effect::Save(state.progress.clone())];
        }
        Some(Action::Back | Action::Disagree) => {}
        _ => state.overlay = Some(Overlay::Disagree(kind, at)),
    }
    Vec::new()
}
