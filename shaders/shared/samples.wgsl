// Samples in groups of four, as all tensors hold them; src/gpu/groups.rs is the host's side.

// The same unit of the four samples of a group, so that formulas read as for one sample.
alias Samples = vec4<f32>;

// Stands for a sample, and for its label, in places beyond the end of the batch.
const NO_SAMPLE = 0xffffffffu;
