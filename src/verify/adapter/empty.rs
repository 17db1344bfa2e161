//! The kernels by which the cost of launching is timed.

use super::case::KernelCase;
use crate::gpu::kernels;
use crate::verify::compare::Tolerance;
use crate::verify::problems::empty::{LENGTHS, Untouched};

pub fn cases() -> Vec<KernelCase> {
    let of_length = |length| {
        let (untouched, problem) = (Untouched::new(length), format!("{length} values"));
        let dependent = kernels::empty::dependent();
        let independent = kernels::empty::independent();
        [
            KernelCase::new(dependent, &problem, Tolerance::EXACT).updates(
                "bound",
                &untouched.values,
                untouched.dependent(),
            ),
            KernelCase::new(independent, &problem, Tolerance::EXACT).updates(
                "read_only",
                &untouched.values,
                untouched.independent(),
            ),
        ]
    };
    LENGTHS.into_iter().flat_map(of_length).collect()
}
