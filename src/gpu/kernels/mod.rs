//! The launches of every kernel: its constants and grid, from the sizes of its tensors. One file per
//! shader, of the same name.
//!
//! A function is named after the entry point that it launches; formulas and bindings are in the head
//! of the shader. Training plans and the verification harness both take their launches from here, so
//! that what is verified is what trains. Only the crate can: kernels run without bounds checks, on
//! buffers that their caller has to make large enough.

pub mod average_pool;
pub mod batch;
pub mod conv;
pub mod dense;
pub mod empty;
pub mod fused_sample;
pub mod fused_update;
pub mod loss;
pub mod max_pool;
pub mod metrics;
pub mod optimiser;
pub mod peak;
pub mod preconditioning;
pub mod rbf;
pub mod reduce;
pub mod softmax;
pub mod squash;
pub mod subsample;
#[cfg(feature = "strings")]
pub mod windows;

use super::Kernel;
use super::groups::group_count;
use crate::model::MapShape;

/// Invocations of a workgroup of each kernel that does not tell models apart; no such kernel has fewer.
pub const SMALLEST_WORKGROUP: usize = 64;

/// Invocations that share the sums over the batch, where there are enough rows.
const SUMMING_INVOCATIONS: usize = 1024;

/// Slices into which `rows` rows are cut for the sums over them, where `sums` invocations compute the
/// sums of one slice.
fn slices(rows: usize, sums: usize) -> usize {
    (SUMMING_INVOCATIONS / sums).clamp(1, rows)
}

/// The constants of `shared/halving.wgsl`: `input` has its height and width halved.
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

/// A kernel of one invocation per group, on the values of `classes` classes.
fn by_group(name: &'static str, batch: usize, classes: usize) -> Kernel {
    let groups = group_count(batch);
    Kernel::new(name, groups, [("GROUPS", groups), ("CLASSES", classes)])
}
