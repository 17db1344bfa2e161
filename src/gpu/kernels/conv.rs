//! Convolution with a connection table: launches of `conv.wgsl`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Kernel;
use crate::data::FIELD_SIDE;
use crate::gpu::groups::group_count;
use crate::model::{ConnectionTable, InvalidValue, KERNEL, MapShape};

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

    /// Numbers of weights and of biases.
    pub fn trainable(&self) -> (usize, usize) {
        (self.kernels * KERNEL * KERNEL, self.output.maps)
    }

    /// Pairs of output rows in the batch, which the slices of the weight gradient share equally.
    pub fn row_pairs(&self) -> usize {
        group_count(self.batch) * self.output.height.div_ceil(2)
    }

    /// Slices into which the sums over the batch for the weight gradient are cut.
    pub fn slices(&self) -> usize {
        super::slices(self.row_pairs(), self.couples)
    }

    fn constants(&self) -> [(&'static str, usize); 10] {
        self.sliced_constants(self.slices())
    }

    fn sliced_constants(&self, slices: usize) -> [(&'static str, usize); 10] {
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
            ("SLICES", slices),
        ]
    }
}

/// Couples of kernels that read the same map; the same kernel twice where one is left over.
pub(crate) fn couples(table: &ConnectionTable) -> Vec<[u32; 2]> {
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

/// Columns of the tile of one output map that an invocation computes: the `TILE_WIDTH` of
/// `conv.wgsl`.
pub const TILE_WIDTH: usize = 5;

/// Height and width of the tile that it computes of all output maps: its `WIDE_HEIGHT` and
/// `WIDE_WIDTH`.
pub const WIDE_TILE: (usize, usize) = (2, 7);

/// What an invocation of `conv.forward` computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConvTile {
    /// Two rows of five units of one map: few registers.
    Low,
    /// Five rows of five units of one map: few loads.
    Tall,
    /// Where there is one input map, two rows of seven units of all output maps, and else as
    /// [`ConvTile::Tall`].
    AllMaps,
}

impl ConvTile {
    /// All of them.
    pub const CHOICES: [Self; 3] = [Self::Low, Self::Tall, Self::AllMaps];

    /// What it comes to where there are `input_maps` input maps.
    pub(crate) fn over(self, input_maps: usize) -> Self {
        match self {
            Self::AllMaps if input_maps > 1 => Self::Tall,
            tile => tile,
        }
    }

    /// Its rows and columns.
    fn size(self) -> (usize, usize) {
        match self {
            Self::Low => (2, TILE_WIDTH),
            Self::Tall => (5, TILE_WIDTH),
            Self::AllMaps => WIDE_TILE,
        }
    }
}

impl fmt::Display for ConvTile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (height, width) = self.size();
        let maps = match self {
            Self::Low | Self::Tall => "one map",
            Self::AllMaps => "all maps",
        };
        write!(f, "{height}x{width} of {maps}")
    }
}

/// Columns of the widest [`ConvBlock`]: its `MOST_COLUMNS`, the length of arrays that are indexed by
/// a block's columns.
pub const MOST_COLUMNS: usize = 14;

/// Rows of the highest [`ConvBlock`]: no map is higher. The shader has no array of this length.
const MOST_ROWS: usize = FIELD_SIDE;

/// Room for the weights of all models of a convolution: its `MOST_WEIGHT_QUADS`, four weights each.
pub const MOST_WEIGHTS: usize = 4 * 4096;

/// A block of one map of the input, which an invocation of `conv.backward_input` computes. The shader's
/// arrays hold every block that there is: it is checked as it is made and as it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(usize, usize)", into = "(usize, usize)")]
pub struct ConvBlock {
    height: usize,
    width: usize,
}

impl ConvBlock {
    /// The blocks that `tune` tries.
    pub const CHOICES: [Self; 8] = [
        Self::checked(7, 2).unwrap(),
        Self::checked(4, 4).unwrap(),
        Self::checked(5, 5).unwrap(),
        Self::checked(7, 7).unwrap(),
        Self::checked(2, MOST_COLUMNS).unwrap(),
        Self::checked(5, MOST_COLUMNS).unwrap(),
        Self::checked(10, MOST_COLUMNS).unwrap(),
        Self::checked(14, MOST_COLUMNS).unwrap(),
    ];

