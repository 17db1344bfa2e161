// Sums over the batch that are too long for one invocation: cut into slices, each summed by an
// invocation of its own; reduce.wgsl adds up the slices.

// Number of slices.
override SLICES: u32;

struct Range { start: u32, end: u32 }

// The part of `rows` rows that slice `slice` sums, without `end`.
fn rows_of_slice(slice: u32, rows: u32) -> Range {
    let rows_per_slice = (rows + SLICES - 1u) / SLICES;
    return Range(slice * rows_per_slice, min(rows, (slice + 1u) * rows_per_slice));
}
