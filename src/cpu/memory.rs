//! How the values of a layer lie in memory.

use bytemuck::{Pod, Zeroable};

use crate::model::{KERNEL, MapShape};

/// Numbers in a cache line, and the most that a vector register holds.
pub const LINE: usize = 16;

/// An array of numbers that starts at a cache line and ends with one.
#[derive(Clone)]
pub struct Aligned(Vec<Line>);

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

impl Aligned {
    /// Room for at least `len` numbers, all 0.
    pub fn zeros(len: usize) -> Self {
        Self(vec![Line([0.0; LINE]); len.div_ceil(LINE)])
    }

    /// A copy of `values`, filled up with 0.
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

/// Where the units of a stack of maps lie for `SAMPLES` samples side by side: the samples of a unit
/// are neighbours, so are the units of a row; rows and maps start at a stride of their own.
///
/// Sixteen samples fill a vector register whatever the layer. With a single sample a register
/// holds columns instead: rows then start at whole lines and the places behind their last column
/// are there to be computed with and ignored. In gradients they are 0 and stay 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planes<const SAMPLES: usize> {
    /// Maps, rows and columns.
    pub shape: MapShape,
    /// Numbers from a row to the next.
    pub row: usize,
    map: usize,
    origin: usize,
}

impl<const SAMPLES: usize> Planes<SAMPLES> {
    /// One unit behind the other, as a dense layer reads them.
    #[inline(always)]
    pub fn packed(shape: MapShape) -> Self {
        Self {
            shape,
            row: shape.width * SAMPLES,
            map: shape.area() * SAMPLES,
            origin: 0,
        }
    }

    /// `count` units one behind the other.
    #[inline(always)]
    pub fn units(count: usize) -> Self {
        Self::packed(MapShape::new(1, 1, count))
    }

    /// Rows that start at whole lines, as a convolution reads them.
    pub fn aligned(shape: MapShape) -> Self {
        Self::with_row(shape, (shape.width * SAMPLES).next_multiple_of(LINE))
    }

    /// Rows of the stride `row`.
    pub fn with_row(shape: MapShape, row: usize) -> Self {
        Self {
            shape,
            row,
            map: shape.height * row,
            origin: 0,
        }
    }

    /// Rows of the stride `row`, with rows of 0 above and below every map, as a kernel that hangs
    /// over the edges reads them.
    pub fn framed(shape: MapShape, row: usize) -> Self {
        const FRAME: usize = KERNEL - 1;
        Self {
            shape,
            row,
            map: (shape.height + 2 * FRAME) * row,
            origin: FRAME * row + (FRAME * SAMPLES).next_multiple_of(LINE),
        }
    }

    /// The first number of row `y` of map `map`.
    #[inline(always)]
    pub fn at(&self, map: usize, y: usize) -> usize {
        self.origin + map * self.map + y * self.row
    }

    /// Numbers from the first to the last that a kernel may touch.
    pub fn extent(&self) -> usize {
        // A vector at the end of the last row may reach this far behind it.
        const SLACK: usize = 2 * LINE;
        self.origin + self.shape.maps * self.map + SLACK
    }

    /// Numbers of a row that are computed with: its columns, and what fills up its last line.
    #[inline(always)]
    pub fn width(&self) -> usize {
        (self.shape.width * SAMPLES).next_multiple_of(LINE)
    }

    /// Whether the units lie one behind the other.
    #[inline(always)]
    pub fn is_packed(&self) -> bool {
        self.row == self.shape.width * SAMPLES && self.map == self.shape.area() * SAMPLES
    }

    /// Puts `values` [c,y,x] of one sample in its place among the others.
    #[inline(always)]
    pub fn put(&self, sample: usize, values: &[f32], memory: &mut [f32]) {
        for (row, values) in values.chunks_exact(self.shape.width).enumerate() {
            self.put_row(sample, row, values, memory);
        }
    }

    /// The same with row `row` alone, counted through all maps.
    #[inline(always)]
    pub fn put_row(&self, sample: usize, row: usize, values: &[f32], memory: &mut [f32]) {
        let units = &mut memory[self.row_at(row)..][..self.shape.width * SAMPLES];
        for (unit, &value) in units.as_chunks_mut::<SAMPLES>().0.iter_mut().zip(values) {
            unit[sample] = value;
        }
    }

    /// Takes the values [c,y,x] of one sample from among the others.
    #[inline(always)]
    pub fn get(&self, sample: usize, memory: &[f32], values: &mut [f32]) {
        for (row, values) in values.chunks_exact_mut(self.shape.width).enumerate() {
            let units = &memory[self.row_at(row)..][..self.shape.width * SAMPLES];
            for (value, unit) in values.iter_mut().zip(units.as_chunks::<SAMPLES>().0) {
                *value = unit[sample];
            }
        }
    }

    /// The first number of row `row`, counted through all maps.
    #[inline(always)]
    fn row_at(&self, row: usize) -> usize {
        self.at(row / self.shape.height, row % self.shape.height)
    }
}

/// A run of units that lies in one piece under two layouts of the same maps.
pub struct SharedRun {
    /// Where it starts under the first layout.
    pub first: usize,
    /// Where it starts under the second.
    pub second: usize,
    /// Numbers in it.
    pub length: usize,
}

/// The runs that all units of two layouts consist of. An iterator and not a function that takes
/// one: what is written in a closure is not always compiled with the vectors of its surroundings.
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
