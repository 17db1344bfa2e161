//! What a program and a page in a browser do differently: telling the time, waiting, and sharing work
//! among threads. A page may never block and has one thread.

#[cfg(not(target_arch = "wasm32"))]
pub use pollster::block_on;
pub use web_time::Instant;

use rayon::prelude::*;

/// `compute` of every item, in their order, on as many threads as there are: one in a browser.
pub fn map_in_parallel<T: Sync, R: Send>(
    items: &[T],
    compute: impl Fn(&T) -> R + Send + Sync,
) -> Vec<R> {
    items.par_iter().map(compute).collect()
}
