// Convolution with a connection table; twin of src/reference/conv.rs.
//
//   a[o,y,x] = b[o] + Σ_{c read by o} Σ_{ky,kx} w[o,c,ky,kx] · input[c, y+ky, x+kx]
//
// forward also squashes the sums if SQUASHED is set; backward_input also applies the derivative of
// the previous layer's squashing if INPUT_SQUASHED is set.
//
// Tensors are [model][group][c][y][x] of `Samples`. Kernels are 5×5, stored for connected maps only,
// ordered by output map.
//
// How much an invocation computes is chosen by the kind of adapter: much where loads are expensive,
// little where registers are few.
//
// An invocation of forward computes a tile of TILE_HEIGHT × 5 units of one map: of five rows, a weight
// it loads serves 25 sums, an input up to 25 products. Where there is one input map and ALL_MAPS, it
// computes a tile of 2×7 units of all output maps instead, which share its loads. One of
// backward_input computes a block of BLOCK_HEIGHT × BLOCK_WIDTH units of one map, and loads each ∂E/∂a
// that reaches it once. One of backward_weight computes the gradients of two kernels that read the same
// map, two rows of ∂E/∂a at a time: of whole kernels if WHOLE_KERNELS, else of one row of each.
//
// Grids, in invocations by models; `group` is a group of one model:
//   forward                 group × output map × tile of the output, or group × tile where ALL_MAPS
//   backward_input          group × input map × block of the input
//   backward_weight         slice × kernel row × couple of kernels, or slice × couple where
//                           WHOLE_KERNELS; writes partial sums, which reduce.wgsl adds up
//   second_backward_input   group × input unit
//   second_backward_weight  slice × weight or bias; writes partial sums, too

import package::shared::samples::Samples;
import package::shared::models::{WEIGHT_STRIDE, BIAS_STRIDE};
import package::shared::fused_squashing::{output_of, through_squashing};
import package::shared::slices::{SLICES, rows_of_slice};

const KERNEL = 5u;
const TAPS = 25u;
const TILE_WIDTH = 5u;
const HALO = KERNEL - 1u;
const WIDE_HEIGHT = 2u;
const WIDE_WIDTH = 7u;
const MOST_COLUMNS = 14u;
// As many weights as a uniform holds within WebGPU's default limits, four per element.
const MOST_WEIGHT_QUADS = 4096u;

// Groups of one model.
override GROUPS: u32;
override INPUT_MAPS: u32;
override INPUT_HEIGHT: u32;
override INPUT_WIDTH: u32;
override OUTPUT_MAPS: u32;
override OUTPUT_HEIGHT: u32;
override OUTPUT_WIDTH: u32;
// Number of kernels: connected pairs of maps.
override KERNELS: u32;
// Number of couples of kernels for backward_weight.
override COUPLES: u32;
// Whether an invocation of forward computes all output maps; for one input map only.
override ALL_MAPS: bool = false;
// Rows of the tile that an invocation of forward computes of one map, from 1 to 5.
override TILE_HEIGHT: u32 = 5u;
// Whether an invocation of backward_weight computes whole kernels, or else a row of each.
override WHOLE_KERNELS: bool = true;
// Size of the block that an invocation of backward_input computes; at most MOST_COLUMNS wide.
override BLOCK_HEIGHT: u32 = 5u;
override BLOCK_WIDTH: u32 = 5u;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
// A uniform, because neighbouring invocations read the same weight.
@group(0) @binding(1) var<uniform> weight: array<vec4<f32>, MOST_WEIGHT_QUADS>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<Samples>;
@group(0) @binding(4) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read_write> input_gradient: array<Samples>;
// [model][slice][KERNELS × 25 weights, OUTPUT_MAPS biases]
@group(0) @binding(6) var<storage, read_write> partial: array<f32>;
// Kernels of output map o: first_kernel[o] .. first_kernel[o + 1].
@group(0) @binding(7) var<storage, read> first_kernel: array<u32>;
// (input map, output map) of each kernel.
@group(0) @binding(8) var<storage, read> pairs: array<vec2<u32>>;
// Kernels that read input map c: readers[first_reader[c]] .. readers[first_reader[c + 1]].
@group(0) @binding(9) var<storage, read> first_reader: array<u32>;
@group(0) @binding(10) var<storage, read> readers: array<u32>;
// Two kernels that read the same map; the same one twice where one is left over.
@group(0) @binding(11) var<storage, read> couples: array<vec2<u32>>;
@group(0) @binding(12) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(13) var<storage, read_write> input_curvature: array<Samples>;

