// The layout of the parameters of several models, trained side by side; src/gpu/arenas.rs is the
// host's side.

// Values from the weights or biases of one model to those of the next; 0 where there is only one.
override WEIGHT_STRIDE: u32 = 0u;
override BIAS_STRIDE: u32 = 0u;
