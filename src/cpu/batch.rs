//! Which samples form a batch, and their pixels; twin of `shaders/batch.wgsl`.

use super::Real;
use crate::data::{BACKGROUND, FIELD_SIDE, IMAGE_SIDE, INK};

const ROUNDS: u32 = 6;

/// Where sample number `position` of pass `pass` is found among `count` samples: a bijection of
/// 0..count for every seed and pass, computed without a table.
///
/// A Feistel network of six rounds permutes the numbers of 2h bits, 4^h ≥ `count`; a number that
/// falls outside 0..count is sent through again until it falls inside (cycle walking), which keeps
/// the map one to one.
pub fn permute(position: u32, count: u32, seed: u32, pass: u32) -> u32 {
    let half_bits = half_bits(count);
    let mask = (1u32 << half_bits) - 1;
    let mut value = position;
    loop {
        let (mut left, mut right) = (value >> half_bits, value & mask);
        for round in 0..ROUNDS {
            let key = mix(seed ^ mix(pass ^ mix(round)));
            (left, right) = (right, left ^ (mix(right ^ key) & mask));
        }
        value = (left << half_bits) | right;
        if value < count {
            return value;
        }
    }
}

/// Smallest h ≥ 1 with 4^h ≥ `count`.
pub fn half_bits(count: u32) -> u32 {
    (1..16)
        .find(|&h| 1u64 << (2 * h) >= u64::from(count))
        .unwrap_or(16)
}

/// A 32-bit integer hash with good avalanche (C. Wellons' "lowbias32").
fn mix(value: u32) -> u32 {
    let value = (value ^ (value >> 16)).wrapping_mul(0x7feb_352d);
    let value = (value ^ (value >> 15)).wrapping_mul(0x846c_a68b);
    value ^ (value >> 16)
}

/// The samples of step `step`: their positions in the data set, `batch` of them or, at the end of
/// a pass, what is left. Shuffled by `seed` afresh each pass, or in order without one.
pub fn select_samples(step: usize, batch: usize, count: usize, seed: Option<u32>) -> Vec<usize> {
    let steps_per_pass = count.div_ceil(batch);
    let (pass, first) = (step / steps_per_pass, step % steps_per_pass * batch);
    (first..count.min(first + batch))
        .map(|position| match seed {
            Some(seed) => permute(position as u32, count as u32, seed, pass as u32) as usize,
            None => position,
        })
        .collect()
}

/// One image's bytes [y,x] of 28×28 into the middle of a 32×32 field: 0 becomes the background
/// −0.1, 255 the ink 1.175 (section II.B).
pub fn assemble<T: Real>(image: &[u8], field: &mut [T]) {
    const BORDER: usize = (FIELD_SIDE - IMAGE_SIDE) / 2;
    let (background, ink) = (T::of(BACKGROUND.into()), T::of(INK.into()));
    field.fill(background);
    for (y, row) in image.chunks(IMAGE_SIDE).enumerate() {
        let first = (y + BORDER) * FIELD_SIDE + BORDER;
        for (value, &byte) in field[first..first + IMAGE_SIDE].iter_mut().zip(row) {
            *value = background + (ink - background) * T::of(byte.into()) / T::of(255.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pass_is_a_permutation_and_each_is_another() {
        for count in [1, 2, 5, 16, 17, 1000, 60_000] {
            let order =
                |pass| -> Vec<u32> { (0..count).map(|i| permute(i, count, 7, pass)).collect() };
            let mut sorted = order(0);
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..count), "count {count}");
            if count >= 1000 {
                assert_ne!(order(0), order(1));
            }
        }
    }

    #[test]
    fn neighbours_are_not_correlated() {
        let count = 60_000;
        let order: Vec<f64> = (0..count).map(|i| permute(i, count, 0, 3).into()).collect();
        let mean = f64::from(count - 1) / 2.0;
        let variance = f64::from(count).powi(2) / 12.0;
        for lag in 1..=20 {
            let products = order.iter().zip(&order[lag..]);
            let covariance: f64 =
                products.map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / f64::from(count);
            // Standard error of a correlation of independent numbers: 1/√60,000 = 0.004.
            assert!((covariance / variance).abs() < 0.017, "lag {lag}");
        }
    }

    #[test]
    fn a_pass_visits_every_sample_once_also_when_the_batch_does_not_divide_it() {
        let mut seen: Vec<usize> = (0..15)
            .flat_map(|step| select_samples(step, 7, 100, Some(1)))
            .collect();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..100));
        assert_eq!(select_samples(14, 7, 100, Some(1)).len(), 2);
        assert_eq!(select_samples(3, 10, 25, None), (0..10).collect::<Vec<_>>());
    }
}
