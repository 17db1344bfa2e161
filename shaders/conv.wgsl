// Convolution with a connection table; twin of src/cpu/conv.rs.
//
//   a[o,y,x] = b[o] + Σ_{c read by o} Σ_{ky,kx} w[o,c,ky,kx] · input[c, y+ky, x+kx]
//
// Tensors are [group][c][y][x]; a `Samples` holds the same unit of four samples of the batch, so
// the formulas read as for one sample. Kernels are 5×5, stored for connected maps only, ordered by
// output map.
//
// Grids, in invocations of one dimension:
//   forward          group × output map × output row pair × block of five columns
//   backward_input   group × input map × input row pair × block of five columns
//   backward_weight  slice × kernel; writes partial sums, which reduce.wgsl adds up

alias Samples = vec4<f32>;

const KERNEL = 5u;
const TAPS = 25u;
// An invocation computes two rows of five columns: a weight it loads serves ten outputs.
const COLUMNS = 5u;

override GROUPS: u32;
override INPUT_MAPS: u32;
override INPUT_HEIGHT: u32;
override INPUT_WIDTH: u32;
override OUTPUT_MAPS: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;
// Number of kernels (connected pairs of maps).
override PAIRS: u32;
// Parts into which backward_weight cuts the rows of the batch.
override SLICES: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
// [slice][PAIRS × 25 weights, OUTPUT_MAPS biases]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;
// Kernels of output map o: first_kernel[o] .. first_kernel[o + 1].
@group(0) @binding(7) var<storage, read> first_kernel: array<u32>;
// (input map, output map) of each kernel.
@group(0) @binding(8) var<storage, read> pairs: array<vec2<u32>>;
// Kernels that read input map c: readers[first_reader[c]] .. readers[first_reader[c + 1]].
@group(0) @binding(9) var<storage, read> first_reader: array<u32>;
@group(0) @binding(10) var<storage, read> readers: array<u32>;

// One row of a kernel.
struct Taps { a: f32, b: f32, c: f32, d: f32, e: f32 }

// Five neighbouring units.
struct Five { a: Samples, b: Samples, c: Samples, d: Samples, e: Samples }

// Nine neighbouring units: what five outputs see of one row.
struct Nine {
    a: Samples, b: Samples, c: Samples, d: Samples, e: Samples,
    f: Samples, g: Samples, h: Samples, i: Samples,
}

fn load_taps(first: u32) -> Taps {
    return Taps(weight[first], weight[first + 1u], weight[first + 2u], weight[first + 3u],
        weight[first + 4u]);
}

fn reversed(taps: Taps) -> Taps {
    return Taps(taps.e, taps.d, taps.c, taps.b, taps.a);
}

fn weighted(taps: Taps, a: Samples, b: Samples, c: Samples, d: Samples, e: Samples) -> Samples {
    return taps.a * a + taps.b * b + taps.c * c + taps.d * d + taps.e * e;
}

// Adds one kernel row's part to five neighbouring outputs.
fn correlate(sums: Five, taps: Taps, row: Nine) -> Five {
    return Five(
        sums.a + weighted(taps, row.a, row.b, row.c, row.d, row.e),
        sums.b + weighted(taps, row.b, row.c, row.d, row.e, row.f),
        sums.c + weighted(taps, row.c, row.d, row.e, row.f, row.g),
        sums.d + weighted(taps, row.d, row.e, row.f, row.g, row.h),
        sums.e + weighted(taps, row.e, row.f, row.g, row.h, row.i),
    );
}

// An input of the row that starts at `row`. Past the right edge stands the last unit again: it
// only reaches outputs that are not stored.
fn input_at(row: u32, x: u32) -> Samples {
    return input[row + min(x, INPUT_WIDTH - 1u)];
}

fn load_inputs(row: u32, x: u32) -> Nine {
    return Nine(
        input_at(row, x), input_at(row, x + 1u), input_at(row, x + 2u), input_at(row, x + 3u),
        input_at(row, x + 4u), input_at(row, x + 5u), input_at(row, x + 6u), input_at(row, x + 7u),
        input_at(row, x + 8u),
    );
}

fn store_output(row: u32, x: u32, sum: Samples) {
    if x < OUTPUT_WIDTH {
        output[row + x] = sum;
    }
}