// One row of a kernel, and a kernel.
struct Taps { a: f32, b: f32, c: f32, d: f32, e: f32 }
struct Kernel { a: Taps, b: Taps, c: Taps, d: Taps, e: Taps }

// Five neighbouring units, five rows of them, and the nine units that five sums of a row see.
struct Five { a: Samples, b: Samples, c: Samples, d: Samples, e: Samples }
struct Tile { a: Five, b: Five, c: Five, d: Five, e: Five }
struct Nine {
    a: Samples, b: Samples, c: Samples, d: Samples, e: Samples,
    f: Samples, g: Samples, h: Samples, i: Samples,
}

// A map: its first unit, and its size.
struct Plane { first: u32, height: u32, width: u32 }

// The first unit of the tile that an invocation of forward computes, in a model's batch.
struct Place { group: u32, map: u32, y: u32, x: u32 }

fn place_of(invocation: u32) -> Place {
    let across = (OUTPUT_WIDTH + TILE_WIDTH - 1u) / TILE_WIDTH;
    let down = (OUTPUT_HEIGHT + TILE_HEIGHT - 1u) / TILE_HEIGHT;
    return Place(
        invocation / (across * down * OUTPUT_MAPS),
        invocation / (across * down) % OUTPUT_MAPS,
        invocation / across % down * TILE_HEIGHT,
        invocation % across * TILE_WIDTH,
    );
}

fn weight_at(i: u32) -> f32 {
    return weight[i / 4u][i % 4u];
}

// The first weight of a kernel of a model.
fn first_weight(model: u32, kernel: u32) -> u32 {
    return model * WEIGHT_STRIDE + kernel * TAPS;
}

fn load_taps(first: u32) -> Taps {
    return Taps(weight_at(first), weight_at(first + 1u), weight_at(first + 2u),
        weight_at(first + 3u), weight_at(first + 4u));
}

// Row r of the kernel that starts at `weights`; 0 past its end.
fn load_kernel_row(weights: u32, r: u32) -> Taps {
    if r >= KERNEL {
        return Taps();
    }
    return load_taps(weights + r * KERNEL);
}

// Reads past the last row or column are clamped to it: they only reach sums that are not stored.
fn unit_at(plane: Plane, y: u32, x: u32) -> Samples {
    return input[plane.first + min(y, plane.height - 1u) * plane.width + min(x, plane.width - 1u)];
}

fn load_row(plane: Plane, y: u32, x: u32) -> Nine {
    return Nine(
        unit_at(plane, y, x), unit_at(plane, y, x + 1u), unit_at(plane, y, x + 2u),
        unit_at(plane, y, x + 3u), unit_at(plane, y, x + 4u), unit_at(plane, y, x + 5u),
        unit_at(plane, y, x + 6u), unit_at(plane, y, x + 7u), unit_at(plane, y, x + 8u),
    );
}

fn weighted(taps: Taps, a: Samples, b: Samples, c: Samples, d: Samples, e: Samples) -> Samples {
    return taps.a * a + taps.b * b + taps.c * c + taps.d * d + taps.e * e;
}

