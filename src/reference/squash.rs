//! The squashing function; twin of `shaders/squash.wgsl`.
//!
//! f(a) = A·tanh(S·a), A = 1.7159, S = 2/3   (Appendix A)

use super::Real;
use crate::model::{SQUASH_AMPLITUDE, SQUASH_SLOPE};

/// f(a).
pub fn squash<T: Real>(a: T) -> T {
    T::of(SQUASH_AMPLITUDE) * (T::of(SQUASH_SLOPE) * a).tanh()
}

/// f′(a) = A·S·(1 − tanh²(S·a)), written in y = f(a): S·(A − y²/A).
pub fn slope<T: Real>(y: T) -> T {
    T::of(SQUASH_SLOPE) * (T::of(SQUASH_AMPLITUDE) - y * y / T::of(SQUASH_AMPLITUDE))
}

/// Squashes each value of `input` [n] into `output` [n].
pub fn forward<T: Real>(input: &[T], output: &mut [T]) {
    for (y, &a) in output.iter_mut().zip(input) {
        *y = squash(a);
    }
}

/// ∂E/∂input from ∂E/∂output and the squashed values.
pub fn backward_input<T: Real>(output: &[T], output_gradient: &[T], input_gradient: &mut [T]) {
    for ((da, &y), &dy) in input_gradient.iter_mut().zip(output).zip(output_gradient) {
        *da = slope(y) * dy;
    }
}

/// ∂²E/∂a² from ∂²E/∂y² and the squashed values: f′(a)² · ∂²E/∂y². The term in f″ is dropped
/// (Appendix C): this is the Gauss–Newton approximation, which keeps the result from being negative.
pub fn second_backward_input<T: Real>(
    output: &[T],
    output_curvature: &[T],
    input_curvature: &mut [T],
) {
    for ((ha, &y), &hy) in input_curvature.iter_mut().zip(output).zip(output_curvature) {
        *ha = slope(y) * slope(y) * hy;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_and_minus_one_are_fixed_points() {
        assert!((squash(1f64) - 1.0).abs() < 1e-4);
        assert!((squash(-1f64) + 1.0).abs() < 1e-4);
    }

    #[test]
    fn curvature_is_largest_near_plus_and_minus_one() {
        let h = 1e-4;
        let curvature =
            |a: f64| ((squash(a + h) - 2.0 * squash(a) + squash(a - h)) / (h * h)).abs();
        let peak = (0..300)
            .map(|i| i as f64 * 0.01)
            .max_by(|&a, &b| curvature(a).total_cmp(&curvature(b)))
            .unwrap();
        assert!((peak - 1.0).abs() < 0.02, "largest at {peak}");
    }

    #[test]
    fn the_slope_is_the_derivative() {
        for a in [-2.0f64, -0.3, 0.0, 0.7, 3.0] {
            let numeric = (squash(a + 1e-6) - squash(a - 1e-6)) / 2e-6;
            assert!((slope(squash(a)) - numeric).abs() < 1e-8);
        }
    }
}
