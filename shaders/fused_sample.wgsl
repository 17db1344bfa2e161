// A sample from its pixels to its gradients in one workgroup, with its activations in workgroup memory;
// twin of src/reference/fused_sample.rs.
//
// The layers are those of the layered shaders (batch, conv, subsample, average_pool, max_pool, dense,
// rbf, softmax, loss), whose heads have their formulas. What is left for fused_update.wgsl is in
// shared/record.wgsl: of dense layers their inputs and ∂E/∂a, of the others their gradients themselves.
//
// C1 is never stored: an invocation computes the 2×2 units of C1 under a unit of S2, forward, and again
// for the backward pass, which takes one map of C1 at a time.
//
// Workgroup memory in values, for LeNet-5 with the paper's head; 4,096 are WebGPU's default limit:
//
//   phase                              from      0       1,176                              in use
//   the picture, its field, C1, S2               S2      field 1,024 · picture 784           2,984
//   C3, S4                                       S2      C3 1,600 · S4 400                   3,176
//   C5, F6, penalties                            S2      C3 · S4 · C5 120 · F6 84 ·
//                                                        penalties 36 · lanes 480            3,896
//   ∂F6, ∂C5, ∂S4 and ∂C3 in place of
//   S4 and C3, products of S4                    S2      ∂C3 · ∂S4 · C5 · F6 · penalties ·
//                                                        ∂scores 12 · ∂F6 · ∂C5 · products   4,032
//   weights of C3 and S4                         S2      ∂C3 · ∂S4 · … · products            4,032
//   ∂S2 in place of S2                           ∂S2     ∂C3                                 2,776
//   C1 map by map, weights of C1 and S2          ∂S2     field · ∂C1 784 · products 196 ·
//                                                        sums of rows 756                    3,936
//
// Grid, in workgroups of WORKERS invocations by models: SAMPLES_EACH samples.

import package::shared::samples::Samples;
import package::shared::squashing::{squash, slope_at};
import package::shared::progress::Progress;
import package::shared::picture::{IMAGE_SIDE, FIELD_SIDE, shade};
import package::shared::selection::{SAMPLES, steps_per_pass, batch_of, number_at};
import package::shared::distortion::{MARGIN, LATTICE_BOUND, POINTS_PER_PIXEL};
import package::shared::distortion::{Presentation, presentation_of, Affine, draw_affine};
import package::shared::distortion::{splines, weighted_points, place_shown};
import package::shared::rates::{StepRates, place_of_rates};
import package::shared::record::{S4_PLACE, C5_PLACE, F6_PLACE, C5_GRADIENT_PLACE, F6_GRADIENT_PLACE};
import package::shared::record::{SCORE_GRADIENT_PLACE, LOSS_PLACE, RECORD, SHARED, WORKGROUP_RECORD};
import package::shared::record::{SAMPLES_EACH, Now};

const MEMORY = 4096u;
const MOST_KERNELS = 96u;
const MOST_MAPS = 16u;
const MOST_CODE_QUADS = 210u;
const SIDE = 5u;
const AREA = 25u;
// Invocations that share a sum over the inputs of a dense layer, so that neighbouring ones read
// neighbouring weights.
const LANES = 4u;
// Layers in the table of parameters.
const C1 = 0u;
const S2 = 1u;
const C3 = 2u;
const S4 = 3u;
const C5 = 4u;
const F6 = 5u;
const SCORES = 6u;
const LAYERS = 7u;

// Invocations of a workgroup.
override WORKERS: u32 = 256u;
override CLASSES: u32;
override C1_MAPS: u32;
override C3_MAPS: u32;
// Number of kernels of C3: connected pairs of maps.
override KERNELS: u32;
// 0 where the scores follow S4.
override C5_UNITS: u32;
override F6_UNITS: u32;
// How maps are halved: trainable if neither, average pooling, or max pooling.
override AVERAGED: bool;
override MAXIMAL: bool;
// The head: distances to codes, or scores and a softmax.
override SOFTMAX: bool;
// The loss: eq. 9, or eq. 8.
override MEAN_SQUARED: bool;
// s and j of the loss
override SCALE: f32;
override RUBBISH: f32;
// Whether pictures are distorted.
override DISTORTED: bool;

override C1_SIDE = FIELD_SIDE - 4u;
override C1_AREA = C1_SIDE * C1_SIDE;
override S2_SIDE = C1_SIDE / 2u;
override S2_AREA = S2_SIDE * S2_SIDE;
override C3_SIDE = S2_SIDE - 4u;
override C3_AREA = C3_SIDE * C3_SIDE;
override S4_SIDE = C3_SIDE / 2u;
override S4_AREA = S4_SIDE * S4_SIDE;
override S4_UNITS = C3_MAPS * S4_AREA;

