//! Radial basis function output units; twin of `shaders/rbf.wgsl`.
//!
//! y[i] = Σ_j (x[j] − w[i,j])², no factor ½   (eq. 7)

use super::Real;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CODE_LENGTH, rbf_codes};

    #[test]
    fn a_codes_distance_to_itself_is_zero_and_to_another_four_a_pixel() {
        let codes = rbf_codes();
        let mut distances = [f32::NAN; 10];
        forward(&codes[..CODE_LENGTH], &codes, &mut distances);
        assert_eq!(distances[0], 0.0);
        assert_eq!(distances[4], 4.0 * 18.0);
        assert!(distances[1..].iter().all(|&y| (48.0..=200.0).contains(&y)));
    }
}
