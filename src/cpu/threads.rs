//! One of a thing per thread of the pool.

use std::sync::Mutex;

/// One for each thread of the pool.
pub fn rooms<T>(room: impl Fn() -> T) -> Vec<Mutex<T>> {
    (0..rayon::current_num_threads())
        .map(|_| Mutex::new(room()))
        .collect()
}

/// The one of the running thread.
pub fn own<T>(rooms: &[Mutex<T>]) -> &Mutex<T> {
    &rooms[rayon::current_thread_index().unwrap_or(0) % rooms.len()]
}