// Where regions of workgroup memory start. S2 starts at 0.
override C3_AT = C1_MAPS * S2_AREA;
override S4_AT = C3_AT + C3_MAPS * C3_AREA;
override C5_AT = S4_AT + S4_UNITS;
override F6_AT = C5_AT + C5_UNITS;
override SCORES_AT = F6_AT + F6_UNITS;
override PENALTIES_AT = SCORES_AT + 12u;
override PENALTY_GRADIENTS_AT = PENALTIES_AT + 12u;
override LANES_AT = PENALTY_GRADIENTS_AT + 12u;
override SCORE_GRADIENTS_AT = LANES_AT;
override F6_GRADIENTS_AT = SCORE_GRADIENTS_AT + 12u;
override C5_GRADIENTS_AT = F6_GRADIENTS_AT + F6_UNITS;
override S4_PRODUCTS_AT = C5_GRADIENTS_AT + C5_UNITS;
override FIELD_AT = C3_AT;
override PICTURE_AT = FIELD_AT + FIELD_SIDE * FIELD_SIDE;
override C1_GRADIENTS_AT = PICTURE_AT;
override S2_PRODUCTS_AT = C1_GRADIENTS_AT + C1_AREA;
override ROWS_AT = S2_PRODUCTS_AT + S2_AREA;
override BIAS_ROWS_AT = ROWS_AT + C1_SIDE * AREA;
override PRODUCT_ROWS_AT = BIAS_ROWS_AT + C1_SIDE;
override GRADIENT_ROWS_AT = PRODUCT_ROWS_AT + S2_SIDE;

// Where the parameters of a layer are: the first weight and bias of the first model, and values from one
// model to the next; where their gradients are among the shared ones of a workgroup; and how many inputs
// and outputs a dense layer has, which are no constants, or drivers would unroll its loops whole.
struct LayerParameters {
    weights: u32, weight_stride: u32, biases: u32, bias_stride: u32,
    weight_place: u32, bias_place: u32, inputs: u32, outputs: u32,
}

struct Tables {
    // Samples per step, and places of the ring of rates.
    batch: u32, rates: u32,
    // Values of all records of a model, and of all that its samples leave.
    records: u32, work: u32,
    layers: array<LayerParameters, LAYERS>,
    // Of each kernel of C3 its input map and its output map; and the kernels ordered by input map.
    kernels: array<vec4<u32>, MOST_KERNELS>,
    // The first kernel of each map of C3, and the first that reads each map of S2 in their order; and
    // where the last ones end.
    firsts: array<vec4<u32>, MOST_MAPS + 1u>,
    // [digit][unit], ±1
    codes: array<vec4<f32>, MOST_CODE_QUADS>,
}

// [model]
@group(0) @binding(0) var<storage, read> progress: array<Progress>;
@group(0) @binding(1) var<storage, read> data_labels: array<u32>;
@group(0) @binding(2) var<storage, read> images: array<u32>;
// [step modulo their number]
@group(0) @binding(3) var<storage, read> rates: array<StepRates>;
// The arena of all models, by values and by quads.
@group(0) @binding(4) var<storage, read> parameter: array<f32>;
@group(0) @binding(5) var<storage, read> parameter_quads: array<vec4<f32>>;
@group(0) @binding(6) var<uniform> tables: Tables;
// [model][WORK], see shared/record.wgsl
@group(0) @binding(7) var<storage, read_write> work: array<f32>;
// [model]
@group(0) @binding(8) var<storage, read_write> now: array<Now>;

var<workgroup> memory: array<f32, MEMORY>;

// What an invocation works at: its number in the workgroup, the model, where the sample's record starts
// and what its workgroup leaves, and whether that is added to what earlier samples left.
struct Task { worker: u32, model: u32, record: u32, of_workgroup: u32, adds: bool }

fn first_weight_of(layer: u32, model: u32) -> u32 {
    return tables.layers[layer].weights + model * tables.layers[layer].weight_stride;
}

fn first_bias_of(layer: u32, model: u32) -> u32 {
    return tables.layers[layer].biases + model * tables.layers[layer].bias_stride;
}

// Leaves the gradient of a shared parameter.
fn leave(task: Task, place: u32, gradient: f32) {
    let at = task.of_workgroup + place;
    if task.adds {
        work[at] += gradient;
    } else {
        work[at] = gradient;
    }
}

fn squashed(sum: f32) -> f32 {
    return squash(Samples(sum)).x;
}

fn slope(output: f32) -> f32 {
    return slope_at(Samples(output)).x;
}

// --- the field -----------------------------------------------------------------------------------

fn load_picture(task: Task, sample: u32) {
    let words = IMAGE_SIDE * IMAGE_SIDE / 4u;
    for (var word = task.worker; word < words; word += WORKERS) {
        let ink = unpack4x8unorm(images[sample * words + word]);
        let first = PICTURE_AT + 4u * word;
        memory[first] = ink.x;
        memory[first + 1u] = ink.y;
        memory[first + 2u] = ink.z;
        memory[first + 3u] = ink.w;
    }
}

