//! The layout of a layer's values in memory.

use bytemuck::{Pod, Zeroable};

use crate::model::{KERNEL, MapShape};

/// `f32` values in a cache line; also the most that a vector register holds.
pub const LINE: usize = 16;

/// An array of `f32` values that starts at the boundary of a cache line and fills whole lines.
#[derive(Clone)]
pub struct Aligned(Vec<Line>);

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

impl Aligned {
    /// `len` values, rounded up to whole cache lines, all 0.
    pub fn zeros(len: usize) -> Self {
        Self(vec![Line([0.0; LINE]); len.div_ceil(LINE)])
    }

    /// A copy of `values`, with zeros up to the end of the last cache line.
    pub fn of(values: &[f32]) -> Self {
        let mut copy = Self::zeros(values.len());
        copy[..values.len()].copy_from_slice(values);
        copy
    }
}

impl std::ops::Deref for Aligned {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        bytemuck::cast_slice(&self.0)
    }
}

impl std::ops::DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

/// The layout of a stack of maps for `SAMPLES` samples: the values of one unit for all samples are
/// adjacent, and so are the units of a row; rows and maps have strides of their own.
///
/// The samples of a whole block fill one or two vector registers, whatever the shape of the layer. With a
/// single sample, a register holds columns instead: rows then start at whole cache lines, and the places after their
/// last column are computed like the others and ignored. In gradients they are 0 and stay 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planes<const SAMPLES: usize> {
    /// Maps, rows and columns.
    pub shape: MapShape,
    /// The stride from a row to the next, in values.
    pub row: usize,
    map: usize,
    origin: usize,
}

impl<const SAMPLES: usize> Planes<SAMPLES> {
    /// Units without gaps between them, as a dense layer reads them.
    #[inline(always)]
    pub fn packed(shape: MapShape) -> Self {
        Self {
            shape,
            row: shape.width * SAMPLES,
            map: shape.area() * SAMPLES,
            origin: 0,
        }
    }

    /// `count` units without gaps between them.
    #[inline(always)]
    pub fn units(count: usize) -> Self {
        Self::packed(MapShape::new(1, 1, count))
    }

    /// Rows that start at whole cache lines, as a convolution reads them.
    pub fn aligned(shape: MapShape) -> Self {
        Self::with_row(shape, (shape.width * SAMPLES).next_multiple_of(LINE))
    }

    /// Rows with the stride `row`.
    pub fn with_row(shape: MapShape, row: usize) -> Self {
        Self {
            shape,
            row,
            map: shape.height * row,
            origin: 0,
        }
    }

    /// Rows with the stride `row`, and rows of zeros above and below every map, as a kernel that
    /// reaches over the edges reads them.
    pub fn framed(shape: MapShape, row: usize) -> Self {
        const FRAME: usize = KERNEL - 1;
        Self {
            shape,
            row,
            map: (shape.height + 2 * FRAME) * row,
            origin: FRAME * row + (FRAME * SAMPLES).next_multiple_of(LINE),
        }
    }

    /// The index of the first value in row `y` of map `map`.
    #[inline(always)]
    pub fn at(&self, map: usize, y: usize) -> usize {
        self.origin + map * self.map + y * self.row
    }

    /// The length of the memory that kernels may access.
    pub fn extent(&self) -> usize {
        // A vector at the end of the last row may reach this far past it.
        const SLACK: usize = 2 * LINE;
        self.origin + self.shape.maps * self.map + SLACK
    }

    /// Values of a row that take part in computations: its columns, and the rest of its last cache
    /// line.
    #[inline(always)]
    pub fn width(&self) -> usize {
        (self.shape.width * SAMPLES).next_multiple_of(LINE)
    }

    /// Whether the units have no gaps between them.
    #[inline(always)]
    pub fn is_packed(&self) -> bool {
        self.row == self.shape.width * SAMPLES && self.map == self.shape.area() * SAMPLES
    }

    /// Writes `values` [c,y,x] of one sample to its places among the other samples.
    #[inline(always)]
    pub fn put(&self, sample: usize, values: &[f32], memory: &mut [f32]) {
        for (row, values) in values.chunks_exact(self.shape.width).enumerate() {
            self.put_row(sample, row, values, memory);
        }
    }

    /// As [`Self::put`], for row `row` alone, counted through all maps.
    #[inline(always)]
    pub fn put_row(&self, sample: usize, row: usize, values: &[f32], memory: &mut [f32]) {
        let units = &mut memory[self.row_at(row)..][..self.shape.width * SAMPLES];
        for (unit, &value) in units.as_chunks_mut::<SAMPLES>().0.iter_mut().zip(values) {
            unit[sample] = value;
        }
    }

    /// Reads `values` [c,y,x] of one sample from its places among the other samples.
    #[inline(always)]
    pub fn get(&self, sample: usize, memory: &[f32], values: &mut [f32]) {
        for (row, values) in values.chunks_exact_mut(self.shape.width).enumerate() {
            let units = &memory[self.row_at(row)..][..self.shape.width * SAMPLES];
            for (value, unit) in values.iter_mut().zip(units.as_chunks::<SAMPLES>().0) {
                *value = unit[sample];
            }
        }
    }

    /// The index of the first value in row `row`, counted through all maps.
    #[inline(always)]
    fn row_at(&self, row: usize) -> usize {
        self.at(row / self.shape.height, row % self.shape.height)
    }
}

/// A run of values that is contiguous in both of two layouts of the same maps.
pub struct SharedRun {
    /// The index of its first value in the first layout.
    pub first: usize,
    /// The index of its first value in the second.
    pub second: usize,
    /// The number of values.
    pub length: usize,
}

/// The runs that together cover all units of two layouts. This is an iterator and not a function
/// that takes a closure, because a closure is not always compiled for the instruction set of the
/// function around it.
#[inline(always)]
pub fn runs<const SAMPLES: usize>(
    a: Planes<SAMPLES>,
    b: Planes<SAMPLES>,
) -> impl Iterator<Item = SharedRun> {
    let whole = a.is_packed() && b.is_packed();
    let height = if whole { 1 } else { a.shape.height };
    let maps = if whole { 1 } else { a.shape.maps };
    let length = if whole {
        (a.shape.units() * SAMPLES).next_multiple_of(LINE)
    } else {
        a.width()
    };
    (0..maps * height).map(move |row| SharedRun {
        first: a.at(row / height, row % height),
        second: b.at(row / height, row % height),
        length,
    })
}
