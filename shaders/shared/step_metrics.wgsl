// What is measured of a training step; src/gpu/metrics.rs is the host's side.

// The sum of the losses of a batch, the number of samples answered wrongly, and that of all samples.
struct StepMetrics { loss: f32, errors: u32, count: u32 }
