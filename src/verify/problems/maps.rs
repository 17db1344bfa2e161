//! Stacks of maps.

use std::ops::Range;

use crate::model::MapShape;
use crate::reference::Real;
use crate::verify::samples::{converted, sum_over};

/// An operation on maps with weights and biases, whose gradients are sums over samples and output rows.
pub trait Weighted {
    /// Samples in the batch.
    fn samples(&self) -> usize;

    /// Rows of an output map.
    fn output_height(&self) -> usize;

    /// Weights and biases.
    fn trainable(&self) -> usize;

    /// Adds to `sums` what `rows` of sample `n`'s output maps give of ∂E/∂w and then of ∂E/∂b.
    fn add_backward_weight<T: Real>(&self, n: usize, rows: Range<usize>, sums: &mut [T]);

    /// The same of ∂²E/∂w² and ∂²E/∂b².
    fn add_second_backward_weight<T: Real>(&self, n: usize, rows: Range<usize>, sums: &mut [T]);

    /// ∂E/∂w and then ∂E/∂b.
    fn backward_weight<T: Real>(&self) -> Vec<T> {
        sum_over(self.samples(), self.trainable(), |n, sums| {
            self.add_backward_weight(n, 0..self.output_height(), sums);
        })
    }

    /// ∂²E/∂w² and then ∂²E/∂b².
    fn second_backward_weight<T: Real>(&self) -> Vec<T> {
        sum_over(self.samples(), self.trainable(), |n, sums| {
            self.add_second_backward_weight(n, 0..self.output_height(), sums);
        })
    }
}

/// `values` [c,y,x] with every row outside `rows` set to 0: the reference sums over whole maps.
pub fn rows_only<T: Real>(values: &[f32], maps: MapShape, rows: &Range<usize>) -> Vec<T> {
    let mut kept = converted(values);
    for (row, values) in kept.chunks_mut(maps.width).enumerate() {
        if !rows.contains(&(row % maps.height)) {
            values.fill(T::zero());
        }
    }
    kept
}

/// Maps and their sizes, as the names of cases give them.
pub fn maps_text(maps: MapShape) -> String {
    format!("{}@{}x{}", maps.maps, maps.height, maps.width)
}
