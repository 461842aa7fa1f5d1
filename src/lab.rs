//! Experiments: plain data in ([`Request`]), plain data out ([`Outcome`]). No screen, no threads, no clocks, no
//! tensors in public types, so that a screen, a pipe and a test ask and read the same things.
//!
//! [`Model`] is what is loaded and shared, [`Session`] what one learner asks of it; the worker and the commands call
//! [`Session::run`].

pub mod aggregate;
pub mod ahead;
pub mod answered;
pub mod arrange;
mod ask;
pub mod attribution;
pub mod command;
pub mod compare;
pub mod data;
pub mod dataset;
pub mod features;
pub mod figures;
pub mod finetune;
pub mod gradient;
pub mod head;
pub mod inversion;
pub mod knockout;
pub mod largest;
pub mod learning;
pub mod loaded;
pub mod map;
pub mod mixing;
pub mod neighbours;
pub mod normalise;
pub mod probe;
pub mod race;
pub mod readout;
pub mod received;
pub mod record;
pub mod session;
pub mod shown;
pub mod similar;
pub mod stats;
pub mod steps;
mod tensors;
pub mod trace;
pub mod verdict;
pub mod way;
pub mod words;
pub mod work;

pub use crate::model::Answers;
pub use data::*;
pub use loaded::{Loaded, Model, Partner};
pub use readout::Readout;
pub use session::{Control, LabError, Session};