// Adds the contribution of one kernel row to five neighbouring sums.
fn correlate_row(sums: Five, taps: Taps, row: Nine) -> Five {
    return Five(
        sums.a + weighted(taps, row.a, row.b, row.c, row.d, row.e),
        sums.b + weighted(taps, row.b, row.c, row.d, row.e, row.f),
        sums.c + weighted(taps, row.c, row.d, row.e, row.f, row.g),
        sums.d + weighted(taps, row.d, row.e, row.f, row.g, row.h),
        sums.e + weighted(taps, row.e, row.f, row.g, row.h, row.i),
    );
}

// Adds the contribution of the kernel that starts at `weights` to a tile: row r of the plane meets
// kernel row r − k for row k of the tile, if there is one. From one row of the plane to the next,
// kernel rows move down the tile.
fn correlate(tile: Tile, weights: u32, plane: Plane, y: u32, x: u32) -> Tile {
    var sums = tile;
    var taps = Kernel();
    for (var r = 0u; r < KERNEL + TILE_HEIGHT - 1u; r++) {
        taps = Kernel(load_kernel_row(weights, r), taps.a, taps.b, taps.c, taps.d);
        let row = load_row(plane, y + r, x);
        sums.a = correlate_row(sums.a, taps.a, row);
        if TILE_HEIGHT > 1u { sums.b = correlate_row(sums.b, taps.b, row); }
        if TILE_HEIGHT > 2u { sums.c = correlate_row(sums.c, taps.c, row); }
        if TILE_HEIGHT > 3u { sums.d = correlate_row(sums.d, taps.d, row); }
        if TILE_HEIGHT > 4u { sums.e = correlate_row(sums.e, taps.e, row); }
    }
    return sums;
}

fn filled(value: f32) -> Tile {
    let unit = Samples(value);
    let row = Five(unit, unit, unit, unit, unit);
    return Tile(row, row, row, row, row);
}

// Stores those of five neighbouring units that lie inside a map.
fn store_row(map: Plane, y: u32, x: u32, sums: Five) {
    if y >= map.height {
        return;
    }
    let first = map.first + y * map.width + x;
    output[first] = output_of(sums.a);
    if x + 1u < map.width { output[first + 1u] = output_of(sums.b); }
    if x + 2u < map.width { output[first + 2u] = output_of(sums.c); }
    if x + 3u < map.width { output[first + 3u] = output_of(sums.d); }
    if x + 4u < map.width { output[first + 4u] = output_of(sums.e); }
}

fn store_tile(map: Plane, y: u32, x: u32, tile: Tile) {
    store_row(map, y, x, tile.a);
    if TILE_HEIGHT > 1u { store_row(map, y + 1u, x, tile.b); }
    if TILE_HEIGHT > 2u { store_row(map, y + 2u, x, tile.c); }
    if TILE_HEIGHT > 3u { store_row(map, y + 3u, x, tile.d); }
    if TILE_HEIGHT > 4u { store_row(map, y + 4u, x, tile.e); }
}

fn input_plane(group: u32, map: u32) -> Plane {
    let first = (group * INPUT_MAPS + map) * INPUT_HEIGHT * INPUT_WIDTH;
    return Plane(first, INPUT_HEIGHT, INPUT_WIDTH);
}

fn output_plane(group: u32, map: u32) -> Plane {
    let first = (group * OUTPUT_MAPS + map) * OUTPUT_HEIGHT * OUTPUT_WIDTH;
    return Plane(first, OUTPUT_HEIGHT, OUTPUT_WIDTH);
}

fn forward_one_map(model: u32, invocation: u32) {
    let at = place_of(invocation);
    if at.group >= GROUPS {
        return;
    }
    let group = model * GROUPS + at.group;
    var tile = filled(bias[model * BIAS_STRIDE + at.map]);
    for (var kernel = first_kernel[at.map]; kernel < first_kernel[at.map + 1u]; kernel++) {
        let plane = input_plane(group, pairs[kernel].x);
        tile = correlate(tile, first_weight(model, kernel), plane, at.y, at.x);
    }
    store_tile(output_plane(group, at.map), at.y, at.x, tile);
}

