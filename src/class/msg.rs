//! What happens in a class, what a teacher can want, and what follows.

use serde::{Deserialize, Serialize};

use super::experiment::Ran;
use super::{Asked, Session};
use crate::app::class::{Note, Place};

/// What happens in a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Msg {
    /// A session of this learner begins.
    Joined(Session, String),
    /// It ends.
    Left(Session, String),
    /// It is at a step, or at none.
    At(Session, String, Option<Place>),
    /// A learner answers a question; the question's id and the option.
    Answered(String, String, usize),
    /// What the teacher wants.
    Teacher(Order),
    /// This learner is a run of the experiment, with this seed.
    Part(String, u64),
    /// This host runs this seed.
    Took(u32, u64),
    /// The run with this seed has ended; nothing if it failed.
    Ran(u64, Option<Ran>),
    /// This host is not there any more.
    Gone(u32),
    /// The time, in seconds since 1970.
    Time(u64),
}

impl Msg {
    /// Whether it is written to the log. The others tell who is where just now, or are done when they are heard.
    #[must_use]
    pub fn lasts(&self) -> bool {
        match self {
            Self::Joined(..) | Self::Left(..) | Self::At(..) => false,
            Self::Teacher(order) => !matches!(order, Order::End(_) | Order::Experiment | Order::Write),
            _ => true,
        }
    }

    /// Whose it is, if it is one learner's.
    #[must_use]
    pub fn learner(&self) -> Option<&str> {
        match self {
            Self::Answered(name, ..) | Self::Part(name, _) => Some(name),
            _ => None,
        }
    }
}

/// What a teacher can want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The sessions of this learner end.
    End(String),
    /// What has come out is written to files.
    Write,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell every session.
    Tell(Note),
    /// Tell one.
    TellOne(Session, Note),
    /// End one.
    End(Session),
    /// The vote closes at this time, unless it is closed before.
    Wake(u64),
    /// The experiment's race is to be run with this seed.
    Run(u64),
    /// This is to be written to the log.
    Log(Msg),
    /// What has come out is to be written to files.
    Write,
    /// What the teacher sees has changed.
    Show,
}
