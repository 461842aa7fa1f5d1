//! A class as a state machine: who is in and where, what it is called to, what it votes on. Pure: no sockets, threads or
//! clocks. Names are for the teacher's desk alone; what learners and the projector see has none.
//!
//! A class can be at several hosts, and outlives them: what lasts of it ([`Msg::lasts`]) is written to a log first, and each
//! host applies the log in its order. So from the same log every host comes to the same class.

pub mod desk;
pub mod experiment;
mod msg;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::class::{Note, Place, Tally};
use crate::app::runs::seed_of;
use experiment::Experiment;
pub use msg::{Effect, Msg, Order};

/// A learner's session: at which host, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Session {
    /// The host.
    pub host: u32,
    /// Its number there.
    pub number: u32,
}

/// A question on which a class can vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Of each vote, what everybody said, by name.
    #[must_use]
    pub fn votes(&self) -> &[BTreeMap<String, usize>] {
        &self.votes
    }

    /// How many say something else in the second vote than in the first, or said nothing in it.
    #[must_use]
    pub fn changed(&self) -> usize {
        let [first, second] = &self.votes[..] else { return 0 };
        second.iter().filter(|(name, choice)| first.get(*name) != Some(*choice)).count()
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
    sessions: BTreeMap<Session, Option<Place>>,
}

/// A class.
#[derive(Debug, Clone, Default)]
pub struct Class {
    /// The host where this is, as a number.
    host: u32,
    /// It has asked for a run of the experiment.
    asks: bool,
    /// The run that is under way here.
    runs: Option<u64>,
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

impl Class {
    /// An empty class at a host.
    #[must_use]
    pub fn at_host(host: u32) -> Self {
        Self { host, ..Self::default() }
    }

    /// The same class from its log alone; who is in stays in.
    #[must_use]
    pub fn renewed(&self, log: impl Iterator<Item = Msg>) -> Self {
        let mut class = Self::at_host(self.host);
        // What followed has followed.
        log.for_each(|msg| drop(class.update(msg)));
        Self { asks: false, runs: self.runs, members: self.members.clone(), ..class }
    }

    /// What is still to be done, when a class comes from its log.
    pub fn resume(&mut self) -> Vec<Effect> {
        let until = self.poll.as_ref().filter(|poll| poll.open).and_then(|poll| poll.until);
        // The log says that this host has it, and here nobody has begun.
        let left = self.experiment.seed_at(self.host).and_then(|seed| self.run(seed));
        until.map(Effect::Wake).into_iter().chain(left).chain(self.take()).chain([Effect::Show]).collect()
    }

    /// Whether a learner of this name is in.
    #[must_use]
    pub fn is_in(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Who is in at this host, and where.
    pub fn here(&self) -> impl Iterator<Item = (Session, &str, Option<&Place>)> {
        let all = self.members.iter().flat_map(|(name, member)| {
            member.sessions.iter().map(|(session, place)| (*session, name.as_str(), place.as_ref()))
        });
        all.filter(|(session, ..)| session.host == self.host)
    }

    /// Hosts that learners are at, or that run something.
    pub fn hosts(&self) -> impl Iterator<Item = u32> {
        let sessions = self.members.values().flat_map(|member| member.sessions.keys().map(|session| session.host));
        sessions.chain(self.experiment.hosts())
    }

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
    #[must_use]
    pub fn so_far(&self, session: Session) -> Vec<Effect> {
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
            Msg::Part(name, seed) => {
                self.experiment.join(name, seed);
                self.take().into_iter().collect()
            }
            Msg::Took(host, seed) => self.took(host, seed),
            Msg::Ran(seed, ran) => {
                self.runs.take_if(|runs| *runs == seed);
                self.experiment.ended(seed, ran);
                let figures = self.experiment.figures().filter(|_| self.experiment.is_done());
                let news = figures.map(|figures| {
                    Effect::Tell(Note::News(format!("The experiment of your class is done. {}.", figures.in_words())))
                });
                self.take().into_iter().chain(news).collect()
            }
            Msg::Gone(host) => {
                // Others may take this host for gone, when it was silent: it knows better who is here.
                let stays = |session: &Session| session.host != host || host == self.host;
                self.members.values_mut().for_each(|member| member.sessions.retain(|session, _| stays(session)));
                self.members.retain(|_, member| !member.sessions.is_empty());
                self.experiment.release(host);
                self.take().into_iter().collect()
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
                    vec![Effect::Tell(Note::Limit(until)), Effect::Wake(until)]
                }
                _ => Vec::new(),
            },
            Order::Say(words) => vec![Effect::Tell(Note::Said(words))],
            Order::Experiment => {
                let new = self.members.keys().filter(|name| !self.experiment.has(name));
                new.map(|name| Effect::Log(Msg::Part(name.clone(), seed_of(Some(name))))).collect()
            }
            Order::End(name) => {
                let sessions = self.members.get(&name).into_iter().flat_map(|member| member.sessions.keys());
                sessions.map(|session| Effect::End(*session)).collect()
            }
            Order::Write => vec![Effect::Write],
        }
    }

    /// Asks for a run, if one waits and this host has none.
    fn take(&mut self) -> Option<Effect> {
        if self.asks || self.experiment.hosts().any(|host| host == self.host) {
            return None;
        }
        let seed = self.experiment.waiting()?;
        self.asks = true;
        Some(Effect::Log(Msg::Took(self.host, seed)))
    }

    /// A host has asked for a run: it has it, if none was faster.
    fn took(&mut self, host: u32, seed: u64) -> Vec<Effect> {
        let taken = self.experiment.take(seed, host);
        if host != self.host {
            return Vec::new();
        }
        self.asks = false;
        let next = if taken { self.run(seed) } else { self.take() };
        next.into_iter().collect()
    }

    /// Begins a run, unless it is under way.
    fn run(&mut self, seed: u64) -> Option<Effect> {
        (self.runs.replace(seed) != Some(seed)).then_some(Effect::Run(seed))
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
mod tests;
