//! The executor for the CPU path: every operation at a level, for single samples and for the blocks
//! of several that the level has, in guarded memory that is laid out as in a network.
//!
//! It takes the shapes that adapters take, in the same batches, and more of them: see [`blocks`].
//! What it leaves out has no code on the CPU path: grouping, slices, peaks and launches.

mod batch;
mod blocks;
mod by_reference;
mod conv;
mod dense;
mod guarded;
mod halving;
mod layout;
mod operation;
mod preconditioning;
mod rbf;
mod squash;
mod task;
mod update;

use super::check::Check;
use crate::cpu::Level;

/// All checks of the operations that are written for vectors, with those of `level`.
pub fn operations(level: Level) -> Vec<Check<'static>> {
    let mut checks = batch::checks(level);
    checks.extend(conv::checks(level));
    checks.extend(halving::checks(level));
    checks.extend(squash::checks(level));
    checks.extend(dense::checks(level));
    checks.extend(rbf::checks(level));
    checks.extend(preconditioning::checks(level));
    checks.extend(update::checks(level));
    checks
}

/// All checks of what the CPU path leaves to the reference, in f32.
pub fn operations_by_reference() -> Vec<Check<'static>> {
    by_reference::checks()
}
