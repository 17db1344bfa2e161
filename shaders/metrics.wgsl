// Statistics of one training step; twin of src/reference/metrics.rs.
//
// gather: the sum of the batch's losses, and the number of samples answered wrongly, the answer being
// the class with the smallest penalty, the first of equals; a field without a digit, whose label is the one
// after the last class, is answered wrongly if a digit is closer than RUBBISH_DISTANCE. Both go to this
// step's place in a ring, which the host reads once per submission. As the last kernel of a step, gather
// also counts the step.
//
// Tensors are [model][group][class] of `Samples`.
//
// Grid: one workgroup per model, in the second dimension, whose invocations share the groups and then
// add up in a tree.

import package::shared::samples::{Samples, NO_SAMPLE};
import package::shared::progress::Progress;
import package::shared::step_metrics::StepMetrics;

const WORKERS = 64u;

// Groups of one model.
override GROUPS: u32;
override CLASSES: u32;
// j/s, the distance at which a digit is as likely as the rubbish class of eq. 9.
override RUBBISH_DISTANCE: f32;
// Number of places in the ring.
override RING: u32;
// Number of models side by side.
override MODELS: u32 = 1u;

@group(0) @binding(0) var<storage, read> penalties: array<Samples>;
@group(0) @binding(1) var<storage, read> losses: array<Samples>;
@group(0) @binding(2) var<storage, read> labels: array<vec4<u32>>;
// [model]
@group(0) @binding(3) var<storage, read_write> progress: array<Progress>;
// [step % RING][model]
@group(0) @binding(4) var<storage, read_write> ring: array<StepMetrics>;

var<workgroup> loss_sums: array<f32, WORKERS>;
var<workgroup> error_sums: array<u32, WORKERS>;

// The number of samples of a group that are answered wrongly.
fn count_errors(group: u32) -> u32 {
    var smallest = penalties[group * CLASSES];
    var answer = vec4(0u);
    for (var i = 1u; i < CLASSES; i++) {
        let penalty = penalties[group * CLASSES + i];
        answer = select(answer, vec4(i), penalty < smallest);
        smallest = min(smallest, penalty);
    }
    let label = labels[group];
    let rubbish = (label == vec4(CLASSES)) & (smallest >= Samples(RUBBISH_DISTANCE));
    let wrong = (label != vec4(NO_SAMPLE)) & (answer != label) & !rubbish;
    let ones = select(vec4(0u), vec4(1u), wrong);
    return ones.x + ones.y + ones.z + ones.w;
}

@compute @workgroup_size(64)
fn gather(@builtin(local_invocation_index) worker: u32,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    var loss = 0.0;
    var errors = 0u;
    let end = (model + 1u) * GROUPS;
    for (var group = model * GROUPS + worker; group < end; group += WORKERS) {
        loss += dot(losses[group], Samples(1.0));
        errors += count_errors(group);
    }
    loss_sums[worker] = loss;
    error_sums[worker] = errors;
    for (var half = WORKERS / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if worker < half {
            loss_sums[worker] += loss_sums[worker + half];
            error_sums[worker] += error_sums[worker + half];
        }
    }
    if worker == 0u {
        let now = progress[model];
        let place = now.step % RING * MODELS + model;
        ring[place] = StepMetrics(loss_sums[0], error_sums[0], now.count);
        progress[model].step = now.step + 1u;
    }
}