// A wide tile, and the inputs that it is computed from. The loops over them have constant bounds, so
// drivers unroll them.
alias WideTile = array<array<Samples, WIDE_WIDTH>, WIDE_HEIGHT>;
alias WideWindow = array<array<Samples, WIDE_WIDTH + HALO>, WIDE_HEIGHT + HALO>;

fn load_window(plane: Plane, y: u32, x: u32) -> WideWindow {
    var window: WideWindow;
    for (var i = 0u; i < WIDE_HEIGHT + HALO; i++) {
        for (var j = 0u; j < WIDE_WIDTH + HALO; j++) {
            window[i][j] = unit_at(plane, y + i, x + j);
        }
    }
    return window;
}

fn correlate_window(weights: u32, window: ptr<function, WideWindow>) -> WideTile {
    var rows: array<Taps, KERNEL>;
    for (var ky = 0u; ky < KERNEL; ky++) {
        rows[ky] = load_taps(weights + ky * KERNEL);
    }
    var sums: WideTile;
    for (var i = 0u; i < WIDE_HEIGHT; i++) {
        for (var j = 0u; j < WIDE_WIDTH; j++) {
            for (var ky = 0u; ky < KERNEL; ky++) {
                let r = i + ky;
                sums[i][j] += weighted(rows[ky], (*window)[r][j], (*window)[r][j + 1u],
                    (*window)[r][j + 2u], (*window)[r][j + 3u], (*window)[r][j + 4u]);
            }
        }
    }
    return sums;
}

fn forward_all_maps(model: u32, invocation: u32) {
    let across = (OUTPUT_WIDTH + WIDE_WIDTH - 1u) / WIDE_WIDTH;
    let down = (OUTPUT_HEIGHT + WIDE_HEIGHT - 1u) / WIDE_HEIGHT;
    let x = invocation % across * WIDE_WIDTH;
    let y = invocation / across % down * WIDE_HEIGHT;
    let group_of_model = invocation / (across * down);
    if group_of_model >= GROUPS {
        return;
    }
    let group = model * GROUPS + group_of_model;
    var window = load_window(input_plane(group, 0u), y, x);
    for (var map = 0u; map < OUTPUT_MAPS; map++) {
        let sums = correlate_window(first_weight(model, first_kernel[map]), &window);
        let map_bias = bias[model * BIAS_STRIDE + map];
        let first = output_plane(group, map).first + y * OUTPUT_WIDTH + x;
        for (var i = 0u; i < WIDE_HEIGHT; i++) {
            for (var j = 0u; j < WIDE_WIDTH; j++) {
                if y + i < OUTPUT_HEIGHT && x + j < OUTPUT_WIDTH {
                    output[first + i * OUTPUT_WIDTH + j] = output_of(sums[i][j] + map_bias);
                }
            }
        }
    }
}

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    if ALL_MAPS {
        forward_all_maps(model, id.x);
    } else {
        forward_one_map(model, id.x);
    }
}

// A row of a block of the input; the columns of ∂E/∂a that reach it; and the five rows of sums that
// a row of ∂E/∂a reaches. The loops over them have constant bounds, so drivers unroll them.
alias Row = array<Samples, MOST_COLUMNS>;
alias Reach = array<Samples, MOST_COLUMNS + HALO>;
alias Rows = array<Row, KERNEL>;

// ∂E/∂a of the row that starts at `row`, from four columns before column `x` on; 0 outside the map.
fn load_reach(row: u32, x: u32) -> Reach {
    var reach: Reach;
    for (var i = 0u; i < BLOCK_WIDTH + HALO; i++) {
        // Left of the map this wraps around and is large.
        let column = x + i - HALO;
        let gradient = output_gradient[row + min(column, OUTPUT_WIDTH - 1u)];
        reach[i] = select(Samples(), gradient, column < OUTPUT_WIDTH);
    }
    return reach;
}