// A pixel of the picture, from 0 to 1; 0 outside of it.
fn picture_at(y: i32, x: i32) -> f32 {
    let side = i32(IMAGE_SIDE);
    if y < 0 || y >= side || x < 0 || x >= side {
        return 0.0;
    }
    return memory[PICTURE_AT + u32(y * side + x)];
}

// The elastic displacement of unit (x, y) of the field.
fn displacement(to: Presentation, y: u32, x: u32) -> vec2<f32> {
    let place = vec2(f32(x + MARGIN), f32(y + MARGIN)) * POINTS_PER_PIXEL;
    let first = vec2<u32>(place);
    let columns = splines(place.x - f32(first.x));
    let rows = splines(place.y - f32(first.y));
    var sum = vec2(0.0);
    for (var i = 0u; i < 4u; i++) {
        sum += columns[i] * weighted_points(to, first.y, rows, first.x + i);
    }
    return LATTICE_BOUND * sum;
}

// Unit (x, y) of the distorted field, from 0 to 1.
fn distorted_at(to: Presentation, affine: Affine, y: u32, x: u32) -> f32 {
    let centre = f32(FIELD_SIDE - 1u) / 2.0;
    var moved = vec2(0.0);
    if LATTICE_BOUND > 0.0 {
        moved = displacement(to, y, x);
    }
    let shown = place_shown(affine, f32(x) - centre, f32(y) - centre, moved);
    let corner = floor(shown);
    let part = shown - corner;
    let left = i32(corner.x);
    let top = i32(corner.y);
    let upper = mix(picture_at(top, left), picture_at(top, left + 1), part.x);
    let lower = mix(picture_at(top + 1, left), picture_at(top + 1, left + 1), part.x);
    return mix(upper, lower, part.y);
}

// Puts the picture into its field, and leaves the field for the backward pass.
fn assemble_field(task: Task, to: Presentation) {
    let border = i32((FIELD_SIDE - IMAGE_SIDE) / 2u);
    let affine = draw_affine(to);
    for (var unit = task.worker; unit < FIELD_SIDE * FIELD_SIDE; unit += WORKERS) {
        let y = unit / FIELD_SIDE;
        let x = unit % FIELD_SIDE;
        var ink = 0.0;
        if DISTORTED {
            ink = distorted_at(to, affine, y, x);
        } else {
            ink = picture_at(i32(y) - border, i32(x) - border);
        }
        memory[FIELD_AT + unit] = shade(ink);
        work[task.of_workgroup + SHARED + unit] = shade(ink);
    }
}

// Brings the field back. An invocation reads what it wrote itself, so nothing has to be waited for.
fn recall_field(task: Task) {
    for (var unit = task.worker; unit < FIELD_SIDE * FIELD_SIDE; unit += WORKERS) {
        memory[FIELD_AT + unit] = work[task.of_workgroup + SHARED + unit];
    }
}

// --- maps ----------------------------------------------------------------------------------------
//
// Four units of a map, or what belongs to them, are (upper left, upper right, lower left, lower right).

// One row of a kernel, and the six values of a row that two neighbouring sums see.
struct KernelRow { a: f32, b: f32, c: f32, d: f32, e: f32 }
struct Six { a: f32, b: f32, c: f32, d: f32, e: f32, f: f32 }

fn load_kernel_row_at(first: u32) -> KernelRow {
    return KernelRow(parameter[first], parameter[first + 1u], parameter[first + 2u],
        parameter[first + 3u], parameter[first + 4u]);
}

fn load_six(first: u32) -> Six {
    return Six(memory[first], memory[first + 1u], memory[first + 2u],
        memory[first + 3u], memory[first + 4u], memory[first + 5u]);
}

// What a row of a kernel adds to two neighbouring sums.
fn two_sums(taps: KernelRow, six: Six) -> vec2<f32> {
    return vec2(
        taps.a * six.a + taps.b * six.b + taps.c * six.c + taps.d * six.d + taps.e * six.e,
        taps.a * six.b + taps.b * six.c + taps.c * six.d + taps.d * six.e + taps.e * six.f,
    );
}

// The sums of four units by the kernel at `weights`, over the 6×6 values from `first` on in rows of
// `side`.
fn correlate_four(weights: u32, first: u32, side: u32) -> vec4<f32> {
    var sums = vec4(0.0);
    var upper = load_six(first);
    for (var ky = 0u; ky < SIDE; ky++) {
        let taps = load_kernel_row_at(weights + SIDE * ky);
        let lower = load_six(first + side * (ky + 1u));
        sums += vec4(two_sums(taps, upper), two_sums(taps, lower));
        upper = lower;
    }
    return sums;
}

// The output of a halved unit.
fn halved(four: vec4<f32>, coefficient: f32, bias: f32) -> f32 {
    let sum = four.x + four.y + four.z + four.w;
    if AVERAGED {
        return 0.25 * sum;
    }
    if MAXIMAL {
        return max(max(four.x, four.y), max(four.z, four.w));
    }
    return squashed(coefficient * sum + bias);
}

