//! Which samples form a batch, and their pixels; twin of `shaders/batch.wgsl`.

use std::ops::Range;

use super::Real;
use crate::data::{BACKGROUND, FIELD_SIDE, IMAGE_SIDE, INK};
use crate::model::{Distortion, feistel_half_bits};

const ROUNDS: u32 = 6;

/// Which of `count` samples stands at place `position` of pass `pass`: for every seed and pass a
/// bijection of 0..count, computed without a table.
///
/// A Feistel network of six rounds permutes the numbers of 2h bits, 4^h ≥ `count`; a number that
/// falls outside 0..count is sent through again until it falls inside (cycle walking), which keeps
/// the map one-to-one.
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

/// The pass that step `step` belongs to, counted from 0, and the step's places in it: `batch` of them
/// or, at the end of a pass over `count` samples, the remaining ones.
pub fn positions(step: usize, batch: usize, count: usize) -> (usize, Range<usize>) {
    let steps_per_pass = count.div_ceil(batch);
    let (pass, first) = (step / steps_per_pass, step % steps_per_pass * batch);
    (pass, first..count.min(first + batch))
}

/// The number of the picture that is presented at place `position` of pass `pass`.
///
/// There are `versions` pictures of each of `count` samples: number % `count` is the sample,
/// number / `count` the version. The pictures of all versions are shuffled together by `seed` and
/// presented one after another, `count` per pass, then shuffled anew. With one version, a number is a
/// sample and every pass has an order of its own. Without a seed nothing is shuffled.
pub fn presented(
    position: usize,
    pass: usize,
    count: usize,
    versions: usize,
    seed: Option<u32>,
) -> usize {
    let (so_far, pictures) = (pass * count + position, count * versions);
    let (round, place) = (so_far / pictures, so_far % pictures);
    match seed {
        Some(seed) => permute(place as u32, pictures as u32, seed, round as u32) as usize,
        None => place,
    }
}

/// The numbers of the pictures that step `step` presents (see [`presented`]).
pub fn select_samples(
    step: usize,
    batch: usize,
    count: usize,
    versions: usize,
    seed: Option<u32>,
) -> Vec<usize> {
    let (pass, positions) = positions(step, batch, count);
    positions
        .map(|position| presented(position, pass, count, versions, seed))
        .collect()
}

