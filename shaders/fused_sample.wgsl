// A sample from its pixels to its gradients in one workgroup, with its activations in workgroup memory;
// twin of src/reference/fused_sample.rs.
//
// The layers are those of the layered shaders (batch, conv, subsample, average_pool, max_pool, dense,
// rbf, softmax, loss), whose heads have their formulas. What is left for fused_update.wgsl is in
// shared/record.wgsl: of dense layers their inputs and ∂E/∂a, of the others their gradients themselves.
//
// C1 is never stored: an invocation computes the 2×2 units of C1 under a unit of S2, forward, and again
// for the backward pass.
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
//   ∂S2 in place of S2, sums of its rows         ∂S2     ∂C3 · sums 1,176                    3,952
//   weights of C1 and S2                         ∂S2     field · sums of maps 1,848          4,048
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
const MOST_SIGN_QUADS = 21u;
// Units along a side of S2, at most.
const MOST_SIDE = 14u;
const SIDE = 5u;
const AREA = 25u;
// Sums over the units of a map of S2 that its gradients and those of its map of C1 are.
const MAP_SUMS = 28u;
// Invocations that share a sum over the inputs of a dense layer, so that neighbouring ones read
// neighbouring weights.
const LANES = 4u;
// Weights that an invocation asks for at once, at most.
const MOST_LOADS = 8u;
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
// Weights of a dense layer that an invocation asks for at once: a GPU waits long for each.
override LOADS: u32 = 1u;
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
override PARTS_AT = C5_GRADIENTS_AT + C5_UNITS;
override S4_PRODUCTS_AT = PARTS_AT;
// Rows of all maps of S2, and invocations that share one.
override ROWS = C1_MAPS * S2_SIDE;
override ROW_SHARES = max(1u, WORKERS / ROWS);
override SUMS_AT = S4_AT;
override FIELD_AT = C3_AT;
override PICTURE_AT = FIELD_AT + FIELD_SIDE * FIELD_SIDE;
override MAP_SUMS_AT = PICTURE_AT;
// Places for the sums of a map.
override MAP_SLOTS = (MEMORY - MAP_SUMS_AT) / (C1_MAPS * MAP_SUMS);

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
    // Of each unit of F6 the signs in all codes, whose values are ±1: bit `digit` is set for 1.
    signs: array<vec4<u32>, MOST_SIGN_QUADS>,
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

// Where the first of the 6×6 units of the field under a unit of S2 is.
fn field_under(unit: u32) -> u32 {
    return FIELD_AT + unit / S2_SIDE * 2u * FIELD_SIDE + unit % S2_SIDE * 2u;
}

// The four units of C1 under a unit of a map of S2.
fn c1_under(task: Task, map: u32, unit: u32) -> vec4<f32> {
    let weights = first_weight_of(C1, task.model) + AREA * map;
    let bias = parameter[first_bias_of(C1, task.model) + map];
    return squash(correlate_four(weights, field_under(unit), FIELD_SIDE) + bias);
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
    let abreast = WORKERS / slices_of(reader);
    for (var first = 0u; 4u * first < S4_UNITS; first += abreast) {
        let through = input_gradient(task, reader, first, gradients);
        if through.leads {
            for (var i = 0u; i < 4u; i++) {
                backward_unit_of_s4(task, 4u * through.quad + i, through.gradient[i]);
            }
        }
    }
}