// ∂E/∂a of a halved unit, from ∂E/∂output.
fn through_halving(gradient: f32, output: f32) -> f32 {
    if AVERAGED || MAXIMAL {
        return gradient;
    }
    return slope(output) * gradient;
}

// ∂E/∂a of the four units that were squashed and then halved, from ∂E/∂a of the halved one.
fn spread(four: vec4<f32>, gradient: f32, coefficient: f32) -> vec4<f32> {
    var share = vec4(coefficient * gradient);
    if AVERAGED {
        share = vec4(0.25 * gradient);
    }
    if MAXIMAL {
        // The first of equals gets it all.
        let largest = max(max(four.x, four.y), max(four.z, four.w));
        let a = four.x == largest;
        let b = four.y == largest && !a;
        let c = four.z == largest && !a && !b;
        share = select(vec4(0.0), vec4(gradient), vec4(a, b, c, !a && !b && !c));
    }
    return slope_at(four) * share;
}

// The coefficient and the bias of a map of S2 or S4.
fn halving_of(layer: u32, model: u32, map: u32) -> vec2<f32> {
    if AVERAGED || MAXIMAL {
        return vec2(0.0);
    }
    return vec2(parameter[first_weight_of(layer, model) + map],
        parameter[first_bias_of(layer, model) + map]);
}

// The four units of C1 under a unit of a map of S2.
fn c1_under(task: Task, map: u32, unit: u32) -> vec4<f32> {
    let corner = FIELD_AT + unit / S2_SIDE * 2u * FIELD_SIDE + unit % S2_SIDE * 2u;
    let weights = first_weight_of(C1, task.model) + AREA * map;
    let bias = parameter[first_bias_of(C1, task.model) + map];
    return squash(correlate_four(weights, corner, FIELD_SIDE) + bias);
}

fn forward_c1_s2(task: Task) {
    for (var unit = task.worker; unit < C1_MAPS * S2_AREA; unit += WORKERS) {
        let map = unit / S2_AREA;
        let halving = halving_of(S2, task.model, map);
        memory[unit] = halved(c1_under(task, map, unit % S2_AREA), halving.x, halving.y);
    }
}

// Where the first of the four units of C3 under unit `unit` of S4 is.
fn c3_under(unit: u32) -> u32 {
    let map = unit / S4_AREA;
    let y = unit / S4_SIDE % S4_SIDE;
    let x = unit % S4_SIDE;
    return C3_AT + map * C3_AREA + 2u * y * C3_SIDE + 2u * x;
}

fn load_four(corner: u32, side: u32) -> vec4<f32> {
    return vec4(memory[corner], memory[corner + 1u], memory[corner + side], memory[corner + side + 1u]);
}

fn store_four(corner: u32, side: u32, four: vec4<f32>) {
    memory[corner] = four.x;
    memory[corner + 1u] = four.y;
    memory[corner + side] = four.z;
    memory[corner + side + 1u] = four.w;
}

fn forward_c3_s4(task: Task) {
    for (var unit = task.worker; unit < S4_UNITS; unit += WORKERS) {
        let map = unit / S4_AREA;
        let corner = unit / S4_SIDE % S4_SIDE * 2u * S2_SIDE + unit % S4_SIDE * 2u;
        let weights = first_weight_of(C3, task.model);
        var sums = vec4(parameter[first_bias_of(C3, task.model) + map]);
        for (var k = tables.firsts[map].x; k < tables.firsts[map + 1u].x; k++) {
            let input = tables.kernels[k].x * S2_AREA + corner;
            sums += correlate_four(weights + AREA * k, input, S2_SIDE);
        }
        let four = squash(sums);
        store_four(c3_under(unit), C3_SIDE, four);
        let halving = halving_of(S4, task.model, map);
        let output = halved(four, halving.x, halving.y);
        memory[S4_AT + unit] = output;
        work[task.record + S4_PLACE + unit] = output;
    }
}

// ∂E/∂a of S4 and, from it, of C3, each in place of the units themselves; and the products of the former
// that the coefficients of S4 sum up. Dense layer `reader` reads S4; its ∂E/∂a is at `gradients`.
fn backward_s4_c3(task: Task, reader: u32, gradients: u32) {
    for (var unit = task.worker; unit < S4_UNITS; unit += WORKERS) {
        let through = dense_input_gradient(task, reader, unit, gradients);
        let gradient = through_halving(through, memory[S4_AT + unit]);
        let corner = c3_under(unit);
        let four = load_four(corner, C3_SIDE);
        let coefficient = halving_of(S4, task.model, unit / S4_AREA).x;
        memory[S4_AT + unit] = gradient;
        memory[S4_PRODUCTS_AT + unit] = gradient * (four.x + four.y + four.z + four.w);
        store_four(corner, C3_SIDE, spread(four, gradient, coefficient));
    }
}

// The sum of `count` values of workgroup memory, `stride` apart.
fn sum_of(first: u32, count: u32, stride: u32) -> f32 {
    var sum = 0.0;
    for (var i = 0u; i < count; i++) {
        sum += memory[first + i * stride];
    }
    return sum;
}

