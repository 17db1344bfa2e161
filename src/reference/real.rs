//! The numbers the reference computes with.

use num_traits::{Float, NumAssign};

/// A floating-point type that the reference computes with.
pub trait Real:
    Float + NumAssign + std::iter::Sum + Send + Sync + std::fmt::Debug + 'static
{
    /// `value`, rounded to this type.
    fn of(value: f64) -> Self;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
}
