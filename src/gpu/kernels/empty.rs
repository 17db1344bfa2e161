//! Dispatches that do nothing: launches of `empty.wgsl`.

use super::{Kernel, SMALLEST_WORKGROUP};

/// One workgroup with a buffer bound for writing.
pub(crate) fn dependent() -> Kernel {
    Kernel::new("empty.dependent", SMALLEST_WORKGROUP, [])
}

/// One workgroup with a buffer bound for reading.
pub(crate) fn independent() -> Kernel {
    Kernel::new("empty.independent", SMALLEST_WORKGROUP, [])
}