// The gradients of S4's coefficients and biases and of C3's biases. The last invocations begin: the
// first have more of C3's weights.
fn leave_s4_and_c3_biases(task: Task) {
    for (var map = WORKERS - 1u - task.worker; map < C3_MAPS; map += WORKERS) {
        leave(task, tables.layers[C3].bias_place + map, sum_of(C3_AT + map * C3_AREA, C3_AREA, 1u));
        if !AVERAGED && !MAXIMAL {
            let products = sum_of(S4_PRODUCTS_AT + map * S4_AREA, S4_AREA, 1u);
            leave(task, tables.layers[S4].weight_place + map, products);
            let gradients = sum_of(S4_AT + map * S4_AREA, S4_AREA, 1u);
            leave(task, tables.layers[S4].bias_place + map, gradients);
        }
    }
}

// Adds ∂E/∂a · input to the sums of a kernel's row.
fn add_taps(sums: KernelRow, gradient: f32, inputs: KernelRow) -> KernelRow {
    return KernelRow(sums.a + gradient * inputs.a, sums.b + gradient * inputs.b,
        sums.c + gradient * inputs.c, sums.d + gradient * inputs.d, sums.e + gradient * inputs.e);
}

// The gradient of a row of a kernel, over one row of `width` values of ∂E/∂a and the inputs that its
// taps meet there, added to `sums`.
fn add_row_gradient(sums: KernelRow, gradients: u32, inputs: u32, width: u32) -> KernelRow {
    var total = sums;
    // A window of five inputs slides along the row.
    var window = KernelRow(0.0, memory[inputs], memory[inputs + 1u],
        memory[inputs + 2u], memory[inputs + 3u]);
    for (var x = 0u; x < width; x++) {
        window = KernelRow(window.b, window.c, window.d, window.e, memory[inputs + x + 4u]);
        total = add_taps(total, memory[gradients + x], window);
    }
    return total;
}

fn leave_c3_weights(task: Task) {
    for (var row = task.worker; row < KERNELS * SIDE; row += WORKERS) {
        let maps = tables.kernels[row / SIDE].xy;
        let ky = row % SIDE;
        var sums = KernelRow();
        for (var y = 0u; y < C3_SIDE; y++) {
            let gradients = C3_AT + maps.y * C3_AREA + y * C3_SIDE;
            let inputs = maps.x * S2_AREA + (y + ky) * S2_SIDE;
            sums = add_row_gradient(sums, gradients, inputs, C3_SIDE);
        }
        let place = tables.layers[C3].weight_place + row * SIDE;
        leave(task, place, sums.a);
        leave(task, place + 1u, sums.b);
        leave(task, place + 2u, sums.c);
        leave(task, place + 3u, sums.d);
        leave(task, place + 4u, sums.e);
    }
}

// ∂E/∂a of C3 in row `y` of the map at `map`, at column `x`; 0 outside the map.
fn c3_gradient_at(map: u32, y: u32, x: u32) -> f32 {
    // Left of and above the map these wrap around and are large.
    let at = map + min(y, C3_SIDE - 1u) * C3_SIDE + min(x, C3_SIDE - 1u);
    return select(0.0, memory[at], y < C3_SIDE && x < C3_SIDE);
}

fn load_c3_gradients(map: u32, y: u32, x: u32) -> Six {
    return Six(c3_gradient_at(map, y, x), c3_gradient_at(map, y, x + 1u),
        c3_gradient_at(map, y, x + 2u), c3_gradient_at(map, y, x + 3u),
        c3_gradient_at(map, y, x + 4u), c3_gradient_at(map, y, x + 5u));
}

// What a map of C3 adds to ∂E/∂output of four units of S2, of which the first is (x, y): the kernel at
// `weights` is turned by 180 degrees.
fn convolve_four(weights: u32, map: u32, y: u32, x: u32) -> vec4<f32> {
    var sums = vec4(0.0);
    var upper = load_c3_gradients(map, y - 4u, x - 4u);
    for (var row = 0u; row < SIDE; row++) {
        let taps = load_kernel_row_at(weights + SIDE * (SIDE - 1u - row));
        let turned = KernelRow(taps.e, taps.d, taps.c, taps.b, taps.a);
        let lower = load_c3_gradients(map, y + row - 3u, x - 4u);
        sums += vec4(two_sums(turned, upper), two_sums(turned, lower));
        upper = lower;
    }
    return sums;
}

