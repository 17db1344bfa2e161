//! The values of a batch.

use super::noise::Noise;
use crate::reference::{self, Real};

/// Values [sample][unit] of a batch.
#[derive(Clone, Debug)]
pub struct Samples<T = f32> {
    /// The values, sample after sample.
    pub values: Vec<T>,
    /// Values per sample.
    pub units: usize,
}

impl<T> Samples<T> {
    /// `values` [sample][unit] of `units` units.
    pub fn new(values: impl Into<Vec<T>>, units: usize) -> Self {
        Self {
            values: values.into(),
            units,
        }
    }

    /// Samples in the batch.
    pub fn count(&self) -> usize {
        self.values.len() / self.units
    }

    /// The values of every sample.
    pub fn iter(&self) -> impl Iterator<Item = &[T]> {
        self.values.chunks(self.units)
    }

    /// The values of sample `n`.
    pub fn sample(&self, n: usize) -> &[T] {
        &self.values[n * self.units..][..self.units]
    }
}

impl Samples {
    /// Noise, uniform in ±1.
    pub(super) fn noise(noise: &mut Noise, samples: usize, units: usize) -> Self {
        Self::new(noise.values(samples * units), units)
    }

    /// `change` of every value.
    pub fn map(self, change: impl FnMut(f32) -> f32) -> Self {
        Self {
            values: self.values.into_iter().map(change).collect(),
            units: self.units,
        }
    }

    /// The same in another precision.
    pub fn converted<T: Real>(&self) -> Samples<T> {
        Samples::new(converted(&self.values), self.units)
    }

    /// What `compute(sample's number, its values, results)` makes of every sample: `units` results.
    pub fn each<T: Real>(
        &self,
        units: usize,
        mut compute: impl FnMut(usize, &[T], &mut [T]),
    ) -> Samples<T> {
        let input = self.converted();
        let mut output = vec![T::nan(); self.count() * units];
        for (n, (x, y)) in input.iter().zip(output.chunks_mut(units)).enumerate() {
            compute(n, x, y);
        }
        Samples::new(output, units)
    }

    /// ∂E/∂y in `gradient`, taken on through the squashing that made these values y.
    pub fn through_squashing(&self, gradient: &Samples<f64>) -> Samples<f64> {
        let mut sum_gradient = gradient.clone();
        let y: Vec<f64> = converted(&self.values);
        reference::squash::backward_input(&y, &gradient.values, &mut sum_gradient.values);
        sum_gradient
    }
}

impl Samples<f64> {
    /// The values rounded to f32, as inputs of what comes next.
    pub fn rounded(&self) -> Samples {
        let values: Vec<f32> = self.values.iter().map(|&value| value as f32).collect();
        Samples::new(values, self.units)
    }

    /// The squashed values.
    pub fn squashed(&self) -> Self {
        let mut squashed = self.clone();
        reference::squash::forward(&self.values, &mut squashed.values);
        squashed
    }
}

/// `values` in another precision.
pub fn converted<T: Real>(values: &[f32]) -> Vec<T> {
    values.iter().map(|&value| T::of(value.into())).collect()
}

/// `len` sums, to which `add` adds every one of `samples` samples.
pub fn sum_over<T: Real>(
    samples: usize,
    len: usize,
    mut add: impl FnMut(usize, &mut [T]),
) -> Vec<T> {
    let mut sums = vec![T::zero(); len];
    for n in 0..samples {
        add(n, &mut sums);
    }
    sums
}
