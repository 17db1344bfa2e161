//! How long trainers take for a step.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::platform::block_on;
use crate::trainer::Trainer;

/// How long a trainer is measured at a time.
pub struct Turn {
    /// About so long,
    pub time: Duration,
    /// and no more steps than these, lest the rates run out.
    pub most_steps: usize,
}

/// Seconds per step of `trainer`, which trains one model, over a turn.
///
/// # Errors
/// If the trainer fails.
pub fn step_time<T: Trainer>(trainer: &mut T, turn: &Turn) -> Result<f64, T::Error> {
    let (started, mut count) = (Instant::now(), 0);
    block_on(trainer.run(turn.most_steps, |steps| {
        count += steps.len();
        match started.elapsed() < turn.time {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    }))?;
    Ok(started.elapsed().as_secs_f64() / count as f64)
}

/// Seconds per step of `one` and `other` in `rounds` rounds, in each of which both take a turn,
/// after a round that warms up.
///
/// # Errors
/// If a trainer fails.
pub fn step_times<T: Trainer>(
    one: &mut T,
    other: &mut T,
    turn: &Turn,
    rounds: usize,
) -> Result<Vec<[f64; 2]>, T::Error> {
    let mut round = || Ok([step_time(one, turn)?, step_time(other, turn)?]);
    round()?;
    (0..rounds).map(|_| round()).collect()
}
