//! Test sentences on which two lanes of a race disagree: of one model, or of two.

use super::{Action, Effect, Overlay, State};
use crate::lab::verdict::{self, numbered};
use crate::lab::{Lane, Mode, OwnHead, RaceReport};

/// Which sentences are listed.
pub const KINDS: usize = 3;

/// Where the reader is in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// Which two lanes; counts round.
    pub pair: usize,
    /// Which kind of sentences; counts round.
    pub kind: usize,
    /// Which sentence.
    pub at: usize,
}

/// A lane, and whose it is.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Of two models, which.
    pub model: usize,
    /// The lane.
    pub lane: &'a Lane,
}

/// Two lanes on the same sentences, and the sentences of each kind.
pub struct Disagreement<'a> {
    /// The race.
    pub report: &'a RaceReport,
    /// The first lane.
    pub a: Side<'a>,
    /// The second lane.
    pub b: Side<'a>,
    /// Which of the pairs this is, counted from 0, and how many there are.
    pub place: (usize, usize),
    /// Indices of sentences that only a, that only b, that neither answered right; the surest wrong answers first.
    pub sentences: [Vec<usize>; KINDS],
}

impl Side<'_> {
    /// Its name; the model's number goes before it where two models race.
    #[must_use]
    pub fn name(&self, two: bool) -> String {
        numbered(&verdict::name(&self.lane.readout), self.model, two)
    }
}

impl RaceReport {
    /// The reports of both models, or of the one.
    pub fn both(&self) -> impl Iterator<Item = &RaceReport> {
        std::iter::once(self).chain(self.against.as_ref().map(|against| &against.report))
    }

    /// Each model's own head, if it has one, with the model's number.
    pub fn heads(&self) -> impl Iterator<Item = (usize, &OwnHead)> {
        self.both().enumerate().filter_map(|(model, report)| Some((model, report.own.as_ref()?)))
    }
}

impl State {
    /// Every two lanes of the bench's race that can be compared: two lanes of one model that learnt in the same way first
    /// (the lesson's question), fine-tuned ones before frozen ones, then the same lane of two models, then own heads.
    fn compared(&self) -> Vec<(Side<'_>, Side<'_>)> {
        let Some(report) = self.race_report() else { return Vec::new() };
        let able = |lane: &&Lane| !lane.probabilities.is_empty() && !lane.correct.is_empty();
        let of = |model: usize, lane| Side { model, lane };
        let sides: Vec<Side<'_>> = report
            .both()
            .enumerate()
            .flat_map(|(model, report)| report.lanes.iter().filter(able).map(move |lane| of(model, lane)))
            .collect();
        let mut pairs = Vec::new();
        let mut add = |fits: &dyn Fn(&Side<'_>, &Side<'_>) -> bool| {
            for (index, a) in sides.iter().enumerate() {
                pairs.extend(sides[index + 1..].iter().filter(|b| fits(a, b)).map(|b| (*a, *b)));
            }
        };
        for mode in [Mode::Finetune, Mode::Frozen] {
            add(&|a, b| a.model == b.model && a.lane.mode == mode.name() && b.lane.mode == mode.name());
        }
        for mode in [Mode::Finetune, Mode::Frozen] {
            let alike = |a: &Side<'_>, b: &Side<'_>| a.lane.mode == mode.name() && b.lane.mode == mode.name();
            add(&|a, b| alike(a, b) && a.model != b.model && a.lane.readout == b.lane.readout);
        }
        let own = |side: &Side<'_>| side.lane.mode == crate::lab::race::own::NAME;
        add(&|a, b| (own(a) || own(b)) && a.model == b.model);
        pairs
    }

    /// Two lanes of the bench's race, and where they disagree.
    #[must_use]
    pub fn disagreement(&self, pair: usize) -> Option<Disagreement<'_>> {
        let report: &RaceReport = self.race_report()?;
        let pairs = self.compared();
        let chosen = pair.checked_rem(pairs.len())?;
        let (a, b) = pairs[chosen];
        let mut sentences: [Vec<usize>; KINDS] = Default::default();
        for (index, (right_a, right_b)) in a.lane.correct[0].iter().zip(&b.lane.correct[0]).enumerate() {
            match (right_a, right_b) {
                (true, false) => sentences[0].push(index),
                (false, true) => sentences[1].push(index),
                (false, false) => sentences[2].push(index),
                (true, true) => {}
            }
        }
        let sure = |side: Side<'_>, index: usize| {
            side.lane.probabilities.get(index).map_or(0.0, |answer| answer.iter().copied().fold(0.0, f32::max))
        };
        let [only_a, only_b, none] = &mut sentences;
        only_a.sort_by(|x, y| sure(b, *y).total_cmp(&sure(b, *x)));
        only_b.sort_by(|x, y| sure(a, *y).total_cmp(&sure(a, *x)));
        none.sort_by(|x, y| (sure(a, *y) + sure(b, *y)).total_cmp(&(sure(a, *x) + sure(b, *x))));
        Some(Disagreement { report, a, b, place: (chosen, pairs.len()), sentences })
    }
}

/// Opens the list where there are two lanes to compare.
pub(super) fn open(state: &mut State) {
    if state.disagreement(0).is_some() {
        state.overlay = Some(Overlay::Disagree(Place::default()));
    } else if state.race_report().is_some() {
        state.notice = Some("This race has no two lanes whose answers can be compared.".to_owned());
    } else if state.takes_lanes() {
        state.notice =
            Some("No race has been run here yet: Enter runs it, then d shows where its lanes disagree.".to_owned());
    }
}

/// A key in the list: moves, other lanes, another kind, the sentence for every bench, back.
pub(super) fn key(state: &mut State, place: Place, action: Option<Action>) -> Vec<Effect> {
    let Some(found) = state.disagreement(place.pair) else { return Vec::new() };
    let Place { pair, kind, at } = place;
    let (_, pairs) = found.place;
    let list = &found.sentences[kind % KINDS];
    let chosen = list.get(at).and_then(|index| found.report.sentences.get(*index));
    let text = chosen.map(|sentence| sentence.text.clone());
    let next = match action {
        Some(Action::Down | Action::Next) => Place { at: (at + 1).min(list.len().saturating_sub(1)), ..place },
        Some(Action::Up | Action::Previous) => Place { at: at.saturating_sub(1), ..place },
        Some(Action::Variant) => Place { kind: (kind + 1) % KINDS, at: 0, pair },
        Some(Action::Right) => Place { pair: (pair + 1) % pairs, at: 0, kind },
        Some(Action::Left) => Place { pair: (pair + pairs - 1) % pairs, at: 0, kind },
        Some(Action::Enter) if text.is_some() => {
            state.progress.sentence = text;
            state.notice = Some("This sentence is yours now: every bench without one of its own uses it.".to_owned());
            return vec![Effect::Save(state.progress.clone())];
        }
        Some(Action::Back | Action::Disagree) => return Vec::new(),
        _ => place,
    };
    state.overlay = Some(Overlay::Disagree(next));
    Vec::new()
}
