// Gradients multiplied by the inverses of the inputs' second moments;
// twin of src/reference/preconditioning.rs. Why, and when, is in src/model/preconditioning.rs.
//
// A layer at a time. What its units see of the input is a window of every map, in a dense layer all of the
// input. Units, or maps of units, that have weights for the same inputs of a window are a block, with one
// inverse.
//
// Grids, each by models:
//   accumulate   in invocations: one per value of the mean
//   invert       in workgroups: one per block
//   apply        in workgroups: one per team of up to four units, or maps of units, of a block

import package::shared::samples::Samples;
import package::shared::models::WEIGHT_STRIDE;
import package::shared::progress::Progress;

const WINDOW_STRIDE = 2u;
const STEPS_PER_RENEWAL = 32u;
const LEAST_SHARE = 0.03;
const LEAST_SQUARE = 1e-6;
// The most inputs that a unit has.
const MOST_INPUTS = 448u;
const MULTIPLYING_WORKERS = 128u;
const INVERTING_WORKERS = 256u;
// Rows that an invocation of invert eliminates in a round of its loop. llvmpipe ends an invocation after 65,535
// rounds of all its loops: 448 inputs take 51,000.
const ROWS_AT_ONCE = 8u;

// Groups of one model's batch, and the size of its input.
override GROUPS: u32;
override INPUT_MAPS: u32;
override INPUT_HEIGHT: u32;
override INPUT_WIDTH: u32;
// Inputs in a window: rows and columns of each map, and those of all maps.
override WINDOW_HEIGHT: u32;
override WINDOW_WIDTH: u32;
override INPUTS: u32;
// d
override DAMPING: f32;
// Values from the means, and from the inverses, of one model to those of the next.
override MEAN_STRIDE: u32;
override INVERSE_STRIDE: u32;

// The first model's: all models are at the same step.
@group(0) @binding(0) var<storage, read> progress: Progress;
// [model][group][c,y,x]
@group(0) @binding(1) var<storage, read> input: array<Samples>;
// The mean of x xᵀ [model][input][input], x the inputs of a window.
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> inverses: array<f32>;
@group(0) @binding(4) var<storage, read> blocks: array<Block>;
// The inputs of all blocks.
@group(0) @binding(5) var<storage, read> places: array<u32>;
@group(0) @binding(6) var<storage, read> teams: array<Team>;
@group(0) @binding(7) var<storage, read_write> weight_gradient: array<f32>;

// Number of inputs, where they are among the places, and where the inverse is among those of a model.
struct Block { inputs: u32, first_place: u32, first_value: u32 }
// Up to four units, or maps of units, of a block: their number, and the first weight of each.
struct Team { block: u32, units: u32, first_weights: array<u32, 4> }

// Where input `i` of the first window is in a sample.
fn place_of_input(i: u32) -> u32 {
    let row = i / WINDOW_WIDTH;
    return (row / WINDOW_HEIGHT * INPUT_HEIGHT + row % WINDOW_HEIGHT) * INPUT_WIDTH + i % WINDOW_WIDTH;
}

// 1 for those of the first four samples that there are.
fn counted() -> Samples {
    return select(Samples(), Samples(1.0), vec4(0u, 1u, 2u, 3u) < vec4(progress.count));
}

// A[i,j] ← (1 − share)·A[i,j] + share·mean of x[i]·x[j] over every second window of the first group
@compute @workgroup_size(64)
fn accumulate(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    if id.x >= INPUTS * INPUTS {
        return;
    }
    let first = model * GROUPS * INPUT_MAPS * INPUT_HEIGHT * INPUT_WIDTH;
    let one = first + place_of_input(id.x / INPUTS);
    let other = first + place_of_input(id.x % INPUTS);
    var sum = Samples();
    var windows = 0u;
    for (var y = 0u; y + WINDOW_HEIGHT <= INPUT_HEIGHT; y += WINDOW_STRIDE) {
        for (var x = 0u; x + WINDOW_WIDTH <= INPUT_WIDTH; x += WINDOW_STRIDE) {
            let offset = y * INPUT_WIDTH + x;
            sum += input[one + offset] * input[other + offset];
            windows++;
        }
    }
    let samples = min(progress.count, 4u);
    // What a place without a sample holds may be anything.
    let total = dot(select(Samples(), sum, counted() > Samples()), Samples(1.0));
    let share = max(1.0 / (f32(progress.step) + 1.0), LEAST_SHARE);
    let place = model * MEAN_STRIDE + id.x;
    mean[place] = (1.0 - share) * mean[place] + share * (total / f32(windows * samples));
}

// What the rows of a matrix have of the pivot's in an elimination.
var<workgroup> factors: array<f32, MOST_INPUTS>;

