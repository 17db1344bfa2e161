//! Work that does nothing, by which an adapter's cost of launching is timed; twin of
//! `shaders/empty.wgsl`.

use super::Real;

/// Leaves values [n] that it could write to as they are.
pub fn dependent<T: Real>(_bound: &mut [T]) {}

/// Leaves values [n] that it can only read as they are.
pub fn independent<T: Real>(_read_only: &[T]) {}