// Adds the contribution of a row of ∂E/∂a, through row ky of the kernel that starts at `weights`, to
// the sums ky rows below it.
fn add_row(sums: ptr<function, Rows>, reach: ptr<function, Reach>, weights: u32, ky: u32) {
    let taps = load_taps(weights + ky * KERNEL);
    for (var x = 0u; x < BLOCK_WIDTH; x++) {
        (*sums)[ky][x] += weighted(taps, (*reach)[x + 4u], (*reach)[x + 3u], (*reach)[x + 2u],
            (*reach)[x + 1u], (*reach)[x]);
    }
}

// ∂E/∂input[c,y,x] = Σ_{o that reads c} Σ_{ky,kx} w[o,c,ky,kx] · ∂E/∂a[o, y−ky, x−kx]
@compute @workgroup_size(32)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let across = (INPUT_WIDTH + BLOCK_WIDTH - 1u) / BLOCK_WIDTH;
    let down = (INPUT_HEIGHT + BLOCK_HEIGHT - 1u) / BLOCK_HEIGHT;
    let left = id.x % across * BLOCK_WIDTH;
    let top = id.x / across % down * BLOCK_HEIGHT;
    let map = id.x / (across * down) % INPUT_MAPS;
    let group_of_model = id.x / (across * down * INPUT_MAPS);
    if group_of_model >= GROUPS {
        return;
    }
    let group = model * GROUPS + group_of_model;
    let first = input_plane(group, map).first;
    var sums: Rows;
    // Row y of ∂E/∂a reaches rows y to y + 4, after which row y is complete.
    for (var y = max(top, HALO) - HALO; y < min(top + BLOCK_HEIGHT, INPUT_HEIGHT); y++) {
        // The last rows of the input have no row of ∂E/∂a of the same number.
        let end = select(first_reader[map], first_reader[map + 1u], y < OUTPUT_HEIGHT);
        for (var reader = first_reader[map]; reader < end; reader++) {
            let kernel = readers[reader];
            let weights = first_weight(model, kernel);
            let output_map = group * OUTPUT_MAPS + pairs[kernel].y;
            var reach = load_reach((output_map * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH, left);
            add_row(&sums, &reach, weights, 0u);
            add_row(&sums, &reach, weights, 1u);
            add_row(&sums, &reach, weights, 2u);
            add_row(&sums, &reach, weights, 3u);
            add_row(&sums, &reach, weights, 4u);
        }
        for (var x = 0u; x < BLOCK_WIDTH; x++) {
            if y >= top && left + x < INPUT_WIDTH {
                let unit = first + y * INPUT_WIDTH + left + x;
                input_gradient[unit] = through_squashing(sums[0][x], input[unit]);
            }
        }
        sums = Rows(sums[1], sums[2], sums[3], sums[4], Row());
    }
}

// Six inputs of one column: those that two output rows are computed from.
struct Column { a: Samples, b: Samples, c: Samples, d: Samples, e: Samples, f: Samples }

// Of a row of a kernel, only the first two are needed.
fn load_column(first: u32, rows: u32) -> Column {
    // The last row is there only if the lower output row is.
    let last = first + min(select(1u, KERNEL, WHOLE_KERNELS), rows - 1u) * INPUT_WIDTH;
    if !WHOLE_KERNELS {
        return Column(input[first], input[last], Samples(), Samples(), Samples(), Samples());
    }
    return Column(input[first], input[first + INPUT_WIDTH], input[first + 2u * INPUT_WIDTH],
        input[first + 3u * INPUT_WIDTH], input[first + 4u * INPUT_WIDTH], input[last]);
}

// ∂E/∂a of two rows in one column.
struct Gradients { upper: Samples, lower: Samples }

fn load_gradients(first: u32, has_lower: bool) -> Gradients {
    let lower = output_gradient[select(first, first + OUTPUT_WIDTH, has_lower)];
    return Gradients(output_gradient[first], select(Samples(), lower, has_lower));
}

