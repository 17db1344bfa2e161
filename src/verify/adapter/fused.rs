//! Squashing that is fused into the adjacent kernels.

use super::case::KernelCase;
use crate::verify::problems::tolerances::SQUASHED_SUM;
use crate::verify::samples::Samples;

impl KernelCase {
    /// Two cases: this one, and the kernel with the squashing of its output fused into it.
    pub(super) fn and_squashed(self, output: Samples<f64>) -> [Self; 2] {
        let squashed = Self {
            kernel: self.kernel.clone().squashing(true),
            tolerance: SQUASHED_SUM,
            ..self.clone()
        };
        let squashed = squashed
            .way("squashed")
            .writes_grouped("output", output.squashed());
        [self.writes_grouped("output", output), squashed]
    }

    /// Two cases of an input gradient: this one, and the kernel with the gradient of the squashing that
    /// made the input `x` fused into it.
    pub(super) fn and_after_squashing(
        self,
        x: &Samples,
        input_gradient: Samples<f64>,
    ) -> [Self; 2] {
        let after_squashing = Self {
            kernel: self.kernel.clone().after_squashing(true),
            ..self.clone()
        };
        let sum_gradient = x.through_squashing(&input_gradient);
        [
            self.writes_grouped("input_gradient", input_gradient),
            after_squashing
                .way("after squashing")
                .writes_grouped("input_gradient", sum_gradient),
        ]
    }
}
