//! The launches of every kernel: constants and grid from the sizes of what it works on; one file per
//! shader, with its name.
//!
//! Training plans and the verification harness make their launches here, so that what is verified
//! is what trains.

pub mod average_pool;
pub mod batch;
pub mod conv;
pub mod dense;
pub mod loss;
pub mod max_pool;
pub mod metrics;
pub mod optimiser;
pub mod peak;
pub mod rbf;
pub mod reduce;
pub mod softmax;
pub mod squash;
pub mod subsample;

use super::Kernel;
use super::groups::group_count;
use crate::model::MapShape;

/// Invocations that a sum over the batch is spread over, where there are rows enough.
const SUMMING_INVOCATIONS: usize = 1024;

/// Slices into which `rows` rows are cut for a sum that is computed for `sums` weights or
/// groups of weights at once.
fn slices(rows: usize, sums: usize) -> usize {
    (SUMMING_INVOCATIONS / sums).clamp(1, rows)
}

fn halving_constants(batch: usize, input: MapShape) -> [(&'static str, usize); 6] {
    let output = input.halved();
    [
        ("GROUPS", group_count(batch)),
        ("MAPS", input.maps),
        ("INPUT_HEIGHT", input.height),
        ("INPUT_WIDTH", input.width),
        ("OUTPUT_HEIGHT", output.height),
        ("OUTPUT_WIDTH", output.width),
    ]
}

fn by_group(name: &'static str, batch: usize, classes: usize) -> Kernel {
    let groups = group_count(batch);
    Kernel::new(name, groups, [("GROUPS", groups), ("CLASSES", classes)])
}