// Adds ∂E/∂a · input, summed over the four samples and two rows, for one column of a kernel.
fn add_products(sums: Taps, gradients: Gradients, column: Column) -> Taps {
    return Taps(
        sums.a + dot(gradients.upper, column.a) + dot(gradients.lower, column.b),
        sums.b + dot(gradients.upper, column.b) + dot(gradients.lower, column.c),
        sums.c + dot(gradients.upper, column.c) + dot(gradients.lower, column.d),
        sums.d + dot(gradients.upper, column.d) + dot(gradients.lower, column.e),
        sums.e + dot(gradients.upper, column.e) + dot(gradients.lower, column.f),
    );
}

// The sums of a kernel, by columns, and of its map's bias.
struct KernelSums { a: Taps, b: Taps, c: Taps, d: Taps, e: Taps, bias: f32 }

struct Window { a: Column, b: Column, c: Column, d: Column, e: Column }

fn add_window(sums: KernelSums, gradients: Gradients, window: Window) -> KernelSums {
    return KernelSums(
        add_products(sums.a, gradients, window.a),
        add_products(sums.b, gradients, window.b),
        add_products(sums.c, gradients, window.c),
        add_products(sums.d, gradients, window.d),
        add_products(sums.e, gradients, window.e),
        sums.bias + dot(gradients.upper + gradients.lower, Samples(1.0)),
    );
}

fn store_column(first: u32, sums: Taps) {
    partial[first] = sums.a;
    if !WHOLE_KERNELS {
        return;
    }
    partial[first + KERNEL] = sums.b;
    partial[first + 2u * KERNEL] = sums.c;
    partial[first + 3u * KERNEL] = sums.d;
    partial[first + 4u * KERNEL] = sums.e;
}

// Stores the sums of a kernel from row `ky` on in slice `slice`, counted through all models.
fn store_kernel(slice: u32, kernel: u32, ky: u32, sums: KernelSums) {
    let slice_start = slice * (KERNELS * TAPS + OUTPUT_MAPS);
    let first = slice_start + kernel * TAPS + ky * KERNEL;
    store_column(first, sums.a);
    store_column(first + 1u, sums.b);
    store_column(first + 2u, sums.c);
    store_column(first + 3u, sums.d);
    store_column(first + 4u, sums.e);
    // Every row of every kernel of a map meets the same ∂E/∂a; the first one stores the map's bias.
    let map = pairs[kernel].y;
    if kernel == first_kernel[map] && ky == 0u {
        partial[slice_start + KERNELS * TAPS + map] = sums.bias;
    }
}

