//! The reference: every shader's operation again, for the processor, to be read beside it.
//!
//! One file a shader, same stem, same entry-point names. Functions work on one sample; a batch is
//! a loop around them. They are generic over f32 (ten steps beside another trainer) and f64 (the
//! truth that adapters, the CPU path and finite differences are held against).

pub mod average_pool;
pub mod batch;
pub mod conv;
pub mod dense;
mod estimate;
pub mod loss;
pub mod max_pool;
pub mod metrics;
mod network;
pub mod optimiser;
pub mod peak;
mod presentations;
pub mod rbf;
mod real;
pub mod reduce;
pub mod softmax;
pub mod squash;
pub mod subsample;
mod trainer;

pub use estimate::second_derivatives;
pub use network::{Activations, Curvatures, backward, forward, penalties, second_backward};
pub use presentations::{Presentation, Presentations};
pub use real::Real;
pub use trainer::ReferenceTrainer;