fn store_output_row(group: u32, map: u32, y: u32, x: u32, sums: Five) {
    if y < OUTPUT_HEIGHT {
        let row = ((group * OUTPUT_MAPS + map) * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH;
        store_output(row, x, sums.a);
        store_output(row, x + 1u, sums.b);
        store_output(row, x + 2u, sums.c);
        store_output(row, x + 3u, sums.d);
        store_output(row, x + 4u, sums.e);
    }
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let blocks = (OUTPUT_WIDTH + COLUMNS - 1u) / COLUMNS;
    let row_pairs = (OUTPUT_HEIGHT + 1u) / 2u;
    let x = id.x % blocks * COLUMNS;
    let y = id.x / blocks % row_pairs * 2u;
    let map = id.x / (blocks * row_pairs) % OUTPUT_MAPS;
    let group = id.x / (blocks * row_pairs * OUTPUT_MAPS);
    if group >= GROUPS {
        return;
    }
    let start = Samples(bias[map]);
    var upper = Five(start, start, start, start, start);
    var lower = upper;
    for (var kernel = first_kernel[map]; kernel < first_kernel[map + 1u]; kernel++) {
        let plane = (group * INPUT_MAPS + pairs[kernel].x) * INPUT_HEIGHT;
        // Six input rows: row r meets kernel row r for the upper output row, r − 1 for the lower.
        var previous = Taps(0.0, 0.0, 0.0, 0.0, 0.0);
        for (var r = 0u; r <= KERNEL; r++) {
            var taps = Taps(0.0, 0.0, 0.0, 0.0, 0.0);
            if r < KERNEL {
                taps = load_taps(kernel * TAPS + r * KERNEL);
            }
            let row = load_inputs((plane + min(y + r, INPUT_HEIGHT - 1u)) * INPUT_WIDTH, x);
            upper = correlate(upper, taps, row);
            lower = correlate(lower, previous, row);
            previous = taps;
        }
    }
    store_output_row(group, map, y, x, upper);
    store_output_row(group, map, y + 1u, x, lower);
}

// ∂E/∂a of the row that starts at `row`; 0 outside the map. `x` counts from four left of it.
fn gradient_at(row: u32, x: u32) -> Samples {
    let column = x - (KERNEL - 1u);
    if x < KERNEL - 1u || column >= OUTPUT_WIDTH {
        return Samples();
    }
    return output_gradient[row + column];
}

fn load_gradients(row: u32, x: u32) -> Nine {
    return Nine(
        gradient_at(row, x), gradient_at(row, x + 1u), gradient_at(row, x + 2u),
        gradient_at(row, x + 3u), gradient_at(row, x + 4u), gradient_at(row, x + 5u),
        gradient_at(row, x + 6u), gradient_at(row, x + 7u), gradient_at(row, x + 8u),
    );
}

fn store_gradient(row: u32, x: u32, sum: Samples) {
    if x < INPUT_WIDTH {
        input_gradient[row + x] = sum;
    }
}

fn store_gradient_row(group: u32, map: u32, y: u32, x: u32, sums: Five) {
    if y < INPUT_HEIGHT {
        let row = ((group * INPUT_MAPS + map) * INPUT_HEIGHT + y) * INPUT_WIDTH;
        store_gradient(row, x, sums.a);
        store_gradient(row, x + 1u, sums.b);
        store_gradient(row, x + 2u, sums.c);
        store_gradient(row, x + 3u, sums.d);
        store_gradient(row, x + 4u, sums.e);
    }
}

// ∂E/∂input[c,y,x] = Σ_{o that reads c} Σ_{ky,kx} w[o,c,ky,kx] · ∂E/∂a[o, y−ky, x−kx]
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let blocks = (INPUT_WIDTH + COLUMNS - 1u) / COLUMNS;
    let row_pairs = (INPUT_HEIGHT + 1u) / 2u;
    let x = id.x % blocks * COLUMNS;
    let y = id.x / blocks % row_pairs * 2u;
    let map = id.x / (blocks * row_pairs) % INPUT_MAPS;
    let group = id.x / (blocks * row_pairs * INPUT_MAPS);
    if group >= GROUPS {
        return;
    }
    let start = Samples();
    var upper = Five(start, start, start, start, start);
    var lower = upper;
    for (var reader = first_reader[map]; reader < first_reader[map + 1u]; reader++) {
        let kernel = readers[reader];
        let plane = (group * OUTPUT_MAPS + pairs[kernel].y) * OUTPUT_HEIGHT;
        // Output rows y − 4 to y + 1: row y − 4 + r meets kernel row 4 − r for the upper input
        // row, 5 − r for the lower; columns meet the kernel row back to front.
        var previous = Taps(0.0, 0.0, 0.0, 0.0, 0.0);
        for (var r = 0u; r <= KERNEL; r++) {
            var taps = Taps(0.0, 0.0, 0.0, 0.0, 0.0);
            if r < KERNEL {
                taps = reversed(load_taps(kernel * TAPS + (KERNEL - 1u - r) * KERNEL));
            }
            let below = y + r;
            if below >= KERNEL - 1u && below - (KERNEL - 1u) < OUTPUT_HEIGHT {
                let row = load_gradients((plane + below - (KERNEL - 1u)) * OUTPUT_WIDTH, x);
                upper = correlate(upper, taps, row);
                lower = correlate(lower, previous, row);
            }
            previous = taps;
        }
    }
    store_gradient_row(group, map, y, x, upper);
    store_gradient_row(group, map, y + 1u, x, lower);
}

