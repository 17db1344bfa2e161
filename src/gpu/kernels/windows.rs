//! Windows of strips: launches of `windows.wgsl`.

use super::Kernel;
use crate::gpu::groups::group_count;
use crate::model::MapShape;

/// What the units read at all `positions` positions of each of `strips` strips: windows as wide as `window` of
/// `features`, the maps of a strip.
pub(crate) fn gather(
    strips: usize,
    positions: usize,
    features: MapShape,
    window: MapShape,
) -> Kernel {
    let samples = strips * positions;
    let constants = [
        ("SAMPLES", samples),
        ("POSITIONS", positions),
        ("MAPS", features.maps),
        ("HEIGHT", features.height),
        ("WIDTH", features.width),
        ("WINDOW_WIDTH", window.width),
    ];
    let invocations = group_count(samples) * window.units();
    Kernel::new("windows.gather", invocations, constants)
}