// ∂E/∂a of S2 in place of S2.
fn backward_s2(task: Task) {
    let across = S2_SIDE / 2u;
    let blocks = across * across;
    for (var block = task.worker; block < C1_MAPS * blocks; block += WORKERS) {
        let map = block / blocks;
        let y = block / across % across * 2u;
        let x = block % across * 2u;
        var through = vec4(0.0);
        for (var reader = tables.firsts[map].y; reader < tables.firsts[map + 1u].y; reader++) {
            let kernel = tables.kernels[reader].z;
            let weights = first_weight_of(C3, task.model) + AREA * kernel;
            through += convolve_four(weights, C3_AT + tables.kernels[kernel].y * C3_AREA, y, x);
        }
        let corner = map * S2_AREA + y * S2_SIDE + x;
        let output = load_four(corner, S2_SIDE);
        store_four(corner, S2_SIDE, vec4(
            through_halving(through.x, output.x), through_halving(through.y, output.y),
            through_halving(through.z, output.z), through_halving(through.w, output.w),
        ));
    }
}

// ∂E/∂a of a map of C1, and the products that the coefficient of S2 sums up.
fn backward_c1(task: Task, map: u32) {
    let coefficient = halving_of(S2, task.model, map).x;
    for (var unit = task.worker; unit < S2_AREA; unit += WORKERS) {
        let four = c1_under(task, map, unit);
        let gradient = memory[map * S2_AREA + unit];
        memory[S2_PRODUCTS_AT + unit] = gradient * (four.x + four.y + four.z + four.w);
        let corner = C1_GRADIENTS_AT + unit / S2_SIDE * 2u * C1_SIDE + unit % S2_SIDE * 2u;
        store_four(corner, C1_SIDE, spread(four, gradient, coefficient));
    }
}

// The gradients of a map of C1 and of S2, summed over rows.
fn sum_rows(task: Task, map: u32) {
    for (var row = task.worker; row < C1_SIDE * SIDE; row += WORKERS) {
        let y = row / SIDE;
        let ky = row % SIDE;
        let gradients = C1_GRADIENTS_AT + y * C1_SIDE;
        let inputs = FIELD_AT + (y + ky) * FIELD_SIDE;
        let sums = add_row_gradient(KernelRow(), gradients, inputs, C1_SIDE);
        let first = ROWS_AT + y * AREA + ky * SIDE;
        memory[first] = sums.a;
        memory[first + 1u] = sums.b;
        memory[first + 2u] = sums.c;
        memory[first + 3u] = sums.d;
        memory[first + 4u] = sums.e;
    }
    // The last invocations have none of those.
    for (var y = WORKERS - 1u - task.worker; y < C1_SIDE; y += WORKERS) {
        memory[BIAS_ROWS_AT + y] = sum_of(C1_GRADIENTS_AT + y * C1_SIDE, C1_SIDE, 1u);
        if y < S2_SIDE {
            memory[PRODUCT_ROWS_AT + y] = sum_of(S2_PRODUCTS_AT + y * S2_SIDE, S2_SIDE, 1u);
            let gradients = map * S2_AREA + y * S2_SIDE;
            memory[GRADIENT_ROWS_AT + y] = sum_of(gradients, S2_SIDE, 1u);
        }
    }
}

// The gradients of a map of C1 and of S2, from the sums of their rows.
fn leave_c1_and_s2(task: Task, map: u32) {
    for (var tap = task.worker; tap < AREA; tap += WORKERS) {
        let place = tables.layers[C1].weight_place + map * AREA + tap;
        leave(task, place, sum_of(ROWS_AT + tap, C1_SIDE, AREA));
    }
    if task.worker == WORKERS - 1u {
        leave(task, tables.layers[C1].bias_place + map, sum_of(BIAS_ROWS_AT, C1_SIDE, 1u));
        if !AVERAGED && !MAXIMAL {
            let products = sum_of(PRODUCT_ROWS_AT, S2_SIDE, 1u);
            leave(task, tables.layers[S2].weight_place + map, products);
            let gradients = sum_of(GRADIENT_ROWS_AT, S2_SIDE, 1u);
            leave(task, tables.layers[S2].bias_place + map, gradients);
        }
    }
}

// --- dense layers --------------------------------------------------------------------------------

// Four units from `first` on.
fn load_quad_at(first: u32) -> vec4<f32> {
    return vec4(memory[first], memory[first + 1u], memory[first + 2u], memory[first + 3u]);
}

// The sums of a dense layer in LANES parts each.
fn dense_lanes(task: Task, layer: u32, input: u32) {
    let quads = tables.layers[layer].inputs / 4u;
    let parts = tables.layers[layer].outputs * LANES;
    let weights = first_weight_of(layer, task.model) / 4u;
    for (var part = task.worker; part < parts; part += WORKERS) {
        let row = weights + part / LANES * quads;
        var sum = 0.0;
        for (var quad = part % LANES; quad < quads; quad += LANES) {
            sum += dot(parameter_quads[row + quad], load_quad_at(input + 4u * quad));
        }
        memory[LANES_AT + part] = sum;
    }
}

// The sum of output `o`, from its parts.
fn sum_of_lanes(o: u32) -> f32 {
    return sum_of(LANES_AT + LANES * o, LANES, 1u);
}

