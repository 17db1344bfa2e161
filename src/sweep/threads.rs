//! Threads shared out among combinations that are trained at the same time on the CPU path.

use std::thread::ScopedJoinHandle;

use anyhow::{Context, Result};

use crate::cpu;
use crate::train::Ended;

/// The threads of each of those that are trained at the same time, of `waiting` combinations of `seeds` seeds
/// on `threads` threads: all threads are shared out.
pub fn shares(threads: usize, seeds: usize, waiting: usize) -> Vec<usize> {
    let at_once = (threads / seeds).min(waiting).max(1);
    (0..at_once).map(|one| (threads + one) / at_once).collect()
}

/// Does `work` as often at the same time as there are `shares` of the threads.
///
/// # Errors
/// The first error of any, or if there are no more threads to be had.
pub fn side_by_side(shares: &[usize], work: impl Fn() -> Result<Ended> + Sync) -> Result<Ended> {
    let on_threads = |threads| {
        let worked = cpu::on_threads(threads, &work);
        worked.with_context(|| format!("cannot start {threads} threads"))?
    };
    let all = std::thread::scope(|scope| {
        let begin = |&threads| scope.spawn(move || on_threads(threads));
        let workers: Vec<_> = shares.iter().map(begin).collect();
        let end = |worker: ScopedJoinHandle<_>| worker.join().expect("no worker panics");
        workers.into_iter().map(end).collect::<Result<Vec<Ended>>>()
    })?;
    Ok(match all.contains(&Ended::Interrupted) {
        true => Ended::Interrupted,
        false => Ended::Completed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_go_to_the_seeds_first_and_none_is_left_over() {
        assert_eq!(shares(2, 3, 9), [2]);
        assert_eq!(shares(2, 2, 9), [2]);
        assert_eq!(shares(2, 1, 9), [1, 1]);
        assert_eq!(shares(16, 3, 9), [3, 3, 3, 3, 4]);
        assert_eq!(shares(16, 3, 2), [8, 8]);
        assert_eq!(shares(16, 3, 1), [16]);
        assert_eq!(shares(4, 1, 0), [4]);
    }
}
