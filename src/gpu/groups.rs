//! The order of values in an adapter's tensors: samples in groups of four.
//!
//! The shaders' `Samples` is the same unit of four samples, so a tensor [n][unit] of the host
//! becomes [n/4][unit][4]; places beyond the last sample are filled with 0.

/// Samples in a group.
pub const GROUP: usize = 4;

/// Groups needed for `samples` samples.
pub fn group_count(samples: usize) -> usize {
    samples.div_ceil(GROUP)
}

/// What a plan computes at once: one batch per model. Each fills groups of its own, so that tensors
/// are [model][group][unit][4].
#[derive(Clone, Copy, Debug)]
pub struct Batches {
    /// Models side by side.
    pub models: usize,
    /// Samples in each batch.
    pub size: usize,
}

impl Batches {
    /// The batch of a single model.
    pub fn single(size: usize) -> Self {
        Self { models: 1, size }
    }

    /// Samples that all batches together have room for, in whole groups: to kernels that do not
    /// tell models apart, they are one batch.
    pub fn room(self) -> usize {
        self.models * group_count(self.size) * GROUP
    }
}

/// [n][unit] → [group][unit][4].
pub fn interleave<T: Copy + Default>(values: &[T], units: usize) -> Vec<T> {
    let samples = values.len() / units;
    let mut grouped = vec![T::default(); group_count(samples) * units * GROUP];
    for (n, sample) in values.chunks(units).enumerate() {
        for (unit, &value) in sample.iter().enumerate() {
            grouped[(n / GROUP * units + unit) * GROUP + n % GROUP] = value;
        }
    }
    grouped
}

/// [group][unit][4] → [n][unit] of the first `samples` samples.
pub fn deinterleave<T: Copy>(grouped: &[T], units: usize, samples: usize) -> Vec<T> {
    (0..samples)
        .flat_map(|n| {
            (0..units).map(move |unit| grouped[(n / GROUP * units + unit) * GROUP + n % GROUP])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaving_can_be_undone() {
        let values: Vec<u32> = (0..7 * 3).collect();
        let grouped = interleave(&values, 3);
        assert_eq!(grouped.len(), 2 * 3 * 4);
        assert_eq!(grouped[..4], [0, 3, 6, 9]);
        assert_eq!(deinterleave(&grouped, 3, 7), values);
    }
}