// A squashed dense layer, whose output is left in the record at `place`.
fn forward_hidden(task: Task, layer: u32, input: u32, output: u32, place: u32) {
    dense_lanes(task, layer, input);
    workgroupBarrier();
    for (var o = task.worker; o < tables.layers[layer].outputs; o += WORKERS) {
        let unit = squashed(sum_of_lanes(o) + parameter[first_bias_of(layer, task.model) + o]);
        memory[output + o] = unit;
        work[task.record + place + o] = unit;
    }
    workgroupBarrier();
}

// Σ_o w[o,i] · ∂E/∂a[o] of input `i` of a dense layer.
fn dense_input_gradient(task: Task, layer: u32, i: u32, gradients: u32) -> f32 {
    let weights = first_weight_of(layer, task.model);
    let inputs = tables.layers[layer].inputs;
    let outputs = tables.layers[layer].outputs;
    var sum = 0.0;
    var o = 0u;
    // Four weights are asked for together, because a GPU waits long for each.
    for (; o + 4u <= outputs; o += 4u) {
        let column = load_column_at(weights + o * inputs + i, inputs);
        sum += dot(column, load_quad_at(gradients + o));
    }
    for (; o < outputs; o++) {
        sum += parameter[weights + o * inputs + i] * memory[gradients + o];
    }
    return sum;
}

// Four weights of one input, `inputs` values apart.
fn load_column_at(first: u32, inputs: u32) -> vec4<f32> {
    return vec4(parameter[first], parameter[first + inputs], parameter[first + 2u * inputs],
        parameter[first + 3u * inputs]);
}

// ∂E/∂a of a squashed dense layer at `units`, which dense layer `reader` reads, into workgroup memory and
// into the record.
fn backward_hidden(task: Task, reader: u32, units: u32, from_gradients: u32, to_gradients: u32,
    place: u32) {
    for (var i = task.worker; i < tables.layers[reader].inputs; i += WORKERS) {
        let through = dense_input_gradient(task, reader, i, from_gradients);
        let gradient = slope(memory[units + i]) * through;
        memory[to_gradients + i] = gradient;
        work[task.record + place + i] = gradient;
    }
    workgroupBarrier();
}

// --- heads and losses ----------------------------------------------------------------------------

// Distances to the codes.
fn forward_rbf(task: Task) {
    let quads = F6_UNITS / 4u;
    for (var part = task.worker; part < CLASSES * LANES; part += WORKERS) {
        let code = part / LANES * quads;
        var distance = 0.0;
        for (var quad = part % LANES; quad < quads; quad += LANES) {
            let difference = load_quad_at(F6_AT + 4u * quad) - tables.codes[code + quad];
            distance += dot(difference, difference);
        }
        memory[LANES_AT + part] = distance;
    }
    workgroupBarrier();
    for (var digit = task.worker; digit < CLASSES; digit += WORKERS) {
        memory[PENALTIES_AT + digit] = sum_of_lanes(digit);
    }
    workgroupBarrier();
}

// ∂E/∂a of F6, which is squashed.
fn backward_rbf(task: Task) {
    for (var j = task.worker; j < F6_UNITS; j += WORKERS) {
        let x = memory[F6_AT + j];
        var through = 0.0;
        for (var digit = 0u; digit < CLASSES; digit++) {
            let difference = x - tables.codes[(digit * F6_UNITS + j) / 4u][j % 4u];
            through += memory[PENALTY_GRADIENTS_AT + digit] * 2.0 * difference;
        }
        memory[F6_GRADIENTS_AT + j] = slope(x) * through;
        work[task.record + F6_GRADIENT_PLACE + j] = slope(x) * through;
    }
    workgroupBarrier();
}

// Scores by the units at `input`, and −log of their softmax.
fn forward_softmax(task: Task, input: u32) {
    dense_lanes(task, SCORES, input);
    workgroupBarrier();
    for (var i = task.worker; i < CLASSES; i += WORKERS) {
        memory[SCORES_AT + i] = sum_of_lanes(i) + parameter[first_bias_of(SCORES, task.model) + i];
    }
    workgroupBarrier();
    for (var i = task.worker; i < CLASSES; i += WORKERS) {
        var largest = memory[SCORES_AT];
        for (var k = 1u; k < CLASSES; k++) {
            largest = max(largest, memory[SCORES_AT + k]);
        }
        var total = 0.0;
        for (var k = 0u; k < CLASSES; k++) {
            total += exp(memory[SCORES_AT + k] - largest);
        }
        memory[PENALTIES_AT + i] = log(total) - (memory[SCORES_AT + i] - largest);
    }
    workgroupBarrier();
}

fn backward_softmax(task: Task) {
    for (var i = task.worker; i < CLASSES; i += WORKERS) {
        let posterior = exp(-memory[PENALTIES_AT + i]);
        let total = sum_of(PENALTY_GRADIENTS_AT, CLASSES, 1u);
        let gradient = posterior * total - memory[PENALTY_GRADIENTS_AT + i];
        memory[SCORE_GRADIENTS_AT + i] = gradient;
        work[task.record + SCORE_GRADIENT_PLACE + i] = gradient;
    }
    workgroupBarrier();
}

