//! The cases of every kernel: shapes, seeded inputs, and what the reference makes of them in f64.

use super::case::KernelCase;
use super::compare::Tolerance;
use super::noise::Noise;
use crate::cpu;
use crate::data::{FIELD_SIDE, IMAGE_PIXELS};
use crate::gpu::kernels::{self, BatchShape, ConvShape};
use crate::gpu::{GROUP, Kernel, group_count, interleave};
use crate::model::{
    Choices, ConnectionTable, DIGITS, Decay, Distortion, Initialisation, Loss, LossKind, MapShape,
    Optimiser, Recipe, StepRates, rbf_codes,
};

/// Units of an input field.
const FIELD_UNITS: usize = FIELD_SIDE * FIELD_SIDE;
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
    reason: "sums over all samples and positions, up to 5,000 products",
};
const TANH: Tolerance = Tolerance {
    absolute: 1e-5,
    relative: 5e-4,
    reason: "drivers compute tanh and exp with a few bits less than f32 holds, near 0 most of all",
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
    cases.extend(batch_cases());
    for (batch, input, table, label) in convolutions() {
        cases.extend(conv_cases(batch, input, &table, label));
    }
    for (batch, maps) in halvings() {
        cases.extend(subsample_cases(batch, maps));
        cases.extend(average_pool_cases(batch, maps));
        cases.extend(max_pool_cases(batch, maps));
    }
    for (batch, units) in [(1, 1), (3, 65), (16, 84), (5, 4704)] {
        cases.extend(squash_cases(batch, units));
    }
    for sizes in [
        (1, 400, 120),
        (7, 120, 84),
        (16, 84, 10),
        (5, 12, 7),
        (65, 8, 1),
        (4, 4, 65),
    ] {
        cases.extend(dense_cases(sizes));
    }
    for batch in [1, 6, 64, 65] {
        cases.extend(rbf_cases(batch));
        cases.extend(softmax_cases(batch));
    }
    for (kind, batch, present) in [
        (LossKind::Map, 1, 1),
        (LossKind::Map, 65, 65),
        (LossKind::Map, 16, 5),
        (LossKind::Mse, 7, 7),
        (LossKind::Mse, 16, 13),
    ] {
        cases.push(loss_case(kind, batch, present));
    }
    for (batch, present) in [(1, 1), (5, 5), (64, 50), (300, 300)] {
        cases.push(metrics_case(batch, present));
    }
    for sizes in [(1, 3, 1), (7, 150, 6), (64, 1500, 16), (5, 61, 3)] {
        cases.push(reduce_case(sizes));
    }
    for length in [4, 60, 256, 1028] {
        cases.extend(optimiser_cases(length));
    }
    cases
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
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

fn maps_text(maps: MapShape) -> String {
    format!("{}@{}x{}", maps.maps, maps.height, maps.width)
}

// --- batch -------------------------------------------------------------------------------------

fn batch_cases() -> Vec<KernelCase> {
    let mut cases = Vec::new();
    for (batch, samples, step, shuffle) in [
        (1, 1, 0, true),
        (7, 50, 7, true),
        (16, 1000, 130, true),
        (64, 60_000, 937, true),
        (65, 257, 3, false),
    ] {
        cases.push(select_case(batch, samples, step, shuffle));
    }
    for (batch, present) in [(1, 1), (6, 3), (16, 16)] {
        cases.push(assemble_case(batch, present));
    }
    for (batch, present, linear, shift) in [(1, 1, 0.1, 0.0), (6, 3, 0.0, 1.5), (16, 16, 0.3, 5.0)]
    {
        let distortion = Distortion { linear, shift };
        cases.push(assemble_distorted_case(batch, present, distortion));
    }
    cases
}

fn select_case(batch: usize, samples: usize, step: usize, shuffle: bool) -> KernelCase {
    let seed = 0x1998;
    let shape = BatchShape {
        batch,
        samples,
        shuffle,
    };
    let labels = Noise::new(1).below(DIGITS as u32, samples);
    let chosen = cpu::batch::select_samples(step, batch, samples, shuffle.then_some(seed));
    let places = group_count(batch) * GROUP;
    let at = |place: usize| chosen.get(place).copied();
    let expected_chosen = (0..places)
        .map(|place| (place, at(place).map_or(NO_SAMPLE, |sample| sample as u32)))
        .collect();
    let expected_labels = (0..places)
        .map(|place| (place, at(place).map_or(NO_SAMPLE, |sample| labels[sample])))
        .collect();
    let progress = vec![step as u32, seed, 0];
    let expected_progress = vec![(0, step as u32), (1, seed), (2, chosen.len() as u32)];
    let text = format!("{batch} of {samples}, step {step}, shuffle {shuffle}");
    KernelCase::new(kernels::batch_select_samples(shape), text, Tolerance::EXACT)
        .reads_integers("data_labels", &labels)
        .writes_integers("progress", Some(progress), 3, expected_progress)
        .writes_integers("chosen", None, places, expected_chosen)
        .writes_integers("labels", None, places, expected_labels)
}

/// A data set of noise, a batch chosen from it, and its fields as `assemble(image, sample, field)`
/// makes them.
struct Assembly {
    words: Vec<u32>,
    chosen: Vec<u32>,
    fields: Vec<f64>,
}

impl Assembly {
    const SAMPLES: usize = 20;

    fn new(batch: usize, present: usize, assemble: impl Fn(&[u8], u32, &mut [f64])) -> Self {
        let mut noise = Noise::new(2);
        let bytes: Vec<u8> = noise
            .below(256, Self::SAMPLES * IMAGE_PIXELS)
            .into_iter()
            .map(|value| value as u8)
            .collect();
        let words = bytes
            .chunks(4)
            .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        let mut chosen = noise.below(Self::SAMPLES as u32, present);
        let mut fields = vec![f64::NAN; batch * FIELD_UNITS];
        for (n, field) in fields.chunks_mut(FIELD_UNITS).enumerate() {
            match chosen.get(n) {
                Some(&sample) => {
                    let first = sample as usize * IMAGE_PIXELS;
                    assemble(&bytes[first..first + IMAGE_PIXELS], sample, field);
                }
                None => field.fill(crate::data::BACKGROUND.into()),
            }
        }
        chosen.resize(group_count(batch) * GROUP, NO_SAMPLE);
        Self {
            words,
            chosen,
            fields,
        }
    }

    fn case(self, kernel: Kernel, text: String, tolerance: Tolerance) -> KernelCase {
        KernelCase::new(kernel, text, tolerance)
            .reads_integers("images", &self.words)
            .reads_integers("selected", &self.chosen)
            .writes_grouped("fields", self.fields, FIELD_UNITS)
    }

    fn shape(batch: usize) -> BatchShape {
        BatchShape {
            batch,
            samples: Self::SAMPLES,
            shuffle: true,
        }
    }
}

fn assemble_case(batch: usize, present: usize) -> KernelCase {
    let kernel = kernels::batch_assemble(Assembly::shape(batch));
    Assembly::new(batch, present, |image, _, field| {
        cpu::batch::assemble(image, field)
    })
    .case(kernel, format!("{present} of {batch}"), POINTWISE)
}

fn assemble_distorted_case(batch: usize, present: usize, distortion: Distortion) -> KernelCase {
    let (step, seed) = (50u32, 0x1998);
    let pass = step as usize / Assembly::SAMPLES.div_ceil(batch);
    let shape = Assembly::shape(batch);
    let kernel = kernels::batch_assemble_distorted(shape, &distortion);
    let progress = vec![step, seed, present as u32];
    let unchanged = progress.iter().copied().enumerate().collect();
    Assembly::new(batch, present, |image, sample, field| {
        let affine = cpu::batch::draw_affine(&distortion, seed, pass as u32, sample);
        cpu::batch::assemble_distorted(image, &affine, field);
    })
    .case(
        kernel,
        format!(
            "{present} of {batch}, linear {}, shift {}",
            distortion.linear, distortion.shift
        ),
        INTERPOLATED,
    )
    .writes_integers("progress", Some(progress), 3, unchanged)
}

// --- conv --------------------------------------------------------------------------------------

/// The network's own convolutions, and shapes that fit no block of the kernels.
fn convolutions() -> Vec<(usize, MapShape, ConnectionTable, &'static str)> {
    let lopsided = ConnectionTable::new(3, vec![vec![2], vec![0, 1, 2], vec![0], vec![1]]);
    vec![
        (
            1,
            MapShape::new(1, 32, 32),
            ConnectionTable::full(1, 6),
            "full",
        ),
        (
            5,
            MapShape::new(1, 32, 32),
            ConnectionTable::full(1, 6),
            "full",
        ),
        (
            6,
            MapShape::new(6, 14, 14),
            ConnectionTable::table_1(),
            "table 1",
        ),
        (
            3,
            MapShape::new(6, 14, 14),
            ConnectionTable::full(6, 16),
            "full",
        ),
        (
            2,
            MapShape::new(16, 5, 5),
            ConnectionTable::full(16, 3),
            "full",
        ),
        (
            7,
            MapShape::new(2, 11, 13),
            ConnectionTable::full(2, 3),
            "full",
        ),
        (13, MapShape::new(3, 6, 17), lopsided, "lopsided"),
    ]
}

fn conv_cases(
    batch: usize,
    input: MapShape,
    table: &ConnectionTable,
    label: &str,
) -> [KernelCase; 3] {
    let shape = ConvShape::new(batch, input, table);
    let reference = cpu::conv::Shape {
        table,
        input,
        output: shape.output,
    };
    let (weights, biases) = shape.trainable();
    let (inputs, outputs) = (input.units(), shape.output.units());
    let mut noise = Noise::new(3);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(weights), noise.values(biases));
    let (w64, b64) = (widened(&w), widened(&b));

    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        cpu::conv::forward(&reference, x, &w64, &b64, a);
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        cpu::conv::backward_input(&reference, da, &w64, dx);
    });
    let partial = conv_partial_sums(&shape, &reference, &x, &da);

    let tables = Tables::of(table);
    let text = format!(
        "{batch}x{} to {} maps, {label}",
        maps_text(input),
        table.outputs()
    );
    let case = |kernel, tolerance| KernelCase::new(kernel, text.clone(), tolerance);
    [
        case(kernels::conv_forward(shape), SUM)
            .reads_grouped("source", &x, inputs)
            .reads("weight", &w)
            .reads("bias", &b)
            .reads_integers("first_kernel", &tables.first_kernel)
            .reads_integers("pairs", &tables.pairs)
            .writes_grouped("result", a, outputs),
        case(kernels::conv_backward_input(shape), SUM)
            .reads_grouped("source", &da, outputs)
            .reads("weight", &w)
            .reads_integers("pairs", &tables.pairs)
            .reads_integers("first_reader", &tables.first_reader)
            .reads_integers("readers", &tables.readers)
            .writes_grouped("result", dx, inputs),
        case(kernels::conv_backward_weight(shape), BATCH_SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .reads_integers("first_kernel", &tables.first_kernel)
            .reads_integers("pairs", &tables.pairs)
            .reads_integers("couples", &kernels::couples(table).concat())
            .writes("partial", partial),
    ]
}

