// The squashing function and its derivative.
//
//   f(a) = A·tanh(S·a), A = 1.7159, S = 2/3 (Appendix A): f(±1) = ±1

import package::shared::samples::Samples;

const AMPLITUDE = 1.7159;
const SLOPE = 2.0 / 3.0;
// tanh is 1 in f32 long before LIMIT; some drivers answer NaN for large arguments.
const LIMIT = 15.0;

// f(a)
fn squash(a: Samples) -> Samples {
    return AMPLITUDE * tanh(clamp(SLOPE * a, Samples(-LIMIT), Samples(LIMIT)));
}

// f′(a) = A·S·(1 − tanh²(S·a)) = S·(A − y²/A), from y = f(a)
fn slope_at(y: Samples) -> Samples {
    return SLOPE * (AMPLITUDE - y * y / AMPLITUDE);
}