// log( e^(−j) + Σ_i e^(−s·y_i) ), whose smallest exponent is taken out, because e^(−200) is 0 in f32; 0
// where the loss has no such term.
fn log_evidence() -> f32 {
    if MEAN_SQUARED {
        return 0.0;
    }
    var smallest = RUBBISH;
    for (var i = 0u; i < CLASSES; i++) {
        smallest = min(smallest, SCALE * memory[PENALTIES_AT + i]);
    }
    var total = exp(smallest - RUBBISH);
    for (var i = 0u; i < CLASSES; i++) {
        total += exp(smallest - SCALE * memory[PENALTIES_AT + i]);
    }
    return log(total) - smallest;
}

// The loss of a sample with the right answer `label`, and the gradient of the mean over `count` samples.
fn measure_loss(task: Task, label: u32, count: u32) {
    let evidence = log_evidence();
    for (var i = task.worker; i < CLASSES; i += WORKERS) {
        var gradient = select(0.0, 1.0, i == label);
        if !MEAN_SQUARED {
            gradient -= exp(-evidence - SCALE * memory[PENALTIES_AT + i]);
        }
        memory[PENALTY_GRADIENTS_AT + i] = gradient * SCALE / f32(count);
    }
    if task.worker == 0u {
        let right = SCALE * memory[PENALTIES_AT + label];
        work[task.record + LOSS_PLACE] = select(right + evidence, right, MEAN_SQUARED);
        work[task.record + LOSS_PLACE + 1u] = select(0.0, 1.0, smallest_penalty() != label);
    }
    workgroupBarrier();
}

// The class with the smallest penalty, the first of equals.
fn smallest_penalty() -> u32 {
    var answer = 0u;
    for (var i = 1u; i < CLASSES; i++) {
        if memory[PENALTIES_AT + i] < memory[PENALTIES_AT + answer] {
            answer = i;
        }
    }
    return answer;
}

// --- the passes ----------------------------------------------------------------------------------

fn forward_dense(task: Task) {
    if C5_UNITS > 0u {
        forward_hidden(task, C5, S4_AT, C5_AT, C5_PLACE);
        forward_hidden(task, F6, C5_AT, F6_AT, F6_PLACE);
    }
    if !SOFTMAX {
        forward_rbf(task);
    } else if C5_UNITS > 0u {
        forward_softmax(task, F6_AT);
    } else {
        forward_softmax(task, S4_AT);
    }
}

fn backward_dense(task: Task) {
    if SOFTMAX {
        backward_softmax(task);
        if C5_UNITS > 0u {
            backward_hidden(task, SCORES, F6_AT, SCORE_GRADIENTS_AT, F6_GRADIENTS_AT,
                F6_GRADIENT_PLACE);
        }
    } else {
        backward_rbf(task);
    }
    if C5_UNITS > 0u {
        backward_hidden(task, F6, C5_AT, F6_GRADIENTS_AT, C5_GRADIENTS_AT, C5_GRADIENT_PLACE);
        backward_s4_c3(task, C5, C5_GRADIENTS_AT);
    } else {
        backward_s4_c3(task, SCORES, SCORE_GRADIENTS_AT);
    }
    workgroupBarrier();
}

fn backward_maps(task: Task) {
    leave_c3_weights(task);
    leave_s4_and_c3_biases(task);
    workgroupBarrier();
    backward_s2(task);
    workgroupBarrier();
    recall_field(task);
    workgroupBarrier();
    for (var map = 0u; map < C1_MAPS; map++) {
        backward_c1(task, map);
        workgroupBarrier();
        sum_rows(task, map);
        workgroupBarrier();
        leave_c1_and_s2(task, map);
    }
}

@compute @workgroup_size(WORKERS)
fn forward_backward(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let step = progress[model].step;
    let seed = progress[model].seed;
    let count = batch_of(step, tables.batch);
    if workgroup.x == 0u && worker == 0u {
        now[model] = Now(step, count, rates[place_of_rates(step, tables.rates)]);
    }
    let first = workgroup.x * SAMPLES_EACH;
    let work_of_model = model * tables.work;
    let of_workgroup = work_of_model + tables.records + workgroup.x * WORKGROUP_RECORD;
    for (var place = first; place < min(first + SAMPLES_EACH, count); place++) {
        let number = number_at(step, seed, tables.batch, place);
        let sample = number % SAMPLES;
        let record = work_of_model + place * RECORD;
        let task = Task(worker, model, record, of_workgroup, place > first);
        load_picture(task, sample);
        workgroupBarrier();
        assemble_field(task, presentation_of(step / steps_per_pass(tables.batch), seed, number));
        workgroupBarrier();
        forward_c1_s2(task);
        workgroupBarrier();
        forward_c3_s4(task);
        workgroupBarrier();
        forward_dense(task);
        measure_loss(task, data_labels[sample], count);
        backward_dense(task);
        backward_maps(task);
        // The next sample's picture takes the place of this one's sums.
        workgroupBarrier();
    }
}
