//! The rates of the next steps, written ahead of the submission that makes them.

use std::ops::Range;

use crate::model::StepRates;
use crate::trainer::Rates;

use super::metrics::MetricsRing;
use super::{Device, GpuError, View};

/// The rates of the next steps: those of step s are at s modulo [`RatesRing::STEPS`]. However long a
/// training is, they take the same room.
pub(super) struct RatesRing {
    /// Of [`StepRates`].
    pub view: View,
}

impl RatesRing {
    /// Places of the ring: as many steps as a submission makes at most.
    pub const STEPS: usize = MetricsRing::STEPS;

    /// A ring that holds those of `rates` from step `step` on, so that a dispatch of that step can be
    /// repeated to be timed.
    pub fn holding(device: &Device, rates: &dyn Rates, step: usize) -> Result<Self, GpuError> {
        let ring = Self {
            view: device.zeros("rates", Self::STEPS * size_of::<StepRates>())?,
        };
        let end = rates.steps().min(step + Self::STEPS);
        ring.write(device, rates, step..end);
        Ok(ring)
    }

    /// Writes those of `steps`, at most [`RatesRing::STEPS`], before whatever is submitted next. What
    /// is under way reads what was there before.
    pub fn write(&self, device: &Device, rates: &dyn Rates, steps: Range<usize>) {
        for (place, steps) in rows(steps, Self::STEPS) {
            let rates: Vec<StepRates> = steps.map(|step| rates.at(step)).collect();
            device.write_at(&self.view, place * size_of::<StepRates>(), &rates);
        }
    }
}

/// The places of `steps` in a ring of `len`: the first place of each row of neighbours, and the steps
/// of the row. There are two where they go around its end.
fn rows(steps: Range<usize>, len: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let turn = steps.start.next_multiple_of(len).min(steps.end);
    [steps.start..turn, turn..steps.end]
        .into_iter()
        .filter(|row| !row.is_empty())
        .map(move |row| (row.start % len, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_its_place_in_the_ring() {
        const LEN: usize = 5;
        for start in 0..3 * LEN {
            for count in 0..=LEN {
                let places = rows(start..start + count, LEN).flat_map(|(first, steps)| {
                    let first_step = steps.start;
                    steps.map(move |step| (step, first + step - first_step))
                });
                let expected = (start..start + count).map(|step| (step, step % LEN));
                assert!(places.eq(expected), "{count} steps from step {start}");
            }
        }
    }

    #[test]
    fn steps_after_the_last_rates_have_none() {
        let (step, end) = (7, 6);
        assert_eq!(rows(step..end, 5).count(), 0);
    }
}
