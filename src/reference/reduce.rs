//! Summing slices; twin of `shaders/reduce.wgsl`.

use super::Real;

/// Writes the sum of the slices of `partial` [slice, value], added in order, to `sum` [value].
pub fn sum<T: Real>(partial: &[T], sum: &mut [T]) {
    sum.fill(T::zero());
    for slice in partial.chunks(sum.len()) {
        for (total, &value) in sum.iter_mut().zip(slice) {
            *total += value;
        }
    }
}
