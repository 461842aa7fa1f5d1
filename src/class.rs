//! A class as a state machine: who is in and where, what it is called to, what it votes on. Pure: no sockets, threads or
//! clocks. Names are for the teacher's desk alone; what learners and the projector see has none.

pub mod desk;
pub mod experiment;

use std::collections::BTreeMap;

use crate::app::class::{Note, Place, Tally};
use crate::app::runs::seed_of;
use experiment::{Experiment, Ran};

/// A question on which a class can vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id in the course.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// The question.
    pub text: String,
    /// What may be answered.
    pub options: Vec<String>,
}

/// A vote, and the second one after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// On what.
    pub asked: Asked,
    /// Whether answers still count.
    pub open: bool,
    /// When it closes by itself, in seconds since 1970.
    pub until: Option<u64>,
    /// Answers of the first vote, and of the second, by name.
    votes: Vec<BTreeMap<String, usize>>,
}

impl Poll {
    /// Which vote it is: 1 or 2.
    #[must_use]
    pub fn round(&self) -> usize {
        self.votes.len()
    }

    /// How many have answered in the present vote.
    #[must_use]
    pub fn count(&self) -> usize {
        self.votes.last().map_or(0, BTreeMap::len)
    }

    /// Answers by option, of each vote.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let counts = |votes: &BTreeMap<String, usize>| {
            let mut counts = vec![0; self.asked.options.len()];
            for choice in votes.values() {
                if let Some(count) = counts.get_mut(*choice) {
                    *count += 1;
                }
            }
            counts
        };
        Tally { votes: self.votes.iter().map(counts).collect() }
    }
}

/// Somebody who is in, once however many screens they have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Member {
    /// Where each of their sessions is.
    sessions: BTreeMap<u64, Option<Place>>,
}

/// A class.
#[derive(Debug, Clone, Default)]
pub struct Class {
    members: BTreeMap<String, Member>,
    call: Option<Place>,
    /// The last vote.
    poll: Option<Poll>,
    /// Those before it.
    past: Vec<Poll>,
    experiment: Experiment,
    /// What was answered, by question and name: the last answer counts.
    answers: BTreeMap<(String, String), usize>,
}

/// What happens in a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Msg {
    /// A session of this learner begins.
    Joined(u64, String),
    /// It ends.
    Left(u64, String),
    /// It is at a step, or at none.
    At(u64, String, Option<Place>),
    /// A learner answers a question; the question's id and the option.
    Answered(String, String, usize),
    /// What the teacher wants.
    Teacher(Order),
    /// The run with this seed has ended; nothing if it failed.
    Ran(u64, Option<Ran>),
    /// The time, in seconds since 1970.
    Time(u64),
}

/// What a teacher can want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// The class is called to a step.
    Call(Place),
    /// Everybody is taken to a step.
    Bring(Place),
    /// The class votes on a question.
    Open(Asked),
    /// The vote is closed, and its result shown.
    Close,
    /// It votes on the same question again.
    Again,
    /// The vote closes at this time.
    Until(u64),
    /// A line to everybody.
    Say(String),
    /// Everybody who is in contributes a run to the class's experiment.
    Experiment,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell every session.
    Tell(Note),
    /// Tell one.
    TellOne(u64, Note),
    /// The vote closes at this time, unless it is closed before.
    Wake(u64),
    /// The experiment's race is to be run with this seed.
    Run(u64),
    /// What the teacher sees has changed.
    Show,
}

impl Class {
    /// How many are in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// How many of those who are in have answered in the last vote.
    #[must_use]
    pub fn turnout(&self) -> usize {
        let votes = self.poll.as_ref().and_then(|poll| poll.votes.last());
        votes.map_or(0, |votes| votes.keys().filter(|name| self.members.contains_key(*name)).count())
    }

    /// Where the class is called to.
    #[must_use]
    pub fn call(&self) -> Option<&Place> {
        self.call.as_ref()
    }

    /// The last vote.
    #[must_use]
    pub fn poll(&self) -> Option<&Poll> {
        self.poll.as_ref()
    }

    /// Names of those who are at a step, or at none.
    #[must_use]
    pub fn at(&self, place: Option<&Place>) -> Vec<&str> {
        let is = |member: &Member| member.sessions.values().any(|at| at.as_ref() == place);
        self.members.iter().filter(|(_, member)| is(member)).map(|(name, _)| name.as_str()).collect()
    }