// ∂E/∂w[o,c,ky,kx] = Σ_{samples,y,x} ∂E/∂a[o,y,x] · input[c, y+ky, x+kx];
// ∂E/∂b[o] = Σ ∂E/∂a[o,y,x]
@compute @workgroup_size(64)
fn backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let couple = couples[id.x % COUPLES];
    let parts = select(KERNEL, 1u, WHOLE_KERNELS);
    let ky = id.x / COUPLES % parts;
    let slice = id.x / (COUPLES * parts);
    if slice >= SLICES {
        return;
    }
    let input_map = pairs[couple.x].x;
    let one_map = pairs[couple.x].y;
    let other_map = pairs[couple.y].y;
    let row_pairs = (OUTPUT_HEIGHT + 1u) / 2u;
    let pair_range = rows_of_slice(slice, GROUPS * row_pairs);
    var one = KernelSums();
    var other = KernelSums();
    for (var i = pair_range.start; i < pair_range.end; i++) {
        let group = model * GROUPS + i / row_pairs;
        let y = i % row_pairs * 2u;
        let has_lower = y + 1u < OUTPUT_HEIGHT;
        let top = ((group * INPUT_MAPS + input_map) * INPUT_HEIGHT + y + ky) * INPUT_WIDTH;
        let rows = INPUT_HEIGHT - y - ky;
        let one_row = ((group * OUTPUT_MAPS + one_map) * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH;
        let other_row = ((group * OUTPUT_MAPS + other_map) * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH;
        // A window of five columns slides along the rows.
        var window = Window(Column(), load_column(top, rows), load_column(top + 1u, rows),
            load_column(top + 2u, rows), load_column(top + 3u, rows));
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            let next = load_column(top + x + 4u, rows);
            window = Window(window.b, window.c, window.d, window.e, next);
            one = add_window(one, load_gradients(one_row + x, has_lower), window);
            other = add_window(other, load_gradients(other_row + x, has_lower), window);
        }
    }
    store_kernel(model * SLICES + slice, couple.x, ky, one);
    if couple.y != couple.x {
        store_kernel(model * SLICES + slice, couple.y, ky, other);
    }
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value. It
// runs on one batch per pass, so these kernels are written for clarity.

// ∂²E/∂input[c,y,x]² = Σ_{o that reads c} Σ_{ky,kx} w[o,c,ky,kx]² · ∂²E/∂a[o, y−ky, x−kx]²
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let x = id.x % INPUT_WIDTH;
    let y = id.x / INPUT_WIDTH % INPUT_HEIGHT;
    let map = id.x / (INPUT_WIDTH * INPUT_HEIGHT);
    if map >= GROUPS * INPUT_MAPS {
        return;
    }
    let group = model * GROUPS + map / INPUT_MAPS;
    let c = map % INPUT_MAPS;
    var sum = Samples();
    for (var reader = first_reader[c]; reader < first_reader[c + 1u]; reader++) {
        let kernel = readers[reader];
        let first = output_plane(group, pairs[kernel].y).first;
        for (var tap = 0u; tap < TAPS; tap++) {
            // Above and left of the map these wrap around and are large.
            let row = y - tap / KERNEL;
            let column = x - tap % KERNEL;
            if row < OUTPUT_HEIGHT && column < OUTPUT_WIDTH {
                let w = weight_at(first_weight(model, kernel) + tap);
                sum += w * w * output_curvature[first + row * OUTPUT_WIDTH + column];
            }
        }
    }
    input_curvature[model * GROUPS * INPUT_MAPS * INPUT_HEIGHT * INPUT_WIDTH + id.x] = sum;
}

// ∂²E/∂w[o,c,ky,kx]² = Σ_{samples,y,x} ∂²E/∂a[o,y,x]² · input[c, y+ky, x+kx]²: the sum over the
// connections that share the weight;  ∂²E/∂b[o]² = Σ ∂²E/∂a[o,y,x]²
@compute @workgroup_size(64)
fn second_backward_weight(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let weights = KERNELS * TAPS;
    let value = id.x % (weights + OUTPUT_MAPS);
    let slice = id.x / (weights + OUTPUT_MAPS);
    if slice >= SLICES {
        return;
    }
    let is_weight = value < weights;
    var maps = vec2(0u, value - weights);
    if is_weight {
        maps = pairs[value / TAPS];
    }
    let ky = value % TAPS / KERNEL;
    let kx = value % KERNEL;
    let rows = rows_of_slice(slice, GROUPS * OUTPUT_HEIGHT);
    var sum = 0.0;
    for (var i = rows.start; i < rows.end; i++) {
        let group = model * GROUPS + i / OUTPUT_HEIGHT;
        let y = i % OUTPUT_HEIGHT;
        let to = ((group * OUTPUT_MAPS + maps.y) * OUTPUT_HEIGHT + y) * OUTPUT_WIDTH;
        let from_row = (group * INPUT_MAPS + maps.x) * INPUT_HEIGHT + y + ky;
        for (var x = 0u; x < OUTPUT_WIDTH; x++) {
            // A bias is the weight of an input that is always 1.
            let value = select(Samples(1.0), input[from_row * INPUT_WIDTH + x + kx], is_weight);
            sum += dot(output_curvature[to + x], value * value);
        }
    }
    partial[model * SLICES * (weights + OUTPUT_MAPS) + id.x] = sum;
}
