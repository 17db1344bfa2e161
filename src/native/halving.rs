//! Sub-sampling and pooling: from 2×2 units to one, sample by sample.
//!
//! trainable: a[c,y,x] = coefficient[c] · (sum of the 2×2 inputs) + bias[c]   (section II.B);
//! average: their mean; max: the largest of them.
//!
//! Plain loops: the compiler makes vectors of the innermost, over the samples of a unit.

use super::memory::Planes;

/// From which layout to which.
pub struct Geometry<const SAMPLES: usize> {
    /// What is read.
    pub input: Planes<SAMPLES>,
    /// ∂E/∂(what is read).
    pub input_gradient: Planes<SAMPLES>,
    /// What is written, and its gradient.
    pub output: Planes<SAMPLES>,
}

/// The 2×2 places that are halved to one.
type Quad = [usize; 4];

/// A unit that is written, and what it is made from.
struct Place {
    /// Where its first sample lies; the others follow.
    output: usize,
    /// The same of the four units that are read.
    input: Quad,
    /// The same in their gradient.
    input_gradient: Quad,
}

impl<const SAMPLES: usize> Geometry<SAMPLES> {
    fn maps(&self) -> usize {
        self.output.shape.maps
    }

    /// The units of row `y` of map `map`. An iterator and not a function that takes one: what is written in a
    /// closure is not always compiled with the vectors of its surroundings.
    #[inline(always)]
    fn places(&self, map: usize, y: usize) -> impl Iterator<Item = Place> {
        let output = self.output.at(map, y);
        let input = quad(&self.input, map, y);
        let gradient = quad(&self.input_gradient, map, y);
        (0..self.output.shape.width).map(move |x| Place {
            output: output + x * SAMPLES,
            input: input.map(|place| place + 2 * x * SAMPLES),
            input_gradient: gradient.map(|place| place + 2 * x * SAMPLES),
        })
    }
}

#[inline(always)]
fn quad<const SAMPLES: usize>(planes: &Planes<SAMPLES>, map: usize, y: usize) -> Quad {
    let upper = planes.at(map, 2 * y);
    let lower = upper + planes.row;
    [upper, upper + SAMPLES, lower, lower + SAMPLES]
}

/// The samples of the unit at `place`.
#[inline(always)]
fn unit<const SAMPLES: usize>(values: &[f32], place: usize) -> &[f32; SAMPLES] {
    values[place..]
        .first_chunk()
        .expect("a unit has all its samples")
}

/// As [`unit`], to be written.
#[inline(always)]
fn unit_mut<const SAMPLES: usize>(values: &mut [f32], place: usize) -> &mut [f32; SAMPLES] {
    values[place..]
        .first_chunk_mut()
        .expect("a unit has all its samples")
}

/// The sum of the 2×2 units at `quad`, for each sample.
#[inline(always)]
fn sum_of<const SAMPLES: usize>(values: &[f32], [a, b, c, d]: Quad) -> [f32; SAMPLES] {
    let (a, b) = (unit::<SAMPLES>(values, a), unit::<SAMPLES>(values, b));
    let (c, d) = (unit::<SAMPLES>(values, c), unit::<SAMPLES>(values, d));
    let mut sums = [0.0; SAMPLES];
    for i in 0..SAMPLES {
        sums[i] = (a[i] + b[i]) + (c[i] + d[i]);
    }
    sums
}

/// `factor` · the unit at `place`, for each sample.
#[inline(always)]
fn scaled<const SAMPLES: usize>(values: &[f32], place: usize, factor: f32) -> [f32; SAMPLES] {
    let mut scaled = *unit::<SAMPLES>(values, place);
    for value in &mut scaled {
        *value *= factor;
    }
    scaled
}

/// Gives all four units at `quad` the same values.
#[inline(always)]
fn spread<const SAMPLES: usize>(share: &[f32; SAMPLES], quad: Quad, values: &mut [f32]) {
    for place in quad {
        *unit_mut(values, place) = *share;
    }
}

