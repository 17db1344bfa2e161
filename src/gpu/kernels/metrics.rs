//! Launches of `metrics.wgsl`.

use super::Kernel;
use crate::gpu::groups::{Batches, group_count};

/// Loss and errors of the step, of every model, into a ring of `ring` places; the step is counted.
pub fn gather(batches: Batches, classes: usize, ring: usize) -> Kernel {
    Kernel::new(
        "metrics.gather",
        1,
        [
            ("GROUPS", group_count(batches.size)),
            ("CLASSES", classes),
            ("RING", ring),
        ],
    )
    .side_by_side(batches.models, 0, 0)
}
