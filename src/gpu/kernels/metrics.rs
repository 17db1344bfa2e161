//! Statistics of a training step: launches of `metrics.wgsl`.

use super::Kernel;
use crate::gpu::groups::{Batches, group_count};

/// Sum of the losses and number of errors of a step, of every model, into a ring of `ring` places;
/// counts the step.
pub(crate) fn gather(batches: Batches, classes: usize, ring: usize) -> Kernel {
    let constants = [
        ("GROUPS", group_count(batches.size)),
        ("CLASSES", classes),
        ("RING", ring),
    ];
    Kernel::new("metrics.gather", 1, constants).side_by_side(batches.models, 0, 0)
}
