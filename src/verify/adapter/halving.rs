//! Sub-sampling and the two poolings.

use super::case::KernelCase;
use super::models::in_one_launch;
use super::slicing::Slicing;
use crate::gpu::{Kernel, kernels};
use crate::verify::problems::halving::{Halving, Kind, shapes};

pub fn cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    for (samples, maps) in shapes() {
        let halving = Halving::new(samples, maps, 0);
        cases.extend(subsample_cases(&halving));
        cases.extend(pool_cases(&halving));
    }
    for (models, (samples, maps)) in [2, 3, 5].into_iter().zip(shapes()) {
        let of_model = |model| subsample_cases(&Halving::new(samples, maps, model));
        cases.extend(in_one_launch(models, of_model));
    }
    cases
}

fn subsample_cases(halving: &Halving) -> Vec<KernelCase> {
    let (batch, input) = (halving.x.count(), halving.input);
    let case = |kernel, tolerance| KernelCase::new(kernel, halving, tolerance);
    let pointwise = |kernel| case(kernel, Halving::tolerance(Kind::Subsample));
    let slicing = Slicing {
        rows_per_item: 1,
        slices: kernels::subsample::slices(batch, input),
    };
    let mut cases = Vec::new();
    cases.extend(
        pointwise(kernels::subsample::forward(batch, input))
            .reads_grouped("input", &halving.x)
            .reads("weight", &halving.w)
            .reads("bias", &halving.b)
            .and_squashed(halving.forward(Kind::Subsample)),
    );
    cases.extend(
        pointwise(kernels::subsample::backward_input(batch, input))
            .reads_grouped("input", &halving.x)
            .reads_grouped("output_gradient", &halving.da)
            .reads("weight", &halving.w)
            .and_after_squashing(&halving.x, halving.backward_input(Kind::Subsample)),
    );
    cases.extend([
        case(
            kernels::subsample::backward_weight(batch, input),
            Halving::BACKWARD_WEIGHT,
        )
        .reads_grouped("input", &halving.x)
        .reads_grouped("output_gradient", &halving.da)
        .writes("partial", slicing.gradient(halving)),
        pointwise(kernels::subsample::second_backward_input(batch, input))
            .reads_grouped("output_curvature", &halving.ha)
            .reads("weight", &halving.w)
            .writes_grouped("input_curvature", halving.second_subsample()),
        case(
            kernels::subsample::second_backward_weight(batch, input),
            Halving::BACKWARD_WEIGHT,
        )
        .reads_grouped("input", &halving.x)
        .reads_grouped("output_curvature", &halving.ha)
        .writes("partial", slicing.curvature(halving)),
    ]);
    cases
}

fn pool_cases(halving: &Halving) -> [KernelCase; 5] {
    let (batch, input) = (halving.x.count(), halving.input);
    let case = |kind, kernel| KernelCase::new(kernel, halving, Halving::tolerance(kind));
    let forward = |kind, kernel: Kernel| {
        case(kind, kernel)
            .reads_grouped("input", halving.inputs(kind))
            .writes_grouped("output", halving.forward(kind))
    };
    let backward_input = |kind, case: KernelCase| {
        case.reads_grouped("output_gradient", &halving.da)
            .writes_grouped("input_gradient", halving.backward_input(kind))
    };
    [
        forward(Kind::Average, kernels::average_pool::forward(batch, input)),
        backward_input(
            Kind::Average,
            case(
                Kind::Average,
                kernels::average_pool::backward_input(batch, input),
            ),
        ),
        case(
            Kind::Average,
            kernels::average_pool::second_backward_input(batch, input),
        )
        .reads_grouped("output_curvature", &halving.ha)
        .writes_grouped("input_curvature", halving.second_average()),
        forward(Kind::Max, kernels::max_pool::forward(batch, input)),
        backward_input(
            Kind::Max,
            case(Kind::Max, kernels::max_pool::backward_input(batch, input))
                .reads_grouped("input", halving.inputs(Kind::Max)),
        ),
    ]
}
