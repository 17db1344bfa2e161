//! The problems that an adapter and the CPU path are given: a shape, seeded data, what the reference
//! makes of them, and how far off a result may be.
//!
//! One file per operation, or per group of operations on the same data. It holds the one list of
//! shapes, in the batch each is computed for: batch 1, odd and prime sizes, and one more than a
//! workgroup, because 16 and 64 alone hide mistakes at the edges. What a problem's methods compute is
//! generic, as the reference is: f64 is what a result is compared with, f32 is what the CPU path
//! computes where it has no code of its own.

pub mod batch;
pub mod conv;
pub mod dense;
pub mod empty;
pub mod fused;
pub mod halving;
pub mod loss;
pub mod maps;
pub mod metrics;
pub mod optimiser;
pub mod peak;
pub mod preconditioning;
pub mod rbf;
pub mod reduce;
pub mod softmax;
pub mod squash;
pub mod tolerances;
#[cfg(feature = "strings")]
pub mod windows;