// Row `i` of a column that starts at `first` in a matrix [n][n], after row and column `k` are eliminated.
// `pivot` is the column's value in row k, or 1 for column k itself, of which nothing is kept.
fn eliminate(first: u32, n: u32, i: u32, k: u32, pivot: f32, is_kept: bool) {
    if i >= n {
        return;
    }
    let at = first + i * n;
    let before = select(0.0, inverses[at], is_kept && i != k);
    inverses[at] = before + factors[i] * pivot;
}

// (A + d·(tr A/n)·I)⁻¹ by Gauss and Jordan, in place. Renewed in some steps only.
@compute @workgroup_size(INVERTING_WORKERS)
fn invert(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let step = progress.step;
    let is_due = (step % STEPS_PER_RENEWAL == 0u) | (countOneBits(step) == 1u);
    if !is_due {
        return;
    }
    let model = workgroup.y;
    let block = blocks[workgroup.x];
    let n = block.inputs;
    let mean_at = model * MEAN_STRIDE;
    let first = model * INVERSE_STRIDE + block.first_value;
    var squares = 0.0;
    for (var i = 0u; i < n; i++) {
        squares += mean[mean_at + places[block.first_place + i] * (INPUTS + 1u)];
    }
    let damping = DAMPING * max(squares / f32(n), LEAST_SQUARE);
    for (var v = worker; v < n * n; v += INVERTING_WORKERS) {
        let row = places[block.first_place + v / n];
        let column = places[block.first_place + v % n];
        let value = mean[mean_at + row * INPUTS + column];
        inverses[first + v] = value + select(0.0, damping, v / n == v % n);
    }
    // One kind of barrier is enough at each place: whatever an invocation has loaded is in a value that it has
    // stored to the other kind of memory before it gets there.
    for (var k = 0u; k < n; k++) {
        storageBarrier();
        let reciprocal = 1.0 / inverses[first + k * n + k];
        for (var i = worker; i < n; i += INVERTING_WORKERS) {
            factors[i] = select(-inverses[first + i * n + k], 1.0, i == k) * reciprocal;
        }
        workgroupBarrier();
        // Neighbours have neighbouring columns, so that they load and store what is together.
        for (var j = worker; j < n; j += INVERTING_WORKERS) {
            let column = first + j;
            let is_kept = j != k;
            let pivot = select(1.0, inverses[column + k * n], is_kept);
            for (var i = 0u; i < n; i += ROWS_AT_ONCE) {
                eliminate(column, n, i, k, pivot, is_kept);
                eliminate(column, n, i + 1u, k, pivot, is_kept);
                eliminate(column, n, i + 2u, k, pivot, is_kept);
                eliminate(column, n, i + 3u, k, pivot, is_kept);
                eliminate(column, n, i + 4u, k, pivot, is_kept);
                eliminate(column, n, i + 5u, k, pivot, is_kept);
                eliminate(column, n, i + 6u, k, pivot, is_kept);
                eliminate(column, n, i + 7u, k, pivot, is_kept);
            }
        }
    }
}

// [input][unit]
var<workgroup> gradients_before: array<vec4<f32>, MOST_INPUTS>;

// The gradient with respect to weight `weight` of unit `unit` of a team, 0 where there is no such unit.
fn gradient_of(team: Team, unit: u32, weight: u32) -> f32 {
    if unit >= team.units {
        return 0.0;
    }
    return weight_gradient[team.first_weights[unit] + weight];
}

fn replace_gradient_of(team: Team, unit: u32, weight: u32, value: f32) {
    if unit < team.units {
        weight_gradient[team.first_weights[unit] + weight] = value;
    }
}

// g[i] ← Σ_j A⁻¹[j,i]·g[j] for the units of a team, so that four of them share a load of the inverse.
@compute @workgroup_size(MULTIPLYING_WORKERS)
fn apply(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let team = teams[workgroup.x];
    let block = blocks[team.block];
    let n = block.inputs;
    let first_weight = model * WEIGHT_STRIDE;
    let first = model * INVERSE_STRIDE + block.first_value;
    for (var i = worker; i < n; i += MULTIPLYING_WORKERS) {
        let weight = first_weight + i;
        gradients_before[i] = vec4(gradient_of(team, 0u, weight), gradient_of(team, 1u, weight),
            gradient_of(team, 2u, weight), gradient_of(team, 3u, weight));
    }
    workgroupBarrier();
    for (var i = worker; i < n; i += MULTIPLYING_WORKERS) {
        var sum = vec4(0.0);
        for (var j = 0u; j < n; j++) {
            sum += inverses[first + j * n + i] * gradients_before[j];
        }
        let weight = first_weight + i;
        replace_gradient_of(team, 0u, weight, sum.x);
        replace_gradient_of(team, 1u, weight, sum.y);
        replace_gradient_of(team, 2u, weight, sum.z);
        replace_gradient_of(team, 3u, weight, sum.w);
    }
}
