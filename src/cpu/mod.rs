//! The CPU path: the network in the processor's own vectors, on all its cores.
//!
//! What the `reference` says in plain loops, one sample at a time, is said here for blocks of
//! samples in vector registers, and compared with it by `verify`. Written once for all instruction
//! sets; which one is used is decided at run time ([`Level`]).

pub(crate) mod batch;
pub mod conv;
pub mod dense;
mod evaluate;
mod first_phase;
pub mod halving;
pub mod memory;
mod model_trainer;
mod network;
pub mod peak;
pub mod rbf;
pub mod simd;
pub mod squash;
mod threads;
mod trainer;
mod update;

pub use evaluate::{evaluate, evaluate_at_level};
pub use simd::Level;
pub use trainer::CpuTrainer;