    /// A block of `height` rows and `width` columns.
    ///
    /// # Errors
    /// If it is empty or larger than the largest block.
    pub fn new(height: usize, width: usize) -> Result<Self, InvalidValue> {
        Self::checked(height, width).ok_or_else(|| {
            let expected =
                format!("a height from 1 to {MOST_ROWS} and a width from 1 to {MOST_COLUMNS}");
            InvalidValue::new("conv_block", format!("{height}x{width}"), expected)
        })
    }

    /// As [`ConvBlock::new`], for sizes that are constants.
    pub(in crate::gpu) const fn checked(height: usize, width: usize) -> Option<Self> {
        let is_empty = height == 0 || width == 0;
        if is_empty || height > MOST_ROWS || width > MOST_COLUMNS {
            return None;
        }
        Some(Self { height, width })
    }

    /// Its rows.
    pub fn height(self) -> usize {
        self.height
    }

    /// Its columns.
    pub fn width(self) -> usize {
        self.width
    }
}

impl TryFrom<(usize, usize)> for ConvBlock {
    type Error = InvalidValue;

    fn try_from((height, width): (usize, usize)) -> Result<Self, InvalidValue> {
        Self::new(height, width)
    }
}

impl From<ConvBlock> for (usize, usize) {
    fn from(block: ConvBlock) -> Self {
        (block.height, block.width)
    }
}

impl fmt::Display for ConvBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.height, self.width)
    }
}

/// The weighted sums, in tiles like `tile`.
pub(crate) fn forward(shape: ConvShape, tile: ConvTile) -> Kernel {
    let tile = tile.over(shape.input.maps);
    let all_maps = tile == ConvTile::AllMaps;
    let maps = if all_maps { 1 } else { shape.output.maps };
    let (height, width) = tile.size();
    let tiles = shape.output.height.div_ceil(height) * shape.output.width.div_ceil(width);
    let invocations = group_count(shape.batch) * maps * tiles;
    let tile = [("ALL_MAPS", all_maps.into()), ("TILE_HEIGHT", height)];
    let constants = shape.constants().into_iter().chain(tile);
    Kernel::new("conv.forward", invocations, constants)
}

/// The gradient with respect to the input, in blocks of the size of `block`.
pub(crate) fn backward_input(shape: ConvShape, block: ConvBlock) -> Kernel {
    let ConvBlock { height, width } = block;
    let maps = group_count(shape.batch) * shape.input.maps;
    let blocks = shape.input.height.div_ceil(height) * shape.input.width.div_ceil(width);
    let block = [("BLOCK_HEIGHT", height), ("BLOCK_WIDTH", width)];
    let constants = shape.constants().into_iter().chain(block);
    Kernel::new("conv.backward_input", maps * blocks, constants)
}

/// The gradient with respect to weights and biases, as partial sums in [`ConvShape::slices`] slices for
/// [`super::reduce::sum`]; an invocation computes a couple of whole kernels, or else a row of each.
pub(crate) fn backward_weight(shape: ConvShape, whole_kernels: bool) -> Kernel {
    let parts = if whole_kernels { 1 } else { KERNEL };
    let invocations = shape.slices() * shape.couples * parts;
    let whole_kernels = [("WHOLE_KERNELS", whole_kernels.into())];
    let constants = shape.constants().into_iter().chain(whole_kernels);
    Kernel::new("conv.backward_weight", invocations, constants)
}

/// The second derivatives with respect to the input.
pub(crate) fn second_backward_input(shape: ConvShape) -> Kernel {
    let invocations = group_count(shape.batch) * shape.input.units();
    Kernel::new("conv.second_backward_input", invocations, shape.constants())
}

/// Slices into which the sums over the batch for [`second_backward_weight`] are cut.
pub(crate) fn second_slices(shape: ConvShape) -> usize {
    let (weights, biases) = shape.trainable();
    super::slices(
        group_count(shape.batch) * shape.output.height,
        weights + biases,
    )
}

/// The second derivatives with respect to weights and biases, as partial sums in [`second_slices`]
/// slices for [`super::reduce::sum`].
pub(crate) fn second_backward_weight(shape: ConvShape) -> Kernel {
    let (weights, biases) = shape.trainable();
    let slices = second_slices(shape);
    let invocations = slices * (weights + biases);
    let constants = shape.sliced_constants(slices);
    Kernel::new("conv.second_backward_weight", invocations, constants)
}
