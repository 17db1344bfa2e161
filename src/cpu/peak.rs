//! The most multiply-adds that this processor's vectors do, measured.

use std::time::{Duration, Instant};

use super::simd::{Level, Simd, Task};

/// Independent chains, enough to hide a multiply-add's latency.
const CHAINS: usize = 12;
/// Multiply-adds of each chain in one go.
const LENGTH: usize = 100_000;
/// Time to measure over.
const TIME: Duration = Duration::from_millis(100);

/// Multiply-adds a second on all threads together, in registers alone.
pub fn multiply_adds_a_second() -> f64 {
    let each = rayon::broadcast(|_| fastest(Level::best()));
    each.into_iter().sum()
}

/// The fastest of many goes: nothing makes a processor faster than it is.
fn fastest(level: Level) -> f64 {
    let started = Instant::now();
    let mut fastest = 0f64;
    while started.elapsed() < TIME {
        let go = Instant::now();
        let (count, sum) = level.dispatch(Chains);
        std::hint::black_box(sum);
        fastest = fastest.max(count as f64 / go.elapsed().as_secs_f64());
    }
    fastest
}

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
