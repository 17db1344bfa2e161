// Squashing fused into the adjacent kernels, which saves a dispatch, a store and a load each.

import package::shared::samples::Samples;
import package::shared::squashing::{squash, slope_at};

// Whether the layer squashes its output.
override SQUASHED: bool = false;
// Whether the input was squashed by the layer before.
override INPUT_SQUASHED: bool = false;

// The output that belongs to a weighted sum.
fn output_of(sum: Samples) -> Samples {
    if SQUASHED {
        return squash(sum);
    }
    return sum;
}

// The gradient with respect to the weighted sums that `input` was squashed from, if it was, given that
// with respect to `input`.
fn through_squashing(gradient: Samples, input: Samples) -> Samples {
    if INPUT_SQUASHED {
        return slope_at(input) * gradient;
    }
    return gradient;
}
