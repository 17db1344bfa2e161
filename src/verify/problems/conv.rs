//! Convolution.

use std::fmt;
use std::ops::Range;

use super::maps::{Weighted, maps_text, rows_only};
use super::tolerances::{BATCH_SUM, SUM};
use crate::model::{ConnectionTable, KERNEL, MapShape};
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::{Samples, converted};
use crate::verify::tensor::inputs;

/// The maps that a convolution reads, and which of its maps reads which.
#[derive(Clone, PartialEq)]
pub struct Layer {
    pub input: MapShape,
    pub table: ConnectionTable,
    /// What the connections are called.
    connections: &'static str,
}

/// Samples and layers: the network's own convolutions, shapes that fit no block of the kernels, and
/// maps whose rows fill no vector or several.
pub fn shapes() -> Vec<(usize, Layer)> {
    let layer = |(maps, height, width), table, connections| Layer {
        input: MapShape::new(maps, height, width),
        table,
        connections,
    };
    let full = |input: (usize, usize, usize), outputs| {
        layer(input, ConnectionTable::full(input.0, outputs), "full")
    };
    // No two maps are read by the same ones.
    let lopsided = ConnectionTable::new(3, vec![vec![2], vec![0, 1, 2], vec![0], vec![1]]);
    vec![
        (1, full((1, 32, 32), 6)),
        (5, full((1, 32, 32), 6)),
        (6, layer((6, 14, 14), ConnectionTable::table_1(), "table 1")),
        (3, full((6, 14, 14), 16)),
        (2, full((16, 5, 5), 3)),
        (7, full((2, 11, 13), 3)),
        (13, layer((3, 6, 17), lopsided, "lopsided")),
        (3, full((1, 7, 37), 2)),
        (5, full((3, 9, 20), 1)),
        (9, full((2, 8, 10), 2)),
    ]
}

impl Layer {
    /// The maps it makes.
    pub fn output(&self) -> MapShape {
        self.input.convolved(self.table.outputs())
    }

    /// Its weights; the biases are one per output map.
    pub fn weights(&self) -> usize {
        self.table.pairs().count() * KERNEL * KERNEL
    }

    fn of_reference(&self) -> reference::conv::Shape<'_> {
        reference::conv::Shape {
            table: &self.table,
            input: self.input,
            output: self.output(),
        }
    }
}

/// A convolution of a batch.
pub struct Conv {
    pub layer: Layer,
    /// Inputs.
    pub x: Samples,
    /// ∂E/∂a of the weighted sums a.
    pub da: Samples,
    /// ∂²E/∂a², not negative.
    pub ha: Samples,
    pub w: Vec<f32>,
    pub b: Vec<f32>,
}

impl Conv {
    pub const FORWARD: Tolerance = SUM;
    pub const BACKWARD_INPUT: Tolerance = SUM;
    pub const BACKWARD_WEIGHT: Tolerance = BATCH_SUM;

    /// `samples` samples through `layer`; the weights and data of every model are its own.
    pub fn new(samples: usize, layer: Layer, model: usize) -> Self {
        let (inputs, outputs) = (layer.input.units(), layer.output().units());
        let mut noise = Noise::of_model(3, model);
        Self {
            x: Samples::noise(&mut noise, samples, inputs),
            da: Samples::noise(&mut noise, samples, outputs),
            ha: Samples::noise(&mut noise, samples, outputs).map(f32::abs),
            w: noise.values(layer.weights()),
            b: noise.values(layer.table.outputs()),
            layer,
        }
    }

    /// The weighted sums.
    pub fn forward<T: Real>(&self) -> Samples<T> {
        let (shape, w, b) = (
            self.layer.of_reference(),
            converted(&self.w),
            converted(&self.b),
        );
        self.x.each(self.da.units, |_, x, a| {
            reference::conv::forward(&shape, x, &w, &b, a);
        })
    }

    /// ∂E/∂x.
    pub fn backward_input<T: Real>(&self) -> Samples<T> {
        let (shape, w) = (self.layer.of_reference(), converted(&self.w));
        self.da.each(self.x.units, |_, da, dx| {
            reference::conv::backward_input(&shape, da, &w, dx);
        })
    }

    /// ∂²E/∂x².
    pub fn second_backward_input<T: Real>(&self) -> Samples<T> {
        let (shape, w) = (self.layer.of_reference(), converted(&self.w));
        self.ha.each(self.x.units, |_, ha, hx| {
            reference::conv::second_backward_input(&shape, ha, &w, hx);
        })
    }
}

impl Weighted for Conv {
    fn samples(&self) -> usize {
        self.x.count()
    }

    fn output_height(&self) -> usize {
        self.layer.output().height
    }

    fn trainable(&self) -> usize {
        self.w.len() + self.b.len()
    }

    fn add_backward_weight<T: Real>(&self, n: usize, rows: Range<usize>, sums: &mut [T]) {
        let (x, output) = (converted(self.x.sample(n)), self.layer.output());
        let da = rows_only(self.da.sample(n), output, &rows);
        let (dw, db) = sums.split_at_mut(self.w.len());
        reference::conv::backward_weight(&self.layer.of_reference(), &x, &da, dw, db);
    }

    fn add_second_backward_weight<T: Real>(&self, n: usize, rows: Range<usize>, sums: &mut [T]) {
        let (x, output) = (converted(self.x.sample(n)), self.layer.output());
        let ha = rows_only(self.ha.sample(n), output, &rows);
        let (hw, hb) = sums.split_at_mut(self.w.len());
        reference::conv::second_backward_weight(&self.layer.of_reference(), &x, &ha, hw, hb);
    }
}

inputs!(Conv { x, da, ha, w, b });

impl fmt::Display for Conv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Layer {
            input,
            table,
            connections,
        } = &self.layer;
        let (samples, input, maps) = (self.x.count(), maps_text(*input), table.outputs());
        write!(f, "{samples}x{input} to {maps} maps, {connections}")
    }
}
