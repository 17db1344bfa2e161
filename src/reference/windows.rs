//! What a network's units read at every position of a strip (section VII); twin of `shaders/windows.wgsl`.

use super::Real;
use crate::model::MapShape;

/// Copies the window at `position` out of `features` [c,y,x], the maps of a strip: all rows, and as many
/// columns from `position` on as `window` [c,y,x] has.
pub fn gather<T: Real>(
    features_shape: MapShape,
    features: &[T],
    window_shape: MapShape,
    position: usize,
    window: &mut [T],
) {
    let rows = features.chunks_exact(features_shape.width);
    let windows = window.chunks_exact_mut(window_shape.width);
    for (row, copy) in rows.zip(windows) {
        copy.copy_from_slice(&row[position..][..window_shape.width]);
    }
}
