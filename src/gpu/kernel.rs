//! The launches of every kernel: constants and grid from the sizes of what it works on.
//!
//! Training plans and the verification harness make their launches here, so that what is verified
//! is what trains.

use crate::model::{
    ConnectionTable, Distortion, KERNEL, Loss, LossKind, MapShape, Recipe, feistel_half_bits,
};

use super::Variant;
use super::groups::{Batches, group_count};

/// A kernel with its constants and its number of invocations; what it reads and writes is still
/// to be bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// Shader and entry point, as in `conv.forward`.
    pub name: &'static str,
    /// Values of the shader's override constants.
    pub constants: Vec<(&'static str, f64)>,
    /// Invocations needed for one model, or for all where it does not tell them apart.
    pub invocations: usize,
    /// Models side by side: the second dimension of the grid.
    pub models: usize,
}

impl Kernel {
    fn new(
        name: &'static str,
        invocations: usize,
        constants: impl IntoIterator<Item = (&'static str, usize)>,
    ) -> Self {
        Self {
            name,
            constants: constants
                .into_iter()
                .map(|(name, value)| (name, value as f64))
                .collect(),
            invocations,
            models: 1,
        }
    }

    /// The same kernel for `models` models at once. Each has a batch and partial sums of its own,
    /// one behind the other; from one model's weights to the next one's it is `weight_stride`
    /// values, from biases to biases `bias_stride`.
    pub fn side_by_side(mut self, models: usize, weight_stride: usize, bias_stride: usize) -> Self {
        if models > 1 {
            self.models = models;
            self.constants.extend([
                ("MODELS", models as f64),
                ("WEIGHT_STRIDE", weight_stride as f64),
                ("BIAS_STRIDE", bias_stride as f64),
            ]);
        }
        self
    }

    /// The same kernel, which squashes its output if `squashed`.
    pub fn squashing(mut self, squashed: bool) -> Self {
        self.constants.push(("SQUASHED", f64::from(squashed)));
        self
    }

    /// The same kernel of a gradient by the input, which goes on through the squashing of that
    /// input if `squashed`.
    pub fn behind_squashing(mut self, squashed: bool) -> Self {
        self.constants.push(("INPUT_SQUASHED", f64::from(squashed)));
        self
    }

    /// Stem of the shader.
    pub fn shader(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    /// Name of the entry point.
    pub fn entry_point(&self) -> &'static str {
        self.name.split('.').nth(1).unwrap_or_default()
    }
}

/// One constructor a kernel.
pub mod kernels {
    use super::*;

    /// Invocations that a sum over the batch is spread over, where there are rows enough.
    const SUMMING_INVOCATIONS: usize = 1024;

    /// Slices into which `rows` rows are cut for a sum that is computed for `sums` weights or
    /// groups of weights at once.
    fn slices(rows: usize, sums: usize) -> usize {
        (SUMMING_INVOCATIONS / sums).clamp(1, rows)
    }

    /// Where the samples of a step come from.
    #[derive(Clone, Copy, Debug)]
    pub struct BatchShape {
        /// Samples a step, of each model.
        pub batches: Batches,
        /// Samples in the data set.
        pub samples: usize,
        /// Versions of every sample, which are presented as samples of their own.
        pub versions: usize,
        /// Whether they are shuffled.
        pub shuffle: bool,
        /// Rows and columns of the field they are put into.
        pub field_side: usize,
    }

