// The rates of the next steps: the host computes those of every step in advance, because a power of 0.999
// is not exact enough on all adapters, and writes them into a ring.

struct StepRates { rate: f32, first_correction: f32, second_correction: f32, average_share: f32 }

// The place of the rates of step `step` in a ring of `places` places.
fn place_of_rates(step: u32, places: u32) -> u32 {
    return step % places;
}
