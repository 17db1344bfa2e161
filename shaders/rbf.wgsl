// Radial basis function output units; twin of src/reference/rbf.rs.
//
//   y[i] = Σ_j (x[j] − w[i,j])²   (eq. 7, no factor ½)
//
// backward_input also applies the derivative of the previous layer's squashing if INPUT_SQUASHED is
// set.
//
// Tensors are [group][unit] of `Samples`.
//
// Grids, in invocations of one dimension:
//   forward                group × digit
//   backward_input         group × input unit
//   second_backward_input  group × input unit

import package::shared::samples::Samples;
import package::shared::fused_squashing::through_squashing;

override GROUPS: u32;
override INPUTS: u32;
override CLASSES: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
// [digit][unit], ±1
@group(0) @binding(1) var<storage, read> codes: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<Samples>;
@group(0) @binding(3) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(4) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(6) var<storage, read_write> input_curvature: array<Samples>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    let digit = id.x % CLASSES;
    let group = id.x / CLASSES;
    if group >= GROUPS {
        return;
    }
    var distance = Samples();
    for (var j = 0u; j < INPUTS; j++) {
        let difference = input[group * INPUTS + j] - codes[digit * INPUTS + j];
        distance += difference * difference;
    }
    output[id.x] = distance;
}

// ∂E/∂x[j] = Σ_i ∂E/∂y[i] · 2·(x[j] − w[i,j])
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let j = id.x % INPUTS;
    let group = id.x / INPUTS;
    if group >= GROUPS {
        return;
    }
    let x = input[id.x];
    var gradient = Samples();
    for (var digit = 0u; digit < CLASSES; digit++) {
        let difference = x - codes[digit * INPUTS + j];
        gradient += output_gradient[group * CLASSES + digit] * 2.0 * difference;
    }
    input_gradient[id.x] = through_squashing(gradient, x);
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value.

// ∂²E/∂x[j]² = Σ_i ∂²E/∂y[i]² · (2·(x[j] − w[i,j]))² + 2·Σ_i ∂E/∂y[i]. The last sum, the distances'
// own second derivative, is negative only by rounding.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    let j = id.x % INPUTS;
    let group = id.x / INPUTS;
    if group >= GROUPS {
        return;
    }
    let x = input[id.x];
    var through = Samples();
    var own = Samples();
    for (var digit = 0u; digit < CLASSES; digit++) {
        let difference = x - codes[digit * INPUTS + j];
        through += output_curvature[group * CLASSES + digit] * 4.0 * difference * difference;
        own += output_gradient[group * CLASSES + digit];
    }
    input_curvature[id.x] = through + 2.0 * max(own, Samples());
}