// Five inputs of one column, from the row at `first` downwards.
fn load_column(first: u32) -> Five {
    return Five(input[first], input[first + INPUT_WIDTH], input[first + 2u * INPUT_WIDTH],
        input[first + 3u * INPUT_WIDTH], input[first + 4u * INPUT_WIDTH]);
}

// Adds ∂E/∂a · input, summed over the four samples, for the five rows of a kernel column.
fn add_products(sums: Taps, gradient: Samples, column: Five) -> Taps {
    return Taps(
        sums.a + dot(gradient, column.a),
        sums.b + dot(gradient, column.b),
        sums.c + dot(gradient, column.c),
        sums.d + dot(gradient, column.d),
        sums.e + dot(gradient, column.e),
    );
}

fn store_kernel_column(first: u32, sums: Taps) {
    partial[first] = sums.a;
    partial[first + KERNEL] = sums.b;
    partial[first + 2u * KERNEL] = sums.c;
    partial[first + 3u * KERNEL] = sums.d;
    partial[first + 4u * KERNEL] = sums.e;
}

// ∂E/∂w[o,c,ky,kx] = Σ_{samples,y,x} ∂E/∂a[o,y,x] · input[c, y+ky, x+kx];  ∂E/∂b[o] = Σ ∂E/∂a[o,y,x]
@compute @workgroup_size(64)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>) {
    let kernel = id.x % PAIRS;
    let slice = id.x / PAIRS;
    if slice >= SLICES {
        return;
    }
    let pair = pairs[kernel];
    let rows = GROUPS * OUTPUT_HEIGHT;
    let rows_a_slice = (rows + SLICES - 1u) / SLICES;
    var sums_0 = Taps();
    var sums_1 = Taps();
    var sums_2 = Taps();
    var sums_3 = Taps();
    var sums_4 = Taps();
    var bias_sum = 0.0;
    for (var row = slice * rows_a_slice; row < min(rows, (slice + 1u) * rows_a_slice); row++) {
        let group = row / OUTPUT_HEIGHT;
        let y = row % OUTPUT_HEIGHT;
        let output_row = ((group * OUTPUT_MAPS + pair.y) * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH;
        let input_row = ((group * INPUT_MAPS + pair.x) * INPUT_HEIGHT + y) * INPUT_WIDTH;
        // A window of five columns slides along the row.
        var column_0 = load_column(input_row);
        var column_1 = load_column(input_row + 1u);
        var column_2 = load_column(input_row + 2u);
        var column_3 = load_column(input_row + 3u);
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            let column_4 = load_column(input_row + x + 4u);
            let gradient = output_gradient[output_row + x];
            sums_0 = add_products(sums_0, gradient, column_0);
            sums_1 = add_products(sums_1, gradient, column_1);
            sums_2 = add_products(sums_2, gradient, column_2);
            sums_3 = add_products(sums_3, gradient, column_3);
            sums_4 = add_products(sums_4, gradient, column_4);
            bias_sum += dot(gradient, Samples(1.0));
            column_0 = column_1;
            column_1 = column_2;
            column_2 = column_3;
            column_3 = column_4;
        }
    }
    let slice_start = slice * (PAIRS * TAPS + OUTPUT_MAPS);
    let first = slice_start + kernel * TAPS;
    store_kernel_column(first, sums_0);
    store_kernel_column(first + 1u, sums_1);
    store_kernel_column(first + 2u, sums_2);
    store_kernel_column(first + 3u, sums_3);
    store_kernel_column(first + 4u, sums_4);
    // Every kernel of a map sees the same ∂E/∂a; the first one reports its bias.
    if kernel == first_kernel[pair.y] {
        partial[slice_start + PAIRS * TAPS + pair.y] = bias_sum;
    }
}
