//! Gradients multiplied by the inverse of the inputs' second moments; twin of
//! `shaders/preconditioning.wgsl`. Why, and when, is in `src/model/preconditioning.rs`.

use super::Real;
use crate::model::preconditioning::{WINDOW_STRIDE, Windows};

/// What the mean of the squares is at least, so that a layer whose inputs are all 0 can be divided by it.
pub const LEAST_SQUARE: f64 = 1e-6;

/// The windows of the samples `inputs` [sample][c,y,x] that are looked at: [window][input].
pub fn look_at<T: Real>(windows: &Windows, inputs: &[T]) -> Vec<T> {
    let (shape, [rows, columns]) = (windows.input, windows.looked_at());
    let mut seen = Vec::new();
    for sample in inputs.chunks(shape.units()) {
        for window in 0..rows * columns {
            let (top, left) = (
                window / columns * WINDOW_STRIDE,
                window % columns * WINDOW_STRIDE,
            );
            for row in 0..shape.maps * windows.side[0] {
                let (map, y) = (row / windows.side[0], top + row % windows.side[0]);
                let first = (map * shape.height + y) * shape.width + left;
                seen.extend_from_slice(&sample[first..first + windows.side[1]]);
            }
        }
    }
    seen
}

/// Gives the windows `seen` [window][input], of `size` inputs each, the share `share` in some rows of the
/// mean of x xᵀ, those from row `first` on: A ← (1 − share)·A + share·mean.
#[inline(always)]
pub fn accumulate<T: Real>(seen: &[T], size: usize, share: T, first: usize, mean: &mut [T]) {
    let count = T::of((seen.len() / size) as f64);
    for value in mean.iter_mut() {
        *value = (T::one() - share) * *value;
    }
    for window in seen.chunks_exact(size) {
        for (row, mean) in mean.chunks_exact_mut(size).enumerate() {
            let factor = share / count * window[first + row];
            for (value, &x) in mean.iter_mut().zip(window) {
                *value += factor * x;
            }
        }
    }
}

/// The inverse of A + d·(tr A/n)·I, where A is the part of the mean of x xᵀ, `mean`, of `size` inputs that
/// belongs to the n inputs `inputs`, and d is `damping`, above 0: by Gauss and Jordan, in place. The matrix
/// is symmetric and positive definite, and needs no search for pivots.
#[inline(always)]
pub fn invert<T: Real>(mean: &[T], size: usize, inputs: &[usize], damping: T, inverse: &mut [T]) {
    let n = inputs.len();
    let squares: T = inputs.iter().map(|&i| mean[i * size + i]).sum();
    let square = (squares / T::of(n as f64)).max(T::of(LEAST_SQUARE));
    for (i, row) in inverse.chunks_exact_mut(n).enumerate() {
        for (value, &j) in row.iter_mut().zip(inputs) {
            *value = mean[inputs[i] * size + j];
        }
        row[i] += damping * square;
    }
    let mut pivots = vec![T::zero(); n];
    for k in 0..n {
        pivots.copy_from_slice(&inverse[k * n..(k + 1) * n]);
        let reciprocal = T::one() / pivots[k];
        pivots[k] = T::one();
        for (i, row) in inverse.chunks_exact_mut(n).enumerate() {
            let factor = match i == k {
                true => reciprocal,
                false => -row[k] * reciprocal,
            };
            match i == k {
                true => row.fill(T::zero()),
                false => row[k] = T::zero(),
            }
            for (value, &pivot) in row.iter_mut().zip(&pivots) {
                *value += factor * pivot;
            }
        }
    }
}

