//! Radial basis function output units; twin of `shaders/rbf.wgsl`.
//!
//! y[i] = Σ_j (x[j] − w[i,j])², no factor ½   (eq. 7)

use super::Real;
use super::operation::{Computed, LayerOperation};

/// `input` [j], `codes` [i,j] → `distances` [i].
pub fn forward<T: Real>(input: &[T], codes: &[T], distances: &mut [T]) {
    for (y, code) in distances.iter_mut().zip(codes.chunks(input.len())) {
        *y = input
            .iter()
            .zip(code)
            .map(|(&x, &w)| (x - w) * (x - w))
            .sum();
    }
}

/// ∂E/∂x[j] = Σ_i ∂E/∂y[i] · 2·(x[j] − w[i,j]).
pub fn backward_input<T: Real>(
    input: &[T],
    codes: &[T],
    distance_gradient: &[T],
    input_gradient: &mut [T],
) {
    input_gradient.fill(T::zero());
    for (&dy, code) in distance_gradient.iter().zip(codes.chunks(input.len())) {
        for ((dx, &x), &w) in input_gradient.iter_mut().zip(input).zip(code) {
            *dx += dy * T::of(2.0) * (x - w);
        }
    }
}

/// ∂²E/∂x[j]² = Σ_i ∂²E/∂y[i]² · (2·(x[j] − w[i,j]))² + 2·Σ_i ∂E/∂y[i].
///
/// Unlike that of the squashing function, the second derivative of a distance itself is kept:
/// ∂²y/∂x² = 2 everywhere, and the gradients of either loss sum to 0 or more (see
/// [`loss`](super::loss)), so the result is not negative; with eq. 8 this term is the whole result.
/// Rounding may leave the sum just below 0, which then counts as 0. The mixed derivatives of two
/// distances, ∂²E/∂y[i]∂y[k], are left out, as throughout the diagonal method of Appendix C.
pub fn second_backward_input<T: Real>(
    input: &[T],
    codes: &[T],
    distance_gradient: &[T],
    distance_curvature: &[T],
    input_curvature: &mut [T],
) {
    let own: T = distance_gradient.iter().copied().sum();
    input_curvature.fill(T::of(2.0) * own.max(T::zero()));
    for (&hy, code) in distance_curvature.iter().zip(codes.chunks(input.len())) {
        for ((hx, &x), &w) in input_curvature.iter_mut().zip(input).zip(code) {
            *hx += hy * T::of(4.0) * (x - w) * (x - w);
        }
    }
}

/// The layer's operation, with its codes [i,j].
pub(super) struct Rbf<T>(pub Vec<T>);

impl<T: Real> LayerOperation<T> for Rbf<T> {
    fn forward(&self, input: &[T], _weight: &[T], _bias: &[T], sums: &mut [T]) {
        forward(input, &self.0, sums);
    }

    fn backward_input(&self, computed: &Computed<T>, input_gradient: &mut [T]) {
        backward_input(
            computed.input,
            &self.0,
            computed.sum_gradient,
            input_gradient,
        );
    }

    fn second_backward_input(
        &self,
        computed: &Computed<T>,
        sum_curvature: &[T],
        input_curvature: &mut [T],
    ) {
        let Computed {
            input,
            sum_gradient,
            ..
        } = *computed;
        second_backward_input(input, &self.0, sum_gradient, sum_curvature, input_curvature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CODE_LENGTH, rbf_codes};

    #[test]
    fn a_codes_distance_to_itself_is_zero_and_to_another_four_per_pixel() {
        let codes = rbf_codes();
        let mut distances = [f32::NAN; 10];
        forward(&codes[..CODE_LENGTH], &codes, &mut distances);
        assert_eq!(distances[0], 0.0);
        assert_eq!(distances[4], 4.0 * 18.0);
        assert!(distances[1..].iter().all(|&y| (48.0..=200.0).contains(&y)));
    }
}