    /// The runs of the class's experiment.
    #[must_use]
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// Every vote so far, the last one at the end.
    pub fn polls(&self) -> impl Iterator<Item = &Poll> {
        self.past.iter().chain(&self.poll)
    }

    /// What a session that begins has to know.
    fn so_far(&self, session: u64) -> Vec<Effect> {
        let call = self.call.clone().map(Note::Call);
        let told = self.polls().map(|poll| {
            if poll.open {
                Note::Vote(poll.asked.id.clone(), poll.round() > 1)
            } else {
                Note::Closed(poll.asked.id.clone(), poll.tally())
            }
        });
        call.into_iter().chain(told).map(|note| Effect::TellOne(session, note)).collect()
    }

    /// Applies one message.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let mut effects = match msg {
            Msg::Joined(session, name) => {
                self.members.entry(name).or_default().sessions.insert(session, None);
                self.so_far(session)
            }
            Msg::Left(session, name) => {
                if let Some(member) = self.members.get_mut(&name) {
                    member.sessions.remove(&session);
                    if member.sessions.is_empty() {
                        self.members.remove(&name);
                    }
                }
                Vec::new()
            }
            Msg::At(session, name, place) => {
                if let Some(at) = self.members.get_mut(&name).and_then(|member| member.sessions.get_mut(&session)) {
                    *at = place;
                }
                Vec::new()
            }
            Msg::Answered(name, question, choice) => {
                self.answered(name, question, choice);
                Vec::new()
            }
            Msg::Time(now) => {
                let over =
                    self.poll.as_ref().is_some_and(|poll| poll.open && poll.until.is_some_and(|until| until <= now));
                if over { self.close() } else { return Vec::new() }
            }
            Msg::Teacher(order) => self.order(order),
            Msg::Ran(seed, ran) => {
                self.experiment.ended(seed, ran);
                let next = self.experiment.next().map(Effect::Run);
                let figures = self.experiment.figures().filter(|_| next.is_none());
                let news = figures.map(|figures| {
                    Effect::Tell(Note::News(format!("The experiment of your class is done. {}.", figures.in_words())))
                });
                next.into_iter().chain(news).collect()
            }
        };
        effects.push(Effect::Show);
        effects
    }

    fn answered(&mut self, name: String, question: String, choice: usize) {
        if let Some(poll) = &mut self.poll
            && poll.asked.id == question
            && poll.open
            && choice < poll.asked.options.len()
            && let Some(votes) = poll.votes.last_mut()
        {
            votes.insert(name.clone(), choice);
        }
        self.answers.insert((question, name), choice);
    }

    fn order(&mut self, order: Order) -> Vec<Effect> {
        match order {
            Order::Call(place) => {
                self.call = Some(place.clone());
                vec![Effect::Tell(Note::Call(place))]
            }
            Order::Bring(place) => {
                self.call = Some(place.clone());
                vec![Effect::Tell(Note::Bring(place))]
            }
            // One vote at a time: the teacher closes it.
            Order::Open(asked) if !self.poll.as_ref().is_some_and(|poll| poll.open) => self.open(asked),
            Order::Open(_) => Vec::new(),
            Order::Close => self.close(),
            Order::Again => self.again(),
            Order::Until(until) => match &mut self.poll {
                Some(poll) if poll.open => {
                    poll.until = Some(until);
                    vec![Effect::Wake(until)]
                }
                _ => Vec::new(),
            },
            Order::Say(words) => vec![Effect::Tell(Note::Said(words))],
            Order::Experiment => {
                self.experiment.join(self.members.keys().map(|name| (name.clone(), seed_of(Some(name)))));
                self.experiment.next().map(Effect::Run).into_iter().collect()
            }
        }
    }

    /// What was answered before counts: it was said without knowing the result.
    fn open(&mut self, asked: Asked) -> Vec<Effect> {
        if let Some(before) = self.poll.take() {
            self.past.push(before);
        }
        let known = self
            .answers
            .iter()
            .filter(|((question, _), choice)| *question == asked.id && **choice < asked.options.len());
        let votes = vec![known.map(|((_, name), choice)| (name.clone(), *choice)).collect()];
        let told = vec![Effect::Tell(Note::Vote(asked.id.clone(), false))];
        self.poll = Some(Poll { asked, open: true, until: None, votes });
        told
    }

    fn close(&mut self) -> Vec<Effect> {
        match &mut self.poll {
            Some(poll) if poll.open => {
                (poll.open, poll.until) = (false, None);
                vec![Effect::Tell(Note::Closed(poll.asked.id.clone(), poll.tally()))]
            }
            _ => Vec::new(),
        }
    }

    /// The second vote begins with the answers of the first: who says nothing stays with what they said.
    fn again(&mut self) -> Vec<Effect> {
        match &mut self.poll {
            // Once the result is shown, nobody votes without knowing it.
            Some(poll) if poll.open && poll.votes.len() == 1 => {
                poll.votes.push(poll.votes[0].clone());
                (poll.open, poll.until) = (true, None);
                vec![Effect::Tell(Note::Vote(poll.asked.id.clone(), true))]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(step: usize) -> Place {
        Place { lesson: "04".to_owned(), step }
    }

    fn asked(question: usize) -> Asked {
        Asked {
            id: format!("q{question}"),
            place: place(question),
            text: "What?".to_owned(),
            options: ["one", "two", "three"].map(str::to_owned).to_vec(),
        }
    }

    fn name(learner: usize) -> String {
        format!("name{learner}")
    }

    #[test]
    fn a_vote_its_discussion_and_the_second_vote_stand_side_by_side() {
        let mut class = Class::default();
        for learner in 0..3 {
            class.update(Msg::Joined(learner as u64, name(learner)));
        }
        // Answered before the vote was opened: it counts.
        class.update(Msg::Answered(name(0), "q1".to_owned(), 0));
        let effects = class.update(Msg::Teacher(Order::Open(asked(1))));
        assert_eq!(effects[0], Effect::Tell(Note::Vote("q1".to_owned(), false)));
        class.update(Msg::Answered(name(1), "q1".to_owned(), 2));
        class.update(Msg::Answered(name(1), "q1".to_owned(), 1));
        class.update(Msg::Answered(name(2), "q2".to_owned(), 1));
        assert_eq!(class.poll().map(Poll::count), Some(2));
        let effects = class.update(Msg::Teacher(Order::Again));
        assert_eq!(effects, [Effect::Tell(Note::Vote("q1".to_owned(), true)), Effect::Show]);
        class.update(Msg::Answered(name(0), "q1".to_owned(), 1));
        class.update(Msg::Answered(name(2), "q1".to_owned(), 1));
        let effects = class.update(Msg::Teacher(Order::Close));
        let tally = Tally { votes: vec![vec![1, 1, 0], vec![0, 3, 0]] };
        assert_eq!(effects[0], Effect::Tell(Note::Closed("q1".to_owned(), tally.clone())));
        assert_eq!(tally.said(1), (3, 3));
        // Who comes late hears of it, and a third vote there is not.
        assert!(
            class.update(Msg::Joined(9, name(9))).contains(&Effect::TellOne(9, Note::Closed("q1".to_owned(), tally)))
        );
        assert_eq!(class.update(Msg::Teacher(Order::Again)), [Effect::Show]);
        // Afterwards nothing counts.
        class.update(Msg::Answered(name(1), "q1".to_owned(), 0));
        assert_eq!(class.poll().map(|poll| poll.tally().said(1)), Some((3, 3)));
    }

    #[test]
    fn a_vote_with_a_limit_closes_by_itself() {
        let mut class = Class::default();
        class.update(Msg::Teacher(Order::Open(asked(1))));
        assert_eq!(class.update(Msg::Teacher(Order::Until(100)))[0], Effect::Wake(100));
        assert_eq!(class.update(Msg::Time(99)), []);
        assert!(matches!(class.update(Msg::Time(100))[..], [Effect::Tell(Note::Closed(..)), Effect::Show]));
        assert_eq!(class.update(Msg::Time(101)), []);
    }

    /// What the room sees.
    fn projected(class: &Class) -> String {
        let area = ratatui::layout::Rect::new(0, 0, 60, 18);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        let course = crate::lesson::Course::default();
        crate::view::projector(class, false, &course, &crate::view::Theme::default(), area, &mut buffer);
        buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    fn happens() -> impl Strategy<Value = Msg> {
        let learner = 0..6usize;
        let session = 0..9u64;
        prop_oneof![
            3 => (session.clone(), learner.clone()).prop_map(|(s, l)| Msg::Joined(s, name(l))),
            2 => (session.clone(), learner.clone()).prop_map(|(s, l)| Msg::Left(s, name(l))),
            3 => (session, learner.clone(), prop::option::of(0..4usize)).prop_map(|(s, l, p)| Msg::At(s, name(l), p.map(place))),
            8 => (learner, 0..4usize, 0..5usize).prop_map(|(l, q, c)| Msg::Answered(name(l), format!("q{q}"), c)),
            2 => (0..4usize).prop_map(|q| Msg::Teacher(Order::Open(asked(q)))),
            2 => Just(Msg::Teacher(Order::Close)),
            1 => Just(Msg::Teacher(Order::Again)),
            1 => (0..4usize).prop_map(|p| Msg::Teacher(Order::Call(place(p)))),
            1 => (0..4usize).prop_map(|p| Msg::Teacher(Order::Bring(place(p)))),
            1 => (0..50u64).prop_map(|until| Msg::Teacher(Order::Until(until))),
            1 => (0..50u64).prop_map(Msg::Time),
            1 => Just(Msg::Teacher(Order::Experiment)),
            2 => (0..6usize).prop_map(|l| Msg::Ran(seed_of(Some(&name(l))), Some(Ran { cls: vec![true, false], mean: vec![true, true] }))),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_answer_counts_once_and_no_tally_is_told_before_closing(all in prop::collection::vec(happens(), 1..60)) {
            let mut class = Class::default();
            // The same, counted anew from what happened: the last answer of each learner while the vote was open, and what
            // they had said before.
            let mut said: BTreeMap<(String, String), usize> = BTreeMap::new();
            let mut counted: BTreeMap<String, usize> = BTreeMap::new();
            let mut voting: Option<String> = None;
            for msg in all {
                let open_before = voting.clone();
                match &msg {
                    Msg::Answered(name, question, choice) => {
                        said.insert((question.clone(), name.clone()), *choice);
                        if voting.as_ref() == Some(question) && *choice < 3 {
                            counted.insert(name.clone(), *choice);
                        }
                    }
                    Msg::Teacher(Order::Open(asked)) if voting.is_none() => {
                        counted = said.iter().filter(|((question, _), choice)| *question == asked.id && **choice < 3)
                            .map(|((_, name), choice)| (name.clone(), *choice)).collect();
                    }
                    _ => {}
                }
                let effects = class.update(msg.clone());
                // Each learner has at most one run, one at a time.
                let (ended, _, all) = class.experiment().count();
                prop_assert!(ended <= all && all <= 6);
                prop_assert!(effects.iter().filter(|effect| matches!(effect, Effect::Run(_))).count() <= 1);
                for effect in &effects {
                    let note = match effect {
                        Effect::Tell(note) | Effect::TellOne(_, note) => note,
                        Effect::Wake(_) | Effect::Run(_) | Effect::Show => continue,
                    };
                    if let Note::Closed(question, tally) = note {
                        // What is told is closed: the vote before, or one that is closed in the class.
                        let closed = class.polls().any(|poll| poll.asked.id == *question && !poll.open && poll.tally() == *tally);
                        prop_assert!(closed, "{question} told in {msg:?}");
                        if let Effect::Tell(_) = effect {
                            prop_assert_eq!(Some(question), open_before.as_ref());
                        }
                    }
                    // Whatever learners are told, there is no name in it.
                    let told = format!("{note:?}");
                    prop_assert!(!told.contains("name"), "{told}");
                }
                let seen = projected(&class);
                prop_assert!(!seen.contains("name"), "{seen}");
                let poll = class.poll();
                voting = poll.filter(|poll| poll.open).map(|poll| poll.asked.id.clone());
                if let Some(poll) = poll {
                    let tally = poll.tally();
                    prop_assert!(tally.votes.len() <= 2);
                    for votes in &tally.votes {
                        prop_assert!(votes.iter().sum::<usize>() <= 6);
                    }
                    let last = tally.votes.last().expect("a vote");
                    let expected: Vec<usize> = (0..3).map(|option| counted.values().filter(|choice| **choice == option).count()).collect();
                    prop_assert_eq!(last, &expected);
                }
            }
        }
    }
}
