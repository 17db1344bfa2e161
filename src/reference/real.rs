//! The numbers the reference computes with.

use num_traits::NumAssign;
use num_traits::float::FloatCore;

use crate::platform::{of_f32, of_f64};

/// A floating-point type that the reference computes with.
///
/// It has the operations that every processor rounds in one way; the elementary functions among
/// them do so because they are the crate's own, not the system's.
pub trait Real:
    FloatCore + NumAssign + std::iter::Sum + Send + Sync + std::fmt::Debug + 'static
{
    /// `value`, rounded to this type.
    fn of(value: f64) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// e to the power of this number.
    fn exp(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
}

impl Real for f32 {
    fn of(value: f64) -> Self {
        value as f32
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn exp(self) -> Self {
        of_f32::exp(self)
    }
    fn ln(self) -> Self {
        of_f32::ln(self)
    }
    fn tanh(self) -> Self {
        of_f32::tanh(self)
    }
}

impl Real for f64 {
    fn of(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        self.sqrt()
    }
    fn exp(self) -> Self {
        of_f64::exp(self)
    }
    fn ln(self) -> Self {
        of_f64::ln(self)
    }
    fn tanh(self) -> Self {
        of_f64::tanh(self)
    }
}
