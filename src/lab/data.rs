//! The plain data that experiments take and give.

mod aggregate;
mod answers;
mod event;
mod inversion;
mod lane;
mod matrix;
mod model;
mod provenance;
mod race;
mod request;
mod trace;
mod training;

pub use aggregate::*;
pub use answers::*;
pub use event::*;
pub use inversion::*;
pub use lane::*;
pub use matrix::*;
pub use model::*;
pub use provenance::*;
pub use race::*;
pub use request::*;
pub use trace::*;
pub use training::*;