/// `coefficient` [c], `bias` [c]: the weighted sums of trainable sub-sampling.
#[inline(always)]
pub fn subsample_forward<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    coefficient: &[f32],
    bias: &[f32],
    sums: &mut [f32],
) {
    for (map, (&w, &b)) in coefficient.iter().zip(bias).enumerate() {
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let sum = sum_of::<SAMPLES>(input, place.input);
                for (a, sum) in unit_mut::<SAMPLES>(sums, place.output).iter_mut().zip(sum) {
                    *a = w * sum + b;
                }
            }
        }
    }
}

/// ∂E/∂input: each of the four inputs gets coefficient · ∂E/∂a.
#[inline(always)]
pub fn subsample_backward_input<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    sum_gradient: &[f32],
    coefficient: &[f32],
    input_gradient: &mut [f32],
) {
    for (map, &w) in coefficient.iter().enumerate() {
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let share = scaled::<SAMPLES>(sum_gradient, place.output, w);
                spread(&share, place.input_gradient, input_gradient);
            }
        }
    }
}

/// ∂E/∂coefficient and ∂E/∂bias, summed over the samples.
#[inline(always)]
pub fn subsample_backward_weight<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    sum_gradient: &[f32],
    coefficient_gradient: &mut [f32],
    bias_gradient: &mut [f32],
) {
    let gradients = coefficient_gradient.iter_mut().zip(bias_gradient);
    for (map, (dw, db)) in gradients.enumerate() {
        let (mut products, mut sums) = ([0.0; SAMPLES], [0.0; SAMPLES]);
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let sum = sum_of::<SAMPLES>(input, place.input);
                let da = unit::<SAMPLES>(sum_gradient, place.output);
                for i in 0..SAMPLES {
                    products[i] += sum[i] * da[i];
                    sums[i] += da[i];
                }
            }
        }
        *dw = products.iter().sum();
        *db = sums.iter().sum();
    }
}

/// The mean of each four.
#[inline(always)]
pub fn average_forward<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let sum = sum_of::<SAMPLES>(input, place.input);
                *unit_mut(output, place.output) = scaled::<SAMPLES>(&sum, 0, 0.25);
            }
        }
    }
}

/// ∂E/∂input: each of the four inputs gets a quarter.
#[inline(always)]
pub fn average_backward_input<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let share = scaled::<SAMPLES>(output_gradient, place.output, 0.25);
                spread(&share, place.input_gradient, input_gradient);
            }
        }
    }
}

/// The largest of each four.
#[inline(always)]
pub fn max_forward<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let mut largest = *unit::<SAMPLES>(input, place.input[0]);
                for &other in &place.input[1..] {
                    for (largest, &x) in largest.iter_mut().zip(unit::<SAMPLES>(input, other)) {
                        *largest = if x > *largest { x } else { *largest };
                    }
                }
                *unit_mut(output, place.output) = largest;
            }
        }
    }
}

/// ∂E/∂input: the largest of the four, the first of equals, gets it all.
#[inline(always)]
pub fn max_backward_input<const SAMPLES: usize>(
    geometry: &Geometry<SAMPLES>,
    input: &[f32],
    output_gradient: &[f32],
    input_gradient: &mut [f32],
) {
    for map in 0..geometry.maps() {
        for y in 0..geometry.output.shape.height {
            for place in geometry.places(map, y) {
                let dy = unit::<SAMPLES>(output_gradient, place.output);
                for (sample, &dy) in dy.iter().enumerate() {
                    let mut largest = 0;
                    for i in 1..4 {
                        let (x, best) = (place.input[i] + sample, place.input[largest] + sample);
                        if input[x] > input[best] {
                            largest = i;
                        }
                    }
                    for (i, at) in place.input_gradient.into_iter().enumerate() {
                        input_gradient[at + sample] = if i == largest { dy } else { 0.0 };
                    }
                }
            }
        }
    }
}
