//! The CPU path: the network in the processor's own vectors, on all its cores.
//!
//! What `cpu` says in plain loops, one sample at a time, is said here for blocks of samples in
//! vector registers, and held against it by `verify`. Written once for all instruction sets; which
//! one is used is decided at run time ([`Level`]).

pub(crate) mod batch;
pub mod conv;
pub mod dense;
pub mod halving;
pub mod memory;
mod network;
pub mod peak;
pub mod rbf;
mod side_by_side;
pub mod simd;
pub mod squash;
mod trainer;

pub use side_by_side::SideBySide;
pub use simd::Level;
pub use trainer::{Trainer, evaluate, evaluate_at_level};
