//! Sums over a batch that a kernel leaves in slices.

use std::ops::Range;

use crate::gpu::{GROUP, group_count};
use crate::verify::problems::maps::Weighted;

/// How a sum over a batch is cut: an item is one or two output rows of a group of four samples, and
/// slice s takes the items from s·⌈items/slices⌉ on.
pub struct Slicing {
    pub rows_per_item: usize,
    pub slices: usize,
}

impl Slicing {
    /// The slices of ∂E/∂w and ∂E/∂b of `problem`.
    pub fn gradient(&self, problem: &impl Weighted) -> Vec<f64> {
        self.sums(problem, |n, rows, sums| {
            problem.add_backward_weight(n, rows, sums);
        })
    }

    /// The slices of ∂²E/∂w² and ∂²E/∂b² of `problem`.
    pub fn curvature(&self, problem: &impl Weighted) -> Vec<f64> {
        self.sums(problem, |n, rows, sums| {
            problem.add_second_backward_weight(n, rows, sums);
        })
    }

    /// Calls `add(sample, rows, sums)` for every slice's sums and the output rows of each sample in it.
    fn sums(
        &self,
        problem: &impl Weighted,
        add: impl Fn(usize, Range<usize>, &mut [f64]),
    ) -> Vec<f64> {
        let (batch, height, values) = (
            problem.samples(),
            problem.output_height(),
            problem.trainable(),
        );
        let items_per_group = height.div_ceil(self.rows_per_item);
        let items_per_slice = (group_count(batch) * items_per_group).div_ceil(self.slices);
        let mut partial = vec![0.0; self.slices * values];
        for n in 0..batch {
            for item in 0..items_per_group {
                let slice = (n / GROUP * items_per_group + item) / items_per_slice;
                let first = item * self.rows_per_item;
                let rows = first..height.min(first + self.rows_per_item);
                add(n, rows, &mut partial[slice * values..][..values]);
            }
        }
        partial
    }
}
