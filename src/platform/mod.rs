//! What a program and a page in a browser do differently: telling the time, waiting, and sharing work
//! among threads. A page may never block and has one thread.

#[cfg(not(target_arch = "wasm32"))]
pub use pollster::block_on;
pub use web_time::Instant;

#[cfg(not(target_arch = "wasm32"))]
use rayon::prelude::*;

/// `compute` of every item, in their order, on as many threads as there are.
#[cfg(not(target_arch = "wasm32"))]
pub fn map_in_parallel<T: Sync, R: Send>(
    items: &[T],
    compute: impl Fn(&T) -> R + Send + Sync,
) -> Vec<R> {
    items.par_iter().map(compute).collect()
}

/// `compute` of every item, in their order, on the one thread of a page. What belongs to a page's GPU
/// could not go to another.
#[cfg(target_arch = "wasm32")]
pub fn map_in_parallel<T, R>(items: &[T], compute: impl Fn(&T) -> R) -> Vec<R> {
    items.iter().map(compute).collect()
}
