//! Full connection.

use std::fmt;

use super::tolerances::SUM;
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::{Samples, converted, sum_over};
use crate::verify::tensor::inputs;

/// The sizes of a full connection.
#[derive(Clone, Copy, PartialEq)]
pub struct Layer {
    pub inputs: usize,
    pub outputs: usize,
}

/// Samples and layers: the network's own, sizes that fit no block of the kernels, inputs that are no
/// multiple of four, and more samples than the CPU path sums at once.
pub fn shapes() -> Vec<(usize, Layer)> {
    let layer = |inputs, outputs| Layer { inputs, outputs };
    vec![
        (1, layer(400, 120)),
        (7, layer(120, 84)),
        (16, layer(84, 10)),
        (5, layer(12, 7)),
        (65, layer(8, 1)),
        (4, layer(4, 65)),
        (1, layer(1, 1)),
        (7, layer(13, 9)),
        (130, layer(37, 14)),
    ]
}

/// A full connection over a batch.
pub struct Dense {
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

impl Dense {
    pub const TOLERANCE: Tolerance = SUM;

    /// `samples` samples through `layer`; the weights and data of every model are its own.
    pub fn new(samples: usize, layer: Layer, model: usize) -> Self {
        let Layer { inputs, outputs } = layer;
        let mut noise = Noise::of_model(8, model);
        Self {
            layer,
            x: Samples::noise(&mut noise, samples, inputs),
            da: Samples::noise(&mut noise, samples, outputs),
            ha: Samples::noise(&mut noise, samples, outputs).map(f32::abs),
            w: noise.values(inputs * outputs),
            b: noise.values(outputs),
        }
    }

    /// The weighted sums.
    pub fn forward<T: Real>(&self) -> Samples<T> {
        let (w, b) = (converted(&self.w), converted(&self.b));
        self.x.each(self.da.units, |_, x, a| {
            reference::dense::forward(x, &w, &b, a);
        })
    }

    /// ∂E/∂x.
    pub fn backward_input<T: Real>(&self) -> Samples<T> {
        let w = converted(&self.w);
        self.da.each(self.x.units, |_, da, dx| {
            reference::dense::backward_input(da, &w, dx);
        })
    }

    /// ∂²E/∂x².
    pub fn second_backward_input<T: Real>(&self) -> Samples<T> {
        let w = converted(&self.w);
        self.ha.each(self.x.units, |_, ha, hx| {
            reference::dense::second_backward_input(ha, &w, hx);
        })
    }

    /// ∂E/∂w and then ∂E/∂b.
    pub fn backward_weight<T: Real>(&self) -> Vec<T> {
        let (x, da) = (self.x.converted(), self.da.converted());
        self.summed(|n, dw, db| {
            reference::dense::backward_weight(x.sample(n), da.sample(n), dw, db);
        })
    }

    /// ∂²E/∂w² and then ∂²E/∂b².
    pub fn second_backward_weight<T: Real>(&self) -> Vec<T> {
        let (x, ha) = (self.x.converted(), self.ha.converted());
        self.summed(|n, hw, hb| {
            reference::dense::second_backward_weight(x.sample(n), ha.sample(n), hw, hb);
        })
    }

    /// What there is of the weights and what of the biases in `values`.
    pub fn split(&self, mut values: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let of_biases = values.split_off(self.w.len());
        (values, of_biases)
    }

    /// What `add(sample, of the weights, of the biases)` sums up over the batch.
    fn summed<T: Real>(&self, add: impl Fn(usize, &mut [T], &mut [T])) -> Vec<T> {
        sum_over(self.x.count(), self.w.len() + self.b.len(), |n, sums| {
            let (of_weights, of_biases) = sums.split_at_mut(self.w.len());
            add(n, of_weights, of_biases);
        })
    }
}

inputs!(Dense { x, da, ha, w, b });

impl fmt::Display for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (samples, inputs, outputs) = (self.x.count(), self.x.units, self.da.units);
        write!(f, "{samples}x{inputs} to {outputs}")
    }
}
