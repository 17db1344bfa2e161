// What a network's units read at every position of a strip (section VII); twin of src/reference/windows.rs.
//
// gather copies windows out of the maps of strips: the window at position p has all rows and the columns from
// p on. The positions of one strip after another are the samples of what comes next.
//
// Tensors are [group][map][row][column] of `Samples`: a group of four strips is read, and one of four positions
// is written.
//
// Grid, in invocations of one dimension: group of positions × map × row × column of a window.

import package::shared::samples::Samples;

// Positions of all strips.
override SAMPLES: u32;
// Positions of a strip.
override POSITIONS: u32;
override MAPS: u32;
override HEIGHT: u32;
// Columns of the maps of a strip, and of a window.
override WIDTH: u32;
override WINDOW_WIDTH: u32;

@group(0) @binding(0) var<storage, read> features: array<Samples>;
@group(0) @binding(1) var<storage, read_write> windows: array<Samples>;

// The unit of a strip's maps in row `row`, counted through all maps, and column `column` of the window of
// `sample`; 0 beyond the last position.
fn unit_of(sample: u32, row: u32, column: u32) -> f32 {
    if sample >= SAMPLES {
        return 0.0;
    }
    let strip = sample / POSITIONS;
    let first = (strip / 4u * MAPS * HEIGHT + row) * WIDTH;
    return features[first + sample % POSITIONS + column][strip % 4u];
}

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
    let column = id.x % WINDOW_WIDTH;
    let row = id.x / WINDOW_WIDTH % (MAPS * HEIGHT);
    let sample = id.x / (WINDOW_WIDTH * MAPS * HEIGHT) * 4u;
    if sample >= SAMPLES {
        return;
    }
    windows[id.x] = Samples(
        unit_of(sample, row, column),
        unit_of(sample + 1u, row, column),
        unit_of(sample + 2u, row, column),
        unit_of(sample + 3u, row, column),
    );
}
