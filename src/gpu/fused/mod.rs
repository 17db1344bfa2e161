//! The fused step: two dispatches, of which the first takes every sample from its pixels to its
//! gradients in one workgroup, and the second updates all parameters.

mod block;
mod layout;
mod limits;
mod step;
mod tables;

pub use block::FusedBlock;
pub(crate) use layout::{DenseUnits, FusedLayout, connections};
pub(super) use limits::most_fused_models;
pub(super) use step::FusedStep;
pub(crate) use tables::{ranges_table, tables};
