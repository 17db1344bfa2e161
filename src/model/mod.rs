//! LeNet-5 and LeNet-1 as data: layers, connections, codes, parameters.
//!
//! Nothing here computes an activation or knows of an adapter; the reference, the CPU path and the
//! GPU path are all built from these descriptions.

mod codes;
mod connections;
mod data_record;
mod invalid_value;
mod layer;
mod network;
mod parameters;
pub mod preconditioning;
mod recipe;
mod shape;
mod state;
#[cfg(feature = "strings")]
mod strip;
mod trained;

pub use codes::{CODE_HEIGHT, CODE_LENGTH, CODE_WIDTH, DIGITS, rbf_codes};
pub use connections::{ConnectionTable, Pair};
pub use data_record::{Conversion, DataRecord, SetRecord};
pub use invalid_value::InvalidValue;
pub use layer::{Layer, Operation};
pub use network::{Architecture, C3Connections, Choices, Head, Network, Subsampling};
pub use parameters::{Coefficients, InitialParameters, Initialisation, Parameters, Range};
#[cfg(feature = "model-file")]
pub(crate) use recipe::is_zero;
pub use recipe::{
    Decay, Distortion, Loss, LossKind, MOST_SEEDS, Optimiser, Recipe, StepRates, string_fields,
};
pub use shape::{KERNEL, MapShape, convolved_side};
pub use state::{InputMoments, PassTotals, StepMetrics, TrainingState, feistel_half_bits, percent};
#[cfg(feature = "strings")]
pub use strip::{STEP, StripNetwork};
pub use trained::Model;

/// A of the squashing function f(a) = A·tanh(S·a) (Appendix A): makes f(±1) = ±1.
pub const SQUASH_AMPLITUDE: f64 = 1.7159;
/// S of the squashing function f(a) = A·tanh(S·a) (Appendix A).
pub const SQUASH_SLOPE: f64 = 2.0 / 3.0;
/// Test error of LeNet-5 as published, in per cent (Figure 9).
pub const PAPER_ERROR_PERCENT: f64 = 0.95;
