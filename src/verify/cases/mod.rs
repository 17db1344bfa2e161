//! The cases of every kernel and of the CPU path's operations: shapes, seeded inputs, and what the reference makes of them in f64.

mod batch;
mod conv;
mod cpu;
mod curvature;
mod dense;
mod halving;
mod head;
mod peak;
mod squash;
mod update;

pub(super) use cpu::cpu_checks;

use super::case::KernelCase;
use super::compare::Tolerance;
use super::widened;
use crate::gpu::{GROUP, Variant, group_count};
use crate::model::{LossKind, MapShape};
use crate::reference;

/// Label of a place beyond the end of a batch.
const NO_SAMPLE: u32 = u32::MAX;

const SUM: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-5,
    reason: "sums of up to 2,400 products of numbers within ±1, rounded to 24 bits in any order",
};
const BATCH_SUM: Tolerance = Tolerance {
    absolute: 1e-3,
    relative: 1e-5,
    reason: "sums over all samples and positions, up to 13,000 products",
};
const TANH: Tolerance = Tolerance {
    absolute: 1e-5,
    relative: 5e-4,
    reason: "drivers compute tanh and exp with a few bits less than f32 holds, near 0 most of all",
};
const SQUASHED_SUM: Tolerance = Tolerance {
    absolute: 2e-4,
    relative: 5e-4,
    reason: "sums as above, times a slope of up to 1.15, and the bits that tanh lacks",
};
const POINTWISE: Tolerance = Tolerance {
    absolute: 1e-6,
    relative: 1e-5,
    reason: "a few operations a value",
};
const INTERPOLATED: Tolerance = Tolerance {
    absolute: 5e-5,
    relative: 1e-5,
    reason: "a place in the picture is exact to a few millionths of a pixel, and noise is steep",
};
const DISTANCE: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-5,
    reason: "sums of 84 squares",
};
const LOG_SUM_EXP: Tolerance = Tolerance {
    absolute: 1e-4,
    relative: 1e-4,
    reason: "WGSL asks of exp and log only about 3 + 2·|x| units in the last place",
};

/// All kernel cases.
pub fn kernel_cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    cases.extend(batch::batch_cases());
    for (batch, input, table, label) in conv::convolutions() {
        cases.extend(conv::conv_cases(batch, input, &table, label, 0));
        cases.extend(curvature::conv_cases(batch, input, &table, label, 0));
    }
    for (batch, maps) in halving::halvings() {
        cases.extend(halving::subsample_cases(batch, maps, 0));
        cases.extend(halving::average_pool_cases(batch, maps));
        cases.extend(halving::max_pool_cases(batch, maps));
        cases.extend(curvature::subsample_cases(batch, maps, 0));
        cases.push(curvature::average_pool_case(batch, maps));
    }
    for (batch, units) in [(1, 1), (3, 65), (16, 84), (5, 4704)] {
        cases.extend(squash::squash_cases(batch, units));
        cases.push(curvature::squash_case(batch, units));
    }
    for sizes in dense::SIZES {
        cases.extend(dense::dense_cases(sizes, Variant::HARDWARE, 0));
        cases.extend(dense::dense_cases(sizes, Variant::SOFTWARE, 0));
        cases.extend(curvature::dense_cases(sizes, 0));
    }
    for batch in [1, 6, 64, 65] {
        cases.extend(head::rbf_cases(batch));
        cases.extend(head::softmax_cases(batch));
        cases.extend(curvature::head_cases(batch));
    }
    for (kind, batch, present) in [
        (LossKind::Map, 1, 1),
        (LossKind::Map, 65, 65),
        (LossKind::Map, 16, 5),
        (LossKind::Mse, 7, 7),
        (LossKind::Mse, 16, 13),
    ] {
        cases.push(head::loss_case(kind, batch, present));
    }
    for (batch, present) in [(1, 1), (16, 13), (300, 300)] {
        cases.push(curvature::loss_case(batch, present));
    }
    for (batch, present) in [(1, 1), (5, 5), (64, 50), (300, 300)] {
        cases.push(head::metrics_case(1, batch, present));
    }
    for sizes in [(1, 3, 1), (7, 150, 6), (64, 1500, 16), (5, 61, 3)] {
        cases.push(update::reduce_case(sizes, 0));
    }
    for length in [4, 60, 256, 1028] {
        cases.extend(update::optimiser_cases(length));
    }
    for sizes in [(1, 1), (65, 3), (257, 64)] {
        cases.push(peak::multiply_add_case(sizes));
    }
    for length in [1, 61, 257, 4096] {
        cases.push(peak::copy_case(length));
    }
    cases.extend(side_by_side_cases());
    cases
}

