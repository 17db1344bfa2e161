// Softmax as a penalty; twin of src/reference/softmax.rs.
//
//   y[i] = −log( e^(x_i) / Σ_k e^(x_k) ), with the largest x taken out of the exponents
//
// Tensors are [group][class] of `Samples`.
//
// Grids, in invocations of one dimension: one per group.

import package::shared::samples::Samples;

override GROUPS: u32;
override CLASSES: u32;

@group(0) @binding(0) var<storage, read> input: array<Samples>;
@group(0) @binding(1) var<storage, read_write> output: array<Samples>;
@group(0) @binding(2) var<storage, read> penalties: array<Samples>;
@group(0) @binding(3) var<storage, read> output_gradient: array<Samples>;
@group(0) @binding(4) var<storage, read_write> input_gradient: array<Samples>;
@group(0) @binding(5) var<storage, read> output_curvature: array<Samples>;
@group(0) @binding(6) var<storage, read_write> input_curvature: array<Samples>;

@compute @workgroup_size(64)
fn forward(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    var largest = input[first];
    for (var i = 1u; i < CLASSES; i++) {
        largest = max(largest, input[first + i]);
    }
    var total = Samples();
    for (var i = 0u; i < CLASSES; i++) {
        total += exp(input[first + i] - largest);
    }
    for (var i = 0u; i < CLASSES; i++) {
        output[first + i] = log(total) - (input[first + i] - largest);
    }
}

// ∂E/∂x[i] = p_i · Σ_k ∂E/∂y[k] − ∂E/∂y[i], with p_i = e^(−y_i)
@compute @workgroup_size(64)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    var total = Samples();
    for (var i = 0u; i < CLASSES; i++) {
        total += output_gradient[first + i];
    }
    for (var i = 0u; i < CLASSES; i++) {
        input_gradient[first + i] = exp(-penalties[first + i]) * total - output_gradient[first + i];
    }
}

// --- second derivatives --------------------------------------------------------------------------
//
// The diagonal Gauss–Newton recursion of Appendix C; curvature stands for ∂²E/∂·² of one value.

// ∂²E/∂x[i]² = Σ_k ∂²E/∂y[k]² · (p_i − δ_ik)² + p_i·(1 − p_i) · Σ_k ∂E/∂y[k], δ_ik = 1 where i = k.
// The last sum is negative only by rounding.
@compute @workgroup_size(64)
fn second_backward_input(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= GROUPS {
        return;
    }
    let first = id.x * CLASSES;
    var gradient = Samples();
    var curvature = Samples();
    for (var i = 0u; i < CLASSES; i++) {
        gradient += output_gradient[first + i];
        curvature += output_curvature[first + i];
    }
    for (var i = 0u; i < CLASSES; i++) {
        let p = exp(-penalties[first + i]);
        let own = output_curvature[first + i];
        input_curvature[first + i] = (1.0 - p) * (1.0 - p) * own + p * p * (curvature - own)
            + p * (1.0 - p) * max(gradient, Samples());
    }
}
