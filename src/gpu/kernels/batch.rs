//! The samples of a step, and their pixels: launches of `batch.wgsl`.

use super::Kernel;
use crate::gpu::groups::{Batches, group_count};
use crate::model::{Distortion, feistel_half_bits};

/// The batches of a step, and the data set that their samples are from.
#[derive(Clone, Copy, Debug)]
pub struct BatchShape {
    /// Models, and samples per step of each.
    pub batches: Batches,
    /// Samples in the data set.
    pub samples: usize,
    /// Versions of every sample, each presented as a sample of its own.
    pub versions: usize,
    /// Whether they are presented in random order.
    pub shuffle: bool,
    /// Rows, and columns, of the field that a picture is put into.
    pub field_side: usize,
}

fn constants(shape: BatchShape) -> impl Iterator<Item = (&'static str, usize)> {
    let groups = [
        ("GROUPS", group_count(shape.batches.size)),
        ("BATCH", shape.batches.size),
    ];
    groups.into_iter().chain(selection_constants(shape))
}

/// The constants of `shared/selection.wgsl` and `shared/picture.wgsl`, and where the field lies in that
/// of `shared/distortion.wgsl`.
pub(super) fn selection_constants(shape: BatchShape) -> [(&'static str, usize); 7] {
    [
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

/// Chooses the samples of the step that each model is at, and their labels.
pub(crate) fn select_samples(shape: BatchShape) -> Kernel {
    let Batches { models, size } = shape.batches;
    let kernel = Kernel::new("batch.select_samples", group_count(size), constants(shape));
    kernel.side_by_side(models, 0, 0)
}

/// Puts the pixels of the samples chosen into their fields.
pub(crate) fn assemble(shape: BatchShape) -> Kernel {
    let batches = Batches::single(shape.batches.room());
    Kernel::new(
        "batch.assemble",
        group_count(batches.size) * shape.field_side,
        constants(BatchShape { batches, ..shape }),
    )
}

/// As [`assemble`], distorted.
pub(crate) fn assemble_distorted(shape: BatchShape, distortion: &Distortion) -> Kernel {
    let mut kernel = Kernel::new(
        "batch.assemble_distorted",
        group_count(shape.batches.size) * shape.field_side,
        constants(shape),
    )
    .side_by_side(shape.batches.models, 0, 0);
    kernel.constants.extend(distortion_constants(distortion));
    kernel
}

/// The constants of `shared/distortion.wgsl`.
pub(super) fn distortion_constants(distortion: &Distortion) -> [(&'static str, f64); 7] {
    [
        ("LINEAR", distortion.linear.into()),
        ("SHIFT", distortion.shift.into()),
        ("HALF_TURN", distortion.half_turn()),
        ("STRETCH", distortion.scale.into()),
        ("SHEAR", distortion.shear.into()),
        ("LATTICE_BOUND", distortion.lattice_bound()),
        ("POINTS_PER_PIXEL", 1.0 / distortion.lattice_spacing()),
    ]
}
