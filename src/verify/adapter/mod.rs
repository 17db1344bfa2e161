//! The executor for adapters: every kernel by itself, with every way of dividing its work, for one
//! model and for several in one launch.

mod batch;
mod buffers;
mod case;
mod conv;
mod dense;
mod empty;
mod examples;
mod fused;
mod fused_step;
mod halving;
mod head;
mod models;
mod peak;
mod preconditioning;
mod slicing;
mod squash;
mod update;
mod variants;
#[cfg(feature = "strings")]
mod windows;

pub use case::KernelCase;
#[cfg(test)]
pub use examples::SLIDE_DECK;

/// All kernel cases, in the order they are run.
pub fn kernel_cases() -> Vec<KernelCase> {
    let mut cases = batch::cases();
    cases.extend(conv::cases());
    cases.extend(halving::cases());
    cases.extend(squash::cases());
    cases.extend(dense::cases());
    cases.extend(head::cases());
    cases.extend(preconditioning::cases());
    cases.extend(update::cases());
    cases.extend(fused_step::cases());
    cases.extend(peak::cases());
    cases.extend(empty::cases());
    cases.extend(examples::cases());
    #[cfg(feature = "strings")]
    cases.extend(windows::cases());
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::gpu::kernels::conv::ConvShape;
    use crate::gpu::{Kernel, Variant, kernels};
    use crate::model::{ConnectionTable, MapShape};

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for case in kernel_cases() {
            assert!(names.insert(case.name()), "{} is there twice", case.name());
        }
    }

    #[test]
    fn no_kernel_is_given_the_same_inputs_twice() {
        let cases = kernel_cases();
        for (i, case) in cases.iter().enumerate() {
            let same = cases[..i].iter().find(|other| case.is_same_run(other));
            let same = same.map(KernelCase::name);
            assert_eq!(same, None, "is the same as {}", case.name());
        }
    }

    #[test]
    fn every_block_that_may_be_chosen_is_run() {
        /// Names and values of the sizes of a block.
        fn block(kernel: &Kernel) -> Vec<(&'static str, u64)> {
            let constants = kernel.constants.iter();
            let parts = ["BLOCK", "TILE", "ALL_MAPS", "WHOLE_KERNELS"];
            let sizes = constants.filter(|(name, _)| parts.iter().any(|part| name.contains(part)));
            sizes.map(|&(name, size)| (name, size as u64)).collect()
        }
        let cases = kernel_cases();
        let shape = ConvShape::new(1, MapShape::new(1, 32, 32), &ConnectionTable::full(1, 6));
        for variant in Variant::choices() {
            let dense = variant.dense_block;
            for kernel in [
                kernels::conv::forward(shape, variant.conv_tile),
                kernels::conv::backward_input(shape, variant.conv_block),
                kernels::conv::backward_weight(shape, variant.conv_whole_kernels),
                kernels::dense::forward(1, 4, 1, dense),
                kernels::dense::backward_input(1, 4, 1, dense),
                kernels::dense::backward_weight(1, 4, 1, dense),
            ] {
                let is_run = cases.iter().any(|case| {
                    case.kernel().name == kernel.name && block(case.kernel()) == block(&kernel)
                });
                assert!(is_run, "{} {:?}", kernel.name, block(&kernel));
            }
        }
    }

    #[test]
    fn squashed_convolutions_are_run_in_every_variant() {
        let names: Vec<String> = kernel_cases().iter().map(KernelCase::name).collect();
        for name in [
            "conv.forward 5x1@32x32 to 6 maps, full, 2x5 of one map, squashed",
            "conv.forward 6x6@14x14 to 16 maps, table 1, 5x5 of one map, squashed",
            "conv.forward 5x1@32x32 to 6 maps, full, 2x7 of all maps, squashed",
            "conv.backward_input 6x6@14x14 to 16 maps, table 1, blocks of 7x2, after squashing",
            "conv.backward_input 6x6@14x14 to 16 maps, table 1, blocks of 14x14, after squashing",
        ] {
            assert!(names.iter().any(|other| other == name), "{name}");
        }
    }
}
