//! A sample from its pixels to its gradients: launches of `fused_sample.wgsl`.

use super::Kernel;
use super::batch::{BatchShape, distortion_constants, selection_constants};
use crate::gpu::fused::{DenseUnits, FusedLayout, connections};
use crate::model::{DIGITS, Head, LossKind, Network, Recipe, Subsampling};

/// Layers in the shader's table of parameters, by their names.
pub const LAYERS: [&str; 7] = ["C1", "S2", "C3", "S4", "C5", "F6", "output"];
/// Values of workgroup memory that the shader has: WebGPU's default limit of 16 KiB.
pub const MEMORY: usize = 4096;
/// Kernels of C3 that the shader's table has room for.
pub const MOST_KERNELS: usize = 96;
/// Maps that the shader's table has room for.
pub const MOST_MAPS: usize = 16;
/// Units along a side of S2 that an invocation has room for.
pub const MOST_SIDE: usize = 14;
/// Units of F6 that the shader's table of signs has room for.
pub const MOST_SIGNS: usize = 84;

/// One step of `recipe` for every model on `network`, of `samples` digits.
pub(crate) fn forward_backward(
    network: &Network,
    recipe: &Recipe,
    layout: &FusedLayout,
    samples: usize,
) -> Kernel {
    let shape = BatchShape {
        batches: layout.batches,
        samples,
        versions: recipe.distortion.versions(),
        shuffle: true,
        field_side: network.input().height,
    };
    let layers = network.layers();
    let units = DenseUnits::of(network);
    let choices = network.choices();
    let sizes = [
        ("WORKERS", layout.block.workers()),
        ("LOADS", layout.block.loads()),
        ("CLASSES", DIGITS),
        ("C1_MAPS", layers[0].output.maps),
        ("C3_MAPS", layers[2].output.maps),
        ("KERNELS", connections(network).pairs().count()),
        ("C5_UNITS", units.c5),
        ("F6_UNITS", units.f6),
        (
            "AVERAGED",
            (choices.subsampling == Subsampling::Average).into(),
        ),
        ("MAXIMAL", (choices.subsampling == Subsampling::Max).into()),
        ("SOFTMAX", (choices.head == Head::Softmax).into()),
        ("MEAN_SQUARED", (recipe.loss.kind == LossKind::Mse).into()),
        ("DISTORTED", (!recipe.distortion.is_none()).into()),
    ];
    let invocations = layout.workgroups() * layout.block.workers();
    let constants = selection_constants(shape).into_iter();
    let constants = constants.chain(layout.constants()).chain(sizes);
    let mut kernel = Kernel::new("fused_sample.forward_backward", invocations, constants);
    kernel.models = layout.batches.models;
    kernel
        .constants
        .extend(distortion_constants(&recipe.distortion));
    kernel.constants.extend([
        ("SCALE", recipe.loss.scale.into()),
        ("RUBBISH", recipe.loss.rubbish.into()),
    ]);
    kernel
}
