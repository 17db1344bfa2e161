//! The reference: every shader's operation in plain loops, to be read beside the shader.
//!
//! One file per shader, with its stem and the names of its entry points. The functions work on one
//! sample; a batch is a loop around them. They are generic over f32 (ten steps compared with another
//! trainer's) and f64 (the truth that adapters, the CPU path and finite differences are compared
//! with).
//!
//! [`ReferenceNetwork`] strings the operations together, [`ReferenceTrainer`] trains with it. An
//! operation of a layer implements `LayerOperation` in its own file and is made in one `match` in
//! `network.rs`.

pub mod average_pool;
pub mod batch;
pub mod conv;
mod curvature;
pub mod dense;
pub mod empty;
mod estimate;
pub mod fused_sample;
pub mod fused_update;
pub mod loss;
pub mod max_pool;
pub mod metrics;
mod network;
mod operation;
pub mod optimiser;
pub mod peak;
mod preconditioner;
pub mod preconditioning;
mod presentations;
pub mod rbf;
mod real;
pub mod reduce;
pub mod softmax;
pub mod squash;
#[cfg(feature = "strings")]
pub mod strip;
pub mod subsample;
mod teachers;
mod trainer;
mod walk;
#[cfg(feature = "strings")]
pub mod windows;

pub use curvature::Curvatures;
pub use estimate::second_derivatives;
pub use network::{Activations, ReferenceNetwork};
pub use presentations::{Presentation, Presentations};
pub use real::Real;
pub use teachers::Teachers;
pub use trainer::ReferenceTrainer;
pub use walk::{ReceptiveField, Term, UnitSum, Walk};