/// The partial sums of a convolution's weight gradient. Its slices are made of pairs of rows.
fn conv_partial_sums(
    shape: &ConvShape,
    reference: &cpu::conv::Shape,
    x: &[f32],
    da: &[f32],
) -> Vec<f64> {
    let (weights, biases) = shape.trainable();
    let (inputs, outputs) = (shape.input.units(), shape.output.units());
    let (x, da) = (widened(x), widened(da));
    let slicing = Slicing {
        batch: shape.batch,
        height: shape.output.height,
        rows_an_item: 2,
        slices: shape.slices(),
    };
    slicing.sums(weights + biases, |n, rows, sums| {
        let in_slice = rows_only(&da[n * outputs..][..outputs], shape.output, rows);
        let (dw, db) = sums.split_at_mut(weights);
        cpu::conv::backward_weight(reference, &x[n * inputs..][..inputs], &in_slice, dw, db);
    })
}

/// How a sum over a batch is cut: an item is one or two output rows of a group of four samples,
/// and slice s takes the items from s·⌈items/slices⌉ on. The reference sums over whole maps, so
/// rows outside the slice are set to 0 first.
struct Slicing {
    batch: usize,
    height: usize,
    rows_an_item: usize,
    slices: usize,
}

impl Slicing {
    /// Calls `add(sample, rows, sums)` for every slice and the output rows of each sample in it.
    fn sums(
        &self,
        values: usize,
        mut add: impl FnMut(usize, std::ops::Range<usize>, &mut [f64]),
    ) -> Vec<f64> {
        let items_a_group = self.height.div_ceil(self.rows_an_item);
        let items_a_slice = (group_count(self.batch) * items_a_group).div_ceil(self.slices);
        let mut partial = vec![0.0; self.slices * values];
        for n in 0..self.batch {
            for item in 0..items_a_group {
                let slice = (n / GROUP * items_a_group + item) / items_a_slice;
                let first = item * self.rows_an_item;
                let rows = first..self.height.min(first + self.rows_an_item);
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

/// A connection table as the shader reads it, made here a second time on purpose: the one that
/// training uploads is checked against it by the network cases.
struct Tables {
    first_kernel: Vec<u32>,
    pairs: Vec<u32>,
    first_reader: Vec<u32>,
    readers: Vec<u32>,
}

impl Tables {
    fn of(table: &ConnectionTable) -> Self {
        let mut first_kernel = vec![0; table.outputs() + 1];
        let mut first_reader = vec![0; table.inputs() + 1];
        let mut pairs = Vec::new();
        let mut by_input = Vec::new();
        for pair in table.pairs() {
            first_kernel[pair.output + 1..]
                .iter_mut()
                .for_each(|end| *end += 1);
            first_reader[pair.input + 1..]
                .iter_mut()
                .for_each(|end| *end += 1);
            pairs.extend([pair.input as u32, pair.output as u32]);
            by_input.push((pair.input, pair.kernel as u32));
        }
        by_input.sort_unstable();
        Self {
            first_kernel,
            pairs,
            first_reader,
            readers: by_input.into_iter().map(|(_, kernel)| kernel).collect(),
        }
    }
}

// --- subsample and pooling ---------------------------------------------------------------------

/// The network's own S2 and S4, and maps with an odd last row or column.
fn halvings() -> [(usize, MapShape); 5] {
    [
        (1, MapShape::new(6, 28, 28)),
        (5, MapShape::new(16, 10, 10)),
        (3, MapShape::new(2, 7, 5)),
        (9, MapShape::new(1, 2, 13)),
        (4, MapShape::new(3, 4, 4)),
    ]
}

fn subsample_cases(batch: usize, input: MapShape) -> [KernelCase; 3] {
    let output = input.halved();
    let (inputs, outputs) = (input.units(), output.units());
    let mut noise = Noise::new(4);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(input.maps), noise.values(input.maps));
    let (w64, b64) = (widened(&w), widened(&b));
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        cpu::subsample::forward(input, x, &w64, &b64, a);
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        cpu::subsample::backward_input(input, da, &w64, dx);
    });
    let (x64, da64) = (widened(&x), widened(&da));
    let slicing = Slicing {
        batch,
        height: output.height,
        rows_an_item: 1,
        slices: kernels::subsample_slices(batch, input),
    };
    let partial = slicing.sums(2 * input.maps, |n, rows, sums| {
        let in_slice = rows_only(&da64[n * outputs..][..outputs], output, rows);
        let (dw, db) = sums.split_at_mut(input.maps);
        cpu::subsample::backward_weight(input, &x64[n * inputs..][..inputs], &in_slice, dw, db);
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel, tolerance| KernelCase::new(kernel, text.clone(), tolerance);
    [
        case(kernels::subsample_forward(batch, input), POINTWISE)
            .reads_grouped("input", &x, inputs)
            .reads("weight", &w)
            .reads("bias", &b)
            .writes_grouped("output", a, outputs),
        case(kernels::subsample_backward_input(batch, input), POINTWISE)
            .reads_grouped("output_gradient", &da, outputs)
            .reads("weight", &w)
            .writes_grouped("input_gradient", dx, inputs),
        case(kernels::subsample_backward_weight(batch, input), BATCH_SUM)
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .writes("partial", partial),
    ]
}

fn average_pool_cases(batch: usize, input: MapShape) -> [KernelCase; 2] {
    let (inputs, outputs) = (input.units(), input.halved().units());
    let mut noise = Noise::new(5);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        cpu::average_pool::forward(input, x, a)
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        cpu::average_pool::backward_input(input, da, dx);
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel| KernelCase::new(kernel, text.clone(), POINTWISE);
    [
        case(kernels::average_pool_forward(batch, input))
            .reads_grouped("input", &x, inputs)
            .writes_grouped("output", a, outputs),
        case(kernels::average_pool_backward_input(batch, input))
            .reads_grouped("output_gradient", &da, outputs)
            .writes_grouped("input_gradient", dx, inputs),
    ]
}

fn max_pool_cases(batch: usize, input: MapShape) -> [KernelCase; 2] {
    let (inputs, outputs) = (input.units(), input.halved().units());
    let mut noise = Noise::new(6);
    // Quarters, so that ties are frequent and their rule is tested too.
    let x: Vec<f32> = noise
        .values(batch * inputs)
        .into_iter()
        .map(|value| (value * 4.0).round() / 4.0)
        .collect();
    let da = noise.values(batch * outputs);
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        cpu::max_pool::forward(input, x, a)
    });
    let x64 = widened(&x);
    let dx = each_sample(&da, outputs, inputs, |n, da, dx| {
        cpu::max_pool::backward_input(input, &x64[n * inputs..][..inputs], da, dx);
    });
    let text = format!("{batch}x{}", maps_text(input));
    let case = |kernel| KernelCase::new(kernel, text.clone(), Tolerance::EXACT);
    [
        case(kernels::max_pool_forward(batch, input))
            .reads_grouped("input", &x, inputs)
            .writes_grouped("output", a, outputs),
        case(kernels::max_pool_backward_input(batch, input))
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .writes_grouped("input_gradient", dx, inputs),
    ]
}

// --- squash ------------------------------------------------------------------------------------

fn squash_cases(batch: usize, units: usize) -> [KernelCase; 2] {
    let mut noise = Noise::new(7);
    // Up to ±40, far beyond where tanh is 1, with small values in between.
    let a: Vec<f32> = noise
        .values(batch * units)
        .into_iter()
        .map(|value| 40.0 * value.powi(5))
        .collect();
    let dy = noise.values(batch * units);
    let y = each_sample(&a, units, units, |_, a, y| cpu::squash::forward(a, y));
    let squashed: Vec<f32> = y.iter().map(|&y| y as f32).collect();
    let squashed64 = widened(&squashed);
    let da = each_sample(&dy, units, units, |n, dy, da| {
        cpu::squash::backward_input(&squashed64[n * units..][..units], dy, da);
    });
    let text = format!("{batch}x{units}");
    [
        KernelCase::new(kernels::squash_forward(batch, units), text.clone(), TANH)
            .reads_grouped("input", &a, units)
            .writes_grouped("output", y, units),
        KernelCase::new(
            kernels::squash_backward_input(batch, units),
            text,
            POINTWISE,
        )
        .reads_grouped("squashed", &squashed, units)
        .reads_grouped("output_gradient", &dy, units)
        .writes_grouped("input_gradient", da, units),
    ]
}

// --- dense -------------------------------------------------------------------------------------

fn dense_cases((batch, inputs, outputs): (usize, usize, usize)) -> [KernelCase; 3] {
    let mut noise = Noise::new(8);
    let x = noise.values(batch * inputs);
    let da = noise.values(batch * outputs);
    let (w, b) = (noise.values(inputs * outputs), noise.values(outputs));
    let (w64, b64) = (widened(&w), widened(&b));
    let a = each_sample(&x, inputs, outputs, |_, x, a| {
        cpu::dense::forward(x, &w64, &b64, a)
    });
    let dx = each_sample(&da, outputs, inputs, |_, da, dx| {
        cpu::dense::backward_input(da, &w64, dx);
    });
    let (mut dw, mut db) = (vec![0.0; w.len()], vec![0.0; outputs]);
    for (x, da) in widened(&x).chunks(inputs).zip(widened(&da).chunks(outputs)) {
        cpu::dense::backward_weight(x, da, &mut dw, &mut db);
    }
    let text = format!("{batch}x{inputs} to {outputs}");
    let case = |kernel| KernelCase::new(kernel, text.clone(), SUM);
    [
        case(kernels::dense_forward(batch, inputs, outputs))
            .reads_grouped("input", &x, inputs)
            .reads("weight", &w)
            .reads("bias", &b)
            .writes_grouped("output", a, outputs),
        case(kernels::dense_backward_input(batch, inputs, outputs))
            .reads_grouped("output_gradient", &da, outputs)
            .reads("weight", &w)
            .writes_grouped("input_gradient", dx, inputs),
        case(kernels::dense_backward_weight(batch, inputs, outputs))
            .reads_grouped("input", &x, inputs)
            .reads_grouped("output_gradient", &da, outputs)
            .writes("weight_gradient", dw)
            .writes("bias_gradient", db),
    ]
}

// --- rbf, softmax, loss ------------------------------------------------------------------------

fn rbf_cases(batch: usize) -> [KernelCase; 2] {
    let units = crate::model::CODE_LENGTH;
    let codes = rbf_codes();
    let codes64 = widened(&codes);
    let mut noise = Noise::new(9);
    let mut x = noise.values(batch * units);
    // The first sample is the code of 0 itself: its distance to it is 0.
    x[..units].copy_from_slice(&codes[..units]);
    let dy = noise.values(batch * DIGITS);
    let y = each_sample(&x, units, DIGITS, |_, x, y| {
        cpu::rbf::forward(x, &codes64, y)
    });
    let x64 = widened(&x);
    let dx = each_sample(&dy, DIGITS, units, |n, dy, dx| {
        cpu::rbf::backward_input(&x64[n * units..][..units], &codes64, dy, dx);
    });
    let text = format!("{batch}x{units} to {DIGITS}");
    let case = |kernel| KernelCase::new(kernel, text.clone(), DISTANCE);
    [
        case(kernels::rbf_forward(batch, units, DIGITS))
            .reads_grouped("input", &x, units)
            .reads("codes", &codes)
            .writes_grouped("output", y, DIGITS),
        case(kernels::rbf_backward_input(batch, units, DIGITS))
            .reads_grouped("input", &x, units)
            .reads("codes", &codes)
            .reads_grouped("output_gradient", &dy, DIGITS)
            .writes_grouped("input_gradient", dx, units),
    ]
}

fn softmax_cases(batch: usize) -> [KernelCase; 2] {
    let mut noise = Noise::new(10);
    // Up to ±200, where e^x without the largest taken out would overflow.
    let scores: Vec<f32> = noise
        .values(batch * DIGITS)
        .into_iter()
        .map(|value| 200.0 * value.powi(3))
        .collect();
    let dy = noise.values(batch * DIGITS);
    let y = each_sample(&scores, DIGITS, DIGITS, |_, x, y| {
        cpu::softmax::forward(x, y)
    });
    let penalties: Vec<f32> = y.iter().map(|&y| y as f32).collect();
    let penalties64 = widened(&penalties);
    let dx = each_sample(&dy, DIGITS, DIGITS, |n, dy, dx| {
        cpu::softmax::backward_input(&penalties64[n * DIGITS..][..DIGITS], dy, dx);
    });
    let text = format!("{batch}x{DIGITS}");
    let case = |kernel| KernelCase::new(kernel, text.clone(), LOG_SUM_EXP);
    [
        case(kernels::softmax_forward(batch, DIGITS))
            .reads_grouped("input", &scores, DIGITS)
            .writes_grouped("output", y, DIGITS),
        case(kernels::softmax_backward_input(batch, DIGITS))
            .reads_grouped("penalties", &penalties, DIGITS)
            .reads_grouped("output_gradient", &dy, DIGITS)
            .writes_grouped("input_gradient", dx, DIGITS),
    ]
}

/// Labels of a batch that ends after `present` samples, as words and as bytes.
fn labels(noise: &mut Noise, batch: usize, present: usize) -> (Vec<u32>, Vec<u8>) {
    let mut words = noise.below(DIGITS as u32, present);
    let bytes = words.iter().map(|&label| label as u8).collect();
    words.resize(group_count(batch) * GROUP, NO_SAMPLE);
    (words, bytes)
}

fn loss_case(kind: LossKind, batch: usize, present: usize) -> KernelCase {
    let loss = Loss {
        kind,
        scale: 0.05,
        rubbish: 1.5,
    };
    let mut noise = Noise::new(11);
    // Distances from 0 to 250, as they occur.
    let penalties: Vec<f32> = noise
        .values(batch * DIGITS)
        .into_iter()
        .map(|value| 125.0 * (1.0 + value))
        .collect();
    let (label_words, labels) = labels(&mut noise, batch, present);
    let mut losses = vec![0.0; batch];
    let gradient = each_sample(&penalties, DIGITS, DIGITS, |n, y, dy| match labels.get(n) {
        Some(&label) => losses[n] = cpu::loss::forward(&loss, y, label.into(), present, dy),
        None => dy.fill(0.0),
    });
    KernelCase::new(
        kernels::loss(&loss, batch, DIGITS),
        format!("{present} of {batch}"),
        LOG_SUM_EXP,
    )
    .reads_grouped("penalties", &penalties, DIGITS)
    .reads_integers("labels", &label_words)
    .reads_integers("progress", &[0, 0, present as u32])
    .writes_grouped("gradient", gradient, DIGITS)
    .writes_grouped("losses", losses, 1)
}

fn metrics_case(batch: usize, present: usize) -> KernelCase {
    const RING: usize = 8;
    let (step, seed) = (13u32, 5);
    let mut noise = Noise::new(12);
    let penalties = noise.values(batch * DIGITS);
    let (label_words, labels) = labels(&mut noise, batch, present);
    let mut losses = noise.values(present);
    let present_penalties = widened(&penalties[..present * DIGITS]);
    let (_, errors) = cpu::metrics::gather(&present_penalties, &widened(&losses), &labels);
    let loss: f64 = widened(&losses).iter().sum();
    losses.resize(batch, 0.0);
    // Three words a place of the ring: loss, errors, count.
    let place = step as usize % RING * 3;
    let progress = vec![step, seed, present as u32];
    let expected_progress = vec![(0, step + 1), (1, seed), (2, present as u32)];
    KernelCase::new(
        kernels::metrics_gather(batch, DIGITS, RING),
        format!("{present} of {batch}"),
        SUM,
    )
    .reads_grouped("penalties", &penalties, DIGITS)
    .reads("losses", &interleave(&losses, 1))
    .reads_integers("labels", &label_words)
    .writes_integers("progress", Some(progress), 3, expected_progress)
    .writes_mixed(
        "ring",
        RING * 3,
        vec![(place, loss)],
        vec![(place + 1, errors as u32), (place + 2, present as u32)],
    )
}

// --- reduce, optimiser -------------------------------------------------------------------------

fn reduce_case((slices, weights, biases): (usize, usize, usize)) -> KernelCase {
    let partial = Noise::new(13).values(slices * (weights + biases));
    let mut sum = vec![f64::NAN; weights + biases];
    cpu::reduce::sum(&widened(&partial), &mut sum);
    let bias_sum = sum.split_off(weights);
    KernelCase::new(
        kernels::reduce_sum(slices, weights, biases),
        format!("{slices} slices of {weights} + {biases}"),
        SUM,
    )
    .reads("partial", &partial)
    .writes("weight_gradient", sum)
    .writes("bias_gradient", bias_sum)
}

fn optimiser_cases(length: usize) -> [KernelCase; 3] {
    let recipe = Recipe {
        choices: Choices::default(),
        initialisation: Initialisation::default(),
        gain: 1.0,
        loss: Loss {
            kind: LossKind::Map,
            scale: 1.0,
            rubbish: 1.0,
        },
        optimiser: Optimiser::Adam,
        distortion: Distortion::NONE,
        passes: 1,
        batch: 1,
        rate: 0.01,
        warmup: 0.0,
        decay: Decay::Constant,
        momentum: 0.9,
        beta2: 0.99,
        weight_decay: 0.1,
        average: 0.9,
    };
    let constants = cpu::optimiser::Constants::of(&recipe);
    let step = 3;
    let rates = StepRates {
        rate: 0.01,
        first_correction: 1.5,
        second_correction: 4.0,
        average_share: 0.25,
    };
    let mut table = vec![f32::NAN; 5 * 4];
    table[step * 4..][..4].copy_from_slice(bytemuck::cast_slice(&[rates]));
    let mut noise = Noise::new(14);
    let [w, m, averaged, g] = std::array::from_fn(|_| noise.values(length));
    let v: Vec<f32> = noise.values(length).into_iter().map(f32::abs).collect();
    let progress = [step as u32, 0, 0];
    let text = format!("{length} values");
    let case = |kernel| {
        KernelCase::new(kernel, text.clone(), POINTWISE)
            .reads_integers("progress", &progress)
            .reads("rates", &table)
    };

    let (g64, w64, m64, v64) = (widened(&g), widened(&w), widened(&m), widened(&v));
    let (mut adam_w, mut adam_m, mut adam_v) = (w64.clone(), m64.clone(), v64);
    cpu::optimiser::adam(
        &constants,
        &rates,
        &g64,
        &mut adam_m,
        &mut adam_v,
        &mut adam_w,
    );
    let (mut sgd_w, mut sgd_u) = (w64.clone(), m64);
    cpu::optimiser::sgd(&constants, &rates, &g64, &mut sgd_u, &mut sgd_w);
    let mut mean = widened(&averaged);
    cpu::optimiser::average(&rates, &w64, &mut mean);
    [
        case(kernels::optimiser_adam(length, &recipe))
            .reads("gradient", &g)
            .updates("first_moment", &m, adam_m)
            .updates("second_moment", &v, adam_v)
            .updates("parameter", &w, adam_w),
        case(kernels::optimiser_sgd(length, &recipe))
            .reads("gradient", &g)
            .updates("first_moment", &m, sgd_u)
            .updates("parameter", &w, sgd_w),
        case(kernels::optimiser_average(length, &recipe))
            .reads("parameter", &w)
            .updates("averaged", &averaged, mean),
    ]
}
