//! The processor's peak rate of vector multiply-adds, measured.

use std::time::Duration;

use super::simd::{Level, Simd, Task};
use crate::platform::Instant;

/// Independent chains of multiply-adds, enough to hide the latency of one.
const CHAINS: usize = 12;
/// Multiply-adds of each chain per run.
const LENGTH: usize = 100_000;
/// How long each thread measures.
const TIME: Duration = Duration::from_millis(100);

/// Multiply-adds per second of all threads together, with the vectors of `level`, on values that stay in
/// registers.
pub fn multiply_adds_per_second(level: Level) -> f64 {
    let rates = rayon::broadcast(|_| peak_rate(level));
    rates.into_iter().sum()
}

/// Multiply-adds per second of this thread in the fastest of many runs: other work can make a run
/// slower, and nothing makes it faster than the processor is.
fn peak_rate(level: Level) -> f64 {
    let started = Instant::now();
    let mut fastest = 0f64;
    while started.elapsed() < TIME {
        let run = Instant::now();
        let (count, sum) = level.dispatch(Chains);
        std::hint::black_box(sum);
        fastest = fastest.max(count as f64 / run.elapsed().as_secs_f64());
    }
    fastest
}

/// One run: every chain multiplies and adds [`LENGTH`] times. Results in the number of multiply-adds,
/// and in a sum that depends on all of them.
struct Chains;

impl Task for Chains {
    type Output = (usize, f32);

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> (usize, f32) {
        let (factor, constant) = std::hint::black_box((0.999_f32, 0.001_f32));
        let (factor, constant) = (simd.splat(factor), simd.splat(constant));
        let mut values = [constant; CHAINS];
        for _ in 0..LENGTH {
            for value in &mut values {
                *value = simd.mul_add(*value, factor, constant);
            }
        }
        let mut sum = values[0];
        for value in &values[1..] {
            sum = simd.add(sum, *value);
        }
        (LENGTH * CHAINS * S::LANES, simd.sum(sum))
    }
}
