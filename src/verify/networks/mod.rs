//! Whole networks: gradients, second derivatives and answers compared with the reference in f64, and
//! ten training steps compared with the reference in f32.

mod case;
mod compare;
mod curvature;
mod gradient;
mod inference;
mod list;
pub(super) mod settings;
pub(super) mod start;
#[cfg(feature = "strings")]
mod strip;
mod subject;
mod trajectory;

pub use case::NetworkCase;
pub use list::{adapter_networks, cpu_networks};
pub use subject::Subject;