/// Models side by side, for every kernel that tells them apart: beside `batch_cases`, some of the
/// shapes above, full and partial blocks among them.
fn side_by_side_cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    let convolutions = conv::convolutions();
    for (models, (batch, input, table, label)) in
        [3, 2, 3, 5, 2].into_iter().zip(&convolutions[1..])
    {
        let (batch, input) = (*batch, *input);
        let gradients = |model| conv::conv_cases(batch, input, table, label, model);
        let curvatures = |model| curvature::conv_cases(batch, input, table, label, model);
        cases.extend(side_by_side(models, gradients));
        cases.extend(side_by_side(models, curvatures));
    }
    for (models, (batch, maps)) in [2, 3, 5].into_iter().zip(halving::halvings()) {
        let gradients = |model| halving::subsample_cases(batch, maps, model);
        let curvatures = |model| curvature::subsample_cases(batch, maps, model);
        cases.extend(side_by_side(models, gradients));
        cases.extend(side_by_side(models, curvatures));
    }
    for (models, sizes) in [2, 3, 2, 5, 3].into_iter().zip(dense::SIZES) {
        for variant in [Variant::HARDWARE, Variant::SOFTWARE] {
            let gradients = |model| dense::dense_cases(sizes, variant, model);
            cases.extend(side_by_side(models, gradients));
        }
        let curvatures = |model| curvature::dense_cases(sizes, model);
        cases.extend(side_by_side(models, curvatures));
    }
    for (models, batch, present) in [(2, 5, 5), (3, 64, 50), (5, 300, 300)] {
        cases.push(head::metrics_case(models, batch, present));
    }
    for (models, sizes) in [(5, (1, 3, 1)), (3, (7, 150, 6)), (2, (5, 61, 3))] {
        cases.extend(side_by_side(models, |model| {
            [update::reduce_case(sizes, model)]
        }));
    }
    cases
}

/// The cases that `cases_of` gives for each of `models` models, those of one kernel as one.
fn side_by_side<const CASES: usize>(
    models: usize,
    cases_of: impl Fn(usize) -> [KernelCase; CASES],
) -> [KernelCase; CASES] {
    let mut of_models: Vec<_> = (0..models)
        .map(|model| cases_of(model).into_iter())
        .collect();
    std::array::from_fn(|_| {
        let cases = of_models.iter_mut().filter_map(Iterator::next);
        KernelCase::side_by_side(cases.collect())
    })
}

/// Runs `compute(sample's input, sample's output)` for every sample of a batch in f64.
fn each_sample(
    input: &[f32],
    units: usize,
    outputs: usize,
    mut compute: impl FnMut(usize, &[f64], &mut [f64]),
) -> Vec<f64> {
    let input = widened(input);
    let mut output = vec![f64::NAN; input.len() / units * outputs];
    for (n, (x, y)) in input
        .chunks(units)
        .zip(output.chunks_mut(outputs))
        .enumerate()
    {
        compute(n, x, y);
    }
    output
}

/// The squashed values of `sums`.
fn squashed(sums: &[f64]) -> Vec<f64> {
    let mut values = sums.to_vec();
    reference::squash::forward(sums, &mut values);
    values
}

/// `gradient`, ∂E/∂y, taken on through the squashing that made y.
fn through_squashing(y: &[f32], gradient: &[f64]) -> Vec<f64> {
    let mut sum_gradient = gradient.to_vec();
    reference::squash::backward_input(&widened(y), gradient, &mut sum_gradient);
    sum_gradient
}

fn maps_text(maps: MapShape) -> String {
    format!("{}@{}x{}", maps.maps, maps.height, maps.width)
}

/// How a sum over a batch is cut: an item is one or two output rows of a group of four samples,
/// and slice s takes the items from s·⌈items/slices⌉ on. The reference sums over whole maps, so
/// rows outside the slice are set to 0 first.
struct Slicing {
    batch: usize,
    height: usize,
    rows_per_item: usize,
    slices: usize,
}

impl Slicing {
    /// Calls `add(sample, rows, sums)` for every slice and the output rows of each sample in it.
    fn sums(
        &self,
        values: usize,
        mut add: impl FnMut(usize, std::ops::Range<usize>, &mut [f64]),
    ) -> Vec<f64> {
        let items_per_group = self.height.div_ceil(self.rows_per_item);
        let items_per_slice = (group_count(self.batch) * items_per_group).div_ceil(self.slices);
        let mut partial = vec![0.0; self.slices * values];
        for n in 0..self.batch {
            for item in 0..items_per_group {
                let slice = (n / GROUP * items_per_group + item) / items_per_slice;
                let first = item * self.rows_per_item;
                let rows = first..self.height.min(first + self.rows_per_item);
                add(n, rows, &mut partial[slice * values..][..values]);
            }
        }
        partial
    }
}

/// `values` [c,y,x] with every row outside `rows` set to 0.
fn rows_only(values: &[f64], maps: MapShape, rows: std::ops::Range<usize>) -> Vec<f64> {
    let mut kept = values.to_vec();
    for (row, values) in kept.chunks_mut(maps.width).enumerate() {
        if !rows.contains(&(row % maps.height)) {
            values.fill(0.0);
        }
    }
    kept
}
