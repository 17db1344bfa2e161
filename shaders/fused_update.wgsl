// The update of all parameters by what samples left; twin of src/reference/fused_update.rs.
//
//   ∂E/∂w[o,i] = Σ_sample ∂E/∂a[o] · input[i] of dense layers;  ∂E/∂b[o] = Σ_sample ∂E/∂a[o];
//   other gradients are sums of those that workgroups left (shared/record.wgsl)
//
// Then the optimiser, whose formulas are in shared/updates.wgsl, at once. Four parameters, a quad, are
// updated by SLICES invocations, each of which sums over a part of the samples; the first adds up their
// sums in order. The last workgroup adds up losses and errors instead, and counts the step.
//
// Grid, in invocations by models: slice × quad of one model's arena, and a workgroup more.

import package::shared::record::{LOSS_PLACE, RECORD, WORKGROUP_RECORD, SAMPLES_EACH, Now};
import package::shared::progress::Progress;
import package::shared::slices::{SLICES, rows_of_slice};
import package::shared::step_metrics::StepMetrics;
import package::shared::updates::{Trained, after_adam, after_sgd, after_sdlm, after_average};

const MOST_RANGES = 16u;
const INVOCATIONS = 64u;

// Values of all records of a model, and of all that its samples leave.
override RECORDS: u32;
override WORK: u32;
// Quads of one model's arena.
override QUADS: u32;
// Ranges of the arena.
override RANGES: u32;
// Whether there is a running average of the parameters.
override AVERAGES: bool;
// Number of places in the ring of metrics.
override RING: u32;
override MODELS: u32;

// A range of one model's arena, in quads: where it starts, its length without and with padding. If it is
// of a dense layer, its input and its ∂E/∂a in a record; `inputs` is 0 for biases.
struct ArenaRange {
    first: u32, length: u32, padded: u32, is_dense: u32,
    inputs: u32, input: u32, gradient: u32, unused: u32,
}

@group(0) @binding(0) var<uniform> ranges: array<ArenaRange, MOST_RANGES>;
// [model]
@group(0) @binding(1) var<storage, read> now: array<Now>;
// [model][WORK], in quads
@group(0) @binding(2) var<storage, read> work: array<vec4<f32>>;
// Arenas of all models, in quads.
@group(0) @binding(3) var<storage, read_write> first_moment: array<vec4<f32>>;
// v of Adam, h of SDLM
@group(0) @binding(4) var<storage, read_write> second_moment: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> parameter: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> averaged: array<vec4<f32>>;
// [model]
@group(0) @binding(7) var<storage, read_write> progress: array<Progress>;
// [step % RING][model]
@group(0) @binding(8) var<storage, read_write> ring: array<StepMetrics>;

// [slice][quad of the workgroup]; of the last workgroup [invocation] of (loss, errors, 0, 0)
var<workgroup> parts: array<vec4<f32>, INVOCATIONS>;

// Where the record of sample `sample` of a model starts, in quads.
fn record_of(model: u32, sample: u32) -> u32 {
    return (model * WORK + sample * RECORD) / 4u;
}

// The range that a quad of one model's arena lies in.
fn range_of(quad: u32) -> ArenaRange {
    var last = 0u;
    for (var i = 1u; i < RANGES; i++) {
        if quad >= ranges[i].first {
            last = i;
        }
    }
    return ranges[last];
}

// The gradient of a quad of a dense layer's weights or biases, summed over a slice of `count` samples.
fn sum_dense(model: u32, slice: u32, count: u32, range: ArenaRange, quad: u32) -> vec4<f32> {
    let samples = rows_of_slice(slice, count);
    var sum = vec4(0.0);
    for (var sample = samples.start; sample < samples.end; sample++) {
        let record = record_of(model, sample);
        if range.inputs == 0u {
            sum += work[record + range.gradient + quad];
        } else {
            let output = quad / range.inputs;
            let gradient = work[record + range.gradient + output / 4u][output % 4u];
            sum += gradient * work[record + range.input + quad % range.inputs];
        }
    }
    return sum;
}

