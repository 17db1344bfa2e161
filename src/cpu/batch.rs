//! Which samples form a batch, and their pixels; twin of `shaders/batch.wgsl`.

use super::Real;
use crate::data::{BACKGROUND, FIELD_SIDE, IMAGE_SIDE, INK};
use crate::model::{Distortion, feistel_half_bits};

const ROUNDS: u32 = 6;

/// Where sample number `position` of pass `pass` is found among `count` samples: a bijection of
/// 0..count for every seed and pass, computed without a table.
///
/// A Feistel network of six rounds permutes the numbers of 2h bits, 4^h ≥ `count`; a number that
/// falls outside 0..count is sent through again until it falls inside (cycle walking), which keeps
/// the map one to one.
pub fn permute(position: u32, count: u32, seed: u32, pass: u32) -> u32 {
    let half_bits = feistel_half_bits(count as usize);
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

/// An affine map of the field: (u, v) → (xx·u + xy·v + x, yx·u + yy·v + y).
#[derive(Clone, Copy, Debug)]
pub struct Affine<T> {
    xx: T,
    xy: T,
    yx: T,
    yy: T,
    x: T,
    y: T,
}

impl<T: Real> Affine<T> {
    /// Where in the picture the unit in column `x` and row `y` of the field looks: column and row.
    #[inline(always)]
    pub fn place(&self, x: usize, y: usize) -> (T, T) {
        let centre = |side: usize| T::of((side - 1) as f64 / 2.0);
        let u = T::of(x as f64) - centre(FIELD_SIDE);
        let v = T::of(y as f64) - centre(FIELD_SIDE);
        (
            self.xx * u + self.xy * v + self.x + centre(IMAGE_SIDE),
            self.yx * u + self.yy * v + self.y + centre(IMAGE_SIDE),
        )
    }
}

/// The random affine map of one presentation of `sample`: the identity, plus `linear` times random
/// numbers in its linear part and `shift` times random numbers in pixels.
pub fn draw_affine<T: Real>(
    distortion: &Distortion,
    seed: u32,
    pass: u32,
    sample: u32,
) -> Affine<T> {
    let linear = |k| T::of(distortion.linear.into()) * draw(seed, pass, sample, k);
    let shift = |k| T::of(distortion.shift.into()) * draw(seed, pass, sample, k);
    Affine {
        xx: T::one() + linear(1),
        xy: linear(2),
        yx: linear(3),
        yy: T::one() + linear(4),
        x: shift(5),
        y: shift(6),
    }
}

/// Random number `k` of a presentation, uniform in ±1.
fn draw<T: Real>(seed: u32, pass: u32, sample: u32, k: u32) -> T {
    let bits = mix(seed ^ mix(pass ^ mix(sample ^ mix(k))));
    T::of(f64::from(bits >> 8) / f64::from(1 << 23) - 1.0)
}

/// As [`assemble`], through `affine`: a unit at (u, v) from the centre of the field shows what the
/// picture holds at the place that `affine` maps (u, v) to, between its pixels by bilinear
/// interpolation, 0 outside of it.
pub fn assemble_distorted<T: Real>(image: &[u8], affine: &Affine<T>, field: &mut [T]) {
    let (background, ink) = (T::of(BACKGROUND.into()), T::of(INK.into()));
    for (i, value) in field.iter_mut().enumerate() {
        let (x, y) = affine.place(i % FIELD_SIDE, i / FIELD_SIDE);
        *value = background + (ink - background) * ink_between(image, y, x);
    }
}

/// The ink of a picture, from 0 to 1, at a place between its pixels.
fn ink_between<T: Real>(image: &[u8], y: T, x: T) -> T {
    let (left, top) = (x.floor(), y.floor());
    let whole = |value: T| value.to_i32().unwrap_or(i32::MIN / 2);
    let (column, row) = (whole(left), whole(top));
    let mix = |a: T, b: T, share: T| a * (T::one() - share) + b * share;
    let upper = mix(
        ink_at(image, row, column),
        ink_at(image, row, column + 1),
        x - left,
    );
    let lower = mix(
        ink_at(image, row + 1, column),
        ink_at(image, row + 1, column + 1),
        x - left,
    );
    mix(upper, lower, y - top)
}

/// A pixel of a picture, from 0 to 1; 0 outside of it.
fn ink_at<T: Real>(image: &[u8], y: i32, x: i32) -> T {
    let side = 0..IMAGE_SIDE as i32;
    if !side.contains(&y) || !side.contains(&x) {
        return T::zero();
    }
    let byte = image[y as usize * IMAGE_SIDE + x as usize];
    T::of(byte.into()) / T::of(255.0)
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
    fn without_strength_a_distorted_field_is_the_plain_one() {
        let image: Vec<u8> = (0..IMAGE_SIDE * IMAGE_SIDE)
            .map(|i| (i * 7 % 256) as u8)
            .collect();
        let (mut plain, mut distorted) = ([0f64; 1024], [0f64; 1024]);
        assemble(&image, &mut plain);
        let affine = draw_affine(&Distortion::NONE, 1, 2, 3);
        assemble_distorted(&image, &affine, &mut distorted);
        for (a, b) in plain.iter().zip(distorted) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn a_shift_moves_the_picture_and_draws_differ_by_seed_pass_and_sample() {
        let mut image = vec![0; IMAGE_SIDE * IMAGE_SIDE];
        image[14 * IMAGE_SIDE + 14] = 255;
        let affine = Affine {
            xx: 1.0,
            xy: 0.0,
            yx: 0.0,
            yy: 1.0,
            x: 2.0,
            y: -3.0,
        };
        let mut field = [0f64; 1024];
        assemble_distorted(&image, &affine, &mut field);
        // The unit at (x, y) shows the pixel two to the right and three above.
        let ink = field.iter().position(|&value| value > 1.0);
        assert_eq!(ink, Some((14 + 2 + 3) * FIELD_SIDE + 14 + 2 - 2));

        let draws = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0)]
            .map(|(seed, pass, sample)| draw::<f64>(seed, pass, sample, 1));
        for (i, a) in draws.iter().enumerate() {
            assert!(draws[..i].iter().all(|b| a != b));
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
