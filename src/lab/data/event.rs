//! What compute threads tell a front end.

use std::sync::Arc;
use std::time::Duration;

use super::{ModelFacts, Outcome, Progress, Request};

/// What compute threads tell. A number is a request's ticket, which whoever asked has given it.
#[derive(Debug, Clone)]
pub enum Event {
    /// How far the model is, in words: a download takes time.
    ModelLoading(String),
    /// The other model is loaded, with which the first is compared.
    OtherReady(Arc<ModelFacts>),
    /// The model is loaded.
    ModelReady(Arc<ModelFacts>),
    /// It could not be loaded, and why.
    ModelFailed(String),
    /// Sentences that the model reads in a second on this machine.
    Speed(f64),
    /// The vectors that this run will need were computed while nobody waited.
    ReadAhead(Request),
    /// How far a long request is, and how long it has run.
    Progress(u64, Progress, Duration),
    /// A request's answer.
    Done(u64, Outcome),
    /// A request failed, and why.
    Failed(u64, String),
    /// A request was cancelled.
    Cancelled(u64),
    /// A thread panicked: the program must end.
    Panicked(String),
}