// The same of one unit of S4, from ∂E/∂output of it. Its product takes the place of the part of the sum
// that another slice left of it.
fn backward_unit_of_s4(task: Task, unit: u32, through: f32) {
    let gradient = through_halving(through, memory[S4_AT + unit]);
    let corner = c3_under(unit);
    let four = load_four(corner, C3_SIDE);
    let coefficient = halving_of(S4, task.model, unit / S4_AREA).x;
    memory[S4_AT + unit] = gradient;
    memory[S4_PRODUCTS_AT + unit] = gradient * (four.x + four.y + four.z + four.w);
    store_four(corner, C3_SIDE, spread(four, gradient, coefficient));
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

// Adds to ∂E/∂output of row `y` of a map of S2 what the map of C3 whose ∂E/∂a is at `gradients` says of
// it, through the kernel at `weights`:  Σ_ky,kx w[ky,kx] · ∂E/∂a[y − ky, x − kx].
fn add_row_of_s2(sums: ptr<function, array<f32, MOST_SIDE>>, weights: u32, gradients: u32, y: u32) {
    for (var ky = 0u; ky < SIDE; ky++) {
        // Above the map this wraps around and is large.
        let row = y - ky;
        if row < C3_SIDE {
            let taps = load_kernel_row_at(weights + SIDE * ky);
            for (var x = 0u; x < C3_SIDE; x++) {
                let gradient = memory[gradients + row * C3_SIDE + x];
                (*sums)[x] += taps.a * gradient;
                (*sums)[x + 1u] += taps.b * gradient;
                (*sums)[x + 2u] += taps.c * gradient;
                (*sums)[x + 3u] += taps.d * gradient;
                (*sums)[x + 4u] += taps.e * gradient;
            }
        }
    }
}

// ∂E/∂a of S2 in place of S2. ROW_SHARES invocations share a row of a map: each takes a part of the
// kernels that read it, and adds its sums to those of the others when it is its turn.
fn backward_s2(task: Task) {
    let abreast = WORKERS / ROW_SHARES;
    let share = task.worker / abreast;
    for (var first = 0u; first < ROWS; first += abreast) {
        let row = first + task.worker % abreast;
        let map = min(row, ROWS - 1u) / S2_SIDE;
        var sums: array<f32, MOST_SIDE>;
        if row < ROWS {
            let end = tables.firsts[map + 1u].y;
            for (var reader = tables.firsts[map].y + share; reader < end; reader += ROW_SHARES) {
                let kernel = tables.kernels[reader].z;
                let weights = first_weight_of(C3, task.model) + AREA * kernel;
                let gradients = C3_AT + tables.kernels[kernel].y * C3_AREA;
                add_row_of_s2(&sums, weights, gradients, row % S2_SIDE);
            }
        }
        for (var turn = 0u; turn < ROW_SHARES; turn++) {
            if share == turn && row < ROWS {
                for (var x = 0u; x < S2_SIDE; x++) {
                    let unit = row * S2_SIDE + x;
                    var sum = sums[x];
                    if turn > 0u {
                        sum += memory[SUMS_AT + unit];
                    }
                    if turn + 1u < ROW_SHARES {
                        memory[SUMS_AT + unit] = sum;
                    } else {
                        memory[unit] = through_halving(sum, memory[unit]);
                    }
                }
            }
            workgroupBarrier();
        }
    }
}

// Adds to the sums of a map what unit `unit` of S2 says of its parameters: of the kernel of C1, of the
// bias of C1, of the coefficient of S2, and of the bias of S2.
fn add_unit_of_s2(task: Task, sums: ptr<function, array<f32, MAP_SUMS>>, map: u32, unit: u32) {
    let through = memory[map * S2_AREA + unit];
    let four = c1_under(task, map, unit);
    let gradients = spread(four, through, halving_of(S2, task.model, map).x);
    let corner = field_under(unit);
    var upper = load_six(corner);
    for (var ky = 0u; ky < SIDE; ky++) {
        let lower = load_six(corner + FIELD_SIDE * (ky + 1u));
        let first = SIDE * ky;
        (*sums)[first] += dot(gradients, vec4(upper.a, upper.b, lower.a, lower.b));
        (*sums)[first + 1u] += dot(gradients, vec4(upper.b, upper.c, lower.b, lower.c));
        (*sums)[first + 2u] += dot(gradients, vec4(upper.c, upper.d, lower.c, lower.d));
        (*sums)[first + 3u] += dot(gradients, vec4(upper.d, upper.e, lower.d, lower.e));
        (*sums)[first + 4u] += dot(gradients, vec4(upper.e, upper.f, lower.e, lower.f));
        upper = lower;
    }
    (*sums)[AREA] += gradients.x + gradients.y + gradients.z + gradients.w;
    (*sums)[AREA + 1u] += through * (four.x + four.y + four.z + four.w);
    (*sums)[AREA + 2u] += through;
}

// Leaves the sum at `place` of those of a map as the gradient that it is.
fn leave_map_sum(task: Task, map: u32, place: u32, sum: f32) {
    if place < AREA {
        leave(task, tables.layers[C1].weight_place + map * AREA + place, sum);
    } else if place == AREA {
        leave(task, tables.layers[C1].bias_place + map, sum);
    } else if !AVERAGED && !MAXIMAL {
        let is_weight = place == AREA + 1u;
        let layer = tables.layers[S2];
        leave(task, select(layer.bias_place, layer.weight_place, is_weight) + map, sum);
    }
}

// The gradients of C1 and S2. Invocations share the units of a map, and put their sums into the places
// that there are for it, those that share a place one after the other.
fn backward_c1_s2(task: Task) {
    let abreast = WORKERS / C1_MAPS;
    let map = task.worker / abreast;
    let lane = task.worker % abreast;
    var sums: array<f32, MAP_SUMS>;
    if map < C1_MAPS {
        for (var unit = lane; unit < S2_AREA; unit += abreast) {
            add_unit_of_s2(task, &sums, map, unit);
        }
    }
    let slot = MAP_SUMS_AT + (map * MAP_SLOTS + lane % MAP_SLOTS) * MAP_SUMS;
    for (var turn = 0u; turn * MAP_SLOTS < abreast; turn++) {
        if map < C1_MAPS && lane / MAP_SLOTS == turn {
            for (var i = 0u; i < MAP_SUMS; i++) {
                var sum = sums[i];
                if turn > 0u {
                    sum += memory[slot + i];
                }
                memory[slot + i] = sum;
            }
        }
        workgroupBarrier();
    }
    for (var i = task.worker; i < C1_MAPS * MAP_SUMS; i += WORKERS) {
        let place = i % MAP_SUMS;
        let first = MAP_SUMS_AT + i / MAP_SUMS * MAP_SLOTS * MAP_SUMS + place;
        let sum = sum_of(first, min(MAP_SLOTS, abreast), MAP_SUMS);
        leave_map_sum(task, i / MAP_SUMS, place, sum);
    }
}

// --- dense layers --------------------------------------------------------------------------------

// Four units from `first` on.
fn load_quad_at(first: u32) -> vec4<f32> {
    return vec4(memory[first], memory[first + 1u], memory[first + 2u], memory[first + 3u]);
}

fn store_quad_at(first: u32, quad: vec4<f32>) {
    memory[first] = quad.x;
    memory[first + 1u] = quad.y;
    memory[first + 2u] = quad.z;
    memory[first + 3u] = quad.w;
}

// Σ weight · input over every LANES-th quad of a row of weights, from quad `lane` on.
fn sum_lane(row: u32, input: u32, lane: u32, quads: u32) -> f32 {
    var weights: array<vec4<f32>, MOST_LOADS>;
    var sum = 0.0;
    for (var first = lane; first < quads; first += LANES * LOADS) {
        for (var i = 0u; i < LOADS; i++) {
            weights[i] = parameter_quads[row + min(first + LANES * i, quads - 1u)];
        }
        for (var i = 0u; i < LOADS; i++) {
            let quad = first + LANES * i;
            if quad < quads {
                sum += dot(weights[i], load_quad_at(input + 4u * quad));
            }
        }
    }
    return sum;
}

// The sums of a dense layer in LANES parts each.
fn dense_lanes(task: Task, layer: u32, input: u32) {
    let quads = tables.layers[layer].inputs / 4u;
    let parts = tables.layers[layer].outputs * LANES;
    let weights = first_weight_of(layer, task.model) / 4u;
    for (var part = task.worker; part < parts; part += WORKERS) {
        let row = weights + part / LANES * quads;
        memory[LANES_AT + part] = sum_lane(row, input, part % LANES, quads);
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

// Σ_o w[o,i] · ∂E/∂a[o] of a quad of inputs, over every `slices`-th output from `slice` on.
fn sum_outputs(task: Task, layer: u32, quad: u32, slice: u32, slices: u32, gradients: u32)
    -> vec4<f32> {
    let column = first_weight_of(layer, task.model) / 4u + quad;
    let quads = tables.layers[layer].inputs / 4u;
    let outputs = tables.layers[layer].outputs;
    var weights: array<vec4<f32>, MOST_LOADS>;
    var sum = vec4(0.0);
    for (var first = slice; first < outputs; first += slices * LOADS) {
        for (var i = 0u; i < LOADS; i++) {
            weights[i] = parameter_quads[column + min(first + slices * i, outputs - 1u) * quads];
        }
        for (var i = 0u; i < LOADS; i++) {
            let o = first + slices * i;
            if o < outputs {
                sum += weights[i] * memory[gradients + o];
            }
        }
    }
    return sum;
}

// ∂E/∂output of a quad of the units that a dense layer reads.
struct QuadGradient { quad: u32, gradient: vec4<f32>, leads: bool }

// Invocations that share the sum of a quad, as many as there is room for their parts.
fn slices_of(layer: u32) -> u32 {
    return S4_UNITS / tables.layers[layer].inputs + 1u;
}

// Of the quads from `first` on, that of an invocation, if it `leads` those that share the sum. The part
// of slice s > 0 is at PARTS_AT + (s − 1) · inputs.
fn input_gradient(task: Task, layer: u32, first: u32, gradients: u32) -> QuadGradient {
    let inputs = tables.layers[layer].inputs;
    let slices = slices_of(layer);
    let abreast = WORKERS / slices;
    let slice = task.worker / abreast;
    let quad = first + task.worker % abreast;
    let is_there = slice < slices && 4u * quad < inputs;
    var sum = vec4(0.0);
    if is_there {
        sum = sum_outputs(task, layer, quad, slice, slices, gradients);
        if slice > 0u {
            store_quad_at(PARTS_AT + (slice - 1u) * inputs + 4u * quad, sum);
        }
    }
    workgroupBarrier();
    let leads = slice == 0u && is_there;
    if leads {
        for (var other = 1u; other < slices; other++) {
            sum += load_quad_at(PARTS_AT + (other - 1u) * inputs + 4u * quad);
        }
    }
    return QuadGradient(quad, sum, leads);
}

// ∂E/∂a of a squashed dense layer at `units`, which dense layer `reader` reads, into workgroup memory and
// into the record.
fn backward_hidden(task: Task, reader: u32, units: u32, from_gradients: u32, to_gradients: u32,
    place: u32) {
    let abreast = WORKERS / slices_of(reader);
    for (var first = 0u; 4u * first < tables.layers[reader].inputs; first += abreast) {
        let through = input_gradient(task, reader, first, from_gradients);
        if through.leads {
            let unit = 4u * through.quad;
            let gradient = slope_at(load_quad_at(units + unit)) * through.gradient;
            store_quad_at(to_gradients + unit, gradient);
            work[task.record + place + unit] = gradient.x;
            work[task.record + place + unit + 1u] = gradient.y;
            work[task.record + place + unit + 2u] = gradient.z;
            work[task.record + place + unit + 3u] = gradient.w;
        }
    }
    workgroupBarrier();
}

// --- heads and losses ----------------------------------------------------------------------------

// The values of four units in the code of a digit, by their signs in all codes.
fn codes_of(signs: vec4<u32>, digit: u32) -> vec4<f32> {
    return select(vec4(-1.0), vec4(1.0), ((signs >> vec4(digit)) & vec4(1u)) == vec4(1u));
}

// Distances to the codes.
fn forward_rbf(task: Task) {
    let quads = F6_UNITS / 4u;
    for (var part = task.worker; part < CLASSES * LANES; part += WORKERS) {
        let digit = part / LANES;
        var distance = 0.0;
        for (var quad = part % LANES; quad < quads; quad += LANES) {
            let difference = load_quad_at(F6_AT + 4u * quad) - codes_of(tables.signs[quad], digit);
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
        let signs = vec4(tables.signs[j / 4u][j % 4u]);
        var through = 0.0;
        for (var digit = 0u; digit < CLASSES; digit++) {
            let difference = x - codes_of(signs, digit).x;
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

// The loss of a sample with the right answer `label`, CLASSES for a field without a digit, and the gradient of
// the mean over `count` samples.
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
        work[task.record + LOSS_PLACE] = right_energy(label) + evidence;
        work[task.record + LOSS_PLACE + 1u] = select(0.0, 1.0, is_wrong(label));
    }
    workgroupBarrier();
}

// What the loss takes of the right answer: s·y_D, or for a field without a digit j, with eq. 8 nothing.
fn right_energy(label: u32) -> f32 {
    if label < CLASSES {
        return SCALE * memory[PENALTIES_AT + label];
    }
    return select(RUBBISH, 0.0, MEAN_SQUARED);
}

// Whether a sample is answered wrongly: a field without a digit is if a digit is likelier than rubbish.
fn is_wrong(label: u32) -> bool {
    let answer = smallest_penalty();
    return answer != label && (label < CLASSES || memory[PENALTIES_AT + answer] < RUBBISH / SCALE);
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
    recall_field(task);
    workgroupBarrier();
    backward_c1_s2(task);
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
