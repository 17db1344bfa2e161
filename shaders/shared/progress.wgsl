// How far a model has been trained; src/gpu/progress.rs is the host's side.

// The number of the step, the seed of the run, and the number of samples in this step's batch.
struct Progress { step: u32, seed: u32, count: u32 }
