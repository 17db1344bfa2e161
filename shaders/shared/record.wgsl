// What a sample leaves for the update, in values: the inputs of the dense layers, ∂E/∂a of their sums,
// its loss, and whether it was answered wrongly. After the records of a batch come those of its
// workgroups: the gradients of the parameters that convolutions and sub-sampling share, summed over the
// samples of a workgroup and laid out as the start of an arena; and the field of its latest sample.
// src/gpu/fused/layout.rs is the host's side.

import package::shared::rates::StepRates;

// Places in a record, multiples of 4.
override S4_PLACE: u32;
override C5_PLACE: u32;
override F6_PLACE: u32;
override C5_GRADIENT_PLACE: u32;
override F6_GRADIENT_PLACE: u32;
override SCORE_GRADIENT_PLACE: u32;
// The loss, and after it 1 for a wrong answer, 0 for a right one.
override LOSS_PLACE: u32;
// Values of a record, of the shared gradients, and of what a workgroup leaves.
override RECORD: u32;
override SHARED: u32;
override WORKGROUP_RECORD: u32;
// Samples that a workgroup computes, one after the other.
override SAMPLES_EACH: u32;

// The step that is being made: its number and rates, and the number of samples in its batch.
struct Now { step: u32, count: u32, rates: StepRates }
