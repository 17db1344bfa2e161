//! The CPU path: the network in the processor's own vectors, on all its cores.
//!
//! What the [`reference`](crate::reference) computes in plain loops, one sample at a time, is
//! computed here in vector registers and compared with the reference by `verify`. It is written once
//! for all instruction sets; which one is used is decided at run time ([`Level`]).
//!
//! A batch is cut into *blocks* of samples that go through the network together, each block on one
//! thread: eight or sixteen samples, as suits the vectors, or a single one where batches are small
//! (`block.rs`). Everything that works on a block is generic over its size, `SAMPLES`. The samples of a
//! unit are neighbours in memory ([`memory::Planes`]), so that with several of them a vector register
//! holds one unit of several samples, and with a single one several units of a row. A *lane* is a place
//! in a register, nothing else.
//!
//! An operation of a layer implements `LayerOperation` in its own file, stands in the list of
//! operations in `layers.rs`, and is made in the `match` there; the passes through the network, in
//! `network.rs`, know no operation by name. A training step is described in `model_trainer.rs`.

pub mod average_pool;
pub(crate) mod batch;
pub(crate) mod block;
pub mod conv;
pub mod dense;
mod evaluate;
mod first_phase;
pub mod halving;
mod layers;
pub mod max_pool;
pub mod memory;
mod model_trainer;
mod network;
mod operation;
pub mod peak;
pub mod preconditioner;
pub mod rbf;
mod records;
pub mod simd;
mod softmax;
pub mod squash;
#[cfg(feature = "strings")]
mod strip;
pub mod subsample;
mod teachers;
mod threads;
mod trainer;
mod update;

pub use evaluate::{evaluate, evaluate_at_level};
pub use simd::Level;
#[cfg(feature = "strings")]
pub use strip::{evaluate_strip_at_level, evaluate_strips};
pub use threads::{on_threads, thread_count};
pub use trainer::CpuTrainer;
