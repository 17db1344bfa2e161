//! The threads of the pool, and scratch memory for each.

use std::io;
use std::sync::{Mutex, MutexGuard};

/// How many threads compute.
pub fn thread_count() -> usize {
    rayon::current_num_threads()
}

/// Runs `work` with `threads` threads of its own, among which it shares out all that it computes.
///
/// # Errors
/// If the system has no more threads.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> io::Result<R> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    Ok(pool.build().map_err(io::Error::other)?.install(work))
}

/// One value for each thread of the pool.
pub struct PerThread<T>(Vec<Mutex<T>>);

impl<T> PerThread<T> {
    /// As many as there are threads, each what `make` returns.
    pub fn new(make: impl Fn() -> T) -> Self {
        let all = (0..thread_count()).map(|_| Mutex::new(make()));
        Self(all.collect())
    }

    /// The value of the running thread.
    pub fn own(&self) -> MutexGuard<'_, T> {
        let thread = rayon::current_thread_index().unwrap_or(0);
        let own = &self.0[thread % self.0.len()];
        own.lock().expect("no task panics")
    }
}
