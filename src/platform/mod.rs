//! What systems do differently, a page in a browser among them: telling the time, waiting, sharing work
//! among threads, and rounding elementary functions. A page may never block and has one thread.

mod mathematics;

pub use mathematics::{of_f32, of_f64};

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
