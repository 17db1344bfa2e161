//! The work that an adapter's peak speed is measured with; twin of `shaders/peak.wgsl`.

use super::Real;

/// Multiply-adds per value and round: 8 for each of the 4 sequences.
pub const MULTIPLY_ADDS_PER_ROUND: usize = 4 * 8;

/// y = Σ c_k over k = 0 … 3, each c_k being x + k/4 after 8·`rounds` times
/// c ← (1 − 1/1024)·c + 1/1024, for every x of `input` [n] into `output` [n].
pub fn multiply_add<T: Real>(input: &[T], rounds: usize, output: &mut [T]) {
    let term = T::of(1.0 / 1024.0);
    let factor = T::one() - term;
    let sequence = |start: T| (0..8 * rounds).fold(start, |c, _| factor * c + term);
    for (y, &x) in output.iter_mut().zip(input) {
        *y = (0..4)
            .map(|k| sequence(x + T::of(f64::from(k) / 4.0)))
            .sum();
    }
}

/// Copies `input` [n] to `output` [n].
pub fn copy<T: Real>(input: &[T], output: &mut [T]) {
    output.copy_from_slice(input);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_end_at_1() {
        let mut y = [0.0f64; 2];
        multiply_add(&[-1.0, 1.0], 2_000, &mut y);
        assert!(y.iter().all(|y| (y - 4.0).abs() < 1e-5), "{y:?}");
    }

    #[test]
    fn one_round_is_eight_steps() {
        let mut y = [0.0f64];
        multiply_add(&[0.0], 1, &mut y);
        // c − 1 shrinks by 1023/1024 per step; the four start at 0, ¼, ½ and ¾.
        let expected = 4.0 - 2.5 * (1023.0f64 / 1024.0).powi(8);
        assert!((y[0] - expected).abs() < 1e-12);
    }
}
