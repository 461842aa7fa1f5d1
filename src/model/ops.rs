//! The operations of BERT, each with its formula, its forward and its backward pass.
//!
//! Every one is a candle `CustomOp`: a multi-threaded pass over the rows and the matching gradient. candle's own fused
//! LayerNorm and softmax are not used because their gradients are silently absent, and its element-wise operations run
//! on one thread. `linear`, `gelu`, `norm` and `attention` hold one box of the BERT diagram each; `vector` is the
//! arithmetic below them, compiled for the widest instructions of the processor; `adamw` is the optimiser's step.
//!
//! Rows are dealt to threads in chunks whose size is fixed by the data, so that the digits do not depend on the number
//! of threads.

pub mod adamw;
mod attention;
mod gelu;
mod linear;
mod norm;
mod storage;
#[cfg(test)]
mod testing;
mod vector;

pub use attention::{Heads, attention, attention_scores};
pub use gelu::{bias_gelu, gelu};
pub use linear::{Linear, product};
pub use norm::LayerNorm;
pub use vector::softmax;
