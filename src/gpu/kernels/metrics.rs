//! Statistics of a training step: launches of `metrics.wgsl`.

use super::Kernel;
use crate::gpu::groups::{Batches, group_count};
use crate::model::Loss;

/// Sum of the losses and number of errors of a step, of every model, into a ring of `ring` places;
/// counts the step. Whether the rubbish class is the answer depends on the constants of `loss`.
pub(crate) fn gather(batches: Batches, classes: usize, ring: usize, loss: &Loss) -> Kernel {
    let constants = [
        ("GROUPS", group_count(batches.size)),
        ("CLASSES", classes),
        ("RING", ring),
    ];
    let mut kernel = Kernel::new("metrics.gather", 1, constants);
    let rubbish_distance = ("RUBBISH_DISTANCE", loss.rubbish_distance().into());
    kernel.constants.push(rubbish_distance);
    kernel.side_by_side(batches.models, 0, 0)
}
