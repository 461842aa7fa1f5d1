//! Fine-tuning: BERT and a classifier head learn together, lane beside lane.
//!
//! The recipe is Devlin et al.'s (2019, appendix A.3) as docs/ARCHITECTURE.md lists it. Lanes of a race share data,
//! order and seeds: the order comes from the seed alone, and the head's first weights from the seed and its size.
//! [`student`] is one lane, `reading` what it reads, [`examples`] the sentences with what is known of them,
//! [`schedule`] the learning rate, [`sweep`] the rates to choose from, and [`runs`] trains lanes side by side.

pub mod examples;
mod reading;
pub mod runs;
pub mod schedule;
pub mod student;
pub mod sweep;

pub use examples::{Example, Examples};
pub use runs::{Race, Run, RunKey, Trained, train};
pub use student::{Answer, Rates, Student};

/// Learning rate of the head.
pub const HEAD_RATE: f64 = 1e-3;

/// Weight decay on everything that learns.
pub const DECAY: f64 = 0.01;

/// The gradient of body and head together is clipped to this length.
pub const CLIP: f64 = 1.0;

/// Standard deviation of the head's first weights.
pub const HEAD_DEVIATION: f32 = 0.02;

/// `AdamW`'s β₁ and β₂, and ε.
pub const BETAS: (f64, f64) = (0.9, 0.999);
/// See [`BETAS`].
pub const EPSILON: f64 = 1e-8;
