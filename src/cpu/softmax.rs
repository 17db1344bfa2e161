//! Softmax as a penalty, sample by sample as the reference computes it: ten values are too few to be
//! worth vectors.

use super::memory::Planes;
use super::operation::{Computed, LayerOperation};
use super::simd::Simd;
use crate::model::DIGITS;
use crate::reference::softmax;

/// The layer's operation.
pub struct Softmax<const SAMPLES: usize>;

/// The layout of scores and penalties.
fn classes<const SAMPLES: usize>() -> Planes<SAMPLES> {
    Planes::units(DIGITS)
}

impl<const SAMPLES: usize> LayerOperation<SAMPLES> for Softmax<SAMPLES> {
    fn output(&self) -> Planes<SAMPLES> {
        classes()
    }

    #[inline(always)]
    fn forward<S: Simd>(
        &self,
        _simd: S,
        input: &[f32],
        _weight: &[f32],
        _bias: &[f32],
        sums: &mut [f32],
    ) {
        for sample in 0..SAMPLES {
            let mut penalties = [0.0; DIGITS];
            softmax::forward(&of_sample::<SAMPLES>(sample, input), &mut penalties);
            classes::<SAMPLES>().put(sample, &penalties, sums);
        }
    }

    #[inline(always)]
    fn backward_input<S: Simd>(&self, _simd: S, computed: &Computed, input_gradient: &mut [f32]) {
        for sample in 0..SAMPLES {
            let penalties = of_sample::<SAMPLES>(sample, computed.output);
            let gradient = of_sample::<SAMPLES>(sample, computed.sum_gradient);
            let mut score_gradient = [0.0; DIGITS];
            softmax::backward_input(&penalties, &gradient, &mut score_gradient);
            classes::<SAMPLES>().put(sample, &score_gradient, input_gradient);
        }
    }
}

/// The ten values of one sample.
#[inline(always)]
fn of_sample<const SAMPLES: usize>(sample: usize, values: &[f32]) -> [f32; DIGITS] {
    let mut own = [0.0; DIGITS];
    classes::<SAMPLES>().get(sample, values, &mut own);
    own
}
