// The rates of every step, which the host computes in advance: a power of 0.999 is not exact enough on
// all adapters.

struct StepRates { rate: f32, first_correction: f32, second_correction: f32, average_share: f32 }

// The place of the rates of step `step`, of `steps` that there are rates for; of the last ones after all
// steps, where a dispatch is repeated to be timed.
fn place_of_rates(step: u32, steps: u32) -> u32 {
    return min(step, steps - 1u);
}
