//! Radial basis function output units, for samples side by side.
//!
//! y[i] = Σ_j (x[j] − w[i,j])², no factor ½   (eq. 7)

/// `input` [j], `codes` [i,j] → `distances` [i].
#[inline(always)]
pub fn forward<const SAMPLES: usize>(input: &[f32], codes: &[f32], distances: &mut [f32]) {
    let (units, _) = input.as_chunks::<SAMPLES>();
    let (distances, _) = distances.as_chunks_mut::<SAMPLES>();
    for (y, code) in distances.iter_mut().zip(codes.chunks_exact(units.len())) {
        let mut sums = [0.0; SAMPLES];
        for (x, &w) in units.iter().zip(code) {
            for (sum, &x) in sums.iter_mut().zip(x) {
                *sum += (x - w) * (x - w);
            }
        }
        *y = sums;
    }
}

/// ∂E/∂x[j] = Σ_i ∂E/∂y[i] · 2·(x[j] − w[i,j]).
#[inline(always)]
pub fn backward_input<const SAMPLES: usize>(
    input: &[f32],
    codes: &[f32],
    distance_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    let (units, _) = input.as_chunks::<SAMPLES>();
    let (gradients, _) = distance_gradient.as_chunks::<SAMPLES>();
    let (input_gradients, _) = input_gradient.as_chunks_mut::<SAMPLES>();
    for (j, (dx, x)) in input_gradients.iter_mut().zip(units).enumerate() {
        let mut sums = [0.0; SAMPLES];
        for (dy, code) in gradients.iter().zip(codes.chunks_exact(units.len())) {
            for i in 0..SAMPLES {
                sums[i] += dy[i] * 2.0 * (x[i] - code[j]);
            }
        }
        *dx = sums;
    }
}