/// Multiplies the gradients of the weights of some units, n each, by the inverse [n][n] of their inputs'
/// second moments: g[i] ← Σ_j A⁻¹[j,i]·g[j].
#[inline(always)]
pub fn apply<T: Real>(inverse: &[T], gradients: &[T], n: usize, products: &mut [T]) {
    products.fill(T::zero());
    for (row, j) in inverse.chunks_exact(n).zip(0..) {
        for (product, gradient) in products.chunks_exact_mut(n).zip(gradients.chunks_exact(n)) {
            for (value, &factor) in product.iter_mut().zip(row) {
                *value += gradient[j] * factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MapShape;

    /// Numbers without a pattern, in ±1.
    fn numbers(count: usize) -> Vec<f64> {
        let number = |i: usize| ((i * i * 7919 + i * 104_729) % 2001) as f64 / 1000.0 - 1.0;
        (0..count).map(number).collect()
    }

    #[test]
    fn every_second_window_is_looked_at() {
        let windows = Windows {
            input: MapShape::new(2, 7, 8),
            side: [5, 5],
        };
        let inputs: Vec<f64> = (0..2 * 112).map(f64::from).collect();
        let seen = look_at(&windows, &inputs);
        assert_eq!(windows.looked_at(), [2, 2]);
        assert_eq!(seen.len(), 2 * 4 * 50);
        // The second sample's last window begins in row 2, column 2: of its second map, the row after.
        let last = &seen[7 * 50..];
        assert_eq!(last[30..35], [194.0, 195.0, 196.0, 197.0, 198.0]);
    }

    #[test]
    fn the_mean_is_that_of_all_windows() {
        let (size, seen) = (3, numbers(12));
        let mut mean = vec![2.0; 9];
        accumulate(&seen, size, 0.25, 0, &mut mean);
        for (i, row) in mean.chunks(size).enumerate() {
            for (j, &value) in row.iter().enumerate() {
                let products = seen.chunks(size).map(|x| x[i] * x[j]);
                let expected = 0.75 * 2.0 + 0.25 * products.sum::<f64>() / 4.0;
                assert!((value - expected).abs() < 1e-12, "{i},{j}: {value}");
            }
        }
    }

    #[test]
    fn matrix_times_inverse_is_the_identity() {
        for size in [1, 2, 7, 40] {
            let mut mean = vec![0.0; size * size];
            accumulate(&numbers(5 * size), size, 1.0, 0, &mut mean);
            let mut inverse = vec![0.0; size * size];
            let inputs: Vec<usize> = (0..size).collect();
            invert(&mean, size, &inputs, 0.5, &mut inverse);
            let square = (0..size).map(|i| mean[i * size + i]).sum::<f64>() / size as f64;
            for i in 0..size {
                mean[i * size + i] += 0.5 * square;
            }
            for (i, j) in (0..size).flat_map(|i| (0..size).map(move |j| (i, j))) {
                let terms = (0..size).map(|k| mean[i * size + k] * inverse[k * size + j]);
                let expected = f64::from(u8::from(i == j));
                let product = terms.sum::<f64>();
                assert!(
                    (product - expected).abs() < 1e-9,
                    "{size}: {i},{j}: {product}"
                );
            }
        }
    }

    #[test]
    fn a_layer_without_input_leaves_gradients_finite() {
        let mut inverse = [0.0; 4];
        invert(&[0.0; 4], 2, &[0, 1], 1.0, &mut inverse);
        assert_eq!(inverse, [1e6, 0.0, 0.0, 1e6]);
    }

    #[test]
    fn only_the_inputs_of_a_block_count() {
        let mean = [4.0, 9.0, 1.0, 9.0, 9.0, 9.0, 1.0, 9.0, 2.0];
        let (mut of_part, mut alone) = ([0.0; 4], [0.0; 4]);
        invert(&mean, 3, &[0, 2], 0.5, &mut of_part);
        invert(&[4.0, 1.0, 1.0, 2.0], 2, &[0, 1], 0.5, &mut alone);
        assert_eq!(of_part, alone);
    }

    #[test]
    fn each_units_gradient_is_multiplied() {
        let inverse = [2.0, 1.0, 1.0, 3.0];
        let mut products = [f64::NAN; 4];
        apply(&inverse, &[1.0, 0.0, -1.0, 2.0], 2, &mut products);
        assert_eq!(products, [2.0, 1.0, 0.0, 5.0]);
    }
}
