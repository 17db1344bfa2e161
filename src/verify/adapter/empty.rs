//! The kernels by which the cost of launching is timed.

use super::case::KernelCase;
use crate::gpu::kernels;
use crate::verify::compare::Tolerance;
use crate::verify::problems::empty::Untouched;

pub fn cases() -> [KernelCase; 2] {
    let untouched = Untouched::new();
    let case = |kernel, buffer, expected| {
        let problem = format!("{} values", Untouched::LENGTH);
        KernelCase::new(kernel, problem, Tolerance::EXACT).updates(
            buffer,
            &untouched.values,
            expected,
        )
    };
    [
        case(kernels::empty::dependent(), "bound", untouched.dependent()),
        case(
            kernels::empty::independent(),
            "read_only",
            untouched.independent(),
        ),
    ]
}
