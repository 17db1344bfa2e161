//! Sub-sampling and the two poolings.

use std::fmt;
use std::ops::Range;

use super::maps::{Weighted, maps_text, rows_only};
use super::tolerances::{BATCH_SUM, POINTWISE};
use crate::model::MapShape;
use crate::reference::{self, Real};
use crate::verify::compare::Tolerance;
use crate::verify::noise::Noise;
use crate::verify::samples::{Samples, converted};
use crate::verify::tensor::inputs;

/// Samples and maps: the network's own S2 and S4, and maps with an odd last row or column.
pub fn shapes() -> Vec<(usize, MapShape)> {
    vec![
        (1, MapShape::new(6, 28, 28)),
        (5, MapShape::new(16, 10, 10)),
        (3, MapShape::new(2, 7, 5)),
        (9, MapShape::new(1, 2, 13)),
        (4, MapShape::new(3, 4, 4)),
    ]
}

/// The ways of halving the sides of maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Subsample,
    Average,
    Max,
}

/// A batch of maps that are halved.
pub struct Halving {
    pub input: MapShape,
    /// Inputs of the sub-sampling and the average pooling.
    pub x: Samples,
    /// Inputs of the max pooling: quarters, so that ties are frequent and its rule for them is tested.
    pub quarters: Samples,
    /// ∂E/∂a of the results a.
    pub da: Samples,
    /// ∂²E/∂a², not negative.
    pub ha: Samples,
    /// Coefficients of the sub-sampling.
    pub w: Vec<f32>,
    /// Biases of the sub-sampling.
    pub b: Vec<f32>,
}

impl Halving {
    pub const BACKWARD_WEIGHT: Tolerance = BATCH_SUM;

    /// `samples` samples of maps `input`; the data of every model are its own.
    pub fn new(samples: usize, input: MapShape, model: usize) -> Self {
        let outputs = input.halved().units();
        let mut noise = Noise::of_model(4, model);
        let x = Samples::noise(&mut noise, samples, input.units());
        Self {
            input,
            quarters: x.clone().map(|value| (value * 4.0).round() / 4.0),
            x,
            da: Samples::noise(&mut noise, samples, outputs),
            ha: Samples::noise(&mut noise, samples, outputs).map(f32::abs),
            w: noise.values(input.maps),
            b: noise.values(input.maps),
        }
    }

    /// How far off results and gradients with respect to the input may be.
    pub fn tolerance(kind: Kind) -> Tolerance {
        match kind {
            Kind::Subsample | Kind::Average => POINTWISE,
            Kind::Max => Tolerance::EXACT,
        }
    }

    /// The inputs.
    pub fn inputs(&self, kind: Kind) -> &Samples {
        match kind {
            Kind::Subsample | Kind::Average => &self.x,
            Kind::Max => &self.quarters,
        }
    }

    /// The halved maps.
    pub fn forward<T: Real>(&self, kind: Kind) -> Samples<T> {
        let (w, b) = (converted(&self.w), converted(&self.b));
        let x = self.inputs(kind);
        x.each(self.da.units, |_, x, a| match kind {
            Kind::Subsample => reference::subsample::forward(self.input, x, &w, &b, a),
            Kind::Average => reference::average_pool::forward(self.input, x, a),
            Kind::Max => reference::max_pool::forward(self.input, x, a),
        })
    }

    /// ∂E/∂x.
    pub fn backward_input<T: Real>(&self, kind: Kind) -> Samples<T> {
        let (x, w) = (self.inputs(kind).converted(), converted(&self.w));
        self.da.each(self.x.units, |n, da, dx| match kind {
            Kind::Subsample => reference::subsample::backward_input(self.input, da, &w, dx),
            Kind::Average => reference::average_pool::backward_input(self.input, da, dx),
            Kind::Max => reference::max_pool::backward_input(self.input, x.sample(n), da, dx),
        })
    }

    /// ∂²E/∂x² of the sub-sampling.
    pub fn second_subsample<T: Real>(&self) -> Samples<T> {
        let w = converted(&self.w);
        self.ha.each(self.x.units, |_, ha, hx| {
            reference::subsample::second_backward_input(self.input, ha, &w, hx);
        })
    }

    /// ∂²E/∂x² of the average pooling.
    pub fn second_average<T: Real>(&self) -> Samples<T> {
        self.ha.each(self.x.units, |_, ha, hx| {
            reference::average_pool::second_backward_input(self.input, ha, hx);
        })
    }
}

impl Weighted for Halving {
    fn samples(&self) -> usize {
        self.x.count()
    }

    fn output_height(&self) -> usize {
        self.input.halved().height
    }

    fn trainable(&self) -> usize {
        self.w.len() + self.b.len()
    }

    fn add_backward_weight<T: Real>(&self, n: usize, rows: Range<usize>, sums: &mut [T]) {
        let (x, input) = (converted(self.x.sample(n)), self.input);
        let da = rows_only(self.da.sample(n), input.halved(), &rows);
        let (dw, db) = sums.split_at_mut(self.w.len());
        reference::subsample::backward_weight(input, &x, &da, dw, db);
    }

    fn add_second_backward_weight<T: Real>(&self, n: usize, rows: Range<usize>, sums: &mut [T]) {
        let (x, input) = (converted(self.x.sample(n)), self.input);
        let ha = rows_only(self.ha.sample(n), input.halved(), &rows);
        let (hw, hb) = sums.split_at_mut(self.w.len());
        reference::subsample::second_backward_weight(input, &x, &ha, hw, hb);
    }
}

inputs!(Halving {
    x,
    quarters,
    da,
    ha,
    w,
    b
});

impl fmt::Display for Halving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.x.count(), maps_text(self.input))
    }
}