// The gradient of quad `quad` of the arena, which layers share over their maps, summed over a slice of
// what workgroups left of `count` samples.
fn sum_shared(model: u32, slice: u32, count: u32, quad: u32) -> vec4<f32> {
    let workgroups = rows_of_slice(slice, (count + SAMPLES_EACH - 1u) / SAMPLES_EACH);
    var sum = vec4(0.0);
    for (var workgroup = workgroups.start; workgroup < workgroups.end; workgroup++) {
        sum += work[(model * WORK + RECORDS + workgroup * WORKGROUP_RECORD) / 4u + quad];
    }
    return sum;
}

// A slice of the gradient of quad `quad` of the arena; 0 for padding.
fn sum_slice(model: u32, slice: u32, quad: u32) -> vec4<f32> {
    let range = range_of(quad);
    let count = now[model].count;
    if quad - range.first >= range.length {
        return vec4(0.0);
    }
    if range.is_dense == 0u {
        return sum_shared(model, slice, count, quad);
    }
    return sum_dense(model, slice, count, range, quad - range.first);
}

// The losses and errors of every sample that an invocation of the last workgroup adds up.
fn sum_losses(model: u32, worker: u32) -> vec4<f32> {
    var sum = vec4(0.0);
    for (var sample = worker; sample < now[model].count; sample += INVOCATIONS) {
        let measured = work[record_of(model, sample) + LOSS_PLACE / 4u];
        sum += vec4(measured.xy, 0.0, 0.0);
    }
    return sum;
}

// The sum of `count` parts from `first` on, `stride` apart.
fn sum_parts(first: u32, count: u32, stride: u32) -> vec4<f32> {
    var sum = parts[first];
    for (var i = 1u; i < count; i++) {
        sum += parts[first + i * stride];
    }
    return sum;
}

// Puts a step's metrics into the ring, and counts the step.
fn finish_step(model: u32) {
    let sum = sum_parts(0u, INVOCATIONS, 1u);
    let step = now[model].step;
    ring[step % RING * MODELS + model] = StepMetrics(sum.x, u32(sum.y), now[model].count);
    progress[model].step = step + 1u;
}

// What an invocation updates: a quad of the arenas of all models, and its gradient. `leads` is false
// where another invocation does it, or there is none.
struct Update { quad: u32, gradient: vec4<f32>, leads: bool }

fn find_update(model: u32, workgroup: u32, worker: u32) -> Update {
    let abreast = INVOCATIONS / SLICES;
    let last = (QUADS + abreast - 1u) / abreast;
    let slice = worker / abreast;
    let quad = workgroup * abreast + worker % abreast;
    if workgroup == last {
        parts[worker] = sum_losses(model, worker);
    } else {
        parts[worker] = sum_slice(model, slice, min(quad, QUADS - 1u));
    }
    workgroupBarrier();
    if workgroup == last && worker == 0u {
        finish_step(model);
    }
    let range = range_of(quad);
    let place = range.first * MODELS + model * range.padded + quad - range.first;
    let leads = slice == 0u && quad < QUADS;
    return Update(place, sum_parts(worker % abreast, SLICES, abreast), leads);
}

// Stores what every optimiser changes, and takes it into the running average.
fn store_update(model: u32, quad: u32, after: Trained) {
    first_moment[quad] = after.first_moment;
    parameter[quad] = after.parameter;
    if AVERAGES {
        averaged[quad] = after_average(averaged[quad], after.parameter, now[model].rates);
    }
}

fn trained_at(quad: u32) -> Trained {
    return Trained(parameter[quad], first_moment[quad], second_moment[quad]);
}

@compute @workgroup_size(64)
fn adam(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let update = find_update(model, workgroup.x, worker);
    if update.leads {
        let quad = update.quad;
        let after = after_adam(update.gradient, trained_at(quad), now[model].rates);
        second_moment[quad] = after.second_moment;
        store_update(model, quad, after);
    }
}

@compute @workgroup_size(64)
fn sgd(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let update = find_update(model, workgroup.x, worker);
    if update.leads {
        let after = after_sgd(update.gradient, trained_at(update.quad), now[model].rates);
        store_update(model, update.quad, after);
    }
}

@compute @workgroup_size(64)
fn sdlm(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    let update = find_update(model, workgroup.x, worker);
    if update.leads {
        let after = after_sdlm(update.gradient, trained_at(update.quad), now[model].rates);
        store_update(model, update.quad, after);
    }
}
