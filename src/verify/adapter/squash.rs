//! Squashing.

use super::case::KernelCase;
use crate::gpu::kernels;
use crate::verify::problems::squash::{Squash, shapes};

pub fn cases() -> Vec<KernelCase> {
    let of_shape = |(samples, shape)| cases_of(&Squash::new(samples, shape));
    shapes().into_iter().flat_map(of_shape).collect()
}

fn cases_of(squash: &Squash) -> [KernelCase; 3] {
    let (batch, units) = (squash.a.count(), squash.a.units);
    let case = |kernel, tolerance| KernelCase::new(kernel, squash, tolerance);
    [
        case(kernels::squash::forward(batch, units), Squash::FORWARD)
            .reads_grouped("input", &squash.a)
            .writes_grouped("output", squash.forward()),
        case(
            kernels::squash::backward_input(batch, units),
            Squash::BACKWARD_INPUT,
        )
        .reads_grouped("squashed", &squash.y)
        .reads_grouped("output_gradient", &squash.dy)
        .writes_grouped("input_gradient", squash.backward_input()),
        case(
            kernels::squash::second_backward_input(batch, units),
            Squash::BACKWARD_INPUT,
        )
        .reads_grouped("squashed", &squash.y)
        .reads_grouped("output_curvature", &squash.hy)
        .writes_grouped("input_curvature", squash.second_backward_input()),
    ]
}
