//! Launches of `batch.wgsl`.

use super::Kernel;
use crate::gpu::groups::{Batches, group_count};
use crate::model::{Distortion, feistel_half_bits};

/// Where the samples of a step come from.
#[derive(Clone, Copy, Debug)]
pub struct BatchShape {
    /// Samples a step, of each model.
    pub batches: Batches,
    /// Samples in the data set.
    pub samples: usize,
    /// Versions of every sample, which are presented as samples of their own.
    pub versions: usize,
    /// Whether they are shuffled.
    pub shuffle: bool,
    /// Rows and columns of the field they are put into.
    pub field_side: usize,
}

fn constants(shape: BatchShape) -> [(&'static str, usize); 9] {
    [
        ("GROUPS", group_count(shape.batches.size)),
        ("BATCH", shape.batches.size),
        ("SAMPLES", shape.samples),
        ("VERSIONS", shape.versions),
        (
            "HALF_BITS",
            feistel_half_bits(shape.samples * shape.versions),
        ),
        ("SHUFFLE", shape.shuffle.into()),
        ("IMAGE_SIDE", crate::data::IMAGE_SIDE),
        ("FIELD_SIDE", shape.field_side),
        ("MARGIN", (crate::data::FIELD_SIDE - shape.field_side) / 2),
    ]
}

/// The samples of the step that `progress` stands at.
pub fn select_samples(shape: BatchShape) -> Kernel {
    Kernel::new(
        "batch.select_samples",
        group_count(shape.batches.size),
        constants(shape),
    )
    .side_by_side(shape.batches.models, 0, 0)
}

/// Their pixels.
pub fn assemble(shape: BatchShape) -> Kernel {
    let batches = Batches::single(shape.batches.room());
    Kernel::new(
        "batch.assemble",
        group_count(batches.size) * shape.field_side,
        constants(BatchShape { batches, ..shape }),
    )
}

/// Their pixels, distorted.
pub fn assemble_distorted(shape: BatchShape, distortion: &Distortion) -> Kernel {
    let mut kernel = Kernel::new(
        "batch.assemble_distorted",
        group_count(shape.batches.size) * shape.field_side,
        constants(shape),
    )
    .side_by_side(shape.batches.models, 0, 0);
    kernel.constants.extend([
        ("LINEAR", distortion.linear.into()),
        ("SHIFT", distortion.shift.into()),
        ("HALF_TURN", distortion.half_turn()),
        ("STRETCH", distortion.scale.into()),
        ("SHEAR", distortion.shear.into()),
        ("LATTICE_BOUND", distortion.lattice_bound()),
        ("POINTS_PER_PIXEL", 1.0 / distortion.lattice_spacing()),
    ]);
    kernel
}