/// Puts one image's 28×28 bytes [y,x] into the middle of a square field, 32×32 for LeNet-5: 0 becomes
/// the background −0.1, 255 the ink 1.175 (section II.B).
pub fn assemble<T: Real>(image: &[u8], field: &mut [T]) {
    let side = field.len().isqrt();
    let border = (side - IMAGE_SIDE) / 2;
    let (background, ink) = (T::of(BACKGROUND.into()), T::of(INK.into()));
    field.fill(background);
    for (y, row) in image.chunks(IMAGE_SIDE).enumerate() {
        let first = (y + border) * side + border;
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
    /// The column and row of the picture at which the unit in column `x` and row `y` of the field
    /// looks.
    #[inline(always)]
    fn place(&self, x: usize, y: usize) -> (T, T) {
        let centre = |side: usize| T::of((side - 1) as f64 / 2.0);
        let u = T::of(x as f64) - centre(FIELD_SIDE);
        let v = T::of(y as f64) - centre(FIELD_SIDE);
        (
            self.xx * u + self.xy * v + self.x + centre(IMAGE_SIDE),
            self.yx * u + self.yy * v + self.y + centre(IMAGE_SIDE),
        )
    }
}

/// How one presentation distorts a picture: where in the picture each unit of the field looks.
#[derive(Clone, Debug)]
pub struct Warp<T> {
    affine: Affine<T>,
    displacements: Option<Displacements<T>>,
}

impl<T: Real> Warp<T> {
    /// The columns and rows of the picture at which the units in row `y` of the field look.
    #[inline(always)]
    pub fn row(&self, y: usize) -> [(T, T); FIELD_SIDE] {
        let mut places = std::array::from_fn(|x| self.affine.place(x, y));
        if let Some(displacements) = &self.displacements {
            for ((column, row), [dx, dy]) in places.iter_mut().zip(displacements.row(y)) {
                *column += dx;
                *row += dy;
            }
        }
        places
    }
}

/// The random distortion of `sample` on one occasion: in a pass or, where copies are fixed, as a
/// version, of which 0 is the sample itself.
pub fn draw_warp<T: Real>(
    distortion: &Distortion,
    seed: u32,
    occasion: u32,
    sample: u32,
) -> Warp<T> {
    let original = distortion.fixed_copies > 0 && occasion == 0;
    let distortion = match original {
        true => &Distortion::NONE,
        false => distortion,
    };
    let elastic = distortion.elastic > 0.0;
    Warp {
        affine: draw_affine(distortion, seed, occasion, sample),
        displacements: elastic.then(|| Displacements::draw(distortion, seed, occasion, sample)),
    }
}

/// A random rotation, then a horizontal shear, then scalings of x and of y; random numbers are added
/// to the linear part of the result, and a random shift.
fn draw_affine<T: Real>(
    distortion: &Distortion,
    seed: u32,
    occasion: u32,
    sample: u32,
) -> Affine<T> {
    let random = |bound: f64, k| T::of(bound) * draw(seed, occasion, sample, k);
    let linear = |k| random(distortion.linear.into(), k);
    let shift = |k| random(distortion.shift.into(), k);
    let t = random(distortion.half_turn(), 7);
    let (cosine, sine) = (
        (T::one() - t * t) / (T::one() + t * t),
        T::of(2.0) * t / (T::one() + t * t),
    );
    let scale = |k| T::one() + random(distortion.scale.into(), k);
    let shear = random(distortion.shear.into(), 10);
    Affine {
        xx: scale(8) * (cosine + shear * sine) + linear(1),
        xy: scale(8) * (shear * cosine - sine) + linear(2),
        yx: scale(9) * sine + linear(3),
        yy: scale(9) * cosine + linear(4),
        x: shift(5),
        y: shift(6),
    }
}

/// Random bits number `k` of a presentation.
fn draw_bits(seed: u32, occasion: u32, sample: u32, k: u32) -> u32 {
    mix(seed ^ mix(occasion ^ mix(sample ^ mix(k))))
}

/// Random number `k` of a presentation, uniform in ±1.
fn draw<T: Real>(seed: u32, occasion: u32, sample: u32, k: u32) -> T {
    let bits = draw_bits(seed, occasion, sample, k);
    T::of(f64::from(bits >> 8) / f64::from(1 << 23) - 1.0)
}

/// Elastic displacements: a smooth random field, as in P. Simard, D. Steinkraus and J. Platt, "Best
/// Practices for Convolutional Neural Networks Applied to Visual Document Analysis", ICDAR 2003.
///
/// There, random numbers at every pixel are smoothed by a Gaussian. Here they stand at the points of a
/// lattice whose spacing is about the width of the Gaussian, and are interpolated by cubic B-splines,
/// which are close to Gaussians: the same kind of field from a fraction of the numbers.
#[derive(Clone, Debug)]
pub struct Displacements<T> {
    /// Displacement (x, y) of each point, in pixels, row by row.
    points: Vec<[T; 2]>,
    /// Points per row.
    side: usize,
    /// For each row or column of the field, the first of the four points whose splines reach it, and
    /// the weights of the four there.
    splines: [(usize, [T; 4]); FIELD_SIDE],
}

/// Which random bits of a presentation all its displacements are drawn from (see [`draw_bits`]).
const DISPLACEMENT_KEY: u32 = 11;
/// The largest number of points in a row of the lattice.
const MOST_POINTS: u32 = 64;

impl<T: Real> Displacements<T> {
    fn draw(distortion: &Distortion, seed: u32, occasion: u32, sample: u32) -> Self {
        let key = draw_bits(seed, occasion, sample, DISPLACEMENT_KEY);
        let spacing = distortion.lattice_spacing();
        // The splines of four points in a row reach a place in the field; one point more, because
        // rounding may move the last place past a point.
        let side = ((FIELD_SIDE - 1) as f64 / spacing) as usize + 5;
        let bound = T::of(distortion.lattice_bound());
        let point = |index: usize| {
            let (row, column) = ((index / side) as u32, (index % side) as u32);
            let bits = mix(key ^ (row * MOST_POINTS + column));
            [bits & 0xffff, bits >> 16]
                .map(|half| bound * (T::of(half.into()) / T::of(32_767.5) - T::one()))
        };
        Self {
            points: (0..side * side).map(point).collect(),
            side,
            splines: std::array::from_fn(|place| splines(place, T::of(1.0 / spacing))),
        }
    }

    /// The displacements (x, y) of a row of the field.
    fn row(&self, y: usize) -> impl Iterator<Item = [T; 2]> {
        let (first, weights) = self.splines[y];
        let mut columns = [[T::zero(); 2]; MOST_POINTS as usize];
        for (i, column) in columns[..self.side].iter_mut().enumerate() {
            *column = weighted(weights, |row| self.points[(first + row) * self.side + i]);
        }
        let along = self.splines.iter();
        along.map(move |&(first, weights)| weighted(weights, |i| columns[first + i]))
    }
}

/// The first of the four points whose cubic B-splines reach place `place`, and their weights there.
fn splines<T: Real>(place: usize, points_per_pixel: T) -> (usize, [T; 4]) {
    let at = T::of(place as f64) * points_per_pixel;
    let t = at - at.floor();
    let s = T::one() - t;
    let of = |value: f64| T::of(value);
    let weights = [
        s * s * s,
        of(4.0) - of(6.0) * t * t + of(3.0) * t * t * t,
        of(4.0) - of(6.0) * s * s + of(3.0) * s * s * s,
        t * t * t,
    ];
    let first = at.to_usize().expect("a place in the field is small");
    (first, weights.map(|weight| weight / of(6.0)))
}

/// Σ weight · vector of four vectors.
fn weighted<T: Real>(weights: [T; 4], vector: impl Fn(usize) -> [T; 2]) -> [T; 2] {
    let mut sum = [T::zero(); 2];
    for (i, weight) in weights.into_iter().enumerate() {
        for (sum, value) in sum.iter_mut().zip(vector(i)) {
            *sum += weight * value;
        }
    }
    sum
}

/// As [`assemble`], through `warp`: a unit at (u, v) from the centre of the field shows the ink of the
/// picture at the place to which the affine map and the unit's displacement lead: interpolated
/// bilinearly between pixels, 0 outside the picture. A field smaller than 32×32 is the middle of one.
pub fn assemble_distorted<T: Real>(image: &[u8], warp: &Warp<T>, field: &mut [T]) {
    let (background, ink) = (T::of(BACKGROUND.into()), T::of(INK.into()));
    let side = field.len().isqrt();
    let margin = (FIELD_SIDE - side) / 2;
    for (y, row) in field.chunks_mut(side).enumerate() {
        let places = warp.row(margin + y).into_iter().skip(margin);
        for (value, (column, row)) in row.iter_mut().zip(places) {
            *value = background + (ink - background) * ink_between(image, row, column);
        }
    }
}

/// The ink of a picture, from 0 to 1, at row `y` and column `x`, which may lie between pixels.
pub fn ink_between<T: Real>(image: &[u8], y: T, x: T) -> T {
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

/// The ink of a pixel, from 0 to 1; 0 outside the picture.
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
        // Also as the first version of a sample that has distorted ones.
        let copied = Distortion {
            shift: 3.0,
            elastic: 2.0,
            fixed_copies: 9,
            ..Distortion::NONE
        };
        let warp = draw_warp(&copied, 1, 0, 3);
        assemble_distorted(&image, &warp, &mut distorted);
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
        let warp = Warp {
            affine,
            displacements: None,
        };
        let mut field = [0f64; 1024];
        assemble_distorted(&image, &warp, &mut field);
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
            .flat_map(|step| select_samples(step, 7, 100, 1, Some(1)))
            .collect();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..100));
        assert_eq!(select_samples(14, 7, 100, 1, Some(1)).len(), 2);
        let in_order = select_samples(3, 10, 25, 1, None);
        assert_eq!(in_order, (0..10).collect::<Vec<_>>());
    }

    /// The paper's regime: 20 passes over 60,000 of 600,000 pictures show each twice.
    #[test]
    fn fixed_versions_are_each_presented_as_often() {
        let (count, versions) = (30, 10);
        let steps_per_pass = 30usize.div_ceil(7);
        let mut seen = vec![0; count * versions];
        for step in 0..20 * steps_per_pass {
            for number in select_samples(step, 7, count, versions, Some(1)) {
                seen[number] += 1;
            }
        }
        assert_eq!(seen, vec![2; count * versions]);
    }

    #[test]
    fn a_rotation_keeps_lengths_and_stays_within_its_bound() {
        let distortion = Distortion {
            rotation: 30.0,
            ..Distortion::NONE
        };
        let angles: Vec<f64> = (0..1000)
            .map(|sample| {
                let affine = draw_affine::<f64>(&distortion, 1, 2, sample);
                assert!((affine.xx * affine.yy - affine.xy * affine.yx - 1.0).abs() < 1e-12);
                assert!((affine.xx - affine.yy).abs() + (affine.xy + affine.yx).abs() < 1e-12);
                affine.yx.atan2(affine.xx).to_degrees()
            })
            .collect();
        assert!(angles.iter().all(|angle| angle.abs() <= 30.0));
        let large = angles.iter().filter(|angle| angle.abs() > 15.0).count();
        // Half of 1000, give or take three standard errors of 16 and the 7 %.
        assert!((400..600).contains(&large), "{large}");
    }

    #[test]
    fn elastic_displacements_have_their_deviation_and_smoothness() {
        let distortion = Distortion {
            elastic: 0.6,
            smoothness: 4.0,
            ..Distortion::NONE
        };
        let (mut square, mut sum, mut neighbours, mut far) = (0.0, 0.0, 0.0, 0.0);
        let (samples, mut places) = (2000, 0.0);
        for sample in 0..samples {
            let field = Displacements::<f64>::draw(&distortion, 1, 2, sample);
            for y in [3, 17] {
                let row: Vec<[f64; 2]> = field.row(y).collect();
                for axis in [0, 1] {
                    let here: Vec<f64> = row.iter().map(|vector| vector[axis]).collect();
                    for x in 0..8 {
                        sum += here[x];
                        square += here[x] * here[x];
                        neighbours += here[x] * here[x + 4];
                        far += here[x] * here[x + 23];
                        places += 1.0;
                    }
                }
            }
        }
        let deviation = (square / places).sqrt();
        // 8,000 independent rows: the standard error of the deviation is below 1 %, and single
        // places are up to 4.4 % off.
        assert!((deviation / 0.6 - 1.0).abs() < 0.06, "{deviation}");
        assert!((sum / places).abs() < 0.03, "{}", sum / places);
        // White noise smoothed by a Gaussian of σ = 4 is correlated as e^(−d²/4σ²): 0.78 at 4.
        let at_4 = neighbours / square;
        assert!((at_4 - 0.78).abs() < 0.03, "{at_4}");
        assert!((far / square).abs() < 0.03, "{}", far / square);
    }
}