    fn batch_constants(shape: BatchShape) -> [(&'static str, usize); 9] {
        [
            ("GROUPS", group_count(shape.batches.size)),
            ("BATCH", shape.batches.size),
            ("SAMPLES", shape.samples),
            ("VERSIONS", shape.versions),
            (
                "HALF_BITS",
                feistel_half_bits(shape.samples * shape.versions),
            ),
            ("SHUFFLE", shape.shuffle.into()),
            ("IMAGE_SIDE", crate::data::IMAGE_SIDE),
            ("FIELD_SIDE", shape.field_side),
            ("MARGIN", (crate::data::FIELD_SIDE - shape.field_side) / 2),
        ]
    }

    /// The samples of the step that `progress` stands at.
    pub fn batch_select_samples(shape: BatchShape) -> Kernel {
        Kernel::new(
            "batch.select_samples",
            group_count(shape.batches.size),
            batch_constants(shape),
        )
        .side_by_side(shape.batches.models, 0, 0)
    }

    /// Their pixels.
    pub fn batch_assemble(shape: BatchShape) -> Kernel {
        let batches = Batches::single(shape.batches.room());
        Kernel::new(
            "batch.assemble",
            group_count(batches.size) * shape.field_side,
            batch_constants(BatchShape { batches, ..shape }),
        )
    }

    /// Their pixels, distorted.
    pub fn batch_assemble_distorted(shape: BatchShape, distortion: &Distortion) -> Kernel {
        let mut kernel = Kernel::new(
            "batch.assemble_distorted",
            group_count(shape.batches.size) * shape.field_side,
            batch_constants(shape),
        )
        .side_by_side(shape.batches.models, 0, 0);
        kernel.constants.extend([
            ("LINEAR", distortion.linear.into()),
            ("SHIFT", distortion.shift.into()),
            ("HALF_TURN", distortion.half_turn()),
            ("STRETCH", distortion.scale.into()),
            ("SHEAR", distortion.shear.into()),
            ("LATTICE_BOUND", distortion.lattice_bound()),
            ("POINTS_A_PIXEL", 1.0 / distortion.lattice_spacing()),
        ]);
        kernel
    }

    /// The sizes of a convolution over a batch.
    #[derive(Clone, Copy, Debug)]
    pub struct ConvShape {
        /// Samples.
        pub batch: usize,
        /// Size of the input.
        pub input: MapShape,
        /// Size of the output.
        pub output: MapShape,
        /// Kernels: connected pairs of maps.
        pub kernels: usize,
        /// Couples of kernels that read the same map.
        pub couples: usize,
    }

    impl ConvShape {
        /// The convolution of `table` over `input`.
        pub fn new(batch: usize, input: MapShape, table: &ConnectionTable) -> Self {
            Self {
                batch,
                input,
                output: input.convolved(table.outputs()),
                kernels: table.pairs().count(),
                couples: couples(table).len(),
            }
        }

        /// Weights and biases.
        pub fn trainable(&self) -> (usize, usize) {
            (self.kernels * KERNEL * KERNEL, self.output.maps)
        }

        /// Pairs of output rows in the batch, of which each slice of the weight gradient takes
        /// as many as the others.
        pub fn row_pairs(&self) -> usize {
            group_count(self.batch) * self.output.height.div_ceil(2)
        }

        /// Slices of its weight gradient.
        pub fn slices(&self) -> usize {
            slices(self.row_pairs(), self.couples)
        }

        fn constants(&self) -> [(&'static str, usize); 10] {
            [
                ("GROUPS", group_count(self.batch)),
                ("INPUT_MAPS", self.input.maps),
                ("INPUT_HEIGHT", self.input.height),
                ("INPUT_WIDTH", self.input.width),
                ("OUTPUT_MAPS", self.output.maps),
                ("OUTPUT_HEIGHT", self.output.height),
                ("OUTPUT_WIDTH", self.output.width),
                ("KERNELS", self.kernels),
                ("COUPLES", self.couples),
                ("SLICES", self.slices()),
            ]
        }
    }

    /// Couples of kernels that read the same map; the same kernel twice where one is left over.
    pub fn couples(table: &ConnectionTable) -> Vec<[u32; 2]> {
        let mut couples = Vec::new();
        for input in 0..table.inputs() {
            let readers: Vec<u32> = table
                .pairs_from(input)
                .map(|pair| pair.kernel as u32)
                .collect();
            couples.extend(
                readers
                    .chunks(2)
                    .map(|couple| [couple[0], couple[couple.len() - 1]]),
            );
        }
        couples
    }

    /// Side of the tile that an invocation of conv.wgsl computes, its `TILE`.
    const TILE: usize = 5;

    /// Height and width of what it computes of all output maps, its `WIDE_HEIGHT` and
    /// `WIDE_WIDTH`.
    const WIDE_TILE: (usize, usize) = (2, 7);

    /// Room for the weights of a convolution of all models, its `MOST_WEIGHT_QUADS` four at a time.
    pub const CONV_WEIGHTS: usize = 4 * 4096;

    /// Convolution.
    pub fn conv_forward(shape: ConvShape, variant: Variant) -> Kernel {
        let all_maps = variant.conv_all_maps && shape.input.maps == 1;
        let (maps, (height, width)) = match all_maps {
            true => (1, WIDE_TILE),
            false => (shape.output.maps, (TILE, TILE)),
        };
        let tiles = shape.output.height.div_ceil(height) * shape.output.width.div_ceil(width);
        let constants = shape.constants().into_iter();
        Kernel::new(
            "conv.forward",
            group_count(shape.batch) * maps * tiles,
            constants.chain([("ALL_MAPS", all_maps.into())]),
        )
    }

    /// Its gradient by the input.
    pub fn conv_backward_input(shape: ConvShape, variant: Variant) -> Kernel {
        let (height, width) = variant.conv_block;
        let maps = group_count(shape.batch) * shape.input.maps;
        let blocks = shape.input.height.div_ceil(height) * shape.input.width.div_ceil(width);
        let block = [("BLOCK_HEIGHT", height), ("BLOCK_WIDTH", width)];
        let constants = shape.constants().into_iter().chain(block);
        Kernel::new("conv.backward_input", maps * blocks, constants)
    }

    /// Its gradient by weights and biases, as partial sums.
    pub fn conv_backward_weight(shape: ConvShape) -> Kernel {
        let invocations = shape.slices() * shape.couples;
        Kernel::new("conv.backward_weight", invocations, shape.constants())
    }

    /// Slices of the gradient of a sub-sampling's coefficients and biases.
    pub fn subsample_slices(batch: usize, input: MapShape) -> usize {
        slices(group_count(batch) * input.halved().height, input.maps)
    }

    fn halving_constants(batch: usize, input: MapShape) -> [(&'static str, usize); 6] {
        let output = input.halved();
        [
            ("GROUPS", group_count(batch)),
            ("MAPS", input.maps),
            ("INPUT_HEIGHT", input.height),
            ("INPUT_WIDTH", input.width),
            ("OUTPUT_HEIGHT", output.height),
            ("OUTPUT_WIDTH", output.width),
        ]
    }

    fn subsample(name: &'static str, invocations: usize, batch: usize, input: MapShape) -> Kernel {
        let slices = subsample_slices(batch, input);
        let constants = halving_constants(batch, input);
        Kernel::new(
            name,
            invocations,
            constants.into_iter().chain([("SLICES", slices)]),
        )
    }

    /// Trainable sub-sampling.
    pub fn subsample_forward(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.halved().units();
        subsample("subsample.forward", invocations, batch, input)
    }

    /// Its gradient by the input.
    pub fn subsample_backward_input(batch: usize, input: MapShape) -> Kernel {
        let fields = input.maps * input.height.div_ceil(2) * input.width.div_ceil(2);
        let invocations = group_count(batch) * fields;
        subsample("subsample.backward_input", invocations, batch, input)
    }

    /// Its gradient by coefficients and biases, as partial sums.
    pub fn subsample_backward_weight(batch: usize, input: MapShape) -> Kernel {
        let invocations = subsample_slices(batch, input) * input.maps;
        subsample("subsample.backward_weight", invocations, batch, input)
    }

    /// Average pooling.
    pub fn average_pool_forward(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.halved().units();
        Kernel::new(
            "average_pool.forward",
            invocations,
            halving_constants(batch, input),
        )
    }

    /// Its gradient by the input.
    pub fn average_pool_backward_input(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.units();
        Kernel::new(
            "average_pool.backward_input",
            invocations,
            halving_constants(batch, input),
        )
    }

    /// Max pooling.
    pub fn max_pool_forward(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.halved().units();
        Kernel::new(
            "max_pool.forward",
            invocations,
            halving_constants(batch, input),
        )
    }

    /// Its gradient by the input.
    pub fn max_pool_backward_input(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.units();
        Kernel::new(
            "max_pool.backward_input",
            invocations,
            halving_constants(batch, input),
        )
    }

    /// Squashing of `units` units a sample.
    pub fn squash_forward(batch: usize, units: usize) -> Kernel {
        let length = group_count(batch) * units;
        Kernel::new("squash.forward", length, [("LENGTH", length)])
    }

    /// Its gradient by the weighted sums.
    pub fn squash_backward_input(batch: usize, units: usize) -> Kernel {
        let length = group_count(batch) * units;
        Kernel::new("squash.backward_input", length, [("LENGTH", length)])
    }

    fn dense(
        name: &'static str,
        invocations: usize,
        (batch, inputs, outputs): (usize, usize, usize),
    ) -> Kernel {
        Kernel::new(
            name,
            invocations,
            [
                ("GROUPS", group_count(batch)),
                ("INPUTS", inputs),
                ("OUTPUTS", outputs),
            ],
        )
    }

    /// A block of results of a full connection that an invocation computes.
    fn dense_block(kernel: Kernel, variant: Variant) -> Kernel {
        let block = variant.dense_block;
        let sizes = [
            ("GROUP_BLOCK", block.groups as f64),
            ("OUTPUT_BLOCK", block.outputs as f64),
            ("QUAD_BLOCK", block.quads as f64),
        ];
        let constants = [&kernel.constants[..], &sizes].concat();
        Kernel {
            constants,
            ..kernel
        }
    }

    /// Full connection; `inputs` is a multiple of 4.
    pub fn dense_forward(batch: usize, inputs: usize, outputs: usize, variant: Variant) -> Kernel {
        let block = variant.dense_block;
        let invocations =
            group_count(batch).div_ceil(block.groups) * outputs.div_ceil(block.outputs);
        let kernel = dense("dense.forward", invocations, (batch, inputs, outputs));
        dense_block(kernel, variant)
    }

    /// Its gradient by the input.
    pub fn dense_backward_input(
        batch: usize,
        inputs: usize,
        outputs: usize,
        variant: Variant,
    ) -> Kernel {
        let block = variant.dense_block;
        let invocations =
            group_count(batch).div_ceil(block.groups) * (inputs / 4).div_ceil(block.quads);
        let kernel = dense(
            "dense.backward_input",
            invocations,
            (batch, inputs, outputs),
        );
        dense_block(kernel, variant)
    }

    /// Its gradient by weights and biases.
    pub fn dense_backward_weight(
        batch: usize,
        inputs: usize,
        outputs: usize,
        variant: Variant,
    ) -> Kernel {
        let block = variant.dense_block;
        let invocations = outputs.div_ceil(block.outputs) * (inputs / 4).div_ceil(block.quads);
        let kernel = dense(
            "dense.backward_weight",
            invocations,
            (batch, inputs, outputs),
        );
        dense_block(kernel, variant)
    }

    fn rbf(
        name: &'static str,
        invocations: usize,
        (batch, inputs, classes): (usize, usize, usize),
    ) -> Kernel {
        Kernel::new(
            name,
            invocations,
            [
                ("GROUPS", group_count(batch)),
                ("INPUTS", inputs),
                ("CLASSES", classes),
            ],
        )
    }

    /// Distances to the codes.
    pub fn rbf_forward(batch: usize, inputs: usize, classes: usize) -> Kernel {
        rbf(
            "rbf.forward",
            group_count(batch) * classes,
            (batch, inputs, classes),
        )
    }

    /// Their gradient by the input.
    pub fn rbf_backward_input(batch: usize, inputs: usize, classes: usize) -> Kernel {
        rbf(
            "rbf.backward_input",
            group_count(batch) * inputs,
            (batch, inputs, classes),
        )
    }

    fn by_group(name: &'static str, batch: usize, classes: usize) -> Kernel {
        let groups = group_count(batch);
        Kernel::new(name, groups, [("GROUPS", groups), ("CLASSES", classes)])
    }

    /// −log of the softmax.
    pub fn softmax_forward(batch: usize, classes: usize) -> Kernel {
        by_group("softmax.forward", batch, classes)
    }

    /// Its gradient by the scores.
    pub fn softmax_backward_input(batch: usize, classes: usize) -> Kernel {
        by_group("softmax.backward_input", batch, classes)
    }

    /// The loss and its gradient by the penalties.
    pub fn loss(loss: &Loss, batch: usize, classes: usize) -> Kernel {
        let name = match loss.kind {
            LossKind::Map => "loss.map",
            LossKind::Mse => "loss.mse",
        };
        let mut kernel = by_group(name, batch, classes);
        kernel.constants.push(("SCALE", loss.scale.into()));
        kernel.constants.push(("RUBBISH", loss.rubbish.into()));
        kernel
    }

    /// Adding up the slices of a weight gradient.
    pub fn reduce_sum(slices: usize, weights: usize, biases: usize) -> Kernel {
        Kernel::new(
            "reduce.sum",
            weights + biases,
            [("SLICES", slices), ("WEIGHTS", weights), ("BIASES", biases)],
        )
    }

    fn update(name: &'static str, arena_len: usize, recipe: &Recipe) -> Kernel {
        let mut kernel = Kernel::new(name, arena_len / 4, [("LENGTH", arena_len / 4)]);
        kernel.constants.extend([
            ("MOMENTUM", f64::from(recipe.momentum)),
            ("BETA2", f64::from(recipe.beta2)),
            ("WEIGHT_DECAY", f64::from(recipe.weight_decay)),
            ("DAMPING", f64::from(recipe.damping)),
        ]);
        kernel
    }

    /// The update by Adam.
    pub fn optimiser_adam(arena_len: usize, recipe: &Recipe) -> Kernel {
        update("optimiser.adam", arena_len, recipe)
    }

    /// The update by gradient descent with momentum.
    pub fn optimiser_sgd(arena_len: usize, recipe: &Recipe) -> Kernel {
        update("optimiser.sgd", arena_len, recipe)
    }

    /// The running average of the weights.
    pub fn optimiser_average(arena_len: usize, recipe: &Recipe) -> Kernel {
        update("optimiser.average", arena_len, recipe)
    }

    /// Loss and errors of the step, of every model, into a ring of `ring` places; the step is counted.
    pub fn metrics_gather(batches: Batches, classes: usize, ring: usize) -> Kernel {
        Kernel::new(
            "metrics.gather",
            1,
            [
                ("GROUPS", group_count(batches.size)),
                ("CLASSES", classes),
                ("RING", ring),
            ],
        )
        .side_by_side(batches.models, 0, 0)
    }

    /// Multiply-adds in registers, 32·`rounds` for each value of `length` vec4.
    pub fn peak_multiply_add(length: usize, rounds: usize) -> Kernel {
        let constants = [("LENGTH", length), ("ROUNDS", rounds)];
        Kernel::new("peak.multiply_add", length, constants)
    }

    /// vec4 that an invocation of peak.wgsl copies, its `COPIES`.
    const COPIES: usize = 8;

    /// A copy of `length` vec4.
    pub fn peak_copy(length: usize) -> Kernel {
        let invocations = length.div_ceil(COPIES);
        Kernel::new("peak.copy", invocations, [("LENGTH", length)])
    }

    // --- second derivatives ----------------------------------------------------------------------

    /// Second derivatives of a convolution by its input.
    pub fn conv_second_backward_input(shape: ConvShape) -> Kernel {
        let invocations = group_count(shape.batch) * shape.input.units();
        Kernel::new("conv.second_backward_input", invocations, shape.constants())
    }

    /// Slices of its second derivatives by weights and biases.
    pub fn conv_second_slices(shape: ConvShape) -> usize {
        let (weights, biases) = shape.trainable();
        slices(
            group_count(shape.batch) * shape.output.height,
            weights + biases,
        )
    }

    /// Its second derivatives by weights and biases, as partial sums.
    pub fn conv_second_backward_weight(shape: ConvShape) -> Kernel {
        let (weights, biases) = shape.trainable();
        let slices = conv_second_slices(shape);
        let constants = shape.constants().map(|(name, value)| match name {
            "SLICES" => (name, slices),
            _ => (name, value),
        });
        let invocations = slices * (weights + biases);
        Kernel::new("conv.second_backward_weight", invocations, constants)
    }

    /// Second derivatives of a sub-sampling by its input.
    pub fn subsample_second_backward_input(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.units();
        subsample("subsample.second_backward_input", invocations, batch, input)
    }

    /// Its second derivatives by coefficients and biases, as partial sums in as many slices as
    /// the gradient's.
    pub fn subsample_second_backward_weight(batch: usize, input: MapShape) -> Kernel {
        let invocations = subsample_slices(batch, input) * input.maps;
        subsample(
            "subsample.second_backward_weight",
            invocations,
            batch,
            input,
        )
    }

    /// Second derivatives of an average pooling by its input.
    pub fn average_pool_second_backward_input(batch: usize, input: MapShape) -> Kernel {
        let invocations = group_count(batch) * input.units();
        Kernel::new(
            "average_pool.second_backward_input",
            invocations,
            halving_constants(batch, input),
        )
    }

    /// Second derivatives of squashing by the weighted sums.
    pub fn squash_second_backward_input(batch: usize, units: usize) -> Kernel {
        let length = group_count(batch) * units;
        Kernel::new("squash.second_backward_input", length, [("LENGTH", length)])
    }

    /// Second derivatives of a full connection by its input.
    pub fn dense_second_backward_input(batch: usize, inputs: usize, outputs: usize) -> Kernel {
        let invocations = group_count(batch) * inputs;
        dense(
            "dense.second_backward_input",
            invocations,
            (batch, inputs, outputs),
        )
    }

    /// Its second derivatives by weights and biases.
    pub fn dense_second_backward_weight(batch: usize, inputs: usize, outputs: usize) -> Kernel {
        let invocations = outputs * (inputs / 4);
        dense(
            "dense.second_backward_weight",
            invocations,
            (batch, inputs, outputs),
        )
    }

    /// Second derivatives of the distances by the input.
    pub fn rbf_second_backward_input(batch: usize, inputs: usize, classes: usize) -> Kernel {
        rbf(
            "rbf.second_backward_input",
            group_count(batch) * inputs,
            (batch, inputs, classes),
        )
    }

    /// Second derivatives of −log of the softmax by the scores.
    pub fn softmax_second_backward_input(batch: usize, classes: usize) -> Kernel {
        by_group("softmax.second_backward_input", batch, classes)
    }

    /// Second derivatives of the loss by the penalties; none for eq. 8, which is linear in them.
    pub fn loss_second(loss: &Loss, batch: usize, classes: usize) -> Option<Kernel> {
        match loss.kind {
            LossKind::Map => {
                let mut kernel = by_group("loss.second_map", batch, classes);
                kernel.constants.push(("SCALE", loss.scale.into()));
                kernel.constants.push(("RUBBISH", loss.rubbish.into()));
                Some(kernel)
            }
            LossKind::Mse => None,
        }
    }

    /// The update by stochastic diagonal Levenberg–Marquardt.
    pub fn optimiser_sdlm(arena_len: usize, recipe: &Recipe) -> Kernel {
        update("optimiser.sdlm", arena_len, recipe)
    }
}
