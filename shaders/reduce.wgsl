// Adds up partial sums; twin of src/reference/reduce.rs.
//
//   gradient[v] = Σ_slice partial[slice, v], in the order of the slices
//
// Eight slices are loaded together, so that an invocation waits once for all of them.
//
// The first WEIGHTS values are a layer's weight gradient, the other BIASES its bias gradient.
//
// Grid, in invocations by models: one per value.

import package::shared::models::{WEIGHT_STRIDE, BIAS_STRIDE};
import package::shared::slices::SLICES;

override WEIGHTS: u32;
override BIASES: u32;

// [model][slice][WEIGHTS weights, BIASES biases]
@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> weight_gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> bias_gradient: array<f32>;

const TOGETHER = 8u;

@compute @workgroup_size(64)
fn sum(@builtin(global_invocation_id) id: vec3<u32>,
    @builtin(workgroup_id) workgroup: vec3<u32>) {
    let model = workgroup.y;
    if id.x >= WEIGHTS + BIASES {
        return;
    }
    let values = WEIGHTS + BIASES;
    let first = model * SLICES * values + id.x;
    var total = 0.0;
    for (var slice = 0u; slice + TOGETHER <= SLICES; slice += TOGETHER) {
        let place = first + slice * values;
        total = total + partial[place] + partial[place + values]
            + partial[place + 2u * values] + partial[place + 3u * values]
            + partial[place + 4u * values] + partial[place + 5u * values]
            + partial[place + 6u * values] + partial[place + 7u * values];
    }
    for (var slice = SLICES - SLICES % TOGETHER; slice < SLICES; slice++) {
        total += partial[first + slice * values];
    }
    if id.x < WEIGHTS {
        weight_gradient[model * WEIGHT_STRIDE + id.x] = total;
    } else {
        bias_gradient[model * BIAS_STRIDE + id.x - WEIGHTS] = total;
    }
}
