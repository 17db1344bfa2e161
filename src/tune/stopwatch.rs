//! How long trainers take for a step.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::platform::block_on;
use crate::trainer::Trainer;

/// Seconds per step of `trainer`, over about `time`.
///
/// # Errors
/// If the trainer fails.
pub fn step_time<T: Trainer>(trainer: &mut T, time: Duration) -> Result<f64, T::Error> {
    let (started, mut results) = (Instant::now(), 0);
    block_on(trainer.run(usize::MAX, |steps| {
        results += steps.len();
        match started.elapsed() < time {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }))?;
    Ok(started.elapsed().as_secs_f64() / results.max(1) as f64)
}

/// Seconds per step of `one` and `other` in `rounds` rounds, in each of which both take a turn of about
/// `time`, after a round that warms up.
///
/// # Errors
/// If a trainer fails.
pub fn step_times<T: Trainer>(
    one: &mut T,
    other: &mut T,
    time: Duration,
    rounds: usize,
) -> Result<Vec<[f64; 2]>, T::Error> {
    let mut round = || Ok([step_time(one, time)?, step_time(other, time)?]);
    round()?;
    (0..rounds).map(|_| round()).collect()
}
