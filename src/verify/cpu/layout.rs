//! How the values of a batch are laid out in memory.

use std::fmt;
use std::ops::Range;

use crate::cpu::memory::{Aligned, Planes};
use crate::model::{KERNEL, MapShape};
use crate::verify::guard::GUARD;
use crate::verify::samples::Samples;
use crate::verify::tensor::{Inputs, Tensor};

/// The content of memory around inputs that nothing may be computed from but what is ignored.
pub const UNREAD: f32 = f32::from_bits(GUARD);
/// The content of memory after the last column of a row of inputs that is multiplied by a gradient of
/// 0: any number will do.
pub const TIMES_0: f32 = 7.0;

/// The samples `block` in their layout, 0 in the lanes of samples that a smaller block lacks, and
/// `around` in all other places.
pub fn placed<const SAMPLES: usize>(
    planes: &Planes<SAMPLES>,
    samples: &Samples,
    block: &Range<usize>,
    around: f32,
) -> Aligned {
    let mut memory = Aligned::zeros(planes.extent());
    memory.fill(around);
    for (unit, place) in unit_places(planes).enumerate() {
        let lanes = &mut memory[place..][..SAMPLES];
        lanes.fill(0.0);
        for (lane, n) in lanes.iter_mut().zip(block.clone()) {
            *lane = samples.sample(n)[unit];
        }
    }
    memory
}

/// As [`placed`] for units one after the other, and nothing after them.
pub fn packed<const SAMPLES: usize>(samples: &Samples, block: &Range<usize>) -> Aligned {
    placed(
        &Planes::<SAMPLES>::units(samples.units),
        samples,
        block,
        UNREAD,
    )
}

/// `values` from the start of a cache line on, and no numbers after them in their last line.
pub fn aligned(values: &[f32]) -> Aligned {
    let mut memory = Aligned::zeros(values.len());
    memory.fill(UNREAD);
    memory[..values.len()].copy_from_slice(values);
    memory
}

/// The first sample's place of every unit, in the order [c,y,x].
pub fn unit_places<const SAMPLES: usize>(planes: &Planes<SAMPLES>) -> impl Iterator<Item = usize> {
    let (planes, shape) = (*planes, planes.shape);
    (0..shape.units()).map(move |unit| {
        let (row, x) = (unit / shape.width, unit % shape.width);
        planes.at(row / shape.height, row % shape.height) + x * SAMPLES
    })
}

/// The layouts of a convolution's weighted sums and of their gradient.
pub struct Convolved<const SAMPLES: usize> {
    pub sums: Planes<SAMPLES>,
    pub gradient: Planes<SAMPLES>,
}

impl<const SAMPLES: usize> Convolved<SAMPLES> {
    /// Those of sums `shape`.
    pub fn new(shape: MapShape) -> Self {
        let input = MapShape::new(1, shape.height + KERNEL - 1, shape.width + KERNEL - 1);
        let row = Planes::<SAMPLES>::aligned(input).row;
        Self {
            sums: match SAMPLES {
                1 => Planes::with_row(shape, row),
                _ => Planes::aligned(shape),
            },
            gradient: Planes::framed(shape, row),
        }
    }
}

/// A problem in one of two layouts.
pub struct InLayout<P> {
    pub problem: P,
    /// Whether its values are laid out as a dense layer reads them, and not as a convolution does.
    pub is_packed: bool,
}

impl<P: Inputs> Inputs for InLayout<P> {
    fn tensors(&self) -> Vec<Tensor> {
        self.problem.tensors()
    }
}

impl<P: fmt::Display> fmt::Display for InLayout<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layout = if self.is_packed { ", packed" } else { "" };
        write!(f, "{}{layout}", self.problem)
    }
}
